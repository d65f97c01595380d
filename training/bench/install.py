"""How long a fresh clone's `make run` installs, and how much disk it takes."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from training.bench.lab import Section

ROOT = Path(__file__).resolve().parents[2]
HOW = (
    "`make bench` does not do this by itself: `python -m training.bench install`. The files that git knows, in a folder "
    "of their own, and there what `make run` does before it starts anything: a new virtual environment, pip lifted, the "
    "base installed from `pyproject.toml` and `constraints.txt`. The packages come over this machine's network."
)


async def measure(quick: bool) -> Section:
    """A clone, installed. `quick` changes nothing: there is no smaller install."""
    return await asyncio.to_thread(_measured)


def _measured() -> Section:
    with tempfile.TemporaryDirectory() as folder:
        clone = Path(folder) / "clone"
        clone.mkdir()
        known = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
        for name in filter(None, known.split("\0")):
            if (ROOT / name).is_file():
                (clone / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, clone / name)
        began = time.monotonic()
        subprocess.run(["make", "--silent", f"PYTHON={sys.executable}", ".venv/base"], cwd=clone, check=True)
        seconds = time.monotonic() - began
        size_mb = _disk_mb(clone / ".venv")
        clone_mb = _disk_mb(clone) - size_mb
        began = time.monotonic()
        subprocess.run([clone / ".venv/bin/emoseum", "--help"], check=True, capture_output=True)
        first_s = time.monotonic() - began
    rows = (
        ("seconds of the install", f"{seconds:.0f} s", ""),
        ("size of `.venv`", f"{size_mb} MB", ""),
        ("size of the clone itself, without `.git`", f"{clone_mb} MB", ""),
        ("`emoseum --help` for the first time", f"{first_s:.1f} s", ""),
    )
    return Section("install", "A fresh install", HOW, rows)


def _disk_mb(folder: Path) -> int:
    told = subprocess.run(["du", "-sm", str(folder)], check=True, capture_output=True, text=True).stdout
    return int(told.split()[0])
