"""A queue is looked into when there is work in it, instead of every few milliseconds (docs/lab.md: what idling cost).

Nobody who hands in work has to ring: on SQLite one thread asks whether anything was committed (`PRAGMA data_version`,
some microseconds), on PostgreSQL a trigger tells it. Whoever misses a ring looks again after `SAFETY_S`.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Any, Protocol

import sqlalchemy as sa

from adapters.sql_database import sync_url
from core.settings import Settings
from core.trouble import describe

log = logging.getLogger(__name__)

SAFETY_S = 5.0  # between two looks into a queue that nobody rang for
_GLANCE_S = 0.01  # between two questions to SQLite
_NOTICE_S = 1.0  # between two questions to PostgreSQL that no trigger led to
_CHANNEL = "emoseum_work"

#: Rings for every job that is put into a queue, whoever puts it there; within the schema of the durable engine.
TRIGGER = (
    f"""CREATE OR REPLACE FUNCTION dbos.emoseum_ring() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN PERFORM pg_notify('{_CHANNEL}', NEW.queue_name); RETURN NULL; END $$""",
    """CREATE TRIGGER emoseum_ring AFTER INSERT OR UPDATE OF status ON dbos.workflow_status FOR EACH ROW
    WHEN (NEW.status = 'ENQUEUED' AND NEW.queue_name IS NOT NULL) EXECUTE FUNCTION dbos.emoseum_ring()""",
)
#: Whether a job waits in a queue, and whether one may begin. A chat whose next line waits for the one before it is not
#: looked into meanwhile: such a look costs a hundred times what this question does. ("IN ...": by these words SQLite
#: knows the index.)
_ASKED = """SELECT
    EXISTS (SELECT 1 FROM {table} WHERE queue_name = {name} AND status = 'ENQUEUED' AND status IN ('ENQUEUED', 'PENDING')),
    EXISTS (SELECT 1 FROM {table} AS waiting
        WHERE queue_name = {name} AND status = 'ENQUEUED' AND status IN ('ENQUEUED', 'PENDING') AND NOT EXISTS (
            SELECT 1 FROM {table} AS begun
            WHERE begun.queue_name = waiting.queue_name AND begun.status = 'PENDING'
            AND begun.status IN ('ENQUEUED', 'PENDING')
            AND begun.queue_partition_key = waiting.queue_partition_key))"""
_HAS_TRIGGER = "SELECT 1 FROM pg_trigger WHERE tgname = 'emoseum_ring' AND tgrelid = 'dbos.workflow_status'::regclass"


class Doorbell:
    """One process's ear for work in its queues."""

    def __init__(self, settings: Settings, queues: Sequence[str]) -> None:
        self._settings = settings
        self._bells = {name: threading.Event() for name in queues}
        self._looked_s = dict.fromkeys(queues, 0.0)

    def start(self) -> None:
        """Begin to listen, in a thread of its own."""
        threading.Thread(target=self._listen_for_ever, name="doorbell", daemon=True).start()

    def wait(self, queue: str) -> None:
        """Until there is work in a queue, or `SAFETY_S` have passed; never twice within `work.polling_s`."""
        bell = self._bells[queue]
        bell.wait(SAFETY_S)
        bell.clear()
        pause_s = self._looked_s[queue] + self._settings.work.polling_s - time.monotonic()
        if pause_s > 0:
            time.sleep(pause_s)
        self._looked_s[queue] = time.monotonic()

    def _listen_for_ever(self) -> None:
        opened = _sqlite if sync_url(self._settings).get_backend_name() == "sqlite" else _postgres
        while True:
            try:
                with opened(self._settings) as door:
                    self._listen(door)
            except Exception as error:  # a database that is away: the queues are looked into by the clock
                log.debug("nobody hears the doorbell: %s", describe(error))
                for bell in self._bells.values():
                    bell.set()
                time.sleep(_NOTICE_S)

    def _listen(self, door: _Door) -> None:
        while True:
            any_waits = False
            for name, bell in self._bells.items():
                waits, may_begin = door.asked(name)
                any_waits |= waits
                if may_begin:
                    bell.set()
            # Work that nobody has room for yet commits nothing when there is room, and PostgreSQL tells of no end.
            door.wait(self._settings.work.polling_s if any_waits else SAFETY_S)


class _Door(Protocol):
    def asked(self, queue: str) -> tuple[bool, bool]: ...  # (a job waits there, one may begin)

    def wait(self, limit_s: float) -> None:
        """Until somebody may have put work into a queue."""


class _SqliteDoor:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._ask: Callable[..., Any] = connection.execute
        self._version = -1

    def asked(self, queue: str) -> tuple[bool, bool]:
        waits, may_begin = self._ask(_ASKED.format(table="workflow_status", name=":name"), {"name": queue}).fetchone()
        return bool(waits), bool(may_begin)

    def wait(self, limit_s: float) -> None:
        end_s = time.monotonic() + limit_s
        while time.monotonic() < end_s:
            time.sleep(_GLANCE_S)
            version = self._ask("PRAGMA data_version").fetchone()[0]
            if version != self._version:
                self._version = version
                return


class _PostgresDoor:
    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def asked(self, queue: str) -> tuple[bool, bool]:
        question = _ASKED.format(table="dbos.workflow_status", name="%(name)s")
        waits, may_begin = self._connection.execute(question, {"name": queue}).fetchone()
        return bool(waits), bool(may_begin)

    def wait(self, limit_s: float) -> None:
        for _ring in self._connection.notifies(timeout=min(limit_s, _NOTICE_S), stop_after=1):
            pass


@contextmanager
def _sqlite(settings: Settings) -> Iterator[_Door]:
    path = sync_url(settings).database or ""
    with closing(sqlite3.connect(path, isolation_level=None, timeout=5, check_same_thread=False)) as connection:
        yield _SqliteDoor(connection)


@contextmanager
def _postgres(settings: Settings) -> Iterator[_Door]:
    engine = sa.create_engine(sync_url(settings), poolclass=sa.NullPool, hide_parameters=True)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        raw = connection.connection.driver_connection
        connection.exec_driver_sql(f"LISTEN {_CHANNEL}")
        yield _PostgresDoor(raw)


def hang(engine: sa.Engine) -> None:
    """Put the trigger up in a PostgreSQL database that has the durable engine's tables; nothing happens where it is."""
    if engine.dialect.name == "postgresql":
        with engine.begin() as connection:
            if connection.scalar(sa.text(_HAS_TRIGGER)) is None:
                for statement in TRIGGER:
                    connection.exec_driver_sql(statement)
