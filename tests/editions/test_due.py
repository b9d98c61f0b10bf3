"""Which slots have come and are not settled, for whom, and what becomes of those that were missed."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.editions.due import due_slots, last_due, next_due, slot_now, zone_of
from digest.model import Category, Frequency, Newsletter, Rhythm, Schedule, Site, Slot

SITE = Site(name="House", url="https://news.example", timezone="Europe/London")
DAILY = Newsletter(
    name="daily",
    title="The Daily",
    schedule=Schedule(at=(time(7, 0),), timezone="UTC"),
    categories=(Category(name="news", title="News"),),
    grace=timedelta(hours=30),
)
OWN_ZONE = replace(DAILY, schedule=Schedule(at=(time(7, 0),)))
ALL, WEEKLY = Rhythm(), Rhythm(frequency=Frequency.WEEKLY)
TOKYO, LONDON, LISBON = (Rhythm(zone) for zone in ("Asia/Tokyo", "Europe/London", "Europe/Lisbon"))
#: A Wednesday.
NOON = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
WEEK_AGO = NOON - timedelta(days=7)


def at(day, hour=7, minute=0):
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC)


def local(day, hour, month=3):
    """A wall time."""
    return datetime(2026, month, day, hour, tzinfo=UTC).replace(tzinfo=None)


def due(newsletter=DAILY, rhythms=(ALL,), settled=(), after=WEEK_AGO, now=NOON):
    return due_slots(newsletter, SITE, rhythms, settled, (after, now))


def brief(slots):
    return [(each.slot.at, each.skip.partition(":")[0]) for each in slots]


def test_a_slot_that_has_come_is_due_with_its_wall_time_and_its_readers():
    (one,) = due(after=at(4, 6))
    assert one.slot == Slot(at=at(4), local=local(4, 7), offset=0)
    assert (one.rhythms, one.skip) == ((ALL,), "")


def test_it_is_due_from_its_very_moment_on():
    assert brief(due(after=at(3), now=at(4) - timedelta(microseconds=1))) == []
    assert brief(due(after=at(3), now=at(4))) == [(at(4), "")]


def test_what_is_settled_and_what_was_before_is_not_due():
    assert due(settled=[at(4), at(3), at(2)], after=at(1)) == []
    assert due(after=at(4)) == []


def test_of_those_missed_the_last_is_made_up_for_and_the_others_say_why_not():
    assert brief(due(after=at(1))) == [
        (at(2), "too late"),
        (at(3), "made up for by a later edition"),
        (at(4), ""),
    ]


def test_beyond_the_grace_it_is_too_late():
    grace = replace(DAILY, grace=timedelta(hours=5))
    assert brief(due(grace, after=at(3))) == [(at(4), "")]
    short = replace(DAILY, grace=timedelta(hours=4, minutes=59))
    assert brief(due(short, after=at(3))) == [(at(4), "too late")]


def test_where_nobody_is_subscribed_the_slot_is_skipped_for_that():
    (one,) = due(rhythms=(), after=at(3))
    assert (one.skip, one.rhythms) == ("nobody is subscribed", ())


def test_readers_zones_have_their_own_slots_and_one_instant_is_one_slot():
    found = due(OWN_ZONE, (TOKYO, LONDON, LISBON), after=at(3, 12))
    assert [(each.slot.at, each.rhythms) for each in found] == [
        (at(3, 22), (TOKYO,)),
        (at(4, 7), (LONDON, LISBON)),
    ]
    assert [each.slot.local for each in found] == [local(4, 7)] * 2


def test_each_zone_is_caught_up_once():
    found = due(OWN_ZONE, (TOKYO, LONDON), after=at(2, 12))
    assert brief(found) == [
        (at(2, 22), "too late"),
        (at(3, 7), "made up for by a later edition"),
        (at(3, 22), ""),
        (at(4, 7), ""),
    ]


def test_a_reader_may_choose_the_hour():
    early = Rhythm("Europe/London", time(5, 30))
    assert [(each.slot.at, each.rhythms) for each in due(OWN_ZONE, (early, LONDON), after=at(4, 0))] == [
        (at(4, 5, 30), (early,)),
        (at(4, 7), (LONDON,)),
    ]


def test_weekly_readers_take_the_first_slot_of_the_week():
    found = due(rhythms=(ALL, WEEKLY), after=datetime(2026, 2, 28, tzinfo=UTC), now=at(3, 12))
    assert [(each.slot.at.day, each.rhythms) for each in found] == [
        (28, (ALL,)),
        (1, (ALL,)),
        (2, (ALL, WEEKLY)),
        (3, (ALL,)),
    ]


def test_a_zone_that_nobody_knows_counts_as_utc_and_holds_up_nobody():
    found = due(OWN_ZONE, (Rhythm("Mars/Olympus"), Rhythm("../etc"), LONDON), after=at(4, 0))
    assert [each.slot.at for each in found] == [at(4, 7)]


@pytest.mark.parametrize(
    ("schedule", "reader", "zone"),
    [("Asia/Tokyo", "Europe/Lisbon", "Asia/Tokyo"), ("", "Europe/Lisbon", "Europe/Lisbon"), ("", "", "Europe/London")],
)
def test_the_schedules_zone_counts_before_the_readers_and_the_sites_last(schedule, reader, zone):
    newsletter = replace(DAILY, schedule=Schedule(timezone=schedule))
    assert zone_of(newsletter, SITE, reader).key == zone


def test_this_very_moment_is_a_slot_of_its_own():
    summer = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
    own = slot_now(OWN_ZONE, SITE, summer)
    assert own == Slot(at=summer, local=local(1, 13, month=7), offset=60)
    assert slot_now(DAILY, SITE, summer).offset == 0


def test_the_next_slot_is_the_earliest_of_any_rhythm():
    assert next_due(OWN_ZONE, SITE, (LONDON, TOKYO), NOON).at == at(4, 22)
    assert next_due(OWN_ZONE, SITE, (), NOON).at == at(5, 7)
    never = replace(DAILY, schedule=Schedule(weekdays=frozenset(), timezone="UTC"))
    assert next_due(never, SITE, (ALL,), NOON) is None


def test_the_next_slot_of_weekly_readers_is_in_the_next_week():
    assert next_due(DAILY, SITE, (WEEKLY,), NOON).at == at(9)
    assert next_due(DAILY, SITE, (WEEKLY, ALL), NOON).at == at(5)


def test_the_last_slot_is_the_rhythms_own():
    assert last_due(DAILY, SITE, ALL, NOON).at == at(4)
    assert last_due(DAILY, SITE, ALL, at(4)).at == at(4)
    assert last_due(OWN_ZONE, SITE, TOKYO, NOON).at == at(3, 22)
    assert last_due(DAILY, SITE, WEEKLY, NOON).at == at(2)
    never = replace(DAILY, schedule=Schedule(weekdays=frozenset(), timezone="UTC"))
    assert last_due(never, SITE, WEEKLY, NOON) is None


rhythms = st.builds(
    Rhythm,
    st.sampled_from(["", "Asia/Tokyo", "America/New_York", "Europe/Berlin"]),
    st.sampled_from([None, time(5, 30), time(23, 0)]),
    st.sampled_from(Frequency),
)
moments = st.integers(0, 400 * 24 * 60).map(
    lambda minutes: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)


@given(st.lists(rhythms, unique=True, max_size=4), moments, st.integers(0, 100))
def test_however_often_we_look_every_slot_is_settled_once_and_each_reader_is_caught_up_at_most_once(some, now, hours):
    after = now - timedelta(hours=hours)
    at_once = due(OWN_ZONE, some, after=after, now=now)
    half = after + (now - after) / 2
    first = due(OWN_ZONE, some, after=after, now=half)
    settled = [each.slot.at for each in first]
    second = due(OWN_ZONE, some, settled, after=after, now=now)
    assert sorted(settled + [each.slot.at for each in second]) == [each.slot.at for each in at_once]
    assert [each.slot.at for each in at_once] == sorted({each.slot.at for each in at_once})
    for each in at_once:
        assert after < each.slot.at <= now
        assert bool(each.skip) or now - each.slot.at <= OWN_ZONE.grace


def test_weekly_readers_of_a_newsletter_for_every_minute_have_one_slot_a_week():
    every_minute = replace(DAILY, schedule=Schedule(cron="* * * * *", timezone="UTC"))
    assert last_due(every_minute, SITE, WEEKLY, NOON).at == at(2, 0)
    assert next_due(every_minute, SITE, (WEEKLY,), NOON).at == at(9, 0)


@given(rhythms, moments)
def test_next_and_last_agree_with_what_is_due(rhythm, now):
    coming = next_due(OWN_ZONE, SITE, (rhythm,), now)
    assert [each.slot for each in due(OWN_ZONE, (rhythm,), after=now, now=coming.at)] == [coming]
    assert last_due(OWN_ZONE, SITE, rhythm, coming.at) == coming
    before = last_due(OWN_ZONE, SITE, rhythm, now)
    window = due(OWN_ZONE, (rhythm,), after=before.at - timedelta(minutes=1), now=coming.at)
    assert [each.slot for each in window] == [before, coming]
