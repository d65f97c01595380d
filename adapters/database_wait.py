"""A database that is away when a process starts is waited for; how long is for whoever started it to say."""

from __future__ import annotations

import asyncio
import logging
import time

from adapters.sql_database import Database, is_away, reachable
from core.ports import EmoseumError
from core.settings import Settings

log = logging.getLogger(__name__)

LONGEST_PAUSE_S = 10.0


def wait_for_database(settings: Settings) -> None:
    """Return once the server lets us in; on SQLite at once.

    Raises EmoseumError (`error.database_away`) for what waiting would not mend: a wrong password, no such database."""
    if settings.sql_url.startswith("postgresql"):
        asyncio.run(_wait(settings))


async def _wait(settings: Settings) -> None:
    database, began_s, pause_s = Database(settings), time.monotonic(), 0.25
    try:
        while True:
            try:
                with reachable():
                    await database.knock()
                break
            except EmoseumError as error:
                if not is_away(error.__cause__):
                    raise
                if pause_s == 0.25:
                    log.warning("the database is away, waiting for it: %s", error)
            await asyncio.sleep(pause_s)
            pause_s = min(pause_s * 1.5, LONGEST_PAUSE_S)
    finally:
        await database.close()
    if pause_s > 0.25:
        log.warning("the database is there after %.0f s", time.monotonic() - began_s)
