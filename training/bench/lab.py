"""A measurement becomes a section of the lab book: what was measured, on which machine, and the figures."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

LAB = Path(__file__).resolve().parents[2] / "docs" / "lab.md"
HEAD = "# Lab book\n\nWhat was measured and what was tried, with its numbers, above all when it failed.\n"


@dataclass(frozen=True)
class Section:
    """One measurement: a sentence on how it was taken, and rows of (what, figure, goal)."""

    name: str
    title: str
    how: str
    rows: tuple[tuple[str, str, str], ...]

    def markdown(self) -> str:
        """The section as the lab book shows it."""
        lines = [f"## {self.title}", "", f"{self.how}", "", f"*{machine()}*", ""]
        lines += ["| what | figure | goal |", "|---|---|---|"]
        lines += [f"| {what} | {figure} | {goal} |" for what, figure, goal in self.rows]
        return "\n".join(lines) + "\n"


def machine() -> str:
    """Date, processor, cores, memory and how busy the machine was, in one line."""
    model = re.search(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(), re.M)
    kib = re.search(r"^MemTotal:\s*(\d+)", Path("/proc/meminfo").read_text(), re.M)
    name = model.group(1) if model else "unknown processor"
    gib = f"{int(kib.group(1)) / 2**20:.0f} GiB" if kib else "? GiB"
    cores = len(os.sched_getaffinity(0))
    return f"{date.today()} · {name} · {cores} cores · {gib} · load {os.getloadavg()[0]:.1f}"


def write(section: Section) -> None:
    """Put a section into the lab book, in the place of the same section measured before."""
    book = LAB.read_text(encoding="utf-8") if LAB.is_file() else HEAD
    begin, end = f"<!-- bench {section.name} -->", f"<!-- /bench {section.name} -->"
    block = f"{begin}\n{section.markdown()}{end}"
    old = re.compile(re.escape(begin) + ".*?" + re.escape(end), re.S)
    book = old.sub(lambda _: block, book) if old.search(book) else f"{book.rstrip()}\n\n{block}\n"
    LAB.parent.mkdir(exist_ok=True)
    LAB.write_text(book, encoding="utf-8")


def quantile(values: Sequence[float], share: float) -> float:
    """The value that `share` of the values do not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, round(share * len(ordered) + 0.5) - 1))]


def ms(values_s: Sequence[float], *shares: float) -> str:
    """Quantiles of seconds, in milliseconds: `12 / 20 / 31 ms`."""
    return " / ".join(f"{quantile(values_s, share) * 1000:.0f}" for share in shares) + " ms"
