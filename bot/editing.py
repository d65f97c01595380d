"""What an edit of a message changed: which of its files are new, and which are gone from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bot.house import House
from core.entities import Attachment, Entry, Kind, Message
from core.ports import NotFound


async def edited_part(house: House, message: Message) -> tuple[Entry, Message] | None:
    """The entry that an edited message is part of, and that message as it was first written; None where it is part of
    none. Raises NotFound where the entry was deleted."""
    first = await house.store.message_at(message.platform, message.chat_id, message.target)
    entry_id = await house.store.entry_of_message(first.id) if first is not None else ""
    if first is None or not entry_id:
        return None
    return await house.store.entry(entry_id), first


async def recognised(house: House, message: Message) -> Message:
    """An edit with those of its files that the entry has already, so that only new ones are fetched."""
    try:
        found = await edited_part(house, message)
    except NotFound:
        found = None
    if found is None:
        return replace(message, attachments=())
    return replace(message, attachments=files_after(message, await files_before(house, message, *found)))


async def is_outdated(house: House, message: Message) -> bool:
    """True for an edit after which its message was edited again."""
    if message.kind is not Kind.EDIT:
        return False
    edits = await house.store.edits_of(message.platform, message.chat_id, message.target)
    return any(edit.id > message.id for edit in edits)


async def files_before(house: House, message: Message, entry: Entry, first: Message) -> tuple[Attachment, ...]:
    """The files of an entry that the edited message brought, with its first wording or a later one."""
    edits = await house.store.edits_of(message.platform, message.chat_id, message.target)
    brought = {file.media_id for told in (first, *edits) for file in told.attachments} - {""}
    return tuple(file for file in entry.media if file.media_id in brought)


def files_after(message: Message, before: Sequence[Attachment]) -> tuple[Attachment, ...]:
    """What the message has now. Where a new file can't be taken, or the platform tells of words alone, nothing goes."""
    only_words = not message.attachments and not any(file.remote for file in before)
    after = list(before) if message.refused or only_words else []
    for file in message.attachments:
        same = [old for old in before if _is_same(old, file)]
        after += [one for one in same or (file,) if one not in after]
    return tuple(after)


def exchanged(
    media: Sequence[Attachment], before: Sequence[Attachment], after: Sequence[Attachment]
) -> tuple[Attachment, ...]:
    """The files of an entry once one of its messages has others, in the place of its old ones."""
    at = media.index(before[0]) if before else len(media)
    return (*media[:at], *after, *(file for file in media[at:] if file not in before))


def _is_same(old: Attachment, new: Attachment) -> bool:
    if new.media_id:
        return old.media_id == new.media_id
    if old.remote:
        return old.remote.partition(" ")[0] == new.remote.partition(" ")[0]
    return old.file_bytes == new.file_bytes  # kept before its name there was noted
