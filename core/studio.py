"""Painting and composing happen in child processes, so that one that crashes takes nobody with it."""

from __future__ import annotations

import asyncio
import logging
import multiprocessing
import os
from collections.abc import Awaitable, Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool

from core.engines import composer, painter
from core.entities import Brief, Emotion, Music, Picture, Sketch, Tag, VisualPreferences
from core.settings import Settings
from core.trouble import describe

log = logging.getLogger(__name__)

_settings: Settings | None = None


#: Told that a child took a job.
Taken = Callable[[], Awaitable[None]]

MOMENT_S = 1.0  # a job that ends sooner needs no word that it began


class StudioCrashed(Exception):
    """A child process died while it worked (out of memory, a fault in a native library, killed with its neighbour)."""


class Studio:
    """A pool of child processes; a broken one is replaced, and so is one in which a job does not end."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._pool: ProcessPoolExecutor | None = None
        self._free = asyncio.Semaphore(settings.work.studio_processes)  # waiting for a child is not working too long
        self.limit_s = settings.work.stage_timeout_s  # of one job, from when a child takes it

    async def paint(
        self, tags: tuple[Tag, ...], emotion: Emotion, language: str, seed: int, sketch: Sketch | None = None, *,
        preferences: VisualPreferences | None = None, brief: Brief | None = None, taken: Taken | None = None,
    ) -> Picture:  # fmt: skip
        """`taken` is told once a child is at it, if that takes longer than a moment; `sketch`: as somebody arranged it.

        Raises StudioCrashed, TimeoutError, and whatever the painter raises."""
        return await self._run(_paint, tags, emotion, language, seed, sketch, preferences, brief, taken=taken)

    async def compose(
        self, emotion: Emotion, tags: tuple[Tag, ...], language: str, seed: int, listener: str = ""
    ) -> Music:
        """Raises StudioCrashed, TimeoutError, and whatever the composer raises."""
        return await self._run(_compose, emotion, tags, language, seed, listener)

    async def warm(self) -> None:
        """Start the children and let them import what they need, before anybody waits for it."""
        await asyncio.gather(*(self._run(_warm, n) for n in range(self._settings.work.studio_processes)))

    async def _run(self, work, *args, taken: Taken | None = None):  # type: ignore[no-untyped-def]
        async with self._free:
            telling = asyncio.create_task(_tell(taken)) if taken is not None else None
            try:
                return await self._work(work, *args)
            finally:
                if telling is not None:
                    telling.cancel()

    async def _work(self, work, *args):  # type: ignore[no-untyped-def]
        if self._pool is None:
            self._pool = ProcessPoolExecutor(
                self._settings.work.studio_processes,
                mp_context=multiprocessing.get_context("spawn"),
                initializer=_open,
                initargs=(self._settings,),
            )
        pool = self._pool
        try:
            async with asyncio.timeout(self.limit_s):
                return await asyncio.get_running_loop().run_in_executor(pool, work, *args)
        except BrokenProcessPool:
            if self._pool is pool:
                self._pool = None
            raise StudioCrashed from None
        except TimeoutError:
            if self._pool is pool:  # else a neighbour's time was up first
                self._pool = None
                _kill(pool)
            raise

    def close(self) -> None:
        """End the children, each after the piece it has in hand."""
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)


async def _tell(taken: Taken) -> None:
    """Say that a child took the job, unless it is done by then; that nobody could be told costs no picture."""
    await asyncio.sleep(MOMENT_S)
    try:
        await taken()
    except Exception as error:
        log.debug("nobody knows that it is being painted: %s", describe(error))


def _kill(pool: ProcessPoolExecutor) -> None:
    """End a pool at once. Which child has which job nobody knows, so all go; the others' jobs raise StudioCrashed."""
    for child in list(pool._processes.values()):
        child.kill()
    pool.shutdown(wait=False)


def _open(settings: Settings) -> None:
    global _settings
    _settings = settings
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    import signal
    import threading

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides when to end
    parent = os.getppid()

    def leave_with_parent() -> None:
        import time

        while os.getppid() == parent:
            time.sleep(1)
        os._exit(0)

    threading.Thread(target=leave_with_parent, daemon=True).start()


def _paint(
    tags: tuple[Tag, ...], emotion: Emotion, language: str, seed: int, sketch: Sketch | None,
    preferences: VisualPreferences | None, brief: Brief | None,
) -> Picture:  # fmt: skip
    assert _settings is not None
    return painter(_settings).paint(tags, emotion, language, seed, sketch, preferences=preferences, brief=brief)


def _compose(emotion: Emotion, tags: tuple[Tag, ...], language: str, seed: int, listener: str) -> Music:
    assert _settings is not None
    return composer(_settings).compose(emotion, tags, language, seed, listener)


def _warm(n: int) -> int:
    assert _settings is not None
    painter(_settings).paint((), Emotion(), "en", n)
    composer(_settings).compose(Emotion(), (), "en", n)
    return n
