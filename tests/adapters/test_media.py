"""Files are kept whole, unreadable from outside, and gone when they are deleted: in a folder, a bucket, and elsewhere."""

from __future__ import annotations

import asyncio
import os
import shutil
import time
import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from adapters.sealed_media import SealedMedia
from adapters.sql_schema import media as media_table
from adapters.sql_store import SqlStore
from adapters.vault import Damaged
from core.entities import Person
from core.patience import patiently
from core.ports import Away, DiskFull, Forgotten, NotFound
from core.settings import Settings
from tests.adapters.conftest import an_entry
from tests.adapters.test_store import a_work
from tests.fakes.media_places import Bucket, Place, place

PNG = b"\x89PNG" + bytes(range(256)) * 50
ALL = ["files", "s3", "http"]
in_a_folder = pytest.mark.parametrize("where", ["files", "http"], indirect=True)
behind_a_wire = pytest.mark.parametrize("where", ["s3", "http"], indirect=True)


@pytest.fixture(params=ALL)
async def where(request: pytest.FixtureRequest, settings: Settings) -> AsyncIterator[Place]:
    s3_url = request.getfixturevalue("s3_url") if request.param == "s3" else ""
    async with place(request.param, settings, s3_url, f"diary-{uuid.uuid4().hex[:8]}") as found:
        yield found


@pytest.fixture
async def media(store: SqlStore, where: Place) -> AsyncIterator[SealedMedia]:
    opened = await where.media(store)
    yield opened
    await opened.close()


async def rows(store: SqlStore) -> list[str]:
    async with store.db.read() as connection:
        return list((await connection.scalars(sa.select(media_table.c.id))).all())


# --- kept --------------------------------------------------------------------------------------


async def test_a_file_comes_back_as_it_was_put(media: SealedMedia, person: Person, where: Place) -> None:
    media_id = await media.put(person.id, PNG, "image/png")
    found = await media.get(media_id)
    assert (found.id, found.mime, found.data) == (media_id, "image/png", PNG)
    assert await media.owner(media_id) == person.id
    assert where.names() == [media_id] and PNG[:40] not in where.read(media_id)
    assert (await media.get(await media.put(person.id, b"", "text/plain"))).data == b""


async def test_forty_megabytes_and_many_at_once(store: SqlStore, person: Person, where: Place) -> None:
    patient = where.settings.media.model_copy(update={"timeout_s": 60.0})  # a busy machine writes so much slowly
    where.settings = where.settings.model_copy(update={"media": patient})
    media = await where.media(store)
    big = os.urandom(1024) * 40 * 1024
    small = [bytes([n]) * (1000 + n) for n in range(40)]
    ids = await asyncio.gather(*(media.put(person.id, data, "image/png") for data in [big, *small]))
    assert sorted(ids) == where.names()
    found = await asyncio.gather(*(media.get(media_id) for media_id in ids))
    assert [one.data for one in found] == [big, *small]
    if isinstance(where, Bucket):
        assert where.parts() == 0
    await media.close()


async def test_a_file_whose_bytes_are_lost_is_not_found(media: SealedMedia, person: Person, where: Place) -> None:
    media_id = await media.put(person.id, PNG, "image/png")
    where.remove(media_id)
    with pytest.raises(NotFound):
        await media.get(media_id)


async def test_files_that_changed_places_or_were_changed_do_not_open(
    media: SealedMedia, person: Person, where: Place
) -> None:
    first, second = [await media.put(person.id, PNG + bytes([n]), "image/png") for n in range(2)]
    where.write(first, where.read(second))
    where.write(second, where.read(second)[:-1])
    for media_id in (first, second):
        with pytest.raises(Damaged):
            await media.get(media_id)


@in_a_folder
async def test_what_is_acknowledged_outlives_a_power_cut(
    media: SealedMedia, person: Person, where: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Contents first, then the name, then the folder that has the name in it; the row after all of them."""
    done: list[str] = []
    fsync, rename, row = os.fsync, Path.rename, media._store.db.write

    def synced(handle: int) -> None:
        fsync(handle)
        done.append("folder" if Path(f"/proc/self/fd/{handle}").readlink().is_dir() else "contents")

    def renamed(path: Path, target: Path) -> Path:
        done.append("name")
        return rename(path, target)

    def written():  # type: ignore[no-untyped-def]
        done.append("row")
        return row()

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(Path, "rename", renamed)
    monkeypatch.setattr(media._store.db, "write", written)
    await media.put(person.id, PNG, "image/png")
    assert done == ["contents", "name", "folder", "row"]


# --- room --------------------------------------------------------------------------------------


@in_a_folder
async def test_a_full_disk_is_told_before_anything_is_written(
    store: SqlStore,
    settings: Settings,
    media: SealedMedia,
    person: Person,
    where: Place,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: shutil._ntuple_diskusage(10**12, 0, 129))
    assert await media.put(person.id, b"x" * 100, "text/plain")  # 29 more bytes once it is sealed
    with pytest.raises(DiskFull):
        await media.put(person.id, b"x" * 101, "text/plain")
    assert len(where.names()) == 1 == len(await rows(store))


@in_a_folder
async def test_a_disk_that_fills_up_while_writing_leaves_nothing(
    store: SqlStore, media: SealedMedia, person: Person, where: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(DiskFull):
            await media.put(person.id, PNG, "image/png")
    assert not where.names() and not await rows(store)


# --- gone --------------------------------------------------------------------------------------


async def test_a_deleted_file_is_gone_and_deleting_again_is_nothing(
    media: SealedMedia, person: Person, where: Place
) -> None:
    media_id = await media.put(person.id, PNG, "image/png")
    for _ in range(2):
        await media.delete(media_id)
    assert not where.names()
    for asked in (media.get(media_id), media.owner(media_id), media.get("../../etc/passwd"), media.get("")):
        with pytest.raises(NotFound):
            await asked


async def test_what_a_crash_left_is_swept_after_an_hour(
    store: SqlStore, media: SealedMedia, person: Person, where: Place
) -> None:
    kept = await media.put(person.id, PNG, "image/png")
    for name in ("orphan", "half.0a1b2c.new"):
        where.write(name, b"x")
    assert await where.swept(store, time.time()) == 0 and len(where.names()) == 3
    assert await where.swept(store, time.time() + 3700) == 2
    assert where.names() == [kept]


async def test_nothing_is_put_for_somebody_forgotten(
    store: SqlStore, media: SealedMedia, person: Person, where: Place
) -> None:
    other = await store.person_of("web", "somebody else")
    theirs = await media.put(other.id, PNG, "image/png")
    mine = [await media.put(person.id, PNG, "image/png") for _ in range(20)]
    await store.forget(person.id)
    assert where.names() == [theirs] == await rows(store)
    with pytest.raises(NotFound):
        await media.get(mine[0])
    with pytest.raises(Forgotten):
        await media.put(person.id, PNG, "image/png")
    assert where.names() == [theirs]


async def test_a_purged_entry_takes_its_files_with_it(
    store: SqlStore, media: SealedMedia, person: Person, where: Place
) -> None:
    entry = an_entry(person)
    await store.save_entry(entry)
    mine, other = [await media.put(person.id, PNG, "image/png") for _ in range(2)]
    await store.save_work(a_work(entry, media_id=mine))
    await store.purge_entry(entry.id)
    assert where.names() == [other] == await rows(store)


# --- away --------------------------------------------------------------------------------------


@behind_a_wire
@pytest.mark.parametrize("trouble", ["pulled", "silent", "cut on the way there", "cut on the way back"])
async def test_a_place_that_is_away_is_said_to_be_and_nothing_is_half_kept(
    store: SqlStore, media: SealedMedia, person: Person, where: Place, trouble: str
) -> None:
    kept = await media.put(person.id, PNG * 20, "image/png")
    assert where.wire is not None
    if trouble == "cut on the way there":
        where.wire.up_bytes = 100_000  # in the middle of the file
    elif trouble == "cut on the way back":
        where.wire.pull()
        where.wire.pulled, where.wire.down_bytes = False, 20
    else:
        where.wire.pull()
        where.wire.pulled, where.wire.silent = trouble == "pulled", trouble == "silent"
    with pytest.raises(Away):
        await media.put(person.id, PNG * 20, "image/png")
    assert await rows(store) == [kept]
    if trouble != "cut on the way back":  # there it was kept and nobody heard: the sweep takes it
        assert where.names() == [kept]
    where.wire.mend()
    await asyncio.sleep(0.1)
    assert (await media.get(kept)).data == PNG * 20
    await where.swept(store, time.time() + 3700)
    assert where.names() == [kept]


@behind_a_wire
async def test_a_file_that_breaks_off_on_the_way_back_is_asked_for_again_not_called_damaged(
    media: SealedMedia, person: Person, where: Place
) -> None:
    kept = await media.put(person.id, PNG * 20, "image/png")
    assert where.wire is not None
    where.wire.down_bytes = 100_000
    with pytest.raises(Away):
        await media.get(kept)
    where.wire.mend()
    assert (await media.get(kept)).data == PNG * 20


@behind_a_wire
async def test_work_waits_for_a_place_that_is_away_and_goes_on(
    media: SealedMedia, person: Person, where: Place
) -> None:
    assert where.wire is not None
    where.wire.pull()
    waiting = asyncio.create_task(patiently(media.put, person.id, PNG, "image/png"))
    await asyncio.sleep(1.0)
    assert not waiting.done()
    where.wire.mend()
    media_id = await asyncio.wait_for(waiting, 15)
    assert where.names() == [media_id]


@behind_a_wire
async def test_who_wants_to_be_forgotten_does_not_wait_for_a_place_that_is_away(
    store: SqlStore, media: SealedMedia, person: Person, where: Place
) -> None:
    other = await store.person_of("web", "somebody else")
    theirs = [await media.put(other.id, PNG, "image/png") for _ in range(2)]
    await media.put(person.id, PNG, "image/png")
    assert where.wire is not None
    where.wire.pull()
    await store.forget(person.id)
    await media.delete(theirs[0])
    assert await rows(store) == theirs[1:] and len(where.names()) == 3
    where.wire.mend()
    assert await where.swept(store, time.time() + 3700) == 2
    assert where.names() == theirs[1:]


@behind_a_wire
async def test_the_house_opens_although_its_media_are_away(store: SqlStore, where: Place) -> None:
    assert where.wire is not None
    where.wire.pull()
    opened = await where.media(store)
    with pytest.raises(Away):
        await opened.blobs.knock()
    where.wire.mend()
    await opened.blobs.knock()
    await opened.close()
