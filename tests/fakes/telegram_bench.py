"""What the tests of the fake Telegram share: the real client, one person, and pictures to send."""

from __future__ import annotations

import io
import re
from functools import cache
from typing import Any

import pytest
from PIL import Image
from telegram import InlineKeyboardButton, InlineKeyboardMarkup
from telegram.error import BadRequest

MB = 1024 * 1024
MP3, OGG = b"ID3" + bytes(100), b"OggS" + bytes(100)


@cache
def png(width: int = 8, height: int = 8, colour: str = "red") -> bytes:
    """A flat picture."""
    buffer = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(buffer, "PNG")
    return buffer.getvalue()


def keys(*rows: list[InlineKeyboardButton]) -> InlineKeyboardMarkup:
    """A keyboard."""
    return InlineKeyboardMarkup(rows)


def press(text: str, data: str = "x") -> InlineKeyboardButton:
    """A button that tells the bot `data`."""
    return InlineKeyboardButton(text, callback_data=data)


def refused(words: str, kind: type[Exception] = BadRequest) -> Any:
    """Expects Telegram's own words; the library changes their case."""
    return pytest.raises(kind, match=f"(?i){re.escape(words)}")
