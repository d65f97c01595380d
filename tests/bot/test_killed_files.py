"""A file that was put right before we died is put again under the same name, or goes with its entry; nobody keeps it."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from adapters.sealed_media import SealedMedia
from adapters.sql_schema import media as media_table
from core import service
from core.entities import Kind
from core.phrases import say
from core.speech import spoken
from tests.bot.test_edited_files import SEA, WOOD
from tests.fakes.in_process import Chat
from tests.fakes.telegram_house import telegram_house
from tests.fakes.voices import Voice


class Killed(BaseException):
    """No `except` of ours runs after a SIGKILL; what cleans up in a `finally` or an `except` is taken away as well."""


@pytest.fixture
async def listener(tmp_path, server):
    async with telegram_house(tmp_path, server, answers=False) as house:
        yield house


@pytest.fixture
async def chat(tmp_path):
    chat = await Chat.open(tmp_path, speaker=Voice())
    yield chat
    await chat.close()


async def kept(house):
    """Names of the rows and of the files that are there."""
    async with house.store.db.read() as connection:
        rows = sorted((await connection.scalars(sa.select(media_table.c.id))).all())
    return rows, sorted(path.name for path in (house.settings.data_dir / "media").glob("*/*"))


async def delete_entry(chat, entry_id):
    """/delete, one, the newest, yes."""
    await chat.says("/delete")
    await chat.presses(say("ko", "button.delete_one"))
    await chat.presses("1")
    await chat.presses(say("ko", "button.delete"))
    assert await chat.house.store.entry_of_message(entry_id) == ""


def die(monkeypatch, where, name, *, after=False):
    """Die at the first call of `where.name`, or right after what it does."""
    work = getattr(where, name)

    async def dying(*args, **kwargs):
        if after:
            await work(*args, **kwargs)
        raise Killed(name)

    async def gone(*_args):
        raise Killed("nobody cleans up")

    monkeypatch.setattr(where, name, dying)
    monkeypatch.setattr(SealedMedia, "_delete", gone)
    monkeypatch.setattr(SealedMedia, "_drop", gone)


MOMENTS = [
    lambda house: (house.store, "set_attachments", False),
    lambda house: (house.media.blobs, "put", True),
]


@pytest.mark.parametrize("moment", MOMENTS, ids=["before the message knows", "before the row is whole"])
async def test_a_photo_fetched_before_a_kill_is_fetched_again_and_goes_with_its_entry(
    server, listener, monkeypatch, moment
):
    await server.person(7).photo(SEA, "오늘은 바다에 갔다")
    await listener.quiet(1)
    (message,) = listener.kept
    where, name, after = moment(listener.house)
    with monkeypatch.context() as patch, pytest.raises(Killed):
        die(patch, where, name, after=after)
        await listener.chat.steps(message)
    left = await kept(listener.house)
    assert len(left[0]) == len(left[1]) == 1
    await listener.chat.steps(message)
    entry = await listener.house.store.entry(message.id)
    assert [(await listener.house.media.get(file.media_id)).data for file in entry.media] == [SEA]
    rows, files = await kept(listener.house)
    assert rows == files and set(left[0]) < set(rows)
    await listener.house.store.purge_entry(entry.id)
    assert await kept(listener.house) == ([], [])


async def test_where_telegram_lost_the_photo_meanwhile_nothing_of_the_first_fetch_stays(server, listener, monkeypatch):
    await server.person(7).photo(SEA, "오늘은 바다에 갔다")
    await listener.quiet(1)
    (message,) = listener.kept
    with monkeypatch.context() as patch, pytest.raises(Killed):
        die(patch, listener.house.store, "set_attachments")
        await listener.chat.steps(message)
    server.files.clear()
    await listener.chat.steps(message)
    entry = await listener.house.store.entry(message.id)
    works = await listener.house.store.works(entry.id)
    made = {name for work in works for name in (work.media_id, work.sketch_media_id) if name}
    assert not entry.media and await kept(listener.house) == (sorted(made), sorted(made))


async def test_a_new_photo_that_was_fetched_before_a_kill_goes_with_its_entry(server, listener, monkeypatch):
    someone = server.person(7)
    wrote = await someone.photo(SEA, "바다")
    await someone.replaces(wrote, WOOD, "바다")
    await listener.quiet(2)
    await listener.chat.steps(listener.kept[0])
    with monkeypatch.context() as patch, pytest.raises(Killed):
        die(patch, listener.house.store, "set_attachments")
        await listener.chat.steps(listener.kept[1])
    await listener.house.store.purge_entry(listener.kept[0].id)
    assert await kept(listener.house) == ([], [])


@pytest.mark.parametrize("again", [True, False], ids=["painted again", "rewritten meanwhile"])
async def test_a_picture_put_before_a_kill_goes_with_its_entry(chat, monkeypatch, again):
    line = await chat.says("오늘은 바다에 갔다")
    entry = (await chat.house.store.latest_entry((await chat.person()).id)).revised()
    await chat.house.store.save_entry(entry)
    making = f"{entry.id}.{entry.revision}"
    await service.do_stage("understand", making)
    before = await kept(chat.house)
    with monkeypatch.context() as patch, pytest.raises(Killed):
        die(patch, chat.house.store, "together")
        await service.do_stage("picture", making)
    rows, files = await kept(chat.house)
    assert rows == files and len(rows) == len(before[0]) + 2
    if again:
        await service.do_stage("picture", making)
        assert await kept(chat.house) == (rows, files)
    else:
        await chat.says("오늘은 산에 갔다", kind=Kind.EDIT, target=line)
        await service.do_stage("picture", making)  # nobody wants it any more
        assert await kept(chat.house) == (rows, files)
    await delete_entry(chat, entry.id)
    assert await kept(chat.house) == ([], [])


async def test_a_voice_put_before_a_kill_goes_with_its_entry(chat, monkeypatch):
    await chat.says("오늘은 바다에 갔다")
    person = await chat.person()
    entry = await chat.house.store.latest_entry(person.id)
    comment = next(work for work in await chat.house.store.works(entry.id) if work.kind == "comment")
    with monkeypatch.context() as patch, pytest.raises(Killed):
        die(patch, chat.house.store, "save_work")
        await spoken(comment, person, service.service().workshop, chat.house.store, chat.house.media)
    assert any(name.startswith("c1v") for name in (await kept(chat.house))[0])
    await delete_entry(chat, entry.id)
    assert await kept(chat.house) == ([], [])


async def test_a_month_drawn_before_a_kill_is_drawn_over_and_goes_with_the_entry_in_it(chat, monkeypatch):
    await chat.says("오늘은 바다에 갔다")
    entry = await chat.house.store.latest_entry((await chat.person()).id)
    with monkeypatch.context() as patch, pytest.raises(Killed):
        die(patch, chat.house.store, "add_sending")
        await chat.says("/calendar", platform_message_id="asked")
    drawn = await kept(chat.house)
    await chat.steps(await chat.house.store.message_at("web", "me", "asked"))
    assert await kept(chat.house) == drawn
    await delete_entry(chat, entry.id)
    assert await kept(chat.house) == ([], [])
