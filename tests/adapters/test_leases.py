"""Who is alive and who is gone, as several machines see it over one PostgreSQL."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import sqlalchemy as sa

from adapters.leases import Leases, SameExecutor
from adapters.sql_database import sync_url
from adapters.sql_migrate import upgrade
from core.settings import Settings, Work, load_settings
from tests.fakes.postgres import Postgres

LEASE_S = 1.0


@dataclass
class Machines:
    """Hosts with data folders of their own; a process on one can vanish without a word."""

    folder: Path
    url: str
    running: list[Leases] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)

    def settings(self, host: str, executor_id: str = "") -> Settings:
        work = Work(lease_s=LEASE_S, executor_id=executor_id)
        return load_settings(data_dir=self.folder / host, database_url=self.url, work=work)

    def process(self, host: str, role: str = "core", executor_id: str = "") -> Leases:
        found = Leases(self.settings(host, executor_id), role)
        found.take_executor(self.lost.append)
        self.running.append(found)
        return found

    def kill(self, process: Leases) -> None:
        """It renews nothing any more and says nothing."""
        process._ended.set()


@pytest.fixture
def machines(postgres: Postgres, tmp_path: Path) -> Iterator[Machines]:
    with postgres.database() as name:
        found = Machines(tmp_path, postgres.url(name))
        upgrade(found.settings("first"))
        yield found
        for process in found.running:
            process.release()
            assert process._engine is not None
            process._engine.dispose()


def until(true: Callable[[], bool], limit_s: float = 4.0) -> float:
    began = time.monotonic()
    while not true():
        assert time.monotonic() < began + limit_s, "it never was"
        time.sleep(0.02)
    return time.monotonic() - began


@pytest.mark.postgres
def test_one_bot_of_all_machines_has_the_role_until_its_lease_ends(machines: Machines) -> None:
    first, second = machines.process("first", "bot"), machines.process("second", "bot")
    assert first.take_role() and not second.take_role()
    time.sleep(1.5 * LEASE_S)
    assert not second.take_role(), "it is renewed"
    machines.kill(first)
    assert until(second.take_role) <= LEASE_S + 0.5


@pytest.mark.postgres
def test_who_leaves_makes_room_at_once(machines: Machines) -> None:
    first, second = machines.process("first", "bot"), machines.process("second", "bot")
    assert first.take_role()
    first.release()
    assert second.take_role()


@pytest.mark.postgres
def test_a_restart_on_the_same_folder_needs_not_wait_and_keeps_its_name(machines: Machines) -> None:
    first = machines.process("first")
    machines.kill(first)
    began = time.monotonic()
    again = machines.process("first")
    assert again.executor_id == first.executor_id and time.monotonic() - began < LEASE_S / 2
    assert machines.process("second").executor_id != first.executor_id
    assert machines.process("first", "bot").executor_id != first.executor_id


@pytest.mark.postgres
def test_the_same_executor_id_elsewhere_is_refused_while_the_first_lives(machines: Machines) -> None:
    first = machines.process("first", executor_id="gpu")
    with pytest.raises(SameExecutor):
        machines.process("second", executor_id="gpu")
    machines.kill(first)
    machines.process("second", executor_id="gpu")  # it was seen to be gone


@pytest.mark.postgres
def test_a_copied_folder_is_another_machine(machines: Machines) -> None:
    first = machines.process("first")
    (machines.folder / "copy").mkdir()
    (machines.folder / "copy" / "executor").write_text((machines.folder / "first" / "executor").read_text())
    with pytest.raises(SameExecutor):
        machines.process("copy")
    assert first.executor_id.startswith("core-")


@pytest.mark.postgres
def test_the_dead_are_seen_in_time_and_only_they(machines: Machines) -> None:
    dead, alive, watcher = (machines.process(name) for name in ("first", "second", "third"))
    names = {process.executor_id for process in (dead, alive, watcher)}
    for name in names | {"core-never-seen"}:
        add_job(machines.url, name)
    seen: list[list[str]] = []
    watcher.watch(lambda: seen.append(watcher.strays("core-1")))
    until(lambda: bool(seen))
    assert seen[-1] == ["core-never-seen"]
    machines.kill(dead)
    took_s = until(lambda: dead.executor_id in seen[-1])
    assert took_s <= LEASE_S + 1
    assert set(seen[-1]) == {"core-never-seen", dead.executor_id}


@pytest.mark.postgres
def test_after_the_server_was_away_nobody_who_lives_is_buried(machines: Machines, postgres: Postgres) -> None:
    """Everybody's lease ran out meanwhile; who comes back first must not take the others for dead."""
    first, second = machines.process("first"), machines.process("second")
    for process in (first, second):
        add_job(machines.url, process.executor_id)
    seen: list[list[str]] = []
    for process in (first, second):
        process.watch(lambda: seen.append(first.strays("core-1")))
    until(lambda: len(seen) > 3)
    postgres.stop()
    time.sleep(2 * LEASE_S)
    postgres.start()
    before = len(seen)
    until(lambda: len(seen) > before + 6, 8)
    assert not any(seen) and not machines.lost


@pytest.mark.postgres
def test_who_was_taken_for_dead_is_told(machines: Machines) -> None:
    first = machines.process("first")
    with sa.create_engine(sync_url(machines.settings("first"))).begin() as connection:
        connection.execute(sa.text("DELETE FROM leases"))
    until(lambda: f"executor:{first.executor_id}" in machines.lost)


def add_job(url: str, executor_id: str) -> None:
    """A job under way, as the durable engine writes it down, as far as it is looked at."""
    engine = sa.create_engine(sa.make_url(url).set(drivername="postgresql+psycopg"), poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE SCHEMA IF NOT EXISTS dbos"))
        columns = "executor_id text, status text, application_name text, application_version text"
        connection.execute(sa.text(f"CREATE TABLE IF NOT EXISTS dbos.workflow_status ({columns})"))
        row = {"id": executor_id}
        connection.execute(sa.text("INSERT INTO dbos.workflow_status VALUES (:id, 'PENDING', 'core', 'core-1')"), row)


def test_one_machine_on_sqlite_asks_nobody(tmp_path: Path) -> None:
    leases = Leases(load_settings(data_dir=tmp_path), "bot")
    leases.take_executor(lambda name: None)
    assert leases.take_role() and leases.executor_id == "bot-1"
    leases.watch(lambda: None)
    leases.release()
    assert not list(tmp_path.iterdir())
