"""`bot` on one host and `core` on another, over one PostgreSQL and a bucket: machines, servers and networks that go away.

`make test` does each of it once. `make soak` kills at every step, restarts the database five times, for half a minute each,
leaves the core away for ten minutes, and shares the work of forty lines.
"""

from __future__ import annotations

import asyncio
import os
import signal
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.dbos_work import migrate
from adapters.sql_migrate import upgrade
from core.settings import load_settings
from tests.fakes.house_process import LIMIT_S, HouseProcess, Page, free_port
from tests.fakes.machines import LEASE_S, Machines, Pair
from tests.fakes.media_places import TOKEN, s3_client
from tests.fakes.postgres import Postgres
from tests.test_kill import BOT_POINTS, CORE_POINTS, is_answered, kill_at, require_exact, send_all

pytestmark = [pytest.mark.postgres, pytest.mark.soak]  # `make test` runs them too, with shorter times

SOAK = bool(os.environ.get("EMOSEUM_SOAK"))
POINTS = [("bot", points) for points in BOT_POINTS] + [("core", points) for points in CORE_POINTS]
TEXTS = [f"{n}번째 줄" for n in range(1, 5)]
LONG_S = 30  # a lease that nobody waits for: whose holder says that it leaves


@pytest.fixture(scope="module")
def raised(postgres: Postgres) -> Iterator[str]:
    """A database as `emoseum db upgrade` leaves it, to be copied."""
    with postgres.database() as name:
        settings = load_settings(database_url=postgres.url(name))
        upgrade(settings)
        migrate(settings)
        yield name


@pytest.fixture
def machines(postgres: Postgres, raised: str, s3_url: str, tmp_path: Path) -> Iterator[Machines]:
    bucket = f"b{uuid.uuid4().hex}"
    s3_client(s3_url).create_bucket(Bucket=bucket)
    media = {
        "EMOSEUM_MEDIA__KIND": "s3",
        "EMOSEUM_MEDIA__S3_BUCKET": bucket,
        "EMOSEUM_MEDIA__S3_ENDPOINT": s3_url,
        "EMOSEUM_MEDIA__S3_ACCESS_KEY": "who",
        "EMOSEUM_MEDIA__S3_SECRET_KEY": "proof",
    }
    with postgres.database(template=raised) as name:
        found = Machines(postgres, name, tmp_path, media)
        yield found
        found.stop()


async def until_said(machines: Machines, name: str, words: str, limit_s: float = LIMIT_S) -> None:
    """Until a host's log has these words."""
    end = time.monotonic() + limit_s
    while words not in machines.log(name):
        assert time.monotonic() < end, machines.log(name)
        await asyncio.sleep(0.05)


async def until_under_way(machines: Machines, count: int, limit_s: float = LIMIT_S) -> None:
    """Until `count` different executors of the core have begun something."""
    end = time.monotonic() + limit_s
    while len(machines.executors("core")) < count:
        assert time.monotonic() < end, machines.executors("core")
        await asyncio.sleep(0.02)


async def test_the_core_is_away_for_a_while_and_nothing_is_lost(machines: Machines) -> None:
    """The core asks the bot's host for its files here: a bucket is not needed for two machines."""
    port = free_port()
    lent = {"EMOSEUM_MEDIA__HTTP_TOKEN": TOKEN, "EMOSEUM_MEDIA__HTTP_PORT": str(port)}
    asked = {"EMOSEUM_MEDIA__HTTP_TOKEN": TOKEN, "EMOSEUM_MEDIA__HTTP_URL": f"http://127.0.0.1:{port}"}
    bot = machines.host("small", EMOSEUM_MEDIA__KIND="files", **lent)
    gpu = machines.host("gpu", EMOSEUM_MEDIA__KIND="http", **asked)
    page = Page(bot)
    bot.start("bot")
    gpu.start("core")
    await page.send(TEXTS[0])
    await page.until(is_answered(TEXTS[:1]))
    gpu.kill("core")
    for text in TEXTS[1:]:
        await page.send(text)
    await asyncio.sleep(600 if SOAK else 2)
    gpu.start("core")
    require_exact(await page.until(is_answered(TEXTS)), TEXTS)
    kept = {path.name for path in gpu.data_dir.iterdir()}
    assert kept <= {"core.lock", "executor"}, "the core's host keeps nothing of a diary"
    assert (bot.data_dir / "media").is_dir() and not list(bot.data_dir.glob("*.sqlite*"))


@pytest.mark.parametrize(("role", "points"), POINTS if SOAK else [("core", ["after:understand:2"])])
async def test_killed_at_a_step(machines: Machines, role: str, points: list[str]) -> None:
    await kill_at(Pair(machines.host("small"), machines.host("gpu")), role, points)


async def test_the_database_is_away_at_the_start_and_restarted_in_mid_work(machines: Machines) -> None:
    bot, gpu, postgres = machines.host("small"), machines.host("gpu"), machines.postgres
    page = Page(bot)
    postgres.stop()
    try:
        bot.start("bot")
        gpu.start("core")
        for name in ("small", "gpu"):
            await until_said(machines, name, "the database is away")
        await asyncio.sleep(10 if SOAK else 1.2)  # a second try or more
        assert bot.is_alive("bot") and gpu.is_alive("core")
        assert machines.log("gpu").count("\n") == 1, "one line, however long it takes"
    finally:
        postgres.start()
    sending = asyncio.create_task(send_all(page, TEXTS))
    await until_under_way(machines, 1)
    for _ in range(5 if SOAK else 1):
        postgres.stop()
        await asyncio.sleep(30 if SOAK else 1.5)
        postgres.start()
        await asyncio.sleep(0.5)
    await sending
    require_exact(await page.until(is_answered(TEXTS), 90), TEXTS)
    assert bot.is_alive("bot") and gpu.is_alive("core")


async def test_a_bot_stands_by_and_takes_over(machines: Machines) -> None:
    first, gpu = machines.host("first"), machines.host("gpu")
    second = machines.host("second", EMOSEUM_WORK__LEASE_S=str(LONG_S))
    first.start("bot")
    await Page(first).send(TEXTS[0])
    second.start("bot")
    await until_said(machines, "second", "standing by")
    await Page(first).send(TEXTS[1])  # nobody answers yet: the work of the first is open when it dies
    first.kill("bot")
    killed_s = time.monotonic()
    gpu.start("core")
    page = Page(second)
    await page.send(TEXTS[2])
    assert time.monotonic() - killed_s < LEASE_S + 5
    require_exact(await page.until(is_answered(TEXTS[:3])), TEXTS[:3])
    first.start("bot")
    await until_said(machines, "first", "standing by")
    second.processes["bot"].send_signal(signal.SIGTERM)  # who is told to leave says so
    told_s = time.monotonic()
    await Page(first).send(TEXTS[3])
    assert time.monotonic() - told_s < LONG_S
    require_exact(await Page(first).until(is_answered(TEXTS)), TEXTS)


async def test_two_cores_share_the_work_and_one_is_gone_for_good(machines: Machines) -> None:
    bot, first, second = machines.host("small"), machines.host("first"), machines.host("second")
    texts = [f"{n}번째 줄" for n in range(40 if SOAK else 8)]
    page = Page(bot)
    bot.start("bot")
    for host in (first, second):
        host.start("core")
        await until_ready(machines, host)
    sending = asyncio.create_task(send_all(page, texts))
    await until_under_way(machines, 2)
    dead = await kill_in_mid_work(machines, first)
    killed_s = time.monotonic()
    while machines.ask(open_jobs_of(dead)) != [0]:
        assert time.monotonic() - killed_s < LEASE_S + 5
        await asyncio.sleep(0.05)
    await until_said(machines, "second", "taken over")  # a moment after it was done
    await sending
    require_exact(await page.until(is_answered(texts), 90), texts)


async def kill_in_mid_work(machines: Machines, host: HouseProcess) -> str:
    """SIGKILL a core at a moment when it has work open; its executor id."""
    executor_id = f"core-{(host.data_dir / 'executor').read_text()}"
    process = host.processes["core"]
    for _ in range(400):
        process.send_signal(signal.SIGSTOP)
        if machines.ask(open_jobs_of(executor_id)) != [0]:
            host.kill("core")
            return executor_id
        process.send_signal(signal.SIGCONT)
        await asyncio.sleep(0.02)
    raise AssertionError("it never worked")


def open_jobs_of(executor_id: str) -> str:
    return f"SELECT count(*) FROM dbos.workflow_status WHERE status = 'PENDING' AND executor_id = '{executor_id}'"


async def test_who_was_taken_for_dead_leaves_its_work_to_the_other(machines: Machines) -> None:
    """A core that hung for longer than its lease comes back, and does nothing twice."""
    bot, first, second = machines.host("small"), machines.host("first"), machines.host("second")
    page = Page(bot)
    bot.start("bot")
    first.start("core")
    await until_ready(machines, first)
    await page.send(TEXTS[0])
    await until_under_way(machines, 1)
    first.processes["core"].send_signal(signal.SIGSTOP)
    second.start("core")
    await page.send(TEXTS[1])
    await page.until(is_answered(TEXTS[:2]))
    first.processes["core"].send_signal(signal.SIGCONT)
    assert await first.wait_dead("core"), "a supervisor starts it anew"
    assert first.processes["core"].returncode == 75
    first.start("core")
    await page.send(TEXTS[2])
    require_exact(await page.until(is_answered(TEXTS[:3])), TEXTS[:3])


async def test_the_same_executor_id_is_refused_and_a_restart_is_not(machines: Machines) -> None:
    first, second = (machines.host(name, EMOSEUM_WORK__EXECUTOR_ID="gpu") for name in ("first", "second"))
    first.start("core")
    await until_ready(machines, first)
    second.start("core")
    assert await second.wait_dead("core") and second.processes["core"].returncode == 78
    said = machines.log("second").strip()
    assert said.count("\n") == 0 and "executor id" in said and "core-gpu" in said
    first.kill("core")
    killed_s = time.monotonic()
    first.start("core")
    await until_ready(machines, first)
    assert (
        time.monotonic() - killed_s < 15
    )  # the start itself; no lease is waited for, see tests/adapters/test_leases.py


async def until_ready(machines: Machines, host: HouseProcess, limit_s: float = LIMIT_S) -> None:
    """Until a host's core holds its lease."""
    end, before = time.monotonic() + limit_s, set(machines.ask("SELECT holder FROM leases"))
    while set(machines.ask("SELECT holder FROM leases")) <= before:
        assert time.monotonic() < end and host.is_alive("core"), host.log.read_text()
        await asyncio.sleep(0.05)
