"""What there is in the pretended Discord: rooms, messages and files, and how each looks as JSON."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from tests.fakes.discord_limits import FILE_BYTES, ApiError

if TYPE_CHECKING:
    from tests.fakes.discord_gateway import Gateway
    from tests.fakes.discord_guild import Guild
    from tests.fakes.discord_interactions import Interaction
    from tests.fakes.discord_people import Person

EPOCH_MS = 1_420_070_400_000
GUILD_TEXT, DM, GROUP_DM = 0, 1, 3
MESSAGE_CONTENT = 1 << 15
NOT_SHOWN = -1  # a deferred answer: "… is thinking"


@dataclass
class Upload:
    """One file on the CDN; `wave` are the extra fields of a voice message."""

    id: int
    name: str  # as it stands in addresses
    title: str  # as a person sees it
    data: bytes
    mime: str
    alt: str = ""
    wave: dict[str, Any] = field(default_factory=dict)


@dataclass
class Posted:
    """One message; `only_for` is the one who sees an ephemeral one."""

    id: int
    room: Room
    author: dict[str, Any]
    content: str = ""
    uploads: list[Upload] = field(default_factory=list)
    components: list[dict[str, Any]] = field(default_factory=list)
    embeds: list[dict[str, Any]] = field(default_factory=list)
    at: datetime = field(default_factory=lambda: datetime.now(UTC))
    edited_at: datetime | None = None
    edits: int = 0
    nonce: str | None = None
    noted_s: float = field(default_factory=time.monotonic)
    reply_to: int | None = None
    flags: int = 0
    only_for: int | None = None
    pings: tuple[str, ...] = ()
    reactions: list[str] = field(default_factory=list)
    metadata: dict[str, Any] | None = None


class Room:
    """A channel: a person's DM with the bot, a channel of a guild, or one that the bot cannot see at all."""

    def __init__(
        self, world: World, kind: int, *, guild: Guild | None = None, people: Any = (), name: str = ""
    ) -> None:
        self.id, self.kind, self.guild, self.name = world.snowflake(), kind, guild, name
        self.people: list[Person] = list(people)
        self.messages: dict[int, Posted] = {}
        self.seen_by_bot = kind == DM or (guild is not None and guild.joined)
        self.writable = True
        self.typing: list[float] = []
        world.rooms[self.id] = self

    def json(self) -> dict[str, Any]:
        """The channel as the API shows it."""
        last = str(max(self.messages)) if self.messages else None
        base: dict[str, Any] = {"id": str(self.id), "type": self.kind, "last_message_id": last, "flags": 0}
        if self.guild is None:
            return base | {"recipients": [person.user for person in self.people]}
        return base | {
            "guild_id": str(self.guild.id), "name": self.name, "position": 0, "permission_overwrites": [], "nsfw": False,
            "topic": None, "rate_limit_per_user": 0, "parent_id": None,
        }  # fmt: skip


class World:
    """Everything that lasts; its attributes without underscore are the knobs that a test may turn."""

    def __init__(self, token: str = "fake") -> None:
        self.token = token
        self.ack_limit_s, self.token_s = 3.0, 900.0  # how long an interaction waits, how long its token lives
        self.nonce_s, self.cdn_s, self.file_bytes = 300.0, 86_400.0, FILE_BYTES
        self.rooms: dict[int, Room] = {}
        self.people: dict[int, Person] = {}
        self.guilds: dict[int, Guild] = {}
        self.interactions: dict[str, Interaction] = {}
        self.commands: list[dict[str, Any]] = []
        self.guild_commands: dict[int, list[dict[str, Any]]] = {}
        self.message_content = False  # the switch in the developer portal
        self.cdn_base = ""
        self.gateway: Gateway
        self._last_id = self._cdn_age = 0
        self.app_id = self.snowflake()
        self.bot = user_json(self.app_id, "emoseum", "Emoseum", bot=True)

    def snowflake(self) -> int:
        """A new id: milliseconds since 2015 in the upper bits, always growing."""
        self._last_id = max((time.time_ns() // 1_000_000 - EPOCH_MS) << 22, self._last_id + 1)
        return self._last_id

    def room(self, room_id: Any) -> Room:
        """Raises ApiError 10003, or 50001 where the bot is not in."""
        room = self.rooms.get(int(room_id)) if str(room_id).isdigit() else None
        if room is None:
            raise ApiError(404, 10003, "Unknown Channel")
        if not room.seen_by_bot:
            raise ApiError(403, 50001, "Missing Access")
        return room

    def posted(self, room: Room, message_id: Any) -> Posted:
        """A message that the bot finds in a room. Raises ApiError 10008."""
        found = room.messages.get(int(message_id)) if str(message_id).isdigit() else None
        if found is None or found.only_for is not None:
            raise ApiError(404, 10008, "Unknown Message")
        return found

    def find(self, message_id: int) -> Posted:
        """A message wherever it is, as a person would scroll to it. Raises KeyError."""
        for room in self.rooms.values():
            if int(message_id) in room.messages:
                return room.messages[int(message_id)]
        raise KeyError(f"no message {message_id} is shown")

    # --- as JSON ------------------------------------------------------------------------------

    def json(self, posted: Posted, *, content: bool = True, answered: bool = True) -> dict[str, Any]:
        """A message as the bot sees it; without `content` what it says is blanked unless that is always shown."""
        shown = content or self._always_readable(posted)
        mentions = [self.bot] if f"<@{self.app_id}>" in posted.content else []
        room = posted.room
        body: dict[str, Any] = {
            "id": str(posted.id), "channel_id": str(room.id), "author": posted.author, "type": 19 if posted.reply_to else 0,
            "content": posted.content if shown else "", "embeds": posted.embeds if shown else [],
            "attachments": [self.attachment(room, upload) for upload in posted.uploads] if shown else [],
            "components": posted.components if shown else [], "timestamp": posted.at.isoformat(),
            "edited_timestamp": posted.edited_at.isoformat() if posted.edited_at else None, "tts": False,
            "mention_everyone": "everyone" in posted.pings, "mentions": mentions, "mention_roles": [], "pinned": False,
            "flags": max(posted.flags, 0),
        }  # fmt: skip
        if posted.nonce is not None:
            body["nonce"] = posted.nonce
        if posted.metadata:
            body |= {"interaction_metadata": posted.metadata, "application_id": str(self.app_id)}
            body["webhook_id"] = str(self.app_id)
        if posted.reply_to:
            body["message_reference"] = {"type": 0, "message_id": str(posted.reply_to), "channel_id": str(room.id)}
            if room.guild is not None:
                body["message_reference"]["guild_id"] = str(room.guild.id)
            target = room.messages.get(posted.reply_to)
            if answered:
                body["referenced_message"] = self.json(target, content=content, answered=False) if target else None
        return body

    def _always_readable(self, posted: Posted) -> bool:
        own = posted.author["id"] == self.bot["id"]
        return own or posted.room.guild is None or f"<@{self.app_id}>" in posted.content

    def attachment(self, room: Room, upload: Upload) -> dict[str, Any]:
        """A file as JSON, with an address that works for `cdn_s` from now."""
        until = int(time.time() + self.cdn_s)
        url = f"{self.cdn_base}/attachments/{room.id}/{upload.id}/{quote(upload.name)}?ex={until:x}&is=0&hm={self.signature(upload.id, until)}"
        body = {
            "id": str(upload.id), "filename": upload.name, "size": len(upload.data), "url": url, "proxy_url": url,
            "content_type": upload.mime,
        }  # fmt: skip
        if upload.title != upload.name:
            body["title"] = upload.title.rpartition(".")[0] or upload.title
        if upload.alt:
            body["description"] = upload.alt
        return body | upload.wave

    def signature(self, upload_id: int, until: int) -> str:
        """Stands for the CDN's: nobody forges it here, but a changed or outlived address must not work."""
        return f"{hash((upload_id, until, self._cdn_age)) & 0xFFFFFFFFFFFF:012x}"

    def expire_files(self) -> None:
        """Every address of a file given out so far is too old from now on."""
        self._cdn_age += 1

    # --- what happens, told to the gateway ----------------------------------------------------

    def tell(self, event: str, posted: Posted) -> None:
        """MESSAGE_CREATE or MESSAGE_UPDATE to whoever listens."""
        if posted.only_for is not None or posted.flags == NOT_SHOWN or not posted.room.seen_by_bot:
            return
        guild = posted.room.guild
        extra: dict[str, Any] = {}
        if guild is not None:
            extra["guild_id"] = str(guild.id)
            if posted.metadata is None:
                extra["member"] = member_json()
        intent = 1 << 9 if guild else 1 << 12
        self.gateway.emit(
            event, intent, lambda intents: self.json(posted, content=bool(intents & MESSAGE_CONTENT)) | extra
        )

    def remove(self, posted: Posted) -> None:
        """Gone for everybody."""
        posted.room.messages.pop(posted.id, None)
        if posted.only_for is not None or not posted.room.seen_by_bot:
            return
        guild = posted.room.guild
        body = {"id": str(posted.id), "channel_id": str(posted.room.id)} | (
            {"guild_id": str(guild.id)} if guild else {}
        )
        self.gateway.emit("MESSAGE_DELETE", 1 << 9 if guild else 1 << 12, lambda intents: body)

    def upload(self, name: str, data: bytes, mime: str, alt: str = "", wave: dict[str, Any] | None = None) -> Upload:
        """Keep a file; its address takes only plain letters, its title stays as it was."""
        plain = re.sub(r"[^\w.\-]", "", name.replace(" ", "_"), flags=re.ASCII).lstrip(".") or "unknown"
        return Upload(self.snowflake(), plain, name, data, mime, alt, wave or {})


def user_json(user_id: int, username: str, name: str, *, bot: bool = False) -> dict[str, Any]:
    """A user as the API shows one."""
    return {
        "id": str(user_id), "username": username, "discriminator": "0000" if bot else "0", "global_name": None if bot else name,
        "avatar": None, "bot": bot, "public_flags": 0,
    }  # fmt: skip


def member_json() -> dict[str, Any]:
    """Somebody's membership, without the user."""
    return {
        "roles": [], "nick": None, "avatar": None, "joined_at": "2024-01-01T00:00:00+00:00", "premium_since": None,
        "deaf": False, "mute": False, "pending": False, "flags": 0,
    }  # fmt: skip
