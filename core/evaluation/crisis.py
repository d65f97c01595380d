"""The crisis check is judged: what it sees, and how often it worries for nothing."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from pathlib import Path

from core.entities import Level
from core.evaluation.files import BadFile, rows_of
from core.safety.crisis import check_safely, get_ready

DANGER = (Level.HIGH, Level.IMMINENT)
Told = tuple[Level, Level]  # what a line is, what was said to it


def evaluate(file: Path) -> dict[str, float | int]:
    """Figures for a table with `text` and `level` (none, concern, high, imminent, other). Raises BadFile."""
    lines = read_lines(file)
    get_ready()  # neither the time nor the limit of the first line pays for it
    begun_s = time.perf_counter()
    told = [(level, check_safely(text).level) for text, level in lines]
    return judged(told) | {"lines": len(lines), "seconds_per_line": (time.perf_counter() - begun_s) / len(lines)}


def read_lines(file: Path) -> list[tuple[str, Level]]:
    """Text and level of each line. Raises BadFile."""
    lines = []
    for number, row in rows_of(file, ("text", "level")):
        try:
            lines.append((row["text"], Level(row["level"].strip())))
        except ValueError:
            raise BadFile(f"Line {number} of {file} has no level of {', '.join(Level)}.") from None
    return lines


def judged(told: Collection[Told]) -> dict[str, float]:
    """Shares in 0..1; NaN where there is no line of that kind."""
    return {
        "recall_high": _share(told, DANGER, lambda said: said in DANGER),
        "recall_concern": _share(told, (Level.CONCERN,), lambda said: said in (Level.CONCERN, *DANGER)),
        "recall_other": _share(told, (Level.OTHER,), lambda said: said is Level.OTHER),
        "false_alarm": _share(told, (Level.NONE,), lambda said: said is not Level.NONE),
    }


def _share(told: Collection[Told], of: Collection[Level], good: Callable[[Level], bool]) -> float:
    mine = [good(said) for level, said in told if level in of]
    return sum(mine) / len(mine) if mine else float("nan")
