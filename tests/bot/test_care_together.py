"""What words mean together, and what still came after a crisis line: care is given, and nothing is painted of it."""

import asyncio
from datetime import timedelta

import pytest
import sqlalchemy as sa

from bot import hearing
from core.entities import Kind, Level
from tests.bot.test_gathering import Pieces, kept, patient, piece
from tests.fakes.in_process import Chat

NUMBER = "☎ 109"


@pytest.fixture
async def chat(tmp_path):
    chat = await Chat.of_a_friend(tmp_path)
    yield chat
    await chat.close()


@pytest.fixture
async def taken_apart(chat):
    """A platform that sends an album in pieces and keeps its files until they are fetched."""
    screen = Pieces()
    screen.chat = chat.screen.chat = chat
    chat.screen = screen
    chat.house.platforms = {"web": screen}
    patient(chat, quiet_s=0.2, album_s=1.0)
    return chat


def pictures(chat):
    return [reply for reply in chat.screen.replies() if reply.picture]


async def latest(chat):
    return await chat.house.store.latest_entry((await chat.person()).id)


@pytest.mark.parametrize(
    ("first", "then"), [("그냥 사라지고", "싶어"), ("살고", "싶지가 않아"), ("나만 없으면", "다들 편할 텐데")]
)
async def test_a_wish_that_is_typed_in_two_messages_is_heard(chat, first, then):
    await chat.says(first)
    await chat.says(then, after_s=2)
    assert NUMBER in chat.reads() and not pictures(chat)
    entry = await latest(chat)
    assert entry.level is Level.HIGH and entry.text == f"{first}\n{then}"
    assert await chat.house.store.safety_state(entry.person_id) is not None


async def test_words_that_are_added_later_are_read_with_those_before(chat):
    line = await chat.says("그냥 다 사라지고")
    assert NUMBER not in chat.reads()
    await chat.says("싶어", after_s=3600, reply_to=line)
    assert chat.reads().count(NUMBER) == 2  # two lines of one answer: a call and a text message
    entry = await latest(chat)
    await hearing.guarded_and_told(entry.parts[-1].message_id)  # the step runs again after a kill
    assert chat.reads().count(NUMBER) == 2 and (await latest(chat)).level is Level.HIGH


async def test_an_edit_that_completes_a_wish_is_read_with_the_rest(chat):
    await chat.says("그냥 사라지고")
    second = await chat.says("집에 왔다", after_s=2)
    await chat.says("싶어", after_s=30, kind=Kind.EDIT, target=second)
    assert NUMBER in chat.reads() and (await latest(chat)).level is Level.HIGH


async def test_calm_words_that_join_are_no_reason_to_ask(chat):
    await chat.says("아침에 커피 마시고 출근했다")
    await chat.says("점심은 김치찌개", after_s=2)
    assert NUMBER not in chat.reads() and (await latest(chat)).level is Level.NONE and len(pictures(chat)) == 1


async def test_nothing_is_painted_of_an_album_with_one_caption_of_danger(taken_apart):
    chat = taken_apart
    first = piece(chat, 0, text="오늘 친구들이랑 제주도에서 흑돼지 먹고 바다도 보고 진짜 즐거웠다")
    second = piece(chat, 1, text="다음 생에 만나자. 안녕")
    await kept(chat, first, second)
    for message in (first, second):
        await chat.steps(message)
    assert NUMBER in chat.reads() and not pictures(chat)
    assert (await chat.house.store.entry(first.id)).level.stops_everything


async def test_a_photo_that_comes_after_a_crisis_line_is_kept_and_not_painted(taken_apart):
    chat = taken_apart
    work = chat.house.settings.work.model_copy(update={"fetch_s": 0.05})
    chat.house.settings = chat.house.settings.model_copy(update={"work": work})
    photo = piece(chat, 0, album="", text="바다에 갔다")
    await kept(chat, photo)
    at_once, chat.screen.fetch = chat.screen.fetch, lambda message: asyncio.sleep(60)
    assert (await hearing.guarded_and_told(photo.id))["late"]
    chat.screen.fetch = at_once
    await chat.says("죽고 싶다", after_s=5)
    await hearing.bring_files(photo.id)
    assert not (await hearing.tell_brought(photo.id))["making"]
    entry = await chat.house.store.entry(photo.id)
    assert entry.text == "바다에 갔다" and entry.media and "잘 간직했어요" in chat.reads()


async def test_what_is_being_made_is_stopped_however_much_was_said_since(chat):
    message = chat._message("s1", text="오늘 소풍을 갔다")
    await kept(chat, message)
    making = (await hearing.guarded_and_told(message.id))["making"]
    for _ in range(12):
        await chat.says("/help", after_s=10)
    await chat.says("죽고 싶다")
    await chat.answer(making, message.id)
    assert not pictures(chat)


async def test_an_entry_that_can_not_be_read_does_not_keep_help_back(chat):
    await chat.says("오늘 소풍을 갔다")
    async with chat.house.store.db.write() as connection:
        await connection.execute(sa.text("update entry_versions set body = x'0011223344556677889900112233445566'"))
    await chat.says("죽고 싶다", after_s=60)
    assert NUMBER in chat.reads()


async def test_a_line_that_can_not_be_heard_gets_the_numbers_all_the_same(chat, monkeypatch):
    async def breaks(*_):
        raise RuntimeError("a fault of ours")

    message = chat._message("x1", text="죽고 싶다", sent_at=chat.at + timedelta(minutes=1))
    await kept(chat, message)
    monkeypatch.setattr("bot.care.guarded", breaks)
    with pytest.raises(RuntimeError):
        await hearing.guarded_and_told(message.id)
    await hearing.stumbled(message.id)
    assert NUMBER in chat.reads() and "문의 번호" in chat.reads()


async def test_it_is_read_once_beside_the_loop_whatever_is_made_of_the_message(chat, monkeypatch):
    from bot import care

    reads, real = [], care._read
    monkeypatch.setattr(care, "_found", {})
    monkeypatch.setattr(care, "_read", lambda message: reads.append(asyncio._get_running_loop()) or real(message))
    await chat.says("/yesterday 하루 종일 비가 왔다")
    await chat.says("사진", attachments=(await chat.photo(b"a photo"),), after_s=600)
    assert reads and all(loop is None for loop in reads)


@pytest.mark.parametrize("thanks", ["정말 고마워요", "이제 잘게요", "/start"])
async def test_thanks_and_a_good_night_are_no_sign_that_all_is_well(chat, thanks):
    await chat.says("죽고 싶다")
    for _ in range(3):
        await chat.says(thanks, after_s=7200)
        assert "findahelpline" in chat.reads() or "109" in chat.screen.replies()[-1].text
    standing = await chat.house.store.safety_state((await chat.person()).id)
    assert standing is not None and standing.calm_signals == 0
