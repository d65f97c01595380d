"""The tables are brought up to date."""

from __future__ import annotations

import fcntl
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa

from adapters.sql_database import reachable, sync_url
from adapters.sql_schema import REVISION
from adapters.sqlite_inline import patiently_asked
from core.ports import EmoseumError
from core.settings import Settings

if TYPE_CHECKING:
    from alembic.config import Config


def upgrade(settings: Settings) -> None:
    """Run every migration that this database has not seen; nothing happens where it saw all.

    Raises EmoseumError (`error.database_away`)."""
    if not needs_upgrade(settings):
        return  # before Alembic is imported, which takes as long as most commands do
    from alembic import command

    with one_at_a_time(settings), reachable():
        command.upgrade(migrations(settings), "head")


def needs_upgrade(settings: Settings) -> bool:
    """True where `upgrade` has something to do. Raises EmoseumError (`error.database_away`)."""
    engine = sa.create_engine(sync_url(settings), hide_parameters=True)
    try:
        if engine.dialect.name == "sqlite" and not Path(engine.url.database or "").exists():
            return True
        with one_at_a_time(settings), reachable(), engine.connect() as connection:
            if not sa.inspect(connection).has_table("alembic_version"):
                return True
            return connection.scalar(sa.text("SELECT version_num FROM alembic_version")) != REVISION
    finally:
        engine.dispose()


@contextmanager
def one_at_a_time(settings: Settings) -> Iterator[None]:
    """Bot and core may start together on a new folder: only one of them at a time makes the tables of a SQLite file.

    The file is in WAL mode before anybody reads it, for the change of mode shuts out readers without waiting."""
    url = sa.make_url(settings.sql_url)
    if url.get_backend_name() != "sqlite":
        yield  # PostgreSQL has locks of its own for that
        return
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (settings.data_dir / "upgrade.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            with closing(sqlite3.connect(url.database or "", timeout=30)) as connection:
                patiently_asked(connection.execute, "PRAGMA journal_mode=WAL")
        except sqlite3.Error as error:
            raise EmoseumError("error.database_away", str(error)) from error
        yield


def migrations(settings: Settings) -> Config:
    """Alembic's configuration for this database; there is no ini file."""
    from alembic.config import Config

    # Alembic binds its stdout when it is imported; whoever replaces or closes that later would lose it.
    config = Config(stdout=sys.stdout)
    config.set_main_option("script_location", str(Path(__file__).resolve().parent / "migrations"))
    config.attributes["url"] = sync_url(settings)
    return config
