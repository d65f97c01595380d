"""Emoseum with a finger on SIGKILL: dies before or after a named step, the n-th time it comes by.

    python -m tests.fakes.crashing before:tell:1 bot --data-dir ... --port ...

    python -m tests.fakes.crashing before:tell:1:later bot ...      counts from the moment that it is sent SIGUSR1

    python -m tests.fakes.crashing poison:picture:WORD core ...     dies each time it works on an entry with WORD in it

    python -m tests.fakes.crashing hangs:picture:WORD core ...      says so and works on it for ever

    python -m tests.fakes.crashing full:FILE core ...               has a full disk as long as FILE is there

    python -m tests.fakes.crashing lacks:crisis.npz bot ...         finds no such file among the weights

    python -m tests.fakes.crashing fails:comment:WORD core ...      raises the words of an entry with WORD in it; so
    python -m tests.fakes.crashing fails:tell:WORD:2 bot ...        does the bot, the first two times

Points are the journey's own step names (`in.NAME`: inside of it, done but not noted), the functions `guard`, `tell`,
`enqueue` (a job for the core) and `deliver_more`, wherever they live, `say` (a reply), `keep` (the inbox commit), and in
the core each stage's name and `follow` (a job handed on).
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any


class Finger:
    """Counts how often its point came by, and pulls the trigger."""

    def __init__(self, point: str) -> None:
        self.when, self.name, count, *later = point.split(":")
        self.left, self.counts = int(count), not later
        signal.signal(signal.SIGUSR1, self._begin)

    def _begin(self, *_: object) -> None:
        self.counts = True

    def passes(self, when: str, name: str) -> None:
        """Die here if it is time."""
        if self.counts and (when, name) == (self.when, self.name):
            self.left -= 1
            if self.left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    def around(self, name: str, work: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        """`work` with the finger on it."""

        async def watched(*args: Any, **kwargs: Any) -> Any:
            self.passes("before", name)
            result = await work(*args, **kwargs)
            self.passes("after", name)
            return result

        return watched


def main() -> None:
    """Patch the named step, then be Emoseum."""
    point = sys.argv.pop(1)
    if point.startswith("poison:"):
        _meet(*point.split(":")[1:], _die)
    elif point.startswith("hangs:"):
        _meet(*point.split(":")[1:], _hang)
    elif point.startswith("fails:"):
        _stumble(*point.split(":")[1:])
    elif point.startswith("lacks:"):
        _hide(point.partition(":")[2])
    elif point.startswith("full:"):
        _squeeze(Path(point.partition(":")[2]))
    elif sys.argv[1] == "bot":
        _watch_bot(Finger(point))
    else:
        _watch_core(Finger(point))
    import emoseum

    emoseum.main()


def _watch_bot(finger: Finger) -> None:
    from adapters import dbos_work
    from bot import answering, hearing, journey, outbox, welcome

    step = journey.step

    async def watched_step(name: str, work: Callable[..., Awaitable[Any]], *args: Any, **options: Any) -> Any:
        finger.passes("before", name)  # before the step
        result = await step(name, finger.around(f"in.{name}", work), *args, **options)  # inside: done but not yet noted
        finger.passes("after", name)
        return result

    journey.step = watched_step  # type: ignore[assignment]
    for module, name in ((hearing, "guard"), (hearing, "tell"), (journey, "enqueue"), (answering, "deliver_more")):
        setattr(module, name, finger.around(name, getattr(module, name)))
    outbox.say_once = finger.around("say", outbox.say_once)  # type: ignore[assignment]
    welcome.introduced = finger.around("introduced", welcome.introduced)
    dbos_work.DbosInbox.keep = _method(finger, "keep", dbos_work.DbosInbox.keep)  # type: ignore[method-assign]


def _watch_core(finger: Finger) -> None:
    from core import service

    stage = service.do_stage

    async def watched_stage(name: str, *args: Any) -> None:
        finger.passes("before", name)
        await stage(name, *args)
        finger.passes("after", name)

    service.do_stage = watched_stage  # type: ignore[assignment]
    service.follow = finger.around("follow", service.follow)  # type: ignore[assignment]


def _squeeze(mark: Path) -> None:
    """No page more for the database, no byte more for media."""
    import errno

    import sqlalchemy as sa

    from adapters import file_media

    @sa.event.listens_for(sa.Engine, "begin")
    def begun(connection: sa.Connection) -> None:
        pages = 1 if mark.exists() else 2**30  # never fewer than there are
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")

    write = file_media.require_space

    def no_space(*args: Any) -> None:
        if mark.exists():
            raise file_media.DiskFull(os.strerror(errno.ENOSPC))
        write(*args)

    file_media.require_space = no_space


def _hide(name: str) -> None:
    """numpy finds no file of that name, wherever it looks."""
    import numpy as np

    load = np.load

    def blind(file: Any, *args: Any, **options: Any) -> Any:
        if Path(file).name == name:
            raise FileNotFoundError(f"no {name}")
        return load(file, *args, **options)

    np.load = blind


def _stumble(name: str, word: str, times: str = "1000") -> None:
    if name == "tell":
        from bot import conversation

        told, left = conversation.told, [int(times)]

        async def stumbling(house: Any, person: Any, message: Any) -> Any:
            if word in message.text and left[0]:
                left[0] -= 1
                raise ValueError(message.text)
            return await told(house, person, message)

        conversation.told = stumbling
        return
    from core import stages

    work = stages.MAKERS[name]

    async def failing(service: stages.Service, entry_id: str, revision: int) -> stages.Made:
        text = (await service.store.entry(entry_id)).text
        if word in text:
            raise ValueError(text)
        return await work(service, entry_id, revision)

    stages.MAKERS[name] = failing


def _meet(stage: str, word: str, fate: Callable[[], Awaitable[None]]) -> None:
    """Whoever works on an entry, listens to its recordings, or answers a turn of talk, with that word in it meets their
    fate."""
    from core import stages
    from core.engines import Commenter

    if stage == "talk":
        answer = Commenter.talk

        async def answering(self: Any, turns: Any, *args: Any, **options: Any) -> Any:
            if any(word in turn.text for turn in turns):
                await fate()
            return await answer(self, turns, *args, **options)

        Commenter.talk = answering  # type: ignore[method-assign]
        return
    if stage == "listen":
        hear = stages.listen

        async def listening(entry: Any, *args: Any) -> Any:
            if word in entry.text:
                await fate()
            return await hear(entry, *args)

        stages.listen = listening  # type: ignore[attr-defined]
        return
    work = stages.MAKERS[stage]

    async def working(service: stages.Service, entry_id: str, revision: int) -> stages.Made:
        if word in (await service.store.entry(entry_id)).text:
            await fate()
        return await work(service, entry_id, revision)

    stages.MAKERS[stage] = working


async def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


async def _hang() -> None:
    print("it hangs", file=sys.stderr, flush=True)
    await asyncio.sleep(3600)


def _method(finger: Finger, name: str, method: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    async def watched(self: Any, *args: Any) -> Any:
        finger.passes("before", name)
        result = await method(self, *args)
        finger.passes("after", name)
        return result

    return watched


if __name__ == "__main__":
    main()
