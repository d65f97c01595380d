"""A diary without a chat: the same journey, asked for on the command line and read back from the store."""

from __future__ import annotations

import asyncio
import os
import time
from dataclasses import asdict, replace
from datetime import date
from pathlib import Path
from typing import Any

from bot.fetching import looked_at
from bot.house import answer_slot, zone_of
from core.emotion.language import guess_language
from core.entities import (
    MADE,
    Attachment,
    Entry,
    Message,
    Person,
    Purpose,
    StageState,
    Step,
    WorkKind,
    file_id,
    making_id,
    new_id,
    utc_now,
)
from core.intake import kind_of
from core.ports import EmoseumError, Inbox, MediaStore, NotFound, Store
from core.settings import Settings

LOOK_S = 0.05
ENDINGS = {"image/png": ".png", "audio/ogg": ".ogg", "audio/mpeg": ".mp3", "audio/mp4": ".m4a", "audio/wav": ".wav"}


class Terminal:
    """Writes entries for one person of the web chat (`me` unless told otherwise) and waits for their answers."""

    def __init__(self, settings: Settings, store: Store, media: MediaStore, inbox: Inbox, user: str = "me") -> None:
        self.settings, self.store, self.media, self.inbox, self.user = settings, store, media, inbox, user

    async def person(self, language: str = "") -> Person:
        """The person; who is new and types on this machine's own command line has consented to storing.

        What they once decided in a chat stays as it is. Only somebody other than `me` has been introduced by this: of
        `me` the web chat still knows nothing but what they wrote, and Anna introduces herself there.
        """
        hints = {"language": language or self.settings.language, "time_zone": _zone_here()}
        person = await self.store.person_of("web", self.user, **hints)
        if person.step is not Step.NEW:
            return person
        if not await self.store.asked(person.id, Purpose.STORING):
            person = await self.store.set_consent(person.id, Purpose.STORING, True)
        if self.user != "me":
            known: dict[str, Any] = {
                "step": Step.DONE,
                "awaiting": "",
                "name": person.name or self.user,
                "told_at": utc_now(),
            }
            person = await self.store.change_person(person.id, lambda now: replace(now, **known))
        return person

    async def write(
        self,
        text: str,
        *,
        photo: Path | None = None,
        voice: Path | None = None,
        day: date | None = None,
        language: str = "",
    ) -> str:
        """Hand in one entry; returns its message id. Raises EmoseumError for a file that can't be taken."""
        person = await self.person(language or guess_language(text, default=self.settings.language))
        if language and language != person.language:
            person = await self.store.change_person(person.id, lambda now: replace(now, language=language))
        if day is not None and day > _today(person):
            raise EmoseumError("yesterday.future")
        message_id = new_id()
        attachments: list[Attachment] = []
        for path, kind in ((photo, "photo"), (voice, "sound")):
            if path is not None:
                attachments += await self._attach(person, path, kind, message_id, len(attachments))
        message = Message(
            id=message_id,
            platform="web",
            chat_id=self.user,
            account=self.user,
            platform_message_id=f"cli-{new_id()}",
            sent_at=utc_now(),
            text=text,
            attachments=tuple(attachments),
            entry_date=day or _today(person),
        )
        await self.inbox.keep(message)
        return message.id

    async def _attach(self, person: Person, path: Path, kind: str, message_id: str, first: int) -> list[Attachment]:
        """Keep a file from number `first` on; a film is a photo and a sound, and will do for either `kind`."""
        data = await asyncio.to_thread(path.read_bytes)
        parts, problem = await looked_at(data, path.name, self.settings.intake)
        if kind not in [kind_of(mime) for mime, _part in parts]:
            wrong = "intake.not_a_photo" if kind == "photo" else "intake.not_a_sound"
            raise EmoseumError(problem or wrong, str(path))
        look = kind == "photo"  # given by hand, to be looked at
        kept = []
        for n, (mime, part) in enumerate(parts, first):
            media_id = await self.media.put(person.id, part, mime, file_id(message_id, f"f{n}"))
            kept.append(Attachment(media_id, mime, len(part), path.name, look=look and kind_of(mime) == "photo"))
        return kept

    async def answered(self, message_id: str, limit_s: float = 300.0) -> Entry:
        """The entry of a message, once all of its answer is made. Raises TimeoutError."""
        async with asyncio.timeout(limit_s):
            while True:
                entry_id = await self.store.entry_of_message(message_id)
                if entry_id and (entry := await self._whole(entry_id)) is not None:
                    return entry
                await asyncio.sleep(LOOK_S)

    async def _whole(self, entry_id: str) -> Entry | None:
        try:
            entry = await self.store.entry(entry_id)
        except NotFound:
            return None
        if entry.level.stops_everything:
            return entry
        stages = await self.store.stages(entry.id, entry.revision)
        understood = stages.get("understand")
        if understood is not None and understood.state in (StageState.FAILED, StageState.CANCELLED):
            return entry if await self._delivered(entry) else None
        over = [name in stages and stages[name].state is not StageState.WAITING for name in MADE]
        return entry if all(over) and await self._delivered(entry) else None

    async def _delivered(self, entry: Entry) -> bool:
        slot = answer_slot(making_id(entry.id, entry.revision))
        main = await self.store.sending_in_slot("web", self.user, slot)
        if main is None or main.reply.progress is not None:
            return False
        music = [work for work in await self.store.works(entry.id) if work.kind is WorkKind.MUSIC]
        made = any(work.revision == entry.revision for work in music)
        return not made or await self.store.sending_in_slot("web", self.user, f"{slot}.music") is not None

    async def report(self, entry: Entry, out: Path, begun_s: float) -> dict[str, Any]:
        """Everything about an entry as plain values; its picture, sketch and music are written below `out`."""
        analysis = await self.store.analysis(entry.id)
        works = {work.kind: work for work in await self.store.works(entry.id) if work.revision == entry.revision}
        stages = await self.store.stages(entry.id, entry.revision)
        emotion = analysis.emotion if analysis is not None else None
        comment, music, picture = (works.get(kind) for kind in (WorkKind.COMMENT, WorkKind.MUSIC, WorkKind.PICTURE))
        return {
            "entry_id": entry.id,
            "emotion": {
                "valence": round(emotion.valence, 4),
                "arousal": round(emotion.arousal, 4),
                "dominance": round(emotion.dominance, 4),
                "labels": [asdict(label) for label in emotion.labels],
            }
            if emotion is not None
            else None,
            "face": asdict(analysis.face) if analysis is not None and analysis.face is not None else None,
            "safety": {"level": str(entry.level)},
            "tags": [tag.name for tag in analysis.tags] if analysis is not None else [],
            "summary": analysis.summary if analysis is not None else "",
            "comment": comment.text if comment is not None else None,
            "picture": await self._written(out, entry, "picture", picture.media_id if picture is not None else ""),
            "sketch": await self._written(out, entry, "sketch", picture.sketch_media_id if picture is not None else ""),
            "music": await self._written(out, entry, "music", music.media_id if music is not None else ""),
            "reply": await self.replies(entry),
            "seconds": {name: round(stage.seconds, 3) for name, stage in stages.items()}
            | {"total": round(time.monotonic() - begun_s, 3)},
        }

    async def replies(self, entry: Entry) -> list[str]:
        """What the person would have read since the entry was written, buttons with numbers to call included."""
        since_ms = int(entry.created_at.timestamp() * 1000)
        texts = []
        for line in await self.store.chat_log("web", self.user, since_ms=since_ms):
            if line.sending is None or line.sending.reply.withdrawn:
                continue
            reply = line.sending.reply
            links = [f"[{button.text}] {button.url}" for row in reply.buttons for button in row if button.url]
            texts.append("\n".join(filter(None, (reply.text, *links))))
        return [text for text in texts if text]

    async def _written(self, out: Path, entry: Entry, name: str, media_id: str) -> str | None:
        if not media_id:
            return None
        media = await self.media.get(media_id)
        path = out / f"{entry.date.isoformat()}-{entry.id}-{name}{ENDINGS.get(media.mime, '')}"
        await asyncio.to_thread(_write, path, media.data)
        return str(path)


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def _zone_here() -> str:
    """This machine's time zone by its IANA name, "" where it does not tell."""
    named = os.environ.get("TZ", "").lstrip(":")
    return named or os.path.realpath("/etc/localtime").partition("zoneinfo/")[2]


def _today(person: Person) -> date:
    return utc_now().astimezone(zone_of(person)).date()
