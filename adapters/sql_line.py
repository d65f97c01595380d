"""The line before the studio: a picture has a ticket from when its entry is understood until somebody paints it."""

from __future__ import annotations

import time

import sqlalchemy as sa

from adapters.sql_base import Base
from adapters.sql_database import held, upsert
from adapters.sql_schema import entries, stages
from core.entities import StageState, first_id, new_id
from core.ports import NotFound

PICTURE = "picture"
LONGEST_WAIT_S = 6 * 3600.0  # a ticket that is older was lost, and nobody waits behind it
_WAITS = stages.c.state == sa.literal_column(f"'{StageState.WAITING.value}'")  # not bound: see sql_schema.IN_LINE


class LineInSql(Base):
    """The part of `core.ports.Store` about who is painted next."""

    async def stand_in_line(self, entry_id: str, revision: int) -> None:
        """A picture waits behind all that wait already; nothing happens where one is known of. Raises NotFound."""
        async with self.db.write() as connection:
            mine = sa.select(entries.c.person_id).where(entries.c.id == entry_id)
            person_id = await connection.scalar(held(connection, mine))
            if person_id is None:
                raise NotFound(f"no entry {entry_id}")
            row = {
                "entry_id": entry_id, "revision": revision, "name": PICTURE, "person_id": person_id,
                "state": StageState.WAITING.value, "work_id": "", "reference": new_id(), "seconds": 0.0,
            }  # fmt: skip
            await connection.execute(upsert(connection, stages, row))

    async def leave_line(self, entry_id: str, revision: int) -> None:
        """It is being painted from its first step, or not wanted any more; nothing happens where it is over."""
        await self.set_done(entry_id, revision, 0.0)

    async def set_done(self, entry_id: str, revision: int, done: float) -> None:
        """So much of a picture is painted, 0..1; nothing happens where it is over."""
        async with self.db.write() as connection:
            row = stages.update().where(*_of(entry_id, revision))
            await connection.execute(row.values(reference="", done=done))

    async def ahead_in_line(self, entry_id: str, revision: int) -> int:
        """How many pictures come before that one; 0 where it does not wait."""
        async with self.db.read() as connection:
            ticket = await connection.scalar(sa.select(stages.c.reference).where(*_of(entry_id, revision)))
            if not ticket:
                return 0
            oldest = first_id(time.time() - LONGEST_WAIT_S)
            newest = (entries.c.id == stages.c.entry_id) & (entries.c.revision == stages.c.revision)
            before = sa.select(sa.func.count()).select_from(stages.join(entries, newest))
            before = before.where(_WAITS, stages.c.reference > oldest, stages.c.reference < ticket)
            return await connection.scalar(before.where(entries.c.deleted == sa.false())) or 0


def _of(entry_id: str, revision: int) -> tuple[sa.ColumnElement[bool], ...]:
    return stages.c.entry_id == entry_id, stages.c.revision == revision, stages.c.name == PICTURE, _WAITS
