"""The schema: reached from nothing, once, by however many processes; the same as the tables that the code speaks of."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import insert, inspect, select, update
from sqlalchemy.exc import IntegrityError

from digest.errors import StoreOutdated
from digest.model import DeliveryState, Format
from digest.store import Database, articles, migrate, outbox, schema, settlement, subscribers, trail
from digest.store.outbox import Lease
from digest.store.readership import Served, ViewKey
from digest.store.settlement import Result
from digest.store.subscribers import Choices


@pytest.fixture
def empty(database_url):
    database = Database(database_url)
    yield database
    database.close()


def test_an_empty_database_is_outdated_and_says_what_to_do(empty):
    with pytest.raises(StoreOutdated, match=r"not there yet.*digest db upgrade"):
        migrate.require_current(empty)
    assert migrate.current(empty) == ""


def test_upgrade_brings_it_to_the_newest(empty):
    migrate.upgrade(empty)
    migrate.require_current(empty)
    assert migrate.current(empty) == migrate.newest() != ""
    assert empty.call(articles.last_number) == 0


def test_a_schema_of_another_version_is_outdated(empty):
    migrate.upgrade(empty)
    empty.call(lambda c: c.exec_driver_sql("UPDATE alembic_version SET version_num = '0000'"))
    with pytest.raises(StoreOutdated, match=f"0000, this version needs {migrate.newest()}"):
        migrate.require_current(empty)


def test_upgrading_again_changes_nothing(empty):
    migrate.upgrade(empty)
    empty.call(lambda c: c.execute(update(schema.counters).values(value=7)))
    migrate.upgrade(empty)
    assert empty.call(lambda c: c.execute(select(schema.counters)).all()) == [(migrate.ARRIVAL, 7)]


def test_several_may_upgrade_at_once(database_url, at_once):
    databases = [Database(database_url) for _ in range(3)]
    at_once(*[lambda database=database: migrate.upgrade(database) for database in databases])
    for database in databases:
        migrate.require_current(database)
        database.close()


#: An edition half sent as revision 0001 had it: a reader in flight who had had number 3, and one who waits for another.
HALF_SENT = """
INSERT INTO subscribers (id, address, key, created_at) VALUES (1, 'a@x.example', 'a@x.example', '2026-03-01'),
    (2, 'b@x.example', 'b@x.example', '2026-03-01');
INSERT INTO subscriptions (id, subscriber, newsletter, state, mark, frequency, since) VALUES
    (1, 1, 'daily', 'active', 3, 'every', '2026-03-01'), (2, 2, 'daily', 'active', 9, 'every', '2026-03-01');
INSERT INTO consents (subscription, at, act, via) VALUES (1, '2026-03-01', 'active', 'test');
INSERT INTO editions (id, newsletter, slot, wall, number, upto, state, frozen_at) VALUES
    (1, 'daily', '2026-03-02', '2026-03-02', 1, 7, 'sending', '2026-03-02');
INSERT INTO letters (id, edition, nonce, subject, html, text, language) VALUES (1, 1, 'ab', 's', 'h', 't', 'en');
INSERT INTO views (edition, key, letter) VALUES (1, '3|0|world,sport|de|Asia/Tokyo', 1), (1, '3|5|||', 1);
INSERT INTO deliveries (id, edition, view, subscription, subscriber, state, next_attempt_at) VALUES
    (1, 1, '3|0|world,sport|de|Asia/Tokyo', 1, 1, 'queued', '2026-03-02'), (2, 1, '3|5|||', 2, 2, 'sent', '2026-03-02')
"""


def test_an_edition_that_is_half_sent_goes_on_after_the_upgrade(empty):
    migrate.upgrade(empty, "0001")
    for statement in HALF_SENT.split(";"):
        empty.call(lambda c, statement=statement: c.exec_driver_sql(statement))
    migrate.upgrade(empty)
    now = datetime(2026, 3, 3, tzinfo=UTC)
    (leased,) = empty.call(outbox.lease, Lease(holder="w", until=now, most=9), now)
    assert (leased.address, leased.letter) == ("a@x.example", 1)
    (post,) = empty.call(trail.posted, "daily", 1, 1)
    assert post.key == ViewKey(Served(3), None, ("world", "sport"), "de", "Asia/Tokyo", 0)
    (other,) = empty.call(trail.posted, "daily", 2, 1)
    assert (other.key.served, other.before) == (Served(3), Served(5))
    # What is under way was chosen before; what was served beyond it as well.
    assert [empty.call(trail.choosing, each).began for each in (1, 2)] == [7, 9]
    assert empty.call(settlement.settle, "w", [Result(delivery=1, state=DeliveryState.SENT)], now) == []
    assert empty.call(subscribers.reader, 1).subscription.mark == 7


def test_who_was_subscribed_before_there_was_a_choice_goes_on_getting_html(empty):
    migrate.upgrade(empty, "0002")
    for statement in HALF_SENT.split(";"):
        empty.call(lambda c, statement=statement: c.exec_driver_sql(statement))
    migrate.upgrade(empty)
    assert {it.subscription.format for it in empty.call(lambda c: list(subscribers.everyone(c)))} == {Format.HTML}
    now = datetime(2026, 3, 3, tzinfo=UTC)
    empty.call(lambda c: subscribers.choose(c, 1, Choices(format=Format.TEXT), now))
    assert empty.call(subscribers.reader, 1).subscription.format is Format.TEXT


def test_a_format_that_does_not_exist_is_refused_by_the_database(database):
    row = {"subscriber": 1, "newsletter": "daily", "state": "active", "mark": 0, "frequency": "every"}
    with pytest.raises(IntegrityError, match="ck_subscriptions_format"):
        database.call(lambda c: c.execute(insert(schema.subscriptions).values(**row, format="pdf")))


def test_the_migrations_make_the_tables_that_the_code_speaks_of(database):
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, schema.metadata) == []


def test_every_check_has_the_values_of_the_model(database):
    """Alembic does not compare checks."""
    with database.engine.connect() as connection:
        found = inspect(connection)
        for table in ("subscriptions", "editions", "deliveries"):
            checks = {c.name: c for c in schema.metadata.tables[table].constraints if str(c.name).startswith("ck_")}
            theirs = {check["name"]: check["sqltext"] for check in found.get_check_constraints(table)}
            assert theirs.keys() == checks.keys() != set()
            for name, ours in checks.items():
                for state in str(ours.sqltext).partition("IN")[2].strip(" ()").split(", "):
                    assert state in theirs[name]
                    assert theirs[name].count("'") == str(ours.sqltext).count("'")


def test_partial_indexes_are_partial_on_both(database):
    rows = {
        "sqlite": "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = 'deliveries'",
        "postgresql": "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'deliveries'",
    }
    with database.begin() as connection:
        found = dict(iter(connection.exec_driver_sql(rows[connection.dialect.name])))
    for name in ("ix_deliveries_due", "ix_deliveries_leased", "ix_deliveries_open_of", "ix_deliveries_waits_for"):
        assert "WHERE" in found[name]


def test_a_worker_may_use_it_while_another_upgrades(database):
    """Nothing is locked for longer than it takes to see that there is nothing to do."""
    with ThreadPoolExecutor(2) as pool:
        upgrades = [pool.submit(migrate.upgrade, database) for _ in range(3)]
        assert database.call(articles.last_number) == 0
        for each in upgrades:
            each.result(30)
