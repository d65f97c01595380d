"""What processes hold and use, as Linux tells it."""

from __future__ import annotations

import contextlib
import os
import re
from pathlib import Path


def family(pid: int) -> list[int]:
    """A process and everything it started, by id."""
    found = [pid]
    for parent in found:
        for task in Path(f"/proc/{parent}/task").glob("*/children"):
            with contextlib.suppress(OSError):
                found += [int(child) for child in task.read_text().split()]
    return found


def cpu_of(pid: int) -> float:
    """Processor seconds that a process has used; 0 where it is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory_mb(pid: int) -> dict[str, float]:
    """Megabytes of a process: `rss` (all it touches), `pss` (shared pages shared out), `peak` (the most `rss` so far)."""
    told = Path(f"/proc/{pid}/smaps_rollup").read_text() + Path(f"/proc/{pid}/status").read_text()
    fields = dict(re.findall(r"^(\w+):\s*(\d+) kB", told, re.M))
    return {short: int(fields[name]) / 1024 for short, name in (("rss", "Rss"), ("pss", "Pss"), ("peak", "VmHWM"))}


def command_of(pid: int) -> str:
    """The command line of a process."""
    return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
