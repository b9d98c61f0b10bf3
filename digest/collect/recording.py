"""What polls came to goes into the store, that of many in one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial

from digest.errors import StoreError
from digest.feeds.identity import is_same
from digest.model import FeedState
from digest.store import Connection, apart, articles, feeds
from digest.store.articles import Arrival, Recorded

#: A poll that has not ended by then has died with its process: another may take the feed.
_CLAIM = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Polled:
    """What one poll came to."""

    feed: str
    recorded: Recorded = field(default_factory=Recorded)
    #: The server said, or showed, that there is nothing new.
    unchanged: bool = False
    #: In plain words; empty: it succeeded.
    error: str = ""
    #: Where it is read instead of at its configured address; empty: there.
    address: str = ""
    #: What the operator should know of it, in plain words.
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """A poll that is to be recorded."""

    state: FeedState
    polled: Polled
    #: The source that readers see.
    source: str = ""
    arrivals: tuple[Arrival, ...] = ()
    #: `newest_at` before this poll.
    newest_before: datetime | None = None
    #: Items that were known before they were read.
    unchanged: int = 0


def claim(connection: Connection, wanted: Sequence[tuple[str, bool]], now: datetime) -> list[FeedState | None]:
    """For each feed's name, with whether it is polled though it is not due: its state, if it is ours to poll."""
    taken: dict[str, FeedState] = {}
    for at_once in (False, True):
        names = [name for name, whether in wanted if whether is at_once]
        taken |= feeds.claim(connection, names, now, _CLAIM, at_once=at_once)
    return [taken.pop(name, None) for name, _ in wanted]


def record(connection: Connection, results: Sequence[Result]) -> list[Polled]:
    """Each poll's articles with its state; one whose articles cannot be stored fails alone."""
    polled, states = [], []
    if any(result.arrivals for result in results):
        articles.lock(connection)
    for result in results:
        state = result.state
        try:
            recorded = apart(connection, _record, result) if result.arrivals else Recorded()
            recorded = replace(recorded, known=recorded.known + result.unchanged)
            polled.append(replace(result.polled, recorded=recorded))
        except StoreError as error:
            reason = f"its articles cannot be stored: {error}"
            # Next time the same body is read again, and all of it.
            unread = replace(state, etag="", last_modified="", body_sha256="", fingerprints=())
            unread = replace(unread, newest_at=result.newest_before)
            state = replace(unread, failures=state.failures + 1, last_error=reason)
            polled.append(replace(result.polled, error=reason))
        states.append(state)
    feeds.save(connection, states)
    return polled


def _record(connection: Connection, result: Result) -> Recorded:
    moment = result.state.polled_at
    if moment is None:
        raise AssertionError("a poll has a time")
    feed = result.state.name
    return articles.record(
        connection, feed, result.source, result.arrivals, moment, partial(is_same, feed=feed, now=moment)
    )
