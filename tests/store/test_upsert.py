"""INSERT ... ON CONFLICT DO NOTHING: one row with a true answer, many without."""

from sqlalchemy import select

from digest.store.schema import counters
from digest.store.upsert import insert_all_missing, insert_missing


def _row(name, value=1):
    return {"name": name, "value": value}


def _all(database):
    rows = database.call(lambda c: c.execute(select(counters).where(counters.c.name.in_(["a", "b", "c"]))).all())
    return {row.name: row.value for row in rows}


def test_it_says_whether_the_row_was_inserted(database):
    assert database.call(insert_missing, counters, _row("a"))
    assert not database.call(insert_missing, counters, _row("a", 2))
    assert _all(database) == {"a": 1}


def test_of_many_those_that_are_there_stay_as_they_are(database):
    database.call(insert_all_missing, counters, [_row("a"), _row("b")])
    database.call(insert_all_missing, counters, [_row("b", 2), _row("c", 2)])
    assert _all(database) == {"a": 1, "b": 1, "c": 2}


def test_of_one_key_twice_in_a_call_the_first_counts(database):
    database.call(insert_all_missing, counters, [_row("a"), _row("a", 2)])
    assert _all(database) == {"a": 1}


def test_nothing_is_nothing(database):
    database.call(insert_all_missing, counters, [])
    assert _all(database) == {}
