"""SQLite asked where the question arises: a statement of microseconds does not change threads, a wait does.

aiosqlite gives each connection a thread and changes to it and back five times a statement; that cost more than all
the rest of a journey (docs/lab.md). SQLAlchemy's dialect for it is kept, and given these two classes instead.
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from adapters.sqlite_turns import Turn

_CACHED_STATEMENTS = 256
_PATIENCE_S = 30.0
_WAITS = ("BEGIN IMMEDIATE", "PRAGMA")  # for the other writers, for the disk

# Of our own: in the loop's few threads a commit would stand behind those who wait for that very commit.
_waiters = ThreadPoolExecutor(8, "sqlite-wait")
_committers = ThreadPoolExecutor(4, "sqlite-commit")


class InlineConnection:
    """What SQLAlchemy's aiosqlite dialect asks of a connection; used by one task at a time. We begin, it never does."""

    def __init__(self, path: Path | str) -> None:
        self._connection: sqlite3.Connection | None = sqlite3.connect(
            path, isolation_level=None, check_same_thread=False, cached_statements=_CACHED_STATEMENTS
        )
        self._turn = Turn(str(path))
        self._writes = False

    def cursor(self) -> InlineCursor:
        """A new one."""
        return InlineCursor(self, self._open().cursor())

    async def execute(self, ask: Callable[..., Any], sql: str, *parameters: Any) -> None:
        """Run a statement of one of our cursors: here, or in a thread where it may have to wait."""
        if not sql.startswith(_WAITS):
            ask(sql, *parameters)
            return
        if sql == _WAITS[0]:
            await _in_thread(_waiters, self._begin, ask, sql)
        else:
            await _in_thread(_waiters, patiently_asked, ask, sql, *parameters)

    def _begin(self, ask: Callable[..., Any], sql: str) -> None:
        self._turn.take()
        try:
            patiently_asked(ask, sql)
        except BaseException:
            self._turn.give()
            raise
        self._writes = True

    async def commit(self) -> None:
        """What was written is on the disk afterwards."""
        if self._writes:
            await _in_thread(_committers, self._commit)
        else:
            self._open().commit()

    def _commit(self) -> None:
        self._open().commit()
        self._writes = False
        self._turn.give()

    async def rollback(self) -> None:
        """What was written is not."""
        try:
            self._open().rollback()
        finally:
            self._writes = False
            self._turn.give()

    async def create_function(self, *args: Any, **options: Any) -> None:
        """As sqlite3's."""
        self._open().create_function(*args, **options)

    async def close(self) -> None:
        """Let go of the file."""
        self.stop()

    def stop(self) -> None:
        """Let go of the file, from anywhere."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()
            self._turn.close()

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            raise ValueError("connection closed")  # the words by which the dialect knows a lost connection
        return self._connection


async def _in_thread(threads: ThreadPoolExecutor, work: Callable[..., Any], *args: Any) -> None:
    await asyncio.get_running_loop().run_in_executor(threads, work, *args)


def patiently_asked(ask: Callable[..., Any], sql: str, *parameters: Any) -> None:
    """Where two processes open a new file at once, SQLite refuses the second one's log without waiting; we wait."""
    end_s = time.monotonic() + _PATIENCE_S
    while True:
        try:
            ask(sql, *parameters)
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > end_s:
                raise
            time.sleep(0.02)


class InlineCursor:
    """What SQLAlchemy's aiosqlite dialect asks of a cursor."""

    def __init__(self, connection: InlineConnection, cursor: sqlite3.Cursor) -> None:
        self._connection, self._cursor = connection, cursor
        self.arraysize = cursor.arraysize

    async def __aenter__(self) -> InlineCursor:
        return self

    @property
    def description(self) -> Any:
        """As sqlite3's."""
        return self._cursor.description

    @property
    def rowcount(self) -> int:
        """As sqlite3's."""
        return self._cursor.rowcount

    @property
    def lastrowid(self) -> int | None:
        """As sqlite3's."""
        return self._cursor.lastrowid

    async def execute(self, sql: str, *parameters: Any) -> InlineCursor:
        """As sqlite3's."""
        await self._connection.execute(self._cursor.execute, sql, *parameters)
        return self

    async def executemany(self, sql: str, rows: Iterable[Any]) -> InlineCursor:
        """As sqlite3's."""
        await self._connection.execute(self._cursor.executemany, sql, rows)
        return self

    async def fetchall(self) -> list[Any]:
        """As sqlite3's."""
        return self._cursor.fetchall()

    async def close(self) -> None:
        """As sqlite3's."""
        self._cursor.close()
