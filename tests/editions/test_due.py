"""Which slots have come and are not settled, for whom, and what becomes of those that were missed."""

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.editions.due import coming_slots, due_slots, last_due, looking_since, next_due, slot_now, zone_of
from digest.model import Category, DayOfMonth, Frequency, Newsletter, Rhythm, Schedule, Site, Slot

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
MINUTE = timedelta(minutes=1)
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
    window = (datetime(2026, 2, 28, tzinfo=UTC), at(3, 12))
    assert [(each.slot.at.day, each.rhythms) for each in coming_slots(DAILY, SITE, (ALL, WEEKLY), window)] == [
        (28, (ALL,)),
        (1, (ALL,)),
        (2, (ALL, WEEKLY)),
        (3, (ALL,)),
    ]


def test_nobody_is_caught_up_twice():
    assert [(each.slot.at, each.rhythms) for each in due(rhythms=(ALL, WEEKLY), after=at(1, 12), now=at(3, 12))] == [
        (at(2), (WEEKLY,)),
        (at(3), (ALL,)),
    ]


def test_a_slot_before_one_that_is_settled_is_made_up_for_by_that():
    # A second time of day was added to the schedule after noon.
    twice = replace(DAILY, schedule=Schedule(at=(time(7, 0), time(12, 0)), timezone="UTC"))
    assert brief(due(twice, settled=[at(4, 12)], after=at(3, 12), now=at(4, 13))) == [
        (at(4), "made up for by a later edition"),
    ]


def test_without_any_grace_a_slot_is_not_too_late_before_somebody_can_have_looked():
    strict = replace(DAILY, grace=timedelta())
    assert brief(due(strict, after=at(3), now=at(4, 7, 4))) == [(at(4), "")]
    assert brief(due(strict, after=at(3), now=at(4, 7, 6))) == [(at(4), "too late")]


def test_what_a_quiet_day_would_have_told_is_not_made_up_for_but_in_the_next():
    quiet = replace(DAILY, schedule=Schedule(timezone="UTC", quiet=((date(2026, 3, 2), date(2026, 3, 3)),)))
    assert brief(due(quiet, after=at(1, 12), now=at(3, 23))) == []
    assert brief(due(quiet, after=at(1, 12), now=at(4, 8))) == [(at(4), "")]


def test_a_week_of_slots_each_minute_is_seen_to_its_end():
    every_minute = replace(DAILY, schedule=Schedule(cron="* * * * *", timezone="UTC"))
    found = due(every_minute)
    assert len(found) == 7 * 24 * 60
    assert brief(found[-2:]) == [(NOON - MINUTE, "made up for by a later edition"), (NOON, "")]


def test_where_clocks_show_several_times_at_one_instant_the_slot_has_the_earliest_whoever_is_asked_first():
    late = Rhythm("Asia/Tokyo", time(16, 0))
    for some in ((LONDON, late), (late, LONDON)):
        (one,) = due(OWN_ZONE, some, after=at(4, 6), now=at(4))
        assert (one.slot.local, set(one.rhythms)) == (local(4, 7), {LONDON, late})


def test_the_old_and_the_new_name_of_a_zone_share_one_slot():
    some = (Rhythm("Europe/Kiev"), Rhythm("Europe/Kyiv"))
    assert [(each.slot.at, each.rhythms) for each in due(OWN_ZONE, some, after=at(4, 0))] == [(at(4, 5), some)]


@pytest.mark.parametrize(
    ("known", "after", "since"),
    [
        (at(1), at(3), at(3)),
        (at(3), at(1), at(3)),
        (at(1), None, at(1)),
        (NOON - timedelta(days=30), None, WEEK_AGO),
        (None, None, NOON),
        # The clock that it was first known by was ahead.
        (at(5), at(4, 11), at(4, 11)),
        (at(5), None, NOON),
    ],
)
def test_slots_are_looked_at_since_the_newsletter_is_known_or_its_last_look(known, after, since):
    assert looking_since(known, after, NOON) == since


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
    st.sampled_from(["", "Asia/Tokyo", "America/New_York", "Europe/Berlin", "Europe/Kiev", "Europe/Kyiv", "Asia/Gaza"]),
    st.sampled_from([None, time(5, 30), time(23, 0)]),
    st.sampled_from(Frequency),
)
moments = st.integers(0, 400 * 24 * 60).map(
    lambda minutes: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)
quiet = st.lists(
    st.dates(date(2026, 1, 1), date(2027, 2, 1)).map(lambda day: (day, day + timedelta(days=3))), max_size=8
).map(tuple)
newsletters = st.builds(
    lambda schedule, quiet, grace: replace(DAILY, schedule=replace(schedule, quiet=quiet), grace=grace),
    st.sampled_from(
        [
            Schedule(),
            Schedule(at=(time(7, 0), time(18, 30))),
            Schedule(weeks=2, weekdays=frozenset({0, 3})),
            Schedule(days=3, holidays=("DE",)),
            Schedule(monthly=(DayOfMonth(nth=1, weekday=0), DayOfMonth(nth=-1))),
            Schedule(cron="15 */5 * * *"),
            Schedule(timezone="Europe/Berlin"),
        ]
    ),
    quiet,
    st.sampled_from([timedelta(), timedelta(hours=6), timedelta(days=4)]),
)
some_rhythms = st.lists(rhythms, unique=True, max_size=6)


@given(newsletters, some_rhythms, moments, st.integers(0, 150))
@settings(deadline=None)
def test_however_often_we_look_every_slot_is_settled_once(newsletter, some, now, hours):
    after = now - timedelta(hours=hours)
    at_once = due(newsletter, some, after=after, now=now)
    half = after + (now - after) / 2
    first = due(newsletter, some, after=after, now=half)
    settled = [each.slot.at for each in first]
    second = due(newsletter, some, settled, after=after, now=now)
    assert sorted(settled + [each.slot.at for each in second]) == [each.slot.at for each in at_once]
    assert [each.slot.at for each in at_once] == sorted({each.slot.at for each in at_once})
    assert due(newsletter, some, [each.slot.at for each in at_once], after=after, now=now) == []


@given(newsletters, some_rhythms.filter(bool), moments, st.integers(0, 150))
@settings(deadline=None)
def test_after_an_outage_each_reader_is_caught_up_once_by_the_last_slot_unless_it_is_too_late(
    newsletter, some, now, hours
):
    after = now - timedelta(hours=hours)
    found = due(newsletter, some, after=after, now=now)
    for rhythm in some:
        last = [each.slot.at for each in coming_slots(newsletter, SITE, (rhythm,), (after, now))][-1:]
        in_time = [slot for slot in last if now - slot <= max(newsletter.grace, timedelta(minutes=5))]
        assert [each.slot.at for each in found if rhythm in each.rhythms] == in_time
    for each in found:
        assert bool(each.skip) != bool(each.rhythms)


@given(newsletters, some_rhythms.filter(bool), moments, st.randoms(use_true_random=False))
@settings(deadline=None)
def test_an_instant_is_one_slot_for_exactly_those_who_would_have_it_alone(newsletter, some, start, random):
    window = (start, start + timedelta(days=9))
    found = coming_slots(newsletter, SITE, some, window)
    alone = {rhythm: {each.slot.at for each in coming_slots(newsletter, SITE, (rhythm,), window)} for rhythm in some}
    assert [each.slot.at for each in found] == sorted(set().union(*alone.values()))
    for each in found:
        assert list(each.rhythms) == [rhythm for rhythm in some if each.slot.at in alone[rhythm]]
    shuffled = random.sample(some, len(some))
    assert [each.slot for each in coming_slots(newsletter, SITE, shuffled, window)] == [each.slot for each in found]


@dataclass
class Service:
    """Looks what is due as the program does, by a clock that may be wrong, and settles all that it finds."""

    newsletter: Newsletter
    rhythms: list[Rhythm]
    known: datetime
    after: datetime | None = None
    settled: dict[datetime, str] = field(default_factory=dict)

    def look(self, now):
        since = looking_since(self.known, self.after, now)
        done = {slot for slot in self.settled if slot > since}
        for each in due(self.newsletter, self.rhythms, done, since, now):
            assert each.slot.at not in self.settled, "twice"
            self.settled[each.slot.at] = each.skip
        self.after = now


@given(
    newsletters,
    some_rhythms.filter(bool),
    moments,
    st.lists(st.tuples(st.integers(1, 45), st.integers(-60, 60), st.integers(0, 9)), min_size=20, max_size=120),
)
@settings(deadline=None, max_examples=60)
def test_a_clock_that_jumps_by_an_hour_either_way_neither_repeats_nor_loses_a_slot(newsletter, some, start, steps):
    service = Service(replace(newsletter, grace=timedelta(hours=4)), some, known=start)
    true, wrong = start, timedelta()
    for minutes, jump, chance in steps:
        true += minutes * MINUTE
        # Mostly the clock goes on as it is, right or wrong; now and then the service is started again.
        wrong = jump * MINUTE if chance > 6 else wrong
        service.after = None if chance == 0 else service.after
        service.look(true + wrong)
    service.look(true)
    expected = [each.slot.at for each in coming_slots(newsletter, SITE, some, (start, true))]
    # By a clock that was behind, what came before the newsletter was known is settled as well.
    assert [slot for slot in sorted(service.settled) if start < slot <= true] == expected
    assert "too late" not in {skip.partition(":")[0] for skip in service.settled.values()}


def test_a_newsletter_first_known_by_a_clock_that_was_ahead_loses_no_slot():
    service = Service(DAILY, [ALL], known=at(4, 7, 30))
    for minute in (40, 59):
        service.look(at(4, 6, minute))
    service.look(at(4, 7, 1))
    service.look(at(4, 7, 40))
    assert service.settled == {at(4): ""}


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
