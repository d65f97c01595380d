"""Alembic's way into our database: the address comes from the settings, the tables from `sql_schema`."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import context

from adapters.sql_database import wait_to_migrate
from adapters.sql_schema import metadata


def _is_ours(_thing: Any, name: str | None, kind: str, reflected: bool, _other: Any) -> bool:
    """The durable engine keeps its tables in the same database; they are not ours to judge."""
    return kind != "table" or not reflected or name in metadata.tables


def _tune_sqlite(engine: sa.Engine) -> None:
    """A migration is done or not done, and a second process waits for the first."""

    @sa.event.listens_for(engine, "connect")
    def connected(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        for pragma in ("busy_timeout=30000", "journal_mode=WAL", "synchronous=FULL"):
            connection.execute(f"PRAGMA {pragma}")

    @sa.event.listens_for(engine, "begin")
    def begun(connection: sa.Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def _run() -> None:
    engine = sa.create_engine(context.config.attributes["url"], poolclass=sa.NullPool)
    is_sqlite = engine.dialect.name == "sqlite"
    if is_sqlite:
        _tune_sqlite(engine)
    with engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=metadata,
            render_as_batch=is_sqlite,  # SQLite changes a table by copying it
            transactional_ddl=True,
            include_object=_is_ours,
        )
        with context.begin_transaction():
            wait_to_migrate(connection)
            context.run_migrations()


_run()
