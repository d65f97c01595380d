"""Albums and long pastes come in pieces and become one entry; files that a platform still holds are fetched."""

import asyncio
import itertools
from dataclasses import replace
from datetime import timedelta

import pytest

from bot import gathering, hearing
from core.entities import Attachment, Kind, Limits, new_id
from core.ports import Away
from tests.fakes.in_process import Chat, Screen


class Pieces(Screen):
    """A platform that takes things apart and keeps the files until it is asked for them."""

    shows_outbox = False
    limits = Limits()

    def __init__(self) -> None:
        super().__init__()
        self.fails, self.fetched = 0, []
        self.chat: Chat | None = None

    async def fetch(self, message):
        self.fetched.append(message.id)
        if self.fails:
            self.fails -= 1
            raise ConnectionError("the file server is away")
        photos = [
            replace(await self.chat.photo(b"photo " + a.remote.encode()), remote=a.remote) for a in message.attachments
        ]
        return replace(message, attachments=tuple(photos))


@pytest.fixture
async def chat(tmp_path):
    chat = await Chat.open(tmp_path)
    screen = Pieces()
    screen.chat = chat
    chat.screen = screen
    chat.house.platforms = {"web": screen}
    patient(chat, quiet_s=0.2, album_s=1.0)
    yield chat
    await chat.close()


def patient(chat, *, quiet_s, album_s):
    work = chat.house.settings.work.model_copy(update={"album_quiet_s": quiet_s, "album_s": album_s})
    chat.house.settings = chat.house.settings.model_copy(update={"work": work})


def piece(chat, number, **fields):
    remote = (Attachment("", "image/jpeg", 9, remote=f"r{number}"),)
    return chat._message(f"a{number}", **({"album": "one", "attachments": remote} | fields))


async def kept(chat, *messages):
    for message in messages:
        assert await chat.house.store.keep_with(message, lambda connection, person_id: None)


async def test_an_album_is_one_entry_with_one_answer(chat):
    messages = [piece(chat, n, text="바다에 갔다" if n == 0 else "") for n in range(3)]
    await kept(chat, *messages)
    for message in messages:
        await chat.steps(message)
    person = await chat.person()
    assert await chat.house.store.entry_count(person.id) == 1
    entry = await chat.house.store.entry(messages[0].id)
    assert entry.text == "바다에 갔다" and len(entry.media) == 3 and entry.revision == 1
    assert chat.screen.fetched == [message.id for message in messages]
    assert sum("picture" in line for line in chat.reads().splitlines()) == 1


async def test_a_piece_that_comes_a_moment_later_is_waited_for(chat):
    patient(chat, quiet_s=1.5, album_s=10.0)  # a busy machine may take half a second for a moment
    first, second = piece(chat, 0, text="바다"), piece(chat, 1)
    await kept(chat, first)
    waiting = asyncio.create_task(hearing.guarded_and_told(first.id))
    await asyncio.sleep(0.1)
    await kept(chat, replace(second, id=new_id()))
    await waiting
    assert len((await chat.house.store.entry(first.id)).media) == 2


async def test_an_album_without_end_is_answered_all_the_same(chat):
    first = piece(chat, 0)
    await kept(chat, first)

    async def more():
        for n in itertools.count(1):
            await kept(chat, replace(piece(chat, n), id=new_id()))
            await asyncio.sleep(0.1)

    coming = asyncio.create_task(more())
    await asyncio.wait_for(hearing.guarded_and_told(first.id), 30)
    assert not coming.done()  # the next piece was on its way still
    coming.cancel()
    assert 2 <= len((await chat.house.store.entry(first.id)).media) < 20


async def test_a_crisis_line_under_the_second_photo_stops_the_album(chat):
    first, second = piece(chat, 0, text="바다"), piece(chat, 1, text="죽고 싶다")
    await kept(chat, first, second)
    for message in (first, second):
        await chat.steps(message)
    assert "109" in chat.reads() and "picture" not in chat.reads()
    entry = await chat.house.store.entry(first.id)
    assert entry.level.stops_everything and len(entry.media) == 2


async def test_a_long_paste_is_one_entry_and_each_piece_can_be_edited(chat):
    long = "오늘은 아주 길게 쓴다. " * 320
    texts = [long[:4090], long[:4090], "끝."]
    messages = [chat._message(f"p{n}", text=text) for n, text in enumerate(texts)]
    await kept(chat, *messages)
    for message in messages:
        await chat.steps(message)
    entry = await chat.house.store.entry(messages[0].id)
    assert await chat.house.store.entry_count(entry.person_id) == 1 and entry.text.endswith("끝.")
    await chat.hears(chat._message("e1", kind=Kind.EDIT, target="p2", text="정말 끝."))
    assert (await chat.house.store.entry(entry.id)).text.endswith("정말 끝.")


async def test_a_short_line_is_not_waited_for(chat):
    assert not gathering.comes_in_pieces(chat.house, chat._message("s", text="짧은 하루"))


async def test_a_file_that_can_not_be_fetched_is_said_and_the_words_are_kept(chat, monkeypatch):
    monkeypatch.setattr(hearing, "ATTEMPTS_TO_FETCH", 1)
    chat.screen.fails = 9
    message = piece(chat, 0, text="사진 한 장", album="")
    await kept(chat, message)
    await chat.steps(message)
    entry = await chat.house.store.entry(message.id)
    assert entry.text == "사진 한 장" and not entry.media
    assert "한 번만 더 보내" in chat.reads()


async def test_a_server_that_is_away_is_waited_for_and_nobody_else_waits(chat, monkeypatch):
    photo, line = piece(chat, 0, album=""), chat._message("x1", text="죽고 싶다")
    await kept(chat, photo, line)

    async def away(_message):
        raise Away("no bucket")

    monkeypatch.setattr(chat.screen, "fetch", away)
    assert (await hearing.guarded_and_told(photo.id)).get("late")
    with pytest.raises(Away):
        await hearing.bring_files(photo.id)
    await hearing.guarded_and_told(line.id)
    assert "109" in chat.reads()
    monkeypatch.undo()
    await hearing.bring_files(photo.id)
    await hearing.tell_brought(photo.id)
    assert len((await chat.house.store.entry(photo.id)).media) == 1


async def test_a_slow_file_does_not_hold_up_the_line(chat, monkeypatch):
    work = chat.house.settings.work.model_copy(update={"fetch_s": 0.05})
    chat.house.settings = chat.house.settings.model_copy(update={"work": work})
    photo = piece(chat, 0, album="")
    await kept(chat, photo)

    async def slow(message):
        await asyncio.sleep(60)
        return message

    monkeypatch.setattr(chat.screen, "fetch", slow)
    assert (await asyncio.wait_for(hearing.guarded_and_told(photo.id), 20)).get("late")


async def test_what_is_said_across_two_pieces_is_heard(chat):
    first, second = piece(chat, 0, text="이제 정말 죽고"), piece(chat, 1, text="싶다")
    await kept(chat, first, second)
    for message in (first, second):
        await chat.steps(message)
    assert "109" in chat.reads() and "picture" not in chat.reads()


async def test_a_photo_that_is_refused_is_said_once(chat, monkeypatch):
    messages = [piece(chat, n) for n in range(3)]
    await kept(chat, *messages)

    async def refusing(message):
        return replace(message, attachments=(), refused="intake.not_fetched")

    monkeypatch.setattr(chat.screen, "fetch", refusing)
    for message in messages:
        await chat.steps(message)
    assert chat.reads().count("가져오지 못했어요") == 1


async def test_whoever_writes_on_is_heard_at_once(chat):
    patient(chat, quiet_s=60.0, album_s=120.0)
    photo, line = piece(chat, 0, text="바다"), chat._message("x1", text="그리고 한마디")
    await kept(chat, photo, line)
    await asyncio.wait_for(hearing.guarded_and_told(photo.id), 20)


@pytest.mark.parametrize("later_s", [0, 12, 5 * 3600])
async def test_a_piece_that_comes_late_is_added_to_the_entry_of_its_album(chat, later_s):
    first = piece(chat, 0, text="바다에 갔다")
    await kept(chat, first)
    await chat.steps(first)
    await chat.says("그리고 저녁에는 떡볶이를 먹었다", after_s=60)
    answers = chat.reads().count("[picture")
    late = [piece(chat, n, sent_at=first.sent_at + timedelta(seconds=later_s)) for n in (1, 2)]
    await kept(chat, *late)
    for message in late:
        await chat.steps(message)
    person = await chat.person()
    assert await chat.house.store.entry_count(person.id) == 2
    entry = await chat.house.store.entry(first.id)
    assert len(entry.media) == 3 and entry.text == "바다에 갔다" and entry.revision == 2
    assert [await chat.house.store.entry_of_message(message.id) for message in late] == [first.id] * 2
    assert chat.reads().count("[picture") == answers + 1  # looked at anew, once
    await chat.steps(late[0])
    assert (await chat.house.store.entry(first.id)).revision == 2


async def test_a_piece_of_an_album_of_another_day_is_an_entry_of_its_own(chat):
    first = piece(chat, 0, text="바다에 갔다")
    await kept(chat, first)
    await chat.steps(first)
    late = piece(chat, 1, sent_at=first.sent_at + timedelta(hours=30))
    await kept(chat, late)
    await chat.steps(late)
    assert await chat.house.store.entry_of_message(late.id) == late.id


async def test_a_late_piece_whose_album_was_deleted_is_kept_as_an_entry(chat):
    first = piece(chat, 0, text="바다에 갔다")
    await kept(chat, first)
    await chat.steps(first)
    await chat.house.store.delete_entry(first.id)
    late = piece(chat, 1)
    await kept(chat, late)
    await chat.steps(late)
    assert len((await chat.house.store.entry(late.id)).media) == 1


async def test_a_late_piece_is_heard_before_the_slow_first_one_and_both_are_one_entry(chat, monkeypatch):
    first, late = piece(chat, 0, text="바다에 갔다"), piece(chat, 1)
    await kept(chat, first)
    with monkeypatch.context() as patch:
        patch.setattr(chat.screen, "fails", 1)
        assert (await hearing.guarded_and_told(first.id)).get("late")
    await kept(chat, late)
    await chat.steps(late)
    await hearing.bring_files(first.id)
    await hearing.tell_brought(first.id)
    person = await chat.person()
    assert await chat.house.store.entry_count(person.id) == 1
    entry = await chat.house.store.latest_entry(person.id)
    assert len(entry.media) == 2 and entry.text == "바다에 갔다"
