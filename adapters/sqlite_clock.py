"""SQLite is taught to tell milliseconds where DBOS asks it for whole seconds."""

from __future__ import annotations

import sqlite3
import time
from typing import Any

_plain = sqlite3.connect(":memory:", check_same_thread=False)


def teach_milliseconds(connection: Any) -> None:
    """Give one connection a `strftime('%s', 'now')` with milliseconds.

    DBOS multiplies it by 1000 for its time stamps on Python 3.11; in whole seconds the order of jobs within
    a second would be random. Every other use of strftime falls through to SQLite's own.
    """
    connection.create_function("strftime", -1, _strftime)


def _strftime(*args: Any) -> Any:
    if args == ("%s", "now"):
        return f"{time.time_ns() // 1_000_000 / 1000:.3f}"
    marks = ",".join("?" * len(args))
    return _plain.execute(f"select strftime({marks})", args).fetchone()[0]
