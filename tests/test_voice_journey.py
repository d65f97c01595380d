"""Anna's voice and a voice note on the whole way: two processes, real espeak-ng, a core that dies meanwhile."""

import pytest

from tests.fakes.house_process import HouseProcess, Page
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
