"""Files are sealed here and nowhere else, with their person's key, before any place that keeps them sees them."""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections.abc import Sequence
from contextlib import suppress

import sqlalchemy as sa

from adapters.media_blobs import Blobs
from adapters.sql_database import upsert
from adapters.sql_schema import inbox, media, meta, person_keys
from adapters.sql_store import SqlStore
from adapters.uncut import uncut
from core.entities import new_id
from core.ports import Away, EmoseumError, Media, NotFound
from core.settings import Settings

log = logging.getLogger(__name__)

ORPHAN_AGE_S = 3600.0
SWEEP_EVERY_S = 3600.0


@uncut
class SealedMedia:
    """`core.ports.MediaStore`: rows in the store's database, sealed bytes wherever `blobs` keeps them."""

    def __init__(self, store: SqlStore, blobs: Blobs) -> None:
        self._store, self.blobs = store, blobs
        self._next_sweep_s = 0.0
        store.drop_files = self._drop

    async def put(self, person_id: str, data: bytes, mime: str, name: str = "") -> str:
        """Keep `data` for a person and return its media id. Raises DiskFull, Away, NotFound, Forgotten."""
        return (await self.put_all(person_id, [(data, mime)], [name] if name else ()))[0]

    async def put_all(self, person_id: str, files: Sequence[tuple[bytes, str]], names: Sequence[str] = ()) -> list[str]:
        """The same for several files, (bytes, mime) each; all of them or none. Raises as `put` does.

        Where one of `names` is kept already, it is written over, and stays where the others can't be kept. Their rows
        come before their files: so whoever deletes their owner finds what a crash in between left."""
        ids = list(names) or [new_id() for _ in files]
        async with self._store.db.read() as connection:
            box = await self._store._box(connection, person_id)
            known = set((await connection.scalars(sa.select(media.c.id).where(media.c.id.in_(names)))).all())
        try:
            if names:
                await self._note(person_id, ids, files)
            for media_id, (data, _mime) in zip(ids, files, strict=True):
                await self.blobs.put(media_id, await asyncio.to_thread(box.seal, media_id, data))
            await self._note(person_id, ids, files)
        except BaseException:
            fresh = [media_id for media_id in ids if media_id not in known]
            with suppress(EmoseumError, sa.exc.SQLAlchemyError):
                await (self._drop(fresh) if names else self._delete(fresh))
            raise
        return ids

    async def _note(self, person_id: str, ids: Sequence[str], files: Sequence[tuple[bytes, str]]) -> None:
        """Write the rows of files. Raises NotFound, Forgotten."""
        now_ms = time.time_ns() // 1_000_000
        async with self._store.db.write() as connection:
            await self._store._box(connection, person_id)  # not forgotten while the file was written
            for media_id, (data, mime) in zip(ids, files, strict=True):
                about = {"person_id": person_id, "mime": mime, "file_bytes": len(data), "sealed_by": None}
                row = {"id": media_id, "created_ms": now_ms, **about}
                await connection.execute(upsert(connection, media, row, update=about))

    async def get(self, media_id: str) -> Media:
        """The bytes of `media_id`. Raises NotFound, Away, Forgotten."""
        async with self._store.db.read() as connection:
            row, box = await self._store._row(connection, media, media_id)
        sealed = await self.blobs.get(media_id)
        return Media(media_id, row.mime, await asyncio.to_thread(box.open, media_id, sealed))

    async def owner(self, media_id: str) -> str:
        """The person that `media_id` belongs to. Raises NotFound."""
        async with self._store.db.read() as connection:
            person_id: str | None = await connection.scalar(sa.select(media.c.person_id).where(media.c.id == media_id))
        if person_id is None:
            raise NotFound(f"no media {media_id}")
        return person_id

    async def delete(self, media_id: str) -> None:
        """Remove the file and its row; nothing happens where it is gone already."""
        await self._drop([media_id])

    async def sweep(self, now_s: float | None = None) -> int:
        """Remove files of forgotten people, and older than an hour those without a row and those of a message that was
        never kept; returns how many. Raises Away."""
        before_s = (time.time() if now_s is None else now_s) - ORPHAN_AGE_S
        async with self._store.db.read() as connection:
            keys = media.outerjoin(person_keys, person_keys.c.person_id == media.c.person_id)
            keyless = sa.select(media.c.id).select_from(keys).where(person_keys.c.person_id.is_(None))
            forgotten = (await connection.scalars(keyless)).all()
            of = sa.func.substr(media.c.id, sa.func.length(media.c.id) - 19)  # see core.entities.file_id
            brought = (media.c.id.like("f%"), sa.func.length(media.c.id) > 20, media.c.created_ms < before_s * 1000)
            unheard = sa.select(media.c.id).outerjoin(inbox, inbox.c.id == of).where(*brought, inbox.c.id.is_(None))
            unkept = (await connection.scalars(unheard)).all()
        gone = {*forgotten, *unkept}
        await self._drop(sorted(gone))
        async with self._store.db.read() as connection:
            known = set((await connection.scalars(sa.select(media.c.id))).all())
        return len(gone) + await self.blobs.sweep(known, before_s)

    async def tidy(self) -> None:
        """Sweep, once an hour however often this is called. Raises Away, and is then tried at the next call."""
        if time.monotonic() >= self._next_sweep_s:
            if swept := await self.sweep():
                log.info("swept %d files that nobody has any more", swept)
            self._next_sweep_s = time.monotonic() + SWEEP_EVERY_S

    async def close(self) -> None:
        """Let go of sockets."""
        await self.blobs.close()

    async def _drop(self, media_ids: Sequence[str]) -> None:
        """Files first. Out of reach they are without a row from now on, so nobody can ask for them, and the sweep
        takes them: nobody who wants to be forgotten has to wait for a bucket."""
        await self._delete(media_ids)
        async with self._store.db.write() as connection:
            for media_id in media_ids:
                await connection.execute(media.delete().where(media.c.id == media_id))

    async def _delete(self, media_ids: Sequence[str]) -> None:
        try:
            if media_ids:
                await self.blobs.delete(media_ids)
        except Away as error:
            log.warning("%d files are left to the sweep: %s", len(media_ids), error)


async def open_media(store: SqlStore, settings: Settings, *, sweep: bool = True) -> SealedMedia:
    """The media of these settings; swept by the bot, who starts all the same where they are out of reach.

    Raises EmoseumError (`error.engine_missing`) where the bucket's library is not installed."""
    found = SealedMedia(store, await _blobs(store, settings))
    if sweep:
        try:
            await found.tidy()
        except Away as error:
            log.error("the media are away, pictures and sounds wait: %s", error)
    return found


async def _blobs(store: SqlStore, settings: Settings) -> Blobs:
    if settings.media.kind == "s3":
        from adapters.s3_media import S3Blobs

        return S3Blobs(settings.media, await _house(store))
    if settings.media.kind == "http":
        from adapters.http_media import HttpBlobs

        return HttpBlobs(settings.media)
    from adapters.file_media import FileBlobs

    return FileBlobs(settings)


async def _house(store: SqlStore) -> str:
    """The folder of this database in a bucket, made up once: whoever starts with an empty database by mistake, or
    shares a bucket, must never sweep the files of another."""
    name = "media_house"
    async with store.db.write() as connection:
        await connection.execute(upsert(connection, meta, {"name": name, "value": secrets.token_bytes(10)}))
        value = await connection.scalar(sa.select(meta.c.value).where(meta.c.name == name))
    if value is None:
        raise EmoseumError("error.database_old", "the name of this house is gone")
    return f"house-{bytes(value).hex()}"
