"""Operators are told once when something goes wrong, and once when it is over, however many look."""

from datetime import UTC, datetime, timedelta

import pytest

from digest.store import incidents
from digest.store.incidents import AGAIN, CALM

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
WIRE = ("feed failing", "wire")


class Office:
    """Looks every minute, as several processes would, and notes what operators hear."""

    def __init__(self, database):
        self.database, self.now, self.heard = database, NOW, []

    def look(self, minutes, found=(), processes=2):
        for _ in range(minutes):
            self.now += MINUTE
            for _ in range(processes):
                self.database.call(incidents.observe, dict.fromkeys(found, "it fails"), self.now)
            for _ in range(processes):
                due = self.database.call(incidents.claim, self.now)
                self.heard += [(each.kind, each.subject, bool(each.closed_at)) for each in due]
                if due:
                    self.database.call(incidents.told, due, self.now)


@pytest.fixture
def office(database):
    return Office(database)


def test_told_once_however_long_it_lasts_and_once_when_it_is_over(office):
    office.look(300, [WIRE])
    assert office.heard == [(*WIRE, False)]

    office.look(60)
    assert office.heard == [(*WIRE, False), (*WIRE, True)]


def test_what_is_over_at_once_is_not_told(office):
    office.look(1, [WIRE])
    office.look(60)

    assert office.heard == []


def test_what_comes_and_goes_is_told_as_one(office):
    for _ in range(20):
        office.look(5, [WIRE])
        office.look(5)

    assert office.heard == [(*WIRE, False)]


def test_what_comes_again_soon_after_it_was_over_is_not_told_anew_but_its_end_is(office):
    office.look(20, [WIRE])
    office.look(30)
    office.look(20, [WIRE])
    office.look(60)

    assert office.heard == [(*WIRE, False), (*WIRE, True), (*WIRE, True)]


def test_what_comes_again_after_long_is_told_again(office):
    office.look(20, [WIRE])
    office.look(60)
    office.now += AGAIN
    office.look(20, [WIRE])

    assert [over for _, _, over in office.heard] == [False, True, False]


def test_a_flood_is_told_in_few_mails(office):
    everything = [("feed failing", f"feed-{n}") for n in range(200)]
    mails = []
    for minute in range(60):
        before = len(office.heard)
        office.look(1, everything[: 10 * minute])
        if len(office.heard) > before:
            mails.append(len(office.heard) - before)

    assert sum(mails) == 200
    assert len(mails) <= 6


def test_whoever_could_not_tell_it_gives_it_back_and_it_is_told_later(office, database):
    later = NOW + 3 * MINUTE
    database.call(incidents.observe, {WIRE: "it fails"}, NOW)
    database.call(incidents.observe, {WIRE: "it fails"}, later)
    due = database.call(incidents.claim, later)
    assert [each.subject for each in due] == ["wire"]
    assert database.call(incidents.claim, later) == [], "somebody is telling it"

    database.call(incidents.give_back, due, later + 5 * MINUTE)

    assert database.call(incidents.claim, later + 1 * MINUTE) == []
    database.call(incidents.observe, {WIRE: "it fails"}, later + 5 * MINUTE)
    assert [each.subject for each in database.call(incidents.claim, later + 5 * MINUTE)] == ["wire"]


def test_whoever_dies_while_telling_is_followed_by_another(office, database):
    for minutes in (0, 3):
        database.call(incidents.observe, {WIRE: "it fails"}, NOW + minutes * MINUTE)
    assert database.call(incidents.claim, NOW + 3 * MINUTE)

    database.call(incidents.observe, {WIRE: "it fails"}, NOW + 9 * MINUTE)
    assert database.call(incidents.claim, NOW + 9 * MINUTE)


def test_what_is_wrong_now_is_listed_with_its_latest_words(database):
    database.call(incidents.observe, {WIRE: "404"}, NOW)
    database.call(incidents.observe, {WIRE: "410", ("disk", ""): "full"}, NOW + MINUTE)

    found = database.call(incidents.current)

    assert [(each.kind, each.detail, each.opened_at) for each in found] == [
        ("feed failing", "410", NOW),
        ("disk", "full", NOW + MINUTE),
    ]
    database.call(incidents.observe, {}, NOW + CALM + 3 * MINUTE)
    assert database.call(incidents.current) == []
