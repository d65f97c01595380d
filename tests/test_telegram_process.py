"""The whole product with Telegram alone, as processes: no web chat, kills, and a token that is wrong.

`make test` kills the bot where a message is kept and Telegram does not know it, and at the random moments of one evening;
`make soak` at every step that Telegram sees, and of twenty evenings.
"""

import asyncio
import os
import random
import socket
import time

import pytest

from tests.fakes.house_process import HouseProcess
from tests.fakes.telegram_server import TelegramServer

SOAK = bool(os.environ.get("EMOSEUM_SOAK"))
NO_WEB = {"EMOSEUM_WEB__ENABLED": "false", "EMOSEUM_WORK__JOIN_S": "0", "EMOSEUM_LOG_LEVEL": "info"}
POINTS = ["before:keep:2", "after:keep:2", "before:tell:2", "after:tell:2", "before:say:6", "after:deliver_more:2"]

pytestmark = pytest.mark.timeout(180)


@pytest.fixture
async def server():
    async with TelegramServer() as server:
        server.per_chat_per_s = server.overall_per_s = None
        yield server


@pytest.fixture
def house(tmp_path, server):
    token = {
        "EMOSEUM_TELEGRAM__TOKEN": server.token,
        "EMOSEUM_TELEGRAM__BASE_URL": server.base_url,
        "EMOSEUM_TELEGRAM__BASE_FILE_URL": server.base_file_url,
    }
    house = HouseProcess(tmp_path / "data", NO_WEB | token)
    yield house
    house.stop()


async def until(ready, limit_s=60.0):
    begun = time.monotonic()
    while not ready():
        waited_s = time.monotonic() - begun
        assert waited_s < limit_s, "it never happened"
        await asyncio.sleep(min(max(waited_s / 10, 0.05), 0.2))


def pictures(someone):
    return [message for message in someone.shown if message.photo and "▰" not in message.text]


def songs(someone):
    return [message for message in someone.shown if message.audio]


def all_there(someone, count):
    return len(pictures(someone)) >= count and len(songs(someone)) >= count


async def test_a_diary_in_telegram_without_a_web_chat(house, server):
    house.start("core")
    house.start("bot")
    someone = server.person(7)
    await someone.says("오늘 강아지랑 산책했다")
    await until(lambda: all_there(someone, 1) and "괜찮은 것만" in someone.shown[-1].text)
    assert len(someone.shown) == 4 and server.waiting == 0
    with socket.socket() as door:
        assert door.connect_ex(("127.0.0.1", house.port)) != 0  # nobody listens for pages
    assert "Emoseum listens: Telegram as @emoseum_bot, no web page." in house.log.read_text()
    assert "산책" not in house.log.read_text() and server.token not in house.log.read_text()


@pytest.mark.soak
@pytest.mark.parametrize("point", POINTS if SOAK else ["after:keep:2"])
async def test_the_bot_is_killed_and_every_line_is_answered_once(house, server, point):
    someone = server.person(7)
    house.start("core")
    house.start("bot", crash=point)
    for text in ("첫 줄", "둘째 줄", "셋째 줄"):
        await someone.says(text)
    assert await house.wait_dead("bot"), f"{point} was never reached"
    house.start("bot")
    await until(lambda: all_there(someone, 3))
    await asyncio.sleep(0.5)
    assert len(pictures(someone)) == 3 and len(songs(someone)) == 3


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(20 if SOAK else 1))
async def test_killed_at_random_moments_nothing_is_lost_or_doubled(house, server, seed):
    chance = random.Random(seed)
    someone = server.person(7)
    house.start("core")
    house.start("bot")
    for n in range(6):
        await someone.says(f"{n}번째 줄")
        await asyncio.sleep(chance.uniform(0.0, 0.3))
        if n % 2:
            await asyncio.sleep(chance.uniform(0.1, 1.5))
            house.kill("bot")
            house.start("bot")
    await until(lambda: len(pictures(someone)) >= 6)
    await asyncio.sleep(1.0)
    assert len(pictures(someone)) == 6  # media sent fresh is at most once, so a song may be missing, never doubled
    assert len(songs(someone)) <= 6 and server.waiting == 0


async def test_a_wrong_token_is_a_line_in_the_log_and_is_mended_without_a_restart(house, server):
    right, server.token = server.token, "1:another"
    house.start("core")
    house.start("bot")
    await until(lambda: "the token is refused" in (house.log.read_text() if house.log.exists() else ""))
    assert house.is_alive("bot") and house.is_alive("core")
    server.token = right
    someone = server.person(7)
    await someone.says("오늘 강아지랑 산책했다")
    await until(lambda: all_there(someone, 1))
    assert house.log.read_text().count("the token is refused") == 1
