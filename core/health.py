"""How a process is, as it answers over HTTP: `/healthz` for whoever looks after it, `/metrics` for Prometheus."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from core.door import Door
from core.metrics import as_prometheus
from core.ports import EmoseumError, Health
from core.trouble import describe

Check = Callable[[], Awaitable[Health]]

PATIENCE_S = 3.0  # with one check
FRESH_S = 1.0  # a report is told again for that long: looking must cost less than working


@dataclass(frozen=True)
class Report:
    """How everything is."""

    role: str
    parts: Mapping[str, Health]
    vital: frozenset[str]  # names of the parts without which this process is not well

    @property
    def ok(self) -> bool:
        """True where every vital part is well."""
        return all(health.ok for name, health in self.parts.items() if name in self.vital)

    def as_json(self, *, details: bool = True) -> dict[str, Any]:
        """For `/healthz`; without `details` only what is well and what is not, which anybody may know."""
        return {
            "ok": self.ok,
            "role": self.role,
            "parts": {
                name: {"ok": health.ok} | ({"detail": health.detail, **health.numbers} if details else {})
                for name, health in self.parts.items()
            },
        }

    def gauges(self) -> dict[tuple[str, str], float]:
        """For `/metrics`: (name, part) -> value."""
        numbers = {
            (number, name): value for name, health in self.parts.items() for number, value in health.numbers.items()
        }
        return numbers | {("part_ok", name): float(health.ok) for name, health in self.parts.items()}


class Checks:
    """Looks at every part of a process, all at once, each for three seconds at most."""

    def __init__(self, role: str, vital: Mapping[str, Check], beside: Mapping[str, Check] | None = None) -> None:
        """`beside`: what is told but does not make this process unwell, e.g. the other role's queue."""
        self._role, self._vital = role, frozenset(vital)
        self._checks = {**vital, **(beside or {})}
        self._running: dict[str, asyncio.Task[Health]] = {}
        self._report: Report | None = None
        self._fresh_until_s = 0.0
        self._looking = asyncio.Lock()

    async def report(self) -> Report:
        """How everything is, at most a second old. Never raises."""
        async with self._looking:
            if self._report is None or time.monotonic() >= self._fresh_until_s:
                found = await asyncio.gather(*(self._look(name) for name in self._checks))
                self._report = Report(self._role, dict(zip(self._checks, found, strict=True)), self._vital)
                self._fresh_until_s = time.monotonic() + FRESH_S
        return self._report

    async def _look(self, name: str) -> Health:
        """One part. A look that hangs is waited for again next time instead of being begun again beside itself."""
        task = self._running.get(name)
        if task is None:
            task = self._running[name] = asyncio.ensure_future(self._checks[name]())
        done, _waiting = await asyncio.wait({task}, timeout=PATIENCE_S)
        if not done:
            return Health(False, f"no answer for {PATIENCE_S:.0f} s")
        del self._running[name]
        if (error := task.exception()) is not None:  # whatever a part throws is how it is
            return Health(False, str(error) if isinstance(error, EmoseumError) else describe(error))
        return task.result()


class HealthServer:
    """Answers `/healthz` (200 or 503) and `/metrics`."""

    def __init__(self, checks: Checks, host: str, port: int) -> None:
        self._checks, self._host, self._port = checks, host, port
        self._door = Door()
        self.address = ""  # set by start

    async def start(self) -> None:
        """Open the door. Raises EmoseumError where the port is taken."""
        from aiohttp import web

        app = web.Application()
        app.router.add_get("/healthz", self._healthz)
        app.router.add_get("/metrics", self._metrics)
        await self._door.open(app, self._host, self._port, name="health")
        self.address = self._door.address

    async def stop(self) -> None:
        """Close the door."""
        await self._door.close()

    async def _healthz(self, _request: Any) -> Any:
        from aiohttp import web

        report = await self._checks.report()
        return web.json_response(report.as_json(), status=200 if report.ok else 503)

    async def _metrics(self, _request: Any) -> Any:
        from aiohttp import web

        gauges = (await self._checks.report()).gauges()
        text = await asyncio.to_thread(as_prometheus, gauges)
        return web.Response(body=text, headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"})
