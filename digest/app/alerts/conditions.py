"""From figures to what is wrong. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from digest.app.sayings import counted, lasting
from digest.model import Edition, FeedState

#: In no less than this a feed need not publish, however lively it is.
_AT_LEAST = timedelta(days=2)
#: So few are no rate.
_FEW_BOUNCES, _FEW_COMPLAINTS = 10, 3
#: A clock that goes wrong by less is none of our business.
_STEP = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """From where on something is wrong."""

    feed_failing_after: timedelta = timedelta(hours=24)
    #: So many times its usual gap.
    feed_silent_gaps: float = 10
    late_after: timedelta = timedelta(minutes=30)
    #: Shares of the readers, in a day; and of the disk that is free.
    bounces: float = 0.05
    complaints: float = 0.003
    disk_free: float = 0.05
    nothing_due: timedelta = timedelta(days=7)
    certificate_within: timedelta = timedelta(days=14)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """All that is looked at, at one moment."""

    now: datetime
    feeds: Sequence[FeedState] = ()
    #: Those that wait for the operator.
    paused: Sequence[Edition] = ()
    #: Newsletter -> the oldest slot that is past and not settled.
    overdue: Mapping[str, datetime] = field(default_factory=dict)
    #: When the delivery that has been due for longest was due.
    oldest_due: datetime | None = None
    #: Why the store is held; empty: it is not.
    held: str = ""
    #: What the relay said when it took nothing; empty: it takes mail.
    relay: str = ""
    #: Why the changed configuration is not taken over; empty: there is no such thing.
    refused: str = ""
    readers: int = 0
    #: In the last day.
    bounces: int = 0
    complaints: int = 0
    #: When that of site.url ends; None: not known.
    certificate_ends: datetime | None = None
    #: Of the disk that the database is on; None: not known.
    free: float | None = None
    #: The next slot of any newsletter; None: there is none.
    next_slot: datetime | None = None
    has_newsletters: bool = True
    #: How much more the clock has gone on than time.
    step: timedelta = timedelta()


def wrong(known: Figures, limits: Limits) -> dict[tuple[str, str], str]:
    """(kind, subject) -> in a line what is wrong with it."""
    return dict([*_feeds(known, limits), *_editions(known, limits), *_readers(known, limits), *_machine(known, limits)])


_Found = Iterator[tuple[tuple[str, str], str]]


def _feeds(known: Figures, limits: Limits) -> _Found:
    for feed in known.feeds:
        since = feed.succeeded_at
        if feed.gone:
            yield ("feed failing", feed.name), "its server says that it is gone for good"
        elif feed.failures and since and known.now - since > limits.feed_failing_after:
            yield ("feed failing", feed.name), f"no poll succeeded for {lasting(known.now - since)}: {feed.last_error}"
        elif feed.newest_at and feed.gap and not feed.failures:
            silent = known.now - feed.newest_at
            if silent > limits.feed_silent_gaps * feed.gap + _AT_LEAST:
                said = f"nothing new for {lasting(silent)}; something came every {lasting(feed.gap)} before"
                yield ("feed silent", feed.name), said


def _editions(known: Figures, limits: Limits) -> _Found:
    for edition in known.paused:
        yield ("edition waits", f"{edition.newsletter} {edition.id}"), edition.reason or "paused by the operator"
    for newsletter, slot in known.overdue.items():
        if known.now - slot > limits.late_after:
            yield ("edition late", newsletter), f"nothing was made of the slot of {slot:%Y-%m-%d %H:%M} UTC"
    if known.oldest_due and known.now - known.oldest_due > limits.late_after:
        yield ("mail late", ""), f"the oldest delivery has been due for {lasting(known.now - known.oldest_due)}"
    if known.relay:
        yield ("mail server", ""), f"it takes nothing from us: {known.relay}"
    due = known.next_slot
    if known.has_newsletters and limits.nothing_due and (due is None or due - known.now > limits.nothing_due):
        when = f"before {due:%Y-%m-%d}" if due else "at all"
        yield ("nothing due", ""), f"no newsletter has a slot {when}: a schedule may never fire"


def _readers(known: Figures, limits: Limits) -> _Found:
    if known.bounces >= _FEW_BOUNCES and known.bounces > limits.bounces * known.readers:
        yield ("bounces", ""), f"{counted(known.bounces, 'bounce')} in a day, of {counted(known.readers, 'reader')}"
    if known.complaints >= _FEW_COMPLAINTS and known.complaints > limits.complaints * known.readers:
        told = counted(known.complaints, "complaint")
        yield ("complaints", ""), f"{told} in a day, of {counted(known.readers, 'reader')}"


def _machine(known: Figures, limits: Limits) -> _Found:
    if known.held:
        yield ("store held", ""), f"nothing is sent until `digest resume --from WHEN`: {known.held}"
    if known.refused:
        yield ("configuration", ""), f"the changed one is not taken over, and the one before goes on: {known.refused}"
    if known.certificate_ends and known.certificate_ends - known.now < limits.certificate_within:
        yield ("certificate", ""), f"that of site.url ends {known.certificate_ends:%Y-%m-%d %H:%M} UTC: renew it"
    if known.free is not None and known.free < limits.disk_free:
        yield ("disk", ""), f"{known.free:.1%} of the database's disk is free"
    if abs(known.step) > _STEP:
        yield ("clock", ""), f"it went {'on' if known.step > timedelta() else 'back'} by {lasting(abs(known.step))}"
