"""The whole house with its files elsewhere: what was written is answered when they are back, and danger never waits."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from core.phrases import say
from tests.fakes.house_process import HouseProcess, Page, free_port
from tests.fakes.media_places import TOKEN, port_of, s3_client
from tests.fakes.wire import Wire
from tests.test_kill import NO_JOIN, is_answered, require_exact

pytestmark = pytest.mark.soak  # `make test` runs them too
PNG = (Path(__file__).resolve().parents[2] / "docs" / "picture.jpg").read_bytes()


class Bucketed(HouseProcess):
    """A house whose files lie in a bucket at the far end of a wire."""

    def __init__(self, data_dir: Path, wire: Wire, bucket: str) -> None:
        media = {
            "KIND": "s3", "S3_BUCKET": bucket, "S3_ENDPOINT": f"http://127.0.0.1:{wire.port}",
            "S3_ACCESS_KEY": "who", "S3_SECRET_KEY": "proof", "TIMEOUT_S": "2",
        }  # fmt: skip
        super().__init__(data_dir, NO_JOIN | {f"EMOSEUM_MEDIA__{name}": value for name, value in media.items()})
        self.wire, self.bucket = wire, bucket


@pytest.fixture
async def house(tmp_path: Path, s3_url: str) -> AsyncIterator[Bucketed]:
    bucket = f"diary-{uuid.uuid4().hex[:8]}"
    s3_client(s3_url).create_bucket(Bucket=bucket)
    async with Wire(port_of(s3_url)) as wire:
        found = Bucketed(tmp_path / "data", wire, bucket)
        found.start("core")
        found.start("bot")
        yield found
        found.stop()


async def shown(page: Page, line: dict[str, Any]) -> bytes:
    """The picture of a line, as the page in the browser gets it."""
    async with aiohttp.ClientSession() as session, session.get(f"{page.base}/media/{line['picture']}") as answer:
        assert answer.status == 200
        return await answer.read()


async def test_a_line_is_answered_when_the_bucket_is_back(house: Bucketed, s3_url: str) -> None:
    page, texts = Page(house), ["첫 줄", "둘째 줄"]
    await page.send(texts[0])
    lines = await page.until(is_answered(texts[:1]))
    house.wire.pull()
    await page.send(texts[1])
    await asyncio.sleep(2.5)
    lines = await page.lines()
    assert sum(bool(line.get("picture")) for line in lines if line["from"] != "me") == 1, (
        "there is no second picture yet"
    )
    status, body = await page.post("셋째 줄", [("me.jpg", PNG)])
    assert status == 503 and body["say"] == say("ko", "error.away"), "a photo is not taken in while it can't be kept"
    house.wire.mend()
    lines = await page.until(is_answered(texts), 40)
    require_exact(lines, texts)
    pictures = [await shown(page, line) for line in lines if line["from"] != "me" and line.get("picture")]
    assert all(picture.startswith(b"\x89PNG") for picture in pictures)
    assert not (house.data_dir / "media").exists(), "nothing of it lies on this machine"
    for one in s3_client(s3_url).list_objects_v2(Bucket=house.bucket)["Contents"]:
        sealed = s3_client(s3_url).get_object(Bucket=house.bucket, Key=one["Key"])["Body"].read()
        assert sealed[:1] == b"\x01" and b"PNG" not in sealed[:100] and b"OggS" not in sealed


async def test_danger_is_answered_while_the_bucket_is_away(house: Bucketed) -> None:
    page = Page(house)
    await page.send("그냥 평범한 하루")
    await page.until(is_answered(["그냥 평범한 하루"]))
    house.wire.pull()
    begun_s = time.monotonic()
    await page.send("죽고 싶어")
    await page.until(lambda lines: any("109" in line["text"] for line in lines if line["from"] != "me"))
    assert time.monotonic() - begun_s < 3


async def test_a_bot_starts_although_its_bucket_is_away(house: Bucketed) -> None:
    page = Page(house)
    await page.send("첫 줄")
    await page.until(is_answered(["첫 줄"]))
    house.kill("bot")
    house.wire.pull()
    house.start("bot")
    await page.send("둘째 줄")
    assert len([line for line in await page.lines() if line["from"] == "me"]) == 2
    house.wire.mend()
    require_exact(await page.until(is_answered(["첫 줄", "둘째 줄"]), 40), ["첫 줄", "둘째 줄"])


async def test_the_host_that_lends_its_files_is_killed_while_the_core_brings_them(tmp_path: Path) -> None:
    """A core that opens no port asks for a photo and brings pictures; the bot dies with some of them on the way."""
    port, texts = free_port(), [f"{n}번째 줄" for n in range(1, 7)]
    lent = {"EMOSEUM_MEDIA__HTTP_PORT": str(port), "EMOSEUM_MEDIA__HTTP_TOKEN": TOKEN}
    house = HouseProcess(tmp_path / "data", NO_JOIN)
    base, page = dict(house.environment), Page(house)

    def start(role: str) -> None:
        asked = {"EMOSEUM_MEDIA__KIND": "http", "EMOSEUM_MEDIA__HTTP_URL": f"http://127.0.0.1:{port}",
                 "EMOSEUM_MEDIA__HTTP_TOKEN": TOKEN, "EMOSEUM_MEDIA__TIMEOUT_S": "2"}  # fmt: skip
        house.environment = {**base, **(lent if role == "bot" else asked)}
        house.start(role)

    try:
        start("bot")
        start("core")
        await page.send(texts[0])
        await page.until(is_answered(texts[:1]))
        assert (await page.post(texts[1], [("me.jpg", PNG)]))[0] == 200
        for n in (2, 4):
            for text in texts[n : n + 2]:
                await page.send(text)
            await asyncio.sleep(0.1 * n)
            house.kill("bot")
            await asyncio.sleep(1.0)
            start("bot")
        lines = await page.until(is_answered(texts), 60)
        require_exact(lines, texts)
        for line in lines:
            if line["from"] != "me" and line.get("picture"):
                assert (await shown(page, line)).startswith(b"\x89PNG")
    finally:
        house.stop()
