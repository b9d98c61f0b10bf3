"""Which process does what: here and now on SQLite, any free worker on PostgreSQL (the only importer of procrastinate).

A job only points at work; what is true stands in the ledger. A job that runs twice finds nothing left to do, and one
that is lost is offered again by the next tick.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from digest.store import Connection
from digest.store.engine import driver_connection

#: Seconds to wait before we come back to a PostgreSQL that went away; procrastinate's own workers end then.
_RECONNECT_S = 5.0
#: A worker that has not been heard of for so many seconds has died; its jobs are done by others.
_DEAD_S = 30.0
#: How many jobs of a kind one process does at a time.
_AT_ONCE = {"collect": 16, "publish": 2, "deliver": 1}


class Kind(StrEnum):
    """The stories that a job can ask for."""

    COLLECT = "collect"
    PUBLISH = "publish"
    DELIVER = "deliver"


@dataclass(frozen=True, slots=True)
class Job:
    """A story and what it is about: the feeds of a host, a newsletter, or a share of the outbox."""

    kind: Kind
    subject: str


Perform = Callable[[Job], Awaitable[None]]


class Engine(Protocol):
    """Says who works on what."""

    #: Whether other processes take what this one puts on the list.
    shared: bool

    async def offer(self, jobs: Sequence[Job]) -> None:
        """Puts work on the list; a job that waits there already is not put twice. Returns without waiting for it."""

    def enqueue(self, connection: Connection, jobs: Sequence[Job]) -> None:
        """Puts work on the list with the transaction that makes it necessary; called on the store's thread."""

    async def work(self, stop: asyncio.Event) -> None:
        """Does jobs until `stop` is set, and finishes those that it has begun."""


class InProcess:
    """Everything is done by this process, as soon as it is offered."""

    shared = False

    def __init__(self, perform: Perform) -> None:
        self._perform = perform
        self._running: dict[Job, asyncio.Task[None]] = {}
        self._loop = asyncio.get_running_loop()

    def enqueue(self, connection: Connection, jobs: Sequence[Job]) -> None:  # noqa: ARG002 - SQLite's queue is ours
        # The store has one thread: whatever the jobs ask of it comes after this transaction.
        self._loop.call_soon_threadsafe(self._begin, jobs)

    async def offer(self, jobs: Sequence[Job]) -> None:
        self._begin(jobs)

    def _begin(self, jobs: Sequence[Job]) -> None:
        for job in jobs:
            if job not in self._running:
                self._running[job] = asyncio.create_task(self._do(job), name=f"{job.kind} {job.subject}")

    async def _do(self, job: Job) -> None:
        try:
            await _guarded(self._perform, job)
        finally:
            self._running.pop(job, None)

    async def work(self, stop: asyncio.Event) -> None:
        await stop.wait()
        while self._running:
            await asyncio.gather(*self._running.values(), return_exceptions=True)


class OnPostgres:
    """Jobs wait in PostgreSQL for whichever process is free, on however many machines."""

    shared = True

    def __init__(self, url: str, perform: Perform) -> None:
        """`url` as libpq takes it. Raises ImportError where procrastinate is not installed."""
        import procrastinate  # noqa: PLC0415 - comes with the extra for PostgreSQL

        self._errors = procrastinate.exceptions
        self._app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=url))
        # Writes on the store's own connections only, and so never opens one.
        self._clerk = procrastinate.App(connector=procrastinate.SyncPsycopgConnector(conninfo=url))
        self._stack = AsyncExitStack()
        self._open = self._ended = False
        for kind in Kind:
            self._app.task(name=f"digest.{kind}", queue=kind.value)(_task(perform, kind))

    async def offer(self, jobs: Sequence[Job]) -> None:
        if self._ended:
            return
        try:
            await self._offer(jobs)
        except (self._errors.AppNotOpen, self._errors.ConnectorException):
            # What was about to be offered when the work ended, whoever looks next offers again.
            if not self._ended:
                raise

    async def _offer(self, jobs: Sequence[Job]) -> None:
        await self._connect()
        for job in jobs:
            name = f"{job.kind}:{job.subject}"
            with suppress(self._errors.AlreadyEnqueued):
                await self._app.configure_task(f"digest.{job.kind}", queueing_lock=name).defer_async(
                    subject=job.subject,
                )

    def enqueue(self, connection: Connection, jobs: Sequence[Job]) -> None:
        for job in jobs:
            # Without a lock on the name: a refusal would undo the whole transaction.
            deferrer = self._clerk.configure_task(
                f"digest.{job.kind}", queue=job.kind.value, connection=driver_connection(connection)
            )
            deferrer.defer(subject=job.subject)

    async def work(self, stop: asyncio.Event) -> None:
        try:
            while not stop.is_set():
                await self._connect()
                await self._until(stop, *(self._worker(kind) for kind in Kind), self._revive(stop))
        finally:
            self._open, self._ended = False, True
            await self._stack.aclose()

    async def _connect(self) -> None:
        if not self._open:
            await self._stack.enter_async_context(self._app.open_async())
            self._open = True

    async def _until(self, stop: asyncio.Event, *work: Any) -> None:
        """Runs the workers until we are to stop or one of them ends, as all do when PostgreSQL goes away."""
        tasks = [asyncio.ensure_future(piece) for piece in work]
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait([*tasks, stopping], return_when=asyncio.FIRST_COMPLETED)
        for task in (*tasks, stopping):
            # A cancelled worker finishes the jobs it has begun.
            task.cancel()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
        for trouble in (each for each in ended if isinstance(each, Exception)):
            logging.getLogger(__name__).warning("the workers stopped and start again: %s", trouble)
        if not stop.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(_RECONNECT_S):
                    await stop.wait()

    async def _worker(self, kind: Kind) -> None:
        await self._app.run_worker_async(
            queues=[kind.value],
            name=f"digest-{kind}",
            concurrency=_AT_ONCE[kind.value],
            install_signal_handlers=False,
            listen_notify=True,
            delete_jobs="successful",
            stalled_worker_timeout=_DEAD_S,
        )

    async def _revive(self, stop: asyncio.Event) -> None:
        """Gives jobs of dead workers to others."""
        manager = self._app.job_manager
        while not stop.is_set():
            for job in await manager.get_stalled_jobs(seconds_since_heartbeat=_DEAD_S):
                await manager.retry_job(job)
            with suppress(TimeoutError):
                async with asyncio.timeout(_DEAD_S):
                    await stop.wait()


def install(url: str) -> None:
    """Makes procrastinate's tables in the database at `url`, where they are not there yet."""
    import procrastinate  # noqa: PLC0415 - comes with the extra for PostgreSQL
    import psycopg  # noqa: PLC0415

    with psycopg.connect(url) as connection:
        connection.execute("SELECT pg_advisory_xact_lock(7217312)")
        found = connection.execute("SELECT to_regclass('procrastinate_jobs')").fetchone()
        if found and found[0] is None:
            schema = procrastinate.App(connector=procrastinate.SyncPsycopgConnector()).schema_manager.get_schema()
            connection.execute(schema.encode())


def _task(perform: Perform, kind: Kind) -> Callable[[str], Awaitable[None]]:
    async def run(subject: str) -> None:
        await _guarded(perform, Job(kind, subject))

    return run


async def _guarded(perform: Perform, job: Job) -> None:
    """One job's failure is said and ends there: the next tick offers the work again."""
    try:
        await perform(job)
    except Exception:
        logging.getLogger(__name__).exception("%s %s failed", job.kind, job.subject)
