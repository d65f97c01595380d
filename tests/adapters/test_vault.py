"""Keys fit what they were made for and nothing else."""

from __future__ import annotations

import base64
import os
import stat
from pathlib import Path

import pytest
import sqlalchemy as sa
from pydantic import SecretStr

from adapters.sql_schema import entry_versions, people, person_keys
from adapters.sql_store import SqlStore, open_store
from adapters.vault import Box, Damaged, Vault, load_master, make_master
from core.entities import Person
from core.phrases import say
from core.ports import EmoseumError, Forgotten
from core.settings import Settings
from tests.adapters.conftest import an_entry


def test_what_is_sealed_opens_at_its_place_only_and_only_unchanged() -> None:
    box = Box(b"a" * 32)
    sealed = box.seal("entries/1/body", "비밀".encode())
    assert box.open("entries/1/body", sealed) == "비밀".encode()
    assert box.seal("entries/1/body", "비밀".encode()) != sealed
    for n in range(len(sealed)):
        changed = bytearray(sealed)
        changed[n] ^= 1
        with pytest.raises(Damaged):
            box.open("entries/1/body", bytes(changed))
    for place, key, data in (("entries/2/body", b"a", sealed), ("entries/1/body", b"b", sealed), ("x", b"a", b"")):
        with pytest.raises(Damaged):
            Box(key * 32).open(place, data)


def test_the_vault_derives_apart_and_the_same_each_time() -> None:
    vault, again, other = Vault(b"m" * 32), Vault(b"m" * 32), Vault(b"n" * 32)
    assert vault.secret("buttons") == again.secret("buttons") and len(vault.secret("buttons")) == 32
    assert len({vault.secret("buttons"), vault.secret("blind"), other.secret("buttons"), vault.check}) == 4
    assert vault.blind("a", "bc") == again.blind("a", "bc")
    assert len({vault.blind("a", "bc"), vault.blind("ab", "c"), vault.blind("abc"), other.blind("a", "bc")}) == 4


def test_a_persons_key_is_theirs_alone() -> None:
    vault = Vault(b"m" * 32)
    wrapped = vault.new_key("p1")
    assert vault.box("p1", wrapped).open("x", vault.box("p1", wrapped).seal("x", b"1")) == b"1"
    with pytest.raises(Damaged):
        vault.box("p2", wrapped)
    with pytest.raises(Damaged):
        Vault(b"n" * 32).box("p1", wrapped)
    with pytest.raises(Forgotten):
        vault.box("p1", None)


def test_the_key_file_is_made_once_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "new" / "emoseum.key"
    assert load_master(path) is None
    old_mask = os.umask(0)
    try:
        master = make_master(path)
    finally:
        os.umask(old_mask)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert make_master(path) == master == load_master(path)
    assert [one.name for one in path.parent.iterdir()] == ["emoseum.key"]


@pytest.mark.parametrize("text", ["", "hello", "emoseum-key-1 !!!!", "emoseum-key-1 c2hvcnQ="])
def test_a_file_that_holds_no_key_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "k"
    path.write_text(text)
    path.chmod(0o600)
    with pytest.raises(EmoseumError) as caught:
        load_master(path)
    assert caught.value.key == "error.key_mismatch"


async def refusal(settings: Settings) -> str:
    with pytest.raises(EmoseumError) as caught:
        await open_store(settings)
    for language in ("ko", "en"):
        assert say(language, caught.value.key)
    return caught.value.key


async def test_a_wrong_key_file_is_told_plainly(settings: Settings) -> None:
    store = await open_store(settings)
    person = await store.person_of("web", "me")
    await store.close()
    path = settings.key_file
    assert stat.S_IMODE(path.stat().st_mode) == 0o600 and settings.data_dir not in path.parents

    path.chmod(0o640)
    assert await refusal(settings) == "error.key_open"
    path.chmod(0o600)
    path.rename(path.with_suffix(".away"))
    assert await refusal(settings) == "error.key_missing"
    assert not path.exists()
    make_master(path)
    assert await refusal(settings) == "error.key_mismatch"

    path.with_suffix(".away").replace(path)
    store = await open_store(settings)
    assert (await store.person_of("web", "me")).id == person.id
    await store.close()


@pytest.mark.parametrize("head", ["", "emoseum-key-1 "])
async def test_where_no_disk_lasts_the_key_comes_with_the_settings(settings: Settings, head: str) -> None:
    def keyed(text: str) -> Settings:
        return settings.model_copy(update={"master_key": SecretStr(text)})

    ours = head + base64.b64encode(b"k" * 32).decode()
    store = await open_store(keyed(ours))
    person = await store.person_of("web", "me")
    await store.close()
    assert not settings.key_file.exists()
    assert await refusal(keyed(base64.b64encode(b"j" * 32).decode())) == "error.key_mismatch"
    assert await refusal(keyed("c2hvcnQ=")) == await refusal(keyed("열쇠")) == "error.key_mismatch"
    assert await refusal(settings) == "error.key_missing"

    path = settings.key_file  # the same key in a file, as another machine may have it
    path.write_text(f"emoseum-key-1 {base64.b64encode(b'k' * 32).decode()}\n")
    path.chmod(0o600)
    store = await open_store(settings)
    assert (await store.person_of("web", "me")).id == person.id
    await store.close()


async def test_a_database_without_people_takes_a_new_key(settings: Settings) -> None:
    await (await open_store(settings)).close()
    settings.key_file.unlink()
    store = await open_store(settings)
    await store.person_of("web", "me")
    await store.close()
    await (await open_store(settings)).close()


async def test_a_row_that_was_changed_or_moved_does_not_open(store: SqlStore, person: Person) -> None:
    first, second = an_entry(person, "하나"), an_entry(person, "둘")
    await store.save_entry(first)
    await store.save_entry(second)
    body = sa.select(entry_versions.c.body).where(entry_versions.c.entry_id == second.id)
    async with store.db.write() as connection:
        moved = await connection.scalar(body)
        await connection.execute(
            entry_versions.update().where(entry_versions.c.entry_id == first.id).values(body=moved)
        )
    with pytest.raises(Damaged) as caught:
        await store.entry(first.id)
    assert caught.value.key == "error.damaged" and say("ko", "error.damaged")
    assert (await store.entry(second.id)).text == "둘"


async def test_a_key_that_was_swapped_between_people_does_not_open(store: SqlStore, person: Person) -> None:
    you = await store.person_of("web", "you")
    async with store.db.write() as connection:
        theirs = await connection.scalar(sa.select(person_keys.c.wrapped).where(person_keys.c.person_id == you.id))
        await connection.execute(
            person_keys.update().where(person_keys.c.person_id == person.id).values(wrapped=theirs)
        )
        assert await connection.scalar(sa.select(sa.func.count()).select_from(people)) == 2
    with pytest.raises(Damaged):
        await store.person(person.id)
