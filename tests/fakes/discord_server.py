"""A Discord on loopback sockets, as strict as the real one: point a real client at it and look at what people see."""

from __future__ import annotations

import asyncio
import json
import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from types import TracebackType
from typing import Any

from aiohttp import web

from tests.fakes.discord_faults import Fault, Faults, Limiter, TooMany, ordered_headers, silence
from tests.fakes.discord_gateway import INVALID, RECONNECT, Gateway
from tests.fakes.discord_guild import Guild, PrivateRoom, private_room
from tests.fakes.discord_limits import REQUEST_BYTES, ApiError
from tests.fakes.discord_messages import Body
from tests.fakes.discord_people import Person
from tests.fakes.discord_rest import BODY, OPEN, Rest, answer
from tests.fakes.discord_world import World

BASE = "/api/v10"


@dataclass
class Call:
    """One REST request: `status` 0 until it is answered, or for good where the answer was lost."""

    method: str
    path: str
    at_s: float  # of the event loop's clock
    json: Any = None
    files: tuple[str, ...] = ()
    status: int = 0


class DiscordServer(World):
    """Use it as an async context; its attributes are the knobs of World, Limiter and Gateway."""

    def __init__(self, token: str = "fake") -> None:
        super().__init__(token)
        self.gateway = Gateway(self, lambda: f"{self.gateway_url}/resumed")
        self.limiter = Limiter()
        self.calls: list[Call] = []
        self.refused = 0  # 401, 403 and 429
        self.refused_at_most = (
            10_000  # then the bot is banned for a while; in ten minutes, but nothing here lives so long
        )
        self._faults = Faults()

    # --- open and close -----------------------------------------------------------------------

    async def __aenter__(self) -> DiscordServer:
        self._closing = asyncio.Event()
        app = web.Application(middlewares=[self._middle], client_max_size=REQUEST_BYTES)
        Rest(self, lambda: self.gateway_url).add_to(app.router, BASE)
        app.router.add_get("/gateway", self.gateway.handle)
        app.router.add_get("/gateway/{tail:.*}", self.gateway.handle)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        address = f"127.0.0.1:{self._runner.addresses[0][1]}"
        self.api_base, self.gateway_url, self.cdn_base = (
            f"http://{address}{BASE}",
            f"ws://{address}/gateway",
            f"http://{address}",
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.set()
        self.drop_gateway()
        await self._runner.cleanup()

    # --- who is there -------------------------------------------------------------------------

    def person(self, user_id: int = 7, name: str = "지우", locale: str = "ko") -> Person:
        """Somebody with an account; the same one for the same id."""
        return self.people.get(user_id) or Person(self, user_id, name, locale)

    def guild(self, *, joined: bool = True, name: str = "guild") -> Guild:
        """A guild with the bot in it, or one where only people may bring it along."""
        return Guild(self, joined, name)

    def private_room(self, *people: Person) -> PrivateRoom:
        """A private chat of people among themselves."""
        return private_room(self, *people)

    # --- what goes wrong ----------------------------------------------------------------------

    def fail(
        self, method: str, path: str, *, status: int = 429, retry_after: float = 1.0, times: int = 1, applied: bool = False,
        delay_s: float = 0.0, is_global: bool = False,
    ) -> None:  # fmt: skip
        """The next `times` requests to `path` (a pattern, without /api/v10) go wrong.

        `status` 0 is silence for `delay_s`, or until the server closes; 200 only comes late by `delay_s`. With `applied` the
        request does what it says, then the connection is cut; with a 5xx beside it, that is answered instead.
        """
        self._faults.orders.append(Fault(method, path, status, retry_after, times, applied, delay_s, is_global))

    def heal(self) -> None:
        """Forget every failure on order."""
        self._faults.orders.clear()

    def close_gateway(self, code: int = 4000) -> None:
        """Close the websocket with a code."""
        for connection in tuple(self.gateway.connections):
            connection.put(code)

    def reconnect(self) -> None:
        """op 7: ask the bot to come again."""
        self._put({"op": RECONNECT, "t": None, "s": None, "d": None})

    def invalid_session(self, resumable: bool = False) -> None:
        """op 9; what is not resumable is forgotten."""
        if not resumable:
            self.gateway.forget()
        self._put({"op": INVALID, "t": None, "s": None, "d": resumable})

    def drop_gateway(self) -> None:
        """Tear the TCP connection; the session waits to be resumed."""
        for connection in tuple(self.gateway.connections):
            connection.abort()

    def refuse_identify(self, code: int | None = 4004) -> None:
        """Close on every IDENTIFY with this code; None lets them in again."""
        self.gateway.refusing = code

    def away(self) -> None:
        """The bot is cut off and cannot come back; nothing that happens now will be told."""
        self.gateway.away = True
        self.gateway.forget()
        self.drop_gateway()

    def back(self) -> None:
        """The gateway is open again; what happened meanwhile is only in the history."""
        self.gateway.away = False

    def _put(self, frame: dict[str, Any]) -> None:
        for connection in tuple(self.gateway.connections):
            connection.put(frame)

    # --- what was asked -----------------------------------------------------------------------

    @property
    def identifies(self) -> int:
        """How often the bot began a new session."""
        return self.gateway.identifies

    @property
    def resumes(self) -> int:
        """How often it took up an old one."""
        return self.gateway.resumes

    @property
    def rate(self) -> tuple[int, float] | None:
        """Requests per route and channel, and seconds; None is no limit at all."""
        return self.limiter.rate

    @rate.setter
    def rate(self, rate: tuple[int, float] | None) -> None:
        self.limiter.rate = rate

    def count(self, method: str, path: str = "*", status: int | None = None) -> int:
        """How many requests matched."""
        return sum(
            call.method == method and fnmatchcase(call.path, path) and status in (None, call.status)
            for call in self.calls
        )

    # --- every request ------------------------------------------------------------------------

    @web.middleware
    async def _middle(self, request: web.Request, handler: Any) -> web.StreamResponse:
        if request.path.startswith("/gateway"):
            return await handler(request)
        path = request.path.removeprefix(BASE)
        call = Call(request.method, path, asyncio.get_running_loop().time())
        self.calls.append(call)
        headers: dict[str, str] = {}
        if self.refused >= self.refused_at_most:
            call.status = 429
            return web.Response(status=429, text="error code: 1015", headers={"Retry-After": "3600"})
        try:
            fault = self._faults.take(request.method, path)
            body = request[BODY] = await _read(request)
            call.json, call.files = body.json, tuple(name for name, _ in body.files.values())
            if fault is not None:
                early = await self._go_wrong(fault, request)
                if early is not None:
                    call.status = early.status
                    return early
            if request.path.startswith(BASE):
                self._check_token(request, path)
                headers = self._limit(request, path)
            response = await handler(request)
            if fault is not None and fault.applied:
                return self._lose(fault, request, call)
            response.headers.update(headers)
        except ApiError as error:
            headers = headers | getattr(error, "headers", {})
            response = answer(error.body, error.status, headers)
        except web.HTTPException as error:
            if error.status not in (404, 405):
                raise
            response = answer({"message": f"{error.status}: {error.reason}", "code": 0}, error.status)
        call.status = response.status
        self.refused += response.status in (401, 403, 429)
        return response

    async def _go_wrong(self, fault: Fault, request: web.Request) -> web.Response | None:
        """The failure instead of an answer; None where the request goes on."""
        if fault.delay_s and fault.status:
            await silence(self._closing, fault.delay_s)
        if fault.applied or fault.status == 200:
            return None
        if fault.status == 0:
            await silence(self._closing, fault.delay_s)
            _cut(request)
            return web.Response(status=500)
        if fault.status == 429:
            raise TooMany(
                fault.retry_after,
                {} if fault.is_global else ordered_headers(fault.retry_after),
                is_global=fault.is_global,
            )
        if fault.status == 401:
            raise ApiError(401, 0, "401: Unauthorized")
        if fault.status >= 500:
            return web.Response(status=fault.status, text="<html>upstream error</html>", content_type="text/html")
        raise ApiError(fault.status, 0, f"{fault.status}: on order")

    def _lose(self, fault: Fault, request: web.Request, call: Call) -> web.Response:
        if fault.status >= 500:
            call.status = fault.status
            return web.Response(status=fault.status, text="<html>upstream error</html>", content_type="text/html")
        _cut(request)
        return web.Response(status=500)

    def _check_token(self, request: web.Request, path: str) -> None:
        if request.headers.get("User-Agent", "").startswith("Python-urllib"):
            raise ApiError(403, 40333, "internal network error")
        if any(path.startswith(part) or f"{request.method} {path}" == part for part in OPEN) and "refresh" not in path:
            return
        if request.headers.get("Authorization") != f"Bot {self.token}":
            raise ApiError(401, 0, "401: Unauthorized")

    def _limit(self, request: web.Request, path: str) -> dict[str, str]:
        if path.startswith("/interactions/"):
            return {}
        resource = request.match_info.route.resource
        route = resource.canonical if resource else path
        major = request.match_info.get("room") or request.match_info.get("token") or ""
        return self.limiter.take(request.method, route, major)


def _cut(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.abort()


async def _read(request: web.Request) -> Body:
    """JSON, or a form with payload_json and files[n]. Raises ApiError."""
    try:
        if request.content_type == "multipart/form-data":
            return _form(await request.post())
        text = await request.text()
    except web.HTTPRequestEntityTooLarge as error:
        raise ApiError(413, 40005, "Request entity too large") from error
    if not text:
        return Body()
    if request.content_type != "application/json":
        raise ApiError(400, 50109, "The request body contains invalid JSON.")
    return Body(_parsed(text))


def _form(fields: Any) -> Body:
    body = Body()
    for name, value in fields.items():
        number = re.fullmatch(r"files\[(\d+)\]", name)
        if number and isinstance(value, web.FileField):
            body.files[int(number[1])] = (value.filename, value.file.read())
        elif name == "payload_json":
            body.json = _parsed(value)
    return body


def _parsed(text: Any) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise ApiError(400, 50109, "The request body contains invalid JSON.") from error
