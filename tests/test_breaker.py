"""An edition with suspiciously many articles is held until the operator decides, and nothing is lost by that."""

import asyncio
from dataclasses import replace

import pytest

from digest.model import DeliveryState, EditionState, Newsletter, Schedule
from digest.publish import held_for
from digest.store import editions, letters

NEWS = Newsletter(name="daily", title="The Daily", schedule=Schedule(), categories=())
FLOOD = 51


@pytest.fixture
def room(newsroom):
    """Four editions of two articles each have been sent."""
    newsroom.join()
    for number in range(4):
        publish(newsroom, 2, f"usual {number}")
        newsroom.settle(DeliveryState.SENT, *newsroom.lease())
    return newsroom


def publish(room, count, name):
    room.later(hours=1)
    room.arrive(*(f"{name} {number}" for number in range(count)))
    return asyncio.run(room.edition())


def told(room):
    leased = room.lease()
    found = [room.database.call(letters.get, each.letter) for each in leased]
    room.settle(DeliveryState.SENT, *leased)
    return [len(letter.told) + len(letter.linked) for letter in found]


@pytest.mark.parametrize(
    ("fresh", "usual", "above", "held"),
    [
        (50, (2, 2, 2, 2), 5, False),  # 5 x 10, fewer are never too many
        (51, (2, 2, 2, 2), 5, True),
        (51, (2, 2, 2), 5, False),
        (100, (20, 20, 20, 500), 5, False),  # the median forgives one flood
        (101, (20, 20, 20, 500), 5, True),
        (5000, (2, 2, 2, 2), 0, False),
    ],
)
def test_what_is_too_many_is_measured_by_what_is_usual(fresh, usual, above, held):
    assert bool(held_for(fresh, usual, replace(NEWS, hold_above=above))) is held


def test_of_an_edition_that_is_held_nothing_is_leased_until_it_is_resumed(room):
    frozen = publish(room, FLOOD, "flood")
    assert (frozen.edition.state, frozen.deliveries) == (EditionState.PAUSED, 1)
    assert frozen.edition.reason == "held: 51 articles where 2 are usual (hold_above: 5)"
    assert room.lease() == []
    paused, sending = EditionState.PAUSED, EditionState.SENDING
    assert room.database.call(editions.move, frozen.edition.id, paused, sending)
    assert told(room) == [FLOOD]


def test_a_later_edition_takes_over_what_one_that_is_held_would_have_told(room):
    held = publish(room, FLOOD, "flood")
    room.newsletter = replace(room.newsletter, hold_above=0)
    publish(room, 1, "after")
    assert room.states(held.edition.id) == {"ada@reader.example": "cancelled"}
    assert told(room) == [FLOOD + 1]


def test_what_is_cancelled_goes_into_the_next(room):
    held = publish(room, FLOOD, "flood")
    assert room.database.call(editions.cancel, held.edition.id, room.now) == 1
    room.newsletter = replace(room.newsletter, hold_above=0)
    publish(room, 1, "after")
    assert told(room) == [FLOOD + 1]


def test_what_was_held_or_cancelled_does_not_become_usual(room):
    before = room.database.call(editions.usual, "daily")
    held = publish(room, FLOOD, "flood")
    assert room.database.call(editions.usual, "daily") == before == (2, 2, 2, 2)
    room.database.call(editions.cancel, held.edition.id, room.now)
    assert room.database.call(editions.usual, "daily") == before
    assert publish(room, 1, "more").edition.state is EditionState.PAUSED


def test_with_few_editions_nothing_is_held(newsroom):
    newsroom.join()
    for number in range(3):
        publish(newsroom, 2, f"usual {number}")
    assert publish(newsroom, FLOOD, "flood").edition.state is EditionState.SENDING


def test_the_operator_may_have_nothing_held(room):
    room.newsletter = replace(room.newsletter, hold_above=0)
    assert publish(room, FLOOD, "flood").edition.state is EditionState.SENDING
