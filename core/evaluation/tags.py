"""The finding of things to draw is judged: what of a line gets a fitting tag, and which tags are silly."""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.evaluation.files import BadFile, rows_of
from core.painting.tags import find_tags


@dataclass(frozen=True)
class Line:
    """A diary line, and what somebody would draw of it."""

    language: str
    text: str
    things: tuple[tuple[str, frozenset[str]], ...]  # (what is written, the tags that fit it)
    also_fair: frozenset[str]
    half: str = ""

    def missed(self, found: Collection[str]) -> list[str]:
        """What got none of its fitting tags, as it is written."""
        return [word for word, fitting in self.things if not fitting & set(found)]

    def silly(self, found: Sequence[str]) -> list[str]:
        """The tags that fit nothing in the line."""
        fair = self.also_fair.union(*(fitting for _, fitting in self.things))
        return [name for name in found if name not in fair]


def evaluate(file: Path, half: str = "") -> dict[str, float | int]:
    """Figures for a table with language, text, expected and also_fair; see `read_lines`. Raises BadFile.

    Shares are in 0..1. With `half` only the lines whose column half says so.
    """
    lines = [line for line in read_lines(file) if line.half == half or not half]
    if not lines:
        raise BadFile(f"No line of {file} has half {half}.")
    for language in {line.language for line in lines}:  # what is loaded at the first call is no line's time
        find_tags("강아지" if language == "ko" else "dog", language)
    begun_s = time.perf_counter()
    found = [[tag.name for tag in find_tags(line.text, line.language)] for line in lines]
    took_s = time.perf_counter() - begun_s
    things = sum(len(line.things) for line in lines)
    missed = sum(len(line.missed(names)) for line, names in zip(lines, found, strict=True))
    tags = sum(map(len, found))
    silly = sum(len(line.silly(names)) for line, names in zip(lines, found, strict=True))
    return {
        "lines": len(lines),
        "things": things,
        "things_with_a_fitting_tag": (things - missed) / things if things else float("nan"),
        "tags": tags,
        "silly_tags": silly / tags if tags else float("nan"),
        "seconds_per_line": took_s / len(lines),
    }


def read_lines(file: Path) -> list[Line]:
    """The lines of a table. Raises BadFile.

    expected: by spaces, each thing as `word=tag|tag`, any of the tags being right, or only `tag`; also_fair: tags
    that are neither asked for nor silly. A thing without any tag ("stairs=") can't be found yet, and counts.
    """
    lines = []
    for _, row in rows_of(file, ("language", "text", "expected", "also_fair")):
        things = []
        for item in row["expected"].split():
            word, equals, tags = item.partition("=")
            things.append((word, frozenset(filter(None, tags.split("|"))) if equals else frozenset([word])))
        fair = frozenset(row["also_fair"].split())
        lines.append(Line(row["language"], row["text"], tuple(things), fair, row.get("half", "")))
    return lines
