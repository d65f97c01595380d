"""What somebody asks at the command line instead of in a chat: write entries, list a diary, show a month."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Awaitable, Callable
from datetime import date
from pathlib import Path

import typer
from rich.console import Console
from rich.progress import track

from adapters.dbos_work import DbosInbox
from adapters.sealed_media import open_media
from adapters.sql_store import open_store
from adapters.supervisor import running
from bot.house import House
from bot.months import month_page
from bot.pages import line_text
from bot.terminal import Terminal
from core.phrases import say
from core.ports import EmoseumError
from core.settings import Settings
from endings import fail, sentence


def at_terminal(settings: Settings, user: str, errand: Callable[[Terminal], Awaitable[None]]) -> None:
    """Open the store for one errand; what goes wrong is one clear line."""
    logging.basicConfig(level="WARNING")

    async def opened() -> None:
        store = await open_store(settings)
        inbox = DbosInbox(settings, store)
        media = await open_media(store, settings, sweep=False)
        try:
            await errand(Terminal(settings, store, media, inbox, user))
        finally:
            await media.close()
            inbox.close()
            await store.close()

    try:
        asyncio.run(opened())
    except EmoseumError as error:
        fail(sentence(settings, error), 1)
    except TimeoutError:
        fail("It took too long. What you wrote is kept; `emoseum history` shows it.", 1)
    except OSError as error:
        fail(f"{error.strerror or error}: {error.filename or ''}".rstrip(": "), 1)


async def write_entries(
    terminal: Terminal,
    lines: list[str],
    photo: Path | None,
    voice: Path | None,
    day: date | None,
    language: str,
    out: Path,
    as_json: bool,
) -> None:
    """Write each line as an entry, wait for its answer and print it."""
    async with running(terminal.settings):
        for line in track(lines, "", console=Console(stderr=True), disable=len(lines) == 1, transient=True):
            begun_s = time.monotonic()
            message_id = await terminal.write(line, photo=photo, voice=voice, day=day, language=language)
            entry = await terminal.answered(message_id)
            report = await terminal.report(entry, out, begun_s)
            if as_json:
                typer.echo(json.dumps(report, ensure_ascii=False))
            else:
                made = [report[name] for name in ("picture", "music") if report[name]]
                typer.echo("\n\n".join([*report["reply"], *made]))


async def list_entries(terminal: Terminal, limit: int) -> None:
    """Print the newest entries, a line each."""
    person = await terminal.store.person_of("web", terminal.user, language=terminal.settings.language)
    lines = await terminal.store.lines(person.id, limit=limit)
    typer.echo("\n".join(line_text(person, line) for line in lines) or say(person.language, "history.empty"))


async def show_month(terminal: Terminal, day: date | None, out: Path | None) -> None:
    """Print the month that `day` lies in (else this one) and write its picture to `out`."""
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
