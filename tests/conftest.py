"""What every room's tests may ask for."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator

import pytest

from tests.fakes.postgres import Postgres, running_postgres, server_programs

_WITHOUT = "PostgreSQL is not installed (apt-get install postgresql)"


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
