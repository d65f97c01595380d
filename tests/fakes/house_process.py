"""The whole product as processes on a data folder of its own, and a page that never gives up sending."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import time
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import aiohttp

from core.settings import Settings
from tests.fakes.nursery import Born
from tests.fakes.raised import raise_by_copy

ROOT = Path(__file__).resolve().parents[2]
INSTANT = {
    "EMOSEUM_ENGINES__UNDERSTANDING": "instant",
    "EMOSEUM_ENGINES__PAINTER": "instant",
    "EMOSEUM_ENGINES__COMPOSER": "instant",
    "EMOSEUM_ENGINES__COMMENTER": "instant",
    "EMOSEUM_WORK__STUDIO_PROCESSES": "1",
    "EMOSEUM_LOG_LEVEL": "warning",
}
KOREAN = {"Accept-Language": "ko-KR,ko"}
LIMIT_S = 60.0  # of every wait: a second on a quiet machine, far longer where others work
FORM = {"kind": "text", "language": "ko", "time_zone": "Asia/Seoul"}


def free_port() -> int:
    """A port that nobody uses at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class HouseProcess:
    """`emoseum bot` and `emoseum core` on one data folder; each can be killed and started again.

    `fresh`: they make the tables themselves, as on their first day."""

    def __init__(self, data_dir: Path, environment: dict[str, str] | None = None, *, fresh: bool = False) -> None:
        self.data_dir, self._fresh = data_dir, fresh
        self.port = free_port()
        self.environment = os.environ | INSTANT | (environment or {})
        self.processes: dict[str, Born] = {}
        self.log = data_dir.with_name(data_dir.name + ".log")

    def start(self, role: str, crash: str = "") -> None:
        """Start a role; `crash` is a point of tests.fakes.crashing."""
        if not (self._fresh or self.data_dir.exists() or "EMOSEUM_DATABASE_URL" in self.environment):
            raise_by_copy(Settings(data_dir=self.data_dir))
        command = self.command(role, crash)
        command += ["--data-dir", str(self.data_dir)] + (["--port", str(self.port)] if role == "bot" else [])
        self.processes[role] = Born(command, self.environment, self.log)

    @staticmethod
    def command(role: str, crash: str = "") -> list[str]:
        """What follows `python -m` for a role, without its options."""
        return [*(["tests.fakes.crashing", crash] if crash else ["emoseum"]), role]

    def kill(self, role: str) -> None:
        """SIGKILL, and wait until it is dead."""
        self.processes[role].kill()
        self.processes[role].wait()

    def arm(self, role: str) -> None:
        """From now on a role counts how often its point comes by: for one that was started to do so `later`."""
        self.processes[role].send_signal(signal.SIGUSR1)

    def is_alive(self, role: str) -> bool:
        """True while the process runs."""
        return self.processes[role].poll() is None

    async def wait_dead(self, role: str, limit_s: float = LIMIT_S) -> bool:
        """Wait until a role died by itself; False where it did not."""
        end = time.monotonic() + limit_s
        while self.is_alive(role) and time.monotonic() < end:
            await asyncio.sleep(0.02)
        return not self.is_alive(role)

    def stop(self) -> None:
        """End everything."""
        for process in self.processes.values():
            if process.poll() is None:
                process.kill()
            process.wait()


class Page:
    """What the page in a browser does, without the browser: sends again until the server says yes."""

    def __init__(self, house: HouseProcess) -> None:
        self.house = house
        self.base = f"http://127.0.0.1:{house.port}"

    async def send(self, text: str = "", *, limit_s: float = LIMIT_S, **fields: str) -> str:
        """Send a message under one id until it is acknowledged; returns that id."""
        message_id = fields.pop("id", None) or uuid.uuid4().hex
        end = time.monotonic() + limit_s
        while True:
            try:
                async with aiohttp.ClientSession() as session:
                    form = aiohttp.FormData(default_to_multipart=True)
                    for name, value in {**FORM, "id": message_id, "text": text, **fields}.items():
                        form.add_field(name, value)
                    async with session.post(
                        f"{self.base}/api/messages", data=form, headers={"Origin": self.base}
                    ) as response:
                        if response.status == 200:
                            return message_id
                        if response.status < 500:
                            raise AssertionError(f"{response.status}: {await response.text()}")
            except aiohttp.ClientError:
                pass
            if time.monotonic() > end:
                raise TimeoutError(f"nobody acknowledged {text!r}")
            await asyncio.sleep(0.03)

    async def post(
        self, text: str = "", files: Sequence[tuple[str, bytes]] = (), **fields: str
    ) -> tuple[int, dict[str, Any]]:
        """Send once, with files by (name, bytes); the answer's status and body, which is what the page tells."""
        form = aiohttp.FormData(default_to_multipart=True)
        for name, value in {**FORM, "id": uuid.uuid4().hex, "text": text, **fields}.items():
            form.add_field(name, value)
        for name, data in files:
            form.add_field("file", data, filename=name)
        headers = {"Origin": self.base, **KOREAN}
        async with (
            aiohttp.ClientSession() as session,
            session.post(f"{self.base}/api/messages", data=form, headers=headers) as response,
        ):
            return response.status, dict(await response.json())

    async def lines(self) -> list[dict[str, Any]]:
        """The chat as a reloaded page shows it."""
        async with aiohttp.ClientSession() as session:
            return await self._lines(session)

    async def _lines(self, session: aiohttp.ClientSession) -> list[dict[str, Any]]:
        async with session.get(f"{self.base}/api/chat", params={"since_ms": "1"}, headers=KOREAN) as response:
            response.raise_for_status()
            return list((await response.json())["lines"])

    async def until(self, ready: Any, limit_s: float = LIMIT_S) -> list[dict[str, Any]]:
        """The chat once `ready(lines)`; raises AssertionError with the chat and the log when it never is."""
        begun = time.monotonic()
        lines: list[dict[str, Any]] = []
        async with aiohttp.ClientSession() as session:
            while (waited_s := time.monotonic() - begun) < limit_s:
                try:
                    lines = await self._lines(session)
                    if ready(lines):
                        return lines
                except aiohttp.ClientError:
                    pass
                # An answer to a question costs the bot 4 ms and more: who has waited long asks seldom.
                await asyncio.sleep(min(max(waited_s / 8, 0.05), 0.5))
        raise AssertionError(f"the chat never got there: {lines}\n{self.house.log.read_text()[-3000:]}")
