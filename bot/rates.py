"""So many at once, then one every so often: so may a chat be spoken to, and so it is listened to."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass

AT_ONCE = 3  # lines of one chat; what comes faster is a flood
CHATS = 10_000  # that are remembered at once


@dataclass
class Bucket:
    """So many at once, then one every `every_s` (the generic cell rate algorithm)."""

    every_s: float
    burst: int
    due_s: float = 0.0  # when all that was let through would be evened out

    def wait_s(self, now_s: float, cost: float = 1.0) -> float:
        """Takes one turn (or `cost` of one), and says how long to wait for it."""
        self.due_s = max(self.due_s, now_s) + self.every_s * cost
        return max(0.0, self.due_s - self.every_s * self.burst - now_s)


class Breath:
    """A chat that floods us is heard no faster than it can be answered there, so that the others need not wait for it.

    It loses nothing by that: what was heard sooner would only wait for its turn to be shown. Forgotten with the process."""

    def __init__(self) -> None:
        self._chats: dict[tuple[str, str], Bucket] = {}

    async def taken(self, platform: str, chat_id: str, every_s: float) -> None:
        """Wait until another line of a chat may be heard. `every_s`: how long its platform takes to show an answer."""
        if not every_s:
            return
        now_s = time.monotonic()
        if len(self._chats) >= CHATS:
            self._chats = {name: bucket for name, bucket in self._chats.items() if bucket.due_s > now_s}
        bucket = self._chats.setdefault((platform, chat_id), Bucket(every_s, AT_ONCE))
        await asyncio.sleep(bucket.wait_s(now_s))
