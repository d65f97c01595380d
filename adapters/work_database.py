"""The durable engine's own connection to the database that the store uses too, and what it says while that is away."""

from __future__ import annotations

import logging
import sqlite3
import time
from typing import Any

import sqlalchemy as sa

from adapters.sql_database import is_away, is_full, sync_url
from adapters.sqlite_clock import teach_milliseconds
from adapters.sqlite_inline import patiently_asked
from adapters.sqlite_turns import TurnConnection
from core.settings import Settings

_SPARING_S = 60.0
_REACH = {  # a network that swallows everything is noticed, not waited for until TCP gives up
    "connect_timeout": 10, "keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}  # fmt: skip


def system_engine(settings: Settings) -> sa.Engine:
    """As DBOS is to use it, on SQLite or PostgreSQL."""
    url = sync_url(settings).render_as_string(hide_password=False)
    if not url.startswith("sqlite"):
        engine = sa.create_engine(url, pool_size=10, pool_pre_ping=True, hide_parameters=True, connect_args=_REACH)
        sa.event.listen(engine, "handle_error", _wait_for_the_server)
        return engine
    in_line = {"factory": TurnConnection}
    engine = sa.create_engine(url, pool_size=10, max_overflow=20, hide_parameters=True, connect_args=in_line)

    @sa.event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = "IMMEDIATE"  # as DBOS does: writers queue up instead of failing
        for pragma in (
            "busy_timeout=30000",
            "foreign_keys=ON",
            "journal_mode=WAL",
            "synchronous=NORMAL",  # a step that a power cut forgets is done again; what people wrote is the store's, and FULL
            "journal_size_limit=67108864",
        ):
            patiently_asked(connection.execute, f"PRAGMA {pragma}")
        teach_milliseconds(connection)

    @sa.event.listens_for(engine, "handle_error")
    def _wait_for_room(context: Any) -> None:
        """DBOS would end a job that it can't write down; a locked database it waits for."""
        if is_full(context.original_exception):
            raise sqlite3.OperationalError("database is locked: the disk is full") from context.original_exception

    return engine


def _wait_for_the_server(context: Any) -> None:
    """DBOS waits for a lost connection, but knows few of the words for one that can't be made; else it ends the job."""
    if context.connection is None and is_away(context.original_exception):
        context.is_disconnect = True


class Sparingly(logging.Filter):
    """While the database is away DBOS says so many times a second, each on a page: one line a minute of each is kept."""

    def __init__(self) -> None:
        super().__init__()
        self._said_s: dict[str, float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """As logging asks."""
        line = record.getMessage().partition("\n")[0]
        if record.levelno != logging.WARNING or line.startswith("Step "):  # each try of a step is its own news
            return True
        kind, now_s = line[:24], time.monotonic()
        if now_s - self._said_s.get(kind, -_SPARING_S) < _SPARING_S:
            return False
        self._said_s[kind] = now_s
        record.msg, record.args = line, None
        return True
