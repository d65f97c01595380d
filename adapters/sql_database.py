"""The connection to the database, opened the way SQLite and PostgreSQL each like it."""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, contextmanager
from contextvars import ContextVar
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from adapters.sqlite_clock import teach_milliseconds
from adapters.sqlite_compiled import compiled
from adapters.sqlite_inline import InlineConnection
from core.ports import Away, DiskFull, EmoseumError
from core.settings import Settings

_PRAGMAS = (
    "PRAGMA busy_timeout=30000",
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",  # what was acknowledged outlives a power cut
    "PRAGMA journal_size_limit=67108864",
    "PRAGMA foreign_keys=ON",
    "PRAGMA secure_delete=ON",  # deleted rows are overwritten with zeros
    "PRAGMA temp_store=MEMORY",
)

_MIGRATING = 0x656D6F7365756D  # the number of a PostgreSQL lock
_WRITERS = 8  # of one process at once, on PostgreSQL


class _Together:
    """One transaction that several methods of the store write in."""

    def __init__(self, stack: AsyncExitStack) -> None:
        self.stack = stack
        self.connection: AsyncConnection | None = None


_together: ContextVar[_Together | None] = ContextVar("together", default=None)


class Database:
    """Transactions that read and transactions that write.

    SQLite has one writer at a time. On PostgreSQL writers meet, so whoever writes what they have read before holds it
    first (`held`, `hold_blind`); always chats, accounts, keys, entries, people in this order, so that no two wait for each
    other."""

    def __init__(self, settings: Settings) -> None:
        url = async_url(settings)
        self.is_sqlite = url.get_backend_name() == "sqlite"
        settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        # More connections than tasks that read at once: a full pool would tie itself to one event loop.
        pool = {"pool_size": 5, "max_overflow": 40, "pool_pre_ping": not self.is_sqlite}  # a server may have restarted
        own: dict[str, Any] = {}
        if self.is_sqlite:
            own = {"async_creator": _opener(url.database), "execution_options": {"compiled_cache": compiled}}
        try:
            self.engine: AsyncEngine = create_async_engine(url, hide_parameters=True, **pool, **own)
        except ModuleNotFoundError as error:
            raise EmoseumError("error.database_away", f"{error}: pip install -e '.[postgres]'") from error
        self._writing = self.engine.execution_options(writes=True)
        self._reading = self.engine
        if not self.is_sqlite:  # else each statement of a transaction would see a state of its own
            one_state = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
            self._reading = self.engine.execution_options(**one_state)
        self._gates: weakref.WeakKeyDictionary[Any, asyncio.Semaphore] = weakref.WeakKeyDictionary()
        if self.is_sqlite:
            self._tune_sqlite()

    def _tune_sqlite(self) -> None:
        """SQLAlchemy's recipe: the driver never begins a transaction, we do, and a writer takes the lock at once."""

        @sa.event.listens_for(self.engine.sync_engine, "connect")
        def connected(connection: Any, _record: Any) -> None:
            cursor = connection.cursor()
            for pragma in _PRAGMAS:
                cursor.execute(pragma)
            cursor.close()
            teach_milliseconds(connection)  # the durable engine writes its jobs through our connection too

        @sa.event.listens_for(self.engine.sync_engine, "begin")
        def begun(connection: sa.Connection) -> None:
            asked = connection.get_execution_options()
            begin = asked.get("begin", "BEGIN IMMEDIATE" if asked.get("writes") else "BEGIN")
            if begin:
                connection.exec_driver_sql(begin)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """A snapshot; inside of `together` with what was written there so far. Raises Away."""
        unit = _together.get()
        if unit is not None and unit.connection is not None:
            yield unit.connection
            return
        async with _opened(self._reading.connect()) as connection:
            yield connection

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """All or nothing, durable once it ends; inside of `together`, once that ends. Raises DiskFull, Away."""
        unit = _together.get()
        if unit is None:
            async with self._transaction() as connection:
                yield connection
            return
        if unit.connection is None:
            unit.connection = await unit.stack.enter_async_context(self._transaction())
        yield unit.connection

    @asynccontextmanager
    async def together(self) -> AsyncIterator[None]:
        """Everything that one task writes inside is one transaction, which its first write begins.

        Raises DiskFull, Away."""
        if _together.get() is not None:
            yield
            return
        async with AsyncExitStack() as stack:
            token = _together.set(_Together(stack))
            try:
                yield
            finally:
                _together.reset(token)

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[AsyncConnection]:
        async with self._gate(), _opened(self._writing.begin()) as connection:
            yield connection

    async def hold_blind(self, connection: AsyncConnection, blind: Iterable[bytes]) -> None:
        """Hold chats or accounts until this transaction ends, rows that are not there yet too; SQLite has one writer
        anyway."""
        if not self.is_sqlite:
            for name in sorted(bytes(name) for name in blind):
                number = int.from_bytes(name[:8], "big", signed=True)
                await connection.execute(sa.select(sa.func.pg_advisory_xact_lock(number)))

    def _gate(self) -> asyncio.Semaphore:
        """Writers of one loop wait in line here rather than in SQLite's back-off, which is slower and not fair."""
        return self._gates.setdefault(asyncio.get_running_loop(), asyncio.Semaphore(1 if self.is_sqlite else _WRITERS))

    async def knock(self) -> None:
        """Connect once. Raises EmoseumError (`error.database_away`) for what SQLAlchemy lets through while it connects."""
        try:
            async with self.engine.connect():
                pass
        except _errors_of_connecting() as error:
            raise EmoseumError("error.database_away", str(error)) from error

    async def tidy(self) -> None:
        """Carry deletions from the write-ahead log into the file, so that no old copy of a page is left."""
        if self.is_sqlite:
            async with self.engine.execution_options(begin="").connect() as connection:
                await connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")

    async def close(self) -> None:
        """Let go of every connection."""
        await self.engine.dispose()


def _opener(path: str | None) -> Callable[[], Awaitable[InlineConnection]]:
    async def opened() -> InlineConnection:
        return InlineConnection(path or ":memory:")

    return opened


@asynccontextmanager
async def _opened(opening: AbstractAsyncContextManager[AsyncConnection]) -> AsyncIterator[AsyncConnection]:
    """A connection; what its statements and its end raise where the database is full or away says so.

    Raises DiskFull, Away."""
    try:
        async with AsyncExitStack() as stack:
            try:
                connection = await stack.enter_async_context(opening)
            except _errors_of_connecting() as error:  # SQLAlchemy lets them through as they are
                if is_away(error):
                    raise Away(type(error).__name__) from error
                raise
            yield connection
    except sa.exc.DBAPIError as error:
        if is_full(error.orig):
            raise DiskFull("the database can't grow") from error
        if is_away(error):
            raise Away(type(error.orig).__name__) from error
        raise


@contextmanager
def reachable() -> Iterator[None]:
    """Around what opens a database: where it can't be, says so. Raises EmoseumError (`error.database_away`), DiskFull."""
    try:
        yield
    except sa.exc.DBAPIError as error:
        if is_full(error.orig):
            raise DiskFull("the database can't grow") from error
        raise EmoseumError("error.database_away", str(error.orig)) from error


def _errors_of_connecting() -> tuple[type[Exception], ...]:
    try:
        from asyncpg import InterfaceError, PostgresError  # of the `postgres` extra
    except ModuleNotFoundError:
        return (OSError,)
    return OSError, PostgresError, InterfaceError


def async_url(settings: Settings) -> sa.URL:
    """The database by a driver for event loops; `sslmode` is called `ssl` by that of PostgreSQL."""
    url = sa.make_url(settings.sql_url)
    if url.get_backend_name() != "postgresql":
        return url
    named = {"ssl" if name == "sslmode" else name: value for name, value in url.query.items()}
    return url.set(drivername="postgresql+asyncpg", query=named)


def sync_url(settings: Settings) -> sa.URL:
    """The same database by a driver that needs no event loop."""
    url = sa.make_url(settings.sql_url)
    return url.set(drivername={"sqlite": "sqlite", "postgresql": "postgresql+psycopg"}[url.get_backend_name()])


def wait_to_migrate(connection: sa.Connection) -> None:
    """One process at a time raises the tables: on SQLite it has the only write lock, on PostgreSQL this one."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_MIGRATING)))


def held(
    connection: AsyncConnection, found: sa.Select[Any], *, of: sa.Table | None = None, to_change: bool = False
) -> sa.Select[Any]:
    """`found`; in a transaction that writes, with its rows (those of one table) kept there, or even as they are for
    a change, until that ends. SQLite has one writer anyway."""
    sync = connection.sync_connection
    if sync is None or sync.dialect.name == "sqlite" or not sync.get_execution_options().get("writes"):
        return found
    return found.with_for_update(read=not to_change, key_share=True, of=of)


def is_full(error: Any) -> bool:
    """True for a driver's error that means: no room on the disk."""
    full = getattr(error, "sqlite_errorname", "") in ("SQLITE_FULL", "SQLITE_IOERR_SHMSIZE")
    return full or getattr(error, "sqlstate", "") == "53100"


def is_away(error: BaseException | None) -> bool:
    """True for what a driver or SQLAlchemy raises where the database does not answer now and may do so later: it is
    being started or stopped, out of connections, not to be reached, or a writer of SQLite hangs."""
    if isinstance(error, sa.exc.DBAPIError):
        return error.connection_invalidated or is_away(error.orig)
    if isinstance(error, PermissionError):
        return False
    state = getattr(error, "sqlstate", None) or ""
    if state:
        return state[:2] in ("08", "53", "57") and state not in ("53100", "57014")  # full; told to stop
    is_busy = getattr(error, "sqlite_errorname", "").startswith("SQLITE_BUSY") or "database is locked" in str(error)
    kind = type(error)  # psycopg can't say why it was not let in
    return is_busy or isinstance(error, OSError) or (kind.__module__, kind.__name__) == ("psycopg", "OperationalError")


def upsert(
    connection: AsyncConnection, table: sa.Table, values: Mapping[str, Any], *, update: Iterable[str] = ()
) -> sa.Executable:
    """Insert, or where the primary key is there already write only the columns in `update` (none: leave it)."""
    dialect: Any = sqlite if connection.dialect.name == "sqlite" else postgresql
    insert = dialect.insert(table).values(**values)
    keys = [column.name for column in table.primary_key]
    changed = {name: insert.excluded[name] for name in update}
    statement: sa.Executable = (
        insert.on_conflict_do_update(index_elements=keys, set_=changed)
        if changed
        else insert.on_conflict_do_nothing(index_elements=keys)
    )
    return statement
