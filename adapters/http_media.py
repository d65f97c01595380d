"""The bot's host lends its sealed files to a core on another machine: the endpoint, and the client that asks it.

The core needs no open port for this: it asks. Whoever holds the token can read, replace and delete sealed files and
nothing else; what is in them opens with the keys only, and those never pass here.
"""

from __future__ import annotations

import asyncio
import hmac
import io
import logging
from collections.abc import Awaitable, Callable, Collection, Iterator, Sequence
from contextlib import contextmanager

import aiohttp
from aiohttp import web

from adapters.file_media import FileBlobs
from adapters.media_blobs import is_name
from adapters.vault import looks_sealed
from core import settings
from core.door import Door
from core.ports import Away, DiskFull, EmoseumError, NotFound
from core.trouble import describe

log = logging.getLogger(__name__)

_MARK = "X-Emoseum-Media"  # tells our answers from those of a proxy on the way, or of another server
_PIECE_BYTES = 256 * 1024
_SLOWEST_BYTES_PER_S = 50_000
_CONNECT_S = 5.0
_AT_ONCE = 8  # connections of one process
_MB = 1024 * 1024


class MediaEndpoint:
    """PUT, GET and DELETE of sealed files under `/blobs/<name>`, for who knows the token."""

    def __init__(self, files: FileBlobs, media: settings.Media) -> None:
        self._files, self._settings = files, media
        self._token = media.http_token.get_secret_value().encode()
        self._door = Door()
        self.address = ""  # set by start

    async def start(self) -> None:
        """Open the door. Raises EmoseumError where the port is taken."""
        app = web.Application(middlewares=[self._guard])
        app.router.add_get("/blobs", self._knock)
        app.router.add_put("/blobs/{name}", self._put)
        app.router.add_get("/blobs/{name}", self._get)
        app.router.add_delete("/blobs/{name}", self._delete)
        own = self._settings
        await self._door.open(app, own.http_host, own.http_port, name="media.http_port", leave_s=2.0)
        self.address = self._door.address

    async def stop(self) -> None:
        """Close the door; what was half written stays unseen."""
        await self._door.close()

    @web.middleware
    async def _guard(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        """The token before all else, and a status for each error that the client knows."""
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        if kind.lower() != "bearer" or not hmac.compare_digest(token.strip().encode(), self._token):
            log.warning("a %s with a wrong token was refused", request.method)
            return self._answer(401)
        try:
            if "name" in request.match_info and not is_name(request.match_info["name"]):
                return self._answer(404)
            response = await handler(request)
        except NotFound:
            return self._answer(404)
        except DiskFull:
            return self._answer(507)
        except web.HTTPException as error:  # no such path, no such method
            return self._answer(error.status)
        except (ConnectionError, asyncio.CancelledError):
            raise
        except Exception as error:  # whatever a disk throws, the core waits and asks again
            log.error("lending files, %s: %s", request.method, describe(error))
            return self._answer(500)
        response.headers[_MARK] = "1"
        return response

    @staticmethod
    def _answer(status: int) -> web.Response:
        return web.Response(status=status, headers={_MARK: "1"})

    async def _knock(self, _request: web.Request) -> web.StreamResponse:
        await self._files.knock()
        return self._answer(204)

    async def _put(self, request: web.Request) -> web.StreamResponse:
        """Piece by piece to the disk: forty megabytes are not held in memory. Half of a file is no file."""
        size = request.content_length
        if size is None:
            return self._answer(411)
        if size > self._settings.http_max_mb * _MB:
            return self._answer(413)
        with self._files.draft(request.match_info["name"], size) as draft:
            async with asyncio.timeout(self._settings.timeout_s + size / _SLOWEST_BYTES_PER_S):
                async for piece in request.content.iter_chunked(_PIECE_BYTES):
                    if not draft.file_bytes and not looks_sealed(piece, size):
                        return self._answer(422)
                    await asyncio.to_thread(draft.write, piece)
            if draft.file_bytes != size or not size:
                return self._answer(400)
            await asyncio.to_thread(draft.keep)
        return self._answer(201)

    async def _get(self, request: web.Request) -> web.StreamResponse:
        path = self._files.path(request.match_info["name"])
        if not await asyncio.to_thread(path.is_file):
            raise NotFound("no such file")
        return web.FileResponse(path, chunk_size=_PIECE_BYTES, headers={"Content-Type": "application/octet-stream"})

    async def _delete(self, request: web.Request) -> web.StreamResponse:
        await self._files.delete([request.match_info["name"]])
        return self._answer(204)


class HttpBlobs:
    """`adapters.media_blobs.Blobs` of a bot's host elsewhere."""

    def __init__(self, media: settings.Media) -> None:
        self._settings = media
        self._base = media.http_url.rstrip("/") + "/blobs"
        self._session: aiohttp.ClientSession | None = None

    async def put(self, name: str, sealed: bytes) -> None:
        """See Blobs. Raises EmoseumError (`error.media_too_large`) for more than `media.http_max_mb`."""
        if len(sealed) > self._settings.http_max_mb * _MB:
            raise EmoseumError("error.media_too_large", f"{len(sealed)} bytes")
        await self._ask("PUT", name, 201, sealed)

    async def get(self, name: str) -> bytes:
        """See Blobs."""
        if not is_name(name):
            raise NotFound("no media of such a name")
        return await self._ask("GET", name, 200)

    async def delete(self, names: Sequence[str]) -> None:
        """See Blobs."""
        results = await asyncio.gather(
            *(self._ask("DELETE", name, 204) for name in names if is_name(name)), return_exceptions=True
        )
        for result in results:
            if isinstance(result, BaseException):
                raise result

    async def sweep(self, known: Collection[str], before_s: float) -> int:
        """None: the host that has the files sweeps them."""
        return 0

    async def knock(self) -> None:
        """See Blobs."""
        await self._ask("GET", "", 204)

    async def close(self) -> None:
        """Let go of sockets."""
        if self._session is not None:
            await self._session.close()

    async def _ask(self, method: str, name: str, wanted: int, sealed: bytes | None = None) -> bytes:
        limit_s = self._settings.timeout_s + len(sealed or b"") / _SLOWEST_BYTES_PER_S
        with self._reached():
            async with (
                asyncio.timeout(limit_s if method != "GET" else None),
                self._open().request(
                    method,
                    f"{self._base}/{name}" if name else self._base,
                    data=None if sealed is None else io.BytesIO(sealed),
                    allow_redirects=False,
                ) as response,
            ):
                if _MARK not in response.headers:
                    raise Away(f"{self._base} is not the media of a bot: it answers {response.status}")
                if response.status == wanted:
                    return await response.read()
                raise _error(response.status, name, self._base)

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            limit_s = self._settings.timeout_s
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=_AT_ONCE),
                headers={"Authorization": f"Bearer {self._settings.http_token.get_secret_value()}"},
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=min(_CONNECT_S, limit_s), sock_read=limit_s),
            )
        return self._session

    @contextmanager
    def _reached(self) -> Iterator[None]:
        """Around every request: what a network throws becomes what we can wait for."""
        try:
            yield
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Away(f"{self._base}: {type(error).__name__}") from error


def _error(status: int, name: str, where: str) -> EmoseumError:
    if status == 404 and name:
        return NotFound(f"the file of {name} is gone")
    if status == 507:
        return DiskFull(f"the disk behind {where} is full")
    if status == 413:
        return EmoseumError("error.media_too_large", f"{where} takes no such large file")
    return Away(f"{where} refuses our token" if status == 401 else f"{where} answers {status}")
