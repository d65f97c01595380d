"""Care for somebody who may be in danger, as they see it."""

import asyncio
import base64
import inspect
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest

from bot import answering, care, hearing
from bot.commands import all_commands
from core import service, stages
from core.engines import Commenter
from core.entities import Kind, Level, Safety, SendState
from core.ports import Unanswered
from tests.bot.test_conversation import introduced
from tests.fakes.in_process import as_text

HOUR_S = 3600.0
PHOTO = base64.b64decode(  # one grey pixel
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg=="
)


def listening(monkeypatch):
    """What Anna is asked from now on: gently or not."""
    asked = []

    class Listening(Commenter):
        async def talk(self, *args, gentle=False, felt=""):
            asked.append(gentle)
            return await super().talk(*args, gentle=gentle, felt=felt)

        async def comment(self, *args, gentle):
            asked.append(gentle)
            return await super().comment(*args, gentle=gentle)

    workshop = service.service().workshop
    monkeypatch.setattr(service.service(), "workshop", replace(workshop, commenter=Listening(workshop.settings)))
    return asked


@pytest.mark.parametrize(
    ("hint", "line", "said"),
    [("en", "나 진짜 죽고 싶어", "저는 AI예요"), ("ko", "I want to kill myself tonight", "I'm an AI")],
)
async def test_a_first_line_in_danger_is_answered_in_its_own_language(chat, hint, line, said):
    chat.language = hint
    await chat.says(line)
    assert said in chat.reads(), chat.reads()


async def test_only_calm_lines_end_it_and_commands_photos_and_nods_do_not(chat):
    person = await introduced(chat)
    await chat.says("죽고 싶다")
    photo = await chat.photo(PHOTO)
    for n in range(2):
        await chat.says("/care", after_s=2 * HOUR_S)
        await chat.says("응", after_s=2 * HOUR_S)
        await chat.says("", after_s=2 * HOUR_S, attachments=(photo,))
        state = await chat.house.store.safety_state(person.id)
        assert state is not None and state.calm_signals == 0, n
    await chat.says("오늘은 산책을 했다", after_s=2 * HOUR_S)
    assert await chat.house.store.safety_state(person.id) is not None
    await chat.says("저녁에는 국수를 먹었다", after_s=2 * HOUR_S)
    assert await chat.house.store.safety_state(person.id) is None


class Slow:
    """A store whose every answer takes a moment, longest for the task of that name."""

    def __init__(self, store, slow):
        self.store, self.slow = store, slow

    def __getattr__(self, name):
        found = getattr(self.store, name)
        if not inspect.iscoroutinefunction(found):
            return found

        async def later(*args, **kwargs):
            answer = await found(*args, **kwargs)
            await asyncio.sleep(0.05 if asyncio.current_task().get_name() == self.slow else 0)
            return answer

        return later


@pytest.mark.parametrize("slow", ["calm", "crisis"])
async def test_a_calm_line_read_beside_a_crisis_line_does_not_end_what_that_begins(chat, monkeypatch, slow):
    """In two chats of a person who is one calm line away from the end of what came before."""
    person = await introduced(chat)
    await chat.says("죽고 싶다")
    await chat.says("오늘은 산책을 했다", after_s=2 * HOUR_S)
    assert (await chat.house.store.safety_state(person.id)).calm_signals == 1
    chat.at += timedelta(hours=2)
    guards = []
    for name, words in (("calm", "저녁에는 국수를 먹었다"), ("crisis", "오늘 밤에 약 먹고 죽을 거야")):
        line = replace(chat._message(f"m-{name}", text=words), chat_id=f"room {name}")
        await chat.house.store.keep_with(line, lambda connection, person_id: None)
        guards.append((hearing.guard(line), name))
    monkeypatch.setattr(chat.house, "store", Slow(chat.house.store, slow))
    await asyncio.gather(*(asyncio.create_task(guard, name=name) for guard, name in guards))
    state = await chat.house.store.safety_state(person.id)
    assert state is not None and (state.level, state.since) == (Level.IMMINENT, chat.at)


@pytest.mark.parametrize("meanwhile", [(), ("오늘은 산책을 했다",) * 3, ("다시 죽고 싶다",)])
async def test_a_promised_follow_up_comes_once_whatever_is_said_meanwhile(chat, meanwhile):
    await introduced(chat)
    await chat.says("죽고 싶다")
    await chat.presses("괜찮")
    await chat.presses("내일 물어봐")
    for line in meanwhile:
        await chat.says(line, after_s=1.5 * HOUR_S)
    sent = chat.screen.sent
    await care.follow_up(chat.house, await chat.person())
    assert chat.screen.sent == sent  # not today
    chat.at += timedelta(hours=40)  # past tomorrow's morning, whatever the hour is now
    for _ in range(2):
        await care.follow_up(chat.house, await chat.person())
    assert chat.screen.sent == sent + 1


async def test_no_follow_up_comes_to_those_who_did_not_want_one(chat):
    await introduced(chat)
    await chat.says("죽고 싶다")
    await chat.presses("괜찮")
    await chat.presses("내일 물어봐")
    await chat.presses("아니요, 괜찮")
    chat.at += timedelta(hours=30)
    sent = chat.screen.sent
    await care.follow_up(chat.house, await chat.person())
    assert chat.screen.sent == sent


async def test_words_of_anna_do_not_arrive_after_a_crisis_line(chat):
    """She is still thinking about an answer when the crisis line comes; what is said after it she answers."""
    await introduced(chat)
    await chat.says("오늘 소풍을 갔다")
    answer = next(shown for shown, reply in chat.screen.shown.items() if reply.picture)
    talk = chat._message("m-talk", text="정말 재미있었어", reply_to=answer)
    await chat.house.store.keep_with(talk, lambda connection, person_id: None)
    await hearing.guard(talk)
    assert (await hearing.tell(talk))["talk"] == talk.id
    await chat.says("죽고 싶다", after_s=20)
    shown = chat.reads()
    await stages.talk(service.service(), talk.id)
    await answering.talked(talk.id)
    assert chat.reads() == shown
    await chat.says("듣고 있어?", reply_to=answer)
    assert chat.reads() != shown


@pytest.mark.parametrize(
    ("before", "line", "gentle"),
    [
        ("오늘 소풍을 갔다", "정말 재미있었어", False),
        ("죽고 싶다", "정말 재미있었어", True),
        ("오늘 소풍을 갔다", "요즘은 아무 희망이 없어", True),
    ],
)
async def test_after_a_worrying_line_anna_is_asked_to_talk_gently(chat, monkeypatch, before, line, gentle):
    await introduced(chat)
    answer = next(shown for shown, reply in chat.screen.shown.items() if reply.picture)
    await chat.says(before)
    asked = listening(monkeypatch)
    await chat.says(line, reply_to=answer)
    assert asked == [gentle]


async def test_a_group_is_invited_once_and_not_beside_a_crisis_line(chat):
    def invitations():
        return sum("개인 메시지" in reply.text for reply in chat.screen.replies())

    await introduced(chat)
    await chat.says("@anna 요즘 죽고 싶다", private=False)
    assert invitations() == 0
    group = chat.screen.replies()[-1]
    assert "109" not in group.text and "둘만의" in group.text
    await chat.says("@anna 오늘 어땠어", private=False)
    await chat.says("@anna 뭐 해", private=False)
    await chat.says("@anna 정말 죽고 싶다", private=False)
    assert invitations() == 1


async def test_where_the_check_fails_a_group_gets_the_neutral_line_too(chat, monkeypatch):
    await introduced(chat)
    monkeypatch.setattr(care, "check_safely", lambda text: Safety(Level.CONCERN, (care.CHECK_FAILED,)))
    await chat.says("@anna 안녕", private=False)
    assert chat.screen.replies()[-1].text.startswith("괜찮다면 저와 둘만의")


@pytest.mark.parametrize(
    ("line", "said"),
    [("요즘은 아무 희망이 없어", "도움받을 수 있는 곳"), ("친구가 죽고 싶대. 어떡하지", "109")],
)
async def test_a_worrying_line_gets_care_first_and_is_then_made_gently(chat, monkeypatch, line, said):
    asked = listening(monkeypatch)
    await introduced(chat)
    before, asked[:] = len(chat.screen.replies()), []
    await chat.says(line)
    first, *made = chat.screen.replies()[before:]
    assert said in as_text(first)
    assert any(reply.picture for reply in made) and any(reply.audio for reply in made)
    assert asked == [True]
    assert (await chat.house.store.latest_entry((await chat.person()).id)).level in ("concern", "other")


async def nothing_before(chat):
    return {}


async def a_photo(chat):
    return {"attachments": (await chat.photo(PHOTO),)}


async def a_file_refused(chat):
    return {"refused": "file.too_big"}


async def an_edit(chat):
    return {"kind": Kind.EDIT, "target": await chat.says("그냥 피곤한 날")}


async def a_reply_to_oneself(chat):
    return {"reply_to": await chat.says("그냥 피곤한 날")}


async def a_reply_to_anna(chat):
    return {"reply_to": next(shown for shown, reply in chat.screen.shown.items() if reply.picture)}


async def a_day_of_the_command_line(chat):
    return {"entry_date": (chat.at - timedelta(days=9)).date()}


async def a_name(chat):
    await awaits(chat, "name")
    return {}


async def an_introduction(chat):
    await awaits(chat, "introduction")
    return {}


async def a_day_asked_for(chat):
    await awaits(chat, f"date:{chat.at.date() - timedelta(days=1)}")
    return {}


async def awaits(chat, what):
    await chat.house.store.save_person(replace(await chat.person(), awaiting=what))


@pytest.mark.parametrize("line", ["나 죽고 싶어", "I want to die"])
@pytest.mark.parametrize(
    "way_in",
    [
        nothing_before, a_photo, a_file_refused, an_edit, a_reply_to_oneself, a_reply_to_anna,
        a_day_of_the_command_line, a_name, an_introduction, a_day_asked_for,
    ],
)  # fmt: skip
async def test_danger_is_seen_on_every_way_in(chat, way_in, line):
    person = await introduced(chat)
    fields = await way_in(chat)
    before = chat.screen.replies()
    await chat.says(line, **fields)
    fresh = [reply for reply in chat.screen.replies() if reply not in before]
    assert len(fresh) == 1 and "tel:109" in as_text(fresh[0])
    entry = await chat.house.store.latest_entry(person.id)
    person = await chat.person()
    assert (entry.level, person.name, person.introduction) == ("high", "지우", "")
    assert line in entry.text


@pytest.mark.parametrize("line", ["다들 나 없어도 잘 살 거야", "the world would run smoother with me out of it"])
@pytest.mark.parametrize("way_in", [nothing_before, a_photo, an_edit, a_reply_to_anna, an_introduction])
async def test_wording_that_only_the_model_knows_is_met_with_care_on_every_way_in(chat, way_in, line):
    await introduced(chat)
    fields = await way_in(chat)
    before = chat.screen.replies()
    await chat.says(line, **fields)
    fresh = [reply for reply in chat.screen.replies() if reply not in before]
    assert any(button.press or button.url for row in fresh[0].buttons for button in row)
    assert (
        "109" in as_text(fresh[0])
        or "도움받을 수 있는 곳" in as_text(fresh[0])
        or "places that help" in as_text(fresh[0])
    )


@pytest.mark.parametrize("line", ["/name 죽고 싶다", "/yesterday I want to die", "/nothing 죽고 싶다"])
async def test_danger_behind_a_command_is_no_command(chat, line):
    await introduced(chat)
    await chat.says(line)
    assert "tel:109" in as_text(chat.screen.replies()[-1])
    assert (await chat.person()).name == "지우"


@pytest.mark.parametrize(
    "words", ["오해예요", "아 그냥 한 말이에요", "I'm ok, I didn't mean it", "농담이에요 죄송해요", "괜찮아요"]
)
@pytest.mark.parametrize("line", ["죽고 싶다", "요즘은 아무 희망이 없어"])
async def test_words_that_take_it_back_are_the_button_and_no_entry(chat, line, words):
    person = await introduced(chat)
    await chat.says(line)
    entries = await chat.house.store.entry_count(person.id)
    await chat.says(words)
    assert await chat.house.store.entry_count(person.id) == entries
    answer = chat.screen.replies()[-1]
    assert ("misread" if "ok" in words else "잘못 짐작") in answer.text and not answer.picture
    state = await chat.house.store.safety_state(person.id)
    assert line != "죽고 싶다" or state.calm_signals == 1
    await chat.says(words)
    assert line != "죽고 싶다" or (await chat.house.store.safety_state(person.id)).calm_signals == 1  # an hour apart
    await chat.says(words, after_s=2 * HOUR_S)
    assert await chat.house.store.safety_state(person.id) is None
    assert await chat.house.store.entry_count(person.id) == entries


@pytest.mark.parametrize(
    "words", ["농담 아니야", "괜찮지 않아", "I'm not ok", "오늘은 회사에서 오해가 있어서 힘들었다"]
)
async def test_words_that_do_not_take_it_back_are_kept(chat, words):
    person = await introduced(chat)
    await chat.says("죽고 싶다")
    entries = await chat.house.store.entry_count(person.id)
    await chat.says(words)
    assert await chat.house.store.entry_count(person.id) == entries + 1


async def test_without_a_crisis_answer_they_are_a_line_of_the_day(chat):
    person = await introduced(chat)
    entries = await chat.house.store.entry_count(person.id)
    await chat.says("괜찮아요")
    assert await chat.house.store.entry_count(person.id) == entries + 1


@pytest.mark.parametrize(
    ("line", "said", "button", "then"),
    [("I want to die", "I'm an AI", "한국어", "저는 AI예요"), ("죽고 싶어", "저는 AI예요", "", "")],
)
async def test_a_crisis_line_is_answered_in_its_own_language(chat, line, said, button, then):
    await introduced(chat)
    await chat.says(line)
    answer = chat.screen.replies()[-1]
    assert said in answer.text and "tel:109" in as_text(answer)
    if button:
        await chat.presses("Safety plan")
        assert "A safety plan" in chat.screen.replies()[-1].text
        await chat.presses(button)
        assert then in chat.screen.replies()[-1].text and "tel:109" in as_text(chat.screen.replies()[-1])
    assert (await chat.person()).language == "ko"


@pytest.mark.parametrize("line", ["죽고 싶어", "오늘 밤에 약 먹고 죽을 거야"])
async def test_where_the_country_is_unknown_it_can_be_named_first(chat, line):
    person = await introduced(chat)
    await chat.house.store.save_person(replace(person, time_zone="Europe/Berlin"))
    await chat.says(line)
    answer = chat.screen.replies()[-1]
    assert answer.buttons[0][0].text == "지금 어느 나라에 있나요?" and "tel:" not in as_text(answer)
    await chat.presses("어느 나라")
    await chat.presses("한국")
    assert "tel:109" in as_text(chat.screen.replies()[-1])
    await chat.says(line)
    assert "[다른 나라에 있어요]" in as_text(chat.screen.replies()[-1])


async def test_a_crisis_line_stops_what_is_made_in_every_chat_of_the_person(chat):
    person = await introduced(chat)
    elsewhere = replace(chat._message("m-elsewhere", text="오늘 소풍을 갔다"), chat_id="another room")
    await chat.house.store.keep_with(elsewhere, lambda connection, person_id: None)
    making = (await hearing.guarded_and_told(elsewhere.id))["making"]
    before = [reply for reply in chat.screen.replies() if reply.progress]
    assert len(before) == 1 and (await chat.house.store.entry(elsewhere.id)).person_id == person.id
    await chat.says("죽고 싶다")
    await chat.answer(making, elsewhere.id)
    assert not list(await chat.house.store.works(elsewhere.id))
    assert not any(reply.progress for reply in chat.screen.replies())


@pytest.mark.parametrize(("asked", "times"), [("/care", 2), ("안전 계획", 2), ("정말 죽고 싶어", 2), ("/help", 1)])
async def test_where_nobody_knows_whether_help_arrived_it_is_shown_again(chat, monkeypatch, asked, times):
    """A chat that can't tell a resend, and whose answer to one sending is lost: for a command, a button and a line."""
    await introduced(chat)
    await chat.says("죽고 싶다")
    screen, kinder = chat.screen, type(chat.screen)
    screen.resend_is_safe = screen.shows_outbox = False
    shown, lost, steps = [], [True], chat.steps

    async def send(sending):
        await chat.house.store.set_sending(sending.id, SendState.INFLIGHT)
        shown.append(sending.reply.text)
        if lost and lost.pop():
            raise Unanswered("cut off")
        return await kinder.send(screen, sending)

    async def until_it_is_said(message):
        for _ in range(3):
            with suppress(Unanswered):
                await steps(message)

    monkeypatch.setattr(screen, "send", send)
    monkeypatch.setattr(chat, "steps", until_it_is_said)
    await (chat.presses(asked) if asked == "안전 계획" else chat.says(asked))
    assert len(shown) == times and len(set(shown)) == 1


async def test_words_are_looked_at_once_and_not_remembered(chat, monkeypatch):
    await introduced(chat)
    asked, check = [], care.check_safely
    monkeypatch.setattr(care, "_found", {})
    monkeypatch.setattr(care, "check_safely", lambda text: asked.append(text) or check(text))
    await chat.says("오늘 소풍을 갔다")
    assert asked == ["오늘 소풍을 갔다"]
    assert care._found and all(len(name) == 16 for name in care._found)  # by a keyed hash of them
    for n in range(care._MOST_FOUND + 10):
        care._keep(f"line {n}", Safety())
    assert len(care._found) == care._MOST_FOUND


@pytest.mark.parametrize("name", [*all_commands(), "calendar 2026-05", "remind 21:30", "history@emoseum_bot"])
async def test_a_command_alone_is_no_crisis(chat, monkeypatch, name):
    monkeypatch.setattr(
        care, "check_safely", lambda text: Safety(Level.HIGH, ("wording.high",))
    )  # whatever a model says
    await chat.says(f"/{name}")
    assert "tel:109" not in chat.reads() or name == "care"
    await chat.says(f"/{name} 사라지고 싶다")
    assert "tel:109" in chat.reads()


async def test_who_is_in_no_country_of_ours_is_shown_no_number_again(chat):
    await introduced(chat)
    await chat.says("죽고 싶다")
    assert "tel:109" in as_text(chat.screen.replies()[-1])
    await chat.presses("다른 나라에 있어요")
    await chat.presses("그 밖의 나라")
    at = len(chat.screen.replies()) - 1
    for step in ("천천히 숨쉬기", "안전 계획"):
        await chat.presses(step)
    for line in ("/care", "오늘도 죽고 싶다", "오늘 밤에 약 먹고 죽을 거야", "친구가 죽고 싶대"):
        await chat.says(line, after_s=2 * HOUR_S)
    await chat.presses("도움받을 수 있는 곳")
    said = [as_text(reply) for reply in chat.screen.replies()[at:]]
    assert sum("findahelpline.com" in text for text in said) == 7, (
        said
    )  # all but breathing and what the friend's line became
    for text in said:
        assert not any(number in text for number in ("tel:", "sms:", "109", "112", "119", "1577", "1388")), text
    await chat.presses("다른 나라에 있어요")  # they may come home
    await chat.presses("한국")
    await chat.says("오늘도 죽고 싶다", after_s=2 * HOUR_S)
    assert "tel:109" in as_text(chat.screen.replies()[-1])


async def test_the_country_stands_in_the_profile_and_is_changed_there(chat):
    await introduced(chat)
    await chat.says("/profile")
    assert "나라(도움 전화): 한국" in chat.screen.replies()[-1].text
    for chosen in ("그 밖의 나라", "미국"):
        await chat.says("/profile")
        await chat.presses("다른 나라에 있어요")
        await chat.presses(chosen)
        await chat.says("/profile")
        assert f"나라(도움 전화): {chosen}" in chat.screen.replies()[-1].text
    person = await chat.person()
    await chat.house.store.save_person(replace(person, country="", time_zone="Europe/Berlin"))
    await chat.says("/profile")
    assert "나라(도움 전화): –" in chat.reads() and "[지금 어느 나라에 있나요?]" in chat.reads()


@pytest.mark.parametrize(
    "line", ["난 괜찮아 다 준비했어", "걱정마 안 아파", "i'm ok. did it", "I'm okay, everything is ready"]
)
async def test_what_only_sounds_like_taking_it_back_is_an_entry_and_nobody_says_sorry(chat, line):
    person = await introduced(chat)
    await chat.says("오늘 밤에 약 다 먹고 죽을 거야")
    entries = await chat.house.store.entry_count(person.id)
    before = len(chat.screen.replies())
    await chat.says(line)
    assert await chat.house.store.entry_count(person.id) == entries + 1
    fresh = "".join(as_text(reply) for reply in chat.screen.replies()[before:])
    assert "잘못 짐작" not in fresh and "misread" not in fresh
