"""What the next poll needs to know of the last one, and who polls now."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from digest.model import FeedState, Wishes
from digest.store import feeds

NOW = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)
CLAIM = timedelta(minutes=10)
WORLD, SPORT = {"world": "https://e.example/world"}, {"sport": "https://e.example/sport"}
NEW = FeedState(name="world", url="https://e.example/world")
STATE = FeedState(
    name="world",
    url="https://e.example/world",
    address="https://e.example/news",
    moving_to="https://e.example/newer",
    moving_polls=2,
    moving_since=NOW - timedelta(days=1),
    title="World",
    etag='W/"1"',
    last_modified="Mon, 02 Mar 2026 06:00:00 GMT",
    body_sha256="ab" * 32,
    next_poll_at=NOW + timedelta(minutes=30),
    polled_at=NOW,
    succeeded_at=NOW,
    failures=2,
    last_error="503",
    remark="only the first 2,000 of 3,000 items were read",
    wishes=Wishes(every=timedelta(hours=1), skip_hours=frozenset({0, 23}), skip_days=frozenset({6})),
    gap=timedelta(hours=5),
    newest_at=NOW - timedelta(hours=2),
    fingerprints=("0a", "1b"),
    misses=True,
)


def test_a_feed_never_polled_is_due_at_once(database):
    database.call(feeds.ensure, WORLD)
    assert database.call(feeds.states, ["world", "unknown"]) == {"world": NEW}
    assert database.call(feeds.due, ["world", "unknown"], NOW) == ("world",)


def test_ensuring_again_forgets_nothing(database):
    database.call(feeds.ensure, WORLD)
    database.call(feeds.save, [STATE])
    database.call(feeds.ensure, WORLD | SPORT)
    assert database.call(feeds.states, ["world"]) == {"world": STATE}
    assert set(database.call(feeds.states, ["world", "sport"])) == {"world", "sport"}


def test_a_feed_is_due_from_its_moment_on(database):
    database.call(feeds.ensure, WORLD)
    database.call(feeds.save, [STATE])
    almost = STATE.next_poll_at - timedelta(microseconds=1)
    assert database.call(feeds.due, ["world"], almost) == ()
    assert database.call(feeds.claim, ["world"], almost, CLAIM) == {}
    assert database.call(feeds.due, ["world"], STATE.next_poll_at) == ("world",)
    assert database.call(feeds.claim, ["world"], STATE.next_poll_at, CLAIM) == {"world": STATE}


def test_at_once_claims_before_it_is_due_but_not_from_another(database):
    database.call(feeds.ensure, WORLD)
    database.call(feeds.save, [STATE])
    assert database.call(feeds.claim, ["world"], NOW, CLAIM, at_once=True) == {"world": STATE}
    assert database.call(feeds.claim, ["world"], NOW, CLAIM, at_once=True) == {}


def test_what_is_claimed_is_not_due_until_the_claim_runs_out(database):
    database.call(feeds.ensure, WORLD)
    assert database.call(feeds.claim, ["world"], NOW, CLAIM)
    before = NOW + CLAIM - timedelta(microseconds=1)
    assert database.call(feeds.due, ["world"], before) == ()
    assert database.call(feeds.claim, ["world"], before, CLAIM) == {}
    assert database.call(feeds.due, ["world"], NOW + CLAIM) == ("world",)
    assert database.call(feeds.claim, ["world"], NOW + CLAIM, CLAIM)


def test_of_many_that_claim_a_feed_at_once_one_gets_it(database, at_once):
    database.call(feeds.ensure, WORLD)
    claims = at_once(*[lambda: database.call(feeds.claim, ["world"], NOW, CLAIM)] * 6)
    assert [claim for claim in claims if claim] == [{"world": NEW}]


def test_saving_gives_the_feed_free(database):
    database.call(feeds.ensure, WORLD)
    database.call(feeds.claim, ["world"], NOW, CLAIM)
    database.call(feeds.save, [replace(STATE, next_poll_at=NOW)])
    assert database.call(feeds.due, ["world"], NOW) == ("world",)


def test_saving_one_leaves_the_others_alone(database):
    database.call(feeds.ensure, WORLD | SPORT)
    database.call(feeds.save, [STATE])
    assert database.call(feeds.states, ["sport"]) == {"sport": FeedState(name="sport", url="https://e.example/sport")}


def test_a_feed_that_nobody_knows_cannot_be_claimed(database):
    assert database.call(feeds.claim, ["unknown"], NOW, CLAIM, at_once=True) == {}


def test_no_names_are_no_feeds(database):
    database.call(feeds.ensure, {})
    assert database.call(feeds.due, [], NOW) == ()
    assert database.call(feeds.states, []) == {}


def test_a_feed_with_another_address_begins_anew_there_but_remembers_when_it_was_last_read(database):
    database.call(feeds.ensure, WORLD)
    database.call(feeds.save, [replace(STATE, gone=True)])
    database.call(feeds.ensure, {"world": "https://other.example/rss"})
    anew = FeedState(
        name="world", url="https://other.example/rss", title="World", polled_at=NOW, succeeded_at=NOW, gap=STATE.gap
    )
    assert database.call(feeds.states, ["world"]) == {"world": anew}
    assert database.call(feeds.due, ["world"], NOW) == ("world",)


def test_a_feed_that_is_configured_where_it_is_read_already_goes_on_there(database):
    database.call(feeds.ensure, WORLD)
    database.call(feeds.save, [STATE])
    database.call(feeds.ensure, {"world": STATE.address})
    expected = replace(STATE, url=STATE.address, address="")
    assert database.call(feeds.states, ["world"]) == {"world": expected}


def test_a_claim_by_a_clock_that_was_far_ahead_does_not_last(database):
    database.call(feeds.ensure, WORLD)
    database.call(feeds.claim, ["world"], NOW + timedelta(days=365), CLAIM)
    assert database.call(feeds.due, ["world"], NOW) == ("world",)


def test_a_feed_that_is_gone_is_polled_only_when_it_is_asked_for(database):
    database.call(feeds.ensure, WORLD)
    database.call(feeds.save, [replace(STATE, gone=True)])
    later = NOW + timedelta(days=400)
    assert database.call(feeds.due, ["world"], later) == ()
    assert database.call(feeds.claim, ["world"], later, CLAIM) == {}
    assert database.call(feeds.claim, ["world"], later, CLAIM, at_once=True)["world"].gone


def test_a_poll_by_a_clock_that_was_far_ahead_does_not_make_a_feed_wait_for_it(database):
    database.call(feeds.ensure, WORLD)
    ahead = NOW + timedelta(days=365)
    database.call(feeds.save, [replace(STATE, polled_at=ahead, next_poll_at=ahead + timedelta(hours=1))])
    assert database.call(feeds.due, ["world"], NOW) == ("world",)
    assert set(database.call(feeds.claim, ["world"], NOW, CLAIM)) == {"world"}


def test_due_feeds_come_in_the_order_in_which_they_fell_due_the_unpolled_first(database):
    names = {name: f"https://e.example/{name}" for name in ("a", "b", "c", "d")}
    database.call(feeds.ensure, names)
    states = [
        FeedState(name=name, url=names[name], next_poll_at=NOW - timedelta(minutes=wait))
        for name, wait in (("a", 5), ("b", 20), ("c", -1))
    ]
    database.call(feeds.save, states)
    assert database.call(feeds.due, list(names), NOW) == ("d", "b", "a")


def test_thousands_of_feeds_are_kept_in_a_few_statements(database):
    urls = {f"feed-{number}": f"https://e.example/{number}" for number in range(12_000)}
    database.call(feeds.ensure, urls)
    claimed = database.call(feeds.claim, list(urls), NOW, CLAIM)
    assert len(claimed) == len(urls)
    database.call(feeds.save, [replace(state, next_poll_at=NOW + CLAIM) for state in claimed.values()])
    assert database.call(feeds.due, list(urls), NOW) == ()
    assert len(database.call(feeds.states, list(urls))) == len(urls)
