"""A job that kills the core each time is given up and said so; the lines beside it are answered."""

import asyncio

import pytest

from tests.fakes.house_process import HouseProcess, Page

POISON = "poison:picture:독"
NO_PICTURE = "그림을 그리지 못했어요"  # a core that dies may cost the comment beside it as well


@pytest.fixture
def house(tmp_path):
    house = HouseProcess(tmp_path / "data", {"EMOSEUM_WORK__JOIN_S": "0"})
    yield house
    house.stop()


async def started_again(house):
    """As the supervisor does, each time that it dies."""
    while True:
        if await house.wait_dead("core"):
            house.start("core", crash=POISON)


async def test_a_job_that_kills_the_core_each_time_is_given_up(house):
    page = Page(house)
    house.start("bot")
    house.start("core", crash=POISON)
    await page.send("독이 든 줄")
    await page.send("성한 줄")
    watching = asyncio.create_task(started_again(house))
    lines = await page.until(
        lambda lines: (
            sum(bool(line.get("audio")) for line in lines) == 2
            and sum(not line.get("progress") and NO_PICTURE in line["text"] for line in lines) == 1
        )
    )
    watching.cancel()
    assert house.is_alive("core")
    failed = [line for line in lines if "E-" in line["text"]]
    assert len(failed) == 1 and NO_PICTURE in failed[0]["text"]
    assert sum(bool(line.get("picture")) for line in lines if line["from"] == "anna") == 1
