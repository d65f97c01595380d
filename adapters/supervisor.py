"""`emoseum run` keeps bot and core alive: the same two commands as in the Procfile, started again when they die."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from types import FrameType

from adapters.role_claim import role_is_taken
from core.ports import EmoseumError
from core.settings import ROOT, Settings

HOPELESS = 78  # a child says: starting again would not mend this
LONGEST_PAUSE_S = 15.0
CALM_S = 60.0  # a child that lived this long starts afresh with short pauses
_SUPERVISOR = "EMOSEUM_SUPERVISOR"  # its process id, for the children it started


@dataclass
class _Child:
    role: str
    process: subprocess.Popen[bytes]
    started_s: float
    pause_s: float = 0.1
    starts: int = 1
    again_at_s: float = field(default=0.0)


def supervise(settings: Settings, roles: Sequence[str]) -> int:
    """Run every role until a signal comes. Returns the exit code: 0 when told to stop, else the child's."""
    told: list[int] = []

    def hear(number: int, _frame: FrameType | None) -> None:
        told.append(number)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, hear)
    children = [_start(settings, role) for role in roles]
    code = 0
    while not told:
        for child in children:
            if child.process.poll() == HOPELESS:
                code = HOPELESS
                told.append(0)
            elif child.process.poll() is not None:
                _again(settings, child)
        time.sleep(0.05)
    _stop(children)
    return code


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[None]:
    """Bot and core for one errand: those that run on the data folder already, else our own, quiet and without a web chat.

    Raises EmoseumError (`error.not_started`) where one of ours can't start."""
    children: dict[str, _Child] = {}
    _help_out(settings, children)
    errand = asyncio.current_task()
    hopeless: list[str] = []

    async def keep() -> None:
        while not hopeless:
            await asyncio.sleep(0.25)
            hopeless.extend(_help_out(settings, children))
        if errand is not None:
            errand.cancel()

    keeper = asyncio.create_task(keep())
    try:
        yield
    except asyncio.CancelledError:
        if hopeless:
            raise EmoseumError("error.not_started", f"{hopeless[0]} can't start") from None
        raise
    finally:
        keeper.cancel()
        await asyncio.to_thread(_stop, list(children.values()))


def _help_out(settings: Settings, children: dict[str, _Child]) -> list[str]:
    """Start what nobody runs (any more: another errand may have ended its own). Returns roles that can't be started."""
    hopeless = []
    for role in ("core", "bot"):
        mine = children.get(role)
        if (mine is not None and mine.process.poll() is None) or role_is_taken(settings.data_dir, role):
            continue
        if mine is not None and mine.process.returncode == HOPELESS and mine.starts > 1:
            hopeless.append(role)
            continue
        children[role] = _start(settings, role, quiet=True)
        children[role].starts = 1 if mine is None else mine.starts + 1
    return hopeless


def leave_with_supervisor() -> None:
    """In a child: end as if told to when the supervisor is gone without a word, so that no orphan holds the data folder."""
    if _SUPERVISOR not in os.environ:
        return
    supervisor = int(os.environ[_SUPERVISOR])

    def watch() -> None:
        while os.getppid() == supervisor:
            time.sleep(0.5)
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(5)
        os._exit(1)

    threading.Thread(target=watch, name="watch-supervisor", daemon=True).start()


def _start(settings: Settings, role: str, *, quiet: bool = False) -> _Child:
    command = [sys.executable, "-m", "emoseum", role, "--data-dir", str(settings.data_dir)]
    if role == "bot":
        command += ["--port", str(settings.web.port)]
    environment = os.environ | {"PYTHONUNBUFFERED": "1", "PYTHONPATH": str(ROOT), _SUPERVISOR: str(os.getpid())}
    if quiet:
        environment |= {"EMOSEUM_WEB__ENABLED": "false", "EMOSEUM_LOG_LEVEL": "error"}
    return _Child(role, subprocess.Popen(command, env=environment), time.monotonic())


def _again(settings: Settings, child: _Child) -> None:
    """Start a dead child again, waiting longer each time it dies young."""
    now = time.monotonic()
    if not child.again_at_s:
        if now - child.started_s > CALM_S:
            child.pause_s = 0.1
        child.again_at_s = now + child.pause_s
        print(f"{child.role} ended with {child.process.returncode}: starting it again", file=sys.stderr, flush=True)
    elif now >= child.again_at_s:
        fresh = _start(settings, child.role)
        child.process, child.started_s, child.again_at_s = fresh.process, fresh.started_s, 0.0
        child.pause_s = min(child.pause_s * 2, LONGEST_PAUSE_S)


def _stop(children: Sequence[_Child]) -> None:
    for child in children:
        if child.process.poll() is None:
            child.process.terminate()
    deadline = time.monotonic() + 10
    for child in children:
        try:
            child.process.wait(timeout=max(deadline - time.monotonic(), 0.1))
        except subprocess.TimeoutExpired:
            child.process.kill()
