"""What every room's tests may ask for."""

from __future__ import annotations

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
