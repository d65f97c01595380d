"""What a button carries: a short, signed fact that is valid after a restart and safe to press twice.

`1rate|<work id>|5~<signature>`: a version, the action, its arguments, and eight characters of an HMAC-SHA256
over the person and the rest, so that nobody presses another person's button.
"""

from __future__ import annotations

import base64
import hmac
from dataclasses import dataclass

VERSION = "1"
LIMIT_BYTES = 64  # Telegram's, the smallest


@dataclass(frozen=True)
class Press:
    """What a button meant."""

    action: str
    args: tuple[str, ...] = ()

    def arg(self, index: int, default: str = "") -> str:
        """The argument at `index`, or `default` where an older button had fewer."""
        return self.args[index] if index < len(self.args) else default


def pack(secret: bytes, person_id: str, action: str, *args: str) -> str:
    """What a button of this person carries. Raises ValueError past 64 bytes or for a reserved character."""
    body = VERSION + "|".join((action, *args))
    if "~" in body or any("|" in part for part in (action, *args)):
        raise ValueError("a button can't carry '|' or '~'")
    packed = f"{body}~{_signature(secret, person_id, body)}"
    if len(packed.encode()) > LIMIT_BYTES:
        raise ValueError(f"a button carries {LIMIT_BYTES} bytes at most: {action}")
    return packed


def unpack(secret: bytes, person_id: str, packed: str) -> Press | None:
    """What a press meant; None where it is not ours, not this person's, or of a version we no longer know."""
    body, mark, signature = packed.rpartition("~")
    if not mark or not body.startswith(VERSION):
        return None
    if not hmac.compare_digest(signature.encode(), _signature(secret, person_id, body).encode()):
        return None
    action, *args = body[len(VERSION) :].split("|")
    return Press(action, tuple(args))


def _signature(secret: bytes, person_id: str, body: str) -> str:
    digest = hmac.digest(secret, f"{person_id}\n{body}".encode(), "sha256")
    return base64.urlsafe_b64encode(digest[:6]).decode()
