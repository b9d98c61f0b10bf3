"""When, and where, a feed is polled next."""

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.feeds.manners import after_failed_move, after_failure, after_redirect, after_success, usual_gap
from digest.model import Feed, FeedState, Wishes

#: A Sunday.
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
HALF_HOUR = HOUR / 2
FEED = Feed(name="news", url="https://news.example/feed")
STATE = FeedState(
    name="news", url=FEED.url, etag='"1"', last_modified="Sun, 01 Mar 2026 11:00:00 GMT", body_sha256="ab"
)


def every(interval: timedelta, longest: timedelta = 6 * HOUR) -> Feed:
    return replace(FEED, every=interval, max_every=longest)


def rhythm(gap: timedelta, silence: timedelta = timedelta()) -> FeedState:
    return replace(STATE, gap=gap, newest_at=NOW - silence)


def wishing(**wishes: object) -> FeedState:
    return replace(STATE, wishes=Wishes(**wishes))


def test_a_feed_of_which_nothing_is_known_is_polled_as_often_as_the_operator_allows() -> None:
    assert after_success(FEED, STATE, NOW) == NOW + HALF_HOUR
    assert after_success(FEED, replace(STATE, newest_at=NOW - 400 * DAY), NOW) == NOW + HALF_HOUR


@pytest.mark.parametrize(
    ("state", "interval"),
    [
        (rhythm(gap=HOUR), HALF_HOUR),
        (rhythm(gap=16 * HOUR), 2 * HOUR),
        (rhythm(gap=16 * HOUR, silence=8 * HOUR), 2 * HOUR),
        (rhythm(gap=HOUR, silence=DAY), 3 * HOUR),
        (rhythm(gap=HOUR, silence=300 * DAY), 6 * HOUR),
        (rhythm(gap=7 * DAY), 6 * HOUR),
        (rhythm(gap=16 * HOUR, silence=-400 * DAY), 2 * HOUR),
        (replace(STATE, gap=16 * HOUR), 2 * HOUR),
        (wishing(every=20 * MINUTE), HALF_HOUR),
        (wishing(every=HOUR), HOUR),
        (wishing(every=365 * DAY), 6 * HOUR),
        (replace(rhythm(gap=16 * HOUR), wishes=Wishes(every=HOUR)), 2 * HOUR),
    ],
)
def test_the_longest_counts_of_what_is_allowed_worth_while_and_wished_for(
    state: FeedState, interval: timedelta
) -> None:
    assert after_success(FEED, state, NOW) == NOW + interval


@pytest.mark.parametrize(
    ("fresh_for", "interval"), [(5 * MINUTE, HALF_HOUR), (2 * HOUR, 2 * HOUR), (365 * DAY, 6 * HOUR)]
)
def test_an_answer_that_stays_fresh_is_not_asked_for_again(fresh_for: timedelta, interval: timedelta) -> None:
    assert after_success(FEED, STATE, NOW, fresh_for=fresh_for) == NOW + interval


def test_an_operators_interval_above_the_longest_is_kept() -> None:
    assert after_success(every(7 * DAY), wishing(every=DAY), NOW) == NOW + 7 * DAY


def test_polls_are_spread_but_not_into_the_time_that_a_server_asks_for() -> None:
    after = [after_success(FEED, STATE, NOW, jitter=jitter) - NOW for jitter in (-1.0, 0.0, 1.0, 99.0)]
    assert after == [27 * MINUTE, 30 * MINUTE, 33 * MINUTE, 33 * MINUTE]
    asked = [after_success(FEED, wishing(every=HOUR), NOW, jitter=jitter) - NOW for jitter in (-1.0, 0.0, 1.0)]
    assert asked == [60 * MINUTE, 60 * MINUTE, 66 * MINUTE]
    beyond = [after_success(FEED, wishing(every=DAY), NOW, jitter=jitter) - NOW for jitter in (-1.0, 0.0, 1.0)]
    assert beyond == [5.4 * HOUR, 6 * HOUR, 6 * HOUR]


@pytest.mark.parametrize(
    ("wishes", "at"),
    [
        ({"skip_hours": {13, 14}}, NOW + HALF_HOUR),
        ({"skip_hours": {12, 13, 14}}, NOW + 3 * HOUR),
        ({"skip_hours": set(range(12, 24))}, NOW + 6 * HOUR),
        ({"skip_hours": set(range(24))}, NOW + 6 * HOUR),
        ({"skip_days": {6}}, NOW + 6 * HOUR),
        ({"skip_days": {0, 1, 2, 3, 4, 5}}, NOW + HALF_HOUR),
    ],
)
def test_hours_and_days_that_a_feed_skips_are_waited_for_within_the_longest_interval(wishes, at: datetime) -> None:
    state = wishing(**{name: frozenset(value) for name, value in wishes.items()})
    assert after_success(FEED, state, NOW) == at


def test_a_feed_that_skips_the_weekend_is_polled_on_monday_at_midnight() -> None:
    assert after_success(every(HALF_HOUR, 3 * DAY), wishing(skip_days=frozenset({5, 6})), NOW) == NOW + 12 * HOUR


def test_what_a_feed_skips_is_said_in_gmt_whatever_the_clock_shows() -> None:
    there = NOW.astimezone(timezone(timedelta(hours=5, minutes=30)))
    assert after_success(FEED, wishing(skip_hours=frozenset({12})), there) == NOW + HOUR
    assert after_success(FEED, wishing(skip_hours=frozenset({17, 18})), there) == NOW + HALF_HOUR


def test_those_who_wait_for_the_same_hour_do_not_come_together() -> None:
    state = wishing(skip_hours=frozenset({12}))
    at = {after_success(FEED, state, NOW, jitter=jitter) - NOW for jitter in (0.0, 0.5, -1.0)}
    assert at == {60 * MINUTE, 63 * MINUTE, 66 * MINUTE}


durations = st.timedeltas(timedelta(), timedelta(days=3650))
states = st.builds(
    lambda gap, silence, asked, hours, days: replace(
        STATE,
        gap=gap,
        newest_at=None if silence is None else NOW - silence,
        wishes=Wishes(every=asked, skip_hours=hours, skip_days=days),
    ),
    durations,
    st.none() | st.timedeltas(timedelta(days=-3650), timedelta(days=3650)),
    durations,
    st.frozensets(st.integers(0, 23)),
    st.frozensets(st.integers(0, 6)),
)


@given(
    interval=st.timedeltas(MINUTE, 7 * DAY),
    longest=st.timedeltas(MINUTE, 30 * DAY),
    state=states,
    fresh_for=durations,
    jitter=st.floats(),
)
def test_the_next_poll_is_between_the_two_intervals_of_the_operator(
    interval, longest, state, fresh_for, jitter
) -> None:
    feed = every(interval, longest)
    at = after_success(feed, state, NOW, fresh_for=fresh_for, jitter=jitter)
    assert NOW + interval * 0.9 <= at <= NOW + max(interval, longest)
    skipped = at.hour in state.wishes.skip_hours or at.weekday() in state.wishes.skip_days
    assert not skipped or at == NOW + max(interval, longest)
    asked = max(fresh_for, state.wishes.every)
    assert at >= NOW + asked or asked > max(interval, longest)


def ago(*hours: float) -> list[datetime]:
    return [NOW - timedelta(hours=each) for each in hours]


@pytest.mark.parametrize(
    ("published", "gap"),
    [
        ([], timedelta()),
        (ago(0, 5), timedelta()),
        (ago(0, 5, 10), 5 * HOUR),
        (ago(10, 0, 5), 5 * HOUR),
        (ago(*range(0, 100, 4)), 4 * HOUR),
        (ago(0, 1, 2, 3, 500), HOUR),
        (ago(0, 1, 2, 3) + ago(*range(1000, 3000, 100)), 100 * HOUR),
        (ago(*range(20)) + ago(*range(1000, 30_000, 100)), HOUR),
        (ago(*[0] * 50), timedelta()),
        (ago(*[0, 24, 48, 72] * 50), DAY),
        ([at + second * timedelta(seconds=1) for at in ago(0.1, 24.1, 48.1) for second in range(50)], None),
        (ago(-48, -24, 0, 24), timedelta()),
        (ago(-48, -24, 0, 24, 48), DAY),
    ],
)
def test_the_usual_gap_is_that_of_the_newest_articles(published: list[datetime], gap: timedelta | None) -> None:
    got = usual_gap(published, NOW)
    assert got == gap if gap is not None else abs(got - DAY) < MINUTE


@given(st.lists(st.timedeltas(-3650 * DAY, 3650 * DAY).map(lambda after: NOW + after), max_size=60))
def test_a_gap_is_zero_or_longer_than_a_burst(published: list[datetime]) -> None:
    gap = usual_gap(published, NOW)
    assert gap == timedelta() or 10 * MINUTE <= gap <= NOW - min(published)
    assert gap == usual_gap(published[::-1] * 2, NOW)


@pytest.mark.parametrize(
    ("interval", "failures", "expected"),
    [
        (HALF_HOUR, 1, HOUR),
        (HALF_HOUR, 2, 2 * HOUR),
        (HALF_HOUR, 5, 16 * HOUR),
        (HALF_HOUR, 6, DAY),
        (HALF_HOUR, 10_000, DAY),
        (7 * DAY, 3, 7 * DAY),
    ],
)
def test_failures_double_the_interval_up_to_a_day(interval: timedelta, failures: int, expected: timedelta) -> None:
    assert after_failure(every(interval), failures, NOW) == NOW + expected


@pytest.mark.parametrize(("retry_after", "expected"), [(MINUTE, HOUR), (3 * HOUR, 3 * HOUR), (400 * DAY, 7 * DAY)])
def test_a_server_is_left_alone_as_long_as_it_asks_within_a_week(retry_after: timedelta, expected: timedelta) -> None:
    assert after_failure(FEED, 1, NOW, retry_after=retry_after) == NOW + expected


@given(
    interval=st.timedeltas(MINUTE, 60 * DAY),
    failures=st.integers(-1, 10**9),
    jitter=st.floats(),
    retry=st.none() | durations,
)
def test_after_a_failure_the_next_poll_is_never_before_the_interval_nor_beyond_reason(
    interval, failures, jitter, retry
) -> None:
    at = after_failure(every(interval), failures, NOW, retry_after=retry, jitter=jitter) - NOW
    assert at >= interval * 0.9
    assert at >= min(retry or timedelta(), 7 * DAY)
    assert at <= max(interval * 1.1, DAY * 1.1, 7 * DAY)
    assert at <= after_failure(every(interval), failures + 1, NOW, retry_after=retry, jitter=jitter) - NOW


def test_in_a_thousand_days_nobody_is_asked_while_it_says_to_wait() -> None:
    chance = random.Random(429)
    now, closed_until, failures, inside, polls = NOW, NOW, 0, 0, 0
    while now < NOW + 1_000 * DAY:
        polls += 1
        inside += now < closed_until
        jitter = chance.uniform(-1, 1)
        if chance.random() < 0.8:
            failures += 1
            wait = timedelta(seconds=chance.expovariate(1 / 40_000))
            closed_until = now + min(wait, 7 * DAY)
            now = after_failure(FEED, failures, now, retry_after=wait, jitter=jitter)
        else:
            failures = 0
            now = after_success(FEED, STATE, now, jitter=jitter)
    assert polls > 1_000
    assert inside == 0


def simulate(publishes: Callable[[int], datetime], until: datetime) -> tuple[list[timedelta], list[timedelta]]:
    """The intervals at which `FEED`, whose nth article comes at `publishes(n)`, is polled, and how long each waits."""
    chance = random.Random(1)
    published: list[datetime] = []
    intervals: list[timedelta] = []
    waits: list[timedelta] = []
    now, state = NOW, STATE
    while now < until:
        while (at := publishes(len(published))) <= now:
            published.append(at)
            waits.append(now - at)
        state = replace(state, gap=usual_gap(published, now), newest_at=max(published, default=None))
        following = after_success(FEED, state, now, jitter=chance.uniform(-1, 1))
        intervals.append(following - now)
        now = following
    return intervals, waits


def test_a_feed_that_publishes_every_hour_is_polled_as_often_as_allowed() -> None:
    intervals, waits = simulate(lambda n: NOW + n * HOUR, NOW + 30 * DAY)
    assert max(intervals) <= 33 * MINUTE
    assert max(waits) <= 33 * MINUTE


def test_a_feed_that_publishes_every_week_is_polled_as_seldom_as_allowed() -> None:
    intervals, waits = simulate(lambda n: NOW + (n - 10) * 7 * DAY, NOW + 365 * DAY)
    assert min(intervals) >= 5.4 * HOUR
    assert max(waits[11:]) <= 6 * HOUR


def test_an_article_waits_for_a_sixteenth_of_the_usual_gap_on_average() -> None:
    intervals, waits = simulate(lambda n: NOW + (n - 10) * DAY, NOW + 1_000 * DAY)
    assert len(intervals) < 1_000 * 8 * 1.1
    assert sum(waits[11:], timedelta()) / len(waits[11:]) < DAY / 16 * 1.15


def test_a_feed_that_wakes_up_is_found_out_again() -> None:
    asleep = 200 * DAY
    wakes = NOW + asleep

    def publishes(n: int) -> datetime:
        return NOW + (n - 20) * 30 * DAY if n < 20 else wakes + (n - 20) * HOUR

    intervals, waits = simulate(publishes, wakes + 5 * DAY)
    assert max(waits[20:]) <= 6 * HOUR
    assert max(waits[-80:]) <= 33 * MINUTE
    assert len(intervals) < asleep / (5.4 * HOUR) + 5 * DAY / (27 * MINUTE)


NEW, OTHER = "https://new.example/feed", "https://other.example/feed"


def redirected(*polls: tuple[str, timedelta], state: FeedState = STATE) -> FeedState:
    """`state` after polls that were led to an address, each so long after `NOW`."""
    for permanent_url, after in polls:
        state = after_redirect(state, permanent_url, NOW + after)
    return state


def test_a_feed_that_is_redirected_for_good_on_three_polls_over_a_day_has_moved() -> None:
    polls = [(NEW, timedelta()), (NEW, 12 * HOUR), (NEW, DAY)]
    waiting = redirected(*polls[:2])
    assert (waiting.address, waiting.moving_to, waiting.moving_polls, waiting.moving_since) == ("", NEW, 2, NOW)
    assert waiting.polled_url == STATE.url
    assert redirected(*polls) == replace(STATE, address=NEW)


@pytest.mark.parametrize(
    "polls",
    [
        [(NEW, timedelta()), (NEW, 10 * DAY)],
        [(NEW, n * MINUTE) for n in range(100)],
        [(NEW, timedelta()), (OTHER, 12 * HOUR), (NEW, DAY), (NEW, DAY + HOUR)],
        [(NEW, timedelta()), (NEW, 12 * HOUR), ("", 13 * HOUR), (NEW, DAY), (NEW, DAY + HOUR)],
        [(NEW, timedelta()), (NEW, -DAY), (NEW, -10 * DAY)],
        [(f"https://news.example/{n}", n * DAY) for n in range(10)],
        [("https://news.example/" + "a" * 2_048, n * DAY) for n in range(10)],
        [(STATE.url, n * DAY) for n in range(10)],
    ],
)
def test_until_then_it_is_polled_where_it_is_configured(polls: list[tuple[str, timedelta]]) -> None:
    assert redirected(*polls).polled_url == STATE.url


def test_an_answer_without_a_redirect_ends_a_move() -> None:
    assert redirected((NEW, timedelta()), (NEW, 12 * HOUR), ("", DAY)) == STATE


def test_a_feed_that_has_moved_may_move_on_and_back() -> None:
    moved = replace(STATE, address=NEW)
    days = [n * DAY for n in range(3)]
    assert redirected(*((OTHER, day) for day in days), state=moved) == replace(STATE, address=OTHER)
    assert redirected(*((STATE.url, day) for day in days), state=moved) == STATE


def test_a_move_to_where_nothing_answers_is_taken_back_at_the_third_failure() -> None:
    moved = replace(STATE, address=NEW, moving_to=OTHER, moving_polls=1, moving_since=NOW, failures=2)
    assert after_failed_move(moved) == moved
    assert after_failed_move(replace(moved, failures=3)) == FeedState(name="news", url=STATE.url, failures=3)


def test_failures_at_the_configured_address_move_nothing() -> None:
    failing = replace(STATE, failures=100)
    assert after_failed_move(failing) == failing


@given(st.lists(st.tuples(st.sampled_from(["", STATE.url, NEW, OTHER, "x" * 3_000]), st.timedeltas(-9 * DAY, 9 * DAY))))
def test_no_answers_lead_anywhere_but_where_they_said(polls: list[tuple[str, timedelta]]) -> None:
    state = redirected(*polls)
    assert state.polled_url in {STATE.url, NEW, OTHER}
    assert bool(state.moving_to) == bool(state.moving_polls) == (state.moving_since is not None)
    assert state.moving_to not in {state.polled_url, "x" * 3_000}


def test_where_nobody_answers_a_feed_is_asked_every_hour_for_a_day_and_then_as_others_are() -> None:
    feed = Feed(name="f", url="https://e.example/", every=timedelta(minutes=30))
    waits = [after_failure(feed, failures, NOW, answered=False) - NOW for failures in (1, 2, 10, 24, 25)]
    assert waits == [timedelta(hours=1)] * 4 + [timedelta(hours=24)]
