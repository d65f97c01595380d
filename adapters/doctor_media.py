"""Is there a place for pictures and sounds, and does it let us in?"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from urllib.parse import urlsplit

from adapters.doctor_doors import is_busy, is_private
from adapters.doctor_look import BAD, GOOD, NOTICE, Told
from adapters.media_blobs import Blobs
from adapters.role_claim import role_is_taken
from core.ports import Away, EngineMissing
from core.settings import Settings


def media(settings: Settings, timeout_s: float) -> Iterator[Told]:
    """Knocks at a bucket or at the bot's host, and changes nothing there."""
    own = settings.media
    if own.kind == "files":
        yield from _files(settings)
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
        yield BAD, "media", "media.driver", {}
    except Away as error:
        yield BAD, "media", f"media.{own.kind}_away", {"where": where, "cause": str(error)}
    else:
        yield GOOD, "media", f"media.{own.kind}", {"where": where}
    if own.kind == "http" and own.http_url.startswith("http://") and not is_private(urlsplit(where).hostname or ""):
        yield NOTICE, "media", "media.in_clear", {"where": where}


def _files(settings: Settings) -> Iterator[Told]:
    own = settings.media
    if not own.served:
        yield GOOD, "media", "media.files", {}
        return
    where = f"{own.http_host}:{own.http_port}"
    if not role_is_taken(settings.data_dir, "bot") and is_busy(own.http_host, own.http_port):
        yield BAD, "media", "media.busy", {"where": where}
    elif not is_private(own.http_host):
        yield NOTICE, "media", "media.open", {"where": where}
    else:
        yield GOOD, "media", "media.lent", {"where": where}


async def _knocked(blobs: Blobs) -> None:
    try:
        await blobs.knock()
    finally:
        await blobs.close()
