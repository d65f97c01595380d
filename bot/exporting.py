"""A whole diary becomes ZIPs that a chat can carry: JSON, media, and a page that explains them."""

from __future__ import annotations

import json
import logging
import zipfile
from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime
from io import BytesIO
from typing import Any

from bot.house import House, note
from bot.outbox import say_once
from core.emotion.calibration import learn
from core.entities import Attachment, Entry, Message, Person, Reply, Work, kept_at_s
from core.ports import EXPORT_MIME, EntryKept, Media, NotFound
from core.settings import CONFIG_DIR

log = logging.getLogger(__name__)

PART_BYTES = 20 * 1024 * 1024  # of one ZIP at most: it is in memory while it is filled, then sealed and put away
LONGEST_H = 6  # after which an export that never ended stands in the way of no other
KEPT_HOURS = 24  # after which the files of an export are deleted here
ATTEMPTS = 3  # where an entry is deleted while it is packed
_ENTRY_BYTES = 160  # that a ZIP needs for a file besides its contents and twice its name
_SUFFIX = {
    "image/png": "png", "image/jpeg": "jpg", "image/webp": "webp", "image/gif": "gif", "audio/ogg": "ogg",
    "audio/mpeg": "mp3", "audio/mp4": "m4a", "audio/webm": "webm", "audio/wav": "wav", "audio/aac": "aac",
    "audio/flac": "flac", "video/mp4": "mp4", "audio/amr": "amr", "audio/aiff": "aiff", "audio/x-caf": "caf",
    "audio/x-w64": "w64", "audio/basic": "au", "audio/x-ms-asf": "wma", "audio/x-wavpack": "wv", "audio/ac3": "ac3",
    "audio/eac3": "eac3", "audio/x-tta": "tta", "audio/mp2t": "ts", "audio/x-flv": "flv", "audio/x-msvideo": "avi",
    "video/webm": "webm", "video/quicktime": "mov",
}  # fmt: skip


@dataclass
class Zips:
    """ZIPs of at most so many bytes, each readable by itself."""

    limit_bytes: int
    readme: str
    _buffer: BytesIO = field(default_factory=BytesIO)
    _zip: zipfile.ZipFile | None = None
    _listed_bytes: int = 0  # that the list of files at the end will take

    def room_bytes(self, name: str) -> int:
        """How many bytes a file of that name may have to fit into the ZIP that is open."""
        self._open()
        taken = self._buffer.tell() + self._listed_bytes + _ENTRY_BYTES + 2 * len(name.encode())
        return max(self.limit_bytes - taken, 0)

    def add(self, name: str, data: bytes) -> None:
        """Put a file into the ZIP that is open."""
        opened = self._open()
        text = name.endswith((".json", ".txt"))
        opened.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED if text else zipfile.ZIP_STORED)
        self._listed_bytes += _ENTRY_BYTES + len(name.encode())

    def closed(self) -> bytes:
        """The ZIP that was open; the next file begins another. Empty where nothing was put in."""
        if self._zip is None:
            return b""
        self._zip.close()
        data = self._buffer.getvalue()
        self._zip, self._buffer, self._listed_bytes = None, BytesIO(), 0
        return data

    def _open(self) -> zipfile.ZipFile:
        if self._zip is None:
            self._zip = zipfile.ZipFile(self._buffer, "w")
            self.add("README.txt", self.readme.encode())
        return self._zip


async def begin(house: House, person: Person, message: Message) -> bool:
    """Take one's turn: one export at a time for each person. False where an earlier one is under way."""

    def taken(now: Person) -> Person:
        busy = now.exporting and house.now().timestamp() - kept_at_s(now.exporting) < LONGEST_H * 3600
        return now if busy else replace(now, exporting=message.id)

    return (await house.store.change_person(person.id, taken)).exporting == message.id


async def deliver(house: House, message: Message, person: Person) -> None:
    """Pack everything, bring it to the chat and end the turn. Run again after a crash it packs anew and says nothing
    twice; where the chat's account has left the diary meanwhile nothing comes there."""
    if person.exporting != message.id:
        return
    await _deliver(house, message, person)
    await _end(house, message)


async def fail(house: House, message: Message, person: Person) -> None:
    """It could not be done: that is said, and the turn ends."""
    if person.exporting == message.id:
        await _say(house, message, person, f"{message.id}.export", note(person, "export.broken"))
        await _end(house, message)


async def _end(house: House, message: Message) -> None:
    person = await house.store.person_of(message.platform, message.account)
    await house.store.change_person(
        person.id, lambda now: replace(now, exporting="") if now.exporting == message.id else now
    )


async def _say(house: House, message: Message, person: Person, key: str, reply: Reply) -> None:
    """Say it where it was asked for, unless that account left the diary meanwhile."""
    now = await house.store.person_of(message.platform, message.account)
    if now.id == person.id or person.id in now.former:
        await say_once(house, now.id, message.platform, message.chat_id, key, reply)


async def _deliver(house: House, message: Message, person: Person) -> None:
    limit = min(house.platforms[message.platform].limits.upload_bytes, PART_BYTES)
    readme = (CONFIG_DIR / "export" / f"README.{person.language}.txt").read_text(encoding="utf-8")
    for _attempt in range(ATTEMPTS):
        before = set(await house.store.every_entry(person.id))
        parts = await _packed(house, person, Zips(limit, readme))
        if before <= set(await house.store.every_entry(person.id)):
            break
        for media_id in parts:  # an entry was deleted meanwhile, and must not be in it
            await house.media.delete(media_id)
    else:
        await _say(house, message, person, f"{message.id}.export", note(person, "export.failed"))
        return
    for n, media_id in enumerate(parts, 1):
        reply = note(person, "export.part", part=n, parts=len(parts)) if len(parts) > 1 else note(person, "export.done")
        name = f"emoseum-{house.today(person)}" + (f"-{n}-of-{len(parts)}" if len(parts) > 1 else "") + ".zip"
        sent = replace(reply, document=media_id, document_name=name)
        await _say(house, message, person, f"{message.id}.export.{n}", sent)


async def _packed(house: House, person: Person, zips: Zips) -> list[str]:
    """Media ids of the ZIPs; one is filled, sealed and put away before the next is begun."""
    parts: list[str] = []

    async def put_away() -> None:
        if data := zips.closed():
            parts.append(await house.media.put(person.id, data, EXPORT_MIME))

    async for name, data in _files(house, person):
        if len(data) > zips.room_bytes(name):
            await put_away()
        room = zips.room_bytes(name + ".001")
        if len(data) <= room:
            zips.add(name, data)
            continue
        for n, at in enumerate(range(0, len(data), room), 1):
            if n > 1:
                await put_away()
            zips.add(f"{name}.{n:03}", data[at : at + room])
    await put_away()
    return parts


async def _files(house: House, person: Person) -> AsyncIterator[tuple[str, bytes]]:
    yield "person.json", _json(await _about(house, person))
    turns = await house.store.turns(person.id, limit=1_000_000)
    yield "talk.json", _json([asdict(turn) for turn in turns])
    for entry_id in await house.store.every_entry(person.id):
        try:
            kept = await house.store.kept_of(entry_id)
        except NotFound:  # deleted this very moment
            continue
        folder = f"entries/{kept.versions[-1].date}/{entry_id}"
        files: dict[str, str] = {}  # media id: name
        for media_id, name in _named(kept).items():
            if (found := await _found(house, media_id)) is not None:
                files[media_id] = f"{name}.{_SUFFIX.get(found.mime, 'bin')}"
                yield f"{folder}/{files[media_id]}", found.data
        yield f"{folder}/entry.json", _json(_entry(kept, files))


async def _about(house: House, person: Person) -> dict[str, Any]:
    settings = {
        name: value
        for name, value in asdict(person).items()
        if name not in ("answered", "awaiting", "exporting", "former")
    }
    reminder = await house.store.reminder(person.id)
    state = await house.store.safety_state(person.id)
    learned = learn(await house.store.felt(person.id))
    return {
        **settings,
        "consents": sorted(person.consents),
        "consent_log": [asdict(given) for given in await house.store.consent_log(person.id)],
        "accounts": [
            {"platform": platform, "account": account} for platform, account in await house.store.accounts(person.id)
        ],
        "reminder": asdict(reminder) if reminder is not None else None,
        "safety": asdict(state) if state is not None else None,
        "guesses": {"of_yours_instead_of_ours": learned.instead, "moved_by_that": learned.helps},
    }


def _named(kept: EntryKept) -> dict[str, str]:
    """Every file of an entry with the name it gets, without its suffix: {media id: name}."""
    named: dict[str, str] = {}
    counts: dict[str, int] = {}
    for attachment in (one for version in kept.versions for one in version.media):
        kind = {"image": "photo", "audio": "voice"}.get(attachment.mime.partition("/")[0], "file")
        if attachment.media_id and attachment.media_id not in named:
            counts[kind] = counts.get(kind, 0) + 1
            named[attachment.media_id] = f"{kind}-{counts[kind]}"
    for work in kept.works:
        for media_id, name in _files_of(work):
            named.setdefault(media_id, name)
    return named


def _files_of(work: Work) -> list[tuple[str, str]]:
    found = [
        (work.media_id, f"{work.kind.value}-{work.revision}"),
        (work.sketch_media_id, f"sketch-{work.revision}"),
        (work.voice_media_id, f"comment-{work.revision}-voice"),
    ]
    return [(media_id, name) for media_id, name in found if media_id]


def _entry(kept: EntryKept, files: dict[str, str]) -> dict[str, Any]:
    newest = kept.versions[-1]
    return {
        "id": newest.id,
        "date": newest.date,
        "created_at": newest.created_at,
        "platform": newest.platform,
        "deleted": newest.deleted,
        "corrected_emotion": kept.correction,
        "guess_then": asdict(kept.felt) if kept.felt is not None else None,
        "versions": [_version(version, files) for version in kept.versions],
        "analyses": [{"revision": revision, **asdict(analysis)} for revision, analysis in kept.analyses.items()],
        "works": [_work(work, kept, files) for work in kept.works],
    }


def _version(entry: Entry, files: dict[str, str]) -> dict[str, Any]:
    return {
        "revision": entry.revision,
        "text": entry.text,
        "parts": [asdict(part) for part in entry.parts],
        "level": entry.level,
        "files": [_shown(attachment, files) for attachment in entry.media],
    }


def _shown(attachment: Attachment, files: dict[str, str]) -> dict[str, Any]:
    return {
        "file": files.get(attachment.media_id, ""),
        "mime": attachment.mime,
        "name": attachment.name,
        "chosen_face": attachment.face,
    }


def _work(work: Work, kept: EntryKept, files: dict[str, str]) -> dict[str, Any]:
    told = asdict(work)
    for name in ("entry_id", "media_id", "sketch_media_id", "voice_media_id"):
        del told[name]
    rating = kept.ratings.get(work.id)
    return {
        **told,
        "files": [files[media_id] for media_id, _name in _files_of(work) if media_id in files],
        "stars": rating.stars if rating is not None else None,
        "rated_at": rating.rated_at if rating is not None else None,
    }


async def _found(house: House, media_id: str) -> Media | None:
    try:
        return await house.media.get(media_id)
    except NotFound:
        log.warning("an export goes without file %s, which is gone", media_id)
        return None


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1, default=_plain).encode()


def _plain(value: Any) -> Any:
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, frozenset | set | tuple):
        return sorted(value)
    raise TypeError(type(value).__name__)
