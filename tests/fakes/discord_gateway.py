"""The pretended Discord's gateway: HELLO, heartbeats, IDENTIFY, RESUME with what was missed, and every way to be cut off."""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from aiohttp import WSMsgType, web

if TYPE_CHECKING:
    from tests.fakes.discord_world import World

DISPATCH, HEARTBEAT, IDENTIFY, PRESENCE, VOICE, RESUME, RECONNECT, MEMBERS, INVALID, HELLO, ACK = (
    0,
    1,
    2,
    3,
    4,
    6,
    7,
    8,
    9,
    10,
    11,
)
ALL_INTENTS = sum(1 << bit for bit in (*range(17), 20, 21, 24, 25))
PRIVILEGED = 1 << 1 | 1 << 8 | 1 << 15


@dataclass
class Session:
    """What can be resumed: everything that was sent, in order."""

    id: str
    intents: int
    seq: int = 0
    log: list[dict[str, Any]] = field(default_factory=list)
    connection: Connection | None = None
    gone_s: float = 0.0

    def add(self, event: str, body: Any) -> None:
        """Number it, keep it, send it where somebody is connected."""
        self.seq += 1
        frame = {"op": DISPATCH, "t": event, "s": self.seq, "d": body}
        self.log.append(frame)
        if self.connection is not None:
            self.connection.put(frame)


class Gateway:
    """All the connections and sessions; usually one of each."""

    def __init__(self, world: World, resume_url: Callable[[], str]) -> None:
        self.world, self._resume_url = world, resume_url
        self.heartbeat_s, self.session_s = 41.25, 120.0  # how often the bot must beat, how long a lost session waits
        self.allowed = 0  # privileged intents switched on in the developer portal
        self.identifies = self.resumes = self.heartbeats = 0
        self.refusing: int | None = None
        self.away = self.mute = False
        self.sessions: dict[str, Session] = {}
        self.connections: set[Connection] = set()
        self.intents: list[int] = []  # as asked for, one for each IDENTIFY

    def emit(self, event: str, intent: int, body: Callable[[int], Any]) -> None:
        """Tell every session that asked for it; `intent` 0 is for all."""
        self.bury()
        for session in tuple(self.sessions.values()):
            if not intent or session.intents & intent:
                session.add(event, body(session.intents))

    def listening(self) -> bool:
        """True while an interaction has somewhere to go, now or by RESUME."""
        self.bury()
        return bool(self.sessions)

    def bury(self) -> None:
        """Forget the sessions that nobody came back to."""
        for session in tuple(self.sessions.values()):
            if session.connection is None and time.monotonic() - session.gone_s > self.session_s:
                del self.sessions[session.id]

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """One websocket, from HELLO to its end."""
        if self.away:
            return web.Response(status=503)
        query = request.query
        compress = _compressor(query.get("compress", ""))
        if query.get("encoding", "json") != "json" or compress is None:
            return web.Response(
                status=400, text="this fake speaks json, plain, zlib-stream or (where installed) zstd-stream"
            )
        socket = web.WebSocketResponse(max_msg_size=4 * 1024 * 1024, timeout=0.2)
        await socket.prepare(request)
        connection = Connection(self, socket, request, compress)
        if query.get("v") != "10":
            await socket.close(code=4012, message=b"Invalid API version")
            return socket
        self.connections.add(connection)
        try:
            await connection.run()
        finally:
            self.connections.discard(connection)
        return socket

    def ready(self, connection: Connection, data: dict[str, Any]) -> None:
        """A new session: READY, then its guilds."""
        session = Session(secrets.token_hex(16), data["intents"], connection=connection)
        self.sessions[session.id] = connection.session = session
        guilds = [guild for guild in self.world.guilds.values() if guild.joined]
        session.add(
            "READY",
            {
                "v": 10, "user": self.world.bot | {"verified": True, "mfa_enabled": False, "email": None, "flags": 0},
                "guilds": [{"id": str(guild.id), "unavailable": True} for guild in guilds], "session_id": session.id,
                "session_type": "normal", "resume_gateway_url": self._resume_url(), "shard": data.get("shard", [0, 1]),
                "application": {"id": str(self.world.app_id), "flags": 1 << 19}, "private_channels": [], "user_settings": {},
                "relationships": [], "presences": [], "guild_join_requests": [], "geo_ordered_rtc_regions": [], "_trace": [],
            },
        )  # fmt: skip
        if session.intents & 1:
            for guild in guilds:
                session.add("GUILD_CREATE", guild.json())

    def forget(self) -> None:
        """No session can be resumed any more."""
        self.sessions.clear()


class Connection:
    """One websocket; frames leave it in the order they were put."""

    def __init__(self, gateway: Gateway, socket: web.WebSocketResponse, request: web.Request, compress: Any) -> None:
        self.gateway, self.socket = gateway, socket
        self.session: Session | None = None
        self._request, self._compress = request, compress
        self._out: asyncio.Queue[Any] = asyncio.Queue()
        self._beat_s = time.monotonic()
        self._received: list[float] = []
        self._closing, self._goodbye = False, 0

    def put(self, frame: dict[str, Any] | int) -> None:
        """Send a frame, or close with a code."""
        self._out.put_nowait(frame)

    def abort(self) -> None:
        """The cable is pulled."""
        if self._request.transport is not None:
            self._request.transport.abort()

    async def run(self) -> None:
        """Until either side has enough."""
        sending, watching = asyncio.create_task(self._send()), asyncio.create_task(self._watch())
        self.put({"op": HELLO, "t": None, "s": None, "d": {"heartbeat_interval": int(self.gateway.heartbeat_s * 1000)}})
        try:
            while True:
                message = await self.socket.receive()
                if message.type is WSMsgType.CLOSE:
                    self._goodbye = message.data
                if message.type not in (WSMsgType.TEXT, WSMsgType.BINARY):
                    break
                code = self._received_one(message.data)
                if code in (4007, 4009) and self.session:
                    self.gateway.sessions.pop(self.session.id, None)
                if code:
                    self.put(code)
        finally:
            watching.cancel()
            self._leave()
            if self._closing:
                await sending
            sending.cancel()

    def _leave(self) -> None:
        session = self.session
        if session is None or session.connection is not self:
            return
        session.connection, session.gone_s = None, time.monotonic()
        if self._goodbye in (1000, 1001):  # any other code keeps the session for a RESUME
            self.gateway.sessions.pop(session.id, None)

    async def _send(self) -> None:
        while True:
            frame = await self._out.get()
            try:
                if isinstance(frame, int):
                    self._closing = True
                    await self.socket.close(code=frame, message=_CODES.get(frame, "").encode())
                    self.abort()
                    return
                text = json.dumps(frame)
                if self._compress:
                    await self.socket.send_bytes(self._compress(text.encode()))
                else:
                    await self.socket.send_str(text)
            except (ConnectionError, RuntimeError):
                return

    async def _watch(self) -> None:
        """A bot that does not beat is cut off."""
        while True:
            await asyncio.sleep(self.gateway.heartbeat_s / 4)
            if time.monotonic() - self._beat_s > self.gateway.heartbeat_s * 1.5:
                if self.session:
                    self.gateway.sessions.pop(self.session.id, None)
                self.put(4009)
                return

    def _received_one(self, data: str | bytes) -> int:
        """Answer one frame; a number is the code to close with."""
        now = time.monotonic()
        self._received = [at for at in self._received if now - at < 60] + [now]
        if len(self._received) > 120:
            return 4008
        if len(data) > 4096:
            return 4002
        try:
            frame = json.loads(data)
            op, body = frame["op"], frame.get("d")
        except (ValueError, KeyError, TypeError):
            return 4002
        if op == HEARTBEAT:
            self._beat_s = now
            self.gateway.heartbeats += 1
            if not self.gateway.mute:
                self.put({"op": ACK, "t": None, "s": None, "d": None})
            return 0
        if op == IDENTIFY:
            return self._identify(body)
        if op == RESUME:
            return self._resume(body)
        if op in (PRESENCE, VOICE, MEMBERS):
            return 0 if self.session else 4003
        return 4001

    def _identify(self, body: Any) -> int:
        gateway = self.gateway
        if self.session is not None:
            return 4005
        if not isinstance(body, dict) or not isinstance(body.get("properties"), dict):
            return 4002
        gateway.identifies += 1
        if gateway.refusing:
            return gateway.refusing
        if body.get("token") != gateway.world.token:
            return 4004
        shard = body.get("shard", [0, 1])
        if not 0 <= shard[0] < shard[1]:
            return 4010
        intents = body.get("intents")
        if type(intents) is not int or intents & ~ALL_INTENTS:
            return 4013
        gateway.intents.append(intents)
        if intents & PRIVILEGED & ~(gateway.allowed | (1 << 15 if gateway.world.message_content else 0)):
            return 4014
        gateway.ready(self, body)
        return 0

    def _resume(self, body: Any) -> int:
        gateway = self.gateway
        if not isinstance(body, dict) or body.get("token") != gateway.world.token:
            return 4004
        gateway.bury()
        session = gateway.sessions.get(body.get("session_id"))
        if session is None:
            self.put({"op": INVALID, "t": None, "s": None, "d": False})
            return 0
        if type(body.get("seq")) is not int or body["seq"] > session.seq:
            return 4007
        gateway.resumes += 1
        if session.connection is not None:
            session.connection.abort()
        session.connection = self
        self.session = session
        for frame in session.log:
            if frame["s"] > body["seq"]:
                self.put(frame)
        session.add("RESUMED", {"_trace": []})
        return 0


def _compressor(name: str) -> Callable[[bytes], bytes] | bool | None:
    """False for plain text, None for what is not known here."""
    if not name:
        return False
    if name == "zlib-stream":
        squeeze = zlib.compressobj()
        return lambda data: squeeze.compress(data) + squeeze.flush(zlib.Z_SYNC_FLUSH)
    if name == "zstd-stream":
        with contextlib.suppress(ImportError):
            import zstandard

            squash = zstandard.ZstdCompressor().compressobj()
            return lambda data: squash.compress(data) + squash.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK)
    return None


_CODES = {
    4000: "Unknown error", 4001: "Unknown opcode", 4002: "Error while decoding payload", 4003: "Not authenticated.",
    4004: "Authentication failed.", 4005: "Already authenticated.", 4007: "Invalid seq", 4008: "Rate limited.",
    4009: "Session timed out.", 4010: "Invalid shard.", 4011: "Sharding required.", 4012: "Invalid API version",
    4013: "Invalid intent(s).", 4014: "Disallowed intent(s).",
}  # fmt: skip
