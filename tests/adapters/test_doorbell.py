"""A queue's worker is woken by work alone: at once, whoever put it there, and never by other people's commits."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from dbos import DBOSClient

from adapters import doorbell
from adapters.dbos_work import migrate
from adapters.doorbell import Doorbell
from adapters.work_database import system_engine
from core.settings import Settings, Work
from tests.fakes.postgres import Postgres

QUEUES = ("understand", "studio")


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Settings]:
    quick = {"data_dir": tmp_path / "data", "work": Work(polling_s=0.05)}
    if request.param == "sqlite":
        yield Settings(**quick)
        return
    postgres: Postgres = request.getfixturevalue("postgres")
    with postgres.database() as name:
        yield Settings(**quick, database_url=postgres.url(name))


@pytest.fixture
def engine(settings: Settings) -> Iterator[sa.Engine]:
    migrate(settings)
    engine = system_engine(settings)
    yield engine
    engine.dispose()


class Worker:
    """Waits for work in one queue, again and again, and notes when it was woken."""

    def __init__(self, bell: Doorbell, queue: str) -> None:
        self.bell, self.queue = bell, queue
        self.woken: list[float] = []
        threading.Thread(target=self._work, daemon=True).start()

    def _work(self) -> None:
        while True:
            self.bell.wait(self.queue)
            self.woken.append(time.monotonic())

    def until_woken(self, limit_s: float = 3.0) -> float:
        """Seconds until it is woken; fails where it is not."""
        began, before = time.monotonic(), len(self.woken)
        while len(self.woken) == before:
            assert time.monotonic() < began + limit_s, "nobody was woken"
            time.sleep(0.001)
        return self.woken[before] - began


def enqueue(engine: sa.Engine, queue: str, name: str, chat: str = "") -> None:
    client = DBOSClient(system_database_engine=engine, application_name="core", lazy=True)
    options = {"workflow_name": "picture", "queue_name": queue, "workflow_id": name, "application_name": "core"}
    client.enqueue(options | ({"queue_partition_key": chat} if chat else {}))


def finish(engine: sa.Engine) -> None:
    """As if all that waits was taken."""
    set_status(engine, "SUCCESS", "%")


def set_status(engine: sa.Engine, status: str, name: str) -> None:
    table = "workflow_status" if engine.dialect.name == "sqlite" else "dbos.workflow_status"
    with engine.begin() as connection:
        connection.execute(sa.text(f"UPDATE {table} SET status = '{status}' WHERE workflow_uuid LIKE '{name}'"))


def test_the_worker_of_a_queue_is_woken_by_its_work_alone(settings: Settings, engine: sa.Engine) -> None:
    bell = Doorbell(settings, QUEUES)
    studio, understand = Worker(bell, "studio"), Worker(bell, "understand")
    bell.start()
    time.sleep(0.5)
    assert not studio.woken and not understand.woken
    enqueue(engine, "studio", "one")
    assert studio.until_woken() < 1
    assert not understand.woken
    finish(engine)
    time.sleep(0.2)
    studio.woken.clear()
    for _ in range(20):  # commits that put no work into a queue
        finish(engine)
        time.sleep(0.02)
    assert not studio.woken and not understand.woken
    enqueue(engine, "understand", "two")
    assert understand.until_woken() < 1


def test_work_that_nobody_has_room_for_is_offered_again(settings: Settings, engine: sa.Engine) -> None:
    """Room becomes free without a commit; and not faster than `work.polling_s`."""
    enqueue(engine, "studio", "one")
    bell = Doorbell(settings, QUEUES)
    studio = Worker(bell, "studio")
    bell.start()
    time.sleep(1.0)
    assert 5 <= len(studio.woken) <= 21


def test_a_line_that_waits_for_the_one_before_it_rings_only_once_that_is_over(
    settings: Settings, engine: sa.Engine
) -> None:
    """Looking again and again into the queue of one who floods us would keep everybody else waiting."""
    for name in ("one", "two"):
        enqueue(engine, "studio", name, chat="a")
    set_status(engine, "PENDING", "one")
    bell = Doorbell(settings, QUEUES)
    studio = Worker(bell, "studio")
    bell.start()
    time.sleep(0.5)
    assert not studio.woken
    enqueue(engine, "studio", "three", chat="b")  # somebody else's
    assert studio.until_woken() < 1
    set_status(engine, "PENDING", "three")
    time.sleep(0.2)
    set_status(engine, "SUCCESS", "one")
    assert studio.until_woken() < 1


def test_where_nobody_rings_a_queue_is_looked_into_all_the_same(
    settings: Settings, engine: sa.Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doorbell, "SAFETY_S", 0.2)
    studio = Worker(Doorbell(settings, QUEUES), "studio")
    assert studio.until_woken() < 1
