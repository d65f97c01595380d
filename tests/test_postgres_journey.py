"""The whole house on PostgreSQL: answered as on SQLite, and SIGKILL loses and doubles nothing there either.

`make soak` kills the core too; in `make test` it dies over PostgreSQL in tests/test_two_machines.py.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.house_process import HouseProcess, Page
from tests.fakes.postgres import Postgres
from tests.test_kill import NO_JOIN, is_answered, kill_at, require_exact

pytestmark = [pytest.mark.postgres, pytest.mark.soak]  # `make test` runs most of them too

SOAK = bool(os.environ.get("EMOSEUM_SOAK"))
POINTS = [("bot", ["after:keep:2", "after:deliver_more:2"]), ("core", ["after:understand:2"])]


@pytest.fixture
def house(postgres: Postgres, tmp_path: Path) -> Iterator[HouseProcess]:
    with postgres.database() as name:
        found = HouseProcess(tmp_path / "data", {**NO_JOIN, "EMOSEUM_DATABASE_URL": postgres.url(name)})
        yield found
        found.stop()


async def test_lines_are_answered_though_both_processes_are_killed(house: HouseProcess) -> None:
    """From an empty database, which both processes raise at once; then both die with an answer half made."""
    page, texts = Page(house), ["첫 줄", "둘째 줄"]
    house.start("core")
    house.start("bot")
    await page.send(texts[0])
    await page.until(is_answered(texts[:1]))
    house.kill("core")
    await page.send(texts[1])
    house.kill("bot")
    house.start("bot")
    await asyncio.sleep(0.2)
    house.start("core")
    require_exact(await page.until(is_answered(texts)), texts)
    assert not list(house.data_dir.glob("*.sqlite*"))


@pytest.mark.parametrize(
    ("role", "points"), POINTS if SOAK else POINTS[:1], ids=lambda it: it if isinstance(it, str) else it[0]
)
async def test_killed_at_a_step(house: HouseProcess, role: str, points: list[str]) -> None:
    await kill_at(house, role, points)
