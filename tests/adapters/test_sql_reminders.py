"""Reminders are found by an index, settings change one at a time, and an export has everything."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from adapters.sealed_media import SealedMedia
from adapters.sql_schema import outbox, reminders
from adapters.sql_store import SqlStore
from core.entities import Person, Purpose, Reminder, Reply, Sending, new_id, utc_now
from core.ports import EXPORT_MIME, NotFound
from tests.adapters.conftest import a_message, an_entry, no_job

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


async def test_a_reminder_is_kept_changed_and_taken_away(store: SqlStore, person: Person) -> None:
    assert await store.reminder(person.id) is None
    first = Reminder(person.id, "web", "me", 1290, next_at=NOON)
    assert await store.change_reminder(person.id, lambda _none: first) == first == await store.reminder(person.id)
    await store.change_reminder(person.id, lambda one: one and replace(one, on=False, next_at=None))
    found = await store.reminder(person.id)
    assert found is not None and not found.on and await store.reminders_due(NOON) == []
    await store.change_reminder(person.id, lambda _one: None)
    assert await store.reminder(person.id) is None
    with pytest.raises(NotFound):
        await store.change_reminder("x", lambda _none: first)


async def test_only_what_is_due_is_found_and_by_the_index(store: SqlStore) -> None:
    for n in range(5):
        one = await store.person_of("web", f"p{n}")
        next_at = NOON + timedelta(minutes=n - 2)
        await store.change_reminder(
            one.id, lambda _none, one=one, at=next_at: Reminder(one.id, "web", "x", 1, next_at=at)
        )
    due = await store.reminders_due(NOON)
    assert due == [(await store.person_of("web", f"p{n}")).id for n in range(3)]
    assert await store.reminders_due(NOON, limit=1) == due[:1]
    if store.db.is_sqlite:
        async with store.db.read() as connection:
            asked = "EXPLAIN QUERY PLAN SELECT person_id FROM reminders WHERE next_ms <= 5 ORDER BY next_ms LIMIT 100"
            plan = " ".join(row[-1] for row in await connection.execute(sa.text(asked)))
        assert "ix_reminders_next_ms" in plan


async def test_a_forgotten_persons_reminder_goes_with_them(store: SqlStore, person: Person) -> None:
    await store.change_reminder(person.id, lambda _none: Reminder(person.id, "web", "me", 1, next_at=NOON))
    await store.forget(person.id)
    async with store.db.read() as connection:
        assert not (await connection.execute(sa.select(reminders))).all()
    assert await store.reminders_due(NOON + timedelta(days=1)) == []


async def test_many_changes_of_one_reminder_all_count(store: SqlStore, person: Person) -> None:
    await store.change_reminder(person.id, lambda _none: Reminder(person.id, "web", "me", 1))
    more = (
        store.change_reminder(person.id, lambda one: one and replace(one, unanswered=one.unanswered + 1))
        for _ in range(20)
    )
    await asyncio.gather(*more)
    found = await store.reminder(person.id)
    assert found is not None and found.unanswered == 20


async def test_two_things_that_change_at_once_both_stay(store: SqlStore, person: Person) -> None:
    changes = [
        lambda one: replace(one, name="하늘"),
        lambda one: replace(one, follow_up="web me now"),
        lambda one: replace(one, anna=replace(one.anna, length=450)),
        *(lambda one, n=n: replace(one, former=(*one.former, str(n))) for n in range(20)),
    ]
    await asyncio.gather(*(store.change_person(person.id, change) for change in changes))
    found = await store.person(person.id)
    assert (found.name, found.follow_up, found.anna.length) == ("하늘", "web me now", 450)
    assert sorted(found.former) == sorted(str(n) for n in range(20))


async def test_a_change_grants_nothing_and_makes_nobody_else(store: SqlStore, person: Person) -> None:
    await store.set_consent(person.id, Purpose.STORING, True)
    changed = await store.change_person(person.id, lambda one: replace(one, id="x", consents=frozenset(Purpose)))
    assert changed.id == person.id and changed.consents == {Purpose.STORING}
    with pytest.raises(NotFound):
        await store.change_person("x", lambda one: one)


async def test_when_somebody_was_heard_last(store: SqlStore, person: Person) -> None:
    assert await store.last_heard(person.id) is None
    for minutes in (5, 3):
        await store.keep_with(a_message(sent_at=NOON + timedelta(minutes=minutes)), no_job)
    assert await store.last_heard(person.id) == NOON + timedelta(minutes=5)


async def test_every_entry_and_every_word_of_consent(store: SqlStore, person: Person) -> None:
    entry = an_entry(person, "하나")
    await store.save_entry(entry)
    await store.save_entry(entry.revised(text="둘"))
    await store.delete_entry(entry.id)
    assert await store.every_entry(person.id) == [entry.id]
    kept = await store.kept_of(entry.id)
    assert [one.text for one in kept.versions] == ["하나", "둘"] and kept.versions[0].deleted
    await store.set_consent(person.id, Purpose.FACE, True)
    await store.set_consent(person.id, Purpose.FACE, False)
    assert [(one.purpose, one.granted) for one in await store.consent_log(person.id)] == [
        ("face", True),
        ("face", False),
    ]
    with pytest.raises(NotFound):
        await store.kept_of("x")


async def test_an_export_goes_after_its_time_and_with_any_entry_that_is_in_it(
    store: SqlStore, media: SealedMedia, person: Person
) -> None:
    entry = an_entry(person)
    await store.save_entry(entry)
    picture = await media.put(person.id, b"png", "image/png")
    first = await media.put(person.id, b"zip", EXPORT_MIME)
    assert await store.delete_exports(utc_now() - timedelta(hours=1)) == 0
    assert await store.delete_exports(utc_now() + timedelta(seconds=5)) == 1
    with pytest.raises(NotFound):
        await media.get(first)
    second = await media.put(person.id, b"zip", EXPORT_MIME)
    await store.add_sending(Sending(new_id(), "k", person.id, "web", "room", Reply("", document=second)))
    await store.purge_entry(entry.id)
    with pytest.raises(NotFound):
        await media.get(second)
    assert (await media.get(picture)).data == b"png"
    async with store.db.read() as connection:
        assert len((await connection.execute(sa.select(outbox))).all()) == 1
    shown = (await store.chat_log("web", "room"))[0].sending
    assert shown is not None and shown.reply.withdrawn
