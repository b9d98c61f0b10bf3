"""What arrived of each feed, day by day."""

from datetime import UTC, datetime, timedelta

from digest.model import ArticleDraft
from digest.store import articles, pulse
from digest.store.articles import Arrival

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
DAYS = [MONDAY + timedelta(days=day) for day in range(3)]


def arrive(database, feed, at, *keys, backlog=False):
    drafts = [ArticleDraft(keys=(key,), title=key, url="") for key in keys]
    arrivals = [Arrival(draft=draft, backlog=backlog) for draft in drafts]
    database.call(articles.record, feed, feed, arrivals, at)


def test_articles_are_counted_on_the_day_on_which_they_came(database):
    arrive(database, "world", DAYS[0] - timedelta(microseconds=1), "before")
    arrive(database, "world", DAYS[0], "midnight")
    arrive(database, "world", DAYS[1] - timedelta(microseconds=1), "late")
    arrive(database, "world", DAYS[2] + timedelta(days=9), "today, by a clock that is ahead")
    arrive(database, "sport", DAYS[1], "a", "b", "c")
    arrive(database, "quiet", DAYS[0] - timedelta(days=1), "long ago")
    assert database.call(pulse.pulses, DAYS) == {"world": (2, 0, 1), "sport": (0, 3, 0)}


def test_an_article_counts_for_every_feed_that_carries_it_and_the_past_for_none(database):
    arrive(database, "world", DAYS[0], "shared")
    arrive(database, "sport", DAYS[1], "shared", "own")
    arrive(database, "new", DAYS[1], "old news", backlog=True)
    assert database.call(pulse.pulses, DAYS) == {"world": (1, 0, 0), "sport": (1, 1, 0)}


def test_nothing_at_all_has_no_pulse(database):
    assert database.call(pulse.pulses, DAYS) == {}
