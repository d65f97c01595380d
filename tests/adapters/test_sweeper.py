"""The sweeper goes on after a database error: it still finds jobs that nobody works on."""

import asyncio
from types import SimpleNamespace

import sqlalchemy as sa

from adapters import dbos_work
from adapters.dbos_work import DurableWork
from core.settings import Settings


async def test_one_database_error_does_not_end_the_sweeper(tmp_path, monkeypatch, caplog):
    rounds, left = [], asyncio.Event()

    async def listed(**_asked):
        rounds.append(1)
        if len(rounds) == 1:
            raise sa.exc.OperationalError("SELECT", {}, Exception("a word of somebody's diary"))
        return [SimpleNamespace(workflow_id="stuck")]

    monkeypatch.setattr(dbos_work, "SWEEP_S", 0.01)
    monkeypatch.setattr(dbos_work.DBOS, "list_workflows_async", listed)
    monkeypatch.setattr(dbos_work, "_active_workflows", list)
    monkeypatch.setattr(dbos_work.os, "_exit", lambda code: left.set())
    work = DurableWork(Settings(data_dir=tmp_path), "bot", store=None)
    sweeper = asyncio.create_task(work._sweep_for_ever())
    async with asyncio.timeout(10):
        await left.wait()
    assert not sweeper.done()
    sweeper.cancel()
    assert len(rounds) >= 3  # the failed one, and two that saw the job stand still
    assert "OperationalError" in caplog.text and "diary" not in caplog.text
