"""SIGKILL at every named step and at random moments: nothing lost, nothing doubled, the order kept, answered once.

`make test` kills once between any two things that are written down: a person known, a message kept, heard, its job handed
on, a reply said, an answer delivered; the core with a stage done, handed on, and begun. `make soak` kills before and after
every step, at the random moments of twenty evenings, and times the recovery.
"""

import asyncio
import os
import random
import time

import pytest

from tests.fakes.house_process import HouseProcess, Page

pytestmark = pytest.mark.soak  # `make test` runs most of them too, at fewer moments

SOAK = bool(os.environ.get("EMOSEUM_SOAK"))
NO_JOIN = {"EMOSEUM_WORK__JOIN_S": "0"}  # each line its own entry, so that what is lost or doubled can be counted

BOT_POINTS = [  # one house each; its first point also meets somebody new
    ["before:introduced:1", "before:keep:2", "after:keep:2", "before:hear:2", "before:guard:2"],
    ["after:introduced:1", "after:guard:2", "before:tell:2", "after:tell:2", "after:in.hear:2"],
    ["before:say:6", "after:hear:2", "before:enqueue:2", "after:enqueue:2", "before:deliver:2"],
    ["after:say:6", "before:deliver_more:2", "after:deliver_more:2", "after:in.deliver:2", "after:deliver:2"],
]
CORE_POINTS = [
    [f"{when}:{stage}:2" for stage in ("understand", "follow", "comment", "picture", "music")]
    for when in ("before", "after")
]
TELLING = {
    "bot": ["after:introduced:1", "after:keep:2", "after:in.hear:2", "after:enqueue:2", "after:say:6", "after:deliver_more:2"],
    "core": ["after:understand:2", "after:follow:2", "before:picture:2"],
}  # fmt: skip

INTRODUCTION = "정식으로 인사"


@pytest.fixture
def house(tmp_path):
    house = HouseProcess(tmp_path / "data", NO_JOIN)
    yield house
    house.stop()


def is_answered(texts):
    """A check that each of these lines stands in the chat once and all of its answer below it."""

    def ready(lines):
        mine = [line["text"] for line in lines if line["from"] == "me"]
        answers = [line for line in lines if line.get("picture") and not line.get("progress")]
        music = [line for line in lines if line.get("audio")]
        introduced = any(INTRODUCTION in line["text"] for line in lines if line["from"] == "anna")  # after an answer
        return mine == texts and len(answers) >= len(texts) and len(music) >= len(texts) and introduced

    return ready


def require_exact(lines, texts):
    """Each line once and in order, each answer once and in order, no placeholder left over."""
    assert [line["text"] for line in lines if line["from"] == "me"] == texts
    answers = [line for line in lines if line["from"] != "me" and line.get("picture")]
    assert len(answers) == len(texts)
    assert [line["order"] for line in answers] == sorted(line["order"] for line in answers)
    assert len({line["picture"] for line in answers}) == len(texts)
    assert sum(bool(line.get("audio")) for line in lines if line["from"] != "me") == len(texts)
    assert not any(line.get("progress") for line in lines if line["from"] != "me")
    introductions = [line for line in lines if line["from"] == "anna" and INTRODUCTION in line["text"]]
    assert len(introductions) == 1


@pytest.mark.timeout(300)
@pytest.mark.parametrize("points", BOT_POINTS if SOAK else [TELLING["bot"]], ids=lambda points: points[0])
async def test_the_bot_is_killed_at_a_step(house, points):
    await kill_at(house, "bot", points)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("points", CORE_POINTS if SOAK else [TELLING["core"]], ids=lambda points: points[0])
async def test_the_core_is_killed_at_a_stage(house, points):
    await kill_at(house, "core", points)


async def kill_at(house, role, points):
    """At one point after the other, each time with three more lines; all is well before the next one."""
    page, texts = Page(house), []
    for name in ("core", "bot"):
        house.start(name, crash=points[0] if name == role else "")
    for n, point in enumerate(points):
        new = [f"{n}-{line}번째 줄" for line in range(1, 4)]
        sending = asyncio.create_task(send_all(page, new))
        assert await house.wait_dead(role), f"{point} was never reached"
        house.start(role, crash=f"{points[n + 1]}:later" if point != points[-1] else "")
        await sending
        texts += new
        require_exact(await page.until(is_answered(texts)), texts)
        if point != points[-1]:
            house.arm(role)


async def send_all(page, texts):
    for text in texts:
        await page.send(text)


@pytest.mark.parametrize("seed", range(20 if SOAK else 1))
async def test_killed_at_random_moments(house, seed):
    """Three kills of either process while ten lines come in."""
    chance = random.Random(seed)
    page, texts = Page(house), [f"{n}번째 줄" for n in range(10)]
    house.start("core")
    house.start("bot")
    sending = asyncio.create_task(send_all(page, texts))
    for _ in range(3):
        await asyncio.sleep(chance.uniform(0.05, 2.5))
        role = chance.choice(("bot", "bot", "core"))
        house.kill(role)
        house.start(role)
    await sending
    lines = await page.until(is_answered(texts), 60)
    require_exact(lines, texts)


@pytest.mark.quiet
@pytest.mark.skipif(not SOAK, reason="measures: `make soak`, with nothing beside it")
async def test_a_killed_bot_works_again_within_two_seconds(house):
    """From process start to the first recovered step; p95 over a few kills, on an idle machine."""
    page = Page(house)
    house.start("core")
    house.start("bot")
    await page.send("첫 줄")
    await page.until(is_answered(["첫 줄"]))
    house.kill("core")  # so that the second line's answer stays open
    await page.send("둘째 줄")
    house.kill("bot")
    house.start("core")
    began = time.monotonic()
    house.start("bot")
    await page.until(is_answered(["첫 줄", "둘째 줄"]))
    assert time.monotonic() - began < 2
