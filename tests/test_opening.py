"""Bot and core start at the same moment on a folder that is not there yet, again and again."""

import os

import pytest

from tests.fakes.house_process import HouseProcess, Page

TIMES = 5 if os.environ.get("EMOSEUM_SOAK") else 2


@pytest.mark.soak  # `make test` runs it too, once in each order
async def test_two_roles_open_a_new_folder_together(tmp_path):
    for n in range(TIMES):
        house = HouseProcess(tmp_path / f"data-{n}", fresh=True)
        try:
            for role in ("core", "bot") if n % 2 else ("bot", "core"):
                house.start(role)
            await Page(house).send("첫 줄")
            assert house.is_alive("bot") and house.is_alive("core")
        finally:
            house.stop()
