"""A cable between two machines that can be pulled, cut in the middle of a file, or left hanging."""

from __future__ import annotations

import asyncio
import contextlib


class Wire:
    """Forwards connections to a port of this machine; what it does with them can change at any moment."""

    def __init__(self, port: int) -> None:
        self.target = port
        self.pulled = False  # whoever connects is hung up on
        self.silent = False  # whoever connects waits for ever
        self.up_bytes: int | None = None  # that still pass from the client, then the connection breaks
        self.down_bytes: int | None = None  # that still pass to the client
        self.connections = 0
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.Task[None]] = set()
        self.port = 0

    async def __aenter__(self) -> Wire:
        self._server = await asyncio.start_server(self._met, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for task in tuple(self._open):
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    def pull(self) -> None:
        """Nobody gets through any more, those who are talking neither."""
        self.pulled = True
        for task in tuple(self._open):
            task.cancel()

    def mend(self) -> None:
        """As if nothing had been."""
        self.pulled = self.silent = False
        self.up_bytes = self.down_bytes = None

    async def _met(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        try:
            if self.silent:
                await asyncio.sleep(3600)
            if not self.pulled:
                await self._join(reader, writer)
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            self._open.discard(task)
            writer.transport.abort()

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.target)
        ways = [
            asyncio.create_task(self._carry(reader, far_writer, "up_bytes")),
            asyncio.create_task(self._carry(far_reader, writer, "down_bytes")),
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            far_writer.transport.abort()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, limit: str) -> None:
        with contextlib.suppress(OSError):
            while piece := await reader.read(16 * 1024):
                left = getattr(self, limit)
                if left is not None:
                    piece = piece[:left]
                    setattr(self, limit, left - len(piece))
                writer.write(piece)
                await writer.drain()
                if getattr(self, limit) == 0:
                    await asyncio.sleep(0.05)  # what was carried arrives
                    return
