"""The page as a person meets it: in a real browser, over a real socket, by mouse, finger and keyboard."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from pydantic import SecretStr

from core.entities import Button, Kind, Progress, Reply
from core.settings import Web
from tests.fakes.web_bot import WebBot, picture_png, rating, tell_story, tone_wav

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--autoplay-policy=no-user-gesture-required",
]  # fmt: skip
MICROPHONE = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]

pytestmark = [
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.skipif(
        not CHROMIUM.exists() and not os.environ.get("EMOSEUM_TEST_STRICT"), reason="needs Debian's chromium"
    ),
]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Any]:
    from playwright.async_api import async_playwright

    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=str(CHROMIUM), args=[*FLAGS, *MICROPHONE])
        yield browser
        await browser.close()


class Seen:
    """A bot and the page that somebody has open."""

    def __init__(self, browser: Any, bot: WebBot) -> None:
        self.browser, self.bot, self.page, self.context = browser, bot, None, None
        self.errors: list[str] = []
        self.addresses: set[str] = set()

    async def open(self, locale: str = "ko-KR", width: int = 390, height: int = 844, **more: Any) -> Any:
        """Open the page and wait until it is ready."""
        self.context = await self.browser.new_context(
            locale=locale, viewport={"width": width, "height": height}, timezone_id="Asia/Seoul", **more
        )
        self.page = await self.context.new_page()
        self.page.set_default_timeout(8000)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", lambda line: "Content Security" in line.text and self.errors.append(line.text))
        self.page.on("request", lambda request: self.addresses.add(request.url))
        await self.page.goto(self.bot.platform.address)
        await self.page.wait_for_selector("#app[data-ready=yes]")
        return self.page

    async def lines(self) -> list[str]:
        """What stands in the chat, as text."""
        return await self.page.locator("#log .line .text").all_inner_texts()

    async def heard(self, count: int, kind: Kind = Kind.TEXT) -> list[Any]:
        """Wait until the bot heard so many of a kind."""
        async with asyncio.timeout(8):
            await self.bot.heard_enough(kind, count)
        return [one for one in self.bot.heard_messages if one.kind is kind]

    async def settled(self, count: int) -> None:
        """Wait until so many lines stand in the chat."""
        await self.page.wait_for_function("n => document.querySelectorAll('#log .line').length === n", arg=count)


@pytest_asyncio.fixture(loop_scope="module")
async def seen(browser: Any) -> AsyncIterator[Seen]:
    bot = WebBot("ko")
    await bot.start()
    seen = Seen(browser, bot)
    yield seen
    if seen.context is not None:
        await seen.context.close()
    await bot.platform.stop()
    assert seen.errors == []
    assert all(url.startswith((bot.platform.address, "blob:")) for url in seen.addresses), "a request left the house"


# --- writing -----------------------------------------------------------------------------------


async def test_enter_sends_shift_enter_does_not(seen: Seen) -> None:
    page = await seen.open()
    await page.fill("#words", "오늘은 산책을 했다")
    await page.press("#words", "Shift+Enter")
    await page.keyboard.insert_text("바람이 좋았다")
    assert not [one for one in seen.bot.heard_messages if one.kind is Kind.TEXT]
    await page.press("#words", "Enter")
    (message,) = await seen.heard(1)
    assert (message.text, message.language, message.time_zone) == (
        "오늘은 산책을 했다\n바람이 좋았다",
        "ko",
        "Asia/Seoul",
    )
    await seen.settled(2)
    assert await page.input_value("#words") == ""
    assert await page.locator(".line.me .state.kept").count() == 1


async def test_the_enter_that_ends_a_hangul_syllable_does_not_send(seen: Seen) -> None:
    page = await seen.open()
    await page.focus("#words")
    ime = await seen.context.new_cdp_session(page)
    await ime.send("Input.imeSetComposition", {"text": "한", "selectionStart": 1, "selectionEnd": 1})
    key = {"key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 229}
    await ime.send("Input.dispatchKeyEvent", {"type": "rawKeyDown", **key})
    await ime.send("Input.dispatchKeyEvent", {"type": "keyUp", **key})
    await asyncio.sleep(0.2)
    assert not await seen.heard(0) and await page.input_value("#words") == "한"
    await ime.send("Input.insertText", {"text": "한강"})
    await page.press("#words", "Enter")
    (message,) = await seen.heard(1)
    assert message.text == "한강"


async def test_a_photo_is_chosen_pasted_and_dropped(seen: Seen) -> None:
    page = await seen.open()
    photo = {"name": "셀카.png", "mimeType": "image/png", "buffer": picture_png()}
    async with page.expect_file_chooser() as chooser:
        await page.click("#attach")
        await page.click("#menu button >> nth=0")
    await (await chooser.value).set_files([photo])
    put = """([kind]) => {
      const data = new DataTransfer();
      const pixel = Uint8Array.from(atob("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="), c => c.charCodeAt(0));
      data.items.add(new File([pixel], kind + ".png", {type: "image/png"}));
      const field = document.querySelector("#words");
      if (kind === "pasted") field.dispatchEvent(new ClipboardEvent("paste", {clipboardData: data, bubbles: true, cancelable: true}));
      else for (const step of ["dragenter", "dragover", "drop"]) field.dispatchEvent(new DragEvent(step, {dataTransfer: data, bubbles: true, cancelable: true}));
    }"""
    await page.evaluate(put, ["pasted"])
    await page.evaluate(put, ["dropped"])
    assert await page.locator("#chips li").count() == 3
    await page.click("#chips li:nth-child(3) button")
    await page.fill("#words", "오늘의 사진")
    await page.click("#send")
    (message,) = await seen.heard(1)
    assert [(file.name, file.mime) for file in message.attachments] == [
        ("셀카.png", "image/png"),
        ("pasted.png", "image/png"),
    ]
    await page.click(".line.me .photo >> nth=0")
    await page.wait_for_selector("#lightbox[open] img")
    assert await page.inner_text("#lightbox .caption") == "셀카.png"
    await page.keyboard.press("ArrowRight")
    assert await page.inner_text("#lightbox .caption") == "pasted.png"
    await page.keyboard.press("Escape")
    assert not await page.locator("#lightbox[open]").count()
    await page.reload()
    await page.wait_for_function("() => document.querySelector('.line.me .photo img')?.naturalWidth === 512")


async def test_a_recording_becomes_an_attachment(seen: Seen) -> None:
    page = await seen.open()
    await page.click("#record")
    await page.wait_for_selector("#recorder:not([hidden])")
    await asyncio.sleep(1.2)
    assert await page.inner_text("#recorder time") == "0:01"
    await page.click("#record-cancel")
    await page.wait_for_selector("#composer:not([hidden])")
    await asyncio.sleep(0.1)
    await page.click("#record")
    await page.wait_for_selector("#recorder:not([hidden])")
    await asyncio.sleep(1)
    await page.click("#record-send")
    await seen.heard(1)
    await page.hover("#record")
    await page.mouse.down()  # hold to speak, let go to send
    await page.wait_for_selector("#recorder:not([hidden])")
    await asyncio.sleep(1)
    await page.mouse.up()
    for message in await seen.heard(2):
        (voice,) = message.attachments
        assert voice.mime == "audio/webm" and voice.file_bytes > 1000
    await seen.settled(2)
    assert await page.locator(".line.me .player").count() == 2


async def test_without_a_microphone_a_kind_word(seen: Seen) -> None:
    page = await seen.open()
    await page.evaluate(
        "() => { navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('no', 'NotAllowedError')) }"
    )
    await page.click("#record")
    await page.wait_for_selector("#toast:not([hidden])")
    assert "글로 들려주셔도 좋아요" in await page.inner_text("#toast")
    assert await page.is_visible("#composer")


async def test_a_file_that_is_too_large_leaves_the_words(seen: Seen) -> None:
    page = await seen.open()
    await page.fill("#words", "영상도 있어요")
    await page.evaluate("""() => {
      const data = new DataTransfer();
      data.items.add(new File([new Uint8Array(40 * 1024 * 1024)], "v.mp4", {type: "video/mp4"}));
      document.querySelector("#words").dispatchEvent(new ClipboardEvent("paste", {clipboardData: data, bubbles: true, cancelable: true}));
    }""")
    assert "25 MB" in await page.inner_text("#toast")
    await page.press("#words", "Enter")
    (message,) = await seen.heard(1)
    assert message.text == "영상도 있어요" and not message.attachments


async def test_a_very_long_text_goes_in_parts_and_nothing_is_lost(seen: Seen) -> None:
    page = await seen.open()
    seen.bot.echo = False
    text = "\n".join(f"{n} 오늘 하루도 참 길었다" for n in range(1800))
    await page.evaluate("text => { document.querySelector('#words').value = text }", text)
    await page.type("#words", " ")
    await page.press("#words", "Enter")
    first, second = await seen.heard(2)
    assert f"{first.text}\n{second.text}" == text
    assert await page.locator(".line.me .unfold").count() == 2


async def test_a_full_disk_keeps_the_words_and_sends_them_again(seen: Seen) -> None:
    page = await seen.open()
    seen.bot.disk_full = True
    await page.fill("#words", "잃어버리면 안 되는 글")
    await page.press("#words", "Enter")
    await page.wait_for_selector(".line.me .trouble p")
    assert "글은 여기 그대로 있어요" in await page.inner_text(".line.me .trouble p")
    await page.reload()
    await page.wait_for_selector(".line.me .trouble button")
    seen.bot.disk_full = False
    await page.click(".line.me .trouble button >> nth=0")
    (message,) = await seen.heard(1)
    assert message.text == "잃어버리면 안 되는 글"
    await seen.settled(2)
    assert not await page.locator(".trouble button").count()
    assert await page.evaluate("localStorage.getItem('emoseum.unsent')") is None


async def test_an_unfinished_draft_survives_a_reload(seen: Seen) -> None:
    page = await seen.open()
    await page.fill("#words", "쓰다 만 글")
    await page.reload()
    await page.wait_for_selector("#app[data-ready=yes]")
    assert await page.input_value("#words") == "쓰다 만 글"


async def test_the_last_line_is_edited_with_the_up_arrow(seen: Seen) -> None:
    page = await seen.open()
    await page.fill("#words", "오늘은 흐렸다")
    await page.press("#words", "Enter")
    await seen.settled(2)
    await page.press("#words", "ArrowUp")
    assert await page.input_value("#words") == "오늘은 흐렸다"
    await page.fill("#words", "오늘은 맑았다")
    await page.press("#words", "Enter")
    (edit,) = await seen.heard(1, Kind.EDIT)
    assert edit.text == "오늘은 맑았다"
    assert edit.target == seen.bot.heard_messages[-2].platform_message_id
    await page.wait_for_function("() => document.querySelector('.line.me .text').innerText === '오늘은 맑았다'")
    assert "고침" in await page.inner_text(".line.me .meta")
    await page.reload()
    await page.wait_for_function("() => document.querySelector('.line.me .text')?.innerText === '오늘은 맑았다'")


async def test_answering_a_line_names_it(seen: Seen) -> None:
    page = await seen.open()
    asked = await seen.bot.say(Reply(text="강아지 이름이 뭐예요?"))
    await seen.settled(1)
    await page.hover(".line.anna .bubble")
    await page.click(".line.anna .more")
    await page.click("#menu button >> nth=0")
    await page.keyboard.type("보리")
    await page.keyboard.press("Enter")
    (message,) = await seen.heard(1)
    assert message.reply_to == asked.id
    assert await page.inner_text(".line.me .quoted span") == "강아지 이름이 뭐예요?"


# --- answers -----------------------------------------------------------------------------------


async def test_a_press_names_its_message_and_the_buttons_wait(seen: Seen) -> None:
    page = await seen.open()
    buttons = (
        rating("🖍️"),
        (Button("✅ 간직해요", "c1", chosen=True), Button("다시", "again")),
        (Button("109에 전화", url="tel:109"),),
    )
    asked = await seen.bot.say(Reply(text="어땠어요?", buttons=buttons))
    await seen.settled(1)
    await page.click(".fold")
    assert await page.get_attribute(".stars", "aria-label") == "그림은 어땠나요?"
    assert await page.get_attribute(".tap.box", "aria-pressed") == "true"
    assert await page.get_attribute("a.tap.link", "href") == "tel:109"
    await page.click(".star >> nth=3")
    await page.click(".star >> nth=1", force=True)
    (press,) = await seen.heard(1, Kind.PRESS)
    assert (press.press, press.target) == ("rate|🖍️|4", asked.id)
    await asyncio.sleep(0.15)
    assert len(await seen.heard(1, Kind.PRESS)) == 1
    await seen.bot.say(Reply(text="어땠어요?", buttons=(rating("🖍️", 4), *buttons[1:])), standing=asked)
    await page.wait_for_selector(".stars:not([data-waiting])")
    assert await page.locator(".star.full").count() == 4
    assert await page.locator('.star[aria-pressed="true"]').get_attribute("aria-label") == "별 4개"
    await page.click("text=다시")
    assert (await seen.heard(2, Kind.PRESS))[1].press == "again"


async def test_stars_are_one_small_row_that_opens_by_key_and_finger(seen: Seen) -> None:
    page = await seen.open(has_touch=True, is_mobile=True)
    rated = await seen.bot.say(Reply(text="오늘 그림이에요", buttons=(rating("🖍️"), rating("💬"))))
    await seen.settled(1)
    fold = page.locator(".fold")
    assert await fold.count() == 1 and await fold.inner_text() == "별점 남기기"
    assert not await page.locator(".star:visible").count()
    await fold.tap()
    assert await page.locator(".star:visible").count() == 10 and await fold.get_attribute("aria-expanded") == "true"
    await page.locator(".star").nth(2).focus()
    await page.keyboard.press("Escape")
    assert not await page.locator(".star:visible").count()
    await page.keyboard.press("Enter")  # the focus is back on it
    assert await page.locator(".star:visible").count() == 10
    await seen.bot.say(Reply(text="오늘 그림이에요", buttons=(rating("🖍️", 4), rating("💬"))), standing=rated)
    await page.wait_for_selector(".fold.given")
    assert await fold.inner_text() == "그림 4"
    assert await page.locator(".star:visible").count() == 10  # what was open stays open


async def test_signs_on_buttons_are_drawn(seen: Seen) -> None:
    page = await seen.open()
    await seen.bot.say(Reply(text="어땠어요?", buttons=((Button("🔊 들려주기", "listen"), Button("😢", "mood")),)))
    await seen.settled(1)
    assert await page.inner_text(".tap >> nth=0") == "들려주기"
    assert await page.get_attribute(".tap >> nth=0 >> use", "href") == "/web/icons.svg#speaker"
    assert await page.get_attribute(".tap >> nth=1", "aria-label") == "😢"
    drawn = await page.evaluate("fetch('/web/icons.svg').then((answer) => answer.text())")
    assert all(f'id="{name}"' in drawn for name in ("speaker", "edit", "sound", "bell", "bell-off", "moon", "face-5"))
    named = await page.evaluate("fetch('/web/buttons.js').then((answer) => answer.text())")
    icons = re.findall(r'"([a-z0-9-]+)"', named[named.index("const DRAWN") : named.index("const EMOJI")])
    assert len(icons) > 20 and [name for name in icons if f'id="{name}"' not in drawn] == []


async def test_dots_lie_side_by_side_and_what_answers_a_press_comes_into_view(seen: Seen) -> None:
    page = await seen.open()
    for n in range(30):
        await seen.bot.say(Reply(text=f"{n}\n그날의 이야기", buttons=((Button("왜?", f"why{n}"),),)))
    await seen.settled(30)
    await page.evaluate("document.querySelector('#typing').hidden = false")
    assert await page.evaluate("document.querySelector('#scroll').scrollWidth <= innerWidth")
    dots = [await dot.bounding_box() for dot in await page.locator("#typing i").all()]
    assert dots[0]["x"] < dots[1]["x"] < dots[2]["x"]
    await page.evaluate("document.querySelector('#scroll').scrollTo(0, 0)")
    await page.wait_for_selector("#pill:not([hidden])")
    await page.click(".tap >> nth=0")
    await seen.bot.say(Reply(text="그래서 이렇게 그렸어요."))
    await seen.settled(31)
    await page.wait_for_selector("#pill[hidden]", state="attached")


async def test_a_phone_has_a_button_to_answer_a_line(seen: Seen) -> None:
    page = await seen.open(has_touch=True, is_mobile=True)
    asked = await seen.bot.say(Reply(text="오늘 제일 좋았던 순간은요?"))
    await seen.settled(1)
    button = page.locator(".line.anna .answer")
    box = await button.bounding_box()
    assert box["width"] >= 44 and box["height"] >= 36
    await button.tap()
    await page.wait_for_selector("#context:not([hidden])")
    await page.fill("#words", "산책이요")
    await page.click("#send")
    (message,) = await seen.heard(1)
    assert message.reply_to == asked.id


async def test_progress_becomes_the_picture_in_its_place(seen: Seen) -> None:
    page = await seen.open()
    working = await seen.bot.say(Reply(progress=Progress("painting", 0.3)))
    await page.wait_for_selector(".scribble")
    assert "그리고" in await page.inner_text(".progress p")
    await page.evaluate("() => { document.querySelector('.scribble').dataset.first = 'yes'; }")
    await seen.bot.say(Reply(progress=Progress("painting", 0.4, "그리는 중… 40%")), standing=working)
    await page.wait_for_selector('.scribble[aria-valuenow="40"][data-first]')  # it goes on, and does not begin anew
    assert await page.inner_text(".progress p") == "그리는 중… 40%"
    assert await page.get_attribute(".scribble", "aria-label") == "그리는 중… 40%"
    assert await page.get_attribute(".progress p", "aria-live") == "off"  # not every percent is read out
    await seen.bot.say(Reply(text="잠깐만요", progress=Progress("painting", 0.7)), standing=working)
    await page.wait_for_selector('.scribble[aria-valuenow="70"]')
    person = await seen.bot.store.person_of("web", "me")
    picture = await seen.bot.media.put(person.id, picture_png(), "image/png")
    await seen.bot.say(Reply(text="다 됐어요", picture=picture, picture_alt="무지개 아래의 강아지"), standing=working)
    await page.wait_for_function("() => document.querySelector('.paper img')?.naturalWidth === 512")
    await seen.settled(1)
    assert not await page.locator(".scribble").count()
    assert await page.get_attribute(".paper img", "alt") == "무지개 아래의 강아지"
    await page.click(".paper")
    assert await page.inner_text("#lightbox .caption") == "무지개 아래의 강아지"
    await seen.bot.say(Reply(withdrawn=True), standing=working)
    await seen.settled(0)


async def test_music_plays_in_place_and_with_its_picture(seen: Seen) -> None:
    page = await seen.open()
    person = await seen.bot.store.person_of("web", "me")
    picture = await seen.bot.media.put(person.id, picture_png(), "image/png")
    music = await seen.bot.media.put(person.id, tone_wav(6), "audio/wav")
    await seen.bot.say(Reply(audio=music, audio_title="가벼운 발걸음", cover=picture))
    await page.click(".player .play")
    await page.wait_for_function("() => document.querySelector('.player .time').textContent.startsWith('0:01 / 0:06')")
    assert (await page.get_attribute(".play", "aria-label")).startswith("잠시 멈춤")
    await page.evaluate(
        "const r = document.querySelector('.track input'); r.value = 700; r.dispatchEvent(new Event('input'))"
    )
    await page.wait_for_function("() => document.querySelector('.player .time').textContent.startsWith('0:04')")
    await page.click(".player .play")
    await page.wait_for_selector(".player:not(.playing)")
    await page.click(".together")
    await page.wait_for_selector("#lightbox[open].together .player.playing")
    await page.keyboard.press("Escape")
    await page.wait_for_selector(".player:not(.playing)")


async def test_nothing_that_is_written_is_taken_for_code(seen: Seen) -> None:
    page = await seen.open()
    text = "<img src=x onerror=alert(1)> **굵게** [a](b) https://example.com/a?b=1. javascript:alert(1)"
    await seen.bot.say(Reply(text=text, buttons=((Button("나쁜 링크", url="javascript:alert(1)"),),)))
    await seen.settled(1)
    assert await seen.lines() == [text]
    links = await page.locator("#log a").evaluate_all("all => all.map(a => [a.getAttribute('href'), a.rel])")
    assert links == [["https://example.com/a?b=1", "noopener noreferrer"]]


async def test_commands_are_suggested_after_a_slash(seen: Seen) -> None:
    page = await seen.open()
    await page.fill("#words", "/")
    await page.wait_for_selector("#hints li")
    assert "한 달을 그림으로 봐요" in await page.inner_text("#hints")
    await page.keyboard.type("cal")
    await page.press("#words", "Enter")
    assert (await seen.heard(1))[0].text == "/calendar"
    await page.click("#calendar")
    assert (await seen.heard(2))[1].text == "/calendar"


async def test_the_first_visit_is_told_once_and_the_language_may_change(seen: Seen) -> None:
    page = await seen.open(locale="en-GB")
    await seen.heard(1, Kind.OPEN)
    assert await page.get_attribute("#words", "placeholder") == "How was your day?"
    await page.reload()
    await page.wait_for_selector("#app[data-ready=yes]")
    await asyncio.sleep(0.2)
    assert len(await seen.heard(1, Kind.OPEN)) == 1
    from dataclasses import replace

    seen.bot.store.person_row = replace(seen.bot.store.person_row, language="ko")  # type: ignore[type-var]
    await seen.bot.say(Reply(text="이제 한국어로 말할게요"))
    await page.wait_for_selector('[placeholder="오늘은 어땠나요?"]')
    assert await page.get_attribute("html", "lang") == "ko"


# --- connections -------------------------------------------------------------------------------


async def test_a_broken_socket_loses_nothing_and_doubles_nothing(seen: Seen) -> None:
    page = await seen.open()
    said = []
    for n in range(30):
        said.append(f"{n}번째 말")
        await seen.bot.say(Reply(text=said[-1]))
        if n % 7 == 3:
            for one in tuple(seen.bot.platform._pages):
                one.socket._req.transport.abort()  # type: ignore[union-attr]
    first = seen.bot.store.lines[min(seen.bot.store.lines)] if not seen.bot.heard_messages else None
    await seen.settled(30)
    assert await seen.lines() == said
    standing = next(
        line.sending for line in seen.bot.store.lines.values() if line.sending and line.sending.reply.text == said[4]
    )
    await seen.bot.say(Reply(text="고쳐 말했어요"), standing=standing)
    await page.wait_for_function("() => document.querySelectorAll('#log .line .text')[4].innerText === '고쳐 말했어요'")
    assert first is None or first


async def test_what_is_written_offline_goes_out_once_when_the_connection_is_back(seen: Seen) -> None:
    page = await seen.open()
    seen.bot.echo = False
    await seen.context.set_offline(True)
    for text in ("첫 줄", "둘째 줄"):
        await page.fill("#words", text)
        await page.press("#words", "Enter")
    await page.wait_for_selector(".line.me .trouble p")
    assert "이어지면 바로 보낼게요" in await page.inner_text(".line.me .trouble p >> nth=0")
    for one in tuple(seen.bot.platform._pages):
        one.socket._req.transport.abort()  # type: ignore[union-attr]
    await page.wait_for_selector("#app.away")
    await seen.context.set_offline(False)
    assert [one.text for one in await seen.heard(2)] == ["첫 줄", "둘째 줄"]
    await page.wait_for_function("() => !document.querySelector('.trouble button')")
    await seen.settled(2)


# --- looking and moving --------------------------------------------------------------------------


async def test_reading_above_is_not_disturbed(seen: Seen) -> None:
    page = await seen.open()
    for n in range(30):
        await seen.bot.say(Reply(text=f"{n}\n긴 이야기\n긴 이야기"))
    await seen.settled(30)
    at_end = "() => { const s = document.querySelector('#scroll'); return s.scrollHeight - s.scrollTop - s.clientHeight < 4 }"
    await page.wait_for_function(at_end)
    await page.hover("#log")
    await page.mouse.wheel(0, -1500)
    await page.wait_for_selector("#pill:not([hidden])")
    await asyncio.sleep(0.3)
    before = await page.evaluate("document.querySelector('#scroll').scrollTop")
    await seen.bot.say(Reply(text="새 소식"))
    await page.wait_for_selector("#pill.news")
    assert await page.inner_text("#pill") == "새 메시지 1개"
    assert abs(await page.evaluate("document.querySelector('#scroll').scrollTop") - before) < 3
    await page.click("#pill")
    await page.wait_for_function(at_end)
    await page.wait_for_selector("#pill[hidden]", state="attached")


async def test_everything_by_keyboard_alone(seen: Seen) -> None:
    page = await seen.open(width=1280, height=800)
    await seen.bot.say(Reply(text="잘 지냈어요?", buttons=((Button("네", "yes"), Button("아니요", "no")),)))
    await page.keyboard.type("네, 잘 지냈어요")  # the field has the focus from the start
    await page.keyboard.press("Enter")
    await seen.heard(1)
    await seen.settled(3)
    await page.evaluate("document.querySelector('#log .line[tabindex=\"0\"]').focus()")
    await page.keyboard.press("Home")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Tab")
    assert await page.evaluate("document.activeElement.textContent") in ("네", "아니요")
    await page.keyboard.press("Enter")
    assert (await seen.heard(1, Kind.PRESS))[0].press in ("yes", "no")
    await page.keyboard.press("Escape")
    await page.keyboard.press("End")
    await page.keyboard.press("ArrowUp")
    await page.keyboard.press("Enter")
    await page.wait_for_selector("#menu:not([hidden])")
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")
    assert await page.input_value("#words") == "네, 잘 지냈어요"
    await page.keyboard.press("Escape")
    assert await page.input_value("#words") == ""


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_everything_has_a_name_and_can_be_read(seen: Seen, scheme: str) -> None:
    page = await seen.open(color_scheme=scheme)
    await tell_story(seen.bot)
    await page.wait_for_selector(".scribble")
    unnamed = await page.evaluate("""() => [...document.querySelectorAll("button, a, input:not([hidden]), textarea")]
      .filter(n => n.checkVisibility() && !(n.ariaLabel || n.innerText?.trim() || n.title)).map(n => n.outerHTML.slice(0, 120))""")
    assert unnamed == []
    assert await page.locator("img:not([alt])").count() == 0
    assert (
        await page.get_attribute("#log", "role") == "log" and await page.get_attribute("#log", "aria-live") == "polite"
    )
    poor = await page.evaluate("""() => {
      const pen = Object.assign(document.createElement("canvas"), {width: 1, height: 1}).getContext("2d", {willReadFrequently: true});
      const rgba = (colour) => { pen.clearRect(0, 0, 1, 1); pen.fillStyle = colour; pen.fillRect(0, 0, 1, 1); return [...pen.getImageData(0, 0, 1, 1).data]; };
      const light = (c) => c.slice(0, 3).map(v => v / 255).map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4).reduce((s, v, i) => s + v * [0.2126, 0.7152, 0.0722][i], 0);
      const behind = (n) => { for (; n; n = n.parentElement) { const c = rgba(getComputedStyle(n).backgroundColor); if (c[3] > 200) return c; } return [255, 255, 255, 255]; };
      const found = [];
      for (const n of document.querySelectorAll("p, time, b, h1, h2, button, .day span, .name, .stars span, .quoted span")) {
        if (!n.checkVisibility() || !n.innerText?.trim()) continue;
        const [a, b] = [light(rgba(getComputedStyle(n).color)), light(behind(n))];
        const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
        if (ratio < 4.5) found.push([n.className || n.tagName, n.innerText.slice(0, 20), ratio.toFixed(2)]);
      }
      return found;
    }""")
    assert poor == []


async def test_a_finger_slides_a_line_to_answer_it(seen: Seen) -> None:
    page = await seen.open(has_touch=True, is_mobile=True)
    await seen.bot.say(Reply(text="오늘 제일 좋았던 순간은요?"))
    await seen.settled(1)
    box = await page.locator(".line.anna .bubble").bounding_box()
    finger = await seen.context.new_cdp_session(page)
    x, y = box["x"] + 20, box["y"] + 10
    await finger.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
    for step in range(1, 9):
        await finger.send(
            "Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [{"x": x + 12 * step, "y": y}]}
        )
    await finger.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    await page.wait_for_selector("#context:not([hidden])")
    assert "오늘 제일 좋았던 순간은요?" in await page.inner_text("#context")


async def test_the_secret_opens_the_page_elsewhere(browser: Any) -> None:
    bot = WebBot("ko", Web(host="0.0.0.0", port=0, secret=SecretStr("고양이")))
    await bot.start()
    context = await browser.new_context(locale="ko-KR")
    try:
        page = await context.new_page()
        await page.goto(bot.platform.address.replace("0.0.0.0", "127.0.0.1"))
        await page.fill("#secret", "강아지")
        await page.press("#secret", "Enter")
        await page.wait_for_selector(".problem:not(:empty)")
        await page.fill("#secret", "고양이")
        await page.press("#secret", "Enter")
        await page.wait_for_selector("#app[data-ready=yes]")
        await page.fill("#words", "들어왔다")
        await page.press("#words", "Enter")
        await page.wait_for_selector(".line.anna")
        await context.clear_cookies()  # the session ran out
        for one in tuple(bot.platform._pages):
            one.socket._req.transport.abort()  # type: ignore[union-attr]
        await page.wait_for_selector("#secret")
    finally:
        await context.close()
        await bot.platform.stop()
