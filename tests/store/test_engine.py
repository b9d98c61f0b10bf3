"""One way into the database: transactions, moments in UTC, read-only views, and SQLite shared without locking out."""

import asyncio
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta, timezone
from functools import partial

import pytest
from sqlalchemy import insert, select, update
from sqlalchemy.exc import DBAPIError, StatementError

from digest.errors import StoreError
from digest.store import Database, schema

NOW = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)
C = schema.counters.c


def _put(connection, name, value):
    connection.execute(insert(schema.counters).values(name=name, value=value))


def _value(connection, name):
    return connection.scalar(select(C.value).where(C.name == name))


def _known_at(connection, moment):
    connection.execute(insert(schema.newsletters).values(name="daily", known_since=moment))


def test_what_raises_is_rolled_back(database):
    def put_and_fail(connection):
        _put(connection, "one", 1)
        raise LookupError

    with pytest.raises(LookupError):
        database.call(put_and_fail)
    assert database.call(_value, "one") is None


async def test_run_does_the_same_off_the_event_loop(database):
    await database.run(_put, "one", 1)
    assert await asyncio.gather(*(database.run(_value, "one") for _ in range(20))) == [1] * 20


def test_a_moment_comes_back_aware_and_in_utc(database):
    plus_two = timezone(timedelta(hours=2))
    database.call(_known_at, datetime(2026, 3, 2, 9, 0, 0, 123456, tzinfo=plus_two))
    stored = database.call(lambda c: c.scalar(select(schema.newsletters.c.known_since)))
    assert (stored, stored.utcoffset()) == (NOW.replace(microsecond=123456), timedelta())


def test_moments_compare_as_moments_whatever_their_zone_and_fraction(database):
    database.call(_known_at, NOW)
    since = schema.newsletters.c.known_since
    west = timezone(timedelta(hours=-8))
    for moment, expected in (
        (NOW.astimezone(west), True),
        (NOW - timedelta(microseconds=1), False),
        (NOW + timedelta(microseconds=1), True),
    ):
        found = database.call(lambda c, m=moment: c.scalar(select(since).where(since <= m)))
        assert (found is not None) is expected


def test_a_naive_moment_is_refused(database):
    with pytest.raises(StatementError, match="a moment without a zone"):
        database.call(_known_at, NOW.replace(tzinfo=None))


@pytest.mark.parametrize(
    "change",
    [
        lambda c: _put(c, "one", 1),
        lambda c: c.execute(update(schema.counters).values(value=7)),
        lambda c: c.execute(schema.counters.delete()),
        lambda c: c.exec_driver_sql("CREATE TABLE more (id integer)"),
    ],
    ids=["insert", "update", "delete", "create"],
)
def test_read_only_refuses_every_change_and_reads(database, another_process, change):
    database.call(_put, "here", 1)
    looking = another_process(read_only=True)
    with pytest.raises(DBAPIError, match=r"readonly|read-only"):
        looking.call(change)
    assert looking.call(_value, "here") == 1


def test_foreign_keys_hold(database):
    with pytest.raises(DBAPIError, match=r"(?i)foreign key"):
        database.call(lambda c: c.execute(insert(schema.article_keys).values(key="k", article=99)))


@pytest.mark.parametrize(
    ("table", "values"),
    [
        ("subscriptions", {"newsletter": "daily", "state": "gone", "mark": 0, "frequency": "every"}),
        (
            "editions",
            {"newsletter": "n", "slot": NOW, "wall": "", "number": 1, "upto": 0, "frozen_at": NOW, "state": ""},
        ),
    ],
)
def test_a_state_that_does_not_exist_is_refused(newsroom, table, values):
    if table == "subscriptions":
        values = values | {"subscriber": newsroom.join().subscriber}
    with pytest.raises(DBAPIError, match=r"(?i)check constraint"):
        newsroom.database.call(lambda c: c.execute(insert(schema.metadata.tables[table]).values(**values)))


@pytest.mark.parametrize(
    "url",
    [
        "mysql://digest:hush@db.example/digest",
        "digest:hush@db.example",
        "postgresql://digest:x@db.example:hush/digest",
        "nonesuch://digest:hush@db.example/digest",
        "",
    ],
)
def test_a_url_of_another_kind_is_refused_without_showing_the_password(url):
    with pytest.raises(StoreError, match=r"^database: ") as raised:
        Database(url)
    assert "hu" not in str(raised.value)
    assert raised.value.__cause__ is None


def test_the_driver_gets_the_password_and_its_own_spelling():
    database = Database("postgresql+psycopg://digest:h%40sh@db.example/digest")
    assert database.driver_url == "postgresql://digest:h%40sh@db.example/digest"
    database.close()


def test_the_folder_of_a_sqlite_file_is_made(tmp_path):
    database = Database(f"sqlite:///{tmp_path}/data/deep/digest.db")
    database.call(lambda c: c.exec_driver_sql("CREATE TABLE t (id integer)"))
    database.close()
    assert (tmp_path / "data" / "deep" / "digest.db").exists()


def _add_one(connection):
    value = _value(connection, "shared")
    connection.execute(update(schema.counters).where(C.name == "shared").values(value=value + 1))


def _add_many(url, times):
    database = Database(url)
    for _ in range(times):
        database.call(_add_one)
    database.close()


ADD_MANY = """
import sys
from sqlalchemy import text
from digest.store import Database

def add_one(connection):
    value = connection.scalar(text("SELECT value FROM counters WHERE name = 'shared'"))
    connection.execute(text("UPDATE counters SET value = :v WHERE name = 'shared'"), {"v": value + 1})

database = Database(sys.argv[1])
for _ in range(50):
    database.call(add_one)
database.close()
"""


def test_processes_that_read_then_write_never_lock_each_other_out_of_sqlite(on_sqlite):
    on_sqlite.call(_put, "shared", 0)
    command = [sys.executable, "-c", ADD_MANY, str(on_sqlite.url)]
    running = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(3)]
    assert [process.communicate(timeout=60)[1] for process in running] == ["", "", ""]
    assert on_sqlite.call(_value, "shared") == 150


def test_threads_that_read_then_write_never_lose_a_write(on_sqlite, at_once):
    on_sqlite.call(_put, "shared", 0)
    at_once(*[lambda: _add_many(str(on_sqlite.url), 25)] * 4)
    assert on_sqlite.call(_value, "shared") == 100


def test_what_postgresql_gave_up_so_that_another_could_go_on_is_done_again(on_postgresql, at_once):
    """Two transactions that lock the same rows in opposite order."""
    for name in ("left", "right"):
        on_postgresql.call(_put, name, 0)
    both_have_one, tries = threading.Barrier(2), []

    def work(connection, first, second):
        tries.append(first)
        for name in (first, second):
            connection.execute(update(schema.counters).where(C.name == name).values(value=C.value + 1))
            if name == first and tries.count(first) == 1:
                both_have_one.wait(10)

    at_once(
        lambda: on_postgresql.call(work, "left", "right"),
        lambda: on_postgresql.call(work, "right", "left"),
    )
    assert len(tries) == 3
    assert [on_postgresql.call(_value, name) for name in ("left", "right")] == [2, 2]


def test_another_trouble_is_not_tried_again(on_postgresql):
    tries = []

    def twice_the_same(connection):
        tries.append(1)
        _put(connection, "same", 1)
        _put(connection, "same", 2)

    with pytest.raises(DBAPIError):
        on_postgresql.call(twice_the_same)
    assert len(tries) == 1


async def test_close_waits_for_what_is_under_way(on_sqlite):
    database = Database(str(on_sqlite.url))
    task = asyncio.create_task(database.run(_put, "one", 1))
    await asyncio.sleep(0)
    database.close()
    await task
    assert on_sqlite.call(_value, "one") == 1


def test_many_may_open_a_file_that_is_not_there_yet(tmp_path, at_once):
    for turn in range(20):
        databases = [Database(f"sqlite:///{tmp_path}/{turn}.db") for _ in range(6)]
        modes = at_once(
            *[partial(d.call, lambda c: c.exec_driver_sql("PRAGMA journal_mode").scalar()) for d in databases]
        )
        assert modes == ["wal"] * 6
        for database in databases:
            database.close()
