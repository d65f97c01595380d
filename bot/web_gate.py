"""Who may come in through the web: the right host, the right origin and, away from loopback, the right secret."""

from __future__ import annotations

import hashlib
import hmac
import html
import time
from collections import deque
from collections.abc import Awaitable, Callable
from pathlib import Path
from urllib.parse import urlsplit

from aiohttp import web

from core.door import is_loopback
from core.phrases import LANGUAGES, say

COOKIE = "emoseum_session"
SESSION_S = 90 * 24 * 3600
TRIES_PER_MINUTE = 6  # of one address
TRIES_OF_ALL_PER_MINUTE = 60
WEB_DIR = Path(__file__).resolve().parent.parent / "web"
OPEN_PATHS = ("/login", "/healthz", "/web/")  # nothing behind these belongs to anybody
STUDIO_PATHS = ("/studio", "/api/studio/")  # these know their visitors by themselves

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

FRAMED_BY = "X-Emoseum-Framed-By"  # set by a page for the gate, which makes it part of the policy

#: Nothing but our own files, no inline script or style, no HTML made from strings, in nobody's frame.
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; media-src 'self' blob:; "
        "connect-src 'self'; manifest-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; "
        "require-trusted-types-for 'script'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",  # without one, Chromium posts forms with the origin "null"
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "microphone=(self), camera=(self), geolocation=()",
}


def language_of(request: web.Request) -> str:
    """What a browser asks for, as one of our languages."""
    asked = request.query.get("language") or request.query.get("lang") or request.headers.get("Accept-Language")
    code = (asked or "")[:2].lower()
    return code if code in LANGUAGES else "en"


def sentence(request: web.Request, key: str, status: int, language: str = "", **extra: str) -> web.Response:
    """An answer that says kindly what is wrong."""
    text = say(language or language_of(request), key)
    return web.json_response({"error": key, "say": text, **extra}, status=status)


def _go(path: str) -> web.Response:
    return web.Response(status=303, headers={"Location": path})


class Gate:
    """The door: every request passes it before anything else is looked at."""

    def __init__(
        self, host: str, secret: str, session_secret: bytes, clock: Callable[[], float] = time.time, *,
        public_url: str = "",
    ) -> None:  # fmt: skip
        self.loopback = is_loopback(host)
        self._public = urlsplit(public_url).netloc.lower()
        self._secret = secret.encode()
        self._session_secret = session_secret
        self._clock = clock
        self._tries: dict[str, deque[float]] = {}

    @web.middleware
    async def guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Refuse foreign hosts and origins, ask for the secret where one is needed, and set the headers."""
        response = await self._answer(request, handler)
        if not response.prepared:
            frames = response.headers.popall(FRAMED_BY, ())
            response.headers.update(HEADERS)
            if frames:
                policy = HEADERS["Content-Security-Policy"].replace(
                    "frame-ancestors 'none'", f"frame-ancestors {frames[0]}"
                )
                response.headers["Content-Security-Policy"] = policy
            response.headers.setdefault("Cache-Control", "no-store")
        return response

    async def _answer(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if not self._host_is_ours(request) or not self._origin_is_ours(request):
            return sentence(request, "web.error.foreign", 403)
        if request.path.startswith((*OPEN_PATHS, *STUDIO_PATHS)) or self.knows(request):
            try:
                return await handler(request)
            except web.HTTPNotFound:
                return sentence(request, "web.error.gone", 404)
        if request.path == "/":
            return _go("/login")
        return sentence(request, "web.error.login", 401)

    def _host_is_ours(self, request: web.Request) -> bool:
        """A page of another name that resolves to 127.0.0.1 (DNS rebinding) still sends its own name here.

        By the public name the drawing page is reached, nothing else."""
        if not self.loopback or self._names_loopback(request):
            return True
        return request.host.lower() == self._public and request.path.startswith((*STUDIO_PATHS, "/web/"))

    def _names_loopback(self, request: web.Request) -> bool:
        return is_loopback(urlsplit(f"//{request.host}").hostname or "")

    def _origin_is_ours(self, request: web.Request) -> bool:
        """Only our own pages may post or open a socket; a client without an origin is not a browser."""
        if request.method in ("GET", "HEAD") and "upgrade" not in request.headers.get("Connection", "").lower():
            return True
        origin = request.headers.get("Origin")
        if origin is None:
            return request.headers.get("Sec-Fetch-Site", "same-origin") in ("same-origin", "none")
        return urlsplit(origin).netloc.lower() == request.host.lower()

    # --- the secret ---------------------------------------------------------------------------

    def knows(self, request: web.Request) -> bool:
        """True on loopback and for a session that we signed and that has not run out.

        With a public name, what another server hands on is not from this machine, whatever name it comes by."""
        if self.loopback:
            handed_on = any(name in request.headers for name in ("X-Forwarded-For", "Forwarded", "Via"))
            return self._names_loopback(request) and not (self._public and handed_on)
        until, _, mac = request.cookies.get(COOKIE, "").partition(".")
        if not until.isdecimal() or not hmac.compare_digest(mac.encode(), self._mac(until).encode()):
            return False
        return int(until) > self._clock()

    def _mac(self, until: str) -> str:
        """Bound to the secret as well, so that a changed secret ends every session."""
        bound = until.encode() + b"|" + hashlib.sha256(self._secret).digest()
        return hmac.new(self._session_secret, b"web-session|" + bound, "sha256").hexdigest()

    async def login_page(self, request: web.Request) -> web.StreamResponse:
        """The question for the secret."""
        return _go("/") if self.knows(request) else self._page(request, "", 200)

    async def login(self, request: web.Request) -> web.StreamResponse:
        """Let in whoever knows the secret."""
        form = await request.post()
        if not self._may_try(request.remote or ""):
            return self._page(request, "web.login.slow", 429)
        if not hmac.compare_digest(str(form.get("secret", "")).encode(), self._secret):
            return self._page(request, "web.login.wrong", 403)
        until = str(int(self._clock()) + SESSION_S)
        response = _go("/")
        secure = request.secure or request.headers.get("X-Forwarded-Proto", "") == "https"
        response.set_cookie(
            COOKIE, f"{until}.{self._mac(until)}", max_age=SESSION_S, httponly=True, samesite="Strict", secure=secure
        )
        return response

    def _may_try(self, address: str) -> bool:
        now = self._clock()
        if len(self._tries) > 1000:
            self._tries = {name: tries for name, tries in self._tries.items() if tries and tries[-1] > now - 60}
        for name, limit in ((address, TRIES_PER_MINUTE), ("", TRIES_OF_ALL_PER_MINUTE)):
            tries = self._tries.setdefault(name, deque(maxlen=limit))
            if len(tries) == limit and tries[0] > now - 60:
                return False
        self._tries[address].append(now)
        self._tries[""].append(now)
        return True

    def _page(self, request: web.Request, problem: str, status: int) -> web.Response:
        language = language_of(request)
        page = (WEB_DIR / "login.html").read_text("utf-8")
        words = {"language": language, "problem": say(language, problem) if problem else ""}
        words |= {key: say(language, f"web.login.{key}") for key in ("title", "hint", "secret", "enter")}
        for key, text in words.items():
            page = page.replace("{" + key + "}", html.escape(text))
        return web.Response(text=page, content_type="text/html", status=status)
