"""A SQLite file as `emoseum db upgrade` leaves it, copied instead of raised anew for each test."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path

from adapters.dbos_work import migrate
from adapters.sql_store import upgrade
from core.settings import Settings


def raise_by_copy(settings: Settings) -> None:
    """What `emoseum db upgrade` does on an empty data folder; how it does that is tested in tests/adapters/test_migrations.py."""
    file = settings.data_dir / "emoseum.sqlite"
    if file.exists():
        upgrade(settings)
        return
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    shutil.copy(_raised(), file)


@cache
def _raised() -> Path:
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data_dir=Path(folder))
        upgrade(settings)
        migrate(settings)
        with tempfile.NamedTemporaryFile(suffix=".sqlite", delete=False) as kept:
            shutil.copy(Path(folder) / "emoseum.sqlite", kept.name)
    atexit.register(Path(kept.name).unlink, missing_ok=True)
    return Path(kept.name)
