"""Two accounts share a diary: all that was written moves, nothing of it is lost, readable to its new owner only."""

from __future__ import annotations

import asyncio
import os
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from adapters import sql_join
from adapters.sealed_media import SealedMedia, open_media
from adapters.sql_schema import (
    OWNED,
    former_keys,
    inbox,
    join_codes,
    outbox,
    person_keys,
)
from adapters.sql_schema import (
    media as media_table,
)
from adapters.sql_store import SqlStore, open_store
from core.entities import Level, Purpose, Reminder, Reply, Sending, Step, new_id, utc_now
from core.ports import Forgotten, JoinCode, NotFound
from core.settings import Settings
from tests.adapters.conftest import a_message, an_entry, no_job
from tests.adapters.test_forgetting import MARK, NAME, a_full_diary, rows

TEN_MINUTES = timedelta(minutes=10)


async def owners(store: SqlStore, *tables: sa.Table) -> set[str]:
    """Whose rows there are."""
    async with store.db.read() as connection:
        return {one for table in tables for one in await connection.scalars(sa.select(table.c.person_id))}


async def a_host(store: SqlStore, words: str = "ABCD2345"):
    """Somebody on Telegram with a code."""
    host = await store.person_of("telegram", "77", language="ko")
    await store.add_join_code(JoinCode(host.id, "telegram", "77"), words, utc_now() + TEN_MINUTES)
    return host


async def test_a_whole_diary_moves_and_only_its_new_owners_key_opens_it(store: SqlStore, media: SealedMedia) -> None:
    host = await a_host(store)
    guest, message, entry_id, files = await a_full_diary(store, media)
    own = an_entry(host, "원래 있던 글")
    await store.save_entry(own)
    before = await store.kept_of(entry_id)
    joined = await store.join("web", "me", "ABCD2345", message.id, utc_now())

    assert joined.id == host.id and joined.name == NAME and joined.former == (guest.id,)
    assert joined.consents == {Purpose.STORING} == (await store.person(host.id)).consents
    assert (await store.person_of("web", "me")).id == (await store.person_of("telegram", "77")).id == host.id
    assert await store.accounts(host.id) == [("telegram", "77"), ("web", "me")]
    assert await store.entry_count(host.id) == 2 == len(await store.lines(host.id))
    kept = await store.kept_of(entry_id)
    assert kept == replace(before, versions=tuple(replace(one, person_id=host.id) for one in before.versions))
    assert kept.versions[1].text == f"다시 {MARK}" and kept.correction == "loneliness" and len(kept.works) == 2
    assert [(await media.get(one)).data for one in files] == [(MARK * 50).encode()] * 3
    assert await media.owner(files[0]) == host.id
    assert (await store.message(message.id)).text == f"오늘은 {MARK}"
    log = await store.chat_log("web", "room")
    assert [line.message.text for line in log if line.message] == [f"{MARK} 고침"]
    assert [line.sending.reply.picture for line in log if line.sending] == [files[1]]
    assert [turn.text for turn in await store.turns(host.id)] == [MARK]
    state = await store.safety_state(host.id)
    assert state is not None and state.level is Level.IMMINENT

    with pytest.raises(Forgotten):
        await store.person(guest.id)
    with pytest.raises(Forgotten):
        await store.save_entry(an_entry(guest, "zu spät"))
    async with store.db.read() as connection:
        for table in (*OWNED, media_table, person_keys):
            assert not (await connection.execute(sa.select(table).where(table.c.person_id == guest.id))).all(), table
    assert not await rows(store, join_codes)


async def test_new_files_are_sealed_with_the_own_key_and_old_ones_survive_a_second_move(
    store: SqlStore, media: SealedMedia, settings: Settings
) -> None:
    host = await a_host(store)
    guest = await store.person_of("web", "me")
    old = await media.put(guest.id, b"before", "image/png")
    await store.join("web", "me", "ABCD2345", "m", utc_now())
    new = await media.put(host.id, b"after", "image/png")
    third = await store.person_of("discord", "9")
    await store.add_join_code(JoinCode(third.id, "discord", "9"), "WXYZ6789", utc_now() + TEN_MINUTES)
    await store.leave("web", "me", "room", "m2")  # else telegram is not alone, and the bot would not let it go
    await store.join("telegram", "77", "WXYZ6789", "m3", utc_now())
    again = await open_store(settings)  # nothing of it is only in memory
    for one, data in ((old, b"before"), (new, b"after")):
        assert (await (await open_media(again, settings)).get(one)).data == data
    await again.forget(third.id)
    for one in (old, new):
        with pytest.raises(NotFound):
            await media.get(one)
    alone = (await again.person_of("web", "me")).id
    assert await owners(again, *OWNED, former_keys, person_keys, media_table) == {alone}
    await again.close()


async def test_without_the_owners_key_a_moved_file_opens_for_nobody(store: SqlStore, media: SealedMedia) -> None:
    host = await a_host(store)
    guest = await store.person_of("web", "me")
    file = await media.put(guest.id, MARK.encode(), "image/png")
    await store.join("web", "me", "ABCD2345", "m", utc_now())
    async with store.db.write() as connection:
        await connection.execute(person_keys.delete().where(person_keys.c.person_id == host.id))
    store.vault.drop_keys()
    with pytest.raises(Forgotten):
        await media.get(file)


async def test_a_join_that_fails_in_the_middle_changes_nothing(
    store: SqlStore, media: SealedMedia, monkeypatch: pytest.MonkeyPatch
) -> None:
    host = await a_host(store)
    guest, message, entry_id, files = await a_full_diary(store, media)
    with monkeypatch.context() as patch:
        patch.setattr(store.vault, "hand_over", lambda *_args: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            await store.join("web", "me", "ABCD2345", message.id, utc_now())
    assert (await store.person_of("web", "me")).id == guest.id
    assert (await store.entry(entry_id)).person_id == guest.id and (await media.get(files[0])).data
    assert await store.entry_count(host.id) == 0
    assert (await store.join("web", "me", "ABCD2345", message.id, utc_now())).id == host.id


async def test_a_code_works_once_for_ten_minutes_and_only_the_newest(store: SqlStore) -> None:
    host, now = await a_host(store), utc_now()
    await store.person_of("web", "me")
    assert (await store.join_code("ABCD2345", now)) == JoinCode(host.id, "telegram", "77")
    assert await store.join_code("ABCD2345", now + TEN_MINUTES) is None
    await store.add_join_code(JoinCode(host.id, "telegram", "77"), "NEWR2345", now + TEN_MINUTES)
    assert await store.join_code("ABCD2345", now) is None
    for words, account in (("ABCD2345", "me"), ("NEWR2345", "77"), ("NONSENSE", "me")):
        with pytest.raises(NotFound):
            await store.join("telegram" if account == "77" else "web", account, words, "m", now)
    await store.join("web", "me", "NEWR2345", "m", now)
    await store.person_of("discord", "5")
    with pytest.raises(NotFound):
        await store.join("discord", "5", "NEWR2345", "m", now)


async def test_guesses_are_counted_by_account_and_forgotten_after_a_while(store: SqlStore) -> None:
    now = utc_now()
    assert [await store.guessed("web", "me", now, TEN_MINUTES) for _ in range(3)] == [1, 2, 3]
    assert await store.guessed("web", "you", now, TEN_MINUTES) == 1
    assert await store.guessed("web", "me", now + TEN_MINUTES, TEN_MINUTES) == 1


async def test_two_accounts_that_use_one_code_at_once_one_is_in(store: SqlStore) -> None:
    host = await a_host(store)
    for n in range(2):
        await store.person_of("web", f"me{n}")
    told = await asyncio.gather(
        *(store.join("web", f"me{n}", "ABCD2345", "m", utc_now()) for n in range(2)), return_exceptions=True
    )
    assert sorted(type(one).__name__ for one in told) == ["NotFound", "Person"]
    assert len(await store.accounts(host.id)) == 2


async def test_settings_reminder_and_steps_of_both(store: SqlStore) -> None:
    host = await a_host(store)
    guest = await store.person_of("web", "me", language="en")
    crisis = utc_now()
    await store.save_person(replace(guest, step=Step.DONE, name="Sam", crisis_at=crisis))
    await store.change_reminder(guest.id, lambda _none: Reminder(guest.id, "web", "me", 600))
    joined = await store.join("web", "me", "ABCD2345", "m1", utc_now())
    assert (joined.step, joined.name, joined.language, joined.crisis_at) == (Step.DONE, "Sam", "en", crisis)
    assert joined.answered == "m1 join telegram 77"
    moved = await store.reminder(host.id)
    assert moved is not None and (moved.person_id, moved.chat_id) == (host.id, "me")


async def test_who_leaves_has_an_empty_diary_and_the_other_keeps_theirs(store: SqlStore, media: SealedMedia) -> None:
    host = await a_host(store)
    guest, message, entry_id, files = await a_full_diary(store, media)
    await store.join("web", "me", "ABCD2345", message.id, utc_now())
    await store.change_reminder(host.id, lambda _none: Reminder(host.id, "web", "room", 600))
    await store.change_person(host.id, lambda person: replace(person, follow_up="web room 2026-11-20"))
    goodbye = a_message("/leave")
    await store.keep_with(goodbye, no_job)
    fresh = await store.leave("web", "me", "room", goodbye.id)

    assert fresh.id not in (host.id, guest.id) and fresh.name == "" and fresh.answered == f"{goodbye.id} leave"
    assert (await store.person_of("web", "me")).id == fresh.id and await store.entry_count(fresh.id) == 0
    assert [line.message.text for line in await store.chat_log("web", "room") if line.message] == ["/leave"]
    assert await store.message_at("web", "room", "1") is None  # a reply to an old line reaches no diary
    assert (await store.message(goodbye.id)).text == "/leave"
    assert await store.safety_state(fresh.id) is not None
    assert await store.reminder(host.id) is None and (await store.person(host.id)).follow_up == ""
    assert await store.accounts(host.id) == [("telegram", "77")]
    assert (await store.entry(entry_id)).person_id == host.id and (await media.get(files[0])).data
    with pytest.raises(NotFound):
        await store.leave("telegram", "77", "77", "m")
    await store.purge_entry(entry_id)  # with the edits of its lines, wherever those were moved
    assert host.id not in await owners(store, inbox)


async def test_two_that_leave_at_once_do_not_leave_a_diary_to_nobody(store: SqlStore) -> None:
    host = await a_host(store)
    await store.person_of("web", "me")
    await store.join("web", "me", "ABCD2345", "m", utc_now())
    told = await asyncio.gather(
        store.leave("web", "me", "room", "m1"), store.leave("telegram", "77", "77", "m2"), return_exceptions=True
    )
    assert sorted(type(one).__name__ for one in told) == ["NotFound", "Person"]
    assert len(await store.accounts(host.id)) == 1


async def test_what_arrives_while_a_diary_moves_is_in_it(store: SqlStore, settings: Settings) -> None:
    host = await a_host(store)
    await store.person_of("web", "me")
    other = await open_store(settings)

    async def writes(n: int) -> None:
        one = other if n % 2 else store
        await one.keep_with(a_message(f"줄 {n}", platform_message_id=f"n{n}"), no_job)
        person = await one.person_of("web", "me")
        try:
            await one.add_sending(Sending(new_id(), f"k{n}", person.id, "web", "room", Reply(f"r{n}")))
        except Forgotten:  # they had moved at this very moment: the step runs again
            await one.add_sending(Sending(new_id(), f"k{n}", host.id, "web", "room", Reply(f"r{n}")))

    await asyncio.gather(*(writes(n) for n in range(24)), store.join("web", "me", "ABCD2345", "m", utc_now()))
    log = await other.chat_log("web", "room")
    assert sorted(line.message.text for line in log if line.message) == sorted(f"줄 {n}" for n in range(24))
    assert sorted(line.sending.reply.text for line in log if line.sending) == sorted(f"r{n}" for n in range(24))
    assert await owners(store, inbox, outbox) == {host.id}
    assert (await store.person_of("web", "me")).id == host.id
    await other.close()


COUNT, BATCH = (1100, 500) if os.environ.get("EMOSEUM_SOAK") else (150, 50)


@pytest.mark.soak  # `make test` runs it too, with fewer
async def test_a_thousand_entries_move_whole(store: SqlStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sql_join, "_BATCH", BATCH)
    host = await a_host(store)
    guest = await store.person_of("web", "me")
    for n in range(COUNT):
        await store.save_entry(an_entry(guest, f"글 {n}", id=f"{n:020}"))
    await store.join("web", "me", "ABCD2345", "m", utc_now())
    moved = await store.every_entry(host.id)
    assert len(moved) == COUNT == await store.entry_count(host.id)
    assert {(await store.entry(one)).text for one in moved} == {f"글 {n}" for n in range(COUNT)}
