"""Files on this machine's disk: encrypted before they are written, gone when they are deleted."""

from __future__ import annotations

import asyncio
import errno
import os
import time
from collections.abc import Sequence
from pathlib import Path

import sqlalchemy as sa

from adapters.disk import require_space
from adapters.sql_schema import media, person_keys
from adapters.sql_store import SqlStore
from adapters.uncut import uncut
from adapters.vault import sync_folder
from core.entities import new_id
from core.ports import DiskFull, Media, NotFound
from core.settings import Settings

_ORPHAN_AGE_S = 3600.0
_DRAFT = ".new"


@uncut
class FileMedia:
    """`core.ports.MediaStore` in `data_dir/media`; its rows are in the store's database."""

    def __init__(self, store: SqlStore, settings: Settings) -> None:
        self._store, self._settings = store, settings
        self._root = settings.data_dir / "media"
        store.drop_files = self._drop

    async def put(self, person_id: str, data: bytes, mime: str) -> str:
        """Keep `data` for a person and return its media id. Raises DiskFull, NotFound, Forgotten."""
        require_space(self._settings, len(data))
        media_id = new_id()
        async with self._store.db.read() as connection:
            box = await self._store._box(connection, person_id)
        path = self._path(media_id)
        await asyncio.to_thread(lambda: _write(path, box.seal(media_id, data)))
        row = {"id": media_id, "person_id": person_id, "mime": mime, "file_bytes": len(data)}
        try:
            async with self._store.db.write() as connection:
                await self._store._box(connection, person_id)  # not forgotten while the file was written
                await connection.execute(media.insert().values(**row, created_ms=time.time_ns() // 1_000_000))
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        return media_id

    async def get(self, media_id: str) -> Media:
        """The bytes of `media_id`. Raises NotFound, Forgotten."""
        async with self._store.db.read() as connection:
            row, box = await self._store._row(connection, media, media_id)
        try:
            sealed = await asyncio.to_thread(self._path(media_id).read_bytes)
        except FileNotFoundError:
            raise NotFound(f"the file of {media_id} is gone") from None
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
        """Remove what a crash left: files of forgotten people, and files older than an hour without a row."""
        async with self._store.db.read() as connection:
            keys = media.outerjoin(person_keys, person_keys.c.person_id == media.c.person_id)
            keyless = sa.select(media.c.id).select_from(keys).where(person_keys.c.person_id.is_(None))
            forgotten = (await connection.scalars(keyless)).all()
        await self._drop(forgotten)
        before_s = (time.time() if now_s is None else now_s) - _ORPHAN_AGE_S
        old = await asyncio.to_thread(lambda: [path for path in _files(self._root) if path.stat().st_mtime < before_s])
        async with self._store.db.read() as connection:
            known = set((await connection.scalars(sa.select(media.c.id))).all())
        orphans = [path for path in old if path.name not in known]
        for path in orphans:
            path.unlink(missing_ok=True)
        return len(forgotten) + len(orphans)

    async def _drop(self, media_ids: Sequence[str]) -> None:
        """Files first: a row without a file says "gone", a file without a row would wait for a sweep."""
        for media_id in media_ids:
            self._path(media_id).unlink(missing_ok=True)
        async with self._store.db.write() as connection:
            for media_id in media_ids:
                await connection.execute(media.delete().where(media.c.id == media_id))

    def _path(self, media_id: str) -> Path:
        if not media_id.isalnum():
            raise NotFound("no media of such a name")
        return self._root / media_id[-2:] / media_id


async def open_media(store: SqlStore, settings: Settings) -> FileMedia:
    """The media store, swept."""
    found = FileMedia(store, settings)
    await found.sweep()
    return found


def _write(path: Path, sealed: bytes) -> None:
    """All of the file or none of it, durable."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(path.name + _DRAFT)
    try:
        with draft.open("xb") as file:
            file.write(sealed)
            file.flush()
            os.fsync(file.fileno())
        draft.rename(path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DiskFull(f"the disk filled up under {len(sealed)} bytes") from error
        raise
    sync_folder(path.parent)


def _files(root: Path) -> list[Path]:
    return [path for path in root.glob("*/*") if path.is_file()]
