"""The sweeper finds jobs that nobody works on and puts them back; no database error ends it."""

import asyncio
import os
import signal
import sqlite3
import time
from types import SimpleNamespace

import sqlalchemy as sa

from adapters import dbos_work
from adapters.dbos_work import DurableWork
from core.settings import Settings, Work
from tests.fakes.house_process import HouseProcess, Page


async def test_one_database_error_does_not_end_the_sweeper_and_what_never_moves_ends_the_process(
    tmp_path, monkeypatch, caplog
):
    rounds, back, left = [], [], asyncio.Event()

    async def listed(**_asked):
        rounds.append(1)
        if len(rounds) == 1:
            raise sa.exc.OperationalError("SELECT", {}, Exception("a word of somebody's diary"))
        return [SimpleNamespace(workflow_id="stuck"), SimpleNamespace(workflow_id="busy")]

    monkeypatch.setattr(dbos_work.DBOS, "list_workflows_async", listed)
    monkeypatch.setattr(dbos_work, "_active_workflows", lambda: ["busy"])
    monkeypatch.setattr(
        dbos_work, "_put_back", lambda jobs, executor_id: back.append((len(rounds), *jobs, executor_id))
    )
    monkeypatch.setattr(dbos_work.os, "_exit", lambda code: left.set())
    work = DurableWork(Settings(data_dir=tmp_path, work=Work(sweep_s=0.01)), "bot", store=None)
    sweeper = asyncio.create_task(work._sweep_for_ever())
    async with asyncio.timeout(10):
        await left.wait()
    assert not sweeper.done()
    sweeper.cancel()
    assert len(rounds) == 1 + dbos_work.HOPELESS_ROUNDS  # after the failed one
    assert back[0] == (3, "stuck", "bot-1") and len(back) >= dbos_work.HOPELESS_ROUNDS - dbos_work.STUCK_ROUNDS
    assert "OperationalError" in caplog.text and "diary" not in caplog.text


async def test_a_job_that_was_given_out_while_nobody_heard_of_it_is_done_all_the_same(tmp_path):
    """As where a database dies between the claim of a job and its answer: the job is the core's, and the core does not know."""
    house = HouseProcess(tmp_path / "data", {"EMOSEUM_WORK__SWEEP_S": "0.5", "EMOSEUM_WORK__JOIN_S": "0"})
    page = Page(house)
    try:
        house.start("core")
        house.start("bot")
        await page.send("첫 줄")
        await page.until(lambda lines: sum(bool(line.get("picture")) for line in lines) == 1)
        core = house.processes["core"]
        os.kill(core.pid, signal.SIGSTOP)
        await page.send("둘째 줄")
        claimed, end = 0, time.monotonic() + 30
        while not claimed and time.monotonic() < end:
            await asyncio.sleep(0.05)
            with sqlite3.connect(house.data_dir / "emoseum.sqlite", timeout=10) as database:
                claimed = database.execute(
                    "UPDATE workflow_status SET status = 'PENDING', executor_id = 'core-1', owner_xid = 'nobody'"
                    " WHERE status = 'ENQUEUED' AND name = 'understand'"
                ).rowcount
        assert claimed == 1
        os.kill(core.pid, signal.SIGCONT)
        await page.until(lambda lines: sum(bool(line.get("picture")) for line in lines) == 2)
        assert house.is_alive("core") and "back into the queue" in house.log.read_text()
    finally:
        house.stop()
