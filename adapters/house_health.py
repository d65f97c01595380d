"""How the house is: its database, its disk, its media, what waits in the queues, and what nobody knows the end of."""

from __future__ import annotations

import shutil
import time
from collections.abc import Sequence

import sqlalchemy as sa

from adapters.sealed_media import SealedMedia
from adapters.sql_schema import outbox
from adapters.sql_store import SqlStore
from adapters.uncut import uncut
from core.entities import SendState
from core.health import Check
from core.jobs import ANSWERS
from core.ports import Health
from core.settings import Settings

_MB = 1024 * 1024
_CHATS = ("web", "telegram", "discord")


@uncut
class HouseHealth:
    """Checks for `core.health.Checks`; each only looks."""

    def __init__(self, settings: Settings, store: SqlStore, media: SealedMedia) -> None:
        self._settings, self._store, self._media = settings, store, media
        self._jobs = sa.table(
            "workflow_status",
            *(sa.column(name) for name in ("application_name", "queue_name", "status", "created_at")),
            schema=None if store.db.is_sqlite else "dbos",
        )  # the durable engine's; looked into as one looks into a queue at the door

    def vital(self, role: str) -> dict[str, Check]:
        """What a role can't do without, by name."""
        return {"database": self.database, "disk": self.disk, "media": self.media, "queue": self.queue(role)}

    async def database(self) -> Health:
        """Well where it answers a question."""
        begun = time.monotonic()
        async with self._store.db.read() as connection:
            await connection.scalar(sa.select(sa.literal(1)))
        seconds = time.monotonic() - begun
        return Health(True, f"answers in {seconds * 1000:.0f} ms", {"query_seconds": round(seconds, 4)})

    async def disk(self) -> Health:
        """Well where more than `work.min_free_mb` is free."""
        free_bytes = shutil.disk_usage(self._settings.data_dir).free
        needed_mb = self._settings.work.min_free_mb
        told = f"{free_bytes // _MB} MB free, {needed_mb} needed"
        return Health(free_bytes >= needed_mb * _MB, told, {"disk_free_bytes": float(free_bytes)})

    async def media(self) -> Health:
        """Well where the place of the files lets us in. Raises Away."""
        await self._media.blobs.knock()
        return Health(True, self._settings.media.kind)

    def queue(self, role: str) -> Check:
        """A check of a role's queues: well where nothing has waited there for longer than `health.queue_old_s`."""

        async def waiting() -> Health:
            return await self.waiting(role)

        return waiting

    async def waiting(self, role: str) -> Health:
        """How much waits for a role and for how long, in seconds, and how much is under way.

        Answers that wait are left out: they wait for the core, and stand in its queue too."""
        jobs = self._jobs.c
        asked = (
            sa.select(jobs.status, sa.func.count(), sa.func.min(jobs.created_at))
            .where(jobs.status.in_(("ENQUEUED", "PENDING")), jobs.application_name == role)
            .where((jobs.status == "PENDING") | (jobs.queue_name != ANSWERS))
            .group_by(jobs.status)
        )
        async with self._store.db.read() as connection:
            found = {row[0]: (row[1], row[2]) for row in await connection.execute(asked)}
        depth, oldest_ms = found.get("ENQUEUED", (0, None))
        oldest_s = 0.0 if oldest_ms is None else max(0.0, time.time() - oldest_ms / 1000)
        numbers = {
            "queue_depth": float(depth),
            "queue_oldest_seconds": round(oldest_s, 1),
            "jobs_under_way": float(found.get("PENDING", (0, None))[0]),
        }
        told = f"{depth} wait, the oldest for {oldest_s:.0f} s" if depth else "nothing waits"
        return Health(oldest_s <= self._settings.health.queue_old_s, told, numbers)

    async def sendings(self) -> Health:
        """How many replies nobody knows the end of, and how many were refused. That is told, and no illness."""
        counts = await self._sendings(_CHATS)
        numbers = {
            "sendings_in_doubt": float(counts.get(SendState.UNKNOWN.value, 0)),
            "sendings_failed": float(counts.get(SendState.FAILED.value, 0)),
            "sendings_in_flight": float(counts.get(SendState.INFLIGHT.value, 0)),
        }
        return Health(True, f"{numbers['sendings_in_doubt']:.0f} in doubt", numbers)

    async def _sendings(self, platforms: Sequence[str]) -> dict[str, int]:
        """By state, by an index: those that were sent are not counted."""
        states = [SendState.UNKNOWN.value, SendState.FAILED.value, SendState.INFLIGHT.value]
        asked = sa.select(outbox.c.state, sa.func.count()).where(
            outbox.c.platform.in_(platforms), outbox.c.state.in_(states)
        )
        async with self._store.db.read() as connection:
            return {row[0]: row[1] for row in await connection.execute(asked.group_by(outbox.c.state))}
