"""A line of the chat as the page reads it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from core.entities import Attachment, Button, Message, Reply, Sending
from core.ports import LogLine

_CROCKFORD = "0123456789abcdefghjkmnpqrstvwxyz"


def line_of(line: LogLine) -> dict[str, Any]:
    """What the page shows for one line of the log."""
    if line.message is not None:
        return message_line(line.message, line.changed_ms)
    if line.sending is not None:
        return reply_line(line.sending, line.changed_ms)
    raise ValueError(f"line {line.id} holds nothing")


def message_line(message: Message, changed_ms: int = 0) -> dict[str, Any]:
    """What a person wrote; the platform's own id names it, so that an unsent line becomes the sent one."""
    at_ms = round(message.sent_at.timestamp() * 1000)
    return {
        "id": message.platform_message_id,
        "from": "me",
        "order": message.id,
        "kind": message.kind.value,
        "at_ms": at_ms,
        "changed_ms": changed_ms or at_ms,
        "text": message.text,
        "files": [_file(attachment) for attachment in message.attachments],
        "reply_to": message.reply_to,
        "target": message.target,
        "press": message.press,
        "refused": bool(message.refused),
    }


def reply_line(sending: Sending, changed_ms: int = 0) -> dict[str, Any]:
    """What was answered; the id of the outbox row names it, so that new contents replace the old."""
    reply = sending.reply
    changed_ms = changed_ms or round(sending.changed_at.timestamp() * 1000)
    return {
        "id": sending.id,
        "from": reply.sender,
        "order": sending.id,
        "at_ms": _born_ms(sending.id) or changed_ms,
        "changed_ms": changed_ms,
        "withdrawn": reply.withdrawn,
        "text": reply.text,
        "picture": reply.picture,
        "picture_alt": reply.picture_alt,
        "audio": reply.audio,
        "audio_title": reply.audio_title,
        "cover": reply.cover,
        "document": reply.document,
        "document_name": reply.document_name,
        "buttons": [[_button(button) for button in row] for row in reply.buttons],
        "progress": _progress(reply),
    }


def _progress(reply: Reply) -> dict[str, Any] | None:
    return None if reply.progress is None else asdict(reply.progress)


def _file(attachment: Attachment) -> dict[str, Any]:
    return {
        "media": attachment.media_id,
        "mime": attachment.mime,
        "file_bytes": attachment.file_bytes,
        "name": attachment.name,
    }


def _button(button: Button) -> dict[str, Any]:
    return {"text": button.text, "press": button.press, "url": button.url, "chosen": button.chosen, "page": button.page}


def _born_ms(identity: str) -> int:
    """The moment inside an id of `new_id`, in ms since the epoch; 0 for any other id."""
    if len(identity) != 20 or any(char not in _CROCKFORD for char in identity):
        return 0
    value = 0
    for char in identity:
        value = value * 32 + _CROCKFORD.index(char)
    return value >> 50
