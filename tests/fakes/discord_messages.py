"""How a message is made and changed, as Discord does it: checked first, then kept, then told."""

from __future__ import annotations

import mimetypes
import re
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tests.fakes.discord_limits import ALT_CHARS, EPHEMERAL, FILES, ApiError, Form, check_message
from tests.fakes.discord_world import NOT_SHOWN, Posted, Room, Upload, World


@dataclass
class Body:
    """What a request carried: its JSON, its files by number, and everything else of a form."""

    json: Any = None
    files: dict[int, tuple[str, bytes]] = field(default_factory=dict)

    @property
    def payload(self) -> dict[str, Any]:
        """The JSON as an object. Raises ApiError."""
        if self.json is None:
            return {}
        if not isinstance(self.json, dict):
            raise ApiError(400, 50035, "Invalid Form Body", {"_errors": [{"code": "MODEL_TYPE_CONVERT", "message": "Only dictionaries may be used in a ModelType"}]})  # fmt: skip
        return self.json


def create(
    world: World, room: Room, payload: dict[str, Any], body: Body, *, ephemeral: bool = False, put: bool = True
) -> Posted:
    """The bot's new message, or the earlier one of the same nonce. Raises ApiError."""
    check_message(payload, ephemeral=ephemeral)
    if payload.get("enforce_nonce") and payload.get("nonce") is not None:
        earlier = _same_nonce(world, str(payload["nonce"]))
        if earlier is not None:
            return earlier
    reply_to = _target(room, payload.get("message_reference"))
    posted = Posted(world.snowflake(), room, world.bot, reply_to=reply_to)
    if payload.get("nonce") is not None:
        posted.nonce = str(payload["nonce"])
    posted.flags = payload.get("flags") or 0
    _apply(world, posted, payload, body)
    if put:
        room.messages[posted.id] = posted
        world.tell("MESSAGE_CREATE", posted)
    return posted


def change(world: World, posted: Posted, payload: dict[str, Any], body: Body, *, ephemeral: bool = False) -> Posted:
    """New contents; what is not named stays. Raises ApiError."""
    payload = {
        key: value
        for key, value in payload.items()
        if key not in ("tts", "enforce_nonce", "nonce", "message_reference")
    }
    check_message(payload, ephemeral=ephemeral)
    _apply(world, posted, payload, body)
    posted.edits += 1
    posted.edited_at = datetime.now(UTC)
    world.tell("MESSAGE_UPDATE", posted)
    return posted


def fill(world: World, posted: Posted, payload: dict[str, Any], body: Body) -> Posted:
    """The first contents of a deferred answer: for people it is a new message, for the gateway an update."""
    check_message(payload, ephemeral=True)
    posted.flags = EPHEMERAL if posted.only_for is not None else 0
    try:
        _apply(world, posted, payload, body)
    except ApiError:
        posted.flags = NOT_SHOWN
        raise
    world.tell("MESSAGE_UPDATE", posted)
    return posted


def _apply(world: World, posted: Posted, payload: dict[str, Any], body: Body) -> None:
    content = (payload["content"] or "").strip() if "content" in payload else posted.content
    components = payload["components"] or [] if "components" in payload else posted.components
    embeds = payload["embeds"] or [] if "embeds" in payload else posted.embeds
    uploads = _uploads(world, posted, payload, body)
    if not content and not components and not uploads and not any(map(_says_something, embeds)):
        raise ApiError(400, 50006, "Cannot send an empty message")
    posted.content, posted.components, posted.embeds, posted.uploads = content, components, embeds, uploads
    posted.pings = _pings(content, payload.get("allowed_mentions"))


def _says_something(embed: dict[str, Any]) -> bool:
    return any(
        embed.get(key) for key in ("title", "description", "fields", "image", "thumbnail", "author", "footer", "url")
    )


def _same_nonce(world: World, nonce: str) -> Posted | None:
    for room in world.rooms.values():
        for posted in room.messages.values():
            if posted.nonce == nonce and time.monotonic() - posted.noted_s < world.nonce_s:
                return posted
    return None


def _target(room: Room, reference: Any) -> int | None:
    if not reference:
        return None
    target = int(reference.get("message_id") or 0)
    if target in room.messages:
        return target
    if reference.get("fail_if_not_exists", True):
        form = Form()
        form.no("message_reference", "REPLIES_UNKNOWN_MESSAGE", "Unknown message")
        form.done()
    return None


def _uploads(world: World, posted: Posted, payload: dict[str, Any], body: Body) -> list[Upload]:
    """Named attachments stay or are new; none named at all keeps the old ones and adds what came along."""
    for name, data in body.files.values():
        if len(data) > world.file_bytes:
            raise ApiError(413, 40005, "Request entity too large")
        if not name:
            raise ApiError(400, 50035, "Invalid Form Body")
    named = payload.get("attachments")
    form = Form()
    kept: list[Upload]
    fresh: dict[int, dict[str, Any]]
    if named is None:
        kept, fresh = list(posted.uploads), {number: {} for number in body.files}
    else:
        old = {str(upload.id): upload for upload in posted.uploads}
        kept, fresh = [], {}
        for i, item in enumerate(named):
            form.text(f"attachments.{i}.description", item.get("description"), 0, ALT_CHARS)
            key = str(item.get("id"))
            if key in old:
                kept.append(old[key])
            elif key.isdigit() and int(key) in body.files:
                fresh[int(key)] = item
            else:
                form.no(f"attachments.{i}.id", "ATTACHMENT_NOT_FOUND", f"Attachment data not found: {key}")
    if len(kept) + len(fresh) > FILES:
        form.no("attachments", "BASE_TYPE_MAX_LENGTH", f"Must be {FILES} or fewer in length.")
    form.done()
    for number, item in sorted(fresh.items()):
        name, data = body.files[number]
        name = item.get("filename") or name
        mime = mimetypes.guess_type(name)[0] or "application/octet-stream"
        kept.append(world.upload(name, data, mime, item.get("description") or ""))
    return kept


def _pings(content: str, allowed: Any) -> tuple[str, ...]:
    """Whom the words call: everyone, or ids; what `allowed_mentions` leaves out is plain text."""
    parse = ("users", "roles", "everyone") if allowed is None else allowed.get("parse") or ()
    listed = [str(user) for user in (allowed or {}).get("users") or ()]
    called = [user for user in re.findall(r"<@!?(\d+)>", content) if "users" in parse or user in listed]
    if "everyone" in parse and re.search(r"@(everyone|here)\b", content):
        called.append("everyone")
    return tuple(called)
