"""Opens the database and runs functions of a connection, each in one transaction, off the event loop.

SQLite is one file and one thread that talks to it; PostgreSQL a small pool. Contains no rules of the trade.
"""

import asyncio
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError, DataError, DBAPIError, IntegrityError

from digest.errors import StoreError

__all__ = ["Connection", "Database"]

P = ParamSpec("P")
T = TypeVar("T")

#: PostgreSQL gave up a transaction so that another could go on (40001 serialization_failure, 40P01 deadlock_detected).
_TRY_AGAIN = frozenset({"40001", "40P01"})
_TRIES = 5
#: Seconds that a writer waits for another process to finish with the SQLite file.
_BUSY_S = 30
_MODE_TRIES = 20
_POSTGRESQL_THREADS = 8


class Database:
    """The store's one way in.

    `url` is ``sqlite:///path`` or ``postgresql://...``. With `read_only` no statement can change anything.
    Raises `StoreError` for a URL that is neither.
    """

    def __init__(self, url: str, *, read_only: bool = False) -> None:
        self.url = _parsed(url)
        self.read_only = read_only
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        if self.is_sqlite:
            self._engine = _sqlite(self.url, read_only=read_only)
        else:
            self._engine = _postgresql(self.url, read_only=read_only)
        self._threads = ThreadPoolExecutor(1 if self.is_sqlite else _POSTGRESQL_THREADS, thread_name_prefix="store")

    @property
    def engine(self) -> Engine:
        """For migrations only."""
        return self._engine

    @property
    def driver_url(self) -> str:
        """The URL as the database's own driver wants it, password included."""
        return self.url.set(drivername=self.url.get_backend_name()).render_as_string(hide_password=False)

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """One transaction: committed when the block ends, rolled back when it raises."""
        with self._engine.begin() as connection:
            yield connection

    def call(self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """`work` in one transaction, here and now; again where PostgreSQL asks for it."""
        for left in reversed(range(_TRIES)):
            try:
                with self._engine.begin() as connection:
                    return work(connection, *args, **kwargs)
            except DBAPIError as error:
                if not left or getattr(error.orig, "sqlstate", None) not in _TRY_AGAIN:
                    raise
        raise AssertionError("the last try returns or raises")

    async def run(self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """`call`, off the event loop."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, lambda: self.call(work, *args, **kwargs))

    def close(self) -> None:
        """Waits for what is under way."""
        self._threads.shutdown()
        self._engine.dispose()


def apart(
    connection: Connection, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
) -> T:
    """`work` within the transaction, undone alone where the database refuses its data: that raises `StoreError`."""
    try:
        with connection.begin_nested():
            return work(connection, *args, **kwargs)
    except (DataError, IntegrityError, UnicodeError) as error:
        raise StoreError(" ".join(str(getattr(error, "orig", error)).split())[:200]) from error


def driver_connection(connection: Connection) -> Any:
    """The driver's own connection, for whoever must write in the same transaction."""
    return connection.connection.driver_connection


def _parsed(url: str) -> URL:
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):  # ValueError: a port that is no number
        raise StoreError("database: not a URL; write sqlite:///path or postgresql://user@host/name") from None
    if parsed.get_backend_name() not in {"sqlite", "postgresql"}:
        raise StoreError(f"database: {parsed.get_backend_name()} is not supported; use sqlite or postgresql")
    return parsed


def _sqlite(url: URL, *, read_only: bool) -> Engine:
    if url.database and not read_only:
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url, connect_args={"timeout": _BUSY_S, "check_same_thread": False})

    # The driver's own transactions begin late and without a write lock; two of them then lock each other out.
    begin = "BEGIN" if read_only else "BEGIN IMMEDIATE"

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: object) -> None:
        connection.isolation_level = None
        if not read_only:
            _write_ahead(connection)
        # What is sorted for a million readers would be held in memory otherwise.
        for pragma in ("synchronous=FULL", "foreign_keys=ON", "temp_store=FILE"):
            connection.execute(f"PRAGMA {pragma}")
        if read_only:
            connection.execute("PRAGMA query_only=ON")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine


def _write_ahead(connection: Any) -> None:
    """Into WAL mode. Two that change a new file's mode at once are refused without a wait: then wait, and try again."""
    for left in reversed(range(_MODE_TRIES)):
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError:
            if not left:
                raise
            connection.execute("BEGIN EXCLUSIVE")
            connection.execute("COMMIT")
        else:
            return


def _postgresql(url: URL, *, read_only: bool) -> Engine:
    try:
        import psycopg  # noqa: F401, PLC0415 - only this extra needs it
    except ImportError:
        raise StoreError("PostgreSQL needs an extra: pip install 'digest-newsletter[postgres]'") from None
    options = "-c TimeZone=UTC" + (" -c default_transaction_read_only=on" if read_only else "")
    return create_engine(
        url.set(drivername="postgresql+psycopg"),
        pool_size=_POSTGRESQL_THREADS,
        pool_pre_ping=True,
        connect_args={"options": options},
    )
