"""What Telegram says of who opened a Mini App, believed only where its signature and its age are right."""

from __future__ import annotations

import hashlib
import hmac
import json
from urllib.parse import unquote

from core.ports import EmoseumError

LIFE_S = 24 * 3600
AHEAD_S = 60  # that Telegram's clock may be ahead of ours
LIMIT_CHARS = 8192


class Untrusted(EmoseumError):
    """Not from Telegram, not for this bot, or too old."""

    def __init__(self, cause: str) -> None:
        super().__init__("studio.error.pass", cause)


def account_of(init_data: str, token: str, now_s: float) -> str:
    """The Telegram id of who opened the Mini App. Raises Untrusted.

    Every field but `hash` is signed, `signature` (Telegram's own, for third parties) among them; a field that comes twice
    is refused, as nobody could say which of the two was meant."""
    if not token or not init_data or len(init_data) > LIMIT_CHARS:
        raise Untrusted("nothing to check")
    fields = _fields(init_data)
    given = fields.pop("hash", "")
    signed = "\n".join(f"{name}={fields[name]}" for name in sorted(fields))
    key = hmac.digest(b"WebAppData", token.encode(), "sha256")
    wanted = hmac.new(key, signed.encode("utf-8", "replace"), hashlib.sha256).hexdigest()
    if not hmac.compare_digest(wanted.encode(), given.encode("utf-8", "replace")):
        raise Untrusted("another signature")
    signed_at = fields.get("auth_date", "")
    if not (signed_at.isascii() and signed_at.isdecimal()) or len(signed_at) > 12:
        raise Untrusted("no time")
    if not -AHEAD_S <= now_s - int(signed_at) < LIFE_S:
        raise Untrusted("too old")
    return _id_in(fields.get("user", ""))


def _fields(init_data: str) -> dict[str, str]:
    fields: dict[str, str] = {}
    for part in init_data.split("&"):
        name, mark, value = part.partition("=")
        try:
            name, value = unquote(name, errors="strict"), unquote(value, errors="strict")
        except UnicodeDecodeError:
            raise Untrusted("unreadable") from None
        if not mark or not name or name in fields:
            raise Untrusted("a field without a value, or twice")
        fields[name] = value
    return fields


def _id_in(user: str) -> str:
    try:
        told = json.loads(user, object_pairs_hook=_once)
    except (ValueError, RecursionError):
        raise Untrusted("no user") from None
    number = told.get("id") if isinstance(told, dict) else None
    if type(number) is not int or not 0 < number < 2**52 or told.get("is_bot"):
        raise Untrusted("no user")
    return str(number)


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    if len({name for name, _ in pairs}) < len(pairs):
        raise ValueError("twice")
    return dict(pairs)
