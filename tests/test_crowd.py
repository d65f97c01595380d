"""Where more people wait than the bot holds in memory, the others' answers wait in the database and come all the same."""

import asyncio
import sqlite3

from tests.fakes.house_process import HouseProcess, Page

TEXTS = [f"{n}번째 줄" for n in range(5)]


async def test_of_a_crowd_only_the_foremost_stand_in_the_bots_memory_and_all_are_answered(tmp_path):
    house = HouseProcess(tmp_path / "data", {"EMOSEUM_WORK__ANSWERS": "2", "EMOSEUM_WORK__JOIN_S": "0"})
    page = Page(house)
    try:
        house.start("bot")
        for text in TEXTS:
            await page.send(text)
        await until_answers_wait(house, {"PENDING": 2, "ENQUEUED": 3})
        lines = await page.lines()
        assert sum(bool(line.get("progress")) for line in lines) == len(TEXTS)  # all of them were told that we paint
        house.kill("bot")
        house.start("bot")
        await until_answers_wait(house, {"PENDING": 2, "ENQUEUED": 3})
        house.start("core")
        shown = await page.until(lambda lines: sum(bool(line.get("picture")) for line in lines) >= len(TEXTS), 60)
        assert sum(bool(line.get("picture")) for line in shown) == len(TEXTS)
        assert not any(line.get("progress") for line in await page.until(is_quiet))
    finally:
        house.stop()


def is_quiet(lines):
    return not any(line.get("progress") for line in lines)


async def until_answers_wait(house, states):
    """Until as many answers as `states` says are under way and waiting."""
    found = {}
    async with asyncio.timeout(30):
        while found != states:
            await asyncio.sleep(0.05)
            with sqlite3.connect(house.data_dir / "emoseum.sqlite", timeout=10) as database:
                asked = "SELECT status, count(*) FROM workflow_status WHERE name = 'answer' GROUP BY status"
                found = dict(database.execute(asked).fetchall())
