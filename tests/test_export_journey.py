"""An export by the whole product: asked for, the bot killed in the middle, brought once and whole."""

import asyncio
import io
import json
import zipfile

import aiohttp
import pytest

from tests.fakes.house_process import HouseProcess, Page


@pytest.fixture
def house(tmp_path):
    house = HouseProcess(tmp_path / "data", {"EMOSEUM_WORK__JOIN_S": "0"})
    for role in ("core", "bot"):
        house.start(role)
    yield house
    house.stop()


async def test_an_export_survives_a_kill_and_comes_once(house):
    page = Page(house)
    await page.until(lambda lines: True)
    for n in range(6):
        await page.send(f"{n}번째 이야기")
    await page.until(lambda lines: sum(bool(line.get("audio")) for line in lines) >= 6)
    await page.send("/export")
    await page.until(lambda lines: any("모으고 있어요" in line["text"] for line in lines))
    house.kill("bot")
    house.start("bot")
    lines = await page.until(lambda lines: any(line.get("document") for line in lines))
    await asyncio.sleep(1)
    found = [line for line in await page.lines() if line.get("document")]
    assert len(found) == 1 and lines
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{page.base}/media/{found[0]['document']}") as answer,
    ):
        data = await answer.read()
    with zipfile.ZipFile(io.BytesIO(data)) as opened:
        entries = [json.loads(opened.read(name)) for name in opened.namelist() if name.endswith("entry.json")]
    assert {entry["versions"][0]["text"] for entry in entries} == {f"{n}번째 이야기" for n in range(6)}
