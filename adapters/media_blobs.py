"""What a place that keeps sealed files must be able to do; it never sees what is in them."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import Protocol

_NAME = re.compile(r"[0-9A-Za-z]{2,64}", re.ASCII)


class Blobs(Protocol):
    """Sealed files by name: a folder, a bucket, or a folder of another machine."""

    async def put(self, name: str, sealed: bytes) -> None:
        """Whole and durable once this returns, never seen half written; again replaces it. Raises DiskFull, Away."""

    async def get(self, name: str) -> bytes:
        """Raises NotFound, Away."""

    async def delete(self, names: Sequence[str]) -> None:
        """Nothing happens for those that are gone already. Raises Away, then some of them may be gone."""

    async def sweep(self, known: Collection[str], before_s: float) -> int:
        """Remove what is older than `before_s` (seconds since the epoch) and not known; returns how many. Raises Away."""

    async def knock(self) -> None:
        """Raises Away where it can't be reached or does not let us in."""

    async def close(self) -> None:
        """Let go of sockets."""


def is_name(name: str) -> bool:
    """True for what can be a file's name everywhere: no way out of a folder, no case that differs in a letter only."""
    return _NAME.fullmatch(name) is not None


def shelf(name: str) -> str:
    """Where a file lies: a few hundred folders rather than one with everything in it."""
    return f"{name[-2:]}/{name}"
