"""No more than so many messages in so much time, whatever is asked for."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.mail.pace import Pace

SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)
_COUNTS = st.integers(1, 40)
_PERIODS = st.sampled_from([0.5, 1.0, 7.0, 60.0, 3600.0])


@given(
    st.lists(st.tuples(_COUNTS, _PERIODS), min_size=1, max_size=3),
    st.lists(st.floats(0, 500), min_size=1, max_size=120),
)
def test_in_no_time_of_a_period_are_there_more_turns_than_its_limit(limits, pauses):
    pace, now, turns = Pace(*((count, timedelta(seconds=period)) for count, period in limits)), 0.0, []
    for pause in pauses:
        now += pause if len(turns) % 3 == 0 else 0.0
        at = pace.reserve(now)
        assert at >= now
        turns.append(at)
    assert turns == sorted(turns)
    for count, period in limits:
        for first, beyond in zip(turns, turns[count:], strict=False):
            assert beyond - first >= period * (1 - 1e-9)


def test_turns_of_a_second_are_at_even_distances():
    pace = Pace((100, SECOND))
    assert [pace.reserve(5.0) for _ in range(4)] == pytest.approx([5.0, 5.01, 5.02, 5.03])


def test_turns_of_an_hour_may_come_together_until_it_is_full():
    pace = Pace((3, HOUR))
    assert [pace.reserve(10.0) for _ in range(4)] == [10.0, 10.0, 10.0, 3610.0]


def test_turns_that_nobody_took_are_not_made_up_for():
    pace = Pace((50, SECOND))
    pace.reserve(0.0)
    assert [pace.reserve(9.0) for _ in range(2)] == pytest.approx([9.0, 9.02])


def test_of_very_many_turns_not_each_is_remembered_and_the_limit_holds_all_the_same():
    pace = Pace((25_000, HOUR))
    turns = [pace.reserve(0.0) for _ in range(25_001)]
    assert turns[-1] >= 3600.0


def test_to_ask_takes_no_turn():
    pace = Pace((1, HOUR))
    assert pace.earliest(3.0) == pace.earliest(3.0) == 3.0
    pace.reserve(3.0)
    assert pace.earliest(4.0) == 3603.0


@pytest.mark.parametrize(("count", "period"), [(0, SECOND), (-1, SECOND), (1, timedelta())])
def test_a_pace_that_never_moves_is_refused(count, period):
    with pytest.raises(ValueError, match=f"{count} in"):
        Pace((count, period))
