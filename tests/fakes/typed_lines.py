"""A terminal in a fresh checkout, for lines that are typed as README and the Procfile have them."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from core.settings import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```\n(.*?)^```", README, re.DOTALL | re.MULTILINE)
BRISK = {
    "EMOSEUM_WEB__PORT": "0",
    "EMOSEUM_WORK__JOIN_S": "0",
    "EMOSEUM_WORK__ALBUM_QUIET_S": "1",
    "EMOSEUM_WORK__REMIND_EVERY_S": "0.5",
    "EMOSEUM_WORK__STUDIO_PROCESSES": "1",
}


def block_with(variable: str) -> str:
    """The one block of README that starts a bot with that token."""
    found = [block for block in BLOCKS if variable in block]
    assert len(found) == 1, f"README has {len(found)} blocks with {variable}"
    return found[0]


def value_in(text: str, variable: str) -> str:
    """What README sets a variable to."""
    found = re.search(rf"\b{variable}=([^\s`]+)", text)
    assert found is not None, f"README does not set {variable}"
    return found[1]


def checkout(folder: Path) -> Path:
    """A checkout that has been installed, with a data folder of its own: what README's lines are typed in."""
    programs = folder / ".venv" / "bin"
    programs.parent.mkdir(parents=True)
    programs.symlink_to(Path(sys.prefix) / "bin")
    assert (programs / "emoseum").exists(), "the tests run in an environment without Emoseum: use `make test`"
    for name in ("Makefile", "Procfile", "config", "constraints.txt", "pyproject.toml"):
        (folder / name).symlink_to(ROOT / name)
    for stamp in ("pip", "base"):  # so that `make run` finds everything installed
        (programs.parent / stamp).touch()
    return folder


class Typed:
    """A terminal in a checkout; `run` waits, `begin` goes on until Ctrl-C."""

    def __init__(self, folder: Path, settings: dict[str, str]) -> None:
        self.folder, self._log = checkout(folder), folder.with_suffix(".log")
        ours = {name: it for name, it in os.environ.items() if not name.startswith(("EMOSEUM_", "MAKE", "MFLAGS"))}
        path = f"{folder / '.venv' / 'bin'}:{ours['PATH']}"
        self._environment = ours | {"PATH": path} | BRISK | settings
        self._begun: list[subprocess.Popen[bytes]] = []

    def run(self, lines: str) -> str:
        """What the lines print."""
        done = subprocess.run(
            ["sh", "-c", lines], cwd=self.folder, env=self._environment, capture_output=True, text=True
        )
        return done.stdout + done.stderr

    def begin(self, lines: str) -> None:
        """Type them, and look elsewhere."""
        with self._log.open("ab") as log:
            process = subprocess.Popen(
                ["sh", "-c", lines],
                cwd=self.folder,
                env=self._environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._begun.append(process)

    @property
    def said(self) -> str:
        """What stands in the terminal."""
        return self._log.read_text() if self._log.exists() else ""

    def ends(self, number: int) -> None:
        """Ctrl-C, or what a host sends; everything must be gone soon."""
        for process in self._begun:
            os.killpg(process.pid, number)
        for process in self._begun:
            process.wait(timeout=20)
            with pytest.raises(ProcessLookupError):  # nobody of it is left
                for _ in range(100):
                    os.killpg(process.pid, 0)
                    time.sleep(0.1)
        self._begun.clear()

    def drop(self) -> None:
        """Whatever happened, leave nothing behind."""
        for process in self._begun:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@contextmanager
def typed(folder: Path, settings: dict[str, str]) -> Iterator[Typed]:
    """A terminal, closed at the end."""
    terminal = Typed(folder, settings)
    try:
        yield terminal
    finally:
        terminal.drop()
