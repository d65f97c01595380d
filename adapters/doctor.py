"""`emoseum doctor` looks at everything that Emoseum needs and says in plain words what is missing and what to do."""

from __future__ import annotations

import fcntl
import importlib
import ipaddress
import os
import shutil
import socket
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from core.phrases import say
from core.ports import EmoseumError
from core.settings import CONFIG_DIR, ROOT, Settings
from core.trouble import describe

GOOD, NOTICE, BAD = "✓", "!", "✗"
SHORT_S = 3.0
WEIGHTS = ROOT / "core" / "weights"
_MB = 1024 * 1024


@dataclass(frozen=True)
class Finding:
    """One line of the doctor's: `mark` is ✓ (well), ! (works, but you should know) or ✗ (will not work)."""

    mark: str
    what: str
    words: str


COPIES = Path("emoseum-out")  # where `emoseum diary` writes, unless it is told otherwise
Look = Callable[[Settings], "Iterator[tuple[str, str, str, dict[str, object]]]"]  # mark, what, key, values


def examine(settings: Settings) -> list[Finding]:
    """Look at everything, one thing after the other; a look that itself breaks is a finding too. Changes nothing."""
    language, findings = settings.language, []
    for look in LOOKS:
        try:
            for mark, what, key, values in look(settings):
                findings.append(
                    Finding(mark, say(language, f"doctor.what.{what}"), say(language, f"doctor.{key}", **values))
                )
        except Exception as error:  # whatever is broken, the rest is still looked at
            what = look.__name__.strip("_")
            words = say(language, "doctor.broke", cause=describe(error, frames=1))
            findings.append(Finding(BAD, say(language, f"doctor.what.{what}"), words))
    return findings


# --- what was set ------------------------------------------------------------------------------


def _settings(settings: Settings) -> Iterator[Any]:
    own = os.environ.get("EMOSEUM_CONFIG")
    file = str(own or CONFIG_DIR / "default.toml")
    names = sorted(name for name in os.environ if name.startswith("EMOSEUM_") and name != "EMOSEUM_CONFIG")
    if own and not Path(own).is_file():
        yield BAD, "settings", "settings.gone", {"file": file}
    elif names:
        yield GOOD, "settings", "settings.both", {"file": file, "names": ", ".join(names)}
    else:
        yield GOOD, "settings", "settings.file", {"file": file}


def _web(settings: Settings) -> Iterator[Any]:
    web = settings.web
    if not web.enabled:
        yield NOTICE, "web", "web.off", {}
        return
    address = _running_at(settings) or f"http://{web.host}:{web.port}"
    if not _is_loopback(web.host) and not web.secret.get_secret_value():
        yield BAD, "web", "web.secret", {"host": web.host}
    elif web.port and not _is_running(settings, "bot") and _is_busy(web.host, web.port):
        yield BAD, "web", "web.busy", {"port": web.port}
    else:
        yield GOOD, "web", "web.secret_set" if web.secret.get_secret_value() else "web.here", {"address": address}


def _telegram(settings: Settings) -> Iterator[Any]:
    from adapters.doctor_telegram import telegram

    yield from telegram(settings, SHORT_S)


def _discord(settings: Settings) -> Iterator[Any]:
    from adapters.doctor_discord import discord

    yield from discord(settings, SHORT_S)


# --- where the diary lies ----------------------------------------------------------------------


def _folder(settings: Settings) -> Iterator[Any]:
    folder = settings.data_dir.resolve()
    there = next(path for path in (folder, *folder.parents) if path.exists())
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


def _copies(settings: Settings) -> Iterator[Any]:
    count = sum(path.is_file() for path in COPIES.rglob("*")) if COPIES.is_dir() else 0
    if count:
        yield NOTICE, "copies", "copies.plain", {"count": f"{count:,}", "folder": str(COPIES.resolve())}


def _disk(settings: Settings) -> Iterator[Any]:
    folder = settings.data_dir.resolve()
    there = next(path for path in (folder, *folder.parents) if path.exists())
    free_mb, needed_mb = shutil.disk_usage(there).free // _MB, settings.work.min_free_mb
    mark = BAD if free_mb < needed_mb else NOTICE if free_mb < 3 * needed_mb else GOOD
    key = {BAD: "disk.full", NOTICE: "disk.low", GOOD: "disk.free"}[mark]
    yield mark, "disk", key, {"free": f"{free_mb:,}", "needed": f"{needed_mb:,}"}


def _database(settings: Settings) -> Iterator[Any]:
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


def _key(settings: Settings) -> Iterator[Any]:
    from adapters.vault import Vault, load_master

    path = settings.key_file.resolve()
    values = {"path": str(path)}
    check, has_people = _remembered(settings)
    try:
        master = load_master(path)
    except EmoseumError as error:
        yield BAD, "key", "key.open" if error.key == "error.key_open" else "key.not_one", values
        return
    except OSError as error:
        yield BAD, "key", "key.unreadable", values | {"cause": error.strerror or type(error).__name__}
        return
    if master is None:
        yield (BAD, "key", "key.missing", values) if has_people else (GOOD, "key", "key.new", values)
    elif check is not None and has_people and Vault(master).check != check:
        yield BAD, "key", "key.other", values
    elif path.is_relative_to(settings.data_dir.resolve()):
        yield NOTICE, "key", "key.beside", values
    else:
        yield GOOD, "key", "key.fits" if check is not None else "key.there", values


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


def _running(settings: Settings) -> Iterator[Any]:
    roles = [role for role in ("bot", "core") if _is_running(settings, role)]
    yield GOOD, "running", "running.some" if roles else "running.none", {"roles": " + ".join(roles)}


def _media(settings: Settings) -> Iterator[Any]:
    from adapters.doctor_media import media

    yield from media(settings, SHORT_S, bot_runs=_is_running(settings, "bot"))


def _health(settings: Settings) -> Iterator[Any]:
    from adapters.doctor_media import health

    yield from health(settings)


# --- what it works with ------------------------------------------------------------------------


def _models(settings: Settings) -> Iterator[Any]:
    names = ("text_emotion.npz", "face_emotion.npz")
    missing = [name for name in names if not zipfile.is_zipfile(WEIGHTS / name)]
    if not _in_package("mtcnn", "*"):
        missing.append("mtcnn")
    yield (BAD, "models", "models.missing", {"names": ", ".join(missing)}) if missing else (GOOD, "models", "models.there", {})  # fmt: skip


def _materials(settings: Settings) -> Iterator[Any]:
    from core.painting.stickers import STICKERS_JSON

    font = STICKERS_JSON.parent / "fonts" / "EmoseumHand-Regular.woff"
    for what, key, there in (
        ("stickers", "stickers", STICKERS_JSON.is_file() and STICKERS_JSON.stat().st_size > 0),
        ("font", "font", font.is_file() and font.read_bytes()[:4] == b"wOFF"),
        ("soundfont", "soundfont", _in_package("pretty_midi", "TimGM6mb.sf2")),
        ("korean", "korean", find_spec("kiwipiepy") is not None and find_spec("kiwipiepy_model") is not None),
    ):
        yield (GOOD, what, f"{key}.there", {}) if there else (BAD, what, f"{key}.missing", {})


def _torch(settings: Settings) -> Iterator[Any]:
    if find_spec("torch") is None:
        yield GOOD, "torch", "torch.none", {}
        return
    torch: Any = importlib.import_module("torch")
    if torch.cuda.is_available():
        yield GOOD, "torch", "torch.gpu", {"name": torch.cuda.get_device_name(0)}
    else:
        yield GOOD, "torch", "torch.cpu", {}


def _writer(settings: Settings) -> Iterator[Any]:
    if not settings.openai.on:
        yield GOOD, "writer", "writer.off", {}
        return
    from openai import APIStatusError, OpenAI, OpenAIError

    values = {"where": settings.openai.base_url or "OpenAI", "model": settings.openai.model}
    key = settings.openai.api_key.get_secret_value() or "none"
    client = OpenAI(api_key=key, base_url=settings.openai.base_url or None, timeout=SHORT_S, max_retries=0)
    try:
        client.models.list()
    except APIStatusError as error:
        if error.status_code in (401, 403):
            yield BAD, "writer", "writer.refused", values
        elif error.status_code >= 500 or error.status_code == 429:
            yield NOTICE, "writer", "writer.away", values | {"cause": str(error.status_code)}
        else:  # it answers, though it lists no models
            yield GOOD, "writer", "writer.there", values
    except (OpenAIError, ValueError, TypeError, AttributeError) as error:
        yield NOTICE, "writer", "writer.away", values | {"cause": type(error).__name__}
    else:
        yield GOOD, "writer", "writer.there", values


def _speaker(settings: Settings) -> Iterator[Any]:
    from adapters.gtts_speaker import open_speaker

    if settings.speech.speaker == "none":
        yield GOOD, "speaker", "speaker.off", {}
        return
    speaker = open_speaker(settings)
    name = speaker.name if speaker is not None else ""
    if "espeak" in name:
        yield GOOD, "speaker", "speaker.both" if "gtts" in name else "speaker.here", {}
    else:
        yield NOTICE, "speaker", "speaker.outside" if name else "speaker.missing", {}


def _transcriber(settings: Settings) -> Iterator[Any]:
    wanted, model = settings.speech.transcriber, settings.speech.whisper_model
    if wanted == "none":
        yield GOOD, "transcriber", "transcriber.off", {}
    elif wanted == "openai":
        on = settings.openai.on
        yield GOOD if on else BAD, "transcriber", "transcriber.outside" if on else "transcriber.no_server", {}
    elif find_spec("faster_whisper") is None:
        yield BAD, "transcriber", "transcriber.missing", {}
    elif ("/" in model or "\\" in model) and not Path(model).is_dir() and Path(model).is_absolute():
        yield BAD, "transcriber", "transcriber.no_weights", {"model": model}
    else:
        yield GOOD, "transcriber", "transcriber.here", {"model": model}


def _python(settings: Settings) -> Iterator[Any]:
    version = ".".join(map(str, sys.version_info[:3]))
    yield GOOD if sys.version_info >= (3, 11) else BAD, "python", "python", {"version": version}


LOOKS: tuple[Look, ...] = (
    _python, _settings, _folder, _copies, _disk, _database, _key, _media, _running, _health, _web, _telegram, _discord,
    _models, _materials, _torch, _writer, _speaker, _transcriber,
)  # fmt: skip


# --- how it is found out -----------------------------------------------------------------------


def _is_running(settings: Settings, role: str) -> bool:
    """True where a process holds that role's lock; looked at without making or emptying its file."""
    try:
        with (settings.data_dir / f"{role}.lock").open() as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def _running_at(settings: Settings) -> str:
    """Where the web chat that runs now is found, "" where none does."""
    try:
        return (settings.data_dir / "web.address").read_text().strip() if _is_running(settings, "bot") else ""
    except OSError:
        return ""


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def _is_busy(host: str, port: int) -> bool:
    """True where somebody else listens there already."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as ours:
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            ours.bind((host.strip("[]"), port))
        except OSError:
            return True
    return False


def _in_package(package: str, pattern: str) -> bool:
    """True where an installed package, never imported, holds such a file."""
    spec = find_spec(package)
    folders = [Path(folder) for folder in (spec.submodule_search_locations or ())] if spec else []
    return any(path.is_file() for folder in folders for path in folder.rglob(pattern))


def _cause(error: Exception) -> str:
    """The first line of what a database says; its statements and parameters are hidden."""
    return (str(getattr(error, "orig", None) or error).splitlines() or [type(error).__name__])[0][:200]
