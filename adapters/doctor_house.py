"""Is there room and right to write, is the database sound, and does the key fit?"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from adapters.doctor_look import BAD, GOOD, NOTICE, Told
from adapters.role_claim import role_is_taken
from core.ports import EmoseumError
from core.settings import Settings

COPIES = Path("emoseum-out")  # where `emoseum diary` writes, unless it is told otherwise
_MB = 1024 * 1024


def folder(settings: Settings) -> Iterator[Told]:
    """May we write there, and may nobody else read?"""
    folder = settings.data_dir.resolve()
    there = _nearest(folder)
    try:
        with tempfile.TemporaryFile(dir=there):
            pass
    except OSError as error:
        yield (
            BAD,
            "folder",
            "folder.unwritable",
            {"folder": str(there), "cause": error.strerror or type(error).__name__},
        )
        return
    if there == folder and folder.stat().st_mode & 0o077:
        yield NOTICE, "folder", "folder.open", {"folder": str(folder)}
    else:
        yield GOOD, "folder", "folder.there" if there == folder else "folder.new", {"folder": str(folder)}


def copies(settings: Settings) -> Iterator[Told]:
    """What `emoseum diary` wrote is not encrypted and no /delete finds it."""
    count = sum(path.is_file() for path in COPIES.rglob("*")) if COPIES.is_dir() else 0
    if count:
        yield NOTICE, "copies", "copies.plain", {"count": f"{count:,}", "folder": str(COPIES.resolve())}


def disk(settings: Settings) -> Iterator[Told]:
    """Is there room?"""
    folder = settings.data_dir.resolve()
    there = _nearest(folder)
    free_mb, needed_mb = shutil.disk_usage(there).free // _MB, settings.work.min_free_mb
    mark = BAD if free_mb < needed_mb else NOTICE if free_mb < 3 * needed_mb else GOOD
    key = {BAD: "disk.full", NOTICE: "disk.low", GOOD: "disk.free"}[mark]
    yield mark, "disk", key, {"free": f"{free_mb:,}", "needed": f"{needed_mb:,}"}


def database(settings: Settings) -> Iterator[Told]:
    """Is the database there, sound, and of this version's shape?"""
    import sqlalchemy as sa

    from adapters.sql_migrate import migrations, needs_upgrade

    url = sa.make_url(settings.sql_url)
    is_file = url.get_backend_name() == "sqlite"
    if is_file and not Path(url.database or "").exists():
        yield GOOD, "database", "database.new", {}
        return
    where = url.database if is_file else f"{url.host or ''}/{url.database}"
    try:
        if needs_upgrade(settings):
            yield NOTICE, "database", "database.old", {"where": where}
            return
        engine = sa.create_engine(migrations(settings).attributes["url"], hide_parameters=True)
        with engine.connect() as connection:
            version = ".".join(map(str, engine.dialect.server_version_info or ()))
            sound = connection.scalar(sa.text("PRAGMA quick_check(1)")) if is_file else "ok"
        engine.dispose()
    except ImportError:
        yield BAD, "database", "database.driver", {}
    except (EmoseumError, sa.exc.SQLAlchemyError, OSError) as error:
        yield BAD, "database", "database.away", {"where": where, "cause": _cause(error)}
    else:
        key = "database.fine" if sound == "ok" else "database.damaged"
        yield GOOD if sound == "ok" else BAD, "database", key, {"where": where, "version": f"{url.get_backend_name()} {version}"}  # fmt: skip


def key(settings: Settings) -> Iterator[Told]:
    """Does the master key open what the database holds?"""
    from adapters.vault import KEY_VARIABLE, Vault, given_master, load_master

    path = settings.key_file.resolve()
    is_given = bool(settings.master_key.get_secret_value())
    values = {"path": KEY_VARIABLE if is_given else str(path)}
    check, has_people = _remembered(settings)
    try:
        master = given_master(settings) or load_master(path)
    except EmoseumError as error:
        yield BAD, "key", "key.open" if error.key == "error.key_open" else "key.not_one", values
        return
    except OSError as error:
        yield BAD, "key", "key.unreadable", values | {"cause": error.strerror or type(error).__name__}
        return
    if master is None:
        yield _absent(path, has_people, values)
    elif check is not None and has_people and Vault(master).check != check:
        yield BAD, "key", "key.other", values
    elif not is_given and path.is_relative_to(settings.data_dir.resolve()):
        yield NOTICE, "key", "key.beside", values
    else:
        yield GOOD, "key", "key.fits" if check is not None else "key.there", values


def _absent(path: Path, has_people: bool, values: dict[str, Any]) -> Told:
    """What a key that is not there means."""
    if has_people:
        return BAD, "key", "key.missing", values
    may = os.access(_nearest(path), os.W_OK | os.X_OK)
    return (GOOD, "key", "key.new", values) if may else (BAD, "key", "key.no_room", values)


def _nearest(path: Path) -> Path:
    """The path itself, or else the nearest folder above it that is there."""
    return next(each for each in (path, *path.parents) if each.exists())


def _remembered(settings: Settings) -> tuple[bytes | None, bool]:
    """(what the database remembers of its key, it has people in it), as far as the database can be read."""
    import sqlalchemy as sa

    from adapters.sql_migrate import migrations
    from adapters.sql_schema import meta, people

    url = sa.make_url(settings.sql_url)
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").exists():
        return None, False
    try:
        engine = sa.create_engine(migrations(settings).attributes["url"], hide_parameters=True)
        with engine.connect() as connection:
            check = connection.scalar(sa.select(meta.c.value).where(meta.c.name == "key_check"))
            return check, connection.scalar(sa.select(people.c.id).limit(1)) is not None
    except (sa.exc.SQLAlchemyError, ImportError):
        return None, False


def running(settings: Settings) -> Iterator[Told]:
    """Which roles are played on the data folder right now?"""
    roles = [role for role in ("bot", "core") if role_is_taken(settings.data_dir, role)]
    yield GOOD, "running", "running.some" if roles else "running.none", {"roles": " + ".join(roles)}


def _cause(error: Exception) -> str:
    """The first line of what a database says; its statements and parameters are hidden."""
    return (str(getattr(error, "orig", None) or error).splitlines() or [type(error).__name__])[0][:200]
