"""Writers of one SQLite file wait in line, whoever dies lets go, and nobody who waits keeps the writer from finishing."""

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time

import pytest

from adapters import sqlite_turns
from adapters.sqlite_inline import InlineConnection
from adapters.sqlite_turns import TurnConnection


def opened(path):
    return sqlite3.connect(
        path, factory=TurnConnection, isolation_level="IMMEDIATE", check_same_thread=False, timeout=0
    )


def test_a_second_writer_waits_without_sqlite_refusing_it(tmp_path):
    first, second = opened(tmp_path / "a.sqlite"), opened(tmp_path / "a.sqlite")
    first.cursor().execute("CREATE TABLE t (n)")
    first.commit()
    first.cursor().execute("INSERT INTO t VALUES (1)")
    waiting = threading.Thread(target=lambda: (second.cursor().execute("INSERT INTO t VALUES (2)"), second.commit()))
    waiting.start()
    time.sleep(0.1)
    assert waiting.is_alive()
    first.commit()
    waiting.join(2)
    assert [row[0] for row in first.cursor().execute("SELECT n FROM t ORDER BY n")] == [1, 2]
    first.close()
    second.close()


HOLDER = """
import sqlite3, sys, time
from adapters.sqlite_turns import TurnConnection
connection = sqlite3.connect(sys.argv[1], factory=TurnConnection, isolation_level="IMMEDIATE")
connection.cursor().execute("INSERT INTO t VALUES (1)")
print("mine", flush=True)
time.sleep(60)
"""


def test_a_killed_writer_lets_go(tmp_path):
    path = tmp_path / "a.sqlite"
    mine = opened(path)
    mine.cursor().execute("CREATE TABLE t (n)")
    mine.commit()
    holder = subprocess.Popen([sys.executable, "-c", HOLDER, str(path)], stdout=subprocess.PIPE)
    assert holder.stdout.readline() == b"mine\n"
    os.kill(holder.pid, signal.SIGKILL)
    holder.communicate()
    mine.cursor().execute("INSERT INTO t VALUES (2)")
    mine.commit()
    assert [row[0] for row in mine.cursor().execute("SELECT n FROM t")] == [2]
    mine.close()


async def test_a_commit_does_not_stand_behind_those_who_wait_for_it(tmp_path):
    """Thirty writers of one event loop at once: more than there are threads."""
    path = tmp_path / "a.sqlite"
    connections = [InlineConnection(path) for _ in range(30)]
    cursor = connections[0].cursor()
    await cursor.execute("PRAGMA journal_mode=WAL")
    await cursor.execute("CREATE TABLE t (n)")

    async def write(n):
        cursor = connections[n].cursor()
        await cursor.execute("BEGIN IMMEDIATE")
        await cursor.execute("INSERT INTO t VALUES (?)", (n,))
        await connections[n].commit()

    await asyncio.wait_for(asyncio.gather(*(write(n) for n in range(30))), 10)
    rows = await cursor.execute("SELECT count(*) FROM t")
    assert await rows.fetchall() == [(30,)]
    for connection in connections:
        await connection.close()


def test_a_writer_that_hangs_alive_is_not_waited_for_for_ever(tmp_path, monkeypatch):
    """Who waited too long gets the error that every caller tries again after, and is served when it tries again."""
    monkeypatch.setattr(sqlite_turns, "LIMIT_S", 0.2)
    path = tmp_path / "a.sqlite"
    mine = opened(path)
    mine.cursor().execute("CREATE TABLE t (n)")
    mine.commit()
    holder = subprocess.Popen([sys.executable, "-c", HOLDER, str(path)], stdout=subprocess.PIPE)
    assert holder.stdout.readline() == b"mine\n"
    os.kill(holder.pid, signal.SIGSTOP)
    try:
        for _ in range(2):
            began = time.monotonic()
            with pytest.raises(sqlite3.OperationalError, match="database is locked"):
                mine.cursor().execute("INSERT INTO t VALUES (2)")
            assert 0.2 <= time.monotonic() - began < 5
    finally:
        holder.kill()
        holder.communicate()
    mine.cursor().execute("INSERT INTO t VALUES (2)")
    mine.commit()
    other = opened(path)
    other.cursor().execute("INSERT INTO t VALUES (3)")  # those who were late hold nothing now
    other.commit()
    assert [row[0] for row in mine.cursor().execute("SELECT n FROM t ORDER BY n")] == [2, 3]
    mine.close()
    other.close()


def test_writers_that_wait_in_threads_all_get_their_turn(tmp_path):
    path, each = str(tmp_path / "a.sqlite"), 40
    inside, most, done = [], [], []

    def work():
        turn = sqlite_turns.Turn(path)
        for _ in range(each):
            turn.take()
            inside.append(1)
            most.append(len(inside))
            time.sleep(0.0005)
            inside.pop()
            turn.give()
            done.append(1)
        turn.close()

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(done) == 8 * each
    assert max(most) == 1
