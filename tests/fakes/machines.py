"""Hosts that share a database, a bucket and a key, and nothing else: a data folder and processes of its own each."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg

from tests.fakes.house_process import HouseProcess
from tests.fakes.postgres import Postgres

LEASE_S = 3.0


class Pair:
    """A host for the bot and another for the core, used as if they were one house."""

    def __init__(self, bot: HouseProcess, core: HouseProcess) -> None:
        self._hosts, self.port, self.log = {"bot": bot, "core": core}, bot.port, bot.log

    def start(self, role: str, crash: str = "") -> None:
        """Where that role lives."""
        self._hosts[role].start(role, crash)

    def kill(self, role: str) -> None:
        """Where that role lives."""
        self._hosts[role].kill(role)

    def arm(self, role: str) -> None:
        """Where that role lives."""
        self._hosts[role].arm(role)

    async def wait_dead(self, role: str) -> bool:
        """Where that role lives."""
        return await self._hosts[role].wait_dead(role)


class Machines:
    """Makes hosts, counts what they did, and ends them all."""

    def __init__(self, postgres: Postgres, database: str, folder: Path, environment: dict[str, str]) -> None:
        self.postgres, self.database, self._folder = postgres, database, folder
        self._environment = {
            "EMOSEUM_DATABASE_URL": postgres.url(database),
            "EMOSEUM_MASTER_KEY_FILE": str(folder / "copied.key"),
            "EMOSEUM_WORK__JOIN_S": "0",
            "EMOSEUM_WORK__LEASE_S": str(LEASE_S),
            "EMOSEUM_LOG_LEVEL": "info",
            **environment,
        }
        self._hosts: dict[str, HouseProcess] = {}

    def host(self, name: str, **environment: str) -> HouseProcess:
        """The host of that name; `environment` is said at its first mention."""
        if name not in self._hosts:
            self._hosts[name] = HouseProcess(self._folder / name / "data", {**self._environment, **environment})
            (self._folder / name).mkdir()
        return self._hosts[name]

    def log(self, name: str) -> str:
        """What that host's processes said."""
        return self.host(name).log.read_text()

    def ask(self, statement: str) -> list[Any]:
        """The first column of what the database answers."""
        address = f"host={self.postgres.folder} user=emoseum dbname={self.database}"
        with psycopg.connect(address, autocommit=True) as connection:
            return [row[0] for row in connection.execute(statement)]  # type: ignore[call-overload]

    def executors(self, role: str) -> list[str]:
        """Who did (or does) jobs of a role, each once."""
        found = self.ask(
            "SELECT DISTINCT executor_id FROM dbos.workflow_status"
            f" WHERE application_name = '{role}' AND executor_id IS NOT NULL"
        )
        return sorted(found)

    def stop(self) -> None:
        """End everything."""
        for host in self._hosts.values():
            host.stop()
