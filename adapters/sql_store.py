"""Everything that is remembered, in one SQL database, sealed person by person."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.sql_database import Database, reachable, upsert
from adapters.sql_join import JoiningInSql
from adapters.sql_line import LineInSql
from adapters.sql_migrate import needs_upgrade, upgrade
from adapters.sql_schema import REVISION, meta, people
from adapters.uncut import all_ended, uncut
from adapters.vault import KEY_VARIABLE, Vault, given_master, load_master, make_master
from core.ports import EmoseumError
from core.settings import Settings

T = TypeVar("T")

__all__ = ["SqlStore", "needs_upgrade", "open_store", "upgrade"]


@uncut
class SqlStore(JoiningInSql, LineInSql):
    """`core.ports.Store` on SQLAlchemy: people, messages, entries, works, the outbox, accounts that share a
    diary, reminders, and the way out for good."""

    async def together(self, work: Callable[[], Awaitable[T]]) -> T:
        """What `work` writes is one transaction instead, durable once this returns what it returned. Raises DiskFull."""
        async with self.db.together():
            return await work()

    async def close(self) -> None:
        """Let go of the database and of every key."""
        self.vault.drop_keys()
        await all_ended()
        await self.db.close()


async def open_store(settings: Settings) -> SqlStore:
    """The store of these settings; makes the master key on the first run and finishes a forgetting cut short.

    Raises EmoseumError: `error.database_away`, `error.database_old` before `upgrade`, `error.key_missing`, `error.key_open`, `error.key_mismatch`."""
    db = Database(settings)
    try:
        with reachable():
            await db.knock()
            async with db.write() as connection:
                await _require_schema(connection)
                vault = await _open_vault(connection, settings)
            store = SqlStore(settings, db, vault)
            await store.finish_forgetting()
    except BaseException:
        await db.close()
        raise
    return store


async def _require_schema(connection: AsyncConnection) -> None:
    version = sa.table("alembic_version", sa.column("version_num"))
    there = await connection.run_sync(lambda sync: sa.inspect(sync).has_table(version.name))
    found = await connection.scalar(sa.select(version.c.version_num)) if there else None
    if found != REVISION:
        raise EmoseumError("error.database_old", f"the tables are {found or 'not there'}, {REVISION} is needed")


async def _open_vault(connection: AsyncConnection, settings: Settings) -> Vault:
    """The vault of this database: its key must be the one that people's keys are wrapped with."""
    path = settings.key_file
    given = given_master(settings)
    where = path if given is None else KEY_VARIABLE
    check = await connection.scalar(sa.select(meta.c.value).where(meta.c.name == "key_check"))
    has_people = await connection.scalar(sa.select(people.c.id).limit(1)) is not None
    master = load_master(path) if given is None else given
    if master is None:
        if has_people:
            raise EmoseumError("error.key_missing", f"{path} is missing and the database has people in it")
        master = make_master(path)
    vault = Vault(master)
    if check == vault.check:
        return vault
    if has_people:
        raise EmoseumError("error.key_mismatch", f"{where} is not the key of this database")
    await connection.execute(upsert(connection, meta, {"name": "key_check", "value": vault.check}, update=("value",)))
    return vault
