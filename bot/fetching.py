"""A file is looked at before it is kept; what a chat platform still holds is brought home first."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

from core.entities import Attachment, Message, message_files
from core.intake import accept
from core.ports import EmoseumError, MediaStore
from core.settings import Intake
from core.video import frame_and_sound

#: The bytes of a file that the platform holds, or the key of the sentence that says why there are none.
Download = Callable[[Attachment], Awaitable[bytes | str]]


async def fetched(message: Message, person_id: str, download: Download, media: MediaStore, intake: Intake) -> Message:
    """The message with its files kept, or `refused` set for one that can't be taken.

    Safe to repeat: the same files are kept under the same ids. Raises what `download` and the media store raise."""
    found: list[Attachment] = []
    parts: list[tuple[bytes, str]] = []
    refused = message.refused
    for attachment in message.attachments:
        if attachment.media_id or not attachment.remote:
            found.append(attachment)
            continue
        data = await download(attachment)
        brought, problem = ([], data) if isinstance(data, str) else await looked_at(data, attachment.name, intake)
        refused = refused or problem
        parts += [(part, mime) for mime, part in brought]
        found += [replace(attachment, mime=mime, file_bytes=len(part)) for mime, part in brought]
    names = message_files(message.id, len(parts))
    ids = iter(await media.put_all(person_id, parts, names) if parts else ())
    kept = [one if one.media_id else replace(one, media_id=next(ids)) for one in found]
    return replace(message, attachments=tuple(kept), refused=refused)


async def looked_at(data: bytes, name: str, intake: Intake) -> tuple[list[tuple[str, bytes]], str]:
    """(mime, bytes) of what is to be kept of a file, or the key of the sentence that says why it can't be taken.

    Every way in goes through here, so that a film is the same everywhere: a picture and a sound."""
    checked = await asyncio.to_thread(accept, data, name, intake)
    if checked.problem:
        return [], checked.problem
    if checked.kind != "video":
        return [(checked.mime, data)], ""
    try:
        return await asyncio.to_thread(frame_and_sound, data, intake), ""
    except EmoseumError as problem:
        return [], problem.key
