"""An import is taken back as far as nobody has acted on it since, and whatever hangs on a person stays whole."""

from datetime import UTC, datetime

import pytest

from digest.errors import UnknownName
from digest.model import SubscriptionState
from digest.store import admission, imports, moving, subscribers
from digest.store.admission import Newcomer
from digest.store.subscribers import Choices

NOW = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)
ADA = "ada@reader.example"


def taken_over(connection, *addresses):
    number = imports.begin(connection, "list.csv", NOW)
    new = [
        Newcomer(
            address=each,
            name="",
            language="",
            newsletter="daily",
            choices=Choices(),
            state=SubscriptionState.ACTIVE,
            mark=0,
        )
        for each in addresses
    ]
    entered = admission.enter(connection, new, NOW, imports.via(number))
    imports.note(connection, number, [(own, "", it.state) for own, it in entered.items()])
    return number


def test_who_has_asked_for_another_address_is_removed_but_the_wish_does_not_stand_in_the_way(database):
    number = database.call(taken_over, ADA)
    (reader,) = database.call(subscribers.by_address, ADA)
    database.call(moving.ask, reader.subscriber.id, "ada@new.example", NOW)
    undone = database.call(imports.undo, number, NOW)
    assert (undone.removed, undone.kept) == (1, 0)
    assert database.call(subscribers.by_address, ADA) == []


def test_somebody_known_from_another_newsletter_stays_with_that(database):
    who = database.call(subscribers.add, ADA, NOW)
    database.call(subscribers.subscribe, who.id, "weekly", Choices(), 0, NOW)
    undone = database.call(imports.undo, database.call(taken_over, ADA, "bob@reader.example"), NOW)
    assert undone.removed == 2
    assert [it.subscription.newsletter for it in database.call(subscribers.by_address, ADA)] == ["weekly"]


def test_who_has_left_since_stays_so_and_is_counted(database):
    number = database.call(taken_over, ADA)
    (reader,) = database.call(subscribers.by_address, ADA)
    database.call(subscribers.leave, reader.subscription.id, NOW, "link")
    undone = database.call(imports.undo, number, NOW)
    assert (undone.removed, undone.restored, undone.kept) == (0, 0, 1)
    (reader,) = database.call(subscribers.by_address, ADA)
    assert reader.subscription.state is SubscriptionState.LEFT


def test_an_import_that_never_was_is_not_taken_back(database):
    with pytest.raises(UnknownName):
        database.call(imports.undo, 7, NOW)
