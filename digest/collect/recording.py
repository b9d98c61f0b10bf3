"""What polls came to goes into the store, that of many in one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial

from digest.errors import StoreError
from digest.feeds import flood
from digest.feeds.identity import is_same
from digest.model import FeedState
from digest.store import Connection, apart, articles, feeds, withdrawals
from digest.store.articles import Arrival, Recorded, Terms
from digest.store.withdrawals import Served

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

    #: As the feed is from now on, and as it was before.
    state: FeedState
    before: FeedState
    polled: Polled
    #: The source that readers see.
    source: str = ""
    arrivals: tuple[Arrival, ...] = ()
    #: Items that were known before they were read.
    unchanged: int = 0
    #: When the last item was published, where the feed goes by its dates; see `feeds.reading`.
    oldest: datetime | None = None

    @property
    def served(self) -> Served:
        """What it was that was read, where something was."""
        return Served(before=self.before.fingerprints, now=self.state.fingerprints, oldest=self.oldest)

    @property
    def tells(self) -> bool:
        """Whether there is anything to note of its articles."""
        if self.polled.error:
            return False
        return bool(self.arrivals) or self.before.misses or (not self.polled.unchanged and bool(self.served.gone()))


def claim(connection: Connection, wanted: Sequence[tuple[str, bool]], now: datetime) -> list[FeedState | None]:
    """For each feed's name, with whether it is polled though it is not due: its state, if it is ours to poll."""
    taken: dict[str, FeedState] = {}
    for at_once in (False, True):
        names = [name for name, whether in wanted if whether is at_once]
        taken |= feeds.claim(connection, names, now, _CLAIM, at_once=at_once)
    return [taken.pop(name, None) for name, _ in wanted]


def record(connection: Connection, results: Sequence[Result]) -> list[Polled]:
    """Each poll's articles with its state; one whose articles cannot be stored fails alone."""
    if any(result.arrivals for result in results):
        articles.lock(connection)
    noted = [_noted(connection, result) for result in results]
    feeds.save(connection, [result.state for result in noted])
    return [result.polled for result in noted]


def _noted(connection: Connection, result: Result) -> Result:
    """`result` with what became of it."""
    try:
        return apart(connection, _note, result) if result.tells else _counted(result, Recorded())
    except StoreError as error:
        reason = f"its articles cannot be stored: {error}"
        # Next time the same body is read again, and all of it.
        unread = replace(result.state, etag="", last_modified="", body_sha256="", fingerprints=())
        unread = replace(unread, newest_at=result.before.newest_at, misses=result.before.misses)
        state = replace(unread, failures=unread.failures + 1, last_error=reason)
        return replace(result, state=state, polled=replace(result.polled, error=reason))


def _note(connection: Connection, result: Result) -> Result:
    feed, before = result.state.name, result.before
    if result.polled.unchanged:
        withdrawals.look_again(connection, feed)
        return replace(result, state=replace(result.state, misses=False))
    recorded = _record(connection, result) if result.arrivals else Recorded()
    misses = withdrawals.look(connection, feed, result.served, again=before.misses)
    return _counted(replace(result, state=replace(result.state, misses=misses)), recorded)


def _record(connection: Connection, result: Result) -> Recorded:
    moment = result.state.polled_at
    if moment is None:
        raise AssertionError("a poll has a time")
    feed, items = result.state.name, result.state.fingerprints
    terms = Terms(
        is_same=partial(is_same, feed=feed, now=moment),
        floods=partial(flood.suspects, before=result.before, items=len(items)),
        items=frozenset(items),
    )
    return articles.record(connection, feed, result.source, result.arrivals, moment, terms)


def _counted(result: Result, recorded: Recorded) -> Result:
    """`result` with what was recorded; what is held is said where the operator looks."""
    recorded = replace(recorded, known=recorded.known + result.unchanged)
    polled, state = replace(result.polled, recorded=recorded), result.state
    if recorded.held:
        said = flood.remark(recorded.held, state.name)
        polled = replace(polled, remarks=(*polled.remarks, said))
        state = replace(state, remark="; ".join(filter(None, (state.remark, said))))
    return replace(result, polled=polled, state=state)
