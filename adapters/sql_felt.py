"""What people say they felt, kept beside what we had guessed, so that the next guess is a better one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.sql_base import with_key
from adapters.sql_codec import pack, place, unpack
from adapters.sql_database import upsert
from adapters.sql_schema import analyses, corrections, entries, entry_versions, ratings, works
from adapters.sql_works import WorksInSql
from adapters.vault import Box
from core.entities import SURE, Analysis, Entry, Felt, Level


class FeltInSql(WorksInSql):
    """The part of `core.ports.Store` about what people say they felt."""

    async def correct_emotion(self, entry_id: str, name: str) -> None:
        """Keep that the person felt something else than we guessed; again overwrites. Raises NotFound, Forgotten.

        What we had guessed when they first said so stays beside it."""
        async with self.db.write() as connection:
            row, box = await self._row(connection, entries, entry_id)
            found = sa.select(corrections.c.body).where(corrections.c.entry_id == entry_id)
            sealed = await connection.scalar(found)
            before = read_felt(box, entry_id, sealed) if sealed is not None else None
            felt = before or await self._guessed(connection, box, entry_id) or Felt(name)
            told = {
                "at_ms": self._now_ms(),
                "body": pack(box, place(corrections, entry_id, "body"), replace(felt, name=name, said=True)),
            }
            values = {"entry_id": entry_id, "person_id": row.person_id, **told}
            await connection.execute(upsert(connection, corrections, values, update=told))
            await self._change_line(connection, box, row, emotion=name, corrected=True)

    async def correction(self, entry_id: str) -> str:
        """What the person said they felt, or ""."""
        async with self.db.read() as connection:
            found = await connection.execute(with_key(corrections).where(corrections.c.entry_id == entry_id))
            row = found.one_or_none()
        return "" if row is None else read_felt(self.vault.box(row.person_id, row.wrapped), entry_id, row.body).name

    async def felt(self, person_id: str, limit: int = 100) -> Sequence[Felt]:
        """What a person made of the guesses that they looked at, newest first: said otherwise, or rated the answer.

        An answer that was neither rated nor spoken to counts for nothing, nor does any to an entry that worried us: nothing
        is learned from those. Raises NotFound, Forgotten."""
        async with self.db.read() as connection:
            box = await self._box(connection, person_id)
            rows = (await connection.execute(_looked_at(person_id).limit(limit))).all()
            found = [
                await self._guessed(connection, box, row.entry_id)
                if row.body is None
                else read_felt(box, row.entry_id, row.body)
                for row in rows
                if _level(box, row) is Level.NONE
            ]
        return [felt for felt in found if felt is not None and (felt.said or felt.shown)]

    async def _guessed(self, connection: AsyncConnection, box: Box, entry_id: str) -> Felt | None:
        """Our newest guess at an entry, as if the person had left it as it is; None where nothing was understood yet."""
        of_it = analyses.select().where(analyses.c.entry_id == entry_id)
        row = (await connection.execute(of_it.order_by(analyses.c.revision.desc()).limit(1))).one_or_none()
        if row is None:
            return None
        analysis = unpack(box, place(analyses, f"{entry_id}/{row.revision}", "body"), row.body, Analysis)
        plain, seen = analysis.plain or analysis.emotion, analysis.emotion
        shown = seen.name if seen.confidence >= SURE and not analysis.told else ""
        return Felt(shown, plain.labels, plain.confidence, shown, said=False)


def read_felt(box: Box, entry_id: str, sealed: bytes) -> Felt:
    """A row of `corrections`; the first ones held the name alone."""
    told: Any = unpack(box, place(corrections, entry_id, "body"), sealed, Felt | str)  # type: ignore[arg-type]
    return told if isinstance(told, Felt) else Felt(told)


def _level(box: Box, row: Any) -> Level:
    return unpack(box, place(entry_versions, f"{row.entry_id}/{row.revision}", "body"), row.written, Entry).level


def _looked_at(person_id: str) -> sa.Select[Any]:
    """Entries that were rated or spoken to, as they were `written` last, with what was said where something was, newest
    first."""
    there = entries.c.deleted == sa.false()
    said = sa.select(corrections.c.entry_id, corrections.c.at_ms, corrections.c.body)
    said = said.join(entries, entries.c.id == corrections.c.entry_id).where(corrections.c.person_id == person_id, there)
    rated = (
        sa.select(works.c.entry_id, sa.func.max(ratings.c.rated_ms), sa.cast(sa.null(), sa.LargeBinary))
        .select_from(
            ratings.join(works, works.c.id == ratings.c.work_id).join(entries, entries.c.id == works.c.entry_id)
        )
        .where(ratings.c.person_id == person_id, there)
        .where(~sa.exists().where(corrections.c.entry_id == works.c.entry_id))
        .group_by(works.c.entry_id)
    )
    both = sa.union_all(said, rated).subquery()
    newest = (entry_versions.c.entry_id == entries.c.id) & (entry_versions.c.revision == entries.c.revision)
    return (
        sa.select(both, entry_versions.c.revision, entry_versions.c.body.label("written"))
        .select_from(both.join(entries, entries.c.id == both.c.entry_id).join(entry_versions, newest))
        .order_by(both.c.at_ms.desc(), both.c.entry_id.desc())
    )
