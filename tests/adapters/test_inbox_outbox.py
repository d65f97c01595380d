"""A message is kept once with its job, a reply goes out under one key, and the chat reads as it was."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from adapters.sql_schema import inbox, people
from adapters.sql_store import SqlStore, open_store
from core.entities import Attachment, Button, Kind, Person, Reply, Sending, SendState, new_id, utc_now
from core.ports import DiskFull, LogLine, NotFound
from core.settings import Settings, load_settings
from tests.adapters.conftest import a_message, no_job, sqlite_only


def a_sending(person: Person, reply: Reply | None = None, **changes: Any) -> Sending:
    given: dict[str, Any] = {
        "id": new_id(), "key": new_id(), "person_id": person.id, "platform": "web", "chat_id": "room",
        "reply": reply or Reply("좋은 날이네요", buttons=((Button("★", "r1"),),)),
    }  # fmt: skip
    return Sending(**(given | changes))


def shown(log: Sequence[LogLine]) -> list[str]:
    return [
        line.message.text if line.message else line.sending.reply.text for line in log if line.message or line.sending
    ]


# --- the way in --------------------------------------------------------------------------------


async def test_a_message_is_kept_with_its_job_in_one_commit(store: SqlStore) -> None:
    jobs: list[tuple[str, int]] = []

    def job(connection: sa.Connection, person_id: str) -> None:
        jobs.append((person_id, connection.scalar(sa.select(sa.func.count()).select_from(inbox)) or 0))

    message = a_message(attachments=(Attachment("m", "image/png", 3),), language="en", time_zone="Europe/London")
    assert await store.keep_with(message, job)
    person = await store.person_of("web", "me")
    assert jobs == [(person.id, 1)] and (person.language, person.time_zone) == ("en", "Europe/London")
    assert await store.message(message.id) == message
    assert await store.message_at("web", "room", message.platform_message_id) == message
    assert await store.message_at("web", "another room", message.platform_message_id) is None


async def test_a_job_that_fails_leaves_no_message_and_no_person(store: SqlStore) -> None:
    def job(_connection: sa.Connection, _person_id: str) -> None:
        raise RuntimeError("the engine said no")

    message = a_message()
    with pytest.raises(RuntimeError):
        await store.keep_with(message, job)
    with pytest.raises(NotFound):
        await store.message(message.id)
    assert not await store.people()
    assert await store.keep_with(message, no_job)


async def test_the_same_message_twice_is_kept_once(settings: Settings) -> None:
    stores = [await open_store(settings), await open_store(settings)]
    message = a_message()
    again = [replace(message, id=new_id()) for _ in range(20)]
    jobs: list[str] = []
    kept = await asyncio.gather(
        *(stores[n % 2].keep_with(one, lambda _c, person_id: jobs.append(person_id)) for n, one in enumerate(again))
    )
    assert sorted(kept) == [False] * 19 + [True] and len(jobs) == 1
    async with stores[0].db.read() as connection:
        assert await connection.scalar(sa.select(sa.func.count()).select_from(people)) == 1
    for one in stores:
        await one.close()


async def test_what_differs_is_another_message(store: SqlStore) -> None:
    first = a_message(platform_message_id="7")
    edit = {"kind": Kind.EDIT, "target": "7", "platform_message_id": "7"}
    press = {"kind": Kind.PRESS, "target": "9"}
    others = [
        first,
        a_message(platform_message_id="8"),
        a_message(platform_message_id="7", chat_id="another room"),
        a_message(platform_message_id="7", platform="telegram"),
        a_message("둘", sent_at=first.sent_at, **edit),
        a_message("셋", sent_at=first.sent_at, **edit),
        a_message("둘", sent_at=first.sent_at + timedelta(seconds=5), **edit),
        a_message("", press="a", platform_message_id="q1", **press),
        a_message("", press="a", platform_message_id="q2", **press),
        a_message("", platform_message_id=""),
        a_message("", platform_message_id=""),
    ]
    for message in others:
        assert await store.keep_with(message, no_job)
    for message in others[:-2]:
        assert not await store.keep_with(replace(message, id=new_id()), no_job)
    assert await store.message_at("web", "room", "7") == first


async def test_nothing_is_taken_in_where_the_disk_is_full(store: SqlStore, settings: Settings) -> None:
    store.settings = load_settings(data_dir=settings.data_dir, work={"min_free_mb": 10**9})
    with pytest.raises(DiskFull):
        await store.keep_with(a_message(), no_job)
    assert not await store.people()


@sqlite_only
async def test_a_database_that_cannot_grow_is_a_full_disk(store: SqlStore) -> None:
    async with store.db.read() as connection:
        pages = (await connection.exec_driver_sql("PRAGMA page_count")).scalar_one()

    @sa.event.listens_for(store.db.engine.sync_engine, "checkout")
    def bounded(connection: Any, *_rest: Any) -> None:
        connection.cursor().execute(f"PRAGMA max_page_count={pages + 20}")

    kept = 0
    with pytest.raises(DiskFull):
        for kept in range(100):  # noqa: B007
            await store.keep_with(a_message("긴 하루 " * 1000), no_job)
    assert kept > 0 and len(await store.chat_log("web", "room")) == kept


async def test_earlier_messages_of_the_same_chat(store: SqlStore) -> None:
    start = utc_now()
    said = [a_message(f"{n}", sent_at=start + timedelta(seconds=n)) for n in range(5)]
    for message in (*said, a_message("elsewhere", chat_id="x"), a_message("", kind=Kind.PRESS, press="p")):
        await store.keep_with(message, no_job)
    assert await store.messages_before(said[3], start + timedelta(seconds=1)) == said[1:3]
    await store.link_message(said[0].id, "e1")
    assert [await store.entry_of_message(one.id) for one in said[:2]] == ["e1", ""]
    with pytest.raises(NotFound):
        await store.link_message("x", "e1")


# --- the outbox --------------------------------------------------------------------------------


async def test_a_key_is_put_in_once(store: SqlStore, person: Person) -> None:
    first = await store.add_sending(a_sending(person, key="k"))
    second = await store.add_sending(a_sending(person, Reply("another"), key="k"))
    assert second == first == await store.sending(first.id) and first.state is SendState.NEW


async def test_a_reply_lives_until_it_is_sent_and_again_with_new_contents(store: SqlStore, person: Person) -> None:
    sending = await store.add_sending(a_sending(person))
    await store.set_sending(sending.id, SendState.INFLIGHT)
    assert [one.id for one in await store.sendings_in_doubt("web")] == [sending.id]
    assert not await store.sendings_in_doubt("telegram")
    await store.set_sending(sending.id, SendState.SENT, "m1")
    await store.set_sending(sending.id, SendState.SENT)
    told = await store.sending_at("web", "room", "m1")
    assert told is not None and (told.id, told.state, told.platform_message_id) == (sending.id, SendState.SENT, "m1")
    for state in (SendState.INFLIGHT, SendState.UNKNOWN, SendState.NEW):
        with pytest.raises(ValueError, match="new contents first"):
            await store.set_sending(sending.id, state)
    replaced = await store.replace_sending(sending.id, Reply("fertig"))
    assert (replaced.id, replaced.state, replaced.platform_message_id) == (sending.id, SendState.NEW, "m1")
    assert replaced.reply == Reply("fertig") and replaced.changed_at > told.changed_at
    for asked in (store.set_sending("x", SendState.SENT), store.replace_sending("x", Reply())):
        with pytest.raises(NotFound):
            await asked


async def test_the_newest_reply_stands_in_a_slot(store: SqlStore, person: Person) -> None:
    assert await store.sending_in_slot("web", "room", "answer") is None
    first = await store.add_sending(a_sending(person, Reply("1", slot="answer")))
    other = await store.add_sending(a_sending(person, Reply("o", slot="answer"), chat_id="another room"))
    second = await store.add_sending(a_sending(person, Reply("2", slot="answer")))
    assert await store.sending_in_slot("web", "room", "answer") == second
    assert await store.sending_in_slot("web", "another room", "answer") == other
    await store.replace_sending(first.id, Reply("1 again", slot="answer"))
    standing = await store.sending_in_slot("web", "room", "answer")
    assert standing is not None and standing.id == first.id
    await store.replace_sending(first.id, Reply("no slot"))
    assert await store.sending_in_slot("web", "room", "answer") is None


# --- the chat ----------------------------------------------------------------------------------


async def test_the_chat_reads_as_it_was(store: SqlStore, person: Person) -> None:
    for n in range(3):
        await store.keep_with(a_message(f"나 {n}"), no_job)
        await store.add_sending(a_sending(person, Reply(f"안나 {n}")))
    await store.keep_with(a_message("", kind=Kind.PRESS, press="x"), no_job)
    await store.keep_with(a_message("", kind=Kind.OPEN), no_job)
    await store.keep_with(a_message("elsewhere", chat_id="x"), no_job)
    log = await store.chat_log("web", "room")
    assert shown(log) == ["나 0", "안나 0", "나 1", "안나 1", "나 2", "안나 2"]
    assert shown(await store.chat_log("web", "room", limit=3)) == ["안나 1", "나 2", "안나 2"]
    assert len({line.changed_ms for line in log}) == 6


async def test_a_page_that_reconnects_hears_what_changed(store: SqlStore, person: Person, settings: Settings) -> None:
    first, second = a_message("하나", platform_message_id="1"), a_message("둘", platform_message_id="2")
    for message in (first, second):
        await store.keep_with(message, no_job)
    sending = await store.add_sending(a_sending(person))
    seen = max(line.changed_ms for line in await store.chat_log("web", "room"))
    assert not await store.chat_log("web", "room", since_ms=seen)

    other_process = await open_store(settings)
    other_process._last_ms = 0
    await other_process.set_sending(sending.id, SendState.SENT)
    await store.keep_with(a_message("하나 더", kind=Kind.EDIT, target="1", platform_message_id="1"), no_job)
    await other_process.keep_with(a_message("하나 더 더", kind=Kind.EDIT, target="1", platform_message_id="e2"), no_job)
    log = await store.chat_log("web", "room", since_ms=seen)
    assert shown(log) == ["하나 더 더", "좋은 날이네요"] and log[0].id == first.id
    assert shown(await store.chat_log("web", "room")) == ["하나 더 더", "둘", "좋은 날이네요"]
    assert (await store.message(first.id)).text == "하나"
    await other_process.close()


async def test_changes_are_told_apart_although_the_clock_jumps_back(
    store: SqlStore, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    sending = await store.add_sending(a_sending(person))
    seen = max(line.changed_ms for line in await store.chat_log("web", "room"))
    monkeypatch.setattr("adapters.sql_base.time.time_ns", lambda: 10**15)
    store._last_ms = 0
    await store.set_sending(sending.id, SendState.SENT)
    assert len(await store.chat_log("web", "room", since_ms=seen)) == 1


@sqlite_only
def test_nothing_of_the_platforms_stands_in_the_clear(settings: Settings) -> None:
    async def write() -> None:
        store = await open_store(settings)
        await store.keep_with(
            a_message(account="Quibblewort", chat_id="Snarkleby", platform_message_id="Zumpf"), no_job
        )
        person = await store.person_of("web", "Quibblewort")
        sending = await store.add_sending(a_sending(person, chat_id="Snarkleby"))
        await store.set_sending(sending.id, SendState.SENT, "Wimbleton")
        assert (await store.sending(sending.id)).chat_id == "Snarkleby"
        await store.close()

    asyncio.run(write())
    on_disk = b"".join(path.read_bytes() for path in Path(settings.data_dir).rglob("*") if path.is_file())
    for word in (b"Quibblewort", b"Snarkleby", b"Zumpf", b"Wimbleton"):
        assert word not in on_disk
