"""Who is painted next: the line before the studio, on each database."""

from __future__ import annotations

from dataclasses import replace

import sqlalchemy as sa

from adapters.sql_schema import stages
from adapters.sql_store import SqlStore
from core.entities import Entry, Person, StageState, first_id, new_id
from core.ports import NotFound
from tests.adapters.conftest import an_entry


async def in_line(store: SqlStore, person: Person, count: int) -> list[Entry]:
    entries = [an_entry(person) for _ in range(count)]
    for entry in entries:
        await store.save_entry(entry)
        await store.stand_in_line(entry.id, entry.revision)
    return entries


async def places(store: SqlStore, entries: list[Entry]) -> list[int]:
    return [await store.ahead_in_line(entry.id, entry.revision) for entry in entries]


async def test_each_waits_behind_those_before(store: SqlStore, person: Person) -> None:
    other = await store.person_of("telegram", "7", language="en")
    entries = [*await in_line(store, person, 2), *await in_line(store, other, 2)]
    assert await places(store, entries) == [0, 1, 2, 3]
    await store.leave_line(entries[0].id, 1)  # it is being painted
    assert await places(store, entries) == [0, 0, 1, 2]
    await store.set_stage(entries[1].id, 1, "picture", StageState.DONE, work_id="w")
    await store.set_stage(entries[2].id, 1, "picture", StageState.CANCELLED)
    assert await places(store, entries) == [0, 0, 0, 0]


async def test_a_place_is_kept_and_what_is_over_gets_none(store: SqlStore, person: Person) -> None:
    entries = await in_line(store, person, 3)
    await store.stand_in_line(entries[0].id, 1)  # a step that runs again
    assert await places(store, entries) == [0, 1, 2]
    await store.set_stage(entries[1].id, 1, "picture", StageState.CANCELLED)
    await store.stand_in_line(entries[1].id, 1)
    assert (await store.stages(entries[1].id, 1))["picture"].state is StageState.CANCELLED
    await store.leave_line(entries[1].id, 1)
    assert (await store.stages(entries[1].id, 1))["picture"].state is StageState.CANCELLED


async def test_nobody_waits_for_what_nobody_wants(store: SqlStore, person: Person) -> None:
    entries = await in_line(store, person, 4)
    await store.delete_entry(entries[0].id)
    await store.save_entry(replace(entries[1], revision=2))
    async with store.db.write() as connection:  # lost half a day ago
        old = stages.update().where(stages.c.entry_id == entries[2].id)
        await connection.execute(old.values(reference=first_id(entries[2].created_at.timestamp() - 12 * 3600)))
    assert await places(store, entries[3:]) == [0]


async def test_how_far_it_is_stands_beside_it_until_it_is_over(store: SqlStore, person: Person) -> None:
    entries = await in_line(store, person, 2)

    async def done() -> float:
        return (await store.stages(entries[0].id, 1))["picture"].done

    assert await done() == 0
    await store.set_done(entries[0].id, 1, 0.35)
    assert await done() == 0.35 and await places(store, entries) == [0, 0]  # it has begun
    await store.leave_line(entries[0].id, 1)  # begun anew, after a crash
    assert await done() == 0
    await store.set_done(entries[0].id, 1, 0.7)
    await store.set_stage(entries[0].id, 1, "picture", StageState.DONE, work_id="w")
    await store.set_done(entries[0].id, 1, 0.8)  # too late
    assert await done() == 0
    assert (await store.stages(entries[0].id, 1))["picture"].state is StageState.DONE


async def test_an_entry_that_is_gone_has_no_place(store: SqlStore) -> None:
    assert await store.ahead_in_line(new_id(), 1) == 0
    await store.leave_line(new_id(), 1)
    await store.set_done(new_id(), 1, 0.5)
    try:
        await store.stand_in_line(new_id(), 1)
    except NotFound:
        return
    raise AssertionError("somebody stands in line for an entry that is gone")


async def test_the_line_is_found_by_its_index(store: SqlStore, person: Person) -> None:
    await in_line(store, person, 3)
    asked: list[tuple[str, object]] = []

    def note(_connection, _cursor, statement, parameters, _context, _many) -> None:  # type: ignore[no-untyped-def]
        asked.append((statement, parameters))

    entry = (await in_line(store, person, 1))[0]
    engine = store.db.engine.sync_engine
    sa.event.listen(engine, "before_cursor_execute", note)
    assert await store.ahead_in_line(entry.id, 1) == 3
    sa.event.remove(engine, "before_cursor_execute", note)
    [(statement, parameters)] = [one for one in asked if "count(" in one[0]]
    explained = "EXPLAIN QUERY PLAN " if store.db.is_sqlite else "EXPLAIN "
    async with store.db.read() as connection:
        if not store.db.is_sqlite:  # four rows are read without any index, unless that is forbidden
            await connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        plan = await connection.exec_driver_sql(explained + statement, parameters)
        assert "ix_stages_line" in "\n".join(str(row) for row in plan)
