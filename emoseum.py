"""The command line of Emoseum: what can be typed, and what each command does with it."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from datetime import date as day_of_year
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from endings import EXIT_SETTINGS, EXIT_USAGE, exit_code, fail, leave, sentence
from evaluating import evaluate

if TYPE_CHECKING:
    from core.settings import Settings

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="A diary companion that paints your day, composes music for it and writes back like a friend.",
)
db = typer.Typer(no_args_is_help=True, help="The database.")
app.add_typer(db, name="db")
app.add_typer(evaluate, name="evaluate")

DataDir = Annotated[Path | None, typer.Option("--data-dir", help="Where the diary lies (default: ./data).")]


# --- processes ---------------------------------------------------------------------------------


@app.command()
def run(
    port: Annotated[int | None, typer.Option(help="Port of the web chat; 0 takes a free one.")] = None,
    data_dir: DataDir = None,
) -> None:
    """Start everything: bot and core as two supervised processes, and the chat in your browser.

    It prints the address to open. Ctrl-C ends it; what is being made then goes on at the next start.
    """
    from adapters.role_claim import AlreadyRunning, role_is_taken
    from adapters.supervisor import supervise

    settings = _settings(data_dir, port)
    for role in ("core", "bot"):
        if role_is_taken(settings.data_dir, role):
            fail(sentence(settings, AlreadyRunning(role)), EXIT_SETTINGS)
    _upgrade(settings, patiently=True)
    leave(supervise(settings, ("core", "bot")))


@app.command()
def bot(
    port: Annotated[int | None, typer.Option(help="Port of the web chat; 0 takes a free one.")] = None,
    data_dir: DataDir = None,
) -> None:
    """Start the bot alone: the chats and the way of each message (no torch, little memory).

    Nothing is painted or written back until a core runs on the same data: `emoseum core`.
    """
    settings = _settings(data_dir, port)
    _serve(settings, "bot")


@app.command()
def core(data_dir: DataDir = None) -> None:
    """Start the core alone: it understands, paints, composes and writes what the bot asks for.

    It opens no port (but for health, where one is set); it takes its work from the database that it shares with `emoseum bot`.
    """
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # the small models are faster on one thread than on all
    settings = _settings(data_dir)
    _serve(settings, "core")


@db.command("upgrade")
def db_upgrade(data_dir: DataDir = None) -> None:
    """Bring the database to the shape this version needs; safe to repeat.

    `emoseum run` does so by itself; a deployment with several processes does it once before they start.
    """
    _upgrade(_settings(data_dir))
    typer.echo("The database is up to date.")


@app.command()
def doctor(data_dir: DataDir = None) -> None:
    """Look at settings, tokens, database, disk, models and fonts, and say in plain words what is missing."""
    from adapters.doctor import examine

    findings = examine(_settings(data_dir))
    for finding in findings:
        typer.echo(f"{finding.mark} {finding.what}: {finding.words}")
    leave(1 if any(finding.mark == "✗" for finding in findings) else 0)


# --- a diary without a chat --------------------------------------------------------------------


@app.command()
def diary(
    text: Annotated[str, typer.Argument(help="What happened, in Korean or English.")] = "",
    photo: Annotated[Path | None, typer.Option(help="A photo; a face in it is read.")] = None,
    voice: Annotated[Path | None, typer.Option(help="A voice note.")] = None,
    date: Annotated[str, typer.Option(help="The day it tells of, YYYY-MM-DD; never the future.")] = "",
    lang: Annotated[str, typer.Option(help="ko or en, for what is written back.")] = "",
    user: Annotated[str, typer.Option(help="Whose diary; 'me' is the web chat's.")] = "me",
    out: Annotated[
        Path,
        typer.Option(
            help="Where picture, sketch and music are written: plain copies, not encrypted; /delete leaves them."
        ),
    ] = Path("emoseum-out"),
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object an entry instead of words.")] = False,
    file: Annotated[Path | None, typer.Option(help="A text file, one entry a line, instead of TEXT.")] = None,
    data_dir: DataDir = None,
) -> None:
    """Write an entry and get its picture, music and comment; the same journey as in the chat.

    It uses the bot and core that are running on the data folder, else it starts them and stops them again.

    emoseum diary "Walked the dog by the river" --photo me.jpg --date 2026-05-05

    emoseum diary --file lines.txt --user research --json > answers.jsonl
    """
    settings = _settings(data_dir)
    if lang not in ("", "ko", "en"):
        fail("--lang is ko or en.", EXIT_USAGE)
    lines = _lines(text, file, photo, voice)
    day = _day(date)
    _upgrade(settings)
    from errands import at_terminal, write_entries

    at_terminal(settings, user, lambda terminal: write_entries(terminal, lines, photo, voice, day, lang, out, as_json))


@app.command()
def history(
    user: Annotated[str, typer.Option(help="Whose diary.")] = "me",
    limit: Annotated[int, typer.Option(min=1, help="How many entries.")] = 20,
    data_dir: DataDir = None,
) -> None:
    """List the entries of a diary, newest first: the day, what was felt, and the entry in a line.

    What was written in a crisis is not shown here; the chat shows it when it is opened.
    """
    settings = _settings(data_dir)
    _upgrade(settings)
    from errands import at_terminal, list_entries

    at_terminal(settings, user, lambda terminal: list_entries(terminal, limit))


@app.command()
def calendar(
    user: Annotated[str, typer.Option(help="Whose diary.")] = "me",
    month: Annotated[str, typer.Option(help="YYYY-MM; else this month.")] = "",
    out: Annotated[Path | None, typer.Option(help="Write the month's picture there (PNG).")] = None,
    data_dir: DataDir = None,
) -> None:
    """Show a month: its entries in a line each, and the month as a picture.

    emoseum calendar --month 2026-05 --out may.png
    """
    settings = _settings(data_dir)
    day = _day(f"{month}-01") if month else None
    _upgrade(settings)
    from errands import at_terminal, show_month

    at_terminal(settings, user, lambda terminal: show_month(terminal, day, out))


def _lines(text: str, file: Path | None, photo: Path | None, voice: Path | None) -> list[str]:
    """The entries to write."""
    for path in (photo, voice, file):
        if path is not None and not path.is_file():
            fail(f"There is no file {path}.", EXIT_USAGE)
    if file is None:
        if not text.strip() and photo is None and voice is None:
            fail("Write a line about the day, or give --photo, --voice or --file.", EXIT_USAGE)
        return [text]
    try:
        return [line for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
    except UnicodeDecodeError:
        fail(f"{file} is not a text file in UTF-8.", EXIT_USAGE)


def _day(text: str) -> day_of_year | None:
    if not text:
        return None
    try:
        return day_of_year.fromisoformat(text)
    except ValueError:
        fail(f"{text} is not a day; write it as YYYY-MM-DD.", EXIT_USAGE)


# --- how it is done ----------------------------------------------------------------------------


def _settings(data_dir: Path | None = None, port: int | None = None) -> Settings:
    """Settings, with what the command line gave on top; a wrong one ends with one clear line."""
    from pydantic import ValidationError

    from core.settings import load_settings

    given: dict[str, Any] = {}
    if data_dir is not None:
        given["data_dir"] = data_dir
    if port is not None:
        given["web"] = {"port": port}
    try:
        return load_settings(**given)
    except ValidationError as error:
        first = error.errors()[0]
        fail(f"The setting {'.'.join(map(str, first['loc']))} can't be used: {first['msg']}.", EXIT_SETTINGS)
    except (OSError, ValueError) as error:
        fail(f"The settings can't be read: {error}", EXIT_SETTINGS)


def _upgrade(settings: Settings, *, patiently: bool = False) -> None:
    from adapters.database_wait import wait_for_database
    from adapters.dbos_work import migrate
    from adapters.sql_store import upgrade
    from core.ports import EmoseumError

    try:
        if patiently:
            wait_for_database(settings)
        upgrade(settings)
        migrate(settings)
    except EmoseumError as error:
        fail(sentence(settings, error), exit_code(error))
    except OSError as error:
        fail(f"The data folder {settings.data_dir} can't be used: {error.strerror or error}.", exit_code(error))


def _serve(settings: Settings, role: str) -> None:
    """Run one role until it is told to stop. Then it just ends: what is under way is durable and goes on at the next start."""
    from adapters.database_wait import wait_for_database
    from adapters.sql_store import needs_upgrade
    from adapters.supervisor import leave_with_supervisor
    from core.ports import EmoseumError
    from core.trouble import log_discreetly
    from roles import play

    log_discreetly(role, settings.log_level)
    leave_with_supervisor()

    async def until_told() -> None:
        stopped = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stopped.set)
        await play(role, settings, stopped)
        logging.shutdown()
        os._exit(0)

    try:
        wait_for_database(settings)
        if needs_upgrade(settings):
            _upgrade(settings)
        asyncio.run(until_told())
    except EmoseumError as error:
        fail(sentence(settings, error), exit_code(error))
    except OSError as error:
        fail(f"{role} can't start: {error.strerror or error}", exit_code(error))


def main() -> None:
    """The entry point; what nobody foresaw is one line too, with the place for whoever mends it."""
    from typer.exceptions import Abort, TyperException

    from core.trouble import describe

    try:
        code = app(standalone_mode=False)
    except TyperException as error:  # a wrong argument
        command = getattr(getattr(error, "ctx", None), "command_path", None) or "emoseum"
        typer.echo(f"{error.format_message().rstrip('.')}. `{command} --help` tells what there is.", err=True)
        raise SystemExit(error.exit_code) from None
    except (Abort, KeyboardInterrupt):
        raise SystemExit(130) from None
    except Exception as error:
        typer.echo(f"Something went wrong that should not have: {describe(error)}", err=True)
        raise SystemExit(1) from None
    raise SystemExit(code or 0)


if __name__ == "__main__":
    main()
