"""The simulation's books notice each kind of broken promise."""

from datetime import UTC, datetime, timedelta

import pytest

from digest.simulate.oracle import WEEKLY, Books, Broken, Person

NOW = datetime(2026, 2, 1, tzinfo=UTC)
DAY = timedelta(days=1)
ADA = "ada@reader.example"


@pytest.fixture
def books():
    made = Books()
    made.people[ADA] = Person(ADA, 1, frozenset({"world"}), weekly=False, since=NOW - 30 * DAY)
    return made


def test_what_is_as_it_should_be_is_only_counted(books):
    books.took(NOW, ADA, "one", [1, 2], 7)
    books.took(NOW, ADA, "two", [3], 8)

    assert books.mails == 2
    assert list(books.owed([(1, NOW - WEEKLY, "world"), (9, NOW - WEEKLY, "sport")])) == []


def test_an_item_in_two_letters_is_noticed(books):
    books.took(NOW, ADA, "one", [1], 7)
    with pytest.raises(Broken, match="twice"):
        books.took(NOW, ADA, "two", [1], 8)


def test_a_message_that_was_known_to_be_taken_may_not_come_again(books):
    books.took(NOW, ADA, "one", [1], 7)
    with pytest.raises(Broken, match="sent twice"):
        books.took(NOW, ADA, "one", [1], 7)


def test_one_in_doubt_may_come_again_but_with_the_same_bytes(books):
    books.took(NOW, ADA, "one", [1], 7)
    books.doubtful.add("one")
    books.took(NOW, ADA, "one", [1], 7)
    assert books.doubles == 1
    with pytest.raises(Broken, match="other words"):
        books.took(NOW, ADA, "one", [1], 99)


@pytest.mark.parametrize("change", [{"since": None}, {"paused_until": NOW + DAY}], ids=["left", "pauses"])
def test_mail_to_somebody_who_is_not_to_be_mailed_is_noticed(books, change):
    for name, value in change.items():
        setattr(books.people[ADA], name, value)
    with pytest.raises(Broken, match="left, is suppressed, or pauses"):
        books.took(NOW, ADA, "one", [1], 7)


def test_mail_to_somebody_who_never_asked_is_noticed(books):
    with pytest.raises(Broken, match="never asked"):
        books.took(NOW, "eve@reader.example", "one", [1], 7)


def test_what_did_not_come_is_noticed_but_not_after_an_outage(books):
    missing = [(5, NOW - WEEKLY, "world")]
    assert [(person.address, item) for person, item, _ in books.owed(missing)] == [(ADA, 5)]

    books.outages.append((NOW - WEEKLY, NOW - WEEKLY + DAY))
    assert list(books.owed(missing)) == []


def test_a_mark_that_goes_back_is_noticed(books):
    books.stand(NOW, {1: 10})
    books.stand(NOW, {1: 10})
    with pytest.raises(Broken, match="went back from 10 to 9"):
        books.stand(NOW, {1: 9})
