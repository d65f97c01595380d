"""Reminders in the store: one a person, found by when the next is due."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.sql_base import Base
from adapters.sql_codec import from_ms, pack, place, to_ms, unpack
from adapters.sql_database import held, upsert
from adapters.sql_schema import inbox, reminders
from adapters.vault import Box
from core.entities import Reminder


class RemindersInSql(Base):
    """The part of `core.ports.Store` about reminders."""

    async def reminder(self, person_id: str) -> Reminder | None:
        """What a person asked for. Raises NotFound, Forgotten."""
        async with self.db.read() as connection:
            return await self._reminder(connection, await self._box(connection, person_id), person_id)

    async def change_reminder(
        self, person_id: str, change: Callable[[Reminder | None], Reminder | None]
    ) -> Reminder | None:
        """Read, change and write it in one transaction; None takes it away. Raises NotFound, Forgotten."""
        async with self.db.write() as connection:
            await self.db.hold_blind(connection, [self.vault.blind("reminder", person_id)])
            box = await self._box(connection, person_id)
            before = await self._reminder(connection, box, person_id)
            now = change(before)
            if now is None:
                await connection.execute(reminders.delete().where(reminders.c.person_id == person_id))
            elif now != before:
                await self._keep_reminder(connection, box, person_id, now)
            return now

    async def _keep_reminder(self, connection: AsyncConnection, box: Box, person_id: str, now: Reminder) -> None:
        told = {
            "next_ms": None if now.next_at is None else to_ms(now.next_at),
            "body": pack(box, place(reminders, person_id, "body"), now),
        }
        await connection.execute(upsert(connection, reminders, {"person_id": person_id, **told}, update=told))

    async def _reminder(self, connection: AsyncConnection, box: Box, person_id: str) -> Reminder | None:
        found = sa.select(reminders.c.body).where(reminders.c.person_id == person_id)
        sealed = await connection.scalar(held(connection, found, to_change=True))
        return None if sealed is None else unpack(box, place(reminders, person_id, "body"), sealed, Reminder)

    async def reminders_due(self, now: datetime, limit: int = 100) -> Sequence[str]:
        """The ids of people whose next reminder is due, longest due first; nothing is opened."""
        due = sa.select(reminders.c.person_id).where(reminders.c.next_ms <= to_ms(now))
        async with self.db.read() as connection:
            return (await connection.scalars(due.order_by(reminders.c.next_ms).limit(limit))).all()

    async def last_heard(self, person_id: str) -> datetime | None:
        """When a person wrote or pressed last, by the platform's clock."""
        newest = sa.select(sa.func.max(inbox.c.sent_ms)).where(inbox.c.person_id == person_id)
        async with self.db.read() as connection:
            ms = await connection.scalar(newest)
        return None if ms is None else from_ms(ms)
