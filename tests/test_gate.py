"""An edition waits for feeds that are due, but not for long, and no slot is lost or doubled by that."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from digest.editions.due import slot_now
from digest.model import Category, EditionState, Match
from digest.publish import Gate, publish, settle_due
from digest.publish.survey import material
from digest.store import editions, feeds, readership, schema
from digest.store.readership import Audience

#: Monday.
SEVEN = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)


@pytest.fixture
def room(newsroom):
    """It is seven; `world` has been polled for it, `sport` has not."""
    newsroom.database.call(editions.know, ["daily"], SEVEN - timedelta(days=3))
    newsroom.database.call(feeds.ensure, {name: f"https://{name}.example/" for name in ("world", "sport")})
    newsroom.join(since=SEVEN - timedelta(days=4))
    newsroom.arrive("a")
    with newsroom.database.begin() as connection:
        for day in (1, 2):
            audience = readership.Audience(newsletter="daily", slot=SEVEN - timedelta(days=day), rhythms=(), now=SEVEN)
            editions.skip(connection, audience, "", "before")
    feed(newsroom, "world", next_poll_at=SEVEN + timedelta(minutes=20))
    feed(newsroom, "sport", next_poll_at=SEVEN - timedelta(minutes=1))
    return newsroom


def feed(room, name, **values):
    with room.database.begin() as connection:
        known = {"polled_at": SEVEN - timedelta(minutes=10), "succeeded_at": SEVEN - timedelta(minutes=10), **values}
        connection.execute(schema.feeds.update().where(schema.feeds.c.name == name).values(**known))


def settle(room, gate, now=None):
    done = asyncio.run(settle_due(room.press, room.newsletter, now or room.now, gate=gate))
    return [(each.slot.at, each.frozen.deliveries if each.frozen else 0) for each in done]


def test_it_waits_for_a_feed_that_is_due_and_goes_once_that_is_polled(room):
    gate = Gate()
    assert settle(room, gate) == []
    assert gate.is_waiting("daily")
    feed(room, "sport", next_poll_at=SEVEN + timedelta(minutes=30))
    assert settle(room, gate, SEVEN + timedelta(seconds=10)) == [(SEVEN, 1)]
    assert not gate.is_waiting("daily")


def test_it_waits_no_longer_than_the_operator_lets_it(room):
    gate = Gate()
    assert settle(room, gate) == []
    assert settle(room, gate, SEVEN + timedelta(minutes=5, microseconds=-1)) == []
    assert settle(room, gate, SEVEN + timedelta(minutes=5)) == [(SEVEN, 1)]


@pytest.mark.parametrize("grace", [timedelta(), timedelta(minutes=10)])
def test_what_has_waited_for_its_feeds_is_not_too_late_for_that(room, grace):
    room.newsletter = replace(room.newsletter, grace=grace, wait_for_feeds=timedelta(minutes=20))
    gate = Gate()
    assert settle(room, gate, SEVEN + timedelta(seconds=9)) == []
    assert settle(room, gate, SEVEN + timedelta(minutes=19)) == []
    assert settle(room, gate, SEVEN + timedelta(minutes=20, seconds=9)) == [(SEVEN, 1)]


def test_after_an_outage_it_waits_from_when_it_is_first_asked_for(room):
    gate, back = Gate(), SEVEN + timedelta(hours=3)
    assert settle(room, gate, back) == []
    assert settle(room, gate, back + timedelta(minutes=4)) == []
    assert settle(room, gate, back + timedelta(minutes=5)) == [(SEVEN, 1)]


def test_a_clock_that_goes_back_keeps_nothing_waiting(room):
    gate = Gate()
    assert settle(room, gate, SEVEN + timedelta(minutes=4)) == []
    assert settle(room, gate, SEVEN + timedelta(minutes=1)) == [(SEVEN, 1)]


def test_nothing_is_waited_for_where_the_operator_wants_no_wait_or_the_feed_is_gone(room):
    room.newsletter = replace(room.newsletter, wait_for_feeds=timedelta())
    assert settle(room, Gate()) == [(SEVEN, 1)]


def test_a_feed_that_is_gone_is_not_waited_for(room):
    feed(room, "sport", gone=True)
    assert settle(room, Gate()) == [(SEVEN, 1)]


def test_a_feed_that_has_nothing_for_the_newsletter_is_not_waited_for(room):
    room.newsletter = replace(room.newsletter, categories=room.newsletter.categories[:1])
    assert settle(room, Gate()) == [(SEVEN, 1)]


def test_any_feed_may_have_something_for_a_newsletter_whose_categories_go_by_words(room):
    other = Category(name="other", title="Other", match=Match(keywords=("ferry",)))
    room.newsletter = replace(room.newsletter, categories=(*room.newsletter.categories[:1], other))
    assert settle(room, Gate()) == []


def test_newsletters_wait_for_themselves():
    gate = Gate()
    daily, weekly = (type("N", (), {"name": name, "wait_for_feeds": timedelta(minutes=5)}) for name in ("d", "w"))
    slot = type("S", (), {"at": SEVEN})
    assert gate.waits(daily, slot, SEVEN)
    assert not gate.is_waiting("w")
    assert gate.waits(weekly, slot, SEVEN + timedelta(minutes=3))
    gate.keep(daily, [])
    assert (gate.is_waiting("d"), gate.is_waiting("w")) == (False, True)
    assert gate.waits(weekly, slot, SEVEN + timedelta(minutes=7))


def test_what_another_process_has_settled_is_waited_for_no_longer(room):
    gate = Gate()
    assert settle(room, gate) == []
    assert settle(room, None) == [(SEVEN, 1)]
    assert settle(room, gate, SEVEN + timedelta(seconds=10)) == []
    assert not gate.is_waiting("daily")


def test_an_edition_made_by_hand_while_the_slot_is_settled_is_one_edition(room, another_process, at_once):
    other = replace(room, database=another_process())
    slot = slot_now(room.newsletter, room.site, SEVEN)
    rhythms = room.database.call(readership.rhythms, "daily")
    by_hand = lambda: asyncio.run(publish(other.press, other.newsletter, slot, rhythms, SEVEN))  # noqa: E731
    settled, made = at_once(lambda: settle(room, None), by_hand)
    assert len(settled) + bool(made) == 1
    assert list(room.states().values()) == ["queued"]
    (edition,) = room.database.call(editions.latest, "daily", 1)
    assert (edition.number, edition.state) == (1, EditionState.SENDING)


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"failures": 2}, ["Sport"]),
        ({"failures": 2, "succeeded_at": SEVEN - timedelta(days=8)}, []),
        ({"failures": 2, "gone": True}, []),
        ({"failures": 2, "succeeded_at": None}, []),
        ({"next_poll_at": SEVEN + timedelta(minutes=5)}, []),
        ({"succeeded_at": SEVEN - timedelta(days=3)}, ["Sport"]),
    ],
)
def test_a_feed_that_the_edition_goes_without_is_named(room, values, named):
    feed(room, "sport", title="Sport", **values)
    slot = slot_now(room.newsletter, room.site, SEVEN)
    rhythms = room.database.call(readership.rhythms, "daily")
    audience = Audience(newsletter="daily", slot=slot.at, rhythms=rhythms, now=SEVEN)
    found = room.database.call(material, room.press, room.newsletter, slot, audience)
    assert [each.title for each in found.unreached] == named
