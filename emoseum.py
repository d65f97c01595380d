"""The command line of Emoseum, and the only place where bot, core and adapters are introduced to each other."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import os
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

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

EXIT_SETTINGS = 78  # nothing that starting again would mend
EXIT_LATER = 75  # starting again later may
_PASSING = (errno.ENOSPC, errno.EDQUOT, errno.EMFILE, errno.ENFILE, errno.EAGAIN, errno.ENOMEM)  # what is short today

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
            _fail(_sentence(settings, AlreadyRunning(role)), EXIT_SETTINGS)
    _upgrade(settings, patiently=True)
    _leave(supervise(settings, ("core", "bot")))


@app.command()
def bot(
    port: Annotated[int | None, typer.Option(help="Port of the web chat; 0 takes a free one.")] = None,
    data_dir: DataDir = None,
) -> None:
    """Start the bot alone: the chats and the way of each message (no torch, little memory).

    Nothing is painted or written back until a core runs on the same data: `emoseum core`.
    """
    settings = _settings(data_dir, port)
    _serve(settings, "bot", _bot)


@app.command()
def core(data_dir: DataDir = None) -> None:
    """Start the core alone: it understands, paints, composes and writes what the bot asks for.

    It opens no port (but for health, where one is set); it takes its work from the database that it shares with `emoseum bot`.
    """
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # the small models are faster on one thread than on all
    settings = _settings(data_dir)
    _serve(settings, "core", _core)


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
    _leave(1 if any(finding.mark == "✗" for finding in findings) else 0)


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
        _fail("--lang is ko or en.", 2)
    lines = _lines(text, file, photo, voice)
    day = _day(date)
    _upgrade(settings)
    _with_terminal(settings, user, lambda terminal: _diary(terminal, lines, photo, voice, day, lang, out, as_json))


async def _diary(
    terminal: Any,
    lines: list[str],
    photo: Path | None,
    voice: Path | None,
    day: Any,
    lang: str,
    out: Path,
    as_json: bool,
) -> None:
    import json
    import time

    from rich.console import Console
    from rich.progress import track

    from adapters.supervisor import running

    async with running(terminal.settings):
        for line in track(lines, "", console=Console(stderr=True), disable=len(lines) == 1, transient=True):
            begun_s = time.monotonic()
            message_id = await terminal.write(line, photo=photo, voice=voice, day=day, language=lang)
            entry = await terminal.answered(message_id)
            report = await terminal.report(entry, out, begun_s)
            if as_json:
                typer.echo(json.dumps(report, ensure_ascii=False))
            else:
                made = [report[name] for name in ("picture", "music") if report[name]]
                typer.echo("\n\n".join([*report["reply"], *made]))


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
    _with_terminal(settings, user, lambda terminal: _history(terminal, limit))


async def _history(terminal: Any, limit: int) -> None:
    from bot.pages import line_text
    from core.phrases import say

    person = await terminal.store.person_of("web", terminal.user, language=terminal.settings.language)
    lines = await terminal.store.lines(person.id, limit=limit)
    typer.echo("\n".join(line_text(person, line) for line in lines) or say(person.language, "history.empty"))


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
    _with_terminal(settings, user, lambda terminal: _calendar(terminal, day, out))


async def _calendar(terminal: Any, day: Any, out: Path | None) -> None:
    from bot.house import House
    from bot.pages import month_page

    person = await terminal.store.person_of("web", terminal.user, language=terminal.settings.language)
    house = House(terminal.settings, terminal.store, terminal.media, {}, b"nobody presses these")
    told = await month_page(house, person, day or house.today(person))
    reply = told.replies[0]
    picture = await terminal.media.get(reply.picture)
    await terminal.media.delete(reply.picture)
    typer.echo(reply.text)
    if out is not None:
        await asyncio.to_thread(out.write_bytes, picture.data)
        typer.echo(str(out))


def _lines(text: str, file: Path | None, photo: Path | None, voice: Path | None) -> list[str]:
    """The entries to write."""
    for path in (photo, voice, file):
        if path is not None and not path.is_file():
            _fail(f"There is no file {path}.", 2)
    if file is None:
        if not text.strip() and photo is None and voice is None:
            _fail("Write a line about the day, or give --photo, --voice or --file.", 2)
        return [text]
    try:
        return [line for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
    except UnicodeDecodeError:
        _fail(f"{file} is not a text file in UTF-8.", 2)


def _day(text: str) -> Any:
    from datetime import date as day

    if not text:
        return None
    try:
        return day.fromisoformat(text)
    except ValueError:
        _fail(f"{text} is not a day; write it as YYYY-MM-DD.", 2)


def _with_terminal(settings: Settings, user: str, work: Callable[[Any], Awaitable[None]]) -> None:
    """Open the store for one errand on the command line; what goes wrong is one clear line."""
    from core.ports import EmoseumError

    logging.basicConfig(level="WARNING")

    async def errand() -> None:
        from adapters.dbos_work import DbosInbox
        from adapters.sealed_media import open_media
        from adapters.sql_store import open_store
        from bot.terminal import Terminal

        store = await open_store(settings)
        inbox = DbosInbox(settings, store)
        media = await open_media(store, settings, sweep=False)
        try:
            await work(Terminal(settings, store, media, inbox, user))
        finally:
            await media.close()
            inbox.close()
            await store.close()

    try:
        asyncio.run(errand())
    except EmoseumError as error:
        _fail(_sentence(settings, error), 1)
    except TimeoutError:
        _fail("It took too long. What you wrote is kept; `emoseum history` shows it.", 1)
    except OSError as error:
        _fail(f"{error.strerror or error}: {error.filename or ''}".rstrip(": "), 1)


# --- the two roles -----------------------------------------------------------------------------


async def _bot(settings: Settings, stopped: asyncio.Event) -> None:
    from adapters.dbos_work import DbosInbox, DurableWork
    from adapters.sealed_media import open_media
    from adapters.sql_store import open_store
    from bot import journey, keeping
    from bot.house import House
    from core.safety.lexicon import lexicon

    store = await open_store(settings)
    media = await open_media(store, settings)
    inbox = DbosInbox(settings, store)
    platforms = _platforms(settings, store, media)
    lexicon()  # read now: the first line must not wait for it
    by_name = {platform.name: platform for platform in platforms}
    house = House(settings, store, media, by_name, store.vault.secret("buttons"))
    journey.open_house(house)
    work = DurableWork(settings, "bot", store)
    listening = [platform for platform in platforms if platform.name != "web" or settings.web.enabled]
    awake = asyncio.Event()
    checks = _bot_checks(settings, store, media, listening, awake)
    by_name["web"].report = checks.report
    doors = await _open_doors(settings, settings.health.port_bot, checks, media)
    if not await work.launch(stopped):
        await work.leave()
        return
    awake.set()
    await _start(settings, listening, inbox.keep)
    if settings.web.enabled:
        typer.echo(f"Emoseum is at {by_name['web'].address}")
        with contextlib.suppress(OSError):  # only for the doctor: where it really is, as --port is no setting
            (settings.data_dir / "web.address").write_text(by_name["web"].address)

    async def tidy() -> None:
        try:
            await work.tidy()
        finally:
            await media.tidy()

    housekeeper = asyncio.create_task(keeping.keep_house(house, store.delete_unconsented, tidy))
    await stopped.wait()
    housekeeper.cancel()
    await asyncio.gather(*(each.stop() for each in (*listening, *doors)), return_exceptions=True)
    await work.leave()


def _bot_checks(settings: Settings, store: Any, media: Any, listening: list[Any], awake: asyncio.Event) -> Any:
    from adapters.house_health import HouseHealth
    from bot.health import bot_checks

    house = HouseHealth(settings, store, media)
    beside = {"core_queue": house.queue("core"), "sendings": house.sendings}
    return bot_checks({platform.name: platform for platform in listening}, house.vital("bot"), beside, awake.is_set)


async def _open_doors(settings: Settings, health_port: int, checks: Any, media: Any = None) -> list[Any]:
    """Where a process can be asked how it is and, with `media`, for its files by a core elsewhere; each only if set."""
    doors: list[Any] = []
    if health_port:
        from core.health import HealthServer

        doors.append(HealthServer(checks, settings.health.host, health_port))
    if media is not None and settings.media.served:
        from adapters.http_media import MediaEndpoint

        doors.append(MediaEndpoint(media.blobs, settings.media))
    for door in doors:
        await door.start()
    return doors


def _platforms(settings: Settings, store: Any, media: Any) -> list[Any]:
    """The web chat, and every other chat that has a token; each starts, stumbles and stops by itself."""
    from bot import commands
    from bot.web_platform import WebPlatform
    from core.phrases import say

    secret = store.vault.secret("web")
    platforms: list[Any] = [WebPlatform(settings.web, settings.intake, store, media, session_secret=secret)]
    if settings.discord.token.get_secret_value():
        from bot.discord_platform import DiscordPlatform

        platforms.append(DiscordPlatform(settings.discord, settings.intake, store, media))
    if settings.telegram.token.get_secret_value():
        from bot.telegram_platform import TelegramPlatform

        platforms.append(TelegramPlatform(settings.telegram, settings.intake, store, media))
    told = [(name, say("ko", f"command.{name}"), say("en", f"command.{name}")) for name in commands.all_commands()]
    for platform in platforms:
        platform.commands = told
    return platforms


async def _start(settings: Settings, platforms: list[Any], heard: Any) -> None:
    """One that can't start says so and the others go on; only without the web chat, or without any, do we give up."""
    from core.ports import EmoseumError

    for platform in platforms:
        try:
            await platform.start(heard)
        except EmoseumError as error:
            if platform.name == "web" or len(platforms) == 1:
                raise
            logging.getLogger("emoseum").error("%s can't start: %s", platform.name, _sentence(settings, error))


async def _core(settings: Settings, stopped: asyncio.Event) -> None:
    from adapters.dbos_work import DurableWork
    from adapters.house_health import HouseHealth
    from adapters.sealed_media import open_media
    from adapters.sql_store import open_store
    from core import service
    from core.engines import Commenter, Workshop, understander
    from core.health import Checks

    store = await open_store(settings)
    workshop = Workshop(
        settings,
        understander(settings),
        Commenter(settings, _writer(settings)),
        _transcriber(settings),
        _speaker(settings),
    )
    media = await open_media(store, settings, sweep=False)
    served = service.Service(workshop, store, media)
    service.open_service(served)
    work = DurableWork(settings, "core", store)
    await work.launch(stopped)
    checks = Checks("core", HouseHealth(settings, store, media).vital("core"))
    doors = await _open_doors(settings, settings.health.port_core, checks)
    warming = asyncio.create_task(served.warm())
    await stopped.wait()
    warming.cancel()
    await asyncio.gather(*(door.stop() for door in doors), return_exceptions=True)
    await asyncio.to_thread(served.studio.close)
    await work.leave()


def _writer(settings: Settings) -> Any:
    if not settings.openai.on:
        return None
    from adapters.openai_writer import OpenAIWriter

    return OpenAIWriter(settings.openai)


def _transcriber(settings: Settings) -> Any:
    if settings.speech.transcriber == "none":
        return None
    from adapters.whisper_transcriber import open_transcriber

    return open_transcriber(settings)


def _speaker(settings: Settings) -> Any:
    if settings.speech.speaker == "none":
        return None
    from adapters.gtts_speaker import open_speaker

    return open_speaker(settings)


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
        _fail(f"The setting {'.'.join(map(str, first['loc']))} can't be used: {first['msg']}.", EXIT_SETTINGS)
    except (OSError, ValueError) as error:
        _fail(f"The settings can't be read: {error}", EXIT_SETTINGS)


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
        _fail(_sentence(settings, error), _exit_code(error))
    except OSError as error:
        _fail(f"The data folder {settings.data_dir} can't be used: {error.strerror or error}.", _exit_code(error))


def _serve(settings: Settings, role: str, main: Callable[[Settings, asyncio.Event], Awaitable[None]]) -> None:
    """Run one role until it is told to stop. Then it just ends: what is under way is durable and goes on at the next start."""
    from adapters.database_wait import wait_for_database
    from adapters.sql_store import needs_upgrade
    from adapters.supervisor import leave_with_supervisor
    from core.ports import EmoseumError
    from core.trouble import log_discreetly

    log_discreetly(role, settings.log_level)
    leave_with_supervisor()

    async def until_told() -> None:
        stopped = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stopped.set)
        await main(settings, stopped)
        logging.shutdown()
        os._exit(0)

    try:
        wait_for_database(settings)
        if needs_upgrade(settings):
            _upgrade(settings)
        asyncio.run(until_told())
    except EmoseumError as error:
        _fail(_sentence(settings, error), _exit_code(error))
    except OSError as error:
        _fail(f"{role} can't start: {error.strerror or error}", _exit_code(error))


def _exit_code(error: Exception) -> int:
    """Whether starting again later may mend it: room on the disk, free handles and servers come back by themselves."""
    from adapters.sql_database import is_away
    from core.ports import Passing

    passing = isinstance(error, Passing) or getattr(error, "errno", None) in _PASSING
    passing = passing or (getattr(error, "key", "") == "error.database_away" and is_away(error.__cause__))
    return EXIT_LATER if passing else EXIT_SETTINGS


def _sentence(settings: Settings, error: Any) -> str:
    from core.phrases import knows, say

    if not knows(settings.language, error.key):
        return str(error)
    sentence = say(settings.language, error.key)
    sentence = sentence.removesuffix(say(settings.language, "intake.words_kept")).rstrip()  # here nothing is kept yet
    return sentence if str(error) == error.key else f"{sentence} ({error})"


def _fail(sentence: str, code: int) -> NoReturn:
    typer.echo(sentence, err=True)
    _leave(code)


def _leave(code: int) -> NoReturn:
    raise typer.Exit(code)


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
