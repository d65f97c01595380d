"""What Telegram takes and what it refuses, with the words in which it refuses."""

from __future__ import annotations

import io
import math
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from tests.fakes.telegram_entities import Entity, Unparsable, parse, trimmed, units

MB = 1024 * 1024
TEXT_CHARS, CAPTION_CHARS, CALLBACK_BYTES, ANSWER_CHARS = 4096, 1024, 64, 200
PHOTO_BYTES, UPLOAD_BYTES, DOWNLOAD_BYTES = 10 * MB, 50 * MB, 20 * MB
ACTIONS = {
    "typing", "upload_photo", "record_video", "upload_video", "record_voice", "upload_voice", "upload_document",
    "choose_sticker", "find_location", "record_video_note", "upload_video_note",
}  # fmt: skip
_INLINE = {
    "callback_data", "url", "web_app", "login_url", "switch_inline_query", "switch_inline_query_current_chat",
    "switch_inline_query_chosen_chat", "copy_text", "callback_game", "pay",
}  # fmt: skip
_REASONS = {
    401: "Unauthorized", 404: "Not Found", 413: "Request Entity Too Large", 500: "Internal Server Error",
    502: "Bad Gateway", 503: "Service Unavailable", 504: "Gateway Timeout",
}  # fmt: skip


class Refused(Exception):
    """The server says no: HTTP status, Telegram's own words, and what a client may read from it."""

    def __init__(self, status: int, description: str = "", **parameters: Any) -> None:
        prefix = {400: "Bad Request: ", 403: "Forbidden: ", 409: "Conflict: "}.get(status, "")
        super().__init__(prefix + description if description else _REASONS.get(status, "Error"))
        self.status, self.parameters = status, parameters

    def body(self) -> dict[str, Any]:
        """The answer as Telegram writes it."""
        answer: dict[str, Any] = {"ok": False, "error_code": self.status, "description": str(self)}
        return {**answer, "parameters": self.parameters} if self.parameters else answer


def too_many(retry_after: int) -> Refused:
    """The answer to a flood."""
    return Refused(429, f"Too Many Requests: retry after {retry_after}", retry_after=retry_after)


def words(text: str, mode: str, entities: list[Entity] | None, limit: int, too_long: str) -> tuple[str, list[Entity]]:
    """Plain text and entities within `limit` UTF-16 units."""
    if mode and mode.lower() not in ("html", "markdown", "markdownv2"):
        raise Refused(400, "unsupported parse_mode")
    if units(text) > 32_768:
        raise Refused(400, "text is too long")
    try:
        plain, parsed = parse(text, mode)
    except Unparsable as error:
        raise Refused(400, f"can't parse entities: {error}") from None
    plain, kept = trimmed(plain, parsed if mode else entities or [])
    if units(plain) > limit:
        raise Refused(400, too_long)
    return plain, kept


def keyboard(markup: dict[str, Any] | None, private: bool) -> dict[str, Any] | None:
    """The markup as it is kept; a bare `{}` or an empty keyboard is none."""
    if not markup:
        return None
    if not isinstance(markup, dict):
        raise Refused(400, "object expected as reply markup")
    if "inline_keyboard" not in markup:
        _reply_keyboard(markup)
        return markup
    rows = markup["inline_keyboard"]
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise Refused(400, 'field "inline_keyboard" of the InlineKeyboardMarkup must be an Array of Arrays')
    rows = [row for row in rows if row]
    if sum(len(row) for row in rows) > 100 or any(len(row) > 8 for row in rows):
        raise Refused(400, "reply markup is too long")
    for row in rows:
        for button in row:
            _inline_button(button, private)
    return {"inline_keyboard": rows} if rows else None


def _inline_button(button: dict[str, Any], private: bool) -> None:
    text = button.get("text") if isinstance(button, dict) else None
    if not isinstance(text, str):
        raise Refused(400, "can't parse inline keyboard button: Can't find field \"text\"")
    if not text.strip():
        raise Refused(400, "inline keyboard button text must be non-empty")
    actions = {name for name in _INLINE & set(button) if button[name] != "" or name.startswith("switch")}
    if len(actions) != 1:
        raise Refused(400, "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard")
    if "callback_data" in button and not 1 <= len(str(button["callback_data"]).encode()) <= CALLBACK_BYTES:
        raise Refused(400, "BUTTON_DATA_INVALID")
    if "url" in button:
        _button_url(str(button["url"]))
    if "web_app" in button:
        if not private:
            raise Refused(400, "BUTTON_TYPE_INVALID")
        _button_url(str(button["web_app"].get("url", "")), web_app=True)
    if "copy_text" in button and not 1 <= units(str(button["copy_text"].get("text", ""))) <= 256:
        raise Refused(400, "BUTTON_COPY_TEXT_INVALID")


def _button_url(url: str, web_app: bool = False) -> None:
    """Only links that a person may follow: no telephone, no mail, no machine without a dot in its name."""
    what = "Web App URL" if web_app else "URL"
    parts = urlsplit(url if "://" in url or re.match(r"^[a-z]+:", url) else f"http://{url}")
    if web_app and parts.scheme != "https":
        raise Refused(400, f"inline keyboard button {what} '{url}' is invalid: Only HTTPS links are allowed")
    if parts.scheme in ("tg", "ton"):
        return
    if parts.scheme not in ("http", "https"):
        raise Refused(400, f"inline keyboard button {what} '{url}' is invalid: Unsupported URL protocol")
    host = parts.hostname or ""
    if "." not in host.strip(".") and ":" not in host:
        raise Refused(400, f"inline keyboard button {what} '{url}' is invalid: Wrong HTTP URL")


def _reply_keyboard(markup: dict[str, Any]) -> None:
    if not {"keyboard", "remove_keyboard", "force_reply"} & set(markup):
        raise Refused(400, "can't parse reply keyboard markup JSON object")
    for row in markup.get("keyboard", []):
        for button in row:
            if not (button if isinstance(button, str) else button.get("text", "")).strip():
                raise Refused(400, "keyboard button text must be non-empty")


def photo_size(data: bytes) -> tuple[int, int]:
    """Width and height in pixels of a photo that may be sent."""
    from PIL import Image

    if len(data) > PHOTO_BYTES:
        raise Refused(
            400, f"file of size {len(data)} bytes is too big for a photo; the maximum size is {PHOTO_BYTES} bytes"
        )
    try:
        with Image.open(io.BytesIO(data)) as image:
            image.verify()
            width, height = image.size
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        raise Refused(400, "IMAGE_PROCESS_FAILED") from None
    if width + height > 10_000 or max(width, height) > 20 * min(width, height):
        raise Refused(400, "PHOTO_INVALID_DIMENSIONS")
    return width, height


def sound(data: bytes) -> str:
    """The container of a sound by its first bytes: ogg | mp3 | m4a | wav | flac, or "" for anything else."""
    if data[:3] == b"ID3" or (len(data) > 1 and data[0] == 0xFF and data[1] & 0xE0 == 0xE0):
        return "mp3"
    if data[4:8] == b"ftyp":
        return "m4a"
    if data[:4] == b"RIFF" and data[8:12] == b"WAVE":
        return "wav"
    return {b"OggS": "ogg", b"fLaC": "flac"}.get(data[:4], "")


def commands(given: Any) -> list[dict[str, str]]:
    """The list for the menu: 1-32 of [a-z0-9_], described in 1-256 characters, at most 100."""
    if not isinstance(given, list):
        raise Refused(400, "can't parse list of bot commands: Expected an Array of BotCommand")
    if len(given) > 100:
        raise Refused(400, "BOT_COMMANDS_TOO_MUCH")
    for each in given:
        if not re.fullmatch(r"/?[a-z0-9_]{1,32}", str(each.get("command", ""))):
            raise Refused(400, "BOT_COMMAND_INVALID")
        if not 1 <= units(str(each.get("description", "")).strip()) <= 256:
            raise Refused(400, "BOT_COMMAND_DESCRIPTION_INVALID")
    return [{"command": each["command"].lstrip("/"), "description": each["description"].strip()} for each in given]


@dataclass
class Bucket:
    """So many at once, then so many a second."""

    per_s: float
    burst: float
    left: float = field(default=-1.0)
    at_s: float = 0.0

    def wait_s(self, cost: int, now_s: float) -> float:
        """Seconds until `cost` more would be let through; 0 lets them through at once."""
        if self.left < 0 and self.at_s == 0.0:
            self.left = self.burst
        else:
            self.left = min(self.burst, self.left + (now_s - self.at_s) * self.per_s)
        self.at_s = now_s
        # An album may be larger than the burst: a full bucket lets it through and goes into debt.
        missing = min(cost, self.burst) - self.left
        return max(0.0, missing / self.per_s) if missing > 1e-9 else 0.0

    def take(self, cost: int) -> None:
        """Counts `cost` more."""
        self.left -= cost


class Flood:
    """The three limits on sending; each is a number that a test may change, None switches it off."""

    def __init__(self) -> None:
        self.per_chat_per_s: float | None = 1.0
        self.per_chat_burst = 5
        self.overall_per_s: float | None = 30.0
        self.per_group_per_min: float | None = 20.0
        self._buckets: dict[tuple[str, int], Bucket] = {}

    def check(self, chat_id: int, cost: int, now_s: float, *, edit: bool = False) -> None:
        """Lets `cost` messages through or raises the 429; an edit is spared the rule for private chats."""
        rules: list[tuple[tuple[str, int], float, float]] = []
        if self.overall_per_s is not None:
            rules.append((("all", 0), self.overall_per_s, self.overall_per_s))
        if chat_id > 0 and self.per_chat_per_s is not None and not edit:
            rules.append((("chat", chat_id), self.per_chat_per_s, self.per_chat_burst))
        if chat_id < 0 and self.per_group_per_min is not None:
            rules.append((("group", chat_id), self.per_group_per_min / 60, self.per_group_per_min))
        buckets = []
        for key, per_s, burst in rules:
            bucket = self._buckets.setdefault(key, Bucket(per_s, burst))
            bucket.per_s, bucket.burst = per_s, burst
            buckets.append(bucket)
        waits = [bucket.wait_s(cost, now_s) for bucket in buckets]
        if any(waits):
            raise too_many(max(1, math.ceil(max(waits))))
        for bucket in buckets:
            bucket.take(cost)
