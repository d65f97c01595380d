"""A job that kills the core each time is given up and said so; everything beside it is made."""

import asyncio
import signal

import pytest

from core.suspects import DEADLY, SUSPECT
from tests.fakes.house_process import LIMIT_S, HouseProcess, Page
from tests.fakes.openai_server import KEY, OpenAIServer
from tests.fakes.voices import spoken_note

PAINTING = "poison:picture:독"
COMMENT = "…: neutral"  # the instant commenter's
LONG_S = 4 * LIMIT_S  # a core that is started again and again

pytestmark = pytest.mark.timeout(400)


@pytest.fixture
def house(tmp_path):
    house = HouseProcess(tmp_path / "data", {"EMOSEUM_WORK__JOIN_S": "0"})
    yield house
    house.stop()


class Supervisor:
    """Starts the core again each time that it dies."""

    def __init__(self, house, crash):
        self.house, self.crash, self.deaths = house, crash, 0
        house.start("core", crash=crash)
        self.watching = asyncio.create_task(self.watch())

    async def watch(self):
        while True:
            if await self.house.wait_dead("core"):
                self.deaths += 1
                self.house.start("core", crash=self.crash)


def failed(lines):
    return [line for line in lines if "E-" in line["text"]]


def are_over(count):
    return lambda lines: (
        sum(bool(line.get("audio")) for line in lines) == count and not any(line.get("progress") for line in lines)
    )


@pytest.mark.parametrize("healthy", [1, 3])
async def test_a_picture_that_kills_the_core_each_time_is_all_that_is_lost(house, healthy):
    page = Page(house)
    house.start("bot")
    supervisor = Supervisor(house, PAINTING)
    for text in ("독이 든 줄", *(f"성한 줄 {n}" for n in range(healthy))):
        await page.send(text)
    lines = await page.until(are_over(healthy + 1), LONG_S)
    supervisor.watching.cancel()
    assert house.is_alive("core")
    (lost,) = failed(lines)
    assert "이번에는 그림을 그리지 못했어요" in lost["text"]
    assert sum(bool(line.get("picture")) for line in lines) == healthy
    assert sum(COMMENT in line["text"] for line in lines) == healthy + 1
    assert supervisor.deaths == SUSPECT + DEADLY


async def test_words_that_kill_the_core_each_time_are_answered_with_a_reference(house):
    page = Page(house)
    house.start("bot")
    supervisor = Supervisor(house, "poison:talk:독")
    await page.send("오늘은 걸었다")
    lines = await page.until(are_over(1))
    await page.send("독이 든 말", reply_to=next(line["id"] for line in lines if line.get("audio")))
    await page.send("성한 줄")
    lines = await page.until(lambda lines: are_over(2)(lines) and failed(lines), LONG_S)
    supervisor.watching.cancel()
    (lost,) = failed(lines)
    assert "답을 떠올리다가 문제가 생겼어요" in lost["text"]
    assert supervisor.deaths == SUSPECT + DEADLY


@pytest.fixture
async def ear():
    server = await OpenAIServer(says="오늘 바다에 갔어", behaves="500").start()
    yield server
    await server.stop()


@pytest.fixture
def hearing_house(tmp_path, ear):
    environment = {
        "EMOSEUM_SPEECH__TRANSCRIBER": "openai", "EMOSEUM_OPENAI__BASE_URL": ear.base_url, "EMOSEUM_OPENAI__API_KEY": KEY,
        "EMOSEUM_SPEECH__LATE_EVERY_S": "0.1", "EMOSEUM_WORK__JOIN_S": "0", "EMOSEUM_ENGINES__COMMENTER": "embedded",
    }  # fmt: skip
    house = HouseProcess(tmp_path / "data", environment)
    yield house
    house.stop()


LATE, GIVEN_UP = "그때는 듣지 못했던", "끝내 듣지 못했어요"


async def lets_the_ear_listen(page):
    """Say the first line, and allow that recordings leave the machine."""
    await page.send("오늘 강아지랑 걸었다")
    lines = await page.until(
        lambda lines: are_over(1)(lines) and any("⬜" in str(line.get("buttons")) for line in lines)
    )
    asked = next(line for line in lines if "⬜" in str(line.get("buttons")))
    cloud = next(button for row in asked["buttons"] for button in row if "|cloud|" in button["press"])
    await page.send(kind="press", press=cloud["press"], target=asked["id"])
    await page.until(lambda lines: any("✅" in str(line.get("buttons")) for line in lines))


async def test_an_old_recording_that_kills_the_core_each_time_is_given_up_and_told_once(hearing_house, ear):
    house = hearing_house
    page = Page(house)
    house.start("bot")
    house.start("core")
    await lets_the_ear_listen(page)
    for n, text in enumerate(("독이 든 녹음", "성한 녹음")):
        status, _line = await page.post(text, files=[("note.wav", spoken_note())])
        assert status == 200
        await page.until(are_over(n + 2))
    house.kill("core")
    ear.behaves = "well"
    ear.heard.clear()
    supervisor = Supervisor(house, "poison:listen:독")
    lines = await page.until(lambda lines: any(LATE in line["text"] for line in lines), LONG_S)
    (lost,) = (line for line in lines if GIVEN_UP in line["text"])
    assert "녹음은 그대로 간직했어요" in lost["text"] and "E-" in lost["text"]
    assert supervisor.deaths == SUSPECT + DEADLY and house.is_alive("core") and len(ear.heard) == 1
    supervisor.watching.cancel()

    house.kill("core")  # another core finds nothing left to listen to
    house.start("core", crash="poison:listen:독")
    await page.send("그 뒤의 줄")
    lines = await page.until(are_over(5))  # and what was heard late is answered, as nobody said otherwise
    assert house.is_alive("core") and len(ear.heard) == 1 and "“오늘 바다에 갔어”" in str(lines)
    assert sum(GIVEN_UP in line["text"] for line in lines) == 1


async def test_a_long_job_outlives_any_number_of_stops_in_peace(house):
    page = Page(house)
    house.start("bot")
    await page.send("오래 걸리는 줄")
    for n in range(1, SUSPECT + DEADLY + 2):
        house.start("core", crash="hangs:picture:오래")
        while house.log.read_text().count("it hangs") < n:
            await asyncio.sleep(0.05)
        house.processes["core"].send_signal(signal.SIGTERM)
        assert await house.wait_dead("core")
    house.start("core")
    lines = await page.until(are_over(1))
    assert not failed(lines) and sum(bool(line.get("picture")) for line in lines) == 1
