"""Is there a place for pictures and sounds, does it let us in, and can we be asked how we are?"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from adapters.media_blobs import Blobs
from core.ports import Away, EngineMissing
from core.settings import Settings


def media(settings: Settings, timeout_s: float, *, bot_runs: bool) -> Iterator[Any]:
    """Knocks at a bucket or at the bot's host, and changes nothing there."""
    own = settings.media
    if own.kind == "files":
        yield from _files(settings, bot_runs=bot_runs)
        return
    where = own.s3_bucket if own.kind == "s3" else own.http_url
    hurried = own.model_copy(update={"timeout_s": timeout_s})
    try:
        if own.kind == "s3":
            from adapters.s3_media import S3Blobs

            asyncio.run(_knocked(S3Blobs(hurried, "doctor")))
        else:
            from adapters.http_media import HttpBlobs

            asyncio.run(_knocked(HttpBlobs(hurried)))
    except EngineMissing:
        yield "✗", "media", "media.driver", {}
    except Away as error:
        yield "✗", "media", f"media.{own.kind}_away", {"where": where, "cause": str(error)}
    else:
        yield "✓", "media", f"media.{own.kind}", {"where": where}
    if own.kind == "http" and own.http_url.startswith("http://") and not _is_private(urlsplit(where).hostname or ""):
        yield "!", "media", "media.in_clear", {"where": where}


def _files(settings: Settings, *, bot_runs: bool) -> Iterator[Any]:
    own = settings.media
    if not own.served:
        yield "✓", "media", "media.files", {}
        return
    where = f"{own.http_host}:{own.http_port}"
    if not bot_runs and _is_busy(own.http_host, own.http_port):
        yield "✗", "media", "media.busy", {"where": where}
    elif not _is_private(own.http_host):
        yield "!", "media", "media.open", {"where": where}
    else:
        yield "✓", "media", "media.lent", {"where": where}


def health(settings: Settings) -> Iterator[Any]:
    """Where each role answers how it is."""
    own = settings.health
    ports = {"bot": own.port_bot, "core": own.port_core}
    told = ", ".join(f"{role} http://{own.host}:{port}/healthz" for role, port in ports.items() if port)
    if not told:
        yield "✓", "health", "health.off", {}
    elif own.port_bot == own.port_core:
        yield "!", "health", "health.same_port", {"port": own.port_bot}
    elif not _is_private(own.host):
        yield "!", "health", "health.open", {"where": told}
    else:
        yield "✓", "health", "health.here", {"where": told}


async def _knocked(blobs: Blobs) -> None:
    try:
        await blobs.knock()
    finally:
        await blobs.close()


def _is_private(host: str) -> bool:
    """True for this machine and for networks of one's own: what passes there is not on the open road."""
    try:
        address = ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return host == "localhost"
    return address.is_private and not address.is_unspecified


def _is_busy(host: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as ours:
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            ours.bind((host.strip("[]"), port))
        except OSError:
            return True
    return False
