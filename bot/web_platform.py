"""The web chat: a page that posts what people write and is told what is answered.

The outbox row is the chat: `send` and `edit` only tell the open pages to show it, and a page that was away asks
for what changed meanwhile. So nothing is lost by a broken socket, and nothing shows twice.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import WSCloseCode, WSMsgType, web

from bot.studio_door import Keys, StudioDoor
from bot.web_gate import WEB_DIR, Gate, Handler, language_of, sentence
from bot.web_intake import UPLOAD_BYTES, TooLarge, Unreadable, message_of, read_form
from bot.web_lines import line_of, message_line, reply_line
from bot.web_media import media_response
from core import metrics, settings
from core.door import Door, is_loopback
from core.entities import Kind, Limits, Message, Sending, new_reference
from core.health import Report
from core.phrases import LANGUAGES, catalogue, knows
from core.ports import DiskFull, EmoseumError, Health, Heard, MediaStore, NotFound, Passing, Store
from core.trouble import describe

log = logging.getLogger(__name__)

ACCOUNT = "me"  # whoever sits at this machine, or knows the secret
LINES = 100  # that a page shows at first
LINES_AT_MOST = 2000
AGAIN_S = 5  # after which a page may ask again for what is away
PING_S = 20.0  # a page that hears nothing for twice as long connects anew


class WebPlatform:
    """A chat in the browser. Meets core.ports.Platform."""

    name = "web"
    resend_is_safe = True
    shows_outbox = True
    limits = Limits(
        text_chars=20_000, caption_chars=20_000, callback_bytes=512, button_chars=80, buttons_per_row=8, rows=40,
        download_bytes=UPLOAD_BYTES, upload_bytes=UPLOAD_BYTES, progress_s=2.0,
    )  # fmt: skip

    def __init__(
        self,
        web: settings.Web,
        intake: settings.Intake,
        store: Store,
        media: MediaStore,
        *,
        session_secret: bytes,
        studio: Keys | None = None,
    ) -> None:
        self.address = ""  # set by start
        self.commands: list[tuple[str, str, str]] = []  # name, what it does in Korean, in English
        self._settings, self._intake, self._store, self._media = web, intake, store, media
        self._gate = Gate(web.host, web.secret.get_secret_value(), session_secret, public_url=web.public_url)
        keys = studio or Keys(session_secret)
        self._studio = StudioDoor(store, keys, keep=self._keep, knows=self._gate.knows, account=ACCOUNT)
        #: How the whole bot is, for `/healthz`; without it, only this door.
        self.report: Callable[[], Awaitable[Report]] | None = None
        self._heard: Heard | None = None
        self._door = Door()
        self._pages: set[_Page] = set()
        self._whose = ""  # person id of who was last seen here
        self._ping: asyncio.Task[None] | None = None

    # --- Platform -----------------------------------------------------------------------------

    async def start(self, heard: Heard) -> None:
        """Open the door. Raises EmoseumError where a secret is missing or the port is taken."""
        host, port = self._settings.host, self._settings.port
        if not is_loopback(host) and not self._settings.secret.get_secret_value():
            raise EmoseumError("web.secret_needed", f"host {host} without a secret")
        self._heard = heard
        await self._door.open(self._app(), host, port, taken="web.port_taken")
        self.address = self._door.address
        self._ping = asyncio.create_task(self._keep_awake())

    async def send(self, sending: Sending) -> str:
        """Tell the open pages; the row itself is the message."""
        await self._show(sending)
        return sending.id

    async def edit(self, sending: Sending) -> None:
        """Tell the open pages that a row has new contents."""
        await self._show(sending)

    async def fetch(self, message: Message) -> Message:
        """As it is: a page posts its files with the message."""
        return message

    async def typing(self, chat_id: str, stage: str) -> None:
        """Show the dots for a few seconds."""
        await self._tell(chat_id, {"type": "typing", "stage": stage})

    async def health(self) -> Health:
        """Well as long as the door is open."""
        return Health(self._door.is_open, f"{len(self._pages)} pages open" if self._door.is_open else "not listening")

    async def stop(self) -> None:
        """Close the door and every page's socket."""
        if self._ping is not None:
            self._ping.cancel()
        for page in tuple(self._pages):
            await page.socket.close(code=WSCloseCode.GOING_AWAY)
        await self._door.close()

    # --- live ---------------------------------------------------------------------------------

    async def _show(self, sending: Sending) -> None:
        await self._is(sending.person_id)
        if not any(page.chat_id == sending.chat_id for page in self._pages):
            return
        language = ""
        with contextlib.suppress(EmoseumError):
            language = (await self._store.person(sending.person_id)).language
        await self._tell(sending.chat_id, {"type": "line", "line": reply_line(sending), "language": language})

    async def _is(self, person_id: str) -> None:
        """Where this is another diary now (all was deleted, or two became one), open pages load it anew."""
        was, self._whose = self._whose, person_id
        if was not in ("", person_id):
            await self._tell(ACCOUNT, {"type": "anew"})

    async def _tell(self, chat_id: str, event: dict[str, Any]) -> None:
        for page in tuple(self._pages):
            if page.chat_id == chat_id:
                await page.tell(event)

    async def _keep_awake(self) -> None:
        while True:
            await asyncio.sleep(PING_S)
            for page in tuple(self._pages):
                await page.tell({"type": "ping"})

    async def _live(self, request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse(heartbeat=PING_S, max_msg_size=4096)
        await socket.prepare(request)
        page = _Page(socket, ACCOUNT)
        self._pages.add(page)
        try:
            async for event in socket:  # a page has nothing to say here; this notices that it left
                if event.type is WSMsgType.ERROR:
                    break
        finally:
            self._pages.discard(page)
        return socket

    # --- what the page asks for ---------------------------------------------------------------

    def _app(self) -> web.Application:
        app = web.Application(middlewares=[self._gate.guard, self._kindly])
        app.router.add_get("/", self._index)
        app.router.add_static("/web", WEB_DIR)
        app.router.add_get("/login", self._gate.login_page)
        app.router.add_post("/login", self._gate.login)
        app.router.add_get("/healthz", self._healthz)
        app.router.add_get("/api/strings", self._strings)
        app.router.add_get("/api/commands", self._commands)
        app.router.add_get("/api/chat", self._chat)
        app.router.add_get("/api/live", self._live)
        app.router.add_post("/api/messages", self._posted)
        app.router.add_get("/media/{id}", self._file)
        self._studio.open(app)
        return app

    @web.middleware
    async def _kindly(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """An error is a kind sentence for the page and a cause for the log, under one reference."""
        try:
            return await handler(request)
        except TooLarge as error:
            return sentence(request, error.key, 413)
        except Unreadable as error:
            log.warning("%s %s: %s", request.method, request.path, error)
            return sentence(request, error.key, 400)
        except NotFound:
            return sentence(request, "web.error.gone", 404)
        except Passing as error:
            kind = "web.error.disk_full" if isinstance(error, DiskFull) else error.key
            response = sentence(request, kind, 503)
            response.headers["Retry-After"] = str(AGAIN_S)
            return response
        except (web.HTTPException, ConnectionError, asyncio.CancelledError):
            raise
        except Exception as error:
            reference = new_reference()
            log.error("%s: %s %s: %s", reference, request.method, request.path.split("/")[1], describe(error))
            metrics.errors.add(self.name, type(error).__name__)
            key = error.key if isinstance(error, EmoseumError) and knows("en", error.key) else "web.error.ours"
            return sentence(request, key, 500, reference=reference)

    async def _index(self, request: web.Request) -> web.StreamResponse:
        return web.FileResponse(WEB_DIR / "index.html", headers={"Cache-Control": "no-cache"})

    async def _healthz(self, request: web.Request) -> web.Response:
        report = await self.report() if self.report else Report("bot", {"web": await self.health()}, frozenset(["web"]))
        told = report.as_json(details=self._gate.loopback)
        return web.json_response(told, status=200 if report.ok else 503)

    async def _strings(self, request: web.Request) -> web.Response:
        language = language_of(request)
        words = {key: text for key, text in catalogue(language).items() if key.startswith(("web.", "progress."))}
        limits = {"text_chars": self._intake.text_chars, "upload_bytes": UPLOAD_BYTES, "audio_s": self._intake.audio_s}
        return web.json_response({"language": language, "words": words, "limits": limits})

    async def _commands(self, request: web.Request) -> web.Response:
        column = 1 + LANGUAGES.index(language_of(request))
        return web.json_response([{"name": row[0].lstrip("/"), "description": row[column]} for row in self.commands])

    async def _chat(self, request: web.Request) -> web.Response:
        query = request.query
        person = await self._store.person_of(
            self.name, ACCOUNT, language=language_of(request), time_zone=query.get("time_zone", "")[:60]
        )
        limit = min(max(_number(query.get("limit", "")) or LINES, 1), LINES_AT_MOST)
        since_ms = _number(query.get("since_ms", ""))
        lines = await self._store.chat_log(self.name, ACCOUNT, since_ms=since_ms, limit=limit)
        return web.json_response(
            {
                "language": person.language,
                "name": person.name,
                "lines": [line_of(line) for line in lines],
                "newest_ms": max((line.changed_ms for line in lines), default=since_ms),
                "more": not since_ms and len(lines) >= limit,
            }
        )

    async def _file(self, request: web.Request) -> web.Response:
        media_id = request.match_info["id"]
        person = await self._store.person_of(self.name, ACCOUNT)
        if await self._media.owner(media_id) != person.id:
            raise NotFound("another person's")
        return media_response(request, await self._media.get(media_id))

    async def _posted(self, request: web.Request) -> web.Response:
        form = await read_form(request, self._intake.text_chars)
        known = await self._store.message_at(self.name, ACCOUNT, form.get("id"))
        if known is not None:
            return web.json_response({"line": message_line(known), "new": False})
        person = await self._store.person_of(
            self.name, ACCOUNT, language=form.get("language")[:2], time_zone=form.get("time_zone")[:60]
        )
        await self._is(person.id)
        message = await message_of(form, person.id, ACCOUNT, self._media, self._intake)
        new = await self._keep(message)
        line = message_line(message)
        if new and message.kind in (Kind.TEXT, Kind.EDIT):
            await self._tell(ACCOUNT, {"type": "line", "line": line})
        return web.json_response({"line": line, "new": new})

    async def _keep(self, message: Message) -> bool:
        """Durable before it is acknowledged; the files of a message that was not kept are let go."""
        if self._heard is None:
            raise EmoseumError("web.error.ours", "nobody listens")
        new = False
        try:
            new = await self._heard(message)
        except DiskFull:  # surely not kept; where the database broke off, nobody knows, and the files stay
            await self._let_go(message)
            raise
        if not new:
            await self._let_go(message)
        return new

    async def _let_go(self, message: Message) -> None:
        for attachment in message.attachments:
            await self._media.delete(attachment.media_id)


class _Page:
    """An open page's socket; one that is too slow to listen is closed and comes back for what it missed."""

    def __init__(self, socket: web.WebSocketResponse, chat_id: str) -> None:
        self.socket, self.chat_id = socket, chat_id

    async def tell(self, event: dict[str, Any]) -> None:
        """Send, for at most two seconds."""
        try:
            await asyncio.wait_for(self.socket.send_json(event), 2.0)
        except (TimeoutError, ConnectionError, RuntimeError):
            with contextlib.suppress(Exception):
                await asyncio.wait_for(self.socket.close(), 1.0)


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 16 else 0
