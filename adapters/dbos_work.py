"""Durable work: DBOS with its traps fixed in one place, and the way in that keeps a message and its job together."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import threading
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from typing import IO, Any

import sqlalchemy as sa
from dbos import DBOS, DBOSClient, DBOSConfig
from dbos._serialization import Serializer  # the public base class of custom serializers, exported nowhere else

from adapters.doorbell import Doorbell, hang
from adapters.leases import Leases
from adapters.role_claim import take_role
from adapters.sql_database import sync_url
from adapters.sql_migrate import one_at_a_time
from adapters.sql_store import SqlStore
from adapters.work_database import Sparingly, system_engine
from core import metrics
from core.entities import Message, utc_now
from core.jobs import ANSWERS, CHAT, VERSIONS
from core.ports import EmoseumError
from core.settings import Settings
from core.trouble import describe

log = logging.getLogger(__name__)

RETENTION = timedelta(days=7)
ALONE = frozenset({"bot"})  # roles that one process of all machines plays at a time; the others share the work
_STAND_BY_S = 1.0  # between two tries to take over
STUCK_ROUNDS, HOPELESS_ROUNDS = 2, 6  # of the sweeper, in which a job stands still
_AT_ONCE_S = 0.001  # after the bell rang
STUCK_EXIT = 75  # tells the supervisor to start us again


class OlderWork(EmoseumError):
    """Jobs of another version are still open; running on would strand them."""

    def __init__(self, count: int) -> None:
        super().__init__(
            "error.older_work", f"{count} jobs of another version are open: run that version until it is done"
        )


class _Json(Serializer):
    """Arguments and results as JSON: ids only, readable, and no code in the database. Errors keep their type alone."""

    def serialize(self, data: Any) -> str:
        if isinstance(data, BaseException):
            data = {"!error": type(data).__name__}
        return json.dumps(data, separators=(",", ":"))

    def deserialize(self, serialized_data: str) -> Any:
        data = json.loads(serialized_data)
        if isinstance(data, dict) and "!error" in data:
            return RuntimeError(data["!error"])
        if isinstance(data, dict) and data.keys() == {"args", "kwargs"}:
            data["args"] = tuple(data["args"])
        return data

    def name(self) -> str:
        return "emoseum_json"


def queues(settings: Settings, role: str) -> dict[str, dict[str, Any]]:
    """What each queue of a role is limited to, by its name."""
    if role == "bot":
        return {CHAT: {"partition_concurrency": 1}, ANSWERS: {"worker_concurrency": settings.work.answers}}
    # Who listens takes long: nobody's words wait behind recordings.
    return {name: {"worker_concurrency": most} for name, most in (("understand", 8), ("studio", 8), ("listen", 4))}


class DurableWork:
    """One process's hold on the durable engine, as `bot` or as `core`."""

    def __init__(self, settings: Settings, role: str, store: SqlStore) -> None:
        self.settings, self.role, self._store = settings, role, store
        self._lock: IO[str] | None = None
        self._leases = Leases(settings, role)
        self._sweeper: asyncio.Task[None] | None = None

    async def launch(self, stopped: asyncio.Event | None = None) -> bool:
        """Take the role, recover what was left open, and begin to work. Call inside the event loop that is to run
        the workflows. Where another machine plays the role we stand by until it is gone, or until `stopped`: then False.

        Raises AlreadyRunning, SameExecutor, OlderWork."""
        self._lock = take_role(self.settings.data_dir, self.role)
        await asyncio.to_thread(self._leases.take_executor, self._leave_to_the_other)
        if self.role in ALONE and not await self._stand_by(stopped or asyncio.Event()):
            return False
        config: DBOSConfig = {
            "name": self.role,
            "system_database_url": _sync_url(self.settings),
            "system_database_engine": system_engine(self.settings),
            "application_version": VERSIONS[self.role],
            "executor_id": self._leases.executor_id,
            "serializer": _Json(),
            "log_level": "WARNING",
            "use_listen_notify": False,
            "enable_otlp": False,
        }
        logging.getLogger("dbos").addFilter(Sparingly())
        DBOS(config=config)
        limits = queues(self.settings, self.role)
        DBOS.listen_queues(list(limits))
        DBOS.launch()
        await self._refuse_older_work()
        _wait_at_the_door(Doorbell(self.settings, list(limits)))
        for name, limit in limits.items():
            await DBOS.register_queue_async(
                name, polling_interval_sec=self.settings.work.polling_s, on_conflict="always_update", **limit
            )
        self._sweeper = asyncio.create_task(self._sweep_for_ever())
        await asyncio.to_thread(self._leases.watch, self._take_over)
        return True

    async def leave(self) -> None:
        """Say that we end, so that other machines go on with our work at once."""
        await asyncio.to_thread(self._leases.release)

    async def _stand_by(self, stopped: asyncio.Event) -> bool:
        """True once the role is ours."""
        is_told = False
        while not stopped.is_set():
            try:
                if await asyncio.to_thread(self._leases.take_role):
                    return True
                if not is_told:
                    log.info("another %s is at work on this database: standing by", self.role)
                is_told = True
            except sa.exc.DBAPIError as error:
                log.debug("no word of the other %s: %s", self.role, describe(error))
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stopped.wait(), _STAND_BY_S)
        return False

    def _take_over(self) -> None:
        """The open jobs of executors that are gone go back into their queues; DBOS lets nobody finish them twice."""
        gone = self._leases.strays(VERSIONS[self.role])
        if gone:
            moved = DBOS._recover_pending_workflows(gone)
            log.warning("%d jobs of %s, which are gone, are taken over", len(moved), ", ".join(sorted(gone)))

    def _leave_to_the_other(self, lease: str) -> None:
        log.error("%s was taken over while nobody heard of us: starting again", lease)
        os._exit(STUCK_EXIT)

    async def tidy(self) -> None:
        """Delete the records of jobs that ended more than a week ago; they hold ids only, but would grow for ever."""
        before = (utc_now() - RETENTION).isoformat()
        while old := await DBOS.list_workflows_async(
            status=["SUCCESS", "ERROR", "CANCELLED"], end_time=before, limit=500, load_input=False, load_output=False
        ):
            await DBOS.delete_workflows_async([workflow.workflow_id for workflow in old])

    async def _refuse_older_work(self) -> None:
        open_jobs = await DBOS.list_workflows_async(
            status=["PENDING", "ENQUEUED"], application_name=self.role, load_input=False, load_output=False
        )
        others = [job for job in open_jobs if job.app_version not in (None, VERSIONS[self.role])]
        if others:
            raise OlderWork(len(others))

    async def _sweep_for_ever(self) -> None:
        """Round after round, whatever a database that is away or locked throws in one of them."""
        seen, pause_s = Counter[str](), self.settings.work.sweep_s
        while True:
            await asyncio.sleep(pause_s)
            try:
                seen = await self._sweep(seen)
            except Exception as error:
                log.warning("a sweep failed, the next is in %.0f s: %s", pause_s, describe(error))

    async def _sweep(self, before: Counter[str]) -> Counter[str]:
        """A server that died while it told us which jobs are ours, or a full disk, can leave jobs PENDING with nobody
        working on them. Seen so twice they go back into their queue; where that does not help this process starts again.

        Takes and returns in how many rounds, up to the last one, a job looked so."""
        pending = await DBOS.list_workflows_async(
            status="PENDING", executor_id=self._leases.executor_id, load_input=False, load_output=False
        )
        still = {job.workflow_id for job in pending} - set(_active_workflows())
        seen = Counter({job: before[job] + 1 for job in still})
        if max(seen.values(), default=0) >= HOPELESS_ROUNDS:
            log.error("%d jobs stand still with nobody working on them: starting again", len(seen))
            os._exit(STUCK_EXIT)
        if stuck := [job for job, rounds in seen.items() if rounds >= STUCK_ROUNDS]:
            log.warning("%d jobs stood still with nobody working on them: back into the queue", len(stuck))
            await asyncio.to_thread(_put_back, stuck, self._leases.executor_id)
        return seen


class DbosInbox:
    """The way in: inbox row and job in one commit."""

    def __init__(self, settings: Settings, store: SqlStore) -> None:
        self._settings, self._store = settings, store
        self._client: DBOSClient | None = None
        self._engine: sa.Engine | None = None

    async def keep(self, message: Message) -> bool:
        """See core.ports.Inbox."""
        if self._client is None:
            self._engine = system_engine(self._settings)
            self._client = DBOSClient(
                system_database_engine=self._engine, serializer=_Json(), application_name="bot", lazy=True
            )
        new = await self._store.keep_with(message, lambda connection, _person_id: self._enqueue(connection, message))
        metrics.heard.add(message.platform, message.kind.value, "new" if new else "again")
        return new

    def _enqueue(self, connection: sa.Connection, message: Message) -> None:
        assert self._client is not None
        self._client.enqueue_in_transaction(
            connection,
            {
                "workflow_name": "hear",
                "queue_name": CHAT,
                "application_name": "bot",
                "app_version": VERSIONS["bot"],
                "workflow_id": f"hear-{message.id}",
                "queue_partition_key": self._store.vault.blind("chat", message.platform, message.chat_id).hex(),
            },
            message.id,
        )

    def close(self) -> None:
        """Let go of the database."""
        if self._engine is not None:
            self._engine.dispose()


def migrate(settings: Settings) -> None:
    """Create or raise the durable engine's own tables, so that a message can be kept before any worker has run."""
    logging.getLogger("dbos").setLevel(logging.WARNING)
    with one_at_a_time(settings):
        DBOS.migrate(_sync_url(settings))
        engine = sa.create_engine(sync_url(settings), poolclass=sa.NullPool, hide_parameters=True)
        hang(engine)


def _sync_url(settings: Settings) -> str:
    return sync_url(settings).render_as_string(hide_password=False)


def _wait_at_the_door(bell: Doorbell) -> None:
    """DBOS's workers ask for their queue's row before each look into it; there they wait for the bell instead."""
    from dbos._dbos import _get_dbos_instance

    database: Any = _get_dbos_instance()._sys_db
    ask = database.get_queue

    def get_queue(name: str, **options: Any) -> Any:
        is_worker = threading.current_thread().name == f"queue-worker-{name}"
        if is_worker:
            bell.wait(name)
        queue = ask(name, **options)
        if is_worker and queue is not None:
            queue._polling_interval_sec = _AT_ONCE_S
        return queue

    database.get_queue = get_queue
    bell.start()


def _active_workflows() -> Sequence[str]:
    from dbos._dbos import _get_dbos_instance

    return _get_dbos_instance()._active_workflows_set.activeList()


def _put_back(jobs: Sequence[str], executor_id: str) -> None:
    """Into the queue that each came from; whoever takes one from there is the only one who works on it."""
    from dbos._dbos import _get_dbos_instance
    from dbos._utils import INTERNAL_QUEUE_NAME

    for job in jobs:
        _get_dbos_instance()._sys_db.reenqueue_for_recovery(job, [executor_id], INTERNAL_QUEUE_NAME)
