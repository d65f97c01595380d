"""Whoever just says hello, good night or thank you is answered; what tells of a day is a day."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.entities import Step


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
