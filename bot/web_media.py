"""Pictures and sounds for the page: to their owner only, and in pieces where a player asks for pieces."""

from __future__ import annotations

import re

from aiohttp import web

from core.ports import Media

#: What a browser may show by itself; anything else is only ever saved.
SHOWN = frozenset(
    [
        "image/png",
        "image/jpeg",
        "image/webp",
        "image/gif",
        "audio/ogg",
        "audio/mpeg",
        "audio/mp4",
        "audio/webm",
        "audio/wav",
        "audio/aac",
        "audio/flac",
    ]
)
_RANGE = re.compile(r"bytes=(\d*)-(\d*)$")


def media_response(request: web.Request, media: Media) -> web.Response:
    """The file, or the bytes of it that a `Range` header asks for (Safari plays nothing without)."""
    headers = {
        "Accept-Ranges": "bytes",
        "Cache-Control": "private, max-age=31536000, immutable",
        "Content-Disposition": "inline" if media.mime in SHOWN else "attachment",
        "ETag": f'"{media.id}"',
    }
    if request.headers.get("If-None-Match") == headers["ETag"]:
        return web.Response(status=304, headers=headers)
    mime = media.mime if media.mime in SHOWN else "application/octet-stream"
    asked = _RANGE.match(request.headers.get("Range", "").strip())
    if asked is None or asked.groups() == ("", ""):
        return web.Response(body=media.data, content_type=mime, headers=headers)
    size = len(media.data)
    first, last = _span(asked[1], asked[2], size)
    if first > last or first >= size:
        return web.Response(status=416, headers={"Content-Range": f"bytes */{size}"})
    headers["Content-Range"] = f"bytes {first}-{last}/{size}"
    return web.Response(status=206, body=media.data[first : last + 1], content_type=mime, headers=headers)


def _span(first: str, last: str, size: int) -> tuple[int, int]:
    """First and last byte, both inclusive; "-500" asks for the last 500."""
    if not first:
        return max(0, size - int(last)), size - 1 if int(last) else -1
    return int(first), min(int(last), size - 1) if last else size - 1
