"""A door: one of our HTTP servers on a host and a port; every one is opened and closed alike."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

from core.ports import EmoseumError

if TYPE_CHECKING:
    from aiohttp import web


class Door:
    """Closed until `open`; may be closed twice."""

    def __init__(self) -> None:
        self.address = ""  # http://host:port, as it really is where port 0 took a free one
        self._runner: web.AppRunner | None = None

    @property
    def is_open(self) -> bool:
        """True while somebody may come in."""
        return self._runner is not None

    async def open(
        self,
        app: web.Application,
        host: str,
        port: int,
        *,
        taken: str = "error.port_taken",
        name: str = "",
        leave_s: float = 0.5,
    ) -> None:
        """Listen for `app`; at `close`, who is inside has `leave_s` to leave.

        Raises EmoseumError with the key `taken` where the port can't be had; `name` says in it which door that was.
        """
        from aiohttp import web

        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=leave_s)
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, host, port).start()
        except OSError as error:
            await self.close()
            raise EmoseumError(taken, f"{name} {host}:{port}: {error.strerror}".lstrip()) from error
        bound = self._runner.addresses[0][1]
        self.address = f"http://[{host}]:{bound}" if ":" in host else f"http://{host}:{bound}"

    async def close(self) -> None:
        """Let nobody in any more."""
        if self._runner is not None:
            runner, self._runner = self._runner, None
            await runner.cleanup()


def is_loopback(host: str) -> bool:
    """True for names and addresses that only this machine can reach."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"
