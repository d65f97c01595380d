"""How the pretended Discord says no: rate limits with their headers, and the failures that a test orders."""

from __future__ import annotations

import asyncio
import math
import time
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any
from zlib import crc32

from tests.fakes.discord_limits import ApiError

VIA = {"Via": "1.1 google"}


@dataclass
class Fault:
    """A failure on order: `status` 0 is silence; `applied` lets it happen first, then the answer is lost."""

    method: str
    path: str
    status: int
    retry_after: float
    times: int
    applied: bool
    delay_s: float
    is_global: bool = False


@dataclass
class Faults:
    """What is on order, first come first served."""

    orders: list[Fault] = field(default_factory=list)

    def take(self, method: str, path: str) -> Fault | None:
        """The failure for this request, one less of it."""
        for fault in self.orders:
            if fault.method in ("*", method) and fnmatchcase(path, fault.path):
                fault.times -= 1
                if fault.times <= 0:
                    self.orders.remove(fault)
                return fault
        return None


@dataclass
class _Window:
    left: int
    until_s: float
    until_clock: float


class Limiter:
    """Buckets by route and channel, and one for everything; a limit is (how many, in how many seconds) or None."""

    def __init__(self) -> None:
        self.rate: tuple[int, float] | None = (5, 5.0)
        self.global_rate: tuple[int, float] | None = (50, 1.0)
        self._windows: dict[str, _Window] = {}

    def take(self, method: str, route: str, major: str) -> dict[str, str]:
        """The headers of an allowed request. Raises TooMany."""
        if self.global_rate is not None:
            window = self._window("global", self.global_rate)
            if window.left <= 0:
                raise TooMany(window.until_s - time.monotonic(), {}, is_global=True)
            window.left -= 1
        if self.rate is None:
            return {}
        bucket = f"{crc32(f'{method} {route}'.encode()):08x}"
        window = self._window(f"{bucket}:{major}", self.rate)
        allowed = window.left > 0
        window.left = max(window.left - 1, 0)
        wait_s = max(window.until_s - time.monotonic(), 0.001)
        headers = {
            "X-RateLimit-Limit": str(self.rate[0]), "X-RateLimit-Remaining": str(window.left), "X-RateLimit-Bucket": bucket,
            "X-RateLimit-Reset": f"{window.until_clock:.3f}", "X-RateLimit-Reset-After": f"{wait_s:.3f}",
        }  # fmt: skip
        if not allowed:
            raise TooMany(wait_s, headers)
        return headers

    def _window(self, key: str, rate: tuple[int, float]) -> _Window:
        window = self._windows.get(key)
        if window is None or time.monotonic() >= window.until_s:
            window = self._windows[key] = _Window(rate[0], time.monotonic() + rate[1], time.time() + rate[1])
        return window


class TooMany(ApiError):
    """429, with the headers that tell how long."""

    def __init__(self, wait_s: float, headers: dict[str, str], *, is_global: bool = False) -> None:
        super().__init__(429, 0, "You are being rate limited.")
        self.body: dict[str, Any] = {
            "message": "You are being rate limited.", "retry_after": round(max(wait_s, 0.001), 3), "global": is_global,
        }  # fmt: skip
        scope = "global" if is_global else "user"
        self.headers = headers | VIA | {"Retry-After": str(math.ceil(max(wait_s, 0.001))), "X-RateLimit-Scope": scope}
        if is_global:
            self.headers["X-RateLimit-Global"] = "true"


def ordered_headers(wait_s: float) -> dict[str, str]:
    """What stands on a 429 of one route."""
    return {
        "X-RateLimit-Limit": "5", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": f"{time.time() + wait_s:.3f}",
        "X-RateLimit-Reset-After": f"{wait_s:.3f}", "X-RateLimit-Bucket": "ordered",
    }  # fmt: skip


async def silence(closing: asyncio.Event, seconds: float) -> None:
    """Say nothing for so long, or (0) until the server closes."""
    try:
        await asyncio.wait_for(closing.wait(), seconds or None)
    except TimeoutError:
        return
