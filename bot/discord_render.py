"""A reply as Discord shows it: escaped text, files with alternative text, buttons that outlive a restart."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from io import BytesIO
from typing import Any

import discord

from core.entities import Button, Limits, Reply
from core.phrases import say
from core.ports import MediaStore
from core.safety.answers import worded_for_discord

CONTENT_CHARS = 2000
#: A part of a text is shorter than a message may be: escapes, the progress line and numbers to call need room too.
LIMITS = Limits(
    text_chars=1800, caption_chars=1800, callback_bytes=95, button_chars=80, buttons_per_row=5, rows=5,
    download_bytes=20 * 1024 * 1024, upload_bytes=10 * 1024 * 1024, answer_s=2.0,
)  # fmt: skip
_ALT_CHARS = 1024
_BAR = 8  # parts of the progress bar
_LINKS = ("https://", "http://", "discord://")
_ENDINGS = {
    "image/png": "png", "image/jpeg": "jpg", "image/webp": "webp", "image/gif": "gif", "audio/ogg": "ogg",
    "audio/mpeg": "mp3", "audio/mp4": "m4a", "audio/wav": "wav", "application/pdf": "pdf", "application/zip": "zip",
}  # fmt: skip
# discord.utils.escape_markdown would leave a backslash standing before an indented "- " and miss lists and <@mentions>.
_MARKUP = re.compile(
    r"(?P<link>https?://[^\s<>]+)|(?P<sign>[\\*_`~|\[]|<(?=[@#:/tai])|^[ \t]*(?:[#>-]|\d+\.(?=\s)))", re.MULTILINE
)
_LOOKALIKES = str.maketrans("\\*_`~|", "＼＊＿｀～｜")


@dataclass(frozen=True)
class Shown:
    """A message as it goes to Discord; `media` names what its files show, to tell whether they changed."""

    content: str
    files: tuple[tuple[str, bytes, str], ...] = ()  # name, bytes, what is to be seen or heard
    rows: tuple[tuple[Button, ...], ...] = ()
    media: tuple[str, ...] = ()

    def uploads(self) -> list[discord.File]:
        """The files, anew for each try."""
        return [
            discord.File(BytesIO(data), filename=name, description=alt[:_ALT_CHARS] or None)
            for name, data, alt in self.files
        ]

    def view(self) -> Any:
        """The buttons, or None. Stopped at once: what they do is in them, so the library need not remember them."""
        if not self.rows:
            return None
        view, seen = discord.ui.View(timeout=None), set[str]()
        for n, row in enumerate(self.rows):
            for button in row:
                view.add_item(_button(button, n, seen))
        view.stop()
        return view


async def render(reply: Reply, language: str, media: MediaStore) -> Shown:
    """The message for a reply that fits. Raises NotFound where a file of it is gone."""
    reply = replace(reply, text=worded_for_discord(reply.text))
    files, kept = [], []
    left_bytes = LIMITS.upload_bytes
    too_large = False
    for media_id, alt, name in (
        (reply.picture, reply.picture_alt, "picture"),
        (reply.audio, reply.audio_title, "music"),
        (reply.document, "", reply.document_name),
    ):
        if not media_id:
            continue
        file = await media.get(media_id)
        if len(file.data) > left_bytes:
            too_large = True
            continue
        left_bytes -= len(file.data)
        files.append((_file_name(name, file.mime), file.data, alt))
        kept.append(media_id)
    rows = [tuple(button for button in row if button.press or button.url.startswith(_LINKS)) for row in reply.buttons]
    lines = [button.text for row in reply.buttons for button in row if button.url and not button.url.startswith(_LINKS)]
    if too_large:
        reply = replace(reply, text="\n\n".join(filter(None, (reply.text, say(language, "discord.file_too_large")))))
    return Shown(
        content=_content(reply, lines, language) or ("" if files else "\u200b"),
        files=tuple(files),
        rows=tuple(row for row in rows if row),
        media=tuple(kept),
    )


def plain(shown: Shown, reply: Reply) -> Shown:
    """The same without anything that Discord might refuse: plain words, buttons that are answered here."""
    rows = tuple(tuple(button for button in row if button.press) for row in shown.rows)
    content = (reply.text or shown.content or "…")[:CONTENT_CHARS]
    return Shown(content, shown.files, tuple(row for row in rows if row), shown.media)


def as_typed(text: str) -> str:
    """Text with every sign of Discord's markup escaped, links left whole."""
    return _MARKUP.sub(_escape, text)


def _escape(found: re.Match[str]) -> str:
    if found["link"]:
        return found["link"]
    sign = found["sign"]
    return f"{sign[:-1]}\\{sign[-1]}"  # after the indent, where there is one


def progress_line(reply: Reply, language: str) -> str:
    """What is being made, with how far it is; "" where nothing is."""
    if reply.progress is None:
        return ""
    if reply.progress.words:
        return f"-# {reply.progress.words}"
    full = round(min(max(reply.progress.done, 0.0), 1.0) * _BAR)
    return f"-# {say(language, f'progress.{reply.progress.stage}')} {'▰' * full}{'▱' * (_BAR - full)}"


def press_of(custom_id: str) -> str:
    """What a button carries, without the number that told it from its twin."""
    return re.sub(r"#\d+$", "", custom_id)


def _content(reply: Reply, lines: Sequence[str], language: str) -> str:
    tail = ["\n".join(f"☎️ {as_typed(line)}" for line in lines), progress_line(reply, language)]
    content = "\n\n".join(filter(None, (as_typed(reply.text), *tail)))
    if len(content) > CONTENT_CHARS:  # escapes made it too long: letters that look alike need none
        content = "\n\n".join(filter(None, (reply.text.translate(_LOOKALIKES), *tail)))
    return content[:CONTENT_CHARS]


def _button(button: Button, row: int, seen: set[str]) -> discord.ui.Button[Any]:
    if button.url:
        return discord.ui.Button(label=button.text, url=button.url, row=row)
    custom_id, twin = button.press, 2
    while custom_id in seen:  # Discord takes none twice in a message
        custom_id, twin = f"{button.press}#{twin}", twin + 1
    seen.add(custom_id)
    style = discord.ButtonStyle.success if button.chosen else discord.ButtonStyle.secondary
    return discord.ui.Button(label=button.text or "·", custom_id=custom_id, style=style, row=row)


def _file_name(name: str, mime: str) -> str:
    """Discord takes plain letters only, and shows by the ending whether it can be played."""
    stem, _, ending = name.rpartition(".") if "." in name else (name, "", "")
    stem = re.sub(r"[^A-Za-z0-9_-]+", "-", stem).strip("-") or "emoseum"
    return f"{stem}.{ending if ending.isascii() and ending.isalnum() else _ENDINGS.get(mime, 'bin')}"
