"""A PostgreSQL server of the tests' own: a throw-away folder, a socket inside of it, gone when the tests end.

The server is Debian's; no cluster of the machine is touched or needed.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg

_HOMES = "/usr/lib/postgresql"
_LIMIT_S = 60.0
_MEMORY, _ROOM = Path("/dev/shm"), 2 << 30  # bytes, of which a cluster of the tests fills a tenth


def server_programs() -> Path | None:
    """The folder with initdb and postgres, the newest where there are several; None where PostgreSQL is not installed."""
    homes = [path.parent for path in Path(_HOMES).glob("*/bin/initdb")]
    if homes:
        return max(homes, key=lambda home: int(home.parent.name))
    found = shutil.which("initdb")
    return None if found is None else Path(found).resolve().parent


class Postgres:
    """A running server."""

    def __init__(self, folder: Path, command: list[str]) -> None:
        self.folder, self._command = folder, command
        self._server: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Begin to serve, and wait until it does."""
        with (self.folder / "log").open("ab") as log:
            self._server = subprocess.Popen(self._command, cwd=self.folder, stdout=log, stderr=log)
        _wait_until_ready(self, self._server)

    def stop(self) -> None:
        """At once, as a crash: who was connected is cut off, and what was committed is there at the next start."""
        if self._server is not None:
            self._server.send_signal(signal.SIGQUIT)
            self._server.wait(30)

    def url(self, database: str, driver: str = "asyncpg") -> str:
        """Its address, as `EMOSEUM_DATABASE_URL` takes it."""
        return f"postgresql+{driver}://emoseum@/{database}?host={self.folder}"

    @contextlib.contextmanager
    def database(self, template: str = "template1") -> Iterator[str]:
        """The name of a fresh database, as `template` is; dropped afterwards, whoever still looks at it."""
        name = f"t{uuid.uuid4().hex[:16]}"
        self.run(f"CREATE DATABASE {name} TEMPLATE {template}")
        try:
            yield name
        finally:
            self.run(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def run(self, statement: str, database: str = "postgres") -> None:
        """One statement outside of any transaction."""
        with psycopg.connect(host=str(self.folder), user="emoseum", dbname=database, autocommit=True) as connection:
            connection.execute(statement)  # type: ignore[call-overload]


@contextlib.contextmanager
def running_postgres(programs: Path) -> Iterator[Postgres]:
    """A server on an empty cluster. It dies with this process however that ends."""
    folder = Path(tempfile.mkdtemp(prefix="emoseum-pg-", dir=_memory()))
    found = None
    try:
        if os.geteuid() == 0:
            shutil.chown(folder, "postgres", "postgres")
        cluster = folder / "cluster"
        make = [programs / "initdb", "-D", cluster, "-U", "emoseum", "--auth=trust", "--encoding=UTF8", "--locale=C"]
        done = subprocess.run(_unprivileged(*make), cwd=folder, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"initdb failed: {done.stderr}")
        told = {"listen_addresses": "", "unix_socket_directories": folder, "max_connections": 200}
        options = [part for name, value in told.items() for part in ("-c", f"{name}={value}")]
        found = Postgres(folder, _unprivileged(programs / "postgres", "-D", cluster, *options))
        found.start()
        yield found
    finally:
        if found is not None:
            found.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _memory() -> Path | None:
    """A folder in memory, where there is room: a database for each test is thousands of files made, synced and removed, and
    a server that is killed finds them there as well. `make soak` asks the disk."""
    roomy = _MEMORY.is_dir() and os.access(_MEMORY, os.W_OK) and shutil.disk_usage(_MEMORY).free >= _ROOM
    return _MEMORY if roomy and "EMOSEUM_SOAK" not in os.environ else None


def _wait_until_ready(found: Postgres, server: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + _LIMIT_S
    while True:
        try:
            return found.run("SELECT 1")
        except psycopg.OperationalError as error:
            if server.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"PostgreSQL did not start: {(found.folder / 'log').read_text()}") from error
            time.sleep(0.05)


def _unprivileged(*command: object) -> list[str]:
    """`command` as the system user that Debian made for it (the server refuses root), told to end when we do."""
    who = ["--reuid=postgres", "--regid=postgres", "--clear-groups"] if os.geteuid() == 0 else []
    return ["setpriv", *who, "--pdeathsig=QUIT", *map(str, command)]
