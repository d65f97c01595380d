"""What every room's tests may ask for."""

from __future__ import annotations

import gc
import logging
import os
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from tests.fakes.postgres import Postgres, running_postgres, server_programs

if "EMOSEUM_SOAK" not in os.environ:  # before anybody reads numpy, and for the processes that the tests start:
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # threads of workers beside each other spin for a core none has free

# How long an example takes says more of what runs beside it than of what is tried.
settings.register_profile("beside others", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("beside others")

_WITHOUT = "PostgreSQL is not installed (apt-get install postgresql)"
TESTS = Path(__file__).parent
FAULTS = (  # what Telegram, Discord, servers and machines do to us: `make soak` runs these twenty times
    "bot/test_discord_*.py",
    "bot/test_telegram_*.py",
    "fakes/test_discord_gateway.py",
    "fakes/test_telegram_trouble.py",
    "fakes/test_telegram_updates.py",
    "test_discord_kill.py",
    "test_telegram_process.py",
    "adapters/test_leases.py",
    "adapters/test_media_house.py",
    "test_crowd.py",
    "test_postgres_journey.py",
    "test_two_machines.py",
)
TOGETHER = {  # what takes seconds to wake is woken in one worker each
    "diffusers": (
        "training/test_controlnet.py",
        "core/test_easel.py",
        "core/test_diffusion_model.py",
        "core/test_diffusion.py",
        "core/test_own_painter.py",
        "training/test_painter.py",
        "training/test_painters_bench.py",
        "test_evaluating.py",
    ),
    "torch": (
        "training/test_face_engines.py",
        "training/test_face_fusion.py",
        "training/test_face_rows.py",
        "core/test_face_large.py",
        "core/test_text_transformers.py",
        "training/test_text_chain.py",
        "training/test_text_networks.py",
        "training/test_age_gender.py",
        "core/test_age_gender.py",
    ),
}
HEAVY = (  # files that take longest as a whole come first, so that none ends last
    "test_full_day.py",
    *TOGETHER["diffusers"],
    *TOGETHER["torch"],
    "test_bad_input.py",
    "test_command_line.py",
    "web/test_pages.py",
    "web/test_studio_page.py",
    "adapters/test_media.py",
    "web/test_studio_api.py",
    "bot/test_discord_rules.py",
)
LONG = (  # each test of these starts what it needs by itself: handed out one by one, after those
    "test_full_day.py",
    "web/test_whole_product.py",
    "test_two_machines.py",
    "test_poison.py",
    "adapters/test_media_house.py",
    "test_telegram_process.py",
    "test_discord_kill.py",
    "test_postgres_journey.py",
    "test_export_journey.py",
    "test_voice_journey.py",
    "test_kill.py",
    "test_golden.py",
)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, Any, Any]:
    """What is read before the first test stays to the end: a million objects that no collector need look through."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The fault suite gets its marker, the long tests come first."""
    faults = {path for pattern in FAULTS for path in TESTS.glob(pattern)}
    for item in items:
        if item.path in faults:
            item.add_marker(pytest.mark.faults)
    order = {TESTS / name: n for n, name in enumerate(dict.fromkeys((*HEAVY, *LONG)))}
    items.sort(key=lambda item: order.get(item.path, len(order)))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """`--dist loadfile`, where the tests of a long file need not wait for each other, and some files stay together."""
    from xdist.scheduler import LoadFileScheduling

    woken = {f"tests/{name}": what for what, names in TOGETHER.items() for name in names}

    class ByFile(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = nodeid.partition("::")[0]
            return nodeid if file.removeprefix("tests/") in LONG else woken.get(file, file)

    if config.getoption("dist") != "loadfile":
        return None
    config.option.loadscopereorder = False
    return ByFile(config, log)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL server for this session."""
    programs = server_programs()
    if programs is None:
        if os.environ.get("EMOSEUM_TEST_STRICT"):
            pytest.fail(_WITHOUT)
        pytest.skip(_WITHOUT)
    with running_postgres(programs) as server:
        yield server


@pytest.fixture(scope="session")
def s3_url() -> Iterator[str]:
    """moto's S3 server on a free port of loopback."""
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(scope="module")
def one_torch_thread() -> Iterator[None]:
    """Sums come in one order, and tests beside each other leave each other a core."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
