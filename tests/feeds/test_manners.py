"""When a feed is polled next."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.feeds import after_failure, after_gone, after_success

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
HALF_HOUR, HOUR, DAY = timedelta(minutes=30), timedelta(hours=1), timedelta(days=1)


def test_after_success_the_operators_interval(now) -> None:
    assert after_success(HALF_HOUR, now) == now + HALF_HOUR


@pytest.mark.parametrize(
    ("fresh_for", "expected"),
    [
        (timedelta(minutes=5), HALF_HOUR),
        (timedelta(hours=2), timedelta(hours=2)),
        (timedelta(days=365), timedelta(hours=6)),
    ],
)
def test_an_answer_that_stays_fresh_is_not_asked_for_again(now, fresh_for, expected) -> None:
    assert after_success(HALF_HOUR, now, fresh_for=fresh_for) == now + expected


@pytest.mark.parametrize(
    ("every", "failures", "expected"),
    [
        (HALF_HOUR, 1, HOUR),
        (HALF_HOUR, 2, 2 * HOUR),
        (HALF_HOUR, 5, 16 * HOUR),
        (HALF_HOUR, 6, DAY),
        (HALF_HOUR, 10_000, DAY),
        (7 * DAY, 3, 7 * DAY),
    ],
)
def test_failures_double_the_interval_up_to_a_day(now, every, failures, expected) -> None:
    assert after_failure(every, failures, now) == now + expected


@pytest.mark.parametrize(
    ("retry_after", "expected"),
    [(timedelta(minutes=1), HOUR), (timedelta(hours=3), 3 * HOUR), (timedelta(days=400), 7 * DAY)],
)
def test_a_server_is_left_alone_as_long_as_it_asks_within_a_week(now, retry_after, expected) -> None:
    assert after_failure(HALF_HOUR, 1, now, retry_after=retry_after) == now + expected


def test_what_is_gone_is_looked_for_after_a_month(now) -> None:
    assert after_gone(now) == now + timedelta(days=30)


@given(
    every=st.timedeltas(timedelta(minutes=1), timedelta(days=60)),
    failures=st.integers(-1, 10**9),
    jitter=st.floats(allow_nan=False),
    wish=st.none() | st.timedeltas(timedelta(), timedelta(days=3650)),
)
def test_the_next_poll_is_never_before_the_interval_nor_beyond_reason(every, failures, jitter, wish) -> None:
    at = after_failure(every, failures, NOW, retry_after=wish, jitter=jitter) - NOW
    assert at >= every * 0.9
    assert at >= min(wish or timedelta(), timedelta(days=7))
    assert at <= max(every * 1.1, DAY * 1.1, timedelta(days=7))
    assert every * 0.9 <= after_success(every, NOW, jitter=jitter) - NOW <= every * 1.1
