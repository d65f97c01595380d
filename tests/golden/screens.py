"""Three screens, each told as a person perceives it: messages with pictures, words and buttons."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from tests.golden.script import Token

_STAR = re.compile(r"(?:\S+ )?[★☆]")
_SHOWN_AS_CHOSEN = ("★", "☆", "✅", "✓", "●")


@dataclass(frozen=True)
class Knob:
    """A button; `press` is what its platform needs to have it pressed, "" where it opens something."""

    label: str
    press: str = ""
    url: str = ""


@dataclass(frozen=True)
class Bubble:
    """One message of the house as it stands now."""

    id: str
    words: str
    media: tuple[tuple[str, str], ...] = ()  # "[picture: …]", and what tells it from another one
    rows: tuple[tuple[Knob, ...], ...] = ()
    place: str = ""  # where it is not the private chat

    @property
    def stars(self) -> list[tuple[Knob, ...]]:
        """The rows that are five stars."""
        return [row for row in self.rows if len(row) == 5 and all(_STAR.fullmatch(knob.label) for knob in row)]


def knob(label: str, chosen: bool, press: str, url: str = "") -> Knob:
    """A button, with a sign where a colour says that it is chosen."""
    if chosen and not any(sign in label for sign in _SHOWN_AS_CHOSEN):
        label = f"✓ {label}"
    return Knob(label, press, url)


def tokens(bubble: Bubble) -> list[Token]:
    """A message as the lines of a script."""
    found = [Token("", "media", f"[{bubble.place}]")] if bubble.place else []
    found += [Token("", "media", text, identity=identity) for text, identity in bubble.media]
    found += [Token("", "words", line.strip()) for line in bubble.words.splitlines() if line.strip(" \u200b")]
    if rows := [_row(row, row in bubble.stars) for row in bubble.rows if row]:
        found.append(Token("", "buttons", "\n".join(rows)))
    return [replace(token, around=bubble.words) for token in found]


def _row(row: tuple[Knob, ...], stars: bool) -> str:
    if stars:
        kind = row[0].label.rpartition(" ")[0]
        return f"[{kind} {''.join(one.label[-1] for one in row)}]".replace("[ ", "[")
    return " ".join(f"[{one.label}{f' → {one.url}' if one.url else ''}]" for one in row)


def news(before: list[Bubble], after: list[Bubble]) -> list[Token]:
    """What somebody notices who looks at the screen again: new messages, changed ones, and those that are gone."""
    known, found = {bubble.id: bubble for bubble in before}, []
    for bubble in after:
        was = known.pop(bubble.id, None)
        if was is None:
            found += _marked("<", tokens(bubble))
        elif was != bubble:
            found += _marked("~", _changed(was, bubble))
    if len(known) > 3 and len(known) == len(before):
        return [Token("-", "words", "(everything)"), *found]
    gone = [next(iter(tokens(bubble)), Token("", "words", "…")) for bubble in known.values()]
    return [replace(token, mark="-", text=token.text.split("\n")[0]) for token in gone] + found


def _changed(was: Bubble, now: Bubble) -> list[Token]:
    old = {(token.text, token.identity) for token in tokens(was)}
    rows = {row for token in tokens(was) if token.kind == "buttons" for row in token.text.split("\n")}
    found = []
    for token in tokens(now):
        if token.kind == "buttons":
            every = token.text.split("\n")
            fresh = [row for row in every if row not in rows]
            if fresh:  # one that was switched, or other buttons than before
                found.append(
                    replace(token, text="\n".join(fresh if len(fresh) == 1 and len(every) == len(rows) else every))
                )
        elif (token.text, token.identity) not in old:
            found.append(token)
    return found


def _marked(mark: str, found: list[Token]) -> list[Token]:
    return [replace(token, mark=mark if n == 0 else "") for n, token in enumerate(found)]
