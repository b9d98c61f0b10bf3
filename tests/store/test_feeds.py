"""What the next poll needs to know of the last one, and who polls now."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from digest.model import FeedState
from digest.store import feeds

NOW = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)
CLAIM = timedelta(minutes=10)
STATE = FeedState(
    name="world",
    title="World",
    etag='W/"1"',
    last_modified="Mon, 02 Mar 2026 06:00:00 GMT",
    body_sha256="ab" * 32,
    next_poll_at=NOW + timedelta(minutes=30),
    polled_at=NOW,
    succeeded_at=NOW,
    failures=2,
    last_error="503",
)


def test_a_feed_never_polled_is_due_at_once(database):
    database.call(feeds.ensure, ["world"])
    assert database.call(feeds.states, ["world", "unknown"]) == {"world": FeedState(name="world")}
    assert database.call(feeds.due, ["world", "unknown"], NOW) == ("world",)


def test_ensuring_again_forgets_nothing(database):
    database.call(feeds.ensure, ["world", "world"])
    database.call(feeds.save, STATE)
    database.call(feeds.ensure, ["world", "sport"])
    assert database.call(feeds.states, ["world"]) == {"world": STATE}
    assert set(database.call(feeds.states, ["world", "sport"])) == {"world", "sport"}


def test_a_feed_is_due_from_its_moment_on(database):
    database.call(feeds.ensure, ["world"])
    database.call(feeds.save, STATE)
    almost = STATE.next_poll_at - timedelta(microseconds=1)
    assert database.call(feeds.due, ["world"], almost) == ()
    assert database.call(feeds.claim, "world", almost, CLAIM) is None
    assert database.call(feeds.due, ["world"], STATE.next_poll_at) == ("world",)
    assert database.call(feeds.claim, "world", STATE.next_poll_at, CLAIM) == STATE


def test_at_once_claims_before_it_is_due_but_not_from_another(database):
    database.call(feeds.ensure, ["world"])
    database.call(feeds.save, STATE)
    assert database.call(feeds.claim, "world", NOW, CLAIM, at_once=True) == STATE
    assert database.call(feeds.claim, "world", NOW, CLAIM, at_once=True) is None


def test_what_is_claimed_is_not_due_until_the_claim_runs_out(database):
    database.call(feeds.ensure, ["world"])
    assert database.call(feeds.claim, "world", NOW, CLAIM)
    before = NOW + CLAIM - timedelta(microseconds=1)
    assert database.call(feeds.due, ["world"], before) == ()
    assert database.call(feeds.claim, "world", before, CLAIM) is None
    assert database.call(feeds.due, ["world"], NOW + CLAIM) == ("world",)
    assert database.call(feeds.claim, "world", NOW + CLAIM, CLAIM)


def test_of_many_that_claim_a_feed_at_once_one_gets_it(database, at_once):
    database.call(feeds.ensure, ["world"])
    claims = at_once(*[lambda: database.call(feeds.claim, "world", NOW, CLAIM)] * 6)
    assert [claim for claim in claims if claim] == [FeedState(name="world")]


def test_saving_gives_the_feed_free(database):
    database.call(feeds.ensure, ["world"])
    database.call(feeds.claim, "world", NOW, CLAIM)
    database.call(feeds.save, replace(STATE, next_poll_at=NOW))
    assert database.call(feeds.due, ["world"], NOW) == ("world",)


def test_saving_one_leaves_the_others_alone(database):
    database.call(feeds.ensure, ["world", "sport"])
    database.call(feeds.save, STATE)
    assert database.call(feeds.states, ["sport"]) == {"sport": FeedState(name="sport")}


def test_a_feed_that_nobody_knows_cannot_be_claimed(database):
    assert database.call(feeds.claim, "unknown", NOW, CLAIM, at_once=True) is None


def test_no_names_are_no_feeds(database):
    database.call(feeds.ensure, [])
    assert database.call(feeds.due, [], NOW) == ()
    assert database.call(feeds.states, []) == {}
