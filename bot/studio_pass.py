"""A link to the drawing page for a chat that can't say who opens it: for one person and one entry, for a day."""

from __future__ import annotations

import base64
import hmac
import json
from dataclasses import dataclass

LIFE_S = 24 * 3600
LIMIT_CHARS = 400


@dataclass(frozen=True)
class Pass:
    """Whom a link lets in, and to what."""

    platform: str
    account: str
    chat_id: str
    person_id: str
    entry_id: str
    until_s: int  # seconds since the epoch


def write(secret: bytes, allowed: Pass) -> str:
    """What a link carries behind its `#`, where no server and no log sees it."""
    told = [allowed.platform, allowed.account, allowed.chat_id, allowed.person_id, allowed.entry_id, allowed.until_s]
    body = base64.urlsafe_b64encode(json.dumps(told, separators=(",", ":")).encode()).decode().rstrip("=")
    return f"{body}.{_signature(secret, body)}"


def read(secret: bytes, written: str, now_s: float) -> Pass | None:
    """Whom it lets in; None where it is not ours, or its day is over."""
    body, mark, signature = written.partition(".")
    if not mark or len(written) > LIMIT_CHARS:
        return None
    if not hmac.compare_digest(signature.encode("utf-8", "replace"), _signature(secret, body).encode()):
        return None
    allowed = Pass(*json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))))
    return allowed if allowed.until_s > now_s else None


def _signature(secret: bytes, body: str) -> str:
    digest = hmac.digest(secret, b"studio-pass|" + body.encode("utf-8", "replace"), "sha256")
    return base64.urlsafe_b64encode(digest[:18]).decode()
