"""Guilds and their channels, and private rooms where the bot is only a guest."""

from __future__ import annotations

from typing import Any

from tests.fakes.discord_people import Person, Shown, bot_messages, say
from tests.fakes.discord_world import GROUP_DM, GUILD_TEXT, Room, World


class Channel(Room):
    """A text channel of a guild."""

    def __init__(self, world: World, guild: Guild, name: str) -> None:
        super().__init__(world, GUILD_TEXT, guild=guild, name=name)
        self._world = world

    async def says(
        self, person: Person, text: str, *, mention: bool = False, reply_to: int | None = None, files: Any = ()
    ) -> int:
        """Somebody writes here; with `mention`, "@bot" (or the beginning) calls the bot. Returns the message's id."""
        if mention:
            call = f"<@{self._world.app_id}>"
            text = text.replace("@bot", call) if "@bot" in text else f"{call} {text}"
        return say(self._world, self, person, text, reply_to, files)

    @property
    def shown(self) -> list[Shown]:
        """The bot's messages that everybody here sees now, oldest first."""
        return bot_messages(self)


class Guild:
    """A server in Discord's sense; where the bot has not `joined` it, people may still bring it along."""

    def __init__(self, world: World, joined: bool, name: str) -> None:
        self.id, self.joined, self.name = world.snowflake(), joined, name
        self.channels: list[Channel] = []
        self._world = world
        world.guilds[self.id] = self
        if joined:
            world.gateway.emit("GUILD_CREATE", 1, lambda intents: self.json())

    def channel(self, name: str = "general") -> Channel:
        """A new text channel."""
        channel = Channel(self._world, self, name)
        self.channels.append(channel)
        if self.joined:
            self._world.gateway.emit("CHANNEL_CREATE", 1, lambda intents: channel.json())
        return channel

    def json(self) -> dict[str, Any]:
        """The guild as GUILD_CREATE brings it."""
        role = {
            "id": str(self.id), "name": "@everyone", "color": 0, "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
            "hoist": False, "position": 0, "permissions": "562949953601536", "managed": False, "mentionable": False, "flags": 0,
        }  # fmt: skip
        me = {
            "user": self._world.bot,
            "roles": [],
            "joined_at": "2024-01-01T00:00:00+00:00",
            "deaf": False,
            "mute": False,
            "flags": 0,
        }
        return {
            "id": str(self.id), "name": self.name, "icon": None, "splash": None, "discovery_splash": None, "owner_id": "1",
            "afk_channel_id": None, "afk_timeout": 300, "verification_level": 0, "default_message_notifications": 0,
            "explicit_content_filter": 0, "roles": [role], "emojis": [], "stickers": [], "features": [], "mfa_level": 0,
            "application_id": None, "system_channel_id": None, "system_channel_flags": 0, "rules_channel_id": None,
            "vanity_url_code": None, "description": None, "banner": None, "premium_tier": 0, "premium_subscription_count": 0,
            "preferred_locale": "en-US", "public_updates_channel_id": None, "nsfw_level": 0, "premium_progress_bar_enabled": False,
            "joined_at": "2024-01-01T00:00:00+00:00", "large": False, "unavailable": False, "member_count": 2, "voice_states": [],
            "members": [me], "channels": [channel.json() for channel in self.channels], "threads": [], "presences": [],
            "stage_instances": [], "guild_scheduled_events": [], "soundboard_sounds": [],
        }  # fmt: skip


class PrivateRoom(Room):
    """People among themselves; the bot answers here only where somebody calls it."""

    @property
    def shown(self) -> list[Shown]:
        """The bot's messages that everybody here sees now, oldest first."""
        return bot_messages(self)


def private_room(world: World, *people: Person) -> PrivateRoom:
    """A private chat between people, where only an installed bot can be called."""
    return PrivateRoom(world, GROUP_DM, people=people)
