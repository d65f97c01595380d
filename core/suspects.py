"""A job that kills the process each time is found among its neighbours: suspects take turns, and deaths in a turn count.

Deaths at which a job was merely under way make it a suspect, no more. The first death in its turn may still be the fault
of a job beside it that nobody suspects yet; from then on it runs alone, so that each further one is its own. A restart
in peace counts for nothing: it makes no job wait for another but suspects, and these for each other.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Protocol

from core.ports import EmoseumError

log = logging.getLogger(__name__)

SUSPECT = 2  # ends of a process with a job under way, after which it takes turns with others like it
DEADLY = 3  # deaths in its turn, after which it is given up
AFTER_YOU_S = 1.0  # for each death in its turn: those that the process never died of go first
LEAVE_S = 2.0  # that a database may take at the end


class Deadly(EmoseumError):
    """The process died each time that it was this job's turn."""

    def __init__(self) -> None:
        super().__init__("error.any", "the process died of it")


@dataclass(frozen=True)
class Job:
    """What is known of a job that was handed out."""

    id: str
    ends: int = 0  # of a process, in peace or not, while it was under way
    deaths: int = 0  # of a process in its turn


class Register(Protocol):
    """Whoever hands out jobs and knows them after a crash."""

    async def job(self) -> Job | None:
        """The one that asks; None where nobody suspects it."""

    async def set_deaths(self, job_id: str, deaths: int) -> None:
        """Durable once this returns."""


class Suspects:
    """Whose turn it is. One a process."""

    def __init__(self, register: Register | None = None) -> None:
        self._register = register
        self._one_by_one, self._door = asyncio.Lock(), asyncio.Lock()
        self._inside, self._empty = 0, asyncio.Event()
        self._empty.set()
        self._now: Job | None = None
        self._ends = False

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Around what could kill the process. Raises Deadly where it did so too often."""
        job = await self._register.job() if self._register is not None else None
        if job is None or job.ends < SUSPECT:
            async with self._beside():
                yield
            return
        if job.deaths >= DEADLY:
            log.error("%s: the process died %d times in its turn: given up", job.id, job.deaths)
            raise Deadly
        await asyncio.sleep(job.deaths * AFTER_YOU_S)
        async with self._one_by_one, self._alone() if job.deaths else self._beside(), self._counted(job):
            yield

    async def leave(self) -> None:
        """The process ends because it was told to, which counts as no death."""
        self._ends = True
        if self._now is not None and self._register is not None:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LEAVE_S):
                    await self._register.set_deaths(self._now.id, self._now.deaths)

    @asynccontextmanager
    async def _counted(self, job: Job) -> AsyncIterator[None]:
        """Counted as a death before it begins; whoever lives to see its end takes that back."""
        assert self._register is not None
        if not self._ends:
            self._now = job
            await self._register.set_deaths(job.id, job.deaths + 1)
        deaths = job.deaths
        try:
            yield
            deaths = 0
        finally:
            await self._register.set_deaths(job.id, deaths)
            self._now = None

    @asynccontextmanager
    async def _beside(self) -> AsyncIterator[None]:
        async with self._door:
            self._inside += 1
            self._empty.clear()
        try:
            yield
        finally:
            self._inside -= 1
            if not self._inside:
                self._empty.set()

    @asynccontextmanager
    async def _alone(self) -> AsyncIterator[None]:
        async with self._door:
            await self._empty.wait()
            yield
