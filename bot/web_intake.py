"""What a page posts becomes a Message, its files checked and kept before anybody hears of it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from aiohttp import BodyPartReader, web

from bot.fetching import looked_at
from core.entities import Attachment, Kind, Message, file_id, new_id, utc_now
from core.ports import EmoseumError, MediaStore
from core.settings import Intake

UPLOAD_BYTES = 25 * 1024 * 1024  # of one message, all files together
FILES = 10
_FIELD_BYTES = 256 * 1024
_ID = re.compile(r"[0-9A-Za-z_-]{8,64}$")


class TooLarge(EmoseumError):
    """More was sent than a message may hold."""

    def __init__(self, key: str) -> None:
        super().__init__(key)


class Unreadable(EmoseumError):
    """The form is not one that our page sends."""

    def __init__(self, cause: str) -> None:
        super().__init__("web.error.unreadable", cause)


@dataclass
class Form:
    """The fields and files of a posted message as they came over the wire."""

    fields: dict[str, str] = field(default_factory=dict)
    files: list[tuple[str, bytes]] = field(default_factory=list)  # name, bytes

    def get(self, name: str) -> str:
        """A field, "" where it was not sent."""
        return self.fields.get(name, "")


async def read_form(request: web.Request, text_chars: int) -> Form:
    """Read a form piece by piece and stop as soon as it is too large. Raises TooLarge, Unreadable."""
    if (request.content_length or 0) > UPLOAD_BYTES + _FIELD_BYTES:
        raise TooLarge("web.error.too_large")
    if not request.content_type.startswith("multipart/"):
        raise Unreadable("not a form")
    form, left_bytes = Form(), UPLOAD_BYTES
    try:
        reader = await request.multipart()
        async for part in reader:
            if not isinstance(part, BodyPartReader) or not part.name:
                raise Unreadable("a part without a name")
            if part.filename is None:
                data = await _read(part, _FIELD_BYTES)
                form.fields[part.name] = _plain(data)
                continue
            data = await _read(part, left_bytes)
            left_bytes -= len(data)
            if len(form.files) == FILES:
                raise TooLarge("web.error.too_many")
            form.files.append((part.filename[:200], data))
    except ValueError as error:  # aiohttp's word for a broken form
        raise Unreadable(str(error)) from error
    if len(form.get("text")) > text_chars:
        raise TooLarge("web.error.too_long")
    if not _ID.match(form.get("id")):
        raise Unreadable("no usable id")
    return form


def _plain(data: bytes) -> str:
    """Text as it was typed: forms carry every line end as CRLF."""
    return data.decode("utf-8", "replace").replace("\r\n", "\n").replace("\x00", "")


async def _read(part: BodyPartReader, limit_bytes: int) -> bytes:
    data = bytearray()
    while chunk := await part.read_chunk(64 * 1024):
        data += chunk
        if len(data) > limit_bytes:
            raise TooLarge("web.error.too_large")
    return bytes(data)


async def message_of(form: Form, person_id: str, account: str, media: MediaStore, intake: Intake) -> Message:
    """The message of a form; files that can't be taken are named in `refused`, the words stay.

    Raises DiskFull, Unreadable; then no file is kept."""
    try:
        kind = Kind(form.get("kind") or Kind.TEXT)
    except ValueError as error:
        raise Unreadable(f"kind {form.get('kind')[:20]}") from error
    message_id = new_id()
    attachments, refused = await _keep_files(form, message_id, person_id, media, intake)
    return Message(
        id=message_id,
        platform="web",
        chat_id=account,
        account=account,
        platform_message_id=form.get("id"),
        sent_at=utc_now(),
        kind=kind,
        text=form.get("text"),
        attachments=attachments,
        reply_to=form.get("reply_to"),
        target=form.get("target"),
        press=form.get("press"),
        language=form.get("language")[:10],
        time_zone=form.get("time_zone")[:60],
        refused=refused,
    )


async def _keep_files(
    form: Form, message_id: str, person_id: str, media: MediaStore, intake: Intake
) -> tuple[tuple[Attachment, ...], str]:

    kept: list[Attachment] = []
    refused = ""
    for name, data in form.files:
        parts, problem = await looked_at(data, name, intake)
        refused = refused or problem
        for mime, part in parts:
            try:
                media_id = await media.put(person_id, part, mime, file_id(message_id, f"f{len(kept)}"))
            except EmoseumError:
                for attachment in kept:
                    await media.delete(attachment.media_id)
                raise
            kept.append(Attachment(media_id, mime, len(part), name))
    return tuple(kept), refused
