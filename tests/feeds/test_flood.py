"""Which of a feed's new articles are too many and too old at once."""

from datetime import UTC, datetime, timedelta

import pytest

from digest.feeds.flood import suspects
from digest.model import ArticleDraft, FeedState

NOW = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)
BEFORE = FeedState(name="world", newest_at=NOW - timedelta(hours=2), succeeded_at=NOW - timedelta(minutes=30))


def aged(*hours: float | None) -> list[ArticleDraft]:
    return [
        ArticleDraft(keys=(), title="t", url="", published_at=None if age is None else NOW - timedelta(hours=age))
        for age in hours
    ]


@pytest.mark.parametrize(
    ("ages", "items", "held"),
    [
        ((3, 4, 5, 6, 7), 9, {0, 1, 2, 3, 4}),
        ((2, 4, 5, 6, 7), 9, {0, 1, 2, 3, 4}),
        ((3, 4, 5, 6, 7), 10, set()),
        ((3, 4, 5, 6), 4, set()),
        ((0.2, 3, 4, 5, 0.1, 6, 7), 8, {1, 2, 3, 5, 6}),
        ((None,) * 5, 5, {0, 1, 2, 3, 4}),
        ((0.1, 0.2, 0.3, 0.4, 0.5, 0.6), 6, set()),
        ((), 0, set()),
    ],
)
def test_many_old_ones_are_held_together_and_the_others_told(ages, items, held) -> None:
    assert suspects(aged(*ages), BEFORE, items) == held


def test_what_came_in_an_outage_is_told() -> None:
    before = FeedState(name="world", newest_at=NOW - timedelta(days=3), succeeded_at=NOW - timedelta(days=3))
    assert suspects(aged(*range(1, 70)), before, 69) == frozenset()


def test_what_an_old_copy_has_kept_back_for_hours_is_told() -> None:
    """The server answered all the while; nothing of what comes at last is from before the copy."""
    before = FeedState(name="world", newest_at=NOW - timedelta(hours=9), succeeded_at=NOW - timedelta(minutes=30))
    assert suspects(aged(2, 3, 4, 5, 6, 7, 8), before, 7) == frozenset()


def test_at_the_first_poll_nothing_is_suspicious() -> None:
    assert suspects(aged(*range(20)), FeedState(name="world"), 20) == frozenset()
    assert suspects(aged(*range(20)), FeedState(name="world", succeeded_at=NOW), 20) == frozenset()
