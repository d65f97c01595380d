"""Anna's voice and a voice note on the whole way: two processes, real espeak-ng, a core that dies meanwhile."""

import asyncio

import pytest

from tests.fakes.house_process import HouseProcess, Page
from tests.fakes.openai_server import KEY, OpenAIServer
from tests.fakes.voices import spoken_note


@pytest.fixture
def house(tmp_path):
    house = HouseProcess(tmp_path / "data", {"EMOSEUM_SPEECH__SPEAKER": "espeak", "EMOSEUM_WORK__JOIN_S": "0"})
    yield house
    house.stop()


def spoken(lines):
    return [line for line in lines if line.get("audio_title") == "안나의 목소리"]


def pictures(lines):
    return [line for line in lines if line.get("picture") and not line.get("progress")]


async def press(page, line, label):
    button = next(button for row in line["buttons"] for button in row if label in button["text"])
    await page.send(kind="press", press=button["press"], target=line["id"])


async def test_she_reads_aloud_though_the_core_dies_and_words_follow_a_voice_note(house):
    page = Page(house)
    house.start("core")
    house.start("bot")
    await page.send("오늘 강아지랑 걸었다")
    lines = await page.until(lambda lines: pictures(lines) and any(line.get("audio") for line in lines))
    house.kill("core")
    await press(page, pictures(lines)[0], "들려주기")
    house.start("core")
    lines = await page.until(spoken)
    assert len(spoken(lines)) == 1
    await press(page, pictures(lines)[0], "들려주기")  # spoken before: at once, and without the core
    await page.until(lambda lines: len(spoken(lines)) == 2)

    status, _line = await page.post(files=[("note.wav", spoken_note())])
    assert status == 200
    await page.until(lambda lines: any("음성을 글로 옮길 수 없어서" in line["text"] for line in lines))
    await page.send("바다에 다녀왔다")
    lines = await page.until(lambda lines: len(pictures(lines)) == 2)
    assert not any("음성을 글로 옮길 수 없어서" in line["text"] for line in lines)


@pytest.fixture
async def ear():
    server = await OpenAIServer(says="오늘 바다에 갔어").start()
    yield server
    await server.stop()


async def test_what_was_heard_waits_through_a_kill_and_what_nobody_heard_is_heard_by_the_next_core(tmp_path, ear):
    house = HouseProcess(
        tmp_path / "data",
        {
            "EMOSEUM_SPEECH__TRANSCRIBER": "openai", "EMOSEUM_OPENAI__BASE_URL": ear.base_url, "EMOSEUM_OPENAI__API_KEY": KEY,
            "EMOSEUM_SPEECH__CONFIRM_S": "6", "EMOSEUM_SPEECH__LATE_EVERY_S": "0.1", "EMOSEUM_WORK__JOIN_S": "0",
            "EMOSEUM_ENGINES__COMMENTER": "embedded",
        },
    )  # fmt: skip
    page = Page(house)
    house.start("core")
    house.start("bot")
    try:
        await page.send("오늘 강아지랑 걸었다")
        lines = await page.until(
            lambda lines: any("⬜" in str(line.get("buttons")) for line in lines) and pictures(lines)
        )
        consents = next(line for line in lines if "⬜" in str(line.get("buttons")))
        cloud = next(button for row in consents["buttons"] for button in row if "|cloud|" in button["press"])
        await page.send(kind="press", press=cloud["press"], target=consents["id"])
        await page.until(lambda lines: any("✅" in str(line.get("buttons")) for line in lines))

        ear.behaves = "500"
        await page.post(files=[("note.wav", spoken_note())])
        await page.until(lambda lines: any("음성을 글로 옮길 수 없어서" in line["text"] for line in lines))
        house.kill("core")
        house.start("core")  # while the ear is away still: that round is over, the next one asks again
        while house.log.read_text().count("nobody listens") < 2:
            await asyncio.sleep(0.1)
        await asyncio.sleep(1.0)
        ear.behaves = "well"
        house.kill("core")
        house.start("core")
        lines = await page.until(lambda lines: any("그때는 듣지 못했던" in line["text"] for line in lines))
        late = next(line for line in lines if "그때는 듣지 못했던" in line["text"])
        await press(page, late, "담기")
        await page.until(lambda lines: len(pictures(lines)) == 2)

        await page.post(files=[("note.wav", spoken_note(3))])
        lines = await page.until(lambda lines: any("이렇게 들었어요" in line["text"] for line in lines))
        house.kill("bot")
        house.start("bot")
        lines = await page.until(lambda lines: len(pictures(lines)) == 3)
        assert not any("이렇게 들었어요" in line["text"] for line in lines)
        assert sum("이렇게 담았어요" in line["text"] for line in lines) == 2 and len(ear.heard) == 2
    finally:
        house.stop()
