"""The two roles, bot and core: here each is given what it asks of the outside world.

Imports stand where they are needed: neither process wakes what only the other one uses.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import logging
import os
from typing import TYPE_CHECKING, Any

import typer

from endings import sentence

if TYPE_CHECKING:
    from core.settings import Settings

M_ARENA_MAX = -8  # of malloc.h
NAMES_S = 10.0  # that the chats have to tell our name before it is told without


async def play(role: str, settings: Settings, stopped: asyncio.Event) -> None:
    """Be the bot or the core until told to stop. Raises EmoseumError or OSError where it can't start."""
    _share_heaps()
    await {"bot": _bot, "core": _core}[role](settings, stopped)


def _share_heaps() -> None:
    """glibc gives every thread a heap of its own and keeps what is freed there: the bot of a crowd held 30 MB so."""
    with contextlib.suppress(OSError, AttributeError):  # another C library has another way
        ctypes.CDLL(None).mallopt(M_ARENA_MAX, 2)


async def _bot(settings: Settings, stopped: asyncio.Event) -> None:
    # Before numpy is woken: the crisis check's reader is as fast on one core, and on two it burns both (15 ms, or twice 15).
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from adapters.dbos_work import DbosInbox, DurableWork
    from adapters.sealed_media import open_media
    from adapters.sql_store import open_store
    from bot import at_hand, keeping
    from bot import journey as _journey  # noqa: F401  the engine knows only workflows that were imported
    from bot.house import House
    from core.safety.crisis import get_ready

    store = await open_store(settings)
    media = await open_media(store, settings)
    inbox = DbosInbox(settings, store)
    platforms = _platforms(settings, store, media)
    get_ready()  # the crisis check, now: the first line must not wait for it
    by_name = {platform.name: platform for platform in platforms}
    house = House(settings, store, media, by_name, store.vault.secret("buttons"), store.vault.secret("studio"))
    at_hand.open_house(house)
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

    telling = asyncio.create_task(_tell_chats(listening, is_web_on=settings.web.enabled))

    async def tidy() -> None:
        try:
            await work.tidy()
        finally:
            await media.tidy()

    housekeeper = asyncio.create_task(keeping.keep_house(house, store.delete_unconsented, tidy))
    await stopped.wait()
    housekeeper.cancel()
    telling.cancel()
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
    from bot.studio_door import Keys
    from bot.web_platform import WebPlatform
    from core.phrases import say

    secret = store.vault.secret("web")
    keys = Keys(store.vault.secret("studio"), settings.telegram.token.get_secret_value(), settings.web.pages)
    platforms: list[Any] = [
        WebPlatform(settings.web, settings.intake, store, media, session_secret=secret, studio=keys)
    ]
    if settings.discord.token.get_secret_value():
        from bot.discord_platform import DiscordPlatform

        platforms.append(DiscordPlatform(settings.discord, settings.intake, store, media))
    if settings.telegram.token.get_secret_value():
        from bot.telegram_platform import TelegramPlatform

        platforms.append(TelegramPlatform(settings.telegram, settings.intake, store, media, pages=settings.web.pages))
    told = [(name, say("ko", f"command.{name}"), say("en", f"command.{name}")) for name in commands.all_commands()]
    for platform in platforms:
        platform.commands = told
    return platforms


async def _start(settings: Settings, platforms: list[Any], heard: Any) -> None:
    """One that can't start says so and the others go on; only without the web chat, or without any, do we give up."""
    from core.ports import EmoseumError
    from core.trouble import describe

    for platform in platforms:
        try:
            await platform.start(heard)
        except Exception as error:  # a library that stumbles over its settings must not take the other chats with it
            if platform.name == "web" or len(platforms) == 1:
                raise
            cause = sentence(settings, error) if isinstance(error, EmoseumError) else describe(error)
            logging.getLogger("emoseum").error("%s can't start: %s", platform.name, cause)


async def _tell_chats(listening: list[Any], *, is_web_on: bool) -> None:
    """One line about the chats where people reach us, once each said our name, or after a while without."""
    chats = [platform for platform in listening if platform.name != "web"]
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(NAMES_S):
            while not all(platform.known_as for platform in chats):
                await asyncio.sleep(0.1)
    told = [
        f"{platform.name.capitalize()} as {platform.known_as}"
        if platform.known_as
        else f"{platform.name.capitalize()} (no answer from there yet)"
        for platform in chats
    ]
    if not is_web_on:
        told.append("no web page")
    if told:
        typer.echo(f"Emoseum listens: {', '.join(told)}.")


async def _core(settings: Settings, stopped: asyncio.Event) -> None:
    from adapters.dbos_work import DurableWork
    from adapters.house_health import HouseHealth
    from adapters.sealed_media import open_media
    from adapters.sql_store import open_store
    from core import listening, service
    from core.engines import Commenter, Workshop, understander
    from core.health import Checks

    store = await open_store(settings)
    workshop = Workshop(
        settings,
        understander(settings),
        Commenter(settings, _writer(settings)),
        _transcriber(settings),
        _speaker(settings),
        _writer(settings) if settings.engines.translator == "openai" else None,
    )
    media = await open_media(store, settings, sweep=False)
    served = service.Service(workshop, store, media)
    service.open_service(served)
    work = DurableWork(settings, "core", store)
    await work.launch(stopped)
    checks = Checks("core", HouseHealth(settings, store, media).vital("core"))
    doors = await _open_doors(settings, settings.health.port_core, checks)
    beside = [asyncio.create_task(served.warm())]
    beside.append(asyncio.create_task(listening.listen_for_ever(served, service.hear_late)))
    await stopped.wait()
    for task in beside:
        task.cancel()
    await served.suspects.leave()
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
