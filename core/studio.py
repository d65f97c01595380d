"""Painting and composing happen in child processes, so that one that crashes takes nobody with it.

A diffusion painter on a GPU has one child for itself, in which several people's pictures are painted together (`Easel`).
"""

from __future__ import annotations

import asyncio
import logging
import multiprocessing
import os
from collections.abc import Awaitable, Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from typing import Any

from core.engines import Order, Unwanted, composer, diffusion_painter, painter, paints
from core.entities import Brief, Emotion, Music, Picture, Sketch, Tag, VisualPreferences
from core.settings import Settings
from core.slots import Slots, Told, telling
from core.trouble import describe

log = logging.getLogger(__name__)

_settings: Settings | None = None
_slots: Slots | None = None


#: Told that a child took a job.
Taken = Callable[[], Awaitable[None]]

CRASHES = 3  # of the diffusion painter in a row, after which the crayon painter paints until the core starts anew
GATHER_S = 0.03  # that the first of several pictures waits for the others
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
        self._slots, self._crashes, self._is_closed = Slots(), 0, False
        self._last_crash: Exception | None = None
        self._easel = Easel(settings) if together(settings) > 1 else None

    async def paint(
        self, tags: tuple[Tag, ...], emotion: Emotion, language: str, seed: int, sketch: Sketch | None = None, *,
        preferences: VisualPreferences | None = None, brief: Brief | None = None, taken: Taken | None = None,
        told: Told | None = None,
    ) -> Picture:  # fmt: skip
        """`taken` is told once a child is at it, if that takes longer than a moment; `sketch`: as somebody arranged it;
        `told`: how far it is, where its painter says so. Cancelled, a diffusion painter stops within one step; where its
        child dies or does not end, as one does whose memory the system takes away, crayons paint.

        Raises StudioCrashed, TimeoutError, and whatever the painter raises."""
        order = Order(tags, emotion, language, seed, sketch, preferences, brief)
        if paints(self._settings) != "diffusion":
            return await self._run(_paint, *order.arguments, 0, taken=taken)
        if self._crashes < CRASHES:
            try:
                made = await self._by_diffusion(order, taken, told)
            except (StudioCrashed, TimeoutError) as error:
                self._note(error)
            else:
                self._crashes = 0
                return made
        return await self._run(_paint_with_crayons, *order.arguments, taken=taken)

    async def _by_diffusion(self, order: Order, taken: Taken | None, told: Told | None) -> Picture:
        if self._easel is not None:
            return await self._easel.paint_with_others(order, taken, told)
        with self._slots.taken() as ticket:
            async with telling(self._slots, ticket, told):
                return await self._run(_paint, *order.arguments, ticket, taken=taken)

    def _note(self, crash: Exception) -> None:
        """Count a crash, which all who were painted together hear of, and say so."""
        if crash is self._last_crash:
            return
        self._last_crash = crash
        self._crashes += 1
        rest = "" if self._crashes < CRASHES else ", from now on"
        log.warning("diffusion painter: %s; the crayon painter paints instead%s", type(crash).__name__, rest)

    async def compose(
        self, emotion: Emotion, tags: tuple[Tag, ...], language: str, seed: int, listener: str = ""
    ) -> Music:
        """Raises StudioCrashed, TimeoutError, and whatever the composer raises."""
        return await self._run(_compose, emotion, tags, language, seed, listener)

    async def warm(self) -> None:
        """Start the children and let them import what they need, before anybody waits for it."""
        children = [self._run(_warm, n, self._easel is None) for n in range(self._settings.work.studio_processes)]
        await asyncio.gather(*children, *([self._easel.warm()] if self._easel is not None else []))

    async def _run(self, work, *args, taken: Taken | None = None):  # type: ignore[no-untyped-def]
        async with self._free:
            waiting = asyncio.create_task(_tell(taken)) if taken is not None else None
            try:
                return await self._work(work, *args)
            finally:
                if waiting is not None:
                    waiting.cancel()

    async def _work(self, work, *args):  # type: ignore[no-untyped-def]
        if self._is_closed:  # the process ends: what would begin now is no failure, and is done at the next start
            await asyncio.Event().wait()
        if self._pool is None:
            self._pool = ProcessPoolExecutor(
                self._settings.work.studio_processes,
                mp_context=multiprocessing.get_context("spawn"),
                initializer=_open,
                initargs=(self._settings, self._slots),
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
        """End the children, each after the piece it has in hand; whoever comes later waits for ever."""
        self._is_closed = True
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)
        if self._easel is not None:
            self._easel.close()


@dataclass(eq=False)
class _Wish:
    """A picture that waits for the easel."""

    order: Order
    made: asyncio.Future[Picture]
    taken: Taken | None
    ticket: int


class Easel(Studio):
    """One child, in which whoever waits while a picture is painted is painted next, together."""

    def __init__(self, settings: Settings) -> None:
        alone = settings.work.model_copy(update={"studio_processes": 1})
        painting = settings.painter.model_copy(update={"batch": 1})
        super().__init__(settings.model_copy(update={"work": alone, "painter": painting}))
        self._at_once = together(settings)
        self._waiting: list[_Wish] = []
        self._painting: asyncio.Task[None] | None = None

    async def paint_with_others(self, order: Order, taken: Taken | None, told: Told | None = None) -> Picture:
        """As `Studio.paint`."""
        with self._slots.taken() as ticket:
            wish = _Wish(order, asyncio.get_running_loop().create_future(), taken, ticket)
            self._waiting.append(wish)
            if self._painting is None or self._painting.done():
                self._painting = asyncio.create_task(self._paint_on())
            async with telling(self._slots, ticket, told):
                return await wish.made

    async def warm(self) -> None:
        """Start the child and let it load the weights."""
        await self._run(_warm_painter, 0)

    async def _paint_on(self) -> None:
        while self._waiting:
            await asyncio.sleep(GATHER_S)
            wanted = [wish for wish in self._waiting if not wish.made.done()]
            some, self._waiting = wanted[: self._at_once], wanted[self._at_once :]
            if some:
                await self._paint_some(some)

    async def _paint_some(self, some: list[_Wish]) -> None:
        waiting = [asyncio.create_task(_tell(wish.taken)) for wish in some if wish.taken is not None]
        made: list[Any]
        try:
            made = await self._run(_paint_together, [wish.order for wish in some], [wish.ticket for wish in some])
        except Exception as error:
            made = [error] * len(some)
        for task in waiting:
            task.cancel()
        for wish, each in zip(some, made, strict=True):
            if wish.made.done():
                continue
            if isinstance(each, Exception):
                wish.made.set_exception(each)
            else:
                wish.made.set_result(each)


def together(settings: Settings) -> int:
    """How many pictures are painted at once; 1: each by itself, in any child. Wakes no torch."""
    if paints(settings) != "diffusion":
        return 1
    device = settings.painter.device
    on_gpu = device.startswith("cuda") or (device == "auto" and any(map(os.path.exists, _GPU_SIGNS)))
    return settings.painter.batch or (8 if on_gpu else 1)


_GPU_SIGNS = ("/proc/driver/nvidia/version", "/dev/dxg", "/dev/kfd")


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


def _open(settings: Settings, slots: Slots) -> None:
    global _settings, _slots
    _settings, _slots = settings, slots
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    import signal
    import threading

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides when to end

    def leave_with_parent() -> None:
        if (parent := multiprocessing.parent_process()) is not None:
            parent.join()  # also one that died before we asked for its number: a core that is killed as it starts
            os._exit(0)

    threading.Thread(target=leave_with_parent, daemon=True).start()


def _paint(
    tags: tuple[Tag, ...], emotion: Emotion, language: str, seed: int, sketch: Sketch | None,
    preferences: VisualPreferences | None, brief: Brief | None, ticket: int,
) -> Picture:  # fmt: skip
    assert _settings is not None
    if paints(_settings) == "diffusion":
        (made,) = _paint_together([Order(tags, emotion, language, seed, sketch, preferences, brief)], [ticket])
        if isinstance(made, Unwanted):
            raise made
        return made
    return painter(_settings).paint(tags, emotion, language, seed, sketch, preferences=preferences, brief=brief)


def _paint_with_crayons(
    tags: tuple[Tag, ...], emotion: Emotion, language: str, seed: int, sketch: Sketch | None,
    preferences: VisualPreferences | None, brief: Brief | None,
) -> Picture:  # fmt: skip
    from core.painting.crayon import CrayonPainter

    width = _settings.painter.width if _settings is not None else 512
    return CrayonPainter(width).paint(tags, emotion, language, seed, sketch, preferences=preferences, brief=brief)


def _paint_together(orders: list[Order], tickets: list[int]) -> list[Picture | Unwanted]:
    assert _settings is not None and _slots is not None
    painting = diffusion_painter(_settings.painter, _settings.work.stage_timeout_s)
    return painting.paint_together(orders, [_slots.watch(ticket) for ticket in tickets])


def _compose(emotion: Emotion, tags: tuple[Tag, ...], language: str, seed: int, listener: str) -> Music:
    assert _settings is not None
    return composer(_settings).compose(emotion, tags, language, seed, listener)


def _warm_painter(n: int) -> int:
    assert _settings is not None
    painter(_settings).paint((), Emotion(), "en", n)
    return n


def _warm(n: int, painter_too: bool) -> int:
    assert _settings is not None
    if painter_too:
        _warm_painter(n)
    composer(_settings).compose(Emotion(), (), "en", n)
    return n
