"""Memory that the studio and its children share: how far each picture is, and which of them nobody wants any more."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import multiprocessing
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from itertools import count
from typing import Any

from core.engines import Watch
from core.trouble import describe

log = logging.getLogger(__name__)

#: Told how much of a picture is painted, 0..1.
Told = Callable[[float], Awaitable[None]]

LOOK_S = 0.2  # between two looks at how far a picture is
QUICK_S = 3.0  # after its first step, within which nobody needs to know
TELL_S = 2.0  # between two words on how far it is
_tickets = count(1)


class Slots:
    """A place for each picture under way, found by its ticket."""

    COUNT = 256  # pictures under way at once, by far

    def __init__(self) -> None:
        shared = multiprocessing.get_context("spawn")
        self._unwanted = shared.RawArray("q", self.COUNT)  # the ticket that was given back last in each slot
        self._done = shared.RawArray("d", self.COUNT)

    def __getstate__(self) -> tuple[Any, Any]:
        return self._unwanted, self._done

    def __setstate__(self, state: tuple[Any, Any]) -> None:
        self._unwanted, self._done = state

    @contextlib.contextmanager
    def taken(self) -> Iterator[int]:
        """A ticket; once it is given back, whoever still paints for it stops."""
        ticket = next(_tickets)
        self._done[ticket % self.COUNT] = 0.0
        try:
            yield ticket
        finally:
            self._unwanted[ticket % self.COUNT] = ticket

    def done(self, ticket: int) -> float:
        """How much of it is painted, 0..1."""
        return float(self._done[ticket % self.COUNT])

    def watch(self, ticket: int) -> Watch:
        """For the child that paints it."""

        def step(done: float, _look: object) -> bool:
            self._done[ticket % self.COUNT] = done
            return bool(self._unwanted[ticket % self.COUNT] != ticket)

        return step


@contextlib.asynccontextmanager
async def telling(slots: Slots, ticket: int, told: Told | None) -> AsyncIterator[None]:
    """Tell how far a picture is while it is painted; that nobody could be told costs no picture."""

    async def tell(told: Told) -> None:
        last = 0.0
        while True:
            await asyncio.sleep(LOOK_S)
            if (done := slots.done(ticket)) != last:
                last = done
                try:
                    await told(done)
                except Exception as error:
                    log.debug("nobody knows how far it is: %s", describe(error))

    looking = asyncio.create_task(tell(told)) if told is not None else None
    try:
        yield
    finally:
        if looking is not None:
            looking.cancel()


def seldom(tell: Told) -> Told:
    """Tells on what it is told after each step, no more often than each `TELL_S`, and nothing of a picture that is painted
    within `QUICK_S`; nor its last step, as the picture itself is next."""
    next_s = 0.0

    async def told(done: float) -> None:
        nonlocal next_s
        now_s = time.monotonic()
        next_s = next_s or now_s + QUICK_S
        if done < 1 and now_s >= next_s:
            next_s = now_s + TELL_S
            await tell(done)

    return told
