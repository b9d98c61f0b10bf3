"""When and where to ask a server again: as often as there is news, as seldom as it asks, less when it fails.

It is asked where it is configured, until its server has said often and long enough that it has moved.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from statistics import median_low

from digest.model import Feed, FeedState, Wishes

#: A failing feed is asked at least this often, unless the operator's own interval is longer.
_LONGEST_BACKOFF = timedelta(hours=24)
#: Failures without an answer after which it is not our network's.
_HOURLY = 24
#: A server that names a time is left alone up to this.
_LONGEST_RETRY = timedelta(days=7)
#: By which share of an interval polls are spread, so that feeds added together do not stay together.
_SPREAD = 0.1
_HOUR = timedelta(hours=1)

#: Polls between two articles: one then waits for a sixteenth of the time between them on average.
_POLLS_A_GAP = 8
#: The usual gap is that of the newest articles: how many, how few are enough, and how close they count as one.
_NEWEST, _FEWEST = 20, 3
_BURST = timedelta(minutes=10)

#: A feed has moved when its server has said so on so many polls over so long a time.
_MOVING_POLLS, _MOVING_TIME = 3, timedelta(hours=24)
#: An address that it moved to and that has failed so often in a row was a mistake.
_FAILED_MOVE = 3
#: Longer addresses are no place to move to.
_MAX_URL = 2_048


def after_success(
    feed: Feed, state: FeedState, now: datetime, *, fresh_for: timedelta = timedelta(), jitter: float = 0.0
) -> datetime:
    """When to poll a feed next that has answered; `state` is what is known after the answer.

    The longest counts of what the operator allows, what the feed's own rhythm makes worth while, how long the answer
    stays fresh and what the feed wishes; but no longer than `feed.max_every`. `jitter` is drawn evenly from -1 to 1.
    It never makes a poll earlier than nine tenths of `feed.every`, nor than a server asks that can be obeyed.
    """
    longest = max(feed.every, feed.max_every)
    asked = max(fresh_for, state.wishes.every)
    interval = _spread(min(max(feed.every, _worth_while(state, now), asked), longest), jitter)
    if asked <= longest:
        interval = max(interval, asked)
    return _outside(state.wishes, now + min(interval, longest), now + longest, jitter)


def after_failure(
    feed: Feed,
    failures: int,
    now: datetime,
    *,
    answered: bool = True,
    retry_after: timedelta | None = None,
    jitter: float = 0.0,
) -> datetime:
    """When to poll a feed next that has failed `failures` times in a row, this one included; `jitter` as above.

    The interval doubles with each failure up to a day; for the first day up to an hour where nobody `answered`, which
    may be our own network's fault. A server that names a time (429, 503) is not asked before it, within seven days.
    """
    doubled = feed.every * 2 ** min(max(failures, 0), 16)
    longest = _LONGEST_BACKOFF if answered or failures > _HOURLY else _HOUR
    backoff = _spread(min(doubled, max(feed.every, longest)), jitter)
    retry = min(retry_after, _LONGEST_RETRY) if retry_after is not None else timedelta()
    return now + max(backoff, retry)


def usual_gap(published: Sequence[datetime], now: datetime) -> timedelta:
    """The usual time between two articles of a feed whose articles bear the dates `published` (aware, any order).

    The median between the newest; what came in one burst counts once, what is dated later than `now` not at all. Zero:
    there are too few to tell.
    """
    kept: list[datetime] = []
    for at in sorted((at for at in published if at <= now), reverse=True):
        if not kept or kept[-1] - at >= _BURST:
            kept.append(at)
        if len(kept) > _NEWEST:
            break
    if len(kept) < _FEWEST:
        return timedelta()
    return median_low(newer - older for newer, older in pairwise(kept))


def after_redirect(state: FeedState, permanent_url: str, now: datetime) -> FeedState:
    """`state` after a poll that succeeded and that was led to `permanent_url` for good; empty: it was not.

    RFC 9110 15.4.2 and 15.4.9 let a client take the new address at once. Servers say it by mistake as well, so the same
    one must be named on three polls over a day. What is kept of validators is the new address's already.
    """
    if not permanent_url or permanent_url == state.polled_url or len(permanent_url) > _MAX_URL:
        return _settled(state)
    if permanent_url != state.moving_to or state.moving_since is None:
        return replace(state, moving_to=permanent_url, moving_polls=1, moving_since=now)
    polls = state.moving_polls + 1
    if polls < _MOVING_POLLS or now - state.moving_since < _MOVING_TIME:
        return replace(state, moving_polls=polls)
    return _settled(replace(state, address="" if permanent_url == state.url else permanent_url))


def after_failed_move(state: FeedState) -> FeedState:
    """`state` after a poll that failed: it goes back to the configured address if the other one keeps failing."""
    if not state.address or state.failures < _FAILED_MOVE:
        return state
    # Validators are of one address; at another they would ask for something else (RFC 9110 8.8).
    return _settled(replace(state, address="", etag="", last_modified="", body_sha256=""))


def _settled(state: FeedState) -> FeedState:
    """`state` of a feed that is not about to move."""
    return replace(state, moving_to="", moving_polls=0, moving_since=None)


def _worth_while(state: FeedState, now: datetime) -> timedelta:
    """The interval that its rhythm calls for: one that has fallen silent is taken by its silence. Zero: unknown."""
    if not state.gap:
        return timedelta()
    silence = now - state.newest_at if state.newest_at is not None else timedelta()
    return max(state.gap, silence) / _POLLS_A_GAP


def _outside(wishes: Wishes, at: datetime, latest: datetime, jitter: float) -> datetime:
    """`at`, or the first moment after it that `wishes` do not exclude, but `latest` at most."""
    moment = at.astimezone(UTC)
    while moment < latest and (moment.hour in wishes.skip_hours or moment.weekday() in wishes.skip_days):
        moment = moment.replace(minute=0, second=0, microsecond=0) + _HOUR
    if moment == at:
        return at
    # All who left out the same hours would come as they end.
    return min(moment + _spread(_HOUR, abs(jitter)) - _HOUR, latest)


def _spread(interval: timedelta, jitter: float) -> timedelta:
    return interval * (1 + _SPREAD * max(-1.0, min(1.0, jitter)))
