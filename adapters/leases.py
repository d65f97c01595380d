"""Who is alive on which machine: on PostgreSQL every process renews a lease, and what the dead left is taken over.

Two names are leased. `executor:<id>` belongs to one process: its jobs carry that id, and whoever comes with the same one
is refused. `role:bot` belongs to the one bot that talks to the platforms; others stand by. Times are the server's. A
lease that nobody renews ends after `work.lease_s`, whether its holder died, lost power or was cut off
(docs/decisions/0010-leases.md). On SQLite there is one machine, and the lock file of `role_claim` says it all.
"""

from __future__ import annotations

import hashlib
import logging
import os
import socket
import threading
import time
import uuid
from collections.abc import Callable
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from adapters.sql_database import sync_url
from adapters.sql_schema import leases
from core.ports import EmoseumError
from core.settings import Settings
from core.trouble import describe

log = logging.getLogger(__name__)

_LONGEST_BEAT_S = 2.0
_BOOT = Path("/proc/sys/kernel/random/boot_id")
_NOW_MS = sa.cast(sa.extract("epoch", sa.func.clock_timestamp()) * 1000, sa.BigInteger)
_REACH = {
    "connect_timeout": 5, "keepalives_idle": 5, "keepalives_interval": 2, "keepalives_count": 3,
    "tcp_user_timeout": 8000,
}  # fmt: skip


class SameExecutor(EmoseumError):
    """A process on another machine, or on another data folder, lives under the same executor id."""

    def __init__(self, executor_id: str) -> None:
        super().__init__("error.same_executor", executor_id)


class Leases:
    """One process's leases, and its eye on those of others. Nothing happens on SQLite."""

    def __init__(self, settings: Settings, role: str) -> None:
        self._lease_ms = round(settings.work.lease_s * 1000)
        self._beat_s = min(settings.work.lease_s / 5, _LONGEST_BEAT_S)
        self._role, self._mine = role, uuid.uuid4().hex
        self._held: list[str] = []
        self._steady_s = 0.0  # since when every beat reached the server
        self._on_lost: Callable[[str], None] = lambda name: None
        self._find_strays: Callable[[], None] | None = None
        self._one_beat = threading.Lock()
        self._ended = threading.Event()
        self.executor_id = f"{role}-1"
        url = sync_url(settings)
        self._engine: sa.Engine | None = None
        if url.get_backend_name() == "postgresql":
            settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.executor_id = f"{role}-{settings.work.executor_id or _own_name(settings.data_dir)}"
            self._home = _home(settings.data_dir)
            self._engine = sa.create_engine(url, pool_size=2, hide_parameters=True, connect_args=_REACH)

    def take_executor(self, on_lost: Callable[[str], None]) -> None:
        """Take our executor id and begin to renew what we hold; `on_lost(name)` is called, in another thread, when a
        lease of ours was taken over. Where the id was alive a moment ago we look whether it still is: up to `work.lease_s`.

        Raises SameExecutor, sqlalchemy.exc.DBAPIError."""
        if self._engine is None:
            return
        self._on_lost, name = on_lost, f"executor:{self.executor_id}"
        seen_ms = self._end_ms(name)
        while not self._take(name):
            if self._end_ms(name) not in (seen_ms, None):
                raise SameExecutor(self.executor_id)
            time.sleep(self._beat_s / 2)
        threading.Thread(target=self._beat_for_ever, name="leases", daemon=True).start()

    def take_role(self) -> bool:
        """True where we are the one who plays this role of all machines, from now on. Raises sqlalchemy.exc.DBAPIError."""
        return self._engine is None or self._take(f"role:{self._role}")

    def watch(self, find_strays: Callable[[], None]) -> None:
        """Have `find_strays()` called from time to time, in another thread: at once, and while we surely see who is alive."""
        if self._engine is not None:
            self._find_strays = find_strays
            self._beat()

    def strays(self, version: str) -> list[str]:
        """The executors of this role and version with open jobs and without a lease. Raises sqlalchemy.exc.DBAPIError."""
        assert self._engine is not None
        open_jobs = sa.text(
            "SELECT DISTINCT executor_id FROM dbos.workflow_status WHERE status = 'PENDING' AND application_name = :role"
            " AND application_version = :version AND executor_id IS NOT NULL"
        )
        with self._engine.begin() as connection:
            found = connection.scalars(open_jobs, {"role": self._role, "version": version}).all()
            alive = set(connection.scalars(sa.select(leases.c.name)))
        return [executor_id for executor_id in found if f"executor:{executor_id}" not in alive]

    def release(self) -> None:
        """Say that we leave, so that others go on at once; nothing happens where the server does not answer."""
        self._ended.set()
        if self._engine is None:
            return
        try:
            with self._engine.begin() as connection:
                connection.execute(leases.delete().where(leases.c.holder == self._mine))
        except sa.exc.SQLAlchemyError as error:
            log.info("nobody could be told that we leave: %s", describe(error))

    def _take(self, name: str) -> bool:
        """True where a lease is ours now: it was free, or a process of this very data folder had it, which is dead."""
        assert self._engine is not None
        values = {"name": name, "home": self._home, "holder": self._mine, "until_ms": _NOW_MS + self._lease_ms}
        taken = insert(leases).values(values)
        taken = taken.on_conflict_do_update(
            index_elements=["name"],
            set_={"home": self._home, "holder": self._mine, "until_ms": _NOW_MS + self._lease_ms},
            where=(leases.c.until_ms < _NOW_MS) | (leases.c.home == self._home),
        )
        with self._engine.begin() as connection:
            is_ours = connection.execute(taken.returning(leases.c.name)).first() is not None
        if is_ours:
            self._held.append(name)
        return is_ours

    def _end_ms(self, name: str) -> int | None:
        assert self._engine is not None
        with self._engine.begin() as connection:
            return connection.scalar(sa.select(leases.c.until_ms).where(leases.c.name == name))

    def _beat_for_ever(self) -> None:
        is_away = False
        while not self._ended.wait(self._beat_s):
            try:
                self._beat()
                is_away = False
            except Exception as error:
                self._steady_s = 0.0
                if not is_away:
                    log.warning("the leases can't be renewed: %s", describe(error))
                is_away = True

    def _beat(self) -> None:
        """Renew what is ours; then, if we have been here for a while, bury the dead and see what they left.

        After the server was away everybody's lease has run out, and the living need a moment to say that they live."""
        assert self._engine is not None
        with self._one_beat:
            held = list(self._held)
            mine = leases.c.name.in_(held) & (leases.c.holder == self._mine)
            renewed = leases.update().where(mine).values(until_ms=_NOW_MS + self._lease_ms)
            with self._engine.begin() as connection:
                kept = set(connection.scalars(renewed.returning(leases.c.name)))
            for name in held:
                if name not in kept and not self._ended.is_set():
                    self._on_lost(name)
            self._steady_s = self._steady_s or time.monotonic()
            if time.monotonic() - self._steady_s < max(self._lease_ms / 2000, 2 * self._beat_s):
                return
            with self._engine.begin() as connection:
                connection.execute(leases.delete().where(leases.c.until_ms < _NOW_MS))
            if self._find_strays is not None:
                self._find_strays()


def _own_name(data_dir: Path) -> str:
    """A name that this data folder keeps, so that a restart finds its own jobs."""
    path = data_dir / "executor"
    if not path.exists():
        fresh = data_dir / f"executor.{os.getpid()}"
        fresh.write_text(uuid.uuid4().hex[:12])
        try:
            os.link(fresh, path)  # whole or not at all: bot and core may start together
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    return path.read_text().strip()


def _home(data_dir: Path) -> str:
    """This data folder on this machine since it was started; a copy of either has another one."""
    boot = _BOOT.read_text() if _BOOT.exists() else f"{socket.gethostname()} {uuid.getnode()}"
    folder = data_dir.stat()
    return hashlib.sha256(f"{boot} {folder.st_dev} {folder.st_ino}".encode()).hexdigest()[:40]
