"""People on the pretended Discord: they write, press, fill in forms, and see only what a screen would show them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from tests.fakes.discord_commands import CHAT_INPUT, LOCALES
from tests.fakes.discord_interactions import COMMAND, COMPONENT, FORM, MODAL, Interaction
from tests.fakes.discord_limits import ACTION_ROW, BUTTON, LABEL, LINK, SELECT
from tests.fakes.discord_world import DM, GUILD_TEXT, NOT_SHOWN, Posted, Room, World, user_json

File = tuple[str, bytes, str]
_KINDS: dict[int, type] = {3: str, 4: int, 5: bool, 10: float}


class CannotDo(Exception):
    """A person tried what their screen does not offer."""


@dataclass(frozen=True)
class ShownButton:
    """A button as it is drawn; `style` 1 blurple, 2 grey, 3 green, 4 red, 5 a link."""

    label: str
    custom_id: str | None
    url: str | None
    style: int
    disabled: bool
    emoji: str = ""


@dataclass(frozen=True)
class Shown:
    """A message as a person sees it now."""

    id: int
    text: str
    files: tuple[File, ...]  # name, bytes, alt text
    buttons: tuple[tuple[ShownButton, ...], ...]  # rows
    selects: tuple[dict[str, Any], ...]
    edits: int
    embeds: tuple[dict[str, Any], ...]
    reply_to: int | None
    pings: tuple[str, ...]  # ids, or "everyone"
    reactions: tuple[str, ...]
    author: str

    @property
    def labels(self) -> list[str]:
        """The words on all buttons, row by row."""
        return [button.label for row in self.buttons for button in row]


def shown(posted: Posted) -> Shown:
    """What is drawn of a message."""
    rows, selects = [], []
    for row in posted.components:
        children = row["components"]
        if children[0]["type"] == BUTTON:
            rows.append(tuple(_button(child) for child in children))
        else:
            selects.extend(children)
    return Shown(
        id=posted.id, text=posted.content, files=tuple((file.title, file.data, file.alt) for file in posted.uploads),
        buttons=tuple(rows), selects=tuple(selects), edits=posted.edits, embeds=tuple(posted.embeds), reply_to=posted.reply_to,
        pings=posted.pings, reactions=tuple(posted.reactions), author=posted.author["id"],
    )  # fmt: skip


def _button(child: dict[str, Any]) -> ShownButton:
    return ShownButton(
        child.get("label", ""), child.get("custom_id"), child.get("url"), child["style"], bool(child.get("disabled")),
        (child.get("emoji") or {}).get("name") or "",
    )  # fmt: skip


class Person:
    """Somebody with an account. `installed`: has added the bot for themselves; `blocks`: takes no message from it."""

    def __init__(self, world: World, user_id: int, name: str, locale: str) -> None:
        if locale not in LOCALES:
            raise ValueError(f"Discord has no locale {locale!r}")
        self.id, self.name, self.locale = user_id, name, locale
        self.user = user_json(user_id, f"user{user_id}", name)
        self.installed, self.blocks = True, False
        self._world = world
        self._dm: Room | None = None
        world.people[user_id] = self

    # --- what is on the screen ----------------------------------------------------------------

    @property
    def dm_id(self) -> int | None:
        """The DM channel with the bot, once one of them has opened it."""
        return self._dm.id if self._dm else None

    @property
    def dm(self) -> Room:
        """The same as a room; opened by asking for it."""
        if self._dm is None:
            self._dm = Room(self._world, DM, people=[self])
        return self._dm

    @property
    def shown(self) -> list[Shown]:
        """The bot's messages in the DM as they are now, oldest first; without the person's own and ephemeral ones."""
        return [] if self._dm is None else bot_messages(self._dm)

    @property
    def chat(self) -> list[Shown]:
        """The whole DM as it is now: both sides, oldest first."""
        rows = self._dm.messages.values() if self._dm else ()
        return [shown(posted) for posted in rows if posted.flags != NOT_SHOWN]

    @property
    def ephemerals(self) -> list[Shown]:
        """What only this person sees, anywhere, oldest first."""
        rows = [posted for room in self._world.rooms.values() for posted in room.messages.values()]
        return [shown(posted) for posted in sorted(rows, key=lambda one: one.id) if posted.only_for == self.id and posted.flags != NOT_SHOWN]  # fmt: skip

    @property
    def typing(self) -> list[float]:
        """When the bot was seen typing in the DM, in seconds of the event loop's clock."""
        return self._dm.typing if self._dm else []

    @property
    def shares_guild(self) -> bool:
        """True where the bot is in a guild of this world."""
        return any(guild.joined for guild in self._world.guilds.values())

    # --- what they do -------------------------------------------------------------------------

    async def says(
        self, text: str, reply_to: int | None = None, files: Any = (), *, voice: bool = False, where: Room | None = None
    ) -> int:
        """Write in the DM, or in a channel. Returns the message's id."""
        return say(self._world, where or self.dm, self, text, reply_to, files, voice)

    async def edits(self, message_id: int, text: str) -> None:
        """Rewrite one's own message."""
        posted = self._own(message_id)
        posted.content, posted.edited_at = text, datetime.now(UTC)
        self._world.tell("MESSAGE_UPDATE", posted)

    async def removes_file(self, message_id: int, number: int) -> None:
        """Edit one's own message by taking one of its files out; clients can't put another in."""
        posted = self._own(message_id)
        posted.uploads = [upload for n, upload in enumerate(posted.uploads) if n != number]
        posted.edited_at = datetime.now(UTC)
        self._world.tell("MESSAGE_UPDATE", posted)

    async def deletes(self, message_id: int) -> None:
        """Take one's own message back."""
        self._world.remove(self._own(message_id))

    async def presses(self, message_id: int, label: str, *, wait: bool = True) -> Interaction:
        """Press a button by its label or custom_id. Raises CannotDo."""
        posted = self._visible(message_id)
        every = [button for row in shown(posted).buttons for button in row]
        found = [
            button
            for button in every
            if label in (button.label, button.custom_id, f"{button.emoji} {button.label}".strip())
        ]
        if not found:
            raise CannotDo(f"there is no button {label!r}, only {[button.label for button in every]}")
        if found[0].disabled or found[0].style == LINK:
            raise CannotDo(f"{label!r} is {'grey' if found[0].disabled else 'a link'}")
        data = {"component_type": BUTTON, "custom_id": found[0].custom_id, "id": 1}
        return await Interaction(self._world, self, posted.room, COMPONENT, data, posted).happen(wait)

    async def chooses(self, message_id: int, *values: str, wait: bool = True) -> Interaction:
        """Choose from the first select under a message, by value or label. Raises CannotDo."""
        posted = self._visible(message_id)
        selects = shown(posted).selects
        if not selects or selects[0].get("disabled"):
            raise CannotDo("there is nothing to choose from")
        names = {
            name: option["value"] for option in selects[0]["options"] for name in (option["value"], option["label"])
        }
        if set(values) - set(names):
            raise CannotDo(f"there is no {set(values) - set(names)}, only {list(names)}")
        if not selects[0].get("min_values", 1) <= len(values) <= selects[0].get("max_values", 1):
            raise CannotDo("too few or too many")
        data = {
            "component_type": SELECT,
            "custom_id": selects[0]["custom_id"],
            "values": [names[value] for value in values],
            "id": 1,
        }
        return await Interaction(self._world, self, posted.room, COMPONENT, data, posted).happen(wait)

    async def slash(self, name: str, /, where: Room | None = None, *, wait: bool = True, **options: Any) -> Interaction:
        """Give a slash command, in the DM or in a room. Raises CannotDo where it is not offered there."""
        room = where or self.dm
        command = self._offered(name, room)
        data = {"id": command["id"], "name": command["name"], "type": CHAT_INPUT}
        picked = _options(command, options, self.locale)
        if picked:
            data["options"] = picked
        return await Interaction(self._world, self, room, COMMAND, data).happen(wait)

    async def submits(self, modal: Interaction, fields: dict[str, Any], *, wait: bool = True) -> Interaction:
        """Fill in a form that an interaction opened; fields by custom_id or label. Raises CannotDo."""
        if modal.response is None or modal.response.type != FORM:
            raise CannotDo("no form is open")
        form = modal.response.modal
        data = {"custom_id": form["custom_id"], "components": _filled(form, dict(fields))}
        return await Interaction(self._world, self, modal.room, MODAL, data, modal.source).happen(wait)

    # --- how ----------------------------------------------------------------------------------

    def _own(self, message_id: int) -> Posted:
        posted = self._world.find(message_id)
        if posted.author["id"] != str(self.id):
            raise CannotDo("somebody else's message")
        return posted

    def _visible(self, message_id: int) -> Posted:
        posted = self._world.find(message_id)
        strange = posted.room.kind != GUILD_TEXT and self not in posted.room.people
        if strange or posted.only_for not in (None, self.id) or posted.flags == NOT_SHOWN:
            raise CannotDo(f"{self.name} does not see that message")
        return posted

    def _offered(self, name: str, room: Room) -> dict[str, Any]:
        guild = room.guild
        local = self._world.guild_commands.get(guild.id, []) if guild else []
        for command in (*local, *self._world.commands):
            names = (command["name"], (command.get("name_localizations") or {}).get(self.locale))
            if command["type"] == CHAT_INPUT and name in names and self._allowed(command, room):
                return command
        raise CannotDo(f"/{name} is not offered here")

    def _allowed(self, command: dict[str, Any], room: Room) -> bool:
        context = 0 if room.kind == GUILD_TEXT else 1 if room.seen_by_bot else 2
        if command["contexts"] is not None and context not in command["contexts"]:
            return False
        by_user = 1 in command["integration_types"] and self.installed
        by_guild = 0 in command["integration_types"] and (
            room.guild.joined if room.guild else context == 1 and self.shares_guild
        )
        return by_user or by_guild


def say(
    world: World, room: Room, person: Person, text: str, reply_to: int | None, files: Any, voice: bool = False
) -> int:
    """A person's message, kept and told. Returns its id. Raises CannotDo; who pays may write 4000 characters."""
    if len(text) > 4000 or len(files) > 10 or not (text.strip() or files):
        raise CannotDo("Discord does not let a person send that")
    posted = Posted(world.snowflake(), room, person.user, content=text, reply_to=int(reply_to) if reply_to else None)
    for name, data, mime in files:
        posted.uploads.append(
            world.upload(name, data, mime, wave={"duration_secs": 3.0, "waveform": "AAAA"} if voice else None)
        )
    posted.flags = 1 << 13 if voice else 0
    room.messages[posted.id] = posted
    world.tell("MESSAGE_CREATE", posted)
    return posted.id


def bot_messages(room: Room) -> list[Shown]:
    """What the bot has posted for all in a room, as it is now."""
    rows = [posted for posted in room.messages.values() if posted.author["bot"] and posted.only_for is None]
    return [shown(posted) for posted in rows if posted.flags != NOT_SHOWN]


def _options(command: dict[str, Any], given: dict[str, Any], locale: str) -> list[dict[str, Any]]:
    picked, left = [], dict(given)
    for option in command.get("options") or []:
        names = (option["name"], (option.get("name_localizations") or {}).get(locale))
        key = next((name for name in names if name in left), None)
        if key is None:
            if option.get("required"):
                raise CannotDo(f"{option['name']} must be filled in")
            continue
        value = left.pop(key)
        wanted = _KINDS.get(option["type"], str)
        if not isinstance(value, wanted):
            raise CannotDo(f"{option['name']} takes {wanted.__name__}")
        if option.get("choices") and value not in [choice["value"] for choice in option["choices"]]:
            raise CannotDo(f"{value!r} is not among the choices of {option['name']}")
        if isinstance(value, str) and not option.get("min_length", 0) <= len(value) <= option.get("max_length", 6000):
            raise CannotDo(f"{option['name']} is too short or too long")
        picked.append({"name": option["name"], "type": option["type"], "value": value})
    if left:
        raise CannotDo(f"/{command['name']} has no option {list(left)}")
    return picked


def _filled(form: dict[str, Any], fields: dict[str, Any]) -> list[dict[str, Any]]:
    rows = []
    for row in form["components"]:
        box = row["components"][0] if row["type"] == ACTION_ROW else row["component"]
        label = box.get("label") or row.get("label", "")
        value = fields.pop(box["custom_id"], fields.pop(label, box.get("value", "")))
        low, high = box.get("min_length") or 0, box.get("max_length") or 4000
        required = box.get("required", True)
        if required and not value:
            raise CannotDo(f"{label!r} must be filled in")
        if isinstance(value, str) and value and not low <= len(value) <= high:
            raise CannotDo(f"{label!r} takes {low} to {high} characters")
        answer = {"type": box["type"], "custom_id": box["custom_id"], "id": 1}
        answer["value" if isinstance(value, str) else "values"] = value
        rows.append({"type": ACTION_ROW, "components": [answer], "id": 1} if row["type"] == ACTION_ROW else {"type": LABEL, "component": answer, "id": 1})  # fmt: skip
    if fields:
        raise CannotDo(f"the form has no {list(fields)}")
    return rows
