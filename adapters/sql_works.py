"""What was understood and made of entries, how far the making is, and what people said of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from adapters.sql_base import with_key
from adapters.sql_codec import from_ms, pack, place, to_ms, unpack
from adapters.sql_database import held, upsert
from adapters.sql_entries import EntriesInSql
from adapters.sql_schema import analyses, entries, ratings, stages, turns, works
from core.entities import (
    SURE,
    Analysis,
    Rating,
    Stage,
    StageState,
    Work,
    WorkKind,
    first_id,
    making_id,
    split_making,
    utc_now,
)
from core.ports import NotFound, Turn

_STAGES = sa.select(stages).where(
    stages.c.entry_id == sa.bindparam("entry_id"), stages.c.revision == sa.bindparam("revision")
)
_RATING = sa.select(ratings).where(ratings.c.work_id == sa.bindparam("work_id"))


class WorksInSql(EntriesInSql):
    """The part of `core.ports.Store` about analyses, works, ratings and talk."""

    async def save_analysis(self, entry_id: str, revision: int, analysis: Analysis) -> None:
        """Keep what was understood of a revision; again overwrites. Raises NotFound, Forgotten."""
        async with self.db.write() as connection:
            row, box = await self._row(connection, entries, entry_id)
            values = {
                "entry_id": entry_id,
                "revision": revision,
                "person_id": row.person_id,
                "body": pack(box, place(analyses, f"{entry_id}/{revision}", "body"), analysis),
            }
            await connection.execute(upsert(connection, analyses, values, update=("body",)))
            line = self._read_line_of(box, row)
            if revision < line.understood:
                return
            changes: dict[str, Any] = {"understood": revision}
            if revision == row.revision and analysis.summary:
                changes["summary"] = analysis.summary
            if not line.corrected:
                changes["emotion"] = analysis.emotion.name if analysis.emotion.confidence >= SURE else ""
            await self._change_line(connection, box, row, **changes)

    async def analysis(self, entry_id: str, revision: int | None = None) -> Analysis | None:
        """Of that revision, else of the newest that has one."""
        found = with_key(analyses).where(analyses.c.entry_id == entry_id).order_by(analyses.c.revision.desc()).limit(1)
        if revision is not None:
            found = found.where(analyses.c.revision == revision)
        async with self.db.read() as connection:
            row = (await connection.execute(found)).one_or_none()
        if row is None:
            return None
        box = self.vault.box(row.person_id, row.wrapped)
        return unpack(box, place(analyses, f"{entry_id}/{row.revision}", "body"), row.body, Analysis)

    async def save_work(self, work: Work) -> None:
        """Keep a work; the same id again overwrites. Raises NotFound, Forgotten."""
        async with self.db.write() as connection:
            row, box = await self._row(connection, entries, work.entry_id)
            values = {
                "id": work.id,
                "entry_id": work.entry_id,
                "person_id": row.person_id,
                "revision": work.revision,
                "kind": work.kind.value,
                "made_ms": to_ms(work.made_at),
                "body": pack(box, place(works, work.id, "body"), work),
            }
            update = ("revision", "kind", "made_ms", "body")
            await connection.execute(upsert(connection, works, values, update=update))
            if work.kind is WorkKind.PICTURE and work.revision >= self._read_line_of(box, row).pictured:
                changes = {"picture_media_id": work.media_id, "pictured": work.revision}
                await self._change_line(connection, box, row, **changes)

    async def work(self, work_id: str) -> Work:
        """Raises NotFound."""
        async with self.db.read() as connection:
            row, _box = await self._row(connection, works, work_id)
            return self._read_work(row)

    async def works(self, entry_id: str) -> Sequence[Work]:
        """Of all revisions, oldest first."""
        found = with_key(works).where(works.c.entry_id == entry_id).order_by(works.c.made_ms, works.c.id)
        async with self.db.read() as connection:
            return [self._read_work(row) for row in await connection.execute(found)]

    async def latest_work(self, entry_id: str, kind: WorkKind) -> Work | None:
        """The newest of its kind: of the highest revision, then made last."""
        found = with_key(works).where(works.c.entry_id == entry_id, works.c.kind == kind.value)
        newest = found.order_by(works.c.revision.desc(), works.c.made_ms.desc(), works.c.id.desc()).limit(1)
        async with self.db.read() as connection:
            row = (await connection.execute(newest)).one_or_none()
            return None if row is None else self._read_work(row)

    async def recent_comments(self, person_id: str, limit: int = 5) -> Sequence[str]:
        """Anna's latest comments to a person, newest first, so that she does not repeat herself."""
        found = with_key(works).where(works.c.person_id == person_id, works.c.kind == WorkKind.COMMENT.value)
        newest = found.order_by(works.c.made_ms.desc(), works.c.id.desc()).limit(limit)
        async with self.db.read() as connection:
            return [self._read_work(row).text for row in await connection.execute(newest)]

    async def set_stage(
        self, entry_id: str, revision: int, name: str, state: StageState, *,
        work_id: str = "", reference: str = "", seconds: float = 0.0,
    ) -> None:  # fmt: skip
        """Say how far a stage of the making of a revision is. Raises NotFound."""
        told = {"state": state.value, "work_id": work_id, "reference": reference, "seconds": seconds, "done": 0.0}
        async with self.db.write() as connection:
            mine = sa.select(entries.c.person_id).where(entries.c.id == entry_id)
            person_id = await connection.scalar(held(connection, mine))
            if person_id is None:
                raise NotFound(f"no entry {entry_id}")
            row = {"entry_id": entry_id, "revision": revision, "name": name, "person_id": person_id, **told}
            await connection.execute(upsert(connection, stages, row, update=told))

    async def stages(self, entry_id: str, revision: int) -> dict[str, Stage]:
        """By stage name; empty where nothing was begun."""
        async with self.db.read() as connection:
            rows = (await connection.execute(_STAGES, {"entry_id": entry_id, "revision": revision})).all()
        return {r.name: Stage(r.name, StageState(r.state), r.work_id, r.reference, r.seconds, r.done) for r in rows}

    async def unheard(self, since: datetime, after: str = "", limit: int = 50) -> Sequence[str]:
        """Makings whose recordings nobody could listen to, of entries that began since then and come `after` that making,
        oldest first. Ids tell their time, so that it is found by the key's own index."""
        id_, revision = stages.c.entry_id, stages.c.revision
        past: sa.ColumnElement[bool] = sa.true()
        if after:
            last = split_making(after)
            past = (id_ > last[0]) | (id_ == last[0]) & (revision > last[1])
        failed = (stages.c.name == "listen") & (stages.c.state == StageState.FAILED.value)
        begin = max(first_id(since.timestamp()), after.partition(".")[0])
        found = sa.select(id_, revision).where(id_ >= begin, past, failed).order_by(id_, revision).limit(limit)
        async with self.db.read() as connection:
            return [making_id(row.entry_id, row.revision) for row in await connection.execute(found)]

    async def rate(self, person_id: str, work_id: str, stars: int) -> Rating:
        """Keep 1-5 stars; again changes it. Raises NotFound where the work is not this person's, ValueError."""
        if not 1 <= stars <= 5:
            raise ValueError(f"{stars} is not between 1 and 5 stars")
        rating = Rating(work_id, stars, utc_now())
        async with self.db.write() as connection:
            mine = sa.select(works.c.id).where(works.c.id == work_id, works.c.person_id == person_id)
            if await connection.scalar(held(connection, mine)) is None:
                raise NotFound(f"work {work_id} is not of {person_id}")
            told = {"stars": stars, "rated_ms": to_ms(rating.rated_at)}
            row = {"work_id": work_id, "person_id": person_id, **told}
            await connection.execute(upsert(connection, ratings, row, update=told))
        return rating

    async def rating(self, work_id: str) -> Rating | None:
        """The newest rating of a work."""
        async with self.db.read() as connection:
            row = (await connection.execute(_RATING, {"work_id": work_id})).one_or_none()
            return None if row is None else Rating(work_id, row.stars, from_ms(row.rated_ms))

    async def add_turn(self, person_id: str, turn: Turn) -> None:
        """Keep one turn of talk; the same id again changes nothing. Raises NotFound, Forgotten."""
        async with self.db.write() as connection:
            box = await self._box(connection, person_id)
            row = {
                "id": turn.id,
                "person_id": person_id,
                "entry_id": turn.entry_id or None,
                "at_ms": self._now_ms() if turn.at is None else to_ms(turn.at),
                "body": pack(box, place(turns, turn.id, "body"), turn),
            }
            await connection.execute(upsert(connection, turns, row))

    async def turns(self, person_id: str, limit: int = 12) -> Sequence[Turn]:
        """The latest turns, oldest first."""
        found = with_key(turns).where(turns.c.person_id == person_id)
        newest = found.order_by(turns.c.at_ms.desc(), turns.c.id.desc()).limit(limit)
        async with self.db.read() as connection:
            rows = (await connection.execute(newest)).all()
        return [self._read_turn(row) for row in reversed(rows)]

    def _read_turn(self, row: Any) -> Turn:
        box = self.vault.box(row.person_id, row.wrapped)
        return unpack(box, place(turns, row.id, "body"), row.body, Turn)

    def _read_work(self, row: Any) -> Work:
        box = self.vault.box(row.person_id, row.wrapped)
        return unpack(box, place(works, row.id, "body"), row.body, Work)
