"""The drawing page in a real browser: by finger, mouse and key, from the chat's button to the coloured picture."""

from __future__ import annotations

import asyncio
import io
import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import pytest_asyncio
from PIL import Image
from playwright.async_api import Error

from core.entities import Kind
from tests.fakes.studio_house import StudioHouse
from tests.web.test_pages import CHROMIUM, FLAGS

pytestmark = [
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.timeout(120),
    pytest.mark.skipif(
        not CHROMIUM.exists() and not os.environ.get("EMOSEUM_TEST_STRICT"), reason="needs Debian's chromium"
    ),
]
FINGER = {"has_touch": True, "is_mobile": True, "viewport": {"width": 360, "height": 640}, "device_scale_factor": 2}


class Studio:
    """A house, and the page that somebody opened in it."""

    def __init__(self, house: StudioHouse, browser: Any) -> None:
        self.house, self.browser = house, browser
        self.page: Any = None
        self.errors: list[str] = []
        self.addresses: set[str] = set()

    async def open(self, path: str = "", locale: str = "ko-KR", **more: Any) -> Any:
        context = await self.browser.new_context(
            locale=locale, timezone_id="Asia/Seoul", **{"viewport": {"width": 1280, "height": 800}, **more}
        )
        self.page = await context.new_page()
        self.page.set_default_timeout(60_000)  # a busy machine asks the crisis check late
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", lambda line: "Content Security" in line.text and self.errors.append(line.text))
        self.page.on("request", lambda request: self.addresses.add(request.url))
        await self.page.goto(self.house.platform.address + (path or f"/studio?entry={self.house.entry.id}"))
        await self.page.wait_for_selector("#app[data-ready=yes]")
        return self.page

    async def layers(self) -> list[dict[str, Any]]:
        """What would be sent now."""
        return await self.page.evaluate("""() => [...document.querySelectorAll("#layers > g")].map((node) => {
          const [, x, y, turn, flip] = /translate\\((\\S+) (\\S+)\\) rotate\\((\\S+)\\) scale\\((\\S+) 1\\)/.exec(node.getAttribute("transform"));
          const high = node.querySelector("image").getAttribute("height") / 1.16;
          return { word: node.getAttribute("aria-label"), x: x / 512, y: y / 512, turn: +turn, flip: +flip < 0, scale: high / 512 };
        })""")

    async def at(self, x: float, y: float) -> tuple[float, float]:
        """A point of the sheet (0..1) on the screen."""
        box = await self.page.locator("#sheet").bounding_box()
        return box["x"] + x * box["width"], box["y"] + y * box["height"]

    async def fingers(self, *path: list[tuple[float, float]]) -> None:
        """Each finger's way over the sheet, all at once."""
        hand = await self.page.context.new_cdp_session(self.page)
        for n, points in enumerate(zip(*path, strict=True)):
            spots = [await self.at(*point) for point in points]
            touches = [{"x": x, "y": y, "id": i} for i, (x, y) in enumerate(spots)]
            if n == 0:
                for count in range(1, len(touches) + 1):
                    await hand.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": touches[:count]})
            else:
                await hand.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": touches})
        await hand.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})

    async def drag(self, start: tuple[float, float], *ways: tuple[float, float]) -> None:
        await self.page.mouse.move(*await self.at(*start))
        await self.page.mouse.down()
        for way in ways:
            await self.page.mouse.move(*await self.at(*way), steps=4)
        await self.page.mouse.up()

    async def sends(self) -> Any:
        """Press the button and wait until the picture is painted; returns its sketch."""
        await self.page.click("#send")
        await self.page.wait_for_selector("#sent[open]")
        await self.house.quiet()
        return await self.house.sketch()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser():
    from playwright.async_api import async_playwright

    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="module")
async def studio(tmp_path, browser):
    house = await StudioHouse.open(tmp_path)
    studio = Studio(house, browser)
    yield studio
    for context in browser.contexts:
        await context.close()
    await house.close()
    assert studio.errors == []
    assert all(url.startswith((house.platform.address, "blob:")) for url in studio.addresses), (
        "a request left the house"
    )


def way(start: tuple[float, float], end: tuple[float, float], steps: int = 6) -> list[tuple[float, float]]:
    return [
        (start[0] + (end[0] - start[0]) * n / steps, start[1] + (end[1] - start[1]) * n / steps)
        for n in range(steps + 1)
    ]


async def test_from_the_chats_button_to_the_coloured_picture(studio: Studio) -> None:
    """On a phone of 360 x 640, with fingers only."""
    page = await studio.open("/", **FINGER)
    await page.locator("a.tap", has_text="그림 고치기").last.tap()
    await page.wait_for_selector("#app[data-ready=yes]")
    assert await page.evaluate("document.documentElement.scrollWidth") == 360, "nothing sticks out"
    before = await studio.layers()
    await page.locator("#kinds button", has_text="동물").tap()
    await page.locator("#stickers button", has_text="고양이").first.tap()
    assert len(await studio.layers()) == len(before) + 1
    cat = (await studio.layers())[-1]
    await studio.fingers(way((cat["x"], cat["y"]), (0.25, 0.3)))
    moved = (await studio.layers())[-1]
    assert abs(moved["x"] - 0.25) < 0.03 and abs(moved["y"] - 0.3) < 0.03
    await studio.fingers(way((0.2, 0.3), (0.2, 0.15)), way((0.3, 0.3), (0.3, 0.45)))  # two fingers, turned and spread
    pinched = (await studio.layers())[-1]
    assert pinched["scale"] > moved["scale"] * 1.5 and 30 < pinched["turn"] < 80
    await page.locator("#mode-draw").tap()
    await page.locator("#colours button").nth(9).tap()
    await studio.fingers(way((0.5, 0.1), (0.9, 0.2)))
    assert await page.locator("#strokes path").count() == 1
    sketch = await studio.sends()
    cat = sketch.layers[-1]
    assert (cat.sticker, cat.flip) == ("cat", False) and 30 < cat.rotation < 80
    (stroke,) = sketch.strokes
    assert stroke.colour == "#4a62a8" and abs(stroke.points[0] - 0.5) < 0.03 and abs(stroke.points[-2] - 0.9) < 0.03
    await page.locator("#back").tap()
    await page.wait_for_selector("#log img[alt*='고양이']")
    assert "고쳐 주신 대로 다시 색칠했어요" in await page.inner_text("#log")
    await page.get_by_role("button", name="앞 그림으로").tap()
    await page.wait_for_function("() => document.querySelector('#log').innerText.includes('앞 그림으로 돌려놓았어요')")
    works = await studio.house.pictures()
    assert works[-1].media_id == works[0].media_id != works[1].media_id


async def test_with_a_mouse(studio: Studio) -> None:
    page = await studio.open()
    first = (await studio.layers())[0]
    await studio.drag((first["x"], first["y"]), (0.3, 0.6))
    layers = await studio.layers()
    moved = next(one for one in layers if abs(one["x"] - 0.3) < 0.02 and abs(one["y"] - 0.6) < 0.02)
    knob = await page.locator("#frame .size .dot").bounding_box()
    await page.mouse.move(knob["x"] + 5, knob["y"] + 5)
    await page.mouse.down()
    await page.mouse.move(knob["x"] + 60, knob["y"] + 60, steps=5)
    await page.mouse.up()
    knob = await page.locator("#frame .turn .dot").bounding_box()
    await page.mouse.move(knob["x"] + 5, knob["y"] + 5)
    await page.mouse.down()
    await page.mouse.move(knob["x"] + 160, knob["y"] + 90, steps=8)
    await page.mouse.up()
    turned = next(one for one in await studio.layers() if one["word"] == moved["word"])
    assert turned["scale"] > moved["scale"] * 1.15 and turned["turn"] > 20
    for act in ("forward", "flip", "backward"):
        await page.click(f'[data-act="{act}"]')
    assert next(one for one in await studio.layers() if one["turn"] > 20)["flip"]
    while await page.locator("#undo:enabled").count():
        await page.click("#undo")
    assert (await studio.layers())[0] == first
    await page.click("#redo")
    assert abs((await studio.layers())[0]["x"] - 0.3) < 0.02, "a whole drag is one step"


async def test_with_keys_alone(studio: Studio) -> None:
    page = await studio.open()
    count = len(await studio.layers())
    node = page.locator("#layers > g").first
    await node.focus()
    assert await node.get_attribute("aria-pressed") == "true" and "번째" in await node.get_attribute("aria-label")
    before = (await studio.layers())[0]
    for key in ("ArrowRight", "Shift+ArrowRight", "ArrowDown", ".", "+", "f"):
        await page.keyboard.press(key)
    after = (await studio.layers())[0]
    assert abs(after["x"] - before["x"] - 0.06) < 0.002 and abs(after["y"] - before["y"] - 0.01) < 0.002
    assert after["turn"] == before["turn"] + 5 and after["scale"] > before["scale"] and after["flip"] != before["flip"]
    await page.keyboard.press("Delete")
    assert len(await studio.layers()) == count - 1 and "지웠어요" in await page.inner_text("#told")
    assert await page.evaluate("document.activeElement.closest('#layers') !== null"), "focus goes on to the next"
    await page.keyboard.press("Control+z")
    assert (await studio.layers())[0] == after
    for _ in range(6):
        await page.keyboard.press("Control+z")
    assert (await studio.layers())[0] == before
    await page.keyboard.press("Control+Shift+z")
    assert (await studio.layers())[0] != before
    await page.focus("#words")
    await page.keyboard.type("무지개")
    await page.wait_for_function(
        "() => [...document.querySelectorAll('#stickers span')].some((one) => one.innerText === '무지개')"
    )
    await page.keyboard.press("Tab")
    while "무지개" not in await page.evaluate("document.activeElement.innerText ?? ''"):
        await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    assert len(await studio.layers()) == count + 1 and "무지개" in (await studio.layers())[-1]["word"]
    await page.focus("#send")
    await page.keyboard.press("Enter")
    await page.wait_for_selector("#sent[open]")


async def test_crayons_and_the_eraser(studio: Studio) -> None:
    page = await studio.open()
    await page.click("#mode-draw")
    await page.click('[data-width="0.045"]')
    await studio.drag((0.1, 0.1), (0.5, 0.1), (0.9, 0.1))
    await page.mouse.click(*await studio.at(0.5, 0.4))
    assert await page.locator("#strokes path").count() == 2
    await page.click("#eraser")
    await studio.drag((0.5, 0.02), (0.5, 0.2))
    assert await page.locator("#strokes path").count() == 3, "the line is two now, the dot is still there"
    sketch = await studio.sends()
    assert {stroke.width for stroke in sketch.strokes} == {0.045} and len(sketch.strokes) == 3
    assert sorted(len(stroke.points) for stroke in sketch.strokes)[0] == 2
    page = await studio.open()
    assert await page.locator("#strokes path").count() == 3, "opened again, they are there"


async def test_what_was_not_sent_is_there_still_and_sent_twice_is_once(studio: Studio) -> None:
    page = await studio.open()
    await page.focus("#layers > g")
    await page.keyboard.press("ArrowLeft")
    await page.context.set_offline(True)
    await page.click("#send")
    await page.wait_for_selector("#toast:not([hidden])")
    assert "그림은 여기 그대로 있으니" in await page.inner_text("#toast")
    await page.context.set_offline(False)
    await page.evaluate("""() => { const real = window.fetch; let first = true; window.fetch = async (...asked) => {
      const answer = await real(...asked); if (first && asked[0] === "/api/studio/drawing") { first = false; throw new TypeError("lost"); } return answer; } }""")
    await page.click("#send")
    await page.wait_for_selector("#send:enabled")
    await page.click("#send")
    await page.wait_for_selector("#sent[open]")
    await studio.house.quiet()
    assert len(await studio.house.pictures()) == 2
    assert len([one for one in studio.house.heard if one.kind is Kind.DRAW]) == 1


async def test_worrying_words_show_help_before_any_sticker(studio: Studio) -> None:
    page = await studio.open(**FINGER)
    await page.fill("#words", "죽고 싶다")
    await page.wait_for_selector("#care[open]")
    assert "109" in await page.inner_text("#care p")
    assert await page.locator('#care a[href^="tel:"]').count() > 0
    await page.locator("#care > button").tap()
    assert await page.input_value("#words") == ""
    await page.wait_for_function("document.querySelectorAll('#stickers button').length > 1")  # it goes on as before


async def test_in_english_and_by_a_link(studio: Studio) -> None:
    person = await studio.house.chat.person()
    await studio.house.chat.house.store.change_person(person.id, lambda one: replace(one, language="en"))
    path = f"/studio?entry={studio.house.entry.id}#pass={studio.house.pass_for()}"
    page = await studio.open(path, locale="en-US")
    assert await page.inner_text("#top h1") == "Your drawing"
    assert await page.get_attribute("#words", "placeholder") == "Find stickers: dog, star, coffee…"
    assert await page.locator("#stickers span", has_text="dog").count() == 1
    await studio.sends()
    assert await page.is_hidden("#back"), "whoever came by a link has no chat here"


async def test_a_link_that_no_longer_opens_says_so(studio: Studio) -> None:
    context = await studio.browser.new_context(locale="ko-KR")
    page = await context.new_page()
    old = studio.house.pass_for(until_s=1)
    await page.goto(f"{studio.house.platform.address}/studio?entry={studio.house.entry.id}#pass={old}")
    await page.wait_for_selector("#trouble[open]")
    assert "더 이상 열리지 않아요" in await page.inner_text("#trouble p")


async def sky_shown(page: Any) -> float:
    """How bright the top of the sheet is, 0..255."""
    png = await page.locator("#sheet").screenshot()
    return float(np.asarray(Image.open(io.BytesIO(png)).convert("L"))[4:40].mean())


async def until_sky(page: Any, seen: Callable[[float], bool]) -> None:
    for _ in range(100):
        if seen(await sky_shown(page)):
            return
        await asyncio.sleep(0.1)
    raise AssertionError(await sky_shown(page))


async def test_weather_and_hour_are_chosen_and_painted(studio: Studio) -> None:
    page = await studio.open(**FINGER)
    base = await studio.house.sketch()
    assert base.weather == "clear" and base.time in ("morning", "day")
    await until_sky(page, lambda light: 100 < light < 250)  # it is drawn
    first, by_day = await page.get_attribute("#behind", "href"), await sky_shown(page)
    await page.locator("#kinds button", has_text="날씨와 시간").tap()
    names = await page.locator("#stickers span").all_inner_texts()
    assert names == ["맑음", "흐림", "비", "눈", "바람", "안개", "아침", "낮", "저녁", "밤"]
    await page.locator("#stickers button", has_text="눈").tap()
    await page.wait_for_function("(href) => document.querySelector('#behind').getAttribute('href') !== href", arg=first)
    await page.locator("#stickers button", has_text="밤").tap()
    await until_sky(page, lambda light: light < by_day - 60)
    assert await page.locator('#stickers button[aria-pressed="true"]').all_inner_texts() == ["눈", "밤"]
    await page.locator("#undo").tap()
    await page.locator("#undo").tap()
    await page.wait_for_function("(href) => document.querySelector('#behind').getAttribute('href') === href", arg=first)
    await until_sky(page, lambda light: abs(light - by_day) < 3)  # undone it is as it was
    await page.locator("#redo").tap()
    await page.locator("#redo").tap()
    sketch = await studio.sends()
    assert (sketch.weather, sketch.time) == ("snow", "night")
    assert sketch.layers == base.layers
    picture = (await studio.house.pictures())[-1]
    assert "밤" in picture.alt and "눈" in picture.alt
    page = await studio.open()
    await page.click('#kinds button[data-kind="sky"]')
    assert await page.locator('#stickers button[aria-pressed="true"]').all_inner_texts() == ["눈", "밤"], "opened again"


async def test_a_face_is_chosen_undone_and_painted(studio: Studio) -> None:
    page = await studio.open()
    base = await studio.house.sketch()
    (at, me) = next((n, one) for n, one in enumerate(base.layers) if one.sticker.startswith("figure/"))
    await page.click('#kinds button[data-kind="face"]')
    assert "먼저 눌러 주세요" in await page.inner_text("#nothing")
    await page.locator("#layers > g").nth(at).focus()
    assert len(await page.locator("#stickers button").all()) == 11 and await page.is_hidden("#nothing")
    now = await page.locator('#stickers button[aria-pressed="true"]').all_inner_texts()
    assert len(now) == 1
    await page.locator('#stickers button[data-choice$=".sad"]').focus()
    await page.keyboard.press("Enter")
    assert "눈물" in await page.inner_text("#told")
    assert await page.evaluate("document.activeElement.innerText") == "눈물", "who came by key stays there"
    shown = page.locator("#layers > g").nth(at).locator("image")
    assert "/sad/" in await shown.get_attribute("href")
    await page.click("#undo")
    assert await shown.get_attribute("href") == f"/api/studio/sticker/{me.sticker}.svg"
    assert await page.locator('#stickers button[aria-pressed="true"]').all_inner_texts() == now
    await page.click("#redo")
    sketch = await studio.sends()
    look = me.sticker.split("/")
    assert sketch.layers[at] == replace(me, sticker="/".join((*look[:3], "sad", look[4])))
    others = [one for n, one in enumerate(base.layers) if n != at]
    assert [one for n, one in enumerate(sketch.layers) if n != at] == others


async def test_where_the_weather_can_not_be_had_the_sheet_says_so_and_goes_on(studio: Studio) -> None:
    page = await studio.open()
    await page.click('#kinds button[data-kind="sky"]')
    await page.context.set_offline(True)
    before = await page.get_attribute("#behind", "href")
    await page.locator("#stickers button", has_text="안개").click()
    await page.wait_for_selector("#toast:not([hidden])")
    assert await page.get_attribute("#behind", "href") == before
    await page.context.set_offline(False)
    await page.locator("#stickers button", has_text="안개").click()
    await page.wait_for_function(
        "(href) => document.querySelector('#behind').getAttribute('href') !== href", arg=before
    )


async def test_a_window_that_no_script_may_close_says_so_and_asks_again_after_a_change(studio: Studio) -> None:
    """Come to by a link with another page before it: browsers leave such a window open."""
    page = await studio.open(f"/studio?entry={studio.house.entry.id}#pass={studio.house.pass_for()}")
    await page.goto("about:blank")
    await page.go_back()
    await page.wait_for_selector("#app[data-ready=yes]")
    asked: list[str] = []

    async def answer(dialog: Any) -> None:
        asked.append(dialog.message)
        await dialog.accept()

    page.on("dialog", answer)
    await page.focus("#layers > g")
    await page.keyboard.press("ArrowLeft")
    await page.click("#leave")
    await page.wait_for_selector("#stays[open]")
    assert asked == ["고친 것을 버리고 나갈까요?"]
    assert "이제 이 창은 닫아도 돼요" in await page.inner_text("#stays p")
    await page.click("#stays > button")
    await page.click("#leave")
    await page.wait_for_selector("#stays[open]")
    assert len(asked) == 1, "given up once, it is not asked about again"
    await page.click("#stays > button")
    await page.focus("#layers > g")
    await page.keyboard.press("ArrowLeft")
    await page.click("#leave")
    await page.wait_for_selector("#stays[open]")
    assert len(asked) == 2, "what was changed since then is"
    await page.click("#stays > button")
    await page.focus("#layers > g")
    await page.keyboard.press("ArrowLeft")
    async with page.expect_event("dialog") as gone:
        await page.close(run_before_unload=True)
    assert (await gone.value).type == "beforeunload", "nor is it lost where the window is closed by hand"


async def test_a_window_that_a_script_opened_closes(studio: Studio) -> None:
    page = await studio.open("/", **FINGER)
    link = f"/studio?entry={studio.house.entry.id}#pass={studio.house.pass_for()}"
    async with page.expect_popup() as opened:
        await page.evaluate("(link) => void window.open(link)", link)
    popup = await opened.value
    await popup.wait_for_selector("#app[data-ready=yes]")
    async with popup.expect_event("close"):
        # The window may be gone before the finger is up.
        with suppress(Error):
            await popup.locator("#leave").tap()


async def test_a_new_sticker_hides_nobody_while_there_is_room(studio) -> None:
    await studio.open()
    placed = await studio.page.evaluate("""async () => {
        const { Drawing } = await import("/web/studio/drawing.js");
        const one = (x) => ({ sticker: "dog", x, y: 0.6, scale: 0.4, ratio: 0.6 });
        const drawing = new Drawing({ layers: [one(0.4), one(0.66)], strokes: [], limits: { layers: 40 } });
        return [1, 2, 3].map(() => drawing.add({ sticker: "cat", word: "", ratio: 1 }));
    }""")
    assert all(abs(one["x"] - other) > 0.2 or abs(one["y"] - 0.6) > 0.25 for one in placed for other in (0.4, 0.66))
    assert len({(one["x"], one["y"]) for one in placed}) == 3
