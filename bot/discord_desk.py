"""Presses, slash commands and pages that are handed in: kept first, then acknowledged within three seconds.

Where keeping takes too long, the person is shown that we are at it ("thinking…", for their eyes only), and that goes
away once it is kept: so what was acknowledged without a word is durable, and what was lost with a dying process
stands there as unfinished.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import aiohttp
import discord

from bot.discord_commands import WRITE, command_text, handed_in, page_for_writing
from bot.discord_intake import NAME
from bot.discord_render import press_of
from bot.incoming import incoming
from core.entities import Kind, Message
from core.phrases import LANGUAGES, say
from core.trouble import describe

log = logging.getLogger(__name__)

ACK_BY_S = 1.8  # Discord waits three seconds, and the way there takes its time
THINKING_S = 8.0  # that "thinking…" stands at most where no answer comes

_Kinds = discord.InteractionType


class Desk:
    """Where interactions are served; `keep` takes a message at once, and is done when it is durable."""

    def __init__(self, keep: Callable[[Message], asyncio.Future[bool]]) -> None:
        self._keep = keep
        self._thinking: dict[str, list[discord.Interaction]] = {}
        self._tasks: set[asyncio.Task[Any]] = set()

    async def serve(self, interaction: discord.Interaction) -> None:
        """See to one interaction; nothing but keeping it can fail it."""
        if interaction.type not in (_Kinds.application_command, _Kinds.component, _Kinds.modal_submit):
            return
        language = language_of(interaction)
        if not _is_ours(interaction):
            await _quietly(interaction.response.send_message(**_invitation(interaction, language)))
        elif interaction.type is _Kinds.application_command and _data(interaction).get("name") == WRITE:
            await _quietly(interaction.response.send_modal(page_for_writing(language)))
        else:
            await self._take(interaction, _message_of(interaction))

    async def _take(self, interaction: discord.Interaction, message: Message) -> None:
        keeping = self._begin(_end_of(self._keep(message)))
        await asyncio.wait({keeping}, timeout=ACK_BY_S)
        if keeping.done() and interaction.type is _Kinds.component:
            await _quietly(interaction.response.defer())
            return
        shown = await _quietly(interaction.response.defer(ephemeral=True, thinking=True))
        await asyncio.wait({keeping})
        if not shown or keeping.cancelled():
            return
        if interaction.type is _Kinds.component:
            await _quietly(interaction.delete_original_response())
        else:
            self._thinking.setdefault(message.chat_id, []).append(interaction)
            self._begin(self._tire(message.chat_id, interaction))

    def answered(self, chat_id: str) -> None:
        """An ordinary message stands in a chat: nobody is thinking there any more."""
        for interaction in self._thinking.pop(chat_id, ()):
            self._begin(_quietly(interaction.delete_original_response()))

    async def close(self) -> None:
        """Finish what is being kept, and leave nobody thinking."""
        for chat_id in tuple(self._thinking):
            self.answered(chat_id)
        waiting = {task for task in self._tasks if task.get_name() != "tire"}
        if waiting:
            await asyncio.wait(waiting, timeout=5.0)
        for task in tuple(self._tasks):
            task.cancel()

    async def _tire(self, chat_id: str, interaction: discord.Interaction) -> None:
        asyncio.current_task().set_name("tire")  # type: ignore[union-attr]
        await asyncio.sleep(THINKING_S)
        if interaction in self._thinking.get(chat_id, ()):
            self._thinking[chat_id].remove(interaction)
            await _quietly(interaction.delete_original_response())

    def _begin(self, work: Any) -> asyncio.Task[Any]:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task


def language_of(interaction: discord.Interaction) -> str:
    """The language of the person's Discord, where we speak it, else English."""
    language = str(interaction.locale.value).partition("-")[0]
    return language if language in LANGUAGES else "en"


def _message_of(interaction: discord.Interaction) -> Message:
    """What a press, a command or a page says. Its id is no message's, so it is marked as another kind of number."""
    where, at = interaction.channel_id or 0, interaction.created_at  # what has no channel is not ours
    message = incoming(
        NAME, where, interaction.user.id, f"i{interaction.id}", at, language=str(interaction.locale.value)
    )
    data = _data(interaction)
    if interaction.type is _Kinds.component:
        target = str(interaction.message.id) if interaction.message is not None else ""
        return replace(message, kind=Kind.PRESS, press=press_of(data["custom_id"]), target=target)
    if interaction.type is _Kinds.application_command:
        return replace(message, text=command_text(data))
    page = handed_in(data)
    refused = "discord.page.date_unclear" if page.unclear else ""
    return replace(message, text=page.text, entry_date=page.day, refused=refused)


def _is_ours(interaction: discord.Interaction) -> bool:
    """True in the private chat of a person with us, and nowhere else."""
    if interaction.guild_id is not None or interaction.channel_id is None:
        return False
    context = interaction.context
    return context.dm_channel or not (context.guild or context.private_channel)


def _invitation(interaction: discord.Interaction, language: str) -> dict[str, Any]:
    """The way into the private chat, for the eyes of who asked only."""
    view = discord.ui.View(timeout=None)
    address = f"https://discord.com/users/{interaction.application_id}"
    view.add_item(discord.ui.Button(label=say(language, "discord.open_chat"), url=address))
    view.stop()
    return {"content": say(language, "group.invite"), "ephemeral": True, "view": view}


def _data(interaction: discord.Interaction) -> Any:
    return interaction.data or {}


async def _end_of(keeping: asyncio.Future[bool]) -> bool:
    return await keeping


async def _quietly(answer: Awaitable[Any]) -> bool:
    """True where Discord took an answer; one that came too late, or twice, changes nothing of what is kept."""
    try:
        await answer
    except (discord.DiscordException, aiohttp.ClientError, OSError) as error:
        log.info("an interaction could not be answered: %s", describe(error, frames=1))
        return False
    return True
