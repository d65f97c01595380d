"""A drawing on the whole way: two processes, real crayons, both of them killed once it was acknowledged."""

import json
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest

from tests.fakes.house_process import HouseProcess, Page

REAL = {
    "EMOSEUM_ENGINES__UNDERSTANDING": "embedded", "EMOSEUM_ENGINES__PAINTER": "crayon", "EMOSEUM_WORK__JOIN_S": "0",
}  # fmt: skip
AGAIN = "고쳐 주신 대로 다시 색칠했어요"


@pytest.fixture
def house(tmp_path):
    house = HouseProcess(tmp_path / "data", REAL)
    yield house
    house.stop()


def pictures(lines):
    return [line for line in lines if line.get("picture") and not line.get("progress") and line["from"] != "me"]


def draw_button(line):
    return next(button for row in line["buttons"] for button in row if button["page"])


async def asked(house, path, data=None, sent_as=""):
    async with aiohttp.ClientSession(f"http://127.0.0.1:{house.port}") as session:
        headers = {"Origin": f"http://127.0.0.1:{house.port}", "X-Studio-Id": sent_as}
        async with session.request("POST" if data else "GET", path, data=data, headers=headers) as answer:
            return answer.status, await answer.json()


@pytest.mark.timeout(240)
async def test_a_drawing_that_was_acknowledged_is_painted_once_whoever_dies(house):
    page = Page(house)
    house.start("core")
    house.start("bot")
    await page.send("오늘 강아지랑 공원에서 산책했다. 행복했다")
    (first,) = pictures(await page.until(pictures, 120))
    (entry,) = parse_qs(urlsplit(draw_button(first)["page"]).query)["entry"]
    status, told = await asked(house, f"/api/studio/entry/{entry}")
    assert status == 200 and any(layer["sticker"] == "dog" for layer in told["layers"])

    kept = ("sticker", "x", "y", "scale", "rotation", "flip", "tag")
    layers = [{name: layer[name] for name in kept} for layer in told["layers"]]
    layers.append({"sticker": "cat", "x": 0.25, "y": 0.7, "scale": 0.3})
    me = next(layer for layer in layers if layer["tag"] == "me")
    me["sticker"] = "/".join(("awe" if n == 3 else part) for n, part in enumerate(me["sticker"].split("/")))
    sky = {"weather": "snow", "time": "night"}
    line = {"colour": "#d9604a", "width": 0.03, "points": [0.1, 0.1, 0.5, 0.2]}
    drawing = json.dumps({"entry": entry, "revision": told["revision"], "layers": layers, "strokes": [line], **sky})
    assert await asked(house, "/api/studio/drawing", drawing, "one-drawing") == (200, {"new": True})
    house.kill("bot")
    house.kill("core")
    house.start("core")
    house.start("bot")
    lines = await page.until(lambda lines: any(AGAIN in line["text"] for line in pictures(lines)), 120)
    assert await asked(house, "/api/studio/drawing", drawing, "one-drawing") == (200, {"new": False})
    assert [AGAIN in one["text"] for one in pictures(lines)] == [False, True]
    second = pictures(lines)[1]
    assert "고양이" in second["picture_alt"] and "밤" in second["picture_alt"] and "눈" in second["picture_alt"]
    assert second["picture"] != first["picture"]

    status, told = await asked(house, f"/api/studio/entry/{entry}")
    assert told["revision"] == 2 and told["layers"][-1]["sticker"] == "cat" and told["strokes"] == [line]
    assert {name: told[name] for name in sky} == sky and me["sticker"] in [one["sticker"] for one in told["layers"]]
    undo = next(button for row in second["buttons"] for button in row if "앞 그림으로" in button["text"])
    await page.send(kind="press", press=undo["press"], target=second["id"])
    lines = await page.until(lambda lines: len(pictures(lines)) == 3)
    assert pictures(lines)[-1]["picture"] == first["picture"]
