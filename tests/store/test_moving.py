"""A reader's address changes by the newest wish alone, and two who are one read each newsletter once."""

from datetime import UTC, datetime

from digest.model import SubscriptionState, Suppression, SuppressionReason
from digest.store import moving, subscribers, suppressions
from digest.store.subscribers import Choices

NOW = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)
OLD, NEW = "ada@old.example", "ada@new.example"
ACTIVE, LEFT = SubscriptionState.ACTIVE, SubscriptionState.LEFT


def reader(database, address, *newsletters):
    who = database.call(subscribers.add, address, NOW)
    for each in newsletters:
        own = database.call(subscribers.subscribe, who.id, each, Choices(), 0, NOW)
        database.call(subscribers.confirm, own.id, NOW, "test")
    return who.id


def states(database, address):
    found = database.call(subscribers.by_address, address)
    return {it.subscription.newsletter: it.subscription.state for it in found}


def test_only_the_newest_wish_stands_and_only_once(database):
    who = reader(database, OLD, "daily")
    first = database.call(moving.ask, who, "typo@new.example", NOW)
    second = database.call(moving.ask, who, NEW, NOW)
    assert [database.call(moving.wished, each) for each in (first, second, 99)] == [None, NEW, None]
    assert [database.call(moving.move, each, NOW) for each in (first, second, second)] == [False, True, False]
    assert (states(database, OLD), states(database, NEW)) == ({}, {"daily": ACTIVE})


def test_two_subscriptions_of_one_newsletter_become_one(database):
    who = reader(database, OLD, "daily", "weekly")
    reader(database, NEW, "daily")
    assert database.call(moving.move, database.call(moving.ask, who, NEW, NOW), NOW)
    assert states(database, NEW) == {"daily": ACTIVE, "weekly": ACTIVE}
    assert states(database, OLD) == {"daily": LEFT}


def test_nobody_moves_to_an_address_that_is_suppressed(database):
    who = reader(database, OLD, "daily")
    number = database.call(moving.ask, who, NEW, NOW)
    bar = Suppression(address=NEW, reason=SuppressionReason.COMPLAINT, evidence="", created_at=NOW)
    database.call(suppressions.add, bar)
    assert not database.call(moving.move, number, NOW)
    assert states(database, OLD) == {"daily": ACTIVE}
