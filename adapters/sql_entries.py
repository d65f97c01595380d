"""Entries in the store: every wording, and the one line by which a list shows them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.sql_base import Base, with_key
from adapters.sql_codec import from_ms, pack, place, to_ms, unpack
from adapters.sql_database import held, upsert
from adapters.sql_schema import entries, entry_versions, people
from adapters.vault import Box
from core.entities import Entry
from core.ports import EntryLine, NotFound

_SUMMARY_CHARS = 80


@dataclass(frozen=True)
class Line:
    """What a list shows of an entry, sealed as one so that a list opens one thing a row."""

    summary: str = ""
    emotion: str = ""
    picture_media_id: str = ""
    hidden: bool = False
    understood: int = 0  # the revision that emotion and summary come from
    corrected: bool = False  # the person said what they felt: no guess changes that
    pictured: int = 0  # the revision that the picture was made for


class EntriesInSql(Base):
    """The part of `core.ports.Store` about entries."""

    async def save_entry(self, entry: Entry) -> None:
        """Write an entry; a new revision keeps the wording before it, the same revision again is written over.

        An older revision that comes late is kept as a version and changes nothing else. Raises NotFound, Forgotten."""
        async with self.db.write() as connection:
            box = await self._box(connection, entry.person_id)
            where = place(entries, entry.id, "line")
            known = held(connection, sa.select(entries).where(entries.c.id == entry.id), to_change=True)
            stands = (await connection.execute(known)).one_or_none()
            line = Line() if stands is None else unpack(box, where, stands.line, Line)
            values = {
                "day": entry.date,
                "revision": entry.revision,
                "line": pack(box, where, _reworded(line, entry)),
            }
            if stands is None:
                row = {
                    "id": entry.id,
                    "person_id": entry.person_id,
                    "created_ms": to_ms(entry.created_at),
                    "deleted": entry.deleted,
                }
                await connection.execute(entries.insert().values(**row, **values))
                await self._recount(connection, entry.person_id)
            elif entry.revision >= stands.revision:
                await connection.execute(_at(entry.id).values(values))
            await self._save_version(connection, box, entry)

    async def _save_version(self, connection: AsyncConnection, box: Box, entry: Entry) -> None:
        row = {
            "entry_id": entry.id,
            "revision": entry.revision,
            "person_id": entry.person_id,
            "body": pack(box, _version_place(entry.id, entry.revision), entry),
        }
        await connection.execute(upsert(connection, entry_versions, row, update=("body",)))

    async def entry(self, entry_id: str) -> Entry:
        """Raises NotFound (also for a deleted one), Forgotten."""
        async with self.db.read() as connection:
            row = (await connection.execute(_NEWEST, {"entry_id": entry_id})).one_or_none()
        if row is None or row.deleted:
            raise NotFound(f"no entry {entry_id}")
        return self._read_entry(row)

    async def versions(self, entry_id: str) -> Sequence[Entry]:
        """Every wording of an entry, oldest first; of a hidden one too."""
        found = with_key(entry_versions).add_columns(entries.c.created_ms, entries.c.deleted)
        found = found.join(entries, entries.c.id == entry_versions.c.entry_id).where(entries.c.id == entry_id)
        async with self.db.read() as connection:
            rows = await connection.execute(found.order_by(entry_versions.c.revision))
            return [self._read_entry(row) for row in rows]

    async def latest_entry(self, person_id: str) -> Entry | None:
        """The entry that was written last (by created_at), deleted ones left out."""
        newest = sa.select(entries.c.id).where(*_kept(person_id))
        async with self.db.read() as connection:
            await self._box(connection, person_id)
            newest = newest.order_by(entries.c.created_ms.desc(), entries.c.id.desc()).limit(1)
            entry_id = await connection.scalar(newest)
        return None if entry_id is None else await self.entry(entry_id)

    async def delete_entry(self, entry_id: str) -> None:
        """Hide an entry; `restore_entry` undoes it. Raises NotFound."""
        await self._set_deleted(entry_id, True)

    async def restore_entry(self, entry_id: str) -> None:
        """Bring a hidden entry back. Raises NotFound."""
        await self._set_deleted(entry_id, False)

    async def _set_deleted(self, entry_id: str, deleted: bool) -> None:
        async with self.db.write() as connection:
            person_id = await connection.scalar(sa.select(entries.c.person_id).where(entries.c.id == entry_id))
            if person_id is None:
                raise NotFound(f"no entry {entry_id}")
            await connection.execute(_at(entry_id).values(deleted=deleted))
            await self._recount(connection, person_id)

    async def _recount(self, connection: AsyncConnection, person_id: str) -> None:
        """Count the entries anew where one came or went, so that nobody who reads has to."""
        mine = sa.select(people.c.id).where(people.c.id == person_id)
        if not self.db.is_sqlite:  # counted by one writer at a time; the lock must be there before the count begins
            await connection.execute(held(connection, mine, to_change=True))
        counted = sa.select(sa.func.count()).select_from(entries).where(*_kept(person_id)).scalar_subquery()
        await connection.execute(people.update().where(people.c.id == person_id).values(entry_count=counted))

    async def lines(
        self, person_id: str, *, first: date | None = None, last: date | None = None, offset: int = 0, limit: int = 100
    ) -> Sequence[EntryLine]:
        """Entries newest day first (then newest written first), between two days inclusive. Raises NotFound, Forgotten.

        The order is the index's own: what `offset` passes over is walked there, never opened."""
        found = sa.select(entries.c.id, entries.c.day, entries.c.created_ms, entries.c.line)
        found = found.where(*_kept(person_id), *_between(first, last))
        found = found.order_by(entries.c.day.desc(), entries.c.created_ms.desc(), entries.c.id.desc())
        async with self.db.read() as connection:
            box = await self._box(connection, person_id)
            rows = (await connection.execute(found.offset(offset).limit(limit))).all()
        return [_read_line(box, row) for row in rows]

    async def entry_count(self, person_id: str) -> int:
        """How many entries a person has."""
        async with self.db.read() as connection:
            return await connection.scalar(sa.select(people.c.entry_count).where(people.c.id == person_id)) or 0

    async def days_written(self, person_id: str, first: date, last: date) -> dict[date, int]:
        """Entries a day between two days inclusive."""
        counted = sa.select(entries.c.day, sa.func.count()).where(*_kept(person_id), *_between(first, last))
        async with self.db.read() as connection:
            rows = await connection.execute(counted.group_by(entries.c.day).order_by(entries.c.day))
            return {row[0]: row[1] for row in rows}

    async def _change_line(self, connection: AsyncConnection, box: Box, row: Any, **changes: Any) -> None:
        """Write other words into the line of an entry whose row was just read."""
        where = place(entries, row.id, "line")
        line = replace(unpack(box, where, row.line, Line), **changes)
        await connection.execute(_at(row.id).values(line=pack(box, where, line)))

    def _read_line_of(self, box: Box, row: Any) -> Line:
        return unpack(box, place(entries, row.id, "line"), row.line, Line)

    def _read_entry(self, row: Any) -> Entry:
        box = self.vault.box(row.person_id, row.wrapped)
        entry = unpack(box, _version_place(row.entry_id, row.revision), row.body, Entry)
        return replace(entry, deleted=row.deleted)


def _reworded(line: Line, entry: Entry) -> Line:
    """The line once its entry says something else: the summary is the text's own first words until it is understood."""
    hidden = entry.level.stops_everything
    if line.understood == entry.revision:
        return replace(line, hidden=hidden)
    return replace(line, hidden=hidden, summary=_first_words(entry.text))


def _first_words(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= _SUMMARY_CHARS else words[: _SUMMARY_CHARS - 1].rstrip() + "…"


def _read_line(box: Box, row: Any) -> EntryLine:
    line = unpack(box, place(entries, row.id, "line"), row.line, Line)
    return EntryLine(
        id=row.id,
        date=row.day,
        created_at=from_ms(row.created_ms),
        summary=line.summary,
        emotion=line.emotion,
        picture_media_id=line.picture_media_id,
        hidden=line.hidden,
    )


def _version_place(entry_id: str, revision: int) -> str:
    return place(entry_versions, f"{entry_id}/{revision}", "body")


def _kept(person_id: str) -> tuple[Any, ...]:
    return entries.c.person_id == person_id, entries.c.deleted == sa.false()


def _between(first: date | None, last: date | None) -> tuple[Any, ...]:
    since = () if first is None else (entries.c.day >= first,)
    return since if last is None else (*since, entries.c.day <= last)


def _at(entry_id: str) -> sa.Update:
    return entries.update().where(entries.c.id == entry_id)


_NEWEST = (
    with_key(entry_versions)
    .add_columns(entries.c.created_ms, entries.c.deleted)
    .join(entries, (entries.c.id == entry_versions.c.entry_id) & (entries.c.revision == entry_versions.c.revision))
    .where(entries.c.id == sa.bindparam("entry_id"))
)
