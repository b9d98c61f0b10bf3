"""Addresses that are not mailed, and why."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime

from digest.model import Suppression, SuppressionReason
from digest.store import subscribers, suppressions
from digest.store.erasure import Eraser

NOW = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)
ERASER = Eraser(["a secret of the test"])
ADA = Suppression(
    address="ada@reader.example", reason=SuppressionReason.BOUNCE, evidence="550 5.1.1 no such user", created_at=NOW
)


def test_it_is_found_as_it_was_added(database):
    assert database.call(suppressions.add, ADA)
    assert database.call(suppressions.find, "ada@reader.example") == ADA
    assert database.call(suppressions.find, "bob@reader.example") is None


def test_it_holds_in_whatever_case_the_address_is_written(newsroom):
    newsroom.database.call(suppressions.add, replace(ADA, address="ADA@reader.example"))
    newsroom.join("Ada@Reader.example")
    newsroom.join("bob@reader.example")
    newsroom.arrive("a")
    assert asyncio.run(newsroom.edition()).deliveries == 1
    newsroom.database.call(suppressions.add, replace(ADA, address="BOB@READER.EXAMPLE"))
    assert newsroom.lease() == []
    assert newsroom.database.call(suppressions.remove, "ada@READER.example")


def test_the_first_reason_stands(database):
    database.call(suppressions.add, ADA)
    assert not database.call(suppressions.add, replace(ADA, reason=SuppressionReason.COMPLAINT, evidence="spam"))
    assert database.call(suppressions.everything) == [ADA]


def test_removed_it_is_gone_and_may_be_added_anew(database):
    database.call(suppressions.add, ADA)
    assert database.call(suppressions.remove, ADA.address)
    assert not database.call(suppressions.remove, ADA.address)
    assert database.call(suppressions.everything) == []
    assert database.call(suppressions.add, replace(ADA, reason=SuppressionReason.MANUAL))


def test_they_come_by_address(database):
    for name in ("cem", "ada", "bob"):
        database.call(suppressions.add, replace(ADA, address=f"{name}@reader.example"))
    assert [each.address[:3] for each in database.call(suppressions.everything)] == ["ada", "bob", "cem"]


def test_it_outlives_the_subscriber(newsroom):
    newsroom.join(ADA.address)
    newsroom.database.call(suppressions.add, ADA)
    newsroom.database.call(ERASER.erase, ADA.address, NOW)
    assert newsroom.database.call(suppressions.find, ADA.address) == ADA


def test_another_case_of_an_address_is_the_same_person(database):
    database.call(suppressions.add, replace(ADA, address="Ada@reader.example"))
    assert database.call(suppressions.find, "aDA@reader.example")
    first = database.call(subscribers.add, "Ada@reader.example", NOW)
    assert database.call(subscribers.add, "ada@reader.example", NOW) == first
    assert first.address == "Ada@reader.example"
