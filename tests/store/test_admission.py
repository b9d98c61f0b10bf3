"""Many readers entered at a time, as one by one."""

from dataclasses import replace
from datetime import UTC, datetime

from sqlalchemy import select

from digest.model import Format, SubscriptionState, Suppression, SuppressionReason
from digest.store import admission, schema, subscribers, suppressions
from digest.store.admission import Newcomer, Standing
from digest.store.subscribers import Choices

NOW = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)
PENDING, ACTIVE, LEFT = SubscriptionState.PENDING, SubscriptionState.ACTIVE, SubscriptionState.LEFT
ADA = Newcomer(
    address="Ada@reader.example",
    name="Ada",
    language="en",
    newsletter="daily",
    choices=Choices(categories=("world",), format=Format.TEXT),
    state=ACTIVE,
    mark=3,
)


def _found(database, address):
    return {r.subscription.newsletter: r for r in database.call(subscribers.by_address, address)}


def _acts(database):
    c = schema.consents.c
    return database.call(lambda connection: [tuple(row) for row in connection.execute(select(c.act, c.via, c.at))])


def test_newcomers_are_entered_with_all_that_they_bring(database):
    bob = replace(ADA, address="bob@reader.example", state=PENDING)
    cem = replace(ADA, address="cem@reader.example", state=LEFT)
    database.call(admission.enter, [ADA, bob, cem], NOW, "import")
    reader = _found(database, "ada@reader.example")["daily"]
    assert (reader.subscriber.address, reader.subscriber.name, reader.subscriber.language) == (ADA.address, "Ada", "en")
    own = reader.subscription
    assert (own.state, own.since, own.mark, own.categories) == (ACTIVE, NOW, 3, ("world",))
    assert own.format is Format.TEXT
    states = [_found(database, each.address)["daily"].subscription for each in (bob, cem)]
    assert [(each.state, each.since) for each in states] == [(PENDING, None), (LEFT, None)]
    assert sorted(_acts(database)) == [("active", "import", NOW), ("left", "import", NOW)]


def test_one_person_in_two_newsletters_is_one_subscriber(database):
    evening = replace(ADA, address="ADA@reader.example", name="Another", newsletter="evening", state=PENDING)
    database.call(admission.enter, [ADA, evening], NOW, "import")
    found = _found(database, "ada@reader.example")
    assert set(found) == {"daily", "evening"}
    assert {reader.subscriber.name for reader in found.values()} == {"Ada"}
    assert _acts(database) == [("active", "import", NOW)]


def test_who_is_known_keeps_name_and_language(database):
    database.call(subscribers.add, "ada@reader.example", NOW, name="Lady Ada", language="de")
    database.call(admission.enter, [ADA], NOW, "import")
    known = _found(database, "ada@reader.example")["daily"].subscriber
    assert (known.address, known.name, known.language) == ("ada@reader.example", "Lady Ada", "de")


def test_entering_nobody_is_nothing(database):
    database.call(admission.enter, [], NOW, "import")
    assert _acts(database) == []


def test_how_addresses_stand_is_told_by_their_keys(database):
    database.call(admission.enter, [ADA], NOW, "import")
    barred = Suppression(address="Bob@x.example", reason=SuppressionReason.BOUNCE, evidence="", created_at=NOW)
    database.call(suppressions.add, barred)
    own = _found(database, ADA.address)["daily"].subscription
    asked = ["ADA@reader.example", "BOB@x.example", "new@x.example"]
    assert database.call(admission.standing, asked) == Standing(
        suppressed={"bob@x.example": SuppressionReason.BOUNCE},
        known={("ada@reader.example", "daily"): (own.id, ACTIVE)},
    )
