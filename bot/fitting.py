"""A reply and a platform's limits become replies that fit, without losing a word or a button."""

from __future__ import annotations

import re
from dataclasses import replace

from core.entities import Button, Limits, Reply, part_of

_SENTENCE_END = re.compile(r"(?<=[.!?…。！？])\s+|\n+")


def fit(reply: Reply, limits: Limits) -> tuple[Reply, ...]:
    """The replies to send in order; one where it fits. Buttons stay on the last part, media on the first."""
    if reply.withdrawn:
        return (reply,)
    has_media = bool(reply.picture or reply.audio or reply.document)
    first_chars = limits.caption_chars if has_media else limits.text_chars
    text = "\n\n".join(filter(None, (reply.text, reply.label)))
    if len(text) <= first_chars:
        texts = [text]
    elif has_media:
        below = reply.label if len(reply.label) <= first_chars else ""
        texts = [below, *split_text(reply.text if below else text, limits.text_chars)]
    else:
        texts = split_text(text, limits.text_chars)
    part = Reply(sender=reply.sender, must_arrive=reply.must_arrive)
    parts = [replace(reply, text=texts[0], label="")]
    parts += [replace(part, text=text, slot=part_of(reply.slot, n)) for n, text in enumerate(texts[1:], 1)]
    pages = _fit_buttons(reply.buttons, limits)
    parts[0] = replace(parts[0], buttons=())
    parts[-1] = replace(parts[-1], buttons=pages[0] if pages else ())
    for n, rows in enumerate(pages[1:], len(parts)):
        parts.append(replace(part, text="…", buttons=rows, slot=part_of(reply.slot, n)))
    return tuple(parts)


def split_text(text: str, limit: int) -> list[str]:
    """Pieces of at most `limit` characters, cut at sentence ends, else at spaces, else anywhere; only white space is lost."""
    pieces: list[str] = []
    rest = text.strip()
    while len(rest) > limit:
        cut = _cut(rest, limit)
        pieces.append(rest[:cut].rstrip())
        rest = rest[cut:].lstrip()
    return [*pieces, rest] if rest or not pieces else pieces


def _cut(text: str, limit: int) -> int:
    """Where to cut so that the first piece is as long as it may be and still ends well."""
    window = text[: limit + 1]
    ends = [match.start() for match in _SENTENCE_END.finditer(window) if match.start() > limit // 4]
    if ends:
        return ends[-1]
    space = window.rfind(" ")
    return space if space > limit // 4 else limit


def _fit_buttons(rows: tuple[tuple[Button, ...], ...], limits: Limits) -> list[tuple[tuple[Button, ...], ...]]:
    """Rows no wider than allowed, in pages no taller than allowed."""
    narrow: list[tuple[Button, ...]] = []
    for row in rows:
        shown = [replace(button, text=shorten(button.text, limits.button_chars)) for button in row]
        narrow += [
            tuple(shown[at : at + limits.buttons_per_row]) for at in range(0, len(shown), limits.buttons_per_row)
        ]
    flat = [button for row in narrow for button in row]
    if len(narrow) > limits.rows >= -(-len(flat) // limits.buttons_per_row):  # wider rows hold them all in one message
        narrow = [tuple(flat[at : at + limits.buttons_per_row]) for at in range(0, len(flat), limits.buttons_per_row)]
    return [tuple(narrow[at : at + limits.rows]) for at in range(0, len(narrow), limits.rows)]


def shorten(text: str, limit: int) -> str:
    """The text, or as much of it as `limit` characters hold with a sign that there was more."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"
