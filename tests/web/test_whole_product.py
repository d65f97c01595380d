"""The whole product in a browser, with the embedded engines: what a newcomer does on the first evening."""

import os
import re
from pathlib import Path

import pytest

from tests.fakes.house_process import HouseProcess
from tests.web.test_pages import CHROMIUM, FLAGS

PHOTO = Path(__file__).resolve().parents[1] / "core" / "data" / "astronaut.jpg"
REAL = {
    "EMOSEUM_ENGINES__UNDERSTANDING": "embedded",
    "EMOSEUM_ENGINES__PAINTER": "crayon",
    "EMOSEUM_ENGINES__COMPOSER": "soundfont",
    "EMOSEUM_ENGINES__COMMENTER": "auto",
    "EMOSEUM_WORK__STUDIO_PROCESSES": "2",
}
SLOW_MS = 90_000  # a busy machine; how long it really takes is measured in `make bench`

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(280),
    pytest.mark.skipif(
        not CHROMIUM.exists() and not os.environ.get("EMOSEUM_TEST_STRICT"), reason="needs Debian's chromium"
    ),
]


@pytest.fixture
def house(tmp_path):
    house = HouseProcess(tmp_path / "data", REAL)
    house.start("core")
    house.start("bot")
    yield house
    house.stop()


async def test_the_first_evening(house):
    from playwright.async_api import async_playwright, expect

    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        context = await browser.new_context(
            locale="ko-KR", timezone_id="Asia/Seoul", viewport={"width": 390, "height": 844}
        )
        page = await context.new_page()
        page.set_default_timeout(SLOW_MS)
        expect.set_options(timeout=SLOW_MS)
        await open_page(page, house)

        await page.locator("textarea").fill("오늘 친구랑 한강에서 치킨을 먹었다. 노을이 정말 예뻤다!")
        await page.locator("input[type=file]").first.set_input_files(str(PHOTO))
        await page.keyboard.press("Enter")
        log = page.locator("#log")
        picture = log.locator("img[alt*='한강'], img[alt*='강']").first
        await expect(picture).to_be_visible()
        await expect(log).to_contain_text("느껴진 마음")
        await expect(log.get_by_role("button", name="별점 남기기")).to_have_count(2)  # picture and comment, music
        await expect(log).to_contain_text("정식으로 인사할게요")

        await page.get_by_role("button", name="사진 속 표정 읽기").click()
        await page.get_by_role("button", name="글과 사진 간직하기").click()
        await expect(page.get_by_role("button", name="글과 사진 간직하기")).to_have_attribute("aria-pressed", "true")
        await page.get_by_role("button", name="이대로 계속할게요").click()
        await expect(log).to_contain_text("뭐라고 부르면 좋을까요")
        await page.locator("textarea").fill("지우")
        await page.keyboard.press("Enter")
        await page.get_by_role("button", name="건너뛸게요").last.click()

        for fold in await log.get_by_role("button", name="별점 남기기").all():
            await fold.click()
        for what, stars in (("그림", 5), ("음악", 3), ("답장|글|안나", 4)):
            group = log.get_by_role("group", name=re.compile(what)).first
            await group.get_by_role("button").nth(stars - 1).click()
            await expect(group.get_by_role("button").nth(stars - 1)).to_have_attribute("aria-pressed", "true")

        await page.reload()
        await page.wait_for_selector("#app[data-ready=yes]")
        for fold in await log.get_by_role("button", name=re.compile("별점 남기기: ")).all():
            await fold.click()
        for what, stars in (("그림", 5), ("음악", 3)):
            group = log.get_by_role("group", name=re.compile(what)).first
            await expect(group.get_by_role("button").nth(stars - 1)).to_have_attribute("aria-pressed", "true")

        await page.locator("textarea").fill("/calendar")
        await page.keyboard.press("Enter")
        month = log.locator("img[alt*='달력']").first
        await expect(month).to_be_visible()
        await expect(log).to_contain_text("노을이 정말 예뻤다")
        day = page.get_by_role("button", name=re.compile(r"^\d+$")).last
        await day.click()
        await expect(log).to_contain_text("📖")
        await browser.close()


async def open_page(page, house):
    """The bot may still be starting."""
    for _ in range(200):
        try:
            await page.goto(f"http://127.0.0.1:{house.port}/")
            break
        except Exception:
            await page.wait_for_timeout(200)
    await page.wait_for_selector("#app[data-ready=yes]")
