"""Requests to Discord are counted: what kind, and how it ended; no id and no token of a path is kept."""

from __future__ import annotations

from typing import Any

import aiohttp

from core import metrics

_WORDS = frozenset(
    [
        "applications",
        "attachments",
        "bot",
        "callback",
        "channels",
        "commands",
        "gateway",
        "guilds",
        "interactions",
        "messages",
        "oauth2",
        "typing",
        "users",
        "webhooks",
        "@me",
        "@original",
    ]
)


def counted() -> aiohttp.TraceConfig:
    """For `discord.Client(http_trace=...)`."""
    trace = aiohttp.TraceConfig()
    trace.on_request_end.append(_ended)
    trace.on_request_exception.append(_failed)
    return trace


async def _ended(_session: Any, _context: Any, told: aiohttp.TraceRequestEndParams) -> None:
    metrics.requests.add("discord", _kind(told.method, told.url.path), str(told.response.status))


async def _failed(_session: Any, _context: Any, told: aiohttp.TraceRequestExceptionParams) -> None:
    metrics.requests.add("discord", _kind(told.method, told.url.path), type(told.exception).__name__)


def _kind(method: str, path: str) -> str:
    """`POST channels/messages`."""
    return f"{method} {'/'.join(word for word in path.split('/') if word in _WORDS) or 'other'}"
