"""How fast we may speak: about a message a second in each chat, thirty a second overall, and silence when told so."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from bot.rates import CHATS, Bucket
from core.ports import NotShown

ALLOWED = 30  # a second, over all chats; a second's worth at once is let through, too
UNDER_WAY = 15  # may be on their way at once; the other half of what is allowed may be said at once
ARRIVED_S = 2.0  # what was sent so long ago has arrived, answered or not
LONGEST_WAIT_S = 60.0  # in here; who has to wait longer is told to come again


@dataclass
class Lane:
    """One chat: whoever speaks there speaks alone and in turn."""

    bucket: Bucket
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    silent_until_s: float = 0.0

    def hush(self, seconds: float) -> None:
        """Telegram asked for silence here."""
        self.silent_until_s = max(self.silent_until_s, time.monotonic() + seconds)


class Pace:
    """Turns to speak, chat by chat; one chat that has to wait delays no other."""

    def __init__(self) -> None:
        self._overall = Bucket(every_s=1 / 28, burst=ALLOWED - UNDER_WAY)
        self._under_way = asyncio.Semaphore(UNDER_WAY)
        self._lanes: dict[str, Lane] = {}

    @asynccontextmanager
    async def turn(self, chat_id: str, cost: float = 1.0) -> AsyncIterator[Lane]:
        """Wait until something may be said in a chat; a mere change costs less than a message. Raises NotShown where that would take more than a minute."""
        lane = self._lane(chat_id)
        async with lane.lock:
            now_s = time.monotonic()
            silence_s = lane.silent_until_s - now_s
            if silence_s > LONGEST_WAIT_S:
                raise NotShown(f"Telegram asked for silence for {silence_s:.0f} s more")
            await asyncio.sleep(max(silence_s, lane.bucket.wait_s(now_s, cost)))
            yield lane

    @asynccontextmanager
    async def asking(self) -> AsyncIterator[None]:
        """One of all that are asked at once. What is on its way may be held up and arrive together with what comes after, so only so many are."""
        await self._under_way.acquire()
        wait_s = self._overall.wait_s(time.monotonic())
        arrived = asyncio.get_running_loop().call_later(wait_s + ARRIVED_S, self._under_way.release)
        try:
            await asyncio.sleep(wait_s)
            yield
        finally:
            if arrived.when() > asyncio.get_running_loop().time():
                arrived.cancel()
                self._under_way.release()

    def _lane(self, chat_id: str) -> Lane:
        if chat_id not in self._lanes:
            if len(self._lanes) >= CHATS:
                now_s = time.monotonic()
                self._lanes = {name: lane for name, lane in self._lanes.items() if _in_use(lane, now_s)}
            is_group = chat_id.startswith("-")
            bucket = Bucket(every_s=3.2, burst=10) if is_group else Bucket(every_s=1.05, burst=5)
            self._lanes[chat_id] = Lane(bucket)
        return self._lanes[chat_id]


def _in_use(lane: Lane, now_s: float) -> bool:
    return lane.lock.locked() or lane.silent_until_s > now_s or lane.bucket.due_s > now_s
