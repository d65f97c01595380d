"""What processes hold and use, as Linux tells it."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import re
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, wait
from pathlib import Path
from typing import Any

LOOK_S = 0.1  # between two looks at the memory of a child


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


def alone(work: Callable[..., Any], *args: Any) -> tuple[Any, float]:
    """What `work` returns in a process of its own, and the most PSS in megabytes that was seen of it."""
    most_mb = 0.0
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        making = pool.submit(work, *args)
        while not wait([making], timeout=LOOK_S).done:
            for child in multiprocessing.active_children():
                with contextlib.suppress(OSError, KeyError):  # it is beginning, or ending
                    most_mb = max(most_mb, memory_mb(child.pid or 0)["pss"])
        return making.result(), most_mb
