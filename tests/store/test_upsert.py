"""INSERT ... ON CONFLICT DO NOTHING, and a true count of what was inserted."""

from sqlalchemy import select

from digest.store.schema import counters
from digest.store.upsert import insert_missing


def _rows(*names):
    return [{"name": name, "value": 1} for name in names]


def test_it_counts_what_was_not_there(database):
    assert database.call(insert_missing, counters, _rows("a", "b")) == 2
    assert database.call(insert_missing, counters, _rows("b", "c", "d")) == 2
    assert database.call(insert_missing, counters, _rows("a", "d")) == 0


def test_what_is_there_stays_as_it_is(database):
    database.call(insert_missing, counters, [{"name": "a", "value": 1}])
    database.call(insert_missing, counters, [{"name": "a", "value": 2}])
    assert database.call(lambda c: c.scalar(select(counters.c.value).where(counters.c.name == "a"))) == 1


def test_one_key_twice_in_a_call_is_one(database):
    assert database.call(insert_missing, counters, _rows("a", "a")) == 1


def test_nothing_is_nothing(database):
    assert database.call(insert_missing, counters, []) == 0
