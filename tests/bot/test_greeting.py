"""Whoever just says hello, good night or thank you is answered; what tells of a day is a day."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot import greeting
from core.entities import Step
from tests.fakes.in_process import as_text


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("안녕", "안녕하세요, 저는 안나예요"), ("안녕하세요!", "안녕하세요, 저는 안나예요"), ("하이 ㅎㅎ", "안녕하세요, 저는 안나예요"),
        ("안나야 안녕~", "안녕하세요, 저는 안나예요"), ("hi", "Hello, I'm Anna"), ("Hey Anna 👋", "Hello, I'm Anna"), ("good evening!", "Hello, I'm Anna"),
    ],
)  # fmt: skip
async def test_a_first_hello_is_said_back_and_nothing_is_made_of_it(chat, line, said):
    await chat.says(line)
    assert said in chat.reads()
    person = await chat.person()
    assert person.step is Step.NEW and not await chat.house.store.every_entry(person.id)
    await chat.says("오늘은 조용했다" if said.startswith("안") else "a quiet day")
    assert any(reply.picture for reply in chat.screen.replies())


@pytest.mark.parametrize(("name", "said"), [("지우", "지우님, 다시 만나 반가워요."), ("", "\n다시 만나 반가워요.")])
@pytest.mark.parametrize("line", ["안녕 안나", "/start"])
async def test_a_friend_is_asked_how_their_day_was(chat, name, said, line):
    person = await chat.person()
    await chat.house.store.change_person(person.id, lambda now: replace(now, step=Step.DONE, name=name))
    await chat.says(line)
    assert said in "\n" + chat.reads() and not await chat.house.store.every_entry(person.id)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("잘 자 안나", "잘 자요, 지우님."), ("나 잘게~", "잘 자요, 지우님."), ("굿나잇", "잘 자요, 지우님."), ("고마워 안나", ""), ("감사합니다 🙏", ""), ("땡큐!", ""),
        ("?", "/today"), ("??", "/today"), ("stop", "/today"), ("메뉴", "/today"),
    ],
)  # fmt: skip
async def test_what_is_said_to_her_is_no_day(chat, line, said):
    person = await chat.person()
    await chat.house.store.change_person(person.id, lambda now: replace(now, step=Step.DONE, name="지우"))
    await chat.says(line)
    (reply,) = chat.screen.replies()
    assert said in reply.text and (said or "고마" in reply.text or "고맙" in reply.text or "힘이" in reply.text)
    assert not await chat.house.store.every_entry(person.id)


@pytest.mark.parametrize("line", ["건너뛸게요", "패스", "skip this", "No, thanks", "Rather not"])
async def test_who_would_rather_not_say_is_not_called_so(chat, line):
    await chat.says("오늘은 조용했다")
    await chat.presses("이대로 계속")
    await chat.says(line)
    person = await chat.person()
    assert (person.name, person.introduction, person.step) == ("", "", Step.DONE) and "이제 다 됐어요" in chat.reads()


@pytest.mark.parametrize(
    "line",
    [
        "안녕이라고 말하지 못했다",
        "안녕 오늘은 힘들었어",
        "hi, I had a bad day",
        "하이킹 다녀옴",
        "👋",
        "반가운 사람을 만났다",
        "잘 자고 일어났다",
        "엄마가 고마웠다",
        "왜?",
    ],
)
async def test_whatever_else_is_told_is_a_day(chat, line):
    await chat.says(line)
    (entry_id,) = await chat.house.store.every_entry((await chat.person()).id)
    assert (await chat.house.store.entry(entry_id)).text == line


KO_LINES = (
    "안녕", "안나야 안녕~", "좋은 아침", "잘 있어요", "이제 안녕", "안녕히 계세요", "바이바이", "ㅂㅂ", "이제 잘게요", "나 먼저 잘게", "다들 잘 자",
    "정말 고마워요", "고마웠어요", "고마워요 안녕", "네, 고마워요. 잘 자요",
)  # fmt: skip
EN_LINES = (
    "hi", "goodbye", "Bye anna!", "ok bye", "see you", "farewell", "good night anna", "thank you so much", "thanks, good night",
)  # fmt: skip


@pytest.mark.parametrize("before", ["죽고 싶다", "오늘 밤에 약 다 먹고 죽을 거야"])
@pytest.mark.parametrize("line", [*KO_LINES, *EN_LINES])
async def test_after_a_crisis_line_nothing_cheerful_is_said_back_but_where_help_is(chat, before, line):
    person = await chat.person()
    await chat.house.store.change_person(person.id, lambda now: replace(now, step=Step.DONE, name="지우"))
    await chat.says(before)
    entries, said = await chat.house.store.every_entry(person.id), len(chat.screen.replies())
    await chat.says(line)
    (reply,) = chat.screen.replies()[said:]
    english = line in EN_LINES
    assert reply.text.startswith("These people listen" if english else "이야기를 들어 주는 곳이에요"), reply.text
    assert "tel:109" in as_text(reply) and reply.must_arrive
    assert await chat.house.store.every_entry(person.id) == entries


@pytest.mark.parametrize("line", ["안녕", "고마워요", "잘 자요"])
async def test_so_it_is_for_a_newcomer_whose_first_line_it_was(chat, line):
    await chat.says("죽고 싶다")
    await chat.says(line)
    assert chat.screen.replies()[-1].text.startswith("이야기를 들어 주는 곳이에요")


async def test_once_it_is_over_a_hello_is_a_hello_again_and_help_was_help_all_the_while(chat):
    person = await chat.person()
    await chat.house.store.change_person(person.id, lambda now: replace(now, step=Step.DONE, name="지우"))
    await chat.says("죽고 싶다")
    await chat.says("?")
    assert "/today" in chat.screen.replies()[-1].text
    await chat.says("안녕", after_s=73 * 3600)
    assert "다시 만나 반가워요" in chat.screen.replies()[-1].text


@pytest.mark.parametrize(
    "line",
    ["안녕이라고 말하지 못했다", "고마운 사람을 만났다", "said goodbye to a friend at the station", "나는 잘 지내요"],
)
async def test_a_day_told_after_a_crisis_line_is_a_day(chat, line):
    person = await chat.person()
    await chat.house.store.change_person(person.id, lambda now: replace(now, step=Step.DONE, name="지우"))
    await chat.says("죽고 싶다")
    before = await chat.house.store.entry_count(person.id)
    await chat.says(line)
    assert await chat.house.store.entry_count(person.id) == before + 1


@pytest.mark.parametrize("line", ["bye", "잘 있어", "고마워요 안녕"])
async def test_with_nothing_before_it_a_goodbye_is_a_line_like_any_other(chat, line):
    await chat.says(line)
    (entry_id,) = await chat.house.store.every_entry((await chat.person()).id)
    assert (await chat.house.store.entry(entry_id)).text == line


def test_who_looks_for_calm_can_ask_whether_a_line_only_greets():
    assert all(map(greeting.only_greets, (*KO_LINES, *EN_LINES)))
    assert not any(map(greeting.only_greets, ("오늘은 산책을 했다", "안녕 오늘은 힘들었어", "", "help", "?", "/start")))
