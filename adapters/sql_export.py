"""Everything that is kept of a person, to be handed to them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from adapters.sql_base import with_key
from adapters.sql_codec import from_ms, place, to_ms, unpack
from adapters.sql_felt import read_felt
from adapters.sql_forget import ForgettingInSql
from adapters.sql_schema import analyses, consents, corrections, entries, entry_versions, media, ratings, works
from core.entities import Analysis, Rating
from core.ports import EXPORT_MIME, ConsentGiven, EntryKept, NotFound


class ExportInSql(ForgettingInSql):
    """The part of `core.ports.Store` that an export is made of."""

    async def every_entry(self, person_id: str) -> Sequence[str]:
        """Ids of all entries, hidden ones too, oldest day first."""
        found = sa.select(entries.c.id).where(entries.c.person_id == person_id)
        async with self.db.read() as connection:
            ordered = found.order_by(entries.c.day, entries.c.created_ms, entries.c.id)
            return (await connection.scalars(ordered)).all()

    async def kept_of(self, entry_id: str) -> EntryKept:
        """Everything that is kept of an entry, also of a hidden one. Raises NotFound, Forgotten."""
        async with self.db.read() as connection:

            async def of_it(table: sa.Table) -> Sequence[Any]:
                return (await connection.execute(with_key(table).where(table.c.entry_id == entry_id))).all()

            worded = with_key(entry_versions).add_columns(entries.c.deleted)
            worded = worded.join(entries, entries.c.id == entry_versions.c.entry_id).where(entries.c.id == entry_id)
            versions = (await connection.execute(worded.order_by(entry_versions.c.revision))).all()
            if not versions:
                raise NotFound(f"no entry {entry_id}")
            understood, made, corrected = await of_it(analyses), await of_it(works), await of_it(corrections)
            stars = sa.select(ratings).join(works, works.c.id == ratings.c.work_id).where(works.c.entry_id == entry_id)
            rated = (await connection.execute(stars)).all()
        box = self.vault.box(versions[0].person_id, versions[0].wrapped)
        found = {
            row.revision: unpack(box, place(analyses, f"{entry_id}/{row.revision}", "body"), row.body, Analysis)
            for row in understood
        }
        return EntryKept(
            versions=tuple(self._read_entry(row) for row in versions),
            analyses=dict(sorted(found.items())),
            works=tuple(self._read_work(row) for row in sorted(made, key=lambda row: (row.made_ms, row.id))),
            ratings={row.work_id: Rating(row.work_id, row.stars, from_ms(row.rated_ms)) for row in rated},
            felt=next((read_felt(box, entry_id, row.body) for row in corrected), None),
        )

    async def consent_log(self, person_id: str) -> Sequence[ConsentGiven]:
        """Every word given and taken back, oldest first."""
        found = sa.select(consents).where(consents.c.person_id == person_id).order_by(consents.c.at_ms, consents.c.id)
        async with self.db.read() as connection:
            return [
                ConsentGiven(row.purpose, row.granted, from_ms(row.at_ms)) for row in await connection.execute(found)
            ]

    async def delete_exports(self, before: datetime) -> int:
        """Delete the files of exports that are older; returns how many."""
        old = sa.select(media.c.id).where(media.c.mime == EXPORT_MIME, media.c.created_ms < to_ms(before))
        async with self.db.read() as connection:
            files = set((await connection.scalars(old)).all())
        await self._drop_media(files)
        return len(files)
