"""What is held until the operator decides: neither told nor lost."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from digest.model import ArticleDraft, DeliveryState, FeedState
from digest.store import articles, feeds, holding, letters
from digest.store.articles import Arrival, Recorded, Terms

NOW = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)
LONG_AGO = NOW - timedelta(days=365)
OLD = Terms(floods=lambda new: [place for place, draft in enumerate(new) if "old" in draft.title])


def record(database, *titles, feed="world", backlog=False):
    drafts = [ArticleDraft(keys=(title,), title=title, url="") for title in titles]
    arrivals = [Arrival(draft=draft, backlog=backlog) for draft in drafts]
    return database.call(articles.record, feed, feed, arrivals, NOW, OLD)


def seen(database, after=0):
    found = database.call(articles.between, after, 1_000, LONG_AGO)
    return {article.title: (article.held, article.since) for article in found}


def test_the_suspicious_are_recorded_with_their_numbers_and_held(database):
    assert record(database, "old 1", "new", "old 2") == Recorded(new=1, held=2)
    assert seen(database) == {"old 1": (True, (1,)), "new": (False, (2,)), "old 2": (True, (3,))}
    assert database.call(holding.held) == {"world": 2}


def test_backlog_is_not_suspicious(database):
    assert record(database, "old 1", backlog=True) == Recorded(backlog=1)
    assert database.call(holding.held) == {}


def test_what_is_held_stays_so_when_it_is_recognised_by_any_feed(database):
    record(database, "old 1")
    assert record(database, "old 1") == record(database, "old 1", feed="sport") == Recorded(known=1)
    assert seen(database) == {"old 1": (True, (1, 2))}
    assert database.call(holding.held) == {"world": 1}


def test_released_it_arrives_anew(database):
    record(database, "old 1", "new", "old 2")
    record(database, "old 2", feed="sport")
    record(database, "old 2", feed="arts", backlog=True)
    later = NOW + timedelta(days=3)
    assert database.call(holding.release, "world", later) == 2
    assert seen(database, 4) == {"old 1": (False, (5,)), "old 2": (False, (6, 6, 6))}
    assert [a.title for a in database.call(articles.between, 0, 99, later)] == ["old 1", "old 2"]
    assert (database.call(articles.last_number), database.call(holding.held)) == (6, {})
    assert record(database, "newest").new == 1
    assert seen(database, 6) == {"newest": (False, (7,))}


def test_dismissed_it_is_known_and_never_told(database):
    record(database, "old 1", "new")
    assert database.call(holding.dismiss, "world") == 1
    assert list(seen(database)) == ["new"]
    assert record(database, "old 1") == Recorded(known=1)
    assert database.call(holding.held) == {}


@pytest.mark.parametrize("decide", [holding.release, holding.dismiss])
def test_a_decision_is_about_one_feed_and_clears_what_asked_for_it(database, decide):
    database.call(feeds.ensure, {"world": "https://w.example/"})
    database.call(feeds.save, [FeedState(name="world", url="https://w.example/", remark="old ones are held")])
    record(database, "old 1")
    record(database, "old 2", feed="sport")
    more = (NOW,) if decide is holding.release else ()
    assert database.call(decide, "arts", *more) == 0
    assert database.call(decide, "world", *more) == 1
    assert database.call(holding.held) == {"sport": 1}
    assert database.call(feeds.states, ["world"])["world"].remark == ""
    assert database.call(decide, "world", *more) == 0


def test_what_another_feed_had_as_an_old_one_is_told_to_everybody_once_it_is_released(newsroom):
    store = newsroom.database
    record(store, "old 1")
    record(store, "old 1", feed="sport", backlog=True)
    record(store, "new")
    newsroom.join()
    asyncio.run(newsroom.edition())
    newsroom.settle(DeliveryState.SENT, *newsroom.lease())
    store.call(holding.release, "world", newsroom.later(hours=1))
    asyncio.run(newsroom.edition())
    (delivery,) = newsroom.lease()
    assert store.call(letters.get, delivery.letter).told == (1,)
