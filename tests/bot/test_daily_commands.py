"""The small commands of every day: what today holds, a mood in two taps, yesterday, deleting, and what is said about keeping."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from bot import callback, commands
from core.emotion.language import guess_language
from core.entities import EMOTIONS, Kind, Step
from core.phrases import catalogue, say
from core.ports import Forgotten, NotFound
from core.safety.crisis import check_safely
from tests.bot.test_conversation import introduced
from tests.fakes.in_process import Chat


@pytest.fixture
async def chat(tmp_path):
    chat = await Chat.open(tmp_path)
    chat.all_shown = []
    send, edit = chat.screen.send, chat.screen.edit

    async def noted(sending, show):
        chat.all_shown.append(sending.reply)
        return await show(sending)

    chat.screen.send = lambda sending: noted(sending, send)
    chat.screen.edit = lambda sending: noted(sending, edit)
    yield chat
    for reply in chat.all_shown:
        for row in reply.buttons:
            assert all(len(button.press.encode()) <= callback.LIMIT_BYTES for button in row)
    await chat.close()


def last(chat):
    return chat.screen.replies()[-1]


# --- today ---------------------------------------------------------------------------------------


async def test_today_invites_while_it_is_empty_and_then_shows_what_it_holds(chat):
    await introduced(chat)
    chat.at += timedelta(days=1)
    await chat.says("/today")
    assert "아직 비어 있어요" in last(chat).text
    await chat.presses("기분만 남기기")
    assert "어느 얼굴" in last(chat).text
    await chat.says("강아지랑 걸었다")
    await chat.says("/today")
    entry = next(reply for reply in reversed(chat.screen.replies()) if "강아지랑 걸었다" in reply.text)
    assert entry.picture and entry.text.startswith("📖")
    assert "오늘 처음 써 본다" not in entry.text


# --- mood ----------------------------------------------------------------------------------------


async def test_a_mood_in_two_taps_is_one_entry_however_often_it_is_pressed(chat):
    person = await introduced(chat)
    count = await chat.house.store.entry_count(person.id)
    await chat.says("/mood")
    faces_id, faces = list(chat.screen.shown.items())[-1]
    assert [button.text for button in faces.buttons[0]] == ["😢", "😟", "😐", "🙂", "😄"]
    await chat.presses("🙂")
    slider = chat.screen.shown[faces_id]
    assert [button.text for button in slider.buttons[0]] == ["▁", "▃", "▅", "▆", "█"]
    await chat.presses("다른 표정")
    await chat.presses("😄")
    slider = chat.screen.shown[faces_id]
    for button in (slider.buttons[0][0], slider.buttons[0][0], slider.buttons[0][4]):
        await chat.press(button, faces_id)
    assert await chat.house.store.entry_count(person.id) == count + 1
    entry = await chat.house.store.latest_entry(person.id)
    assert entry.text == "기분: 😄 평온 · 기운 ●○○○○"
    assert chat.screen.shown[faces_id].text == f"적어 두었어요.\n{entry.text}"
    assert not chat.screen.shown[faces_id].buttons
    assert "알려 주신 마음: 평온" in chat.reads() and last(chat).audio
    assert (await chat.house.store.lines(person.id))[0].emotion == "calm"


async def test_a_mood_is_undone_and_deleted_like_any_entry(chat):
    person = await introduced(chat)
    await chat.says("/mood")
    page_id, _ = list(chat.screen.shown.items())[-1]
    await chat.presses("😢")
    button = chat.screen.shown[page_id].buttons[0][0]
    await chat.press(button, page_id)
    entry = await chat.house.store.latest_entry(person.id)
    await chat.house.store.purge_entry(entry.id)
    await chat.press(button, page_id)
    assert (await chat.house.store.latest_entry(person.id)).text == "오늘 처음 써 본다"
    for line in await chat.house.store.chat_log("web", "me", limit=1000):
        assert (line.message.text if line.message else "") != "/mood"


@pytest.mark.parametrize("language", ["ko", "en"])
def test_every_mood_is_a_plain_line_of_its_language(language):
    from bot.commands.mood import FACES, WORDS

    assert len(WORDS) == len(FACES) and {word for row in WORDS for word in row} <= set(EMOTIONS)
    for face, words in zip(FACES, WORDS, strict=True):
        for word in words:
            name = say(language, f"emotion.{word}")
            line = say(language, "mood.sentence", face=face, emotion=name, energy="●●○○○")
            assert check_safely(line).level == "none" and guess_language(line, default="?") == language


# --- yesterday -----------------------------------------------------------------------------------


async def test_words_after_yesterday_are_kept_for_yesterday_and_it_says_so(chat):
    person = await introduced(chat)
    yesterday = chat.house.today(person) - timedelta(days=1)
    await chat.says("/yesterday")
    assert "그냥 적으시면 어제" in last(chat).text
    await chat.says("어제는 종일 잤다")
    days = {line.summary: line.date for line in await chat.house.store.lines(person.id)}
    assert days["어제는 종일 잤다"] == yesterday
    said = [reply.text for reply in chat.screen.replies() if "일기로 적어 두었어요" in reply.text]
    assert len(said) == 1 and f"{yesterday.day}일" in said[0]
    await chat.says("이건 오늘 이야기")
    days = {line.summary: line.date for line in await chat.house.store.lines(person.id)}
    assert days["이건 오늘 이야기"] == yesterday + timedelta(days=1)
    await chat.says("/yesterday 또 어제 이야기")
    assert len([reply for reply in chat.screen.replies() if "일기로 적어 두었어요" in reply.text]) == 2


async def test_a_day_that_was_asked_for_long_ago_is_not_meant_any_more(chat):
    person = await introduced(chat)
    await chat.says("/yesterday")
    await chat.says("오늘 저녁 이야기", after_s=2 * 3600)
    entry = await chat.house.store.latest_entry(person.id)
    assert entry.date == chat.house.today(person) and (await chat.person()).awaiting == ""
    assert "일기로 적어 두었어요" not in chat.reads()


async def test_yesterday_in_the_middle_of_the_first_conversation_does_not_swallow_the_name(chat):
    await chat.says("첫 줄")
    await chat.presses("이대로 계속")
    await chat.says("/yesterday")
    await chat.says("어제는 바다에 갔다")
    await chat.says("지우")
    person = await chat.person()
    assert (person.name, person.step) == ("지우", Step.INTRODUCTION)


# --- editing -------------------------------------------------------------------------------------


async def test_after_an_edit_one_button_reads_it_again_and_that_is_said(chat):
    person = await introduced(chat)
    line = await chat.says("행복한 하루였다")
    await chat.says("너무 슬픈 하루였다", kind=Kind.EDIT, target=line)
    offer = last(chat)
    assert "고치기 전 그대로" in offer.text and offer.buttons[0][0].text == "다시 읽기"
    entry = await chat.house.store.latest_entry(person.id)
    assert await chat.house.store.analysis(entry.id, entry.revision) is None
    await chat.presses("다시 읽기")
    entry = await chat.house.store.latest_entry(person.id)
    assert await chat.house.store.analysis(entry.id, entry.revision) is not None


# --- deleting ------------------------------------------------------------------------------------


async def test_one_entry_is_chosen_named_and_deleted(chat):
    person = await introduced(chat)
    for n in range(6):
        await chat.says(f"{n}번째 이야기")
    await chat.says("/delete")
    await chat.presses("글 하나만")
    assert "1. " in last(chat).text and "5번째 이야기" in last(chat).text
    await chat.presses("더 예전")
    assert "0번째 이야기" in last(chat).text
    await chat.presses("1")
    assert "되돌릴 수 없어요" in last(chat).text
    before = {line.summary for line in await chat.house.store.lines(person.id)}
    await chat.presses("지우기")
    gone = before - {line.summary for line in await chat.house.store.lines(person.id)}
    assert gone == {"0번째 이야기"} and last(chat).text == "지웠어요."


async def test_everything_takes_two_questions_and_an_old_button_deletes_nothing(chat):
    person = await introduced(chat)
    await chat.says("/delete")
    await chat.presses("그대로 둘게요")
    assert last(chat).text == "그대로 두었어요."
    await chat.says("/delete")
    await chat.presses("모두 지울게요")
    page_id, page = list(chat.screen.shown.items())[-1]
    now = next(button for row in page.buttons for button in row if "모두 지워" in button.text)
    await chat.press(now, page_id, after_s=3600)
    assert (await chat.person()).id == person.id and "정말 모두 지울까요" in last(chat).text
    await chat.presses("네, 모두 지워 주세요")
    assert (await chat.person()).id != person.id and "모두 지웠어요" in last(chat).text
    with pytest.raises(Forgotten):
        await chat.house.store.person(person.id)


# --- what is said --------------------------------------------------------------------------------


async def test_privacy_answers_what_the_platforms_demand_and_names_commands_that_exist(chat):
    await introduced(chat)
    await chat.says("/privacy")
    text = chat.screen.replies()[-2].text
    for what in ("간직하는 것", "어디에", "얼마나", "누가 읽나요", "받기", "지우기", "암호화"):
        assert what in text


@pytest.mark.parametrize("language", ["ko", "en"])
def test_every_command_that_a_sentence_names_exists(language):
    known = set(commands.all_commands())
    for key, phrase in catalogue(language).items():
        if key.startswith(("web.", "doctor.")):
            continue
        named = set(re.findall(r"(?<![\w/.:])/([a-z]{3,})\b", phrase))
        assert named <= known, f"{key} names {named - known}"


@pytest.mark.parametrize("language", ["ko", "en"])
def test_every_command_is_described_shortly_enough_for_any_menu(language):
    for name in commands.all_commands():
        described = say(language, f"command.{name}")
        assert re.fullmatch(r"[a-z]{1,32}", name) and 3 <= len(described) <= 100


async def test_the_mood_page_of_a_deleted_message_is_not_found_kindly(chat):
    person = await introduced(chat)
    await chat.says("/mood")
    page_id, _page = list(chat.screen.shown.items())[-1]
    await chat.presses("😐")
    button = chat.screen.shown[page_id].buttons[0][2]
    await chat.press(button, page_id)
    entry = await chat.house.store.latest_entry(person.id)
    await chat.says("/undo")
    with pytest.raises(NotFound):
        await chat.house.store.entry(entry.id)
    await chat.press(button, page_id)
    assert "E-" in last(chat).text
