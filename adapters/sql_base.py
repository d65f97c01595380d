"""What every part of the store stands on: the database, the vault, and a person's key inside of a transaction."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.sql_database import Database, held
from adapters.sql_schema import former_keys, inbox, media, outbox, people, person_keys
from adapters.vault import Box, Vault, former_box
from core.ports import Forgotten, NotFound
from core.settings import Settings


class Base:
    """The ground of the store's parts."""

    def __init__(self, settings: Settings, db: Database, vault: Vault) -> None:
        self.settings, self.db, self.vault = settings, db, vault
        #: Removes the files of media ids; set by the media store, without one they go at its next sweep.
        self.drop_files: Callable[[Sequence[str]], Awaitable[None]] | None = None
        self._last_ms = 0

    async def _box(self, connection: AsyncConnection, person_id: str) -> Box:
        """A person's key. In a transaction that writes it stays until that ends. Raises NotFound, Forgotten."""
        wrapped = await connection.scalar(held(connection, _WRAPPED), {"person_id": person_id})
        if wrapped is None:
            known = await connection.scalar(sa.select(people.c.id).where(people.c.id == person_id))
            raise Forgotten(f"no key for {person_id}") if known else NotFound(f"no person {person_id}")
        return self.vault.box(person_id, wrapped)

    async def _row(self, connection: AsyncConnection, table: sa.Table, row_id: str) -> tuple[Any, Box]:
        """A row by its id with its owner's key. In a transaction that writes nobody else changes it until that ends.

        Raises NotFound, Forgotten."""
        found = held(connection, _by_id(table), of=table, to_change=True)
        row = (await connection.execute(found, {"row_id": row_id})).one_or_none()
        if row is None:
            raise NotFound(f"no {row_id} in {table.name}")
        box = self.vault.box(row.person_id, row.wrapped)
        if table is media and row.sealed_by is not None:  # it came with a diary that was joined
            handed = sa.select(former_keys.c.body).where(former_keys.c.former_id == row.sealed_by)
            sealed = await connection.scalar(handed.where(former_keys.c.person_id == row.person_id))
            if sealed is None:
                raise Forgotten(f"no key of {row.sealed_by} with {row.person_id}")
            box = former_box(box, row.sealed_by, sealed)
        return row, box

    async def _changed_ms(self, connection: AsyncConnection, chat: bytes) -> int:
        """Now, yet later than any change of that chat before it, whichever process made that and whatever the clock says."""
        return self._after((await connection.execute(_CHANGES, {"chat": chat})).one())

    def _after(self, changes: Iterable[int | None]) -> int:
        return max(self._now_ms(), *((ms or 0) + 1 for ms in changes))

    def _now_ms(self) -> int:
        """The clock, but never the same twice and never backwards."""
        self._last_ms = max(time.time_ns() // 1_000_000, self._last_ms + 1)
        return self._last_ms

    def _chat(self, platform: str, chat_id: str) -> bytes:
        return self.vault.blind("chat", platform, chat_id)

    def _place(self, platform: str, chat_id: str, platform_message_id: str) -> bytes:
        return self.vault.blind("place", platform, chat_id, platform_message_id)


def newest_changes(chat: Any) -> list[Any]:
    """When a chat's messages and its replies changed last, as two columns of a select."""
    newest = [sa.select(sa.func.max(table.c.changed_ms)).where(table.c.chat == chat) for table in (inbox, outbox)]
    return [found.scalar_subquery() for found in newest]


@cache  # the same statement every time: building it costs more than SQLite's answer
def with_key(table: sa.Table) -> sa.Select[Any]:
    """Each row of a table with its owner's `wrapped` key, NULL where that was deleted."""
    keys = person_keys.c.person_id == table.c.person_id
    return sa.select(table, person_keys.c.wrapped).select_from(table.outerjoin(person_keys, keys))


@cache
def _by_id(table: sa.Table) -> sa.Select[Any]:
    return with_key(table).where(table.c.id == sa.bindparam("row_id"))


_WRAPPED = sa.select(person_keys.c.wrapped).where(person_keys.c.person_id == sa.bindparam("person_id"))
_CHANGES = sa.select(*newest_changes(sa.bindparam("chat")))
