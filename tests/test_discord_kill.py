"""The bot is killed while somebody writes on Discord: every line answered once, in order, no second copy of anything.

`make test` kills it where Discord has told what we did not keep, and where it shows what we did not note, and at the random
moments of one evening; `make soak` at every step that Discord sees, and of twenty evenings.
"""

import asyncio
import os
import random

import pytest

from tests.fakes.discord_house import until
from tests.fakes.discord_server import DiscordServer
from tests.fakes.house_process import HouseProcess
from tests.test_kill import INTRODUCTION, NO_JOIN

pytestmark = pytest.mark.soak  # `make test` runs them too, at fewer moments

SOAK = bool(os.environ.get("EMOSEUM_SOAK"))
POINTS = [
    "before:keep:2", "after:keep:2", "before:tell:2", "after:in.hear:2", "before:deliver_more:2", "after:deliver_more:2",
    "before:say:6", "after:say:6", "before:say:8",
]  # fmt: skip
TELLING = ["before:keep:2", "after:say:6"]


@pytest.fixture
async def discord():
    async with DiscordServer(token="fake") as server:
        yield server


@pytest.fixture
def house(tmp_path, discord):
    addresses = {"API_BASE": discord.api_base, "GATEWAY_URL": discord.gateway_url, "TOKEN": "fake"}
    house = HouseProcess(tmp_path / "data", NO_JOIN | {f"EMOSEUM_DISCORD__{key}": it for key, it in addresses.items()})
    yield house
    house.stop()


def is_answered(jiwoo, count):
    """A check that there are so many pictures and pieces of music, nothing is being made, and Anna said hello."""

    def ready():
        files = [name for one in jiwoo.shown for name, _, _ in one.files]
        pictures, pieces = files.count("picture.png"), sum(name.startswith("music") for name in files)
        busy = any("▱" in one.text or "▰" in one.text for one in jiwoo.shown)
        greeted = any(INTRODUCTION in one.text for one in jiwoo.shown)
        return pictures >= count and pieces >= count and greeted and not busy

    return ready


def require_exact(jiwoo, count):
    """Each answer once: a picture and its music for each line, one introduction."""
    files = [name for one in jiwoo.shown for name, _, _ in one.files]
    assert files.count("picture.png") == count and sum(name.startswith("music") for name in files) == count
    assert sum(INTRODUCTION in one.text for one in jiwoo.shown) == 1
    rated = [
        button.custom_id for one in jiwoo.shown for row in one.buttons for button in row if "|1~" in button.custom_id
    ]
    assert len(rated) == len(set(rated))  # no work is shown twice


async def begun(house, discord, crash=""):
    """A person who is known, and a house that has answered their first line."""
    jiwoo = discord.person(locale="ko")
    house.start("core")
    house.start("bot", crash=crash)
    await until(lambda: discord.commands, 30)
    await jiwoo.says("첫 줄")
    return jiwoo


@pytest.mark.parametrize("point", POINTS if SOAK else TELLING)
async def test_the_bot_is_killed_at_a_step(house, discord, point):
    jiwoo = await begun(house, discord, point)
    await asyncio.sleep(0.5)
    await jiwoo.says("둘째 줄")
    assert await house.wait_dead("bot"), f"{point} was never reached"
    await jiwoo.says("셋째 줄")  # nobody hears it; it is read later
    house.start("bot")
    await until(is_answered(jiwoo, 3), 60)
    await asyncio.sleep(0.5)
    require_exact(jiwoo, 3)


@pytest.mark.parametrize("seed", range(20 if SOAK else 1))
async def test_killed_at_random_moments_with_answers_that_get_lost(house, discord, seed):
    chance = random.Random(seed)
    jiwoo = await begun(house, discord)
    await until(is_answered(jiwoo, 1), 60)
    for n in range(2, 9):
        if chance.random() < 0.5:
            discord.fail("POST", "/channels/*/messages", status=0, applied=True)
        await jiwoo.says(f"{n}번째 줄")
        await asyncio.sleep(chance.uniform(0.0, 1.0))
        if chance.random() < 0.5:
            house.kill("bot")
            house.start("bot")
    await until(is_answered(jiwoo, 8), 90)
    await asyncio.sleep(0.5)
    require_exact(jiwoo, 8)
