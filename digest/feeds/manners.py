"""When to ask a server again: as often as the operator wishes, as seldom as the server asks, less when it fails."""

from datetime import datetime, timedelta

#: A failing feed is asked at least this often, unless the operator's own interval is longer.
_LONGEST_BACKOFF = timedelta(hours=24)
#: A server's wish is followed up to this.
_LONGEST_WISH = timedelta(days=7)
#: An answer that calls itself fresh for longer than this is asked for all the same.
_LONGEST_FRESH = timedelta(hours=6)
#: A feed that is gone is looked for once more after this.
_GONE = timedelta(days=30)
#: By which share of an interval polls are spread, so that feeds added together do not stay together.
_SPREAD = 0.1


def after_success(
    every: timedelta, now: datetime, *, fresh_for: timedelta = timedelta(), jitter: float = 0.0
) -> datetime:
    """When to poll a feed next that has answered; `jitter` is drawn evenly from -1 to 1."""
    interval = max(every, min(fresh_for, _LONGEST_FRESH))
    return now + _spread(interval, jitter)


def after_failure(
    every: timedelta, failures: int, now: datetime, *, retry_after: timedelta | None = None, jitter: float = 0.0
) -> datetime:
    """When to poll a feed next that has failed `failures` times in a row, this one included; `jitter` as above.

    The interval doubles with each failure up to a day. A server that names a time (429, 503) is not asked before it,
    within seven days.
    """
    doubled = every * 2 ** min(max(failures, 0), 16)
    backoff = _spread(min(doubled, max(every, _LONGEST_BACKOFF)), jitter)
    wish = min(retry_after, _LONGEST_WISH) if retry_after is not None else timedelta()
    return now + max(backoff, wish)


def after_gone(now: datetime) -> datetime:
    """When to look once more for a feed that its server calls gone (410)."""
    return now + _GONE


def _spread(interval: timedelta, jitter: float) -> timedelta:
    return interval * (1 + _SPREAD * max(-1.0, min(1.0, jitter)))
