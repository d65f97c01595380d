"""Interactions: a press, a slash command or a filled form, and the few seconds and minutes in which it may be answered."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.fakes import discord_messages as messages
from tests.fakes.discord_limits import EPHEMERAL, ApiError, Form, check_modal
from tests.fakes.discord_world import GUILD_TEXT, NOT_SHOWN, Posted, Room, World, member_json

if TYPE_CHECKING:
    from tests.fakes.discord_people import Person, Shown

COMMAND, COMPONENT, MODAL = 2, 3, 5
PONG, MESSAGE, DEFERRED, DEFERRED_UPDATE, UPDATE, AUTOCOMPLETE, FORM = 1, 4, 5, 6, 7, 8, 9
FOLLOWUPS_OUTSIDE = 5  # where only the person has installed the bot
OWNER_USER, OWNER_GUILD = "1", "0"


@dataclass
class Response:
    """The first answer: its type, and what the person sees of it now."""

    type: int
    ephemeral: bool = False
    modal: dict[str, Any] = field(default_factory=dict)
    posted: Posted | None = None

    @property
    def content(self) -> str:
        """The words as they are now; of a form, its title."""
        return self.posted.content if self.posted else self.modal.get("title", "")

    @property
    def thinking(self) -> bool:
        """True while a deferred answer has not been filled."""
        return self.posted is not None and self.posted.flags == NOT_SHOWN

    @property
    def message(self) -> Shown | None:
        """The whole message, as the person sees it."""
        from tests.fakes.discord_people import shown

        return shown(self.posted) if self.posted and not self.thinking else None


class Interaction:
    """One act of a person that the bot must acknowledge within `World.ack_limit_s`."""

    def __init__(
        self, world: World, person: Person, room: Room, kind: int, data: dict[str, Any], source: Posted | None = None
    ) -> None:
        self.id, self.token = world.snowflake(), secrets.token_urlsafe(24)
        self.person, self.room, self.kind, self.data, self.source = person, room, kind, data, source
        self.acked_after_s: float | None = None
        self.response: Response | None = None
        self._world, self._born_s, self._acked = world, time.monotonic(), asyncio.Event()
        self._sent: list[Posted] = []
        self._heard = False
        world.interactions[self.token] = self

    @property
    def expired(self) -> bool:
        """True where nobody answered in time: the person read that the application did not respond."""
        return self.acked_after_s is None and (not self._heard or self._age_s > self._world.ack_limit_s)

    @property
    def followups(self) -> list[Shown]:
        """What came after the first answer and is still there, in order."""
        from tests.fakes.discord_people import shown

        return [shown(posted) for posted in self._sent if posted.id in self.room.messages]

    @property
    def _age_s(self) -> float:
        return time.monotonic() - self._born_s

    async def happen(self, wait: bool) -> Interaction:
        """Tell the bot; with `wait`, return once it is acknowledged or too late."""
        world = self._world
        self._heard = world.gateway.listening()
        if self._heard:
            world.gateway.emit("INTERACTION_CREATE", 0, lambda intents: self._json())
            if wait:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._acked.wait(), max(world.ack_limit_s - self._age_s, 0) + 0.05)
        return self

    def _json(self) -> dict[str, Any]:
        world, room, guild = self._world, self.room, self.room.guild
        owners = {}
        if guild is not None and guild.joined:
            owners[OWNER_GUILD] = str(guild.id)
        elif guild is None and room.seen_by_bot and self.person.shares_guild:
            owners[OWNER_GUILD] = "0"
        if self.person.installed:
            owners[OWNER_USER] = str(self.person.id)
        body: dict[str, Any] = {
            "id": str(self.id), "application_id": str(world.app_id), "type": self.kind, "token": self.token, "version": 1,
            "data": self.data, "channel_id": str(room.id), "channel": room.json() | {"permissions": "0"},
            "locale": self.person.locale, "app_permissions": "562949953601536", "entitlements": [], "entitlement_sku_ids": [],
            "authorizing_integration_owners": owners, "context": _context(room), "attachment_size_limit": world.file_bytes,
        }  # fmt: skip
        if guild is None:
            body["user"] = self.person.user
        else:
            body["member"] = member_json() | {"user": self.person.user, "permissions": "562949953601536"}
            body |= {"guild_id": str(guild.id), "guild_locale": "en-US"}
            body["guild"] = {"id": str(guild.id), "locale": "en-US", "features": []}
        if self.source is not None:
            body["message"] = world.json(self.source)
        return body

    # --- what the bot answers -----------------------------------------------------------------

    def acknowledge(self, payload: dict[str, Any], body: messages.Body) -> dict[str, Any]:
        """The first answer. Raises ApiError: 10062 where it is too late, 40060 where it is the second."""
        if self.acked_after_s is not None:
            raise ApiError(400, 40060, "Interaction has already been acknowledged.")
        if self._age_s > self._world.ack_limit_s:
            raise ApiError(404, 10062, "Unknown interaction")
        kind, data = payload.get("type"), payload.get("data") or {}
        self._check_kind(kind)
        response = Response(kind, ephemeral=bool((data.get("flags") or 0) & EPHEMERAL))
        if kind == FORM:
            check_modal(data)
            response.modal = data
        elif kind == MESSAGE:
            response.posted = self._post(data, body)
        elif kind == DEFERRED:
            response.posted = self._thinking(data)
        elif kind in (UPDATE, DEFERRED_UPDATE):
            response.posted = self.source
            response.ephemeral = self.source is not None and self.source.only_for is not None
            if kind == UPDATE and self.source is not None:
                messages.change(self._world, self.source, data, body, ephemeral=True)
        self.response, self.acked_after_s = response, self._age_s
        self._acked.set()
        return self._callback(response)

    def _check_kind(self, kind: Any) -> None:
        form = Form()
        may = {
            COMMAND: (MESSAGE, DEFERRED, FORM),
            COMPONENT: (MESSAGE, DEFERRED, DEFERRED_UPDATE, UPDATE, FORM),
            MODAL: (MESSAGE, DEFERRED) + ((DEFERRED_UPDATE, UPDATE) if self.source else ()),
        }[self.kind]
        form.one_of("type", kind, may)
        form.done()

    def _callback(self, response: Response) -> dict[str, Any]:
        answer: dict[str, Any] = {
            "interaction": {"id": str(self.id), "type": self.kind},
            "resource": {"type": response.type},
        }
        if response.posted is not None:
            answer["interaction"] |= {
                "response_message_id": str(response.posted.id), "response_message_loading": response.thinking,
                "response_message_ephemeral": response.ephemeral,
            }  # fmt: skip
            if response.type in (MESSAGE, UPDATE):
                answer["resource"]["message"] = self._world.json(response.posted)
        return answer

    def _post(self, data: dict[str, Any], body: messages.Body) -> Posted:
        posted = messages.create(self._world, self.room, data, body, ephemeral=True, put=False)
        return self._keep(posted, bool(posted.flags & EPHEMERAL))

    def _thinking(self, data: dict[str, Any]) -> Posted:
        posted = Posted(self._world.snowflake(), self.room, self._world.bot, flags=NOT_SHOWN)
        return self._keep(posted, bool((data.get("flags") or 0) & EPHEMERAL))

    def _keep(self, posted: Posted, ephemeral: bool) -> Posted:
        posted.only_for = self.person.id if ephemeral else None
        posted.metadata = {
            "id": str(self.id), "type": self.kind, "user": self.person.user, "authorizing_integration_owners": {},
            **({"interacted_message_id": str(self.source.id)} if self.kind == COMPONENT and self.source else {}),
            **({"triggering_interaction_metadata": {"id": "0", "type": 2, "user": self.person.user, "authorizing_integration_owners": {}}} if self.kind == MODAL else {}),
        }  # fmt: skip
        self.room.messages[posted.id] = posted
        self._world.tell("MESSAGE_CREATE", posted)
        return posted

    def check_token(self) -> None:
        """Raises ApiError 50027 after `World.token_s`, 10015 before the first answer."""
        if self._age_s > self._world.token_s:
            raise ApiError(401, 50027, "Invalid Webhook Token")
        if self.response is None:
            raise ApiError(404, 10015, "Unknown Webhook")

    def follow_up(self, payload: dict[str, Any], body: messages.Body) -> Posted:
        """One more message; it fills a deferred answer that still waits. Raises ApiError."""
        response = self.response
        if response is not None and response.thinking and response.posted is not None:
            return messages.fill(self._world, response.posted, payload, body)
        outside = self.room.guild is not None and not self.room.guild.joined
        if outside and len(self._sent) >= FOLLOWUPS_OUTSIDE:
            raise ApiError(400, 40094, "This interaction has reached the maximum number of follow up messages")
        posted = self._post(payload, body)
        self._sent.append(posted)
        return posted

    def message(self, which: str) -> Posted:
        """`@original` or an id, as long as it is there. Raises ApiError 10008."""
        original = self.response.posted if self.response else None
        mine = [posted for posted in (original, *self._sent) if posted and posted.id in self.room.messages]
        for posted in mine:
            if (which == "@original" and posted is original) or which == str(posted.id):
                return posted
        raise ApiError(404, 10008, "Unknown Message")

    def edit(self, which: str, payload: dict[str, Any], body: messages.Body) -> Posted:
        """New contents of an answer of this interaction. Raises ApiError."""
        posted = self.message(which)
        if posted.flags == NOT_SHOWN:
            return messages.fill(self._world, posted, payload, body)
        return messages.change(self._world, posted, payload, body, ephemeral=True)


def _context(room: Room) -> int:
    """Where it happened: 0 a guild, 1 the bot's own DM, 2 another private channel."""
    if room.kind == GUILD_TEXT:
        return 0
    return 1 if room.seen_by_bot else 2
