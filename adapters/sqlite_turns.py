"""Writers of one SQLite file take turns: who waits is woken at once, instead of sleeping and trying again.

SQLite's own way of waiting sleeps 1 to 100 ms between two tries; with two processes of many writers most of a
journey was spent asleep (docs/lab.md). A lock on a file beside the database is handed on by the kernel, and let go
when its holder dies. It only orders the writers: what keeps them apart is still SQLite's own lock.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
from typing import Any

_WRITES = ("INSERT", "UPDATE", "DELETE", "REPLACE", "BEGIN IMMEDIATE")  # where sqlite3 begins with the write lock


class Turn:
    """One connection's place in the line."""

    def __init__(self, database: str) -> None:
        self._handle = os.open(f"{database}.turn", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._mine = False

    def take(self) -> None:
        """Wait until nobody else writes."""
        fcntl.flock(self._handle, fcntl.LOCK_EX)
        self._mine = True

    def give(self) -> None:
        """Let the next one write; nothing happens where it was not ours."""
        if self._mine:
            self._mine = False
            fcntl.flock(self._handle, fcntl.LOCK_UN)

    def close(self) -> None:
        """Leave the line."""
        handle, self._handle, self._mine = self._handle, -1, False
        if handle >= 0:
            os.close(handle)


class TurnConnection(sqlite3.Connection):
    """A connection of sqlite3 (`isolation_level="IMMEDIATE"`) whose transactions that write wait in the line."""

    def __init__(self, database: str, *args: Any, **options: Any) -> None:
        super().__init__(database, *args, **options)
        self.turn = Turn(database)

    def cursor(self, factory: Any = None) -> Any:
        """A cursor that waits for its turn."""
        return super().cursor(factory or _TurnCursor)

    def commit(self) -> None:
        """And the next one's turn."""
        try:
            super().commit()
        finally:
            if not self.in_transaction:  # else it failed, and a rollback follows
                self.turn.give()

    def rollback(self) -> None:
        """And the next one's turn."""
        try:
            super().rollback()
        finally:
            self.turn.give()

    def close(self) -> None:
        """And out of the line."""
        try:
            super().close()
        finally:
            self.turn.close()


class _TurnCursor(sqlite3.Cursor):
    def execute(self, sql: str, *args: Any) -> Any:
        self._wait(sql)
        return super().execute(sql, *args)

    def executemany(self, sql: str, *args: Any) -> Any:
        self._wait(sql)
        return super().executemany(sql, *args)

    def _wait(self, sql: str) -> None:
        connection: Any = self.connection
        if not connection.in_transaction and sql.lstrip().upper().startswith(_WRITES):
            connection.turn.take()
