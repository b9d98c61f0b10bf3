"""Which process does what: here and now, or whichever worker of PostgreSQL is free."""

import asyncio
import os
import subprocess
import sys
from collections import Counter
from contextlib import suppress

import pytest

from digest.dispatch import InProcess, Job, Kind, OnPostgres, install
from digest.store import Database

WORLD, SPORT = Job(Kind.COLLECT, "world"), Job(Kind.COLLECT, "sport")
DAILY, ALL = Job(Kind.PUBLISH, "daily"), Job(Kind.DELIVER, "0/0")


class Hands:
    """Does jobs by writing them down; while `gate` is closed, each waits after it has begun."""

    def __init__(self):
        self.begun, self.done = [], []
        self.gate = asyncio.Event()
        self.gate.set()
        self.changed = asyncio.Condition()

    async def perform(self, job):
        await self._note(self.begun, job)
        await self.gate.wait()
        if job.subject == "broken":
            raise LookupError("this one fails")
        await self._note(self.done, job)

    async def _note(self, where, job):
        async with self.changed:
            where.append(job)
            self.changed.notify_all()

    async def until(self, condition, seconds=20):
        async with asyncio.timeout(seconds), self.changed:
            await self.changed.wait_for(condition)


async def _ended(task, seconds=10):
    async with asyncio.timeout(seconds):
        await task


# in this process


async def test_a_job_is_done_as_soon_as_it_is_offered():
    hands = Hands()
    await InProcess(hands.perform).offer([WORLD, DAILY])
    await hands.until(lambda: hands.done == [WORLD, DAILY])


async def test_a_job_that_runs_is_not_begun_twice_and_later_done_again():
    hands = Hands()
    engine = InProcess(hands.perform)
    hands.gate.clear()
    await engine.offer([WORLD, WORLD])
    await hands.until(lambda: hands.begun == [WORLD])
    await engine.offer([WORLD, SPORT])
    await hands.until(lambda: hands.begun == [WORLD, SPORT])
    hands.gate.set()
    await hands.until(lambda: len(hands.done) == 2)
    await asyncio.sleep(0)
    await engine.offer([WORLD])
    await hands.until(lambda: hands.done == [WORLD, SPORT, WORLD])


async def test_work_lasts_until_we_are_to_stop_and_what_was_begun_has_ended():
    hands, stop = Hands(), asyncio.Event()
    engine = InProcess(hands.perform)
    working = asyncio.create_task(engine.work(stop))
    hands.gate.clear()
    await engine.offer([WORLD])
    await hands.until(lambda: hands.begun == [WORLD])
    assert not working.done()
    stop.set()
    await asyncio.sleep(0.01)
    assert not working.done()
    hands.gate.set()
    await _ended(working)
    assert hands.done == [WORLD]


async def test_a_job_that_fails_is_said_and_the_others_go_on(caplog):
    hands, stop = Hands(), asyncio.Event()
    engine = InProcess(hands.perform)
    working = asyncio.create_task(engine.work(stop))
    await engine.offer([Job(Kind.COLLECT, "broken"), WORLD])
    await hands.until(lambda: hands.done == [WORLD])
    await engine.offer([SPORT])
    await hands.until(lambda: hands.done == [WORLD, SPORT])
    stop.set()
    await _ended(working)
    assert "collect broken failed" in caplog.text
    assert "this one fails" in caplog.text


async def test_what_a_transaction_makes_necessary_is_begun(on_sqlite):
    hands = Hands()
    engine = InProcess(hands.perform)
    await on_sqlite.run(engine.enqueue, [ALL])
    await hands.until(lambda: hands.done == [ALL])


# on PostgreSQL


@pytest.fixture
def queue(postgresql_database):
    install(postgresql_database)
    return postgresql_database


@pytest.fixture
async def workers(queue):
    """Starts workers on the queue; ends them with the test."""
    running = []

    def start(hands, engine=None):
        stop = asyncio.Event()
        engine = engine or OnPostgres(queue, hands.perform)
        running.append((stop, asyncio.create_task(engine.work(stop))))
        return engine, *running[-1]

    yield start
    for stop, _ in running:
        stop.set()
    await asyncio.gather(*(_ended(task) for _, task in running))


def _waiting(queue):
    import psycopg

    with psycopg.connect(queue) as connection:
        rows = "SELECT task_name, args->>'subject' FROM procrastinate_jobs WHERE status = 'todo' ORDER BY id"
        return [Job(Kind(name.removeprefix("digest.")), subject) for name, subject in connection.execute(rows)]


async def test_each_job_is_done_once_by_one_of_two_workers(queue, workers):
    hands = Hands()
    workers(hands)
    engine, _, _ = workers(hands)
    jobs = [Job(Kind.COLLECT, f"feed {n}") for n in range(30)] + [DAILY, ALL]
    await engine.offer(jobs)
    await hands.until(lambda: len(hands.done) == len(jobs))
    assert Counter(hands.begun) == Counter(jobs)
    assert _waiting(queue) == []


async def test_a_job_that_waits_is_not_put_twice_and_done_again_when_offered_later(queue, workers):
    hands = Hands()
    engine = OnPostgres(queue, hands.perform)
    await engine.offer([WORLD, WORLD])
    await engine.offer([WORLD, SPORT])
    assert _waiting(queue) == [WORLD, SPORT]
    workers(hands, engine)
    await hands.until(lambda: len(hands.done) == 2)
    await engine.offer([WORLD])
    await hands.until(lambda: Counter(hands.done) == {WORLD: 2, SPORT: 1})


async def test_what_several_tasks_offer_while_work_begins_is_done(queue, workers):
    hands = Hands()
    engine, _, _ = workers(hands)
    jobs = [Job(Kind.COLLECT, f"feed {n}") for n in range(5)]
    await asyncio.gather(*(engine.offer([job]) for job in jobs))
    await hands.until(lambda: len(hands.done) == 5)


async def test_a_worker_that_is_to_stop_ends_soon_and_finishes_what_it_has_begun(queue, workers):
    hands = Hands()
    engine, stop, working = workers(hands)
    hands.gate.clear()
    await engine.offer([WORLD])
    await hands.until(lambda: hands.begun == [WORLD])
    stop.set()
    await asyncio.sleep(0.05)
    assert not working.done()
    hands.gate.set()
    await _ended(working, 5)
    assert hands.done == [WORLD]
    assert _waiting(queue) == []


async def test_an_idle_worker_ends_at_once(queue, workers):
    hands = Hands()
    engine, stop, working = workers(hands)
    await engine.offer([WORLD])
    await hands.until(lambda: hands.done)
    stop.set()
    await _ended(working, 5)


async def test_a_worker_goes_on_after_a_job_that_failed(queue, workers, caplog):
    hands = Hands()
    engine, _, _ = workers(hands)
    await engine.offer([Job(Kind.DELIVER, "broken"), ALL])
    await hands.until(lambda: hands.done == [ALL])
    assert "deliver broken failed" in caplog.text


async def test_a_job_joins_the_transaction_that_makes_it_necessary(queue, workers):
    hands = Hands()
    engine = OnPostgres(queue, hands.perform)
    database = Database(queue)

    def fail(connection):
        engine.enqueue(connection, [DAILY])
        raise LookupError

    with pytest.raises(LookupError):
        await database.run(fail)
    assert _waiting(queue) == []
    await database.run(engine.enqueue, [ALL, ALL])
    assert _waiting(queue) == [ALL, ALL]
    database.close()
    workers(hands, engine)
    await hands.until(lambda: hands.done == [ALL, ALL])


async def test_a_worker_comes_back_when_postgresql_has_gone_away(queue, workers):
    import psycopg

    hands = Hands()
    engine, _, _ = workers(hands)
    await engine.offer([WORLD])
    await hands.until(lambda: hands.done == [WORLD])
    with psycopg.connect(queue, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    async with asyncio.timeout(30):
        while SPORT not in hands.done:
            # The connection that was cut says so once.
            with suppress(Exception):
                await engine.offer([SPORT])
            await asyncio.sleep(0.1)


def test_installing_again_or_at_once_changes_nothing(postgresql_database, at_once):
    at_once(*[lambda: install(postgresql_database)] * 3)
    install(postgresql_database)
    assert _waiting(postgresql_database) == []


def test_without_procrastinate_sqlite_works_all_the_same():
    blocked = "import sys; sys.modules['procrastinate'] = sys.modules['psycopg'] = None; import digest.app.service"
    subprocess.run([sys.executable, "-c", blocked], check=True, env=os.environ.copy(), timeout=60)
