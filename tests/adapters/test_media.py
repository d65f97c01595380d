"""Files are kept whole, unreadable from outside, and gone when they are deleted."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

import pytest

from adapters.file_media import FileMedia, open_media
from adapters.sql_store import SqlStore
from adapters.vault import Damaged
from core.entities import Person
from core.ports import DiskFull, Forgotten, NotFound
from core.settings import Settings, load_settings

PNG = b"\x89PNG" + bytes(range(256)) * 50


def files(settings: Settings) -> list[Path]:
    return [path for path in (settings.data_dir / "media").rglob("*") if path.is_file()]


async def test_a_file_comes_back_as_it_was_put(media: FileMedia, person: Person, settings: Settings) -> None:
    media_id = await media.put(person.id, PNG, "image/png")
    found = await media.get(media_id)
    assert (found.id, found.mime, found.data) == (media_id, "image/png", PNG)
    assert await media.owner(media_id) == person.id
    [path] = files(settings)
    assert path.name == media_id and PNG[:40] not in path.read_bytes()
    assert (await media.get(await media.put(person.id, b"", "text/plain"))).data == b""


async def test_a_deleted_file_is_gone_and_deleting_again_is_nothing(
    media: FileMedia, person: Person, settings: Settings
) -> None:
    media_id = await media.put(person.id, PNG, "image/png")
    for _ in range(2):
        await media.delete(media_id)
    assert not files(settings)
    for asked in (media.get(media_id), media.owner(media_id), media.get("../../etc/passwd"), media.get("")):
        with pytest.raises(NotFound):
            await asked


async def test_a_file_whose_bytes_are_lost_is_not_found(media: FileMedia, person: Person, settings: Settings) -> None:
    media_id = await media.put(person.id, PNG, "image/png")
    files(settings)[0].unlink()
    with pytest.raises(NotFound):
        await media.get(media_id)


async def test_files_that_changed_places_do_not_open(media: FileMedia, person: Person, settings: Settings) -> None:
    first, second = [await media.put(person.id, PNG + bytes([n]), "image/png") for n in range(2)]
    paths = {path.name: path for path in files(settings)}
    shutil.copy(paths[second], paths[first])
    with pytest.raises(Damaged):
        await media.get(first)


async def test_a_full_disk_is_told_before_anything_is_written(
    store: SqlStore, person: Person, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    careful = FileMedia(store, load_settings(data_dir=settings.data_dir, work={"min_free_mb": 200}))
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: shutil._ntuple_diskusage(10**12, 0, 200 * 2**20 + 100))
    assert await careful.put(person.id, b"x" * 100, "text/plain")
    with pytest.raises(DiskFull):
        await careful.put(person.id, b"x" * 101, "text/plain")
    assert len(files(settings)) == 1


async def test_a_disk_that_fills_up_while_writing_leaves_nothing(
    media: FileMedia, person: Person, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(DiskFull):
            await media.put(person.id, PNG, "image/png")
    assert not files(settings)


async def test_what_a_crash_left_is_swept_after_an_hour(
    store: SqlStore, media: FileMedia, person: Person, settings: Settings
) -> None:
    kept = await media.put(person.id, PNG, "image/png")
    folder = settings.data_dir / "media" / "zz"
    folder.mkdir()
    for name in ("orphan", "orphan.new"):
        (folder / name).write_bytes(b"x")
    await open_media(store, settings)
    assert len(files(settings)) == 3
    for path in files(settings):
        os.utime(path, (time.time() - 3700,) * 2)
    await open_media(store, settings)
    assert [path.name for path in files(settings)] == [kept]


async def test_nothing_is_put_for_somebody_forgotten(
    store: SqlStore, media: FileMedia, person: Person, settings: Settings
) -> None:
    media_id = await media.put(person.id, PNG, "image/png")
    await store.forget(person.id)
    assert not files(settings)
    with pytest.raises(NotFound):
        await media.get(media_id)
    with pytest.raises(Forgotten):
        await media.put(person.id, PNG, "image/png")
    assert not files(settings)
