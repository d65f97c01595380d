"""Slash commands and the page for longer entries: how they are announced, and what they say when used."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import discord

from bot import days
from bot.profiles import in_fields
from core.entities import utc_now
from core.phrases import knows, say

WRITE = "write"  # the command that opens a page for longer entries
TEXT_CHARS = 4000  # that a page can hold
_STRING = 3
_CONTEXTS = (0, 1, 2)  # a guild, our own private chat, other private chats: there it answers with an invitation
_INTEGRATIONS = (0, 1)  # a guild's app, a person's own
#: What can be said beside a command, in the order in which the command reads it.
OPTIONS = {
    "calendar": ("month",), "yesterday": ("day", "text"), "remind": ("time",), "join": ("code",),
    "profile": ("name", "about", "zone"),
}  # fmt: skip


def command_list(commands: Sequence[tuple[str, str, str]]) -> list[dict[str, Any]]:
    """Every command as Discord registers it, in English with Korean names and descriptions beside."""
    write = (WRITE, say("ko", "discord.write"), say("en", "discord.write"))
    return [_command(*row) for row in (write, *commands)]


def _command(name: str, korean: str, english: str) -> dict[str, Any]:
    return {
        "type": 1,
        **_named(name, f"discord.name.{name}"),
        "description": english[:100],
        "description_localizations": {"ko": korean[:100]},
        "options": [_option(option) for option in OPTIONS.get(name, ())],
        "contexts": list(_CONTEXTS),
        "integration_types": list(_INTEGRATIONS),
    }


def _option(name: str) -> dict[str, Any]:
    key = f"discord.option.{name}"
    return {
        "type": _STRING,
        **_named(name, f"{key}.name"),
        "description": say("en", key)[:100],
        "description_localizations": {"ko": say("ko", key)[:100]},
        "required": False,
    }


def _named(name: str, key: str) -> dict[str, Any]:
    return {"name": name, "name_localizations": {"ko": say("ko", key)} if knows("ko", key) else None}


def command_text(data: Any) -> str:
    """What a slash command says, as if it were typed: "/calendar 2026-05"."""
    name = str(data.get("name", ""))
    given = {option["name"]: str(option.get("value", "")) for option in data.get("options") or ()}
    if name == "yesterday":
        rest = days.fielded(given.pop("day", ""), given.pop("text", "").strip(), utc_now().date())
        return f"/{name} {rest}".strip()
    if name == "profile":
        return f"/{name} {in_fields(given)}".strip()
    order = [*OPTIONS.get(name, ()), *given]
    values = [given[option].strip() for option in dict.fromkeys(order) if given.get(option)]
    return " ".join((f"/{name}", *values))


def page_for_writing(language: str) -> discord.ui.Modal:
    """The page that opens for a longer entry. Stopped at once: what is handed in says all, nobody need remember it."""
    page = discord.ui.Modal(title=say(language, "discord.page.title"), timeout=None, custom_id=WRITE)
    text: Any = discord.ui.TextInput(
        style=discord.TextStyle.paragraph,
        custom_id="text",
        max_length=TEXT_CHARS,
        placeholder=say(language, "discord.page.text_hint"),
    )
    day: Any = discord.ui.TextInput(
        style=discord.TextStyle.short,
        custom_id="date",
        max_length=20,
        required=False,
        placeholder=say(language, "discord.page.date_hint"),
    )
    page.add_item(discord.ui.Label(text=say(language, "discord.page.text"), component=text))
    page.add_item(discord.ui.Label(text=say(language, "discord.page.date"), component=day))
    page.stop()
    return page


@dataclass(frozen=True)
class Handed:
    """A page that was filled in; `unclear` where a day was named that is none."""

    text: str
    day: date | None = None
    unclear: bool = False


def handed_in(data: Any) -> Handed:
    """What stands on a page that was handed in."""
    fields = dict(_fields(data.get("components") or ()))
    text, named = fields.get("text", ""), fields.get("date", "").strip()
    if not named:
        return Handed(text)
    today = utc_now().date()
    day = days.day_in(named, today)
    if day is None or day > today + timedelta(days=1):  # nowhere on earth has it begun
        return Handed(text, unclear=True)
    return Handed(text, day)


def _fields(components: Iterable[Any]) -> Iterable[tuple[str, str]]:
    for component in components:
        inner = [component["component"]] if "component" in component else component.get("components") or ()
        yield from _fields(inner)
        if "custom_id" in component and isinstance(component.get("value"), str):
            yield component["custom_id"], component["value"]
