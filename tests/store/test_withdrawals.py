"""What feeds take back: seen gone twice, by feeds that go by their dates and no others."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from digest.model import ArticleDraft
from digest.store import articles, feeds, schema, withdrawals
from digest.store.articles import Arrival, Terms
from digest.store.withdrawals import Served

START = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)
LONG_AGO = START - timedelta(days=365)


@dataclass
class Reader:
    """Reads bodies of a feed as collecting does: an item is a number, its date is so many hours after the start."""

    database: object
    feed: str = "world"
    now: datetime = START
    body: tuple[str, ...] = ()
    misses: bool = False
    edited: dict[int, str] = field(default_factory=dict)

    def mark(self, item):
        return f"{self.feed}-{item}{self.edited.get(item, '')}"

    def read(self, *items, backlog=False, whole=True):
        """One poll that finds `items`."""
        self.now += timedelta(minutes=30)
        marks = tuple(map(self.mark, items))
        dates = [START + timedelta(hours=item) for item in items]
        ordered = whole and bool(items) and all(newer >= older for newer, older in pairwise(dates))
        served = Served(before=self.body, now=marks, oldest=dates[-1] if ordered else None)
        arrivals = [
            Arrival(
                draft=ArticleDraft(
                    keys=(str(item),), title=f"{item}{self.edited.get(item, '')}", url="", published_at=at
                ),
                backlog=backlog,
                fingerprints=(mark,),
            )
            for item, mark, at in zip(items, marks, dates, strict=True)
            if mark not in self.body
        ]
        with self.database.begin() as connection:
            terms = Terms(items=frozenset(marks))
            articles.record(connection, self.feed, self.feed, arrivals, self.now, terms)
            self.misses = withdrawals.look(connection, self.feed, served, again=self.misses)
        self.body = marks

    def unchanged(self):
        """One poll whose answer is a 304."""
        self.now += timedelta(minutes=30)
        if self.misses:
            self.database.call(withdrawals.look_again, self.feed)
            self.misses = False

    def withdrawn(self):
        found = self.database.call(articles.between, 0, 10_000, LONG_AGO)
        return {round((article.published_at - START) / timedelta(hours=1)) for article in found if article.withdrawn}


@pytest.fixture
def world(database):
    return Reader(database)


def test_what_is_gone_from_the_middle_is_withdrawn_at_the_second_look(world):
    world.read(5, 4, 3, 2, 1)
    world.read(5, 4, 2, 1)
    assert (world.withdrawn(), world.misses) == (set(), True)
    world.read(6, 5, 4, 2, 1)
    assert (world.withdrawn(), world.misses) == ({3}, False)


def test_a_poll_without_a_change_is_a_look_too(world):
    world.read(3, 2, 1)
    world.unchanged()
    world.read(3, 1)
    world.unchanged()
    assert (world.withdrawn(), world.misses) == ({2}, False)
    world.unchanged()
    assert world.withdrawn() == {2}


def test_the_newest_can_be_withdrawn_and_what_slid_off_the_end_is_not(world):
    world.read(5, 4, 3, 2, 1)
    world.read(7, 6, 4, 3)
    world.unchanged()
    assert world.withdrawn() == {5}


def test_the_last_that_is_dated_like_one_that_is_there_is_not_missed(world):
    world.read(5, 4, 3)
    world.edited[3] = "-edited"
    world.read(5, 3)
    world.unchanged()
    assert world.withdrawn() == {4}
    world.read(5)
    world.unchanged()
    assert world.withdrawn() == {4}


def test_an_edited_item_is_there(world):
    world.read(3, 2, 1)
    world.edited[2] = "-edited"
    world.read(3, 2, 1)
    world.unchanged()
    assert (world.withdrawn(), world.misses) == (set(), False)
    world.read(3, 1)
    world.unchanged()
    assert world.withdrawn() == {2}


def test_an_article_of_two_items_is_there_as_long_as_one_of_them_is(world):
    """The second has another name for the same article, and came at a later poll."""
    world.read(4, 3, 2, 1)
    twin = ArticleDraft(keys=("3", "twin"), title="3", url="", published_at=START + timedelta(hours=3))
    arrival = Arrival(draft=twin, fingerprints=("twin",))
    both = (*world.body[:2], "twin", *world.body[2:])
    world.database.call(articles.record, "world", "world", [arrival], world.now, Terms(items=frozenset(both)))
    for gone in ("twin", world.mark(3)):
        left = tuple(mark for mark in both if mark != gone)
        served = Served(before=both, now=left, oldest=START + timedelta(hours=1))
        assert not world.database.call(withdrawals.look, "world", served, again=False)
    left = tuple(mark for mark in both if mark not in {"twin", world.mark(3)})
    served = Served(before=both, now=left, oldest=START + timedelta(hours=1))
    assert world.database.call(withdrawals.look, "world", served, again=False)


def test_an_old_copy_for_one_poll_withdraws_nothing(world):
    world.read(5, 4, 3, 2, 1)
    for _ in range(3):
        world.read(3, 2, 1, 0)
        world.read(5, 4, 3, 2, 1)
        assert (world.withdrawn(), world.misses) == (set(), False)


def test_two_looks_count_only_in_a_row(world):
    world.read(5, 4, 3, 2, 1)
    world.read(5, 4, 2, 1)
    world.read(5, 4, 2, 1, whole=False)
    assert not world.misses
    world.read(6, 5, 4, 2, 1)
    world.unchanged()
    assert world.withdrawn() == set()


def test_what_comes_back_after_it_was_withdrawn_is_as_if_it_had_never_been_away(world):
    world.read(3, 2, 1)
    world.read(3, 1)
    world.unchanged()
    world.read(3, 2, 1)
    assert world.withdrawn() == set()
    assert world.database.call(articles.last_number) == 3
    assert world.database.call(articles.between, 3, 99, LONG_AGO) == ()


def test_an_article_is_withdrawn_when_every_feed_that_carries_it_has_withdrawn_it(world):
    sport = Reader(world.database, "sport")
    for feed in (world, sport):
        feed.read(3, 2, 1)
    world.read(3, 1)
    world.unchanged()
    assert world.withdrawn() == set()
    sport.read(3, 1)
    sport.unchanged()
    assert world.withdrawn() == {2}
    sport.read(3, 2, 1)
    assert world.withdrawn() == set()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param((4, 9, 1, 7, 3), (4, 1, 8, 3), id="no order at all"),
        pytest.param((4, 9, 1, 7, 3), (9, 7, 1), id="in order by chance, and not before"),
        pytest.param((9, 8, 7, 4, 1), (9, 2, 7, 4, 1), id="in order no more"),
        pytest.param((9, 8, 7, 6, 5, 4, 3), (9, 3), id="most of it at once"),
        pytest.param((9, 8, 7), (), id="empty"),
    ],
)
def test_a_feed_that_does_not_go_by_its_dates_withdraws_nothing(world, before, after):
    world.read(*before)
    world.read(*after)
    world.unchanged()
    world.read(*after)
    assert (world.withdrawn(), world.misses) == (set(), False)


def test_what_was_missing_at_the_old_address_is_not_missing_at_the_new_one(world):
    feed = {"world": "https://old.example/"}
    world.database.call(feeds.ensure, feed)
    world.read(5, 4, 3, 2, 1)
    world.read(5, 4, 2, 1)
    world.database.call(feeds.ensure, {"world": "https://new.example/"})
    world.body, world.misses = (), False
    world.read(5, 2, 1)
    world.read(5, 1)
    world.unchanged()
    assert world.withdrawn() == {2}


def test_looking_takes_no_more_however_long_a_feed_has_been_read(on_sqlite):
    world = Reader(on_sqlite)
    for n in range(0, 900, 30):
        world.read(*range(n + 30, n, -1))
    served = Served(before=world.body, now=world.body[1:], oldest=START)
    with on_sqlite.begin() as connection:
        assert len(withdrawals._carried(connection, "world", served)) == 2 * 59


#: How a body comes from the one before it: new items, which are deleted, which are edited, whether it slides.
_STEPS = st.lists(
    st.tuples(st.integers(0, 2), st.sets(st.integers(0, 9), max_size=2), st.sets(st.integers(0, 9), max_size=2)),
    min_size=1,
    max_size=5,
)
_FEW = settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])


def _emptied(database):
    with database.begin() as connection:
        connection.execute(schema.article_keys.delete())
        connection.execute(schema.article_feeds.delete())
        connection.execute(schema.articles.delete())
    return Reader(database)


@_FEW
@given(steps=_STEPS, size=st.integers(8, 12))
def test_of_a_feed_that_goes_by_its_dates_what_was_deleted_is_withdrawn_and_nothing_else(on_sqlite, steps, size):
    world, next_item = _emptied(on_sqlite), 30
    items, deleted = list(range(next_item - 1, next_item - size - 1, -1)), set()
    world.read(*items)
    for step, (new, places, edited) in enumerate(steps):
        gone = {items[place] for place in places if place < len(items) - 1}
        items = [item for item in items if item not in gone]
        for place in edited & set(range(len(items))):
            world.edited[items[place]] = f"-edition-{step}"
        items = [*range(next_item + new - 1, next_item - 1, -1), *items][:size]
        next_item += new
        deleted |= {item for item in gone if item > items[-1]}
        world.read(*items)
        assert not world.withdrawn() & set(items)
        world.unchanged()
        assert world.withdrawn() == deleted


@_FEW
@given(st.lists(st.lists(st.integers(0, 12), unique=True, max_size=9), min_size=2, max_size=7))
def test_whatever_a_feed_serves_what_is_there_is_not_withdrawn(on_sqlite, bodies):
    world = _emptied(on_sqlite)
    for body in bodies:
        world.read(*body)
        assert not world.withdrawn() & set(body)
        world.unchanged()
        assert not world.withdrawn() & set(body)


@_FEW
@given(st.lists(st.permutations(range(9)).map(lambda it: it[:7]), min_size=2, max_size=7))
def test_a_feed_that_is_picked_by_hand_withdraws_nothing(on_sqlite, bodies):
    picked = [body for body in bodies if sorted(body, reverse=True) != body]
    world = _emptied(on_sqlite)
    for body in picked:
        world.read(*body)
        world.unchanged()
    assert (world.withdrawn(), world.misses) == (set(), False)
    rows = world.database.call(lambda c: list(c.scalars(select(schema.article_feeds.c.missed))))
    assert not any(rows)
