"""So many at once, then one every so often: so may a chat be spoken to, and so it is listened to."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from core.entities import Message

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
        self._looked: dict[tuple[str, str], str] = {}

    def wait_s(self, platform: str, chat_id: str, every_s: float) -> float:
        """How long another line of a chat has to wait. `every_s`: how long its platform takes to show an answer."""
        if not every_s:
            return 0.0
        now_s = time.monotonic()
        if len(self._chats) >= CHATS:
            self._chats = {name: bucket for name, bucket in self._chats.items() if bucket.due_s > now_s}
            self._looked = {name: newest for name, newest in self._looked.items() if name in self._chats}
        return self._chats.setdefault((platform, chat_id), Bucket(every_s, AT_ONCE)).wait_s(now_s)

    def not_looked_at(self, platform: str, chat_id: str, lines: Sequence[Message]) -> list[Message]:
        """Those of a chat's lines, oldest first, that were not asked for here before."""
        before = self._looked.get((platform, chat_id), "")
        if lines:
            self._looked[platform, chat_id] = max(before, lines[-1].id)
        return [line for line in lines if line.id > before]
