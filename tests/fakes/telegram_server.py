"""A Telegram Bot API on a loopback socket that takes nothing that the real one would refuse."""

from __future__ import annotations

import asyncio
import itertools
import time
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.fakes.telegram_chats import Chat, File, Query, Stored
from tests.fakes.telegram_limits import UPLOAD_BYTES, Flood, Refused
from tests.fakes.telegram_methods import Methods
from tests.fakes.telegram_people import Group, Person, Seat
from tests.fakes.telegram_trouble import Failure, Trouble
from tests.fakes.telegram_updates import Updates, Webhook
from tests.fakes.telegram_wire import Params, read_params, told

_FOLDERS = {
    "photo": "photos",
    "video": "videos",
    "video_note": "video_notes",
    "sticker": "stickers",
    "voice": "voice",
    "audio": "music",
}
_ENDINGS = {
    "photo": ".jpg",
    "voice": ".oga",
    "audio": ".mp3",
    "video": ".mp4",
    "video_note": ".mp4",
    "sticker": ".webp",
}


@dataclass
class Call:
    """One request as it came in; `status` is 0 while it is under way and where it was never answered."""

    method: str
    params: dict[str, Any]
    at_s: float
    status: int = 0


@dataclass(eq=False)
class TelegramServer:
    """Answers, people and groups; everything that a test looks at or turns is a plain attribute."""

    token: str = "1:fake"
    username: str = "emoseum_bot"
    query_age_s: float = 15.0  # a press must be answered within this
    reads_all: bool = False  # privacy mode off: the bot is told everything in groups
    webhook_pause_s: float = 0.05  # before the second try, doubled each time
    tunnel: str = ""  # where posts for an https webhook really go, e.g. "http://127.0.0.1:8080"
    calls: list[Call] = field(default_factory=list)
    chats: dict[int, Chat] = field(default_factory=dict)
    seats: dict[tuple[int, int], Seat] = field(default_factory=dict)
    queries: dict[str, Query] = field(default_factory=dict)
    files: dict[str, File] = field(default_factory=dict)
    links: dict[str, File] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.flood = Flood()
        self.updates = Updates(self)
        self.methods = Methods(self)
        self.trouble = Trouble()
        self._passed_s = 0.0
        self._counts: dict[int, itertools.count[int]] = {}
        self._numbers = itertools.count(1)
        self._broken: list[Exception] = []

    async def __aenter__(self) -> TelegramServer:
        self.closing = self.trouble.closing = asyncio.Event()
        self._started = time.monotonic()
        app = web.Application(client_max_size=UPLOAD_BYTES + 2 * 1024 * 1024)
        app.router.add_route("*", "/bot{token}/{method}", self._called)
        app.router.add_get("/file/bot{token}/{path:.+}", self._downloaded)
        # A caller that hangs up ends its own wait, as at the real server; what was done stays done.
        self._runner = web.AppRunner(app, shutdown_timeout=0.2, handler_cancellation=True, access_log=None)
        await self._runner.setup()
        await self._listen(0)
        self._port = self._runner.addresses[0][1]
        root = f"http://127.0.0.1:{self._port}"
        self.base_url, self.base_file_url = f"{root}/bot", f"{root}/file/bot"
        return self

    async def __aexit__(self, *_: object) -> None:
        self.closing.set()
        await self.updates.close()
        await self._runner.cleanup()
        if self._broken:
            raise AssertionError("the fake itself broke") from self._broken[0]

    async def vanishes(self) -> None:
        """The network is gone: open connections are cut, new ones refused, until `returns`."""
        await self._site.stop()
        for connection in list(self._runner.server.connections if self._runner.server else ()):
            connection.force_close()

    async def returns(self) -> None:
        """The network is back, at the same address; what happened meanwhile is still waiting."""
        await self._listen(self._port)

    async def _listen(self, port: int) -> None:
        self._site = web.TCPSite(self._runner, "127.0.0.1", port, backlog=1024, reuse_address=True)
        await self._site.start()

    # --- people and trouble --------------------------------------------------------------------

    def person(self, user_id: int, name: str = "지우", language: str = "ko", *, met: bool = True) -> Person:
        """Someone with a private chat; where not `met`, the bot may not write before they did."""
        if (user_id, user_id) not in self.seats:
            user = {"id": user_id, "is_bot": False, "first_name": name}
            user |= {"language_code": language} if language else {}
            chat = Chat(self, user_id, {"type": "private", "first_name": name}, met)
            self.chats[user_id] = chat
            self.seats[user_id, user_id] = Person(chat, user)
        found = self.seats[user_id, user_id]
        assert isinstance(found, Person)
        return found

    def group(self, chat_id: int, title: str = "우리") -> Group:
        """A group that the bot is in; a supergroup where the number says so."""
        if chat_id not in self.chats:
            kind = "supergroup" if chat_id < -1_000_000_000_000 else "group"
            self.chats[chat_id] = Group(self, chat_id, {"type": kind, "title": title})
        found = self.chats[chat_id]
        assert isinstance(found, Group)
        return found

    def fail(
        self, method: str, *, status: int = 429, retry_after: int = 1, times: int = 1, applied: bool = False,
        chat_id: int | None = None, delay_s: float = 0.0, description: str = "",
    ) -> None:  # fmt: skip
        """The next `times` calls of `method` ("*" any, "file" a download) go wrong.

        `status` 0 is silence: `delay_s` (0: a minute) and then a cut connection. `applied`: it happens, then the
        connection is cut after `delay_s`, or the answer is `status` where that is 5xx. 200 is a slow success.
        """
        self.trouble.order(Failure(method, status, retry_after, times, applied, chat_id, delay_s, description))
        if method in ("getUpdates", "*"):
            self.updates.end_poll()

    def heal(self) -> None:
        """Nothing goes wrong any more."""
        self.trouble.ordered.clear()

    def duplicate_next(self, count: int = 1) -> None:
        """The next `count` updates come a second time under the same update_id."""
        self.updates.duplicate_next(count)

    def shuffle_next(self, count: int) -> None:
        """The next `count` updates wait until all have happened and come out of order."""
        self.updates.shuffle_next(count)

    def pass_time(self, seconds: float) -> None:
        """The server's clock jumps: presses get old, messages too old to delete, floods ebb."""
        self._passed_s += seconds

    def count(self, method: str, status: int | None = None) -> int:
        """How often `method` was called, on demand only those with that answer."""
        return sum(call.method == method and status in (None, call.status) for call in self.calls)

    @property
    def webhook(self) -> Webhook | None:
        """What setWebhook was told; None while updates are polled."""
        return self.updates.webhook

    @property
    def confirmed(self) -> int:
        """The highest update id that the bot confirmed."""
        return self.updates.confirmed

    @property
    def waiting(self) -> int:
        """How many updates are not confirmed yet."""
        return len(self.updates.pending)

    @property
    def per_chat_per_s(self) -> float | None:
        """Messages a second into one private chat; None is no limit."""
        return self.flood.per_chat_per_s

    @per_chat_per_s.setter
    def per_chat_per_s(self, value: float | None) -> None:
        self.flood.per_chat_per_s = value

    @property
    def overall_per_s(self) -> float | None:
        """Messages a second over all chats; None is no limit."""
        return self.flood.overall_per_s

    @overall_per_s.setter
    def overall_per_s(self, value: float | None) -> None:
        self.flood.overall_per_s = value

    @property
    def per_group_per_min(self) -> float | None:
        """Messages a minute into one group; None is no limit."""
        return self.flood.per_group_per_min

    @per_group_per_min.setter
    def per_group_per_min(self, value: float | None) -> None:
        self.flood.per_group_per_min = value

    # --- what the rooms of the server ask of it ------------------------------------------------

    def now(self) -> float:
        """The server's clock, in seconds since 1970."""
        return time.time() + self._passed_s

    def elapsed_s(self) -> float:
        """Real seconds since the server started."""
        return time.monotonic() - self._started

    def next_number(self) -> int:
        """A number never used before."""
        return next(self._numbers)

    def next_message_id(self, chat: Chat) -> int:
        """Supergroups count by themselves, all other chats of a bot together."""
        key = chat.chat_id if chat.about["type"] == "supergroup" else 0
        return next(self._counts.setdefault(key, itertools.count(1)))

    def about_bot(self) -> dict[str, Any]:
        """The bot as a User."""
        number = int(self.token.split(":")[0])
        return {"id": number, "is_bot": True, "first_name": "Emoseum", "username": self.username}

    def keep(self, kind: str, data: bytes, name: str = "", mime: str = "") -> File:
        """Stores a file and gives it its names."""
        number = self.next_number()
        ending = _ENDINGS.get(kind) or ("." + name.rsplit(".", 1)[1] if "." in name else "")
        path = f"{_FOLDERS.get(kind, 'documents')}/file_{number}{ending}"
        file = File(f"AgACAgIAAxkBAAI{number:08d}_{kind}", f"AQAD{number:08d}", kind, data, name, mime, path)
        self.files[file.file_id] = file
        return file

    def told(self, message: Stored) -> dict[str, Any]:
        """A message as it goes over the wire."""
        return told(message)

    # --- the wire ------------------------------------------------------------------------------

    async def _called(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        try:
            given = await read_params(request)
        except web.HTTPRequestEntityTooLarge:
            return _answer(Refused(413).body(), 413)
        call = Call(method, given, self.elapsed_s())
        self.calls.append(call)
        try:
            if request.match_info["token"] != self.token:
                raise Refused(401 if ":" in request.match_info["token"] else 404)
            result = await self.trouble.meet(request, call.method, call.params, lambda: self._do(call))
            call.status = 200
            return _answer({"ok": True, "result": result}, 200)
        except Refused as no:
            call.status = no.status
            return _answer(no.body(), no.status)
        except Exception as error:
            self._broken.append(error)
            raise

    async def _do(self, call: Call) -> Any:
        p = Params(call.params)
        name = call.method.lower()
        if name == "getupdates":
            self.updates.allow(p.object("allowed_updates"))
            return await self.updates.poll(p.number("offset"), p.number("limit", 100), min(50, p.number("timeout")))
        if name in ("setwebhook", "deletewebhook"):
            webhook = self.methods.webhook_asked(p) if name == "setwebhook" else None
            self.updates.allow(p.object("allowed_updates"))
            await self.updates.set_webhook(webhook, p.flag("drop_pending_updates"))
            return True
        method = self.methods.find(call.method)
        if method is None:
            raise Refused(404)
        return method(p)

    async def _nothing(self) -> None:
        """A download has no effect that could be applied."""

    async def _downloaded(self, request: web.Request) -> web.StreamResponse:
        call = Call("file", {"path": request.match_info["path"]}, self.elapsed_s())
        self.calls.append(call)
        try:
            await self.trouble.meet(request, call.method, call.params, self._nothing)
            file = self.links.get(request.match_info["path"])
            if request.match_info["token"] != self.token or not file or self.now() - file.linked_at > 3600:
                raise Refused(404)
        except Refused as no:
            call.status = no.status
            return _answer(no.body(), no.status)
        call.status = 200
        return web.Response(body=file.data, content_type="application/octet-stream")


def _answer(body: dict[str, Any], status: int) -> web.Response:
    return web.json_response(body, status=status)
