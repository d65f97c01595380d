"""A conversation as somebody writes it down: what a person does, and what they then see.

`tests/golden/README.md` tells the language. A line is an action (`> words`, `press "…"`, `wait 25 minutes`) or
something seen: `< ` begins a message, `~ ` what is new in one that changed, `- ` one that was taken away, and two
spaces go on with it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from pathlib import Path

PLATFORMS = ("web", "discord", "telegram")  # Telegram last: it shows no words for a picture
_WHERE = re.compile(r"on ((?:web|telegram|discord)(?: and (?:web|telegram|discord))*): ?(.*)", re.DOTALL)
_HEADER = re.compile(r"#\s*(language|platforms|begins|known as|allows|hears|tells)\s*:\s*(.+)")
_MEDIA = re.compile(r"\[(picture|music|file|in the group|for your eyes only)\b[^\]]*\]")
_BUTTONS = re.compile(r"(\[[^\]]*\]\s*)+")


@dataclass(frozen=True)
class Token:
    """One thing in a message: a line of words, a picture, or all its buttons (a row a line)."""

    mark: str  # "<" a new message, "~" what is new in one, "-" gone, "" more of the same
    kind: str  # words | media | buttons
    text: str
    where: tuple[str, ...] = ()  # only there; everywhere where empty
    identity: str = ""  # tells one picture from another that is called the same
    around: str = ""  # all words of its message

    def lines(self, usual: tuple[str, ...], everywhere: tuple[str, ...]) -> list[str]:
        """As it stands in a file; where it is to be seen is said unless that is where it `usual`ly is."""
        where = "" if self.where == usual else f"on {' and '.join(self.where or everywhere)}: "
        marks = [f"{self.mark} " if self.mark else "  ", *["  "] * self.text.count("\n")]
        return [f"{where}{mark}{line}" for mark, line in zip(marks, self.text.split("\n"), strict=True)]


@dataclass
class Step:
    """One action, what is to be seen after it, and the blank lines and remarks below."""

    action: str  # may have several lines
    where: tuple[str, ...] = ()
    seen: list[Token] = field(default_factory=list)
    below: list[str] = field(default_factory=list)
    line: int = 0

    def lines(self, seen: list[Token], everywhere: tuple[str, ...]) -> list[str]:
        """As it stands in a file, with those things seen; what only some do is seen only there, unless it is said."""
        prefix = f"on {' and '.join(self.where)}: " if self.where else ""
        first, *more = self.action.split("\n")
        shown = [line for token in seen for line in token.lines(self.where, everywhere)]
        return [prefix + first, *(f"  {line}" for line in more), *shown, *self.below]


@dataclass
class Script:
    """A whole conversation."""

    path: Path
    top: list[str]  # the lines before the first action
    steps: list[Step]
    headers: dict[str, str]

    @property
    def language(self) -> str:
        """ko | en."""
        return self.headers.get("language", "ko")

    @property
    def platforms(self) -> tuple[str, ...]:
        """Where it is played."""
        wanted = self.headers.get("platforms", ", ".join(PLATFORMS))
        return tuple(platform for platform in PLATFORMS if platform in wanted)

    def with_seen(self, seen: list[list[Token]]) -> str:
        """The text of the file, with other things seen."""
        lines = list(self.top)
        for step, tokens in zip(self.steps, seen, strict=False):  # it may have been broken off
            lines += step.lines(tokens, self.platforms)
        return "\n".join(lines).rstrip("\n") + "\n"


def read(path: Path) -> Script:
    """The conversation in a file. Raises ValueError, with the line, for what can't be understood."""
    script = Script(path, [], [], {})
    for number, raw in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        line = raw.rstrip()
        if not script.steps and (header := _HEADER.fullmatch(line)):
            script.headers[header[1]] = header[2].strip()
        if not line or line.startswith("#"):
            (script.steps[-1].below if script.steps else script.top).append(line)
            continue
        where: tuple[str, ...] = ()
        if (found := _WHERE.fullmatch(line)) is not None:
            where, line = tuple(found[1].split(" and ")), found[2]
        _take(script, line, where, number)
    return script


def _take(script: Script, line: str, where: tuple[str, ...], number: int) -> None:
    step = script.steps[-1] if script.steps else None
    mark, text = line[:1], line[2:].strip()
    named = where
    where = where or (step.where if step is not None else ())
    if line[:2] in ("< ", "~ ", "- "):
        if step is None:
            raise ValueError(f"{script.path.name}:{number}: something is seen before anything was done")
        step.seen.append(_token(mark, text, where))
    elif line.startswith("  "):
        if step is None or (not step.seen and not step.action.startswith(">")):
            raise ValueError(f"{script.path.name}:{number}: this goes on with nothing")
        if not step.seen:
            step.action += f"\n{text}"
        elif step.seen[-1].kind == "buttons" and _BUTTONS.fullmatch(text) and step.seen[-1].where == where:
            step.seen[-1] = replace(step.seen[-1], text=f"{step.seen[-1].text}\n{text}")
        else:
            step.seen.append(_token("", text, where))
    else:
        script.steps.append(Step(line, named, line=number))


def _token(mark: str, text: str, where: tuple[str, ...]) -> Token:
    kind = "media" if _MEDIA.fullmatch(text) else "buttons" if _BUTTONS.fullmatch(text) else "words"
    return Token(mark, kind, text, where)
