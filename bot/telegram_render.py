"""A Reply becomes what stands in a Telegram chat: one text, one file at most, and a keyboard."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from urllib.parse import parse_qs, urlsplit

from telegram import (
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputMediaAudio,
    InputMediaDocument,
    InputMediaPhoto,
    WebAppInfo,
)

from core.entities import Button, Limits, Progress, Reply
from core.phrases import say

TEXT_UNITS, CAPTION_UNITS = 4096, 1024  # of UTF-16, as Telegram counts
LINES_CHARS = 96  # kept free for a bar, or for numbers that no button may dial
PHOTO_BYTES = 10 * 1024 * 1024
COVER_PIXELS = 320
PERFORMER = "Emoseum"

LIMITS = Limits(
    text_chars=TEXT_UNITS - LINES_CHARS, caption_chars=CAPTION_UNITS - LINES_CHARS, callback_bytes=64, button_chars=40,
    buttons_per_row=8, rows=12, download_bytes=20 * 1024 * 1024, upload_bytes=50 * 1024 * 1024,
    answer_s=2.1,
)  # fmt: skip

_BAR = 8  # cells
_SHOWN_AS_CHOSEN = ("★", "✅", "✓", "●")


@dataclass(frozen=True)
class Look:
    """How a reply looks in the chat. `file` is the upload itself, or Telegram's own name for it."""

    kind: str  # text | photo | audio | document
    text: str
    markup: InlineKeyboardMarkup | None = None
    media_id: str = ""
    title: str = ""  # of the music
    cover_id: str = ""  # media id of the picture beside it
    name: str = ""  # of the file
    file: bytes | str = b""
    cover: bytes = b""  # JPEG
    quiet: bool = False  # no phone rings

    @property
    def input_media(self) -> InputMediaPhoto | InputMediaAudio | InputMediaDocument:
        """The same for editMessageMedia."""
        if self.kind == "audio":
            return InputMediaAudio(
                self.file, caption=self.text, title=self.title, performer=PERFORMER, filename=self.name or None,
                thumbnail=self.cover or None,
            )  # fmt: skip
        if self.kind == "document":
            return InputMediaDocument(self.file, caption=self.text, filename=self.name or None)
        return InputMediaPhoto(self.file, caption=self.text, filename=self.name or None)


def look_of(reply: Reply, language: str, pages: str = "") -> Look:
    """How a reply is to look, its files named but not loaded. `language` is that of the progress line, `pages` where
    people reach our pages."""
    text, caption = text_of(reply, language, caption=False), text_of(reply, language, caption=True)
    markup = keyboard(reply, pages)
    if reply.audio:
        return Look("audio", caption, markup, reply.audio, title=reply.audio_title, cover_id=reply.cover)
    if reply.document:
        return Look("document", caption, markup, reply.document, name=reply.document_name)
    if reply.picture:
        return Look("photo", caption, markup, reply.picture)
    return Look("text", text, markup, quiet=reply.quiet)


def text_of(reply: Reply, language: str, *, caption: bool) -> str:
    """What is written: the words, numbers to dial, and how far the making is. No markup, so nothing can break it."""
    dialled = (_dialled(button, reply.text) for row in reply.buttons for button in row)
    text = "\n\n".join(filter(None, (reply.text.strip(), "\n".join(filter(None, dialled)))))
    if reply.progress is not None:
        text = "\n\n".join(filter(None, (text, _progress_line(reply.progress, language))))
    return _cut(text, CAPTION_UNITS) if caption else _cut(text, TEXT_UNITS) or "…"


def keyboard(reply: Reply, pages: str = "") -> InlineKeyboardMarkup | None:
    """The buttons that Telegram takes; the others are in the text."""
    rows = [[_button(button, pages) for button in row if button.press or is_link(button.url)] for row in reply.buttons]
    rows = [row for row in rows if row]
    return InlineKeyboardMarkup(rows) if rows else None


def is_link(url: str) -> bool:
    """True for addresses that Telegram lets a button open: no telephone, no machine without a dot in its name."""
    parts = urlsplit(url)
    return parts.scheme == "tg" or (parts.scheme in ("http", "https") and "." in (parts.hostname or "").strip("."))


def units(text: str) -> int:
    """How long Telegram finds a text."""
    return len(text.encode("utf-16-le")) // 2


def cover_of(picture: bytes) -> bytes:
    """A picture as the small JPEG that stands beside a piece of music; for a thread. Raises what a decoder raises."""
    from PIL import Image  # here, because importing is free

    file = BytesIO()
    with Image.open(BytesIO(picture)) as image:
        small = image.convert("RGB")
        small.thumbnail((COVER_PIXELS, COVER_PIXELS))
        small.save(file, "JPEG", quality=85)
    return file.getvalue()


def blank() -> bytes:
    """What takes the place of a picture that Telegram will not delete any more."""
    from PIL import Image

    file = BytesIO()
    Image.new("RGB", (64, 64), "white").save(file, "PNG")
    return file.getvalue()


def _button(button: Button, pages: str) -> InlineKeyboardButton:
    words = button.text or "·"
    if button.page and is_link(pages):
        return InlineKeyboardButton(words, web_app=WebAppInfo(pages + button.page))
    if button.chosen and not any(sign in words for sign in _SHOWN_AS_CHOSEN):
        words = f"✓ {words}"
    if button.press:
        return InlineKeyboardButton(words, callback_data=button.press)
    return InlineKeyboardButton(words, url=button.url)


def _dialled(button: Button, text: str) -> str:
    """The line for a button that dials or writes, "" for all others and where the number stands in the text."""
    if button.press or not button.url or is_link(button.url):
        return ""
    parts = urlsplit(button.url)
    number, word = parts.path, parse_qs(parts.query).get("body", [""])[0]
    if number and number in text and word in text:
        return ""
    unsaid = [part for part in (word, number) if part not in button.text]
    return ("📞 " if parts.scheme == "tel" else "✉️ ") + " · ".join([button.text, *unsaid])


def _progress_line(progress: Progress, language: str) -> str:
    if progress.words:
        return progress.words
    full = round(min(max(progress.done, 0.0), 1.0) * _BAR)
    return f"{'▰' * full}{'▱' * (_BAR - full)} {say(language, f'progress.{progress.stage}')}"


def _cut(text: str, limit: int) -> str:
    """The text, cut where its many emoji make it longer for Telegram than it was for us."""
    if units(text) <= limit:
        return text
    kept = text.encode("utf-16-le")[: 2 * (limit - 1)].decode("utf-16-le", "ignore")
    return kept.rstrip() + "…"
