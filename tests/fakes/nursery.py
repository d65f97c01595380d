"""Processes of the product that start in a moment: forked from one that has read all the libraries and nothing of a house.

A process that is started anew spends a second and more of a core on imports; the tests start hundreds. What is forked here
is a process like any other: with an environment, a log and a death of its own. So are the children that it spawns. `tests/test_command_line.py`,
`tests/test_deploy.py` and `tests/test_full_day.py` start the product as a person does.
"""

from __future__ import annotations

import multiprocessing
import os
import runpy
import signal
import sys
from collections.abc import Mapping, Sequence
from multiprocessing.context import BaseContext, ForkServerContext, ForkServerProcess
from multiprocessing.forkserver import _forkserver
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
#: Libraries, and rooms of ours that hold no state; never `bot.journey` or `core.service`, which tell the engine their workflows.
PRELOADED = (
    "typer", "rich.console", "pydantic_settings", "sqlalchemy.ext.asyncio", "aiosqlite", "asyncpg", "psycopg",
    "alembic.command", "dbos", "aiohttp.web", "numpy", "PIL.Image", "cryptography.hazmat.primitives.ciphers.aead",
    "telegram.ext", "discord", "core.settings", "adapters.sql_store", "adapters.dbos_work", "adapters.sealed_media",
    "adapters.file_media", "adapters.house_health", "adapters.supervisor", "bot.answering", "bot.commands", "bot.health",
    "bot.hearing", "bot.keeping", "bot.telegram_platform", "bot.discord_platform", "bot.web_platform", "core.engines",
    "core.stages", "core.studio", "tests.fakes.nursery", "tests.fakes.read_ahead",
)  # fmt: skip


class Born:
    """A process of the nursery, to be handled as a `subprocess.Popen`."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], log: Path) -> None:
        log.touch()  # who waits for a word in it may look at once
        nursery = multiprocessing.get_context("forkserver")
        nursery.set_forkserver_preload(list(PRELOADED))
        self._process: ForkServerProcess = nursery.Process(
            target=_live, args=(list(command), dict(environment), str(log))
        )
        self._process.start()
        assert self._process.pid is not None
        self.pid = self._process.pid

    @property
    def returncode(self) -> int | None:
        """Its exit code, minus the number of the signal that killed it; None while it lives."""
        return self._process.exitcode

    def poll(self) -> int | None:
        """See `returncode`."""
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int | None:
        """Until it is dead, `timeout` seconds at most."""
        self._process.join(timeout)
        return self._process.exitcode

    def send_signal(self, number: signal.Signals) -> None:
        """Send a signal, if it lives."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """SIGKILL."""
        self.send_signal(signal.SIGKILL)


def _live(command: list[str], environment: dict[str, str], log: str) -> None:
    """Be `python -m COMMAND` with this environment, this log and no memory of the nursery."""
    os.chdir(ROOT)
    _dress(environment, log)
    _Child.log = log
    _forkserver.ensure_running = lambda: None  # type: ignore[method-assign]  # else it would start one of its own
    multiprocessing.get_context = _context
    sys.argv = command
    runpy.run_module(command[0], run_name="__main__", alter_sys=True)


def _dress(environment: dict[str, str], log: str) -> None:
    os.environ.clear()
    os.environ.update(environment)
    written = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    os.dup2(written, 1)
    os.dup2(written, 2)


class _Child(ForkServerProcess):
    """What a process of the nursery spawns comes from the nursery too, with that one's environment and log."""

    log = ""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._worn = dict(os.environ), self.log

    def run(self) -> None:
        """As of any process."""
        _dress(*self._worn)
        super().run()


class _Nursery(ForkServerContext):
    Process = _Child


def _context(method: str | None = None) -> BaseContext:
    return _Nursery() if method == "spawn" else multiprocessing.context._default_context.get_context(method)
