"""A role in a PostgreSQL database is played by one process, whichever machine that is on."""

from __future__ import annotations

import time

import sqlalchemy as sa

from adapters.sql_database import sync_url
from core.ports import EmoseumError
from core.settings import Settings

_KEEP_ALIVE = {"keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3}  # a machine that lost power


class AlreadyRunning(EmoseumError):
    """Another process plays this role on the same data folder, or in the same PostgreSQL database."""

    def __init__(self, role: str) -> None:
        super().__init__("error.already_running", f"another '{role}' process uses this data folder or database")


class RoleClaim:
    """Ours as long as our connection lives: an advisory lock. On SQLite the lock file in the data folder says it all."""

    def __init__(self, settings: Settings, role: str) -> None:
        self._role = role
        self._connection: sa.Connection | None = None
        self._engine: sa.Engine | None = None
        url = sync_url(settings)
        if url.get_backend_name() == "postgresql":
            told = {"isolation_level": "AUTOCOMMIT", "hide_parameters": True, "connect_args": _KEEP_ALIVE}
            self._engine = sa.create_engine(url, poolclass=sa.NullPool, **told)

    def hold(self, patience_s: float = 0.0) -> None:
        """Take the role, or see that it is still ours. A process that was killed has it until the server notices.

        Raises AlreadyRunning, sqlalchemy.exc.DBAPIError where the server is away."""
        if self._engine is None or self._is_ours():
            return
        connection = self._engine.connect()
        number = int.from_bytes(f"emo-{self._role}".encode()[:8].ljust(8), "big", signed=True)
        deadline = time.monotonic() + patience_s
        while not connection.scalar(sa.select(sa.func.pg_try_advisory_lock(number))):
            if time.monotonic() > deadline:
                connection.close()
                raise AlreadyRunning(self._role)
            time.sleep(0.05)
        self._connection = connection

    def _is_ours(self) -> bool:
        try:
            return self._connection is not None and self._connection.scalar(sa.select(1)) == 1
        except sa.exc.DBAPIError:
            return False
