"""The life of an answer: stopped, superseded, asked for twice, taken back; what is ready is never lost."""

import re

import pytest

from bot import answering, hearing, journey
from core import service
from core.entities import Kind, Part, split_making
from core.ports import NotFound
from tests.bot.test_conversation import introduced
from tests.fakes.in_process import Chat


@pytest.fixture
async def chat(tmp_path):
    chat = await Chat.open(tmp_path)
    await introduced(chat)
    yield chat
    await chat.close()


async def begun(chat, text="오늘 소풍을 갔다", stages=("understand",), **fields):
    """A line whose answer is under way: (message, making), with so many stages of the core done."""
    message = chat._message(f"m-{text}", text=text, **fields)
    await chat.house.store.keep_with(message, lambda connection, person_id: None)
    await hearing.guard(message)
    making = (await hearing.tell(message))["making"]
    await made(making, stages)
    return message, making


async def made(making, stages):
    for stage in stages:
        await service.do_stage(stage, making)


def spinners(chat):
    return [reply for reply in chat.screen.replies() if reply.progress]


async def test_asked_anew_twice_the_second_press_changes_nothing(chat):
    await chat.says("오늘 소풍을 갔다")
    answer_id, answer = list(chat.screen.shown.items())[-2]
    again = next(button for row in answer.buttons for button in row if "다시 그리기" in button.text)
    for _ in range(2):
        await chat.press(again, answer_id)
    (asked_at,) = [at for at, reply in chat.screen.shown.items() if reply.slot.startswith("again.")]
    everything = chat.screen.shown[asked_at].buttons[1][0]
    await chat.press(everything, asked_at)
    seen = chat.reads()
    await chat.press(everything, asked_at, after_s=40 * 24 * 3600)
    assert chat.reads() == seen and not spinners(chat)


async def test_a_late_stop_takes_nothing_away(chat):
    message, making = await begun(chat, stages=("understand", "comment", "picture"))
    assert await answering.understood(making, message.id)
    await answering.deliver_more(await answering.answer_to(making, message.id), 1)
    shown_id, shown = list(chat.screen.shown.items())[-1]
    assert shown.picture and shown.progress
    await chat.press(shown.buttons[0][0], shown_id)
    await made(making, ("music",))
    assert not await answering.deliver_more(await answering.answer_to(making, message.id), 2)
    after = chat.screen.shown[shown_id]
    assert after.picture == shown.picture and not after.progress and "멈췄어요" not in after.text
    assert not any(reply.audio and reply.slot.startswith(shown.slot) for reply in chat.screen.replies())
    await chat.press(shown.buttons[0][0], shown_id)
    assert chat.screen.shown[shown_id] == after


async def test_an_early_stop_says_so_and_keeps_the_words(chat):
    message, making = await begun(chat, stages=())
    shown_id = list(chat.screen.shown)[-1]
    await chat.house.store.set_stage(*split_making(making), "understand", service.StageState.WAITING)
    await chat.says("그만", kind=Kind.PRESS, press=stop_of(chat, making), target=shown_id)
    assert not await answering.understood(making, message.id)
    assert "멈췄어요" in chat.screen.shown[shown_id].text and not spinners(chat)
    assert (await chat.house.store.entry(split_making(making)[0])).text == "오늘 소풍을 갔다"


def stop_of(chat, making):
    from bot import callback

    entry_id, revision = split_making(making)
    person_id = next(iter(chat.people))
    return callback.pack(chat.house.button_secret, person_id, "stop", entry_id, str(revision))


@pytest.fixture(autouse=True)
async def people(chat):
    chat.people = {(await chat.person()).id}


@pytest.mark.parametrize("how", ["edit", "undo", "add"])
async def test_newer_words_leave_no_spinner(chat, how):
    message, making = await begun(chat, stages=("understand", "comment"))
    assert await answering.understood(making, message.id)
    await answering.deliver_more(await answering.answer_to(making, message.id), 0)
    assert len(spinners(chat)) == 1
    if how == "edit":
        await chat.says("오늘 소풍을 못 갔다", kind=Kind.EDIT, target=message.platform_message_id)
    elif how == "undo":
        await chat.says("/undo")
    else:
        await chat.says("김밥도 먹었다", reply_to=message.platform_message_id)
    assert not await answering.deliver_more(await answering.answer_to(making, message.id), 1)
    assert not spinners(chat)
    if how == "undo":
        await chat.presses("되돌리기")
        assert not spinners(chat) and chat.screen.replies()[-1].audio  # what had not been made was made


async def test_an_answer_that_was_taken_back_never_returns(chat):
    message, making = await begun(chat, stages=("understand", "comment", "picture", "music"))
    assert await answering.understood(making, message.id)
    before = len([reply for reply in chat.screen.replies() if reply.picture])
    await chat.says("김밥도 먹었다", after_s=2)  # joins: the first answer is withdrawn, the second made
    await (await answering.answer_to(making, message.id)).show(await chat.house.store.stages(*split_making(making)))
    await answering.deliver_more(await answering.answer_to(making, message.id), 2)
    assert len([reply for reply in chat.screen.replies() if reply.picture]) == before + 1
    assert not spinners(chat)


async def test_rating_an_opened_entry_changes_it_in_place(chat):
    await chat.says("오늘 소풍을 갔다")
    await chat.says("/history")
    await chat.presses("1")
    opened_id, opened = next(
        (key, one) for key, one in reversed(chat.screen.shown.items()) if one.text.startswith("📖")
    )
    count = len(chat.screen.shown)
    await chat.press(opened.buttons[0][3], opened_id)
    assert len(chat.screen.shown) == count
    assert [button.text for button in chat.screen.shown[opened_id].buttons[0]][:4] == ["🖍️ ★", "★", "★", "★"]


async def test_an_edited_backdated_line_keeps_its_day_and_not_its_command(chat):
    line = await chat.says("/yesterday 산에 갔다")
    await chat.says("/yesterday 산에 두 번 갔다", kind=Kind.EDIT, target=line)
    entry = await chat.house.store.latest_entry((await chat.person()).id)
    assert (entry.text, entry.parts) == ("산에 두 번 갔다", (Part(entry.id, "산에 두 번 갔다"),))
    assert entry.date < chat.house.today(await chat.person())


async def test_a_message_that_is_gone_ends_its_steps_at_once(chat):
    async def work(message_id):
        raise NotFound(message_id)

    assert await journey._unless_gone(work, {"making": ""}, "x") == {"making": ""}


async def test_the_first_hello_comes_even_when_the_first_answer_is_stopped(tmp_path):
    chat = await Chat.open(tmp_path / "other")
    try:
        message, making = await begun(chat, stages=("understand", "comment"))
        assert await answering.understood(making, message.id)
        for stage in ("picture", "music"):
            await chat.house.store.set_stage(*split_making(making), stage, service.StageState.CANCELLED)
        assert not await answering.deliver_more(await answering.answer_to(making, message.id), 1)
        assert "정식으로 인사" in chat.reads()
    finally:
        await chat.close()


async def test_a_line_joins_only_once(chat):
    message, _making = await begun(chat, text="두 번 온 말", stages=())
    await hearing.tell(message)
    entry = await chat.house.store.entry(message.id)
    assert (entry.revision, entry.text) == (1, "두 번 온 말")


class Odd(Exception):
    """Something that nobody expected of a platform."""


async def stumbling(chat, monkeypatch, work, lost, *args):
    """A step whose platform fails in an odd way every time, up to its end."""

    async def odd(_sending):
        raise Odd

    with monkeypatch.context() as patch:
        patch.setattr(chat.screen, "edit", odd)
        for attempt in range(1, journey.ATTEMPTS):
            patch.setattr(journey, "_attempt", lambda attempt=attempt: attempt)
            with pytest.raises(Odd):
                await journey._to_an_end(work, "", lost, *args)
    monkeypatch.setattr(journey, "_attempt", lambda: journey.ATTEMPTS)
    refused = iter([Odd()])

    async def odd_once_more(sending):
        for error in refused:
            raise error
        return await type(chat.screen).edit(chat.screen, sending)

    with monkeypatch.context() as patch:
        patch.setattr(chat.screen, "edit", odd_once_more)
        return await journey._to_an_end(work, "", lost, *args)


async def test_an_answer_that_can_never_be_shown_says_so_and_can_be_opened(chat, monkeypatch, caplog):
    chat.screen.shows_outbox = False  # as in Telegram and Discord
    message, making = await begun(chat, stages=("understand", "comment", "picture", "music"))
    [before] = spinners(chat)
    assert not await stumbling(chat, monkeypatch, answering.deliver, answering.give_up, making, message.id)
    assert not spinners(chat)
    [told] = [reply for reply in chat.screen.replies() if reply.slot == before.slot]
    reference = re.search(r"문의 번호 (E-\w{6})", told.text)[1]
    assert "보여 드리지 못했어요" in told.text and reference in caplog.text and "소풍" not in caplog.text
    await chat.presses("열어 보기")
    assert any(reply.picture and "소풍" in reply.text for reply in chat.screen.replies())
    before = len(chat.screen.replies())
    await chat.says("/today")
    assert any(reply.picture and "소풍" in reply.text for reply in chat.screen.replies()[before:])


async def test_a_comment_that_stands_stays_where_the_picture_can_not_be_shown(chat, monkeypatch):
    chat.screen.shows_outbox = False  # as in Telegram and Discord
    message, making = await begun(chat, stages=("understand", "comment"))
    await answering.deliver_more(await answering.answer_to(making, message.id), 0)
    [before] = spinners(chat)
    await made(making, ("picture", "music"))
    await stumbling(chat, monkeypatch, answering.deliver, answering.give_up, making, message.id)
    [told] = [reply for reply in chat.screen.replies() if reply.slot == before.slot]
    assert told.text.startswith(before.text) and "보여 드리지 못했어요" in told.text and not spinners(chat)


async def test_a_line_whose_reply_can_never_be_shown_is_kept_and_that_is_said(chat, monkeypatch):
    async def odd(_sending):
        raise Odd

    message = chat._message("m-odd", text="아무도 못 볼 뻔한 글")
    await chat.house.store.keep_with(message, lambda connection, person_id: None)
    monkeypatch.setattr(journey, "_attempt", lambda: journey.ATTEMPTS)
    with monkeypatch.context() as patch:
        patch.setattr(hearing, "tell", odd)
        begun = await journey._to_an_end(hearing.guarded_and_told, hearing.NOTHING, hearing.stumbled, message.id)
    assert begun == hearing.NOTHING
    assert "안전하게 간직했어요" in chat.screen.replies()[-1].text and "문의 번호" in chat.screen.replies()[-1].text
    assert (await chat.house.store.latest_entry((await chat.person()).id)).text == "아무도 못 볼 뻔한 글"


async def test_where_even_the_apology_fails_the_spinner_ends_with_the_next_line(chat, monkeypatch):
    chat.screen.shows_outbox = False
    message, making = await begun(chat, stages=("understand", "comment", "picture", "music"))
    [before] = spinners(chat)

    async def odd(_sending):
        raise Odd

    monkeypatch.setattr(journey, "_attempt", lambda: journey.ATTEMPTS)
    with monkeypatch.context() as patch:
        patch.setattr(chat.screen, "edit", odd)
        with pytest.raises(Odd):
            await journey._to_an_end(answering.deliver, "", answering.give_up, making, message.id)
    assert len(spinners(chat)) == 1
    await chat.says("/help")
    assert not spinners(chat)
    [told] = [reply for reply in chat.screen.replies() if reply.slot == before.slot]
    assert "보여 드리지 못했어요" in told.text
