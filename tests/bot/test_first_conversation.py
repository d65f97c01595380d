"""The first conversation: each of its steps may run again after a crash, and a name is not a day."""

from datetime import timedelta

import pytest
from PIL import Image

from bot import callback, conversation, hearing, pages
from bot.commands import delete
from bot.naming import name_in, tells_a_day
from bot.terminal import Terminal
from core import service
from core.entities import Purpose, Step
from tests.bot.test_conversation import introduced
from tests.fakes.in_process import Chat


@pytest.fixture
async def chat(tmp_path):
    chat = await Chat.open(tmp_path)
    hears = chat.hears

    async def hears_and_notes(message):
        chat.newest = message
        return await hears(message)

    chat.hears = hears_and_notes
    yield chat
    await chat.close()


async def again(chat):
    """The steps of the newest message run once more, as after a kill: nothing changes on the screen or off it."""
    before = await state(chat)
    await chat.steps(chat.newest)
    assert await state(chat) == before


async def state(chat):
    person = await chat.person()
    lines = await chat.house.store.lines(person.id)
    return person, [(line.summary, line.date) for line in lines], chat.reads()


async def said_again(chat):
    """What the step says where the crash came before it could say anything."""
    return (await conversation.told(chat.house, await chat.person(), chat.newest)).replies


async def test_every_step_of_the_first_conversation_may_run_again(chat):
    await chat.says("오늘 처음 써 본다")
    await again(chat)
    await chat.presses("글과 사진 간직하기")
    await again(chat)
    await chat.presses("이대로 계속")
    await again(chat)
    assert "뭐라고 부르면" in (await said_again(chat))[-1].text
    await chat.says("지우")
    await again(chat)
    assert "지우" in (await said_again(chat))[-1].text
    person = await chat.person()
    assert (person.name, person.introduction, person.step) == ("지우", "", Step.INTRODUCTION)
    await chat.says("고양이 둘이랑 살아요")
    await again(chat)
    assert "지우" in (await said_again(chat))[-1].text
    person = await chat.person()
    assert (person.introduction, person.step) == ("고양이 둘이랑 살아요", Step.DONE)
    assert await chat.house.store.entry_count(person.id) == 1
    await chat.says("저녁에 걸었다")
    await again(chat)
    assert await chat.house.store.entry_count(person.id) == 2


async def test_skipping_may_run_again(chat):
    await introduced(chat)
    await again(chat)
    assert "지우" in (await said_again(chat))[-1].text


async def test_a_backdated_line_stays_on_its_day(chat, monkeypatch):
    person = await introduced(chat)
    await chat.says("/yesterday")
    label = [button.text for button in chat.screen.replies()[-1].buttons[0]][1]
    await chat.presses(label)
    await again(chat)
    save_entry, saved = chat.house.store.save_entry, []

    async def killed(entry):
        if not saved:
            saved.append(entry)
            raise ConnectionError("killed")
        await save_entry(entry)

    monkeypatch.setattr(chat.house.store, "save_entry", killed)
    with pytest.raises(ConnectionError):
        await chat.says("그제는 바다에 갔다")
    await chat.steps(chat.newest)
    await again(chat)
    days = {line.summary: line.date for line in await chat.house.store.lines(person.id)}
    assert days["그제는 바다에 갔다"] == chat.house.today(person) - timedelta(days=2)
    assert (await chat.person()).awaiting == ""


async def test_a_composition_is_switched_once(chat):
    await introduced(chat)
    await chat.says("/anna")
    await chat.presses("담을 것")
    await chat.presses("위로")
    await again(chat)
    assert (await chat.person()).anna.composition == ("comfort",)
    await chat.presses("위로")
    await again(chat)
    assert (await chat.person()).anna.composition == ()
    for row in chat.screen.replies()[-1].buttons:
        for button in row:
            assert len(button.press.encode()) <= callback.LIMIT_BYTES


@pytest.mark.parametrize(
    "line, name",
    [
        ("하은", "하은"), ("Mary Ann", "Mary Ann"), ("김아라", "김아라"), ("Sam", "Sam"), ("김바다", "김바다"), ("별이", "별이"),
        ("저는 지우예요", "지우"), ("지우예요", "지우"), ("지우라고 불러줘", "지우"), ("하은이라고 불러 주세요.", "하은"),
        ("제 이름은 지우입니다", "지우"), ("난 하은이야", "하은"), ("Call me Sam", "Sam"), ("my name is sam", "sam"),
        ("My name is Sam", "Sam"), ("I'm Sam", "Sam"), ("Hi, I'm Mary Ann!", "Mary Ann"), ("Mary Ann Lee", "Mary Ann Lee"),
        ("오늘 너무 힘들었어", ""), ("너무 힘들다", ""), ("힘들었어", ""), ("피곤하다", ""), ("피곤해요", ""), ("힘들어", ""),
        ("저는 힘들어요", ""), ("회사에서 울었음", ""), ("I'm tired", ""), ("I'm so tired", ""), ("so tired", ""),
        ("Had a bad day", ""), ("What a day!", ""), ("today", ""), ("비가 왔네", ""), ("강아지랑 산책함", ""), ("", ""), ("🥱😭", ""), ("🐻 곰돌", "🐻 곰돌"),
    ],
)  # fmt: skip
def test_a_name_is_told_from_a_day(line, name):
    assert name_in(line) == name


async def test_a_short_day_is_a_diary_line_and_the_name_is_asked_for_again(chat):
    await chat.says("첫 줄")
    await chat.presses("이대로 계속")
    for n, line in enumerate(["오늘 너무 힘들었어", "사라지고 싶다"], 2):
        await chat.says(line)
        person = await chat.person()
        assert (person.name, person.step) == ("", Step.NAME)
        assert await chat.house.store.entry_count(person.id) == n
    await chat.says("저는 지우예요")
    assert (await chat.person()).name == "지우"


ABOUT = (
    "고양이 둘이랑 살아요", "서울 사는 대학생", "저는 30대 직장인이에요", "나는 불안이 많은 사람이에요", "혼자 살고 있어요", "새벽형 인간이에요",
    "I'm a nurse and I love cats", "a tired mom of three", "I work nights at a hospital", "I'm 34, married with two kids",
)  # fmt: skip
DAYS = (
    "😭😭🍜", "오늘 너무 힘들었다", "피곤해 죽겠다", "발표 망쳤어", "잠이 안 온다", "집에 가고 싶다", "친구랑 떡볶이 먹고 산책했다", "저는 너무 힘들어요",
    "I could not sleep at all, so tired", "Had a fight with my boss", "i worked all night", "my day was fine",
)  # fmt: skip


def test_a_word_about_oneself_is_told_from_a_day():
    assert [line for line in ABOUT if tells_a_day(line)] == []
    assert [line for line in DAYS if not tells_a_day(line)] == []


async def test_a_day_told_in_place_of_an_introduction_is_an_entry(chat):
    await chat.says("첫 줄")
    await chat.presses("이대로 계속")
    await chat.says("지우")
    await chat.says("잠을 한숨도 못 잤다")
    await again(chat)
    person = await chat.person()
    assert (person.introduction, person.step, person.awaiting) == ("", Step.DONE, "")
    assert await chat.house.store.entry_count(person.id) == 2
    assert "이제 다 됐어요, 지우님" in chat.screen.replies()[-1].text
    await chat.says("저녁에 걸었다")
    assert sum("이제 다 됐어요" in reply.text for reply in chat.screen.replies()) == 1


async def test_the_name_is_asked_for_twice_at_most_and_below_the_music(chat):
    await chat.says("첫 줄")
    await chat.presses("이대로 계속")
    await chat.says("오늘 너무 힘들었어")
    await again(chat)
    *_, music, asked = chat.screen.replies()
    assert music.audio and "뭐라고 부르면" in asked.text
    await chat.says("점심은 맛있었다")
    await again(chat)
    assert (await chat.person()).step is Step.DONE
    assert "/profile" in chat.screen.replies()[-1].text
    await chat.says("저녁에 걸었다")
    assert sum("뭐라고 부르면" in reply.text for reply in chat.screen.replies()) == 2


async def test_who_did_not_choose_keeping_is_told_and_may_by_one_press(chat):
    await chat.says("첫 줄")
    await chat.presses("이대로 계속")
    told = next(reply for reply in chat.screen.replies() if "24시간 뒤에 지워져요" in reply.text)
    await chat.press(told.buttons[0][0], "")
    assert (await chat.person()).consents == {Purpose.STORING}
    await chat.says("지우")
    assert (await chat.person()).name == "지우"


async def test_a_name_need_not_be_told(chat):
    await chat.says("첫 줄")
    await chat.presses("이대로 계속")
    await chat.presses("건너뛸게요")
    await again(chat)
    person = await chat.person()
    assert (person.name, person.step) == ("", Step.DONE)
    assert chat.screen.replies()[-1].text.startswith("이제 다 됐어요.")


def terminal_of(chat, user="me"):
    class Inbox:
        async def keep(self, message):
            return await chat.hears(message)

    return Terminal(chat.house.settings, chat.house.store, chat.house.media, Inbox(), user)


async def test_the_command_line_leaves_the_introduction_to_the_chat(chat):
    await terminal_of(chat).write("터미널에서 쓴 줄")
    person = await chat.person()
    assert (person.step, person.consents) == (Step.NEW, {Purpose.STORING})
    assert "정식으로 인사할게요" not in chat.reads()
    await chat.says("웹에서 쓴 줄")
    assert "정식으로 인사할게요" in chat.reads()
    assert (await chat.person()).step is Step.CONSENT
    await terminal_of(chat, "sam").write("another line")
    sam = await chat.house.store.person_of("web", "sam")
    assert (sam.step, sam.name, sam.consents) == (Step.DONE, "sam", {Purpose.STORING})


async def test_the_command_line_never_takes_a_refusal_back(chat):
    await chat.says("/privacy")
    await chat.presses("글과 사진 간직하기")
    await chat.presses("글과 사진 간직하기")
    assert (await chat.person()).step is Step.NEW
    await terminal_of(chat).write("터미널에서 쓴 줄")
    assert (await chat.person()).consents == frozenset()


async def test_a_photo_by_hand_is_looked_at_once_and_nothing_is_granted(chat, tmp_path, monkeypatch):
    seen = []
    understander = service.service().workshop.understander
    understand = understander.understand

    def watched(text, photo, language, **more):
        seen.append(photo is not None)
        return understand(text, None, language, **more)

    monkeypatch.setattr(understander, "understand", watched)
    path = tmp_path / "me.png"
    Image.new("RGB", (64, 64), "white").save(path)
    await terminal_of(chat).write("나야", photo=path)
    assert seen == [True] and Purpose.FACE not in (await chat.person()).consents
    await chat.says("웹에서 보낸 사진", attachments=(await chat.photo(path.read_bytes(), "image/png"),))
    assert seen == [True, False]


@pytest.mark.parametrize("month", ["9999-12", "0001-01", "1899-12"])
async def test_a_month_out_of_reach_is_asked_for_again(chat, month):
    await introduced(chat)
    await chat.says(f"/calendar {month}")
    assert "어느 달인지" in chat.screen.replies()[-1].text


async def test_the_first_month_of_all_has_none_before_it(chat):
    await introduced(chat)
    await chat.says("/calendar 1900-01")
    assert [button.text for row in chat.screen.replies()[-1].buttons for button in row] == ["1900년 2월 ▶"]


async def test_a_command_that_we_stumble_over_is_no_diary_entry(chat, monkeypatch):
    person = await introduced(chat)

    async def stumbles(*_args):
        raise OverflowError("date value out of range")

    monkeypatch.setattr(conversation, "told", stumbles)
    monkeypatch.setattr(hearing, "ATTEMPTS_TO_TELL", 1)
    await chat.says("/calendar 2026-11")
    assert await chat.house.store.entry_count(person.id) == 1
    await chat.says("/죽고 싶어")
    await chat.says("/yesterday 어제는 걸었다")
    assert await chat.house.store.entry_count(person.id) == 3


async def test_a_day_with_only_a_hard_line_says_that_it_is_there(chat):
    person = await introduced(chat)
    yesterday = chat.house.today(person) - timedelta(days=1)
    await chat.says("죽고 싶어", entry_date=yesterday)
    said = (await pages.day_page(chat.house, await chat.person(), yesterday)).replies
    assert len(said) == 1 and "덮어 두었어요" in said[0].text and "죽고" not in said[0].text
    await chat.press(said[0].buttons[0][0], "")
    assert "죽고 싶어" in chat.screen.replies()[-1].text


async def test_taking_back_a_hard_line_does_not_quote_it(chat):
    await introduced(chat)
    await chat.says("죽고 싶어")
    await chat.says("/undo")
    last = chat.screen.replies()[-1]
    assert "거두었어요" in last.text and "죽고" not in last.text
    assert last.buttons


async def test_deleting_an_entry_may_run_again(chat, monkeypatch):
    person = await introduced(chat)
    await chat.says("/calendar")
    await chat.says("/history")
    await chat.presses("1")
    await chat.presses("지우기")
    withdraw_about = delete.withdraw_about

    async def killed(*_args):
        raise ConnectionError("killed")

    monkeypatch.setattr(delete, "withdraw_about", killed)
    with pytest.raises(ConnectionError):
        await chat.presses("지우기")
    monkeypatch.setattr(delete, "withdraw_about", withdraw_about)
    await chat.steps(chat.newest)
    await again(chat)
    assert await chat.house.store.entry_count(person.id) == 0
    assert not any(reply.slot.startswith("calendar.") for reply in chat.screen.replies())
    assert chat.screen.replies()[-1].text == "지웠어요."


async def test_who_did_not_consent_to_storing_is_nameless_a_day_later(chat):
    await chat.says("첫 줄")
    await chat.presses("이대로 계속")
    await chat.says("/anna")
    await chat.presses("말투")
    await chat.presses("장난스럽게")
    await chat.says("지우")
    await chat.says("고양이 둘이랑 살아요")
    delete_unconsented = chat.house.store.delete_unconsented
    await delete_unconsented(chat.at - timedelta(minutes=5))
    assert (await chat.person()).name == "지우"
    await delete_unconsented(chat.at + timedelta(minutes=5))
    person = await chat.person()
    assert (person.name, person.introduction, person.step) == ("", "", Step.DONE)
    assert (person.anna.attitude, person.language) == ("playful", "ko")


async def test_a_name_stays_with_who_consented_to_storing(chat):
    await introduced(chat)
    await chat.house.store.delete_unconsented(chat.at + timedelta(minutes=5))
    assert (await chat.person()).name == "지우"
