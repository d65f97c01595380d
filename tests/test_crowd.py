"""Where more people wait than the bot holds in memory, the others' answers wait in the database and come all the same."""

import asyncio
import sqlite3

import aiohttp

from tests.fakes.house_process import HouseProcess, Page, free_port

TEXTS = [f"{n}번째 줄" for n in range(5)]


async def test_of_a_crowd_only_the_foremost_stand_in_the_bots_memory_and_all_are_answered(tmp_path):
    port = free_port()
    told = {"EMOSEUM_WORK__ANSWERS": "2", "EMOSEUM_WORK__JOIN_S": "0"}
    health = {"EMOSEUM_HEALTH__PORT_BOT": str(port), "EMOSEUM_HEALTH__QUEUE_OLD_S": "0.5"}
    house = HouseProcess(tmp_path / "data", told | health)
    page = Page(house)
    try:
        house.start("bot")
        for text in TEXTS:
            await page.send(text)
        await until_answers_wait(house, {"PENDING": 2, "ENQUEUED": 3})
        lines = await page.lines()
        assert sum(bool(line.get("progress")) for line in lines) == len(TEXTS)  # all of them were told that we paint
        await asyncio.sleep(1)
        async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{port}/healthz") as asked:
            assert asked.status == 200, await asked.text()  # they wait for a core, which is no illness of the bot
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
