"""A store on a fresh data folder, and things to put into it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from adapters.sealed_media import SealedMedia, open_media
from adapters.sql_store import SqlStore, open_store, upgrade
from core.entities import Entry, Message, Person, new_id, utc_now
from core.settings import Settings, load_settings
from tests.fakes.postgres import Postgres
from tests.fakes.raised import raise_by_copy

EITHER = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]
sqlite_only = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
postgres_only = pytest.mark.parametrize("settings", EITHER[1:], indirect=True)


@pytest.fixture(params=EITHER)
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Settings]:
    """Of a data folder whose tables are made, once on each database."""
    data_dir, work = tmp_path / "data", {"min_free_mb": 0}
    if request.param == "sqlite":
        found = load_settings(data_dir=data_dir, work=work)
        raise_by_copy(found)
        yield found
        return
    server: Postgres = request.getfixturevalue("postgres")
    with server.database(template=request.getfixturevalue("migrated")) as name:
        yield load_settings(data_dir=data_dir, work=work, database_url=server.url(name))


@pytest.fixture(scope="session")
def migrated(postgres: Postgres) -> Iterator[str]:
    """A database with all tables, to be copied."""
    with postgres.database() as name:
        upgrade(load_settings(database_url=postgres.url(name)))
        yield name


@pytest.fixture
async def store(settings: Settings) -> AsyncIterator[SqlStore]:
    opened = await open_store(settings)
    yield opened
    await opened.close()


@pytest.fixture
async def media(store: SqlStore, settings: Settings) -> SealedMedia:
    return await open_media(store, settings)


@pytest.fixture
async def person(store: SqlStore) -> Person:
    return await store.person_of("web", "me", language="ko")


def a_message(text: str = "오늘은 강아지랑 걸었다", **changes: Any) -> Message:
    given: dict[str, Any] = {
        "id": new_id(), "platform": "web", "chat_id": "room", "account": "me", "sent_at": utc_now(), "text": text,
    }  # fmt: skip
    given["platform_message_id"] = f"p-{given['id']}"
    return Message(**(given | changes))


def an_entry(person: Person, text: str = "오늘은 강아지랑 걸었다", **changes: Any) -> Entry:
    given = {"id": new_id(), "person_id": person.id, "date": date(2026, 11, 20), "text": text, "created_at": utc_now()}
    return Entry(**(given | changes))


def no_job(_connection: Any, _person_id: str) -> None:
    """What a message needs nothing of."""
