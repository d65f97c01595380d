"""Jobs that kill the process are given up, and only those, whatever runs beside them and whatever comes meanwhile."""

from __future__ import annotations

import asyncio
import random
from contextvars import ContextVar
from dataclasses import replace

import pytest

from core import suspects
from core.suspects import DEADLY, SUSPECT, Deadly, Job, Suspects

asking: ContextVar[str] = ContextVar("asking")


class Dies(Exception):
    """The end of a process."""


class House:
    """Jobs that outlive their processes."""

    def __init__(self) -> None:
        self.known: dict[str, Job] = {}
        self.made, self.given_up = set[str](), set[str]()
        self.is_dead, self.deaths = False, 0

    async def job(self) -> Job | None:
        await asyncio.sleep(0)
        return self.known[asking.get()]

    async def set_deaths(self, job_id: str, deaths: int) -> None:
        await asyncio.sleep(0)
        if not self.is_dead:
            self.known[job_id] = replace(self.known[job_id], deaths=deaths)

    def open_jobs(self) -> list[str]:
        return [job_id for job_id in self.known if job_id not in self.made | self.given_up]

    async def work(self, turns: Suspects, job_id: str, after_s: float, takes_s: float) -> None:
        await asyncio.sleep(after_s)
        self.known.setdefault(job_id, Job(job_id))
        asking.set(job_id)
        try:
            async with turns.turn():
                await asyncio.sleep(takes_s)
                if "poison" in job_id:
                    self.is_dead = True
                    raise Dies
        except Deadly:
            self.given_up.add(job_id)
        else:
            if not self.is_dead:
                self.made.add(job_id)

    async def live(self, chance: random.Random, arriving: list[str]) -> None:
        """One process, until it dies or nothing is left to do."""
        turns, self.is_dead = Suspects(self), False
        came = [*((job_id, 0.0) for job_id in self.open_jobs()), *((new, chance.uniform(0, 0.05)) for new in arriving)]
        chance.shuffle(came)
        tasks = [
            asyncio.create_task(self.work(turns, job_id, after_s, chance.uniform(0, 0.01))) for job_id, after_s in came
        ]
        try:
            await asyncio.gather(*tasks)
        except Dies:
            self.deaths += 1
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            for job_id in self.open_jobs():
                self.known[job_id] = replace(self.known[job_id], ends=self.known[job_id].ends + 1)


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr(suspects, "AFTER_YOU_S", 0.001)


@pytest.mark.parametrize("seed", range(20))
async def test_only_the_poisonous_are_given_up(seed):
    chance, house, poisons = random.Random(seed), House(), seed % 4
    arriving = [f"job {n}" for n in range(20)] + [f"poison {n}" for n in range(poisons)]
    chance.shuffle(arriving)
    while arriving or house.open_jobs():
        new, arriving = arriving[:4], arriving[4:]
        await house.live(chance, new)
        arriving = [*(job_id for job_id in new if job_id not in house.known), *arriving]  # it died before they came
    assert house.given_up == {f"poison {n}" for n in range(poisons)}
    assert house.made == {f"job {n}" for n in range(20)}
    assert house.deaths <= (SUSPECT + DEADLY) * poisons


async def taken(turns: Suspects, job_id: str, begun: asyncio.Event, ended: asyncio.Event) -> None:
    asking.set(job_id)
    async with turns.turn():
        begun.set()
        await ended.wait()


async def test_who_was_never_alone_at_a_death_is_not_given_up():
    house = House()
    house.known["long"] = Job("long", ends=1000)
    await house.work(Suspects(house), "long", 0, 0)
    assert house.made == {"long"} and house.known["long"].deaths == 0


async def test_after_a_death_in_its_turn_nobody_runs_beside_it():
    house = House()
    house.known = {"suspect": Job("suspect", ends=SUSPECT, deaths=1), "old": Job("old"), "new": Job("new")}
    turns, begun, ended = Suspects(house), dict[str, asyncio.Event](), dict[str, asyncio.Event]()

    async def comes(job_id: str) -> asyncio.Task[None]:
        begun[job_id], ended[job_id] = asyncio.Event(), asyncio.Event()
        task = asyncio.create_task(taken(turns, job_id, begun[job_id], ended[job_id]))
        await asyncio.sleep(0.05)
        return task

    tasks = [await comes("old"), await comes("suspect"), await comes("new")]
    assert [job_id for job_id in begun if begun[job_id].is_set()] == ["old"]
    ended["old"].set()
    await begun["suspect"].wait()
    await asyncio.sleep(0.05)
    assert not begun["new"].is_set() and house.known["suspect"].deaths == 2
    ended["suspect"].set()
    await begun["new"].wait()
    ended["new"].set()
    await asyncio.gather(*tasks)
    assert house.known["suspect"].deaths == 0


async def test_one_death_counts_for_one_suspect_and_holds_up_nobody_else():
    house, ended = House(), asyncio.Event()
    house.known = {"a": Job("a", ends=SUSPECT), "b": Job("b", ends=SUSPECT), "new": Job("new")}
    turns, new = Suspects(house), asyncio.Event()
    tasks = [asyncio.create_task(taken(turns, name, asyncio.Event(), ended)) for name in ("a", "b")]
    tasks.append(asyncio.create_task(taken(turns, "new", new, ended)))
    async with asyncio.timeout(10):
        await new.wait()
    await asyncio.sleep(0.05)
    assert [house.known[name].deaths for name in ("a", "b", "new")] == [1, 0, 0]
    ended.set()
    await asyncio.gather(*tasks)


async def test_an_end_in_peace_is_no_death_and_neither_is_an_error():
    house = House()
    house.known["long"] = known = Job("long", ends=SUSPECT, deaths=1)
    turns, begun = Suspects(house), asyncio.Event()
    job = asyncio.create_task(taken(turns, "long", begun, asyncio.Event()))
    await begun.wait()
    assert house.known["long"].deaths == 2
    await turns.leave()
    assert house.known["long"] == known
    job.cancel()
    with pytest.raises(asyncio.CancelledError):
        await job
    assert house.known["long"] == known
    begun.clear()
    job = asyncio.create_task(taken(turns, "long", begun, asyncio.Event()))  # it comes while we end: not counted
    await begun.wait()
    assert house.known["long"] == known
    job.cancel()
