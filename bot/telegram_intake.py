"""What Telegram tells becomes a Message; what is nothing to us becomes None."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass
from typing import Any

import telegram

from bot.incoming import incoming
from core.entities import Attachment, Kind, Message, utc_now
from core.intake import kind_of, too_big
from core.settings import Intake

NAME = "telegram"
#: The kinds of update that we ask for; all others are never sent to us.
UPDATES = ("message", "edited_message", "callback_query", "my_chat_member")
DOWNLOAD_BYTES = 20 * 1024 * 1024  # that getFile gives out

_WORDLESS = {"location": "telegram.place", "venue": "telegram.place", "contact": "telegram.contact"}


@dataclass(frozen=True)
class Us:
    """The bot as Telegram knows it."""

    bot_id: int
    username: str
    commands: Set[str]


def message_of(update: telegram.Update, us: Us, intake: Intake) -> Message | None:
    """The message of an update; None for what is not said to us, or says nothing."""
    if update.callback_query is not None:
        return _press(update.callback_query)
    told = update.message or update.edited_message
    if told is None or told.from_user is None or told.from_user.is_bot:
        return None
    private = told.chat.type == telegram.Chat.PRIVATE
    if not private and (update.message is None or not _is_for(us, told)):
        return None
    if update.edited_message is not None:
        return _edit(told, intake)
    text, attachments, refused = words_of(told), _files(told), ""
    if not text and not attachments:
        refused = _wordless(told)
        if not refused:  # somebody joined, a message was pinned
            return None
    kept, too_large = _takeable(attachments, intake)
    refused = too_large or refused
    return incoming(
        NAME,
        told.chat.id,
        told.from_user.id,
        told.message_id,
        told.date,
        text=text,
        attachments=kept,
        reply_to=str(told.reply_to_message.message_id) if told.reply_to_message is not None else "",
        language=language_of(told.from_user),
        private=private,
        refused=refused,
        album=told.media_group_id or "",
    )


def words_of(told: telegram.Message) -> str:
    """Text or caption as it was typed; a sticker says its emoji, a place its name."""
    if told.sticker is not None:
        return told.sticker.emoji or ""
    if told.venue is not None:
        return f"📍 {told.venue.title}, {told.venue.address}"
    return (told.text or told.caption or "").replace("\x00", "")


def language_of(user: telegram.User) -> str:
    """What the person's Telegram is set to, such as "en-gb"; "" where it does not say."""
    return (user.language_code or "")[:10].lower()


def _press(query: telegram.CallbackQuery) -> Message | None:
    if query.message is None or not query.data:  # of a game, or of a message in somebody else's chat
        return None
    return incoming(
        NAME,
        query.message.chat.id,
        query.from_user.id,
        query.id,
        utc_now(),
        kind=Kind.PRESS,
        target=str(query.message.message_id),
        press=query.data,
        language=language_of(query.from_user),
        private=query.message.chat.type == telegram.Chat.PRIVATE,
    )


def _edit(told: telegram.Message, intake: Intake) -> Message | None:
    """New words or another file for an earlier message; None where only a map or a preview changed."""
    files = _files(told)
    if told.from_user is None or told.edit_date is None or not (told.text or told.caption or files):
        return None
    kept, refused = _takeable(files, intake)
    return incoming(
        NAME,
        told.chat.id,
        told.from_user.id,
        told.message_id,  # the inbox tells edits apart by their words and time
        told.edit_date,
        kind=Kind.EDIT,
        text=words_of(told),
        attachments=kept,
        target=str(told.message_id),
        language=language_of(told.from_user),
        refused=refused,
    )


def _is_for(us: Us, told: telegram.Message) -> bool:
    """True where a message in a group names us, answers us or gives us a command."""
    answered = told.reply_to_message
    if answered is not None and answered.from_user is not None and answered.from_user.id == us.bot_id:
        return True
    named = told.parse_entities() | told.parse_caption_entities()
    name = f"@{us.username}".lower()
    for entity, words in named.items():
        if entity.type == entity.MENTION and words.lower() == name:
            return True
        if entity.type == entity.TEXT_MENTION and entity.user is not None and entity.user.id == us.bot_id:
            return True
        if entity.type == entity.BOT_COMMAND and entity.offset == 0:
            command, _, whose = words[1:].lower().partition("@")
            return whose == us.username.lower() if whose else command in us.commands
    return False


def _files(told: telegram.Message) -> list[Attachment]:
    """What the message carries, still held by Telegram. The mime types are what the sender says; fetching looks."""
    if told.photo:
        fitting = [size for size in told.photo if (size.file_size or 0) <= DOWNLOAD_BYTES] or list(told.photo)
        largest = max(fitting, key=lambda size: size.width * size.height)
        return [Attachment("", "image/jpeg", largest.file_size or 0, remote=_place(largest))]
    held = (
        (told.voice, "audio/ogg"), (told.audio, "audio/mpeg"), (told.video_note, "video/mp4"), (told.video, "video/mp4"),
        (told.animation, "video/mp4"), (told.document, "application/octet-stream"),
    )  # fmt: skip
    for file, usual in held:  # an animation comes as a document as well: the first one counts
        if file is not None:
            mime, name = getattr(file, "mime_type", None) or usual, getattr(file, "file_name", None) or ""
            return [Attachment("", mime, file.file_size or 0, name, remote=_place(file))]
    return []


def _place(file: Any) -> str:
    """The file's name for good, then what it is asked for by, which may be another one tomorrow."""
    return f"{file.file_unique_id} {file.file_id}"


def _takeable(files: Sequence[Attachment], intake: Intake) -> tuple[tuple[Attachment, ...], str]:
    """The files that are not too large, and the key of the sentence for those that are."""
    kept = tuple(file for file in files if not (file.file_bytes > DOWNLOAD_BYTES or too_big(file.file_bytes, intake)))
    if len(kept) == len(files):
        return kept, ""
    kind = kind_of(files[0].mime)
    return kept, f"intake.{kind}_too_big" if kind else "intake.too_big"


def _wordless(told: telegram.Message) -> str:
    """The sentence for what has no words of its own; "" for what nobody sent, such as a pin."""
    for what, key in _WORDLESS.items():
        if getattr(told, what) is not None:
            return key
    return "telegram.other" if told.effective_attachment is not None or told.story is not None else ""
