"""Writers of one SQLite file take turns: who waits is woken at once, instead of sleeping and trying again.

SQLite's own way of waiting sleeps 1 to 100 ms between two tries; with two processes of many writers most of a
journey was spent asleep (docs/lab.md). A lock on a file beside the database is handed on by the kernel, and let go
when its holder dies. It only orders the writers: what keeps them apart is still SQLite's own lock. Behind a writer that
hangs alive (stopped, or on a disk that does not answer) one waits as long as SQLite would, and then gets its error.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import queue
import sqlite3
import threading
from typing import Any

_WRITES = ("INSERT", "UPDATE", "DELETE", "REPLACE", "BEGIN IMMEDIATE")  # where sqlite3 begins with the write lock
LIMIT_S = 30.0  # as long as `busy_timeout`


class Turn:
    """One connection's place in the line."""

    def __init__(self, database: str) -> None:
        self._path = f"{database}.turn"
        self._handle = self._open()
        self._mine = False
        self._waiter: _Waiter | None = None

    def _open(self) -> int:
        return os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def take(self) -> None:
        """Wait until nobody else writes. Raises sqlite3.OperationalError ("database is locked") after `LIMIT_S`."""
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._wait()
        self._mine = True

    def _wait(self) -> None:
        if self._waiter is None:
            self._waiter = _Waiter(self._handle)
        if not self._waiter.is_served(LIMIT_S):
            self._waiter, self._handle = None, self._open()  # it closes the old one
            raise sqlite3.OperationalError(f"database is locked: a writer holds its turn for {LIMIT_S:.0f} s")

    def give(self) -> None:
        """Let the next one write; nothing happens where it was not ours."""
        if self._mine:
            self._mine = False
            fcntl.flock(self._handle, fcntl.LOCK_UN)

    def close(self) -> None:
        """Leave the line."""
        handle, self._handle, self._mine = self._handle, -1, False
        if self._waiter is not None:
            self._waiter.dismiss()
        if handle >= 0:
            os.close(handle)


class _Waiter:
    """A thread that stands in the kernel's line, which knows no time limit, for one who has one."""

    def __init__(self, handle: int) -> None:
        self._handle = handle
        self._asked: queue.SimpleQueue[bool] = queue.SimpleQueue()
        self._served: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._deciding, self._late = threading.Lock(), False
        threading.Thread(target=self._stand_in_line, name="sqlite-turn", daemon=True).start()

    def is_served(self, limit_s: float) -> bool:
        """True once it is our turn; False where it was not in time: then it never will be, and nobody may ask again."""
        self._asked.put(True)
        with contextlib.suppress(queue.Empty):
            self._served.get(timeout=limit_s)
            return True
        with self._deciding:
            self._late = self._served.empty()
        if not self._late:  # at the last moment
            self._served.get()
        return not self._late

    def dismiss(self) -> None:
        """Nobody will ask again."""
        self._asked.put(False)

    def _stand_in_line(self) -> None:
        while self._asked.get():
            fcntl.flock(self._handle, fcntl.LOCK_EX)
            with self._deciding:
                if self._late:
                    os.close(self._handle)
                    return
                self._served.put(None)


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
