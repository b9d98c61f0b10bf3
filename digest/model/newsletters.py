"""What recurs and what comes of it: newsletters, schedules, slots, editions, views and letters."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum

from digest.model.feeds import Article, Category


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailbox:
    """A name and an address (RFC 5322 3.4)."""

    address: str
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Who publishes: what the masthead and the footer say, and where the public pages are."""

    name: str
    #: Absolute, https but for a trial, without a slash at the end.
    url: str
    tagline: str = ""
    language: str = "en"
    timezone: str = "UTC"
    postal_address: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """When a newsletter is due: at times of day on days of the week, or by a cron expression, never both."""

    #: Local times of day, ascending, whole minutes.
    at: tuple[time, ...] = (time(7, 0),)
    #: 0 is Monday.
    weekdays: frozenset[int] = frozenset(range(7))
    #: Five fields; empty: `at` and `weekdays` decide.
    cron: str = ""
    #: An IANA zone; empty: each subscriber's own.
    timezone: str = ""


class WhenEmpty(StrEnum):
    """What becomes of a letter without a story."""

    SKIP = "skip"
    SEND = "send"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The most stories that a letter shows; what is beyond is counted and said."""

    stories: int = 30
    per_section: int = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Newsletter:
    """What recurs, as configured."""

    name: str
    title: str
    schedule: Schedule
    #: In the order of the sections; every category of the house where the operator names none.
    categories: tuple[Category, ...]
    #: An article that arrived longer ago than this is not told any more.
    max_age: timedelta = timedelta(hours=48)
    limits: Limits = Limits()
    when_empty: WhenEmpty = WhenEmpty.SKIP
    #: The folder of templates that its letters are made from.
    template: str = "classic"
    #: A slot missed by no more than this is caught up.
    grace: timedelta = timedelta(hours=6)


@dataclass(frozen=True, slots=True, order=True)
class Slot:
    """One due moment of a newsletter."""

    #: Aware, UTC.
    at: datetime
    #: The wall time that was wished for, naive; in the night when clocks go forward it may not exist.
    local: datetime
    #: Minutes that the wall clock is ahead of UTC at `at`.
    offset: int


class EditionState(StrEnum):
    """What became of a slot."""

    #: Frozen; its deliveries are under way.
    SENDING = "sending"
    #: The operator has taken hold; nothing is leased until it is resumed.
    PAUSED = "paused"
    #: Every delivery is final.
    DONE = "done"
    #: Nothing was sent, and `reason` says why.
    SKIPPED = "skipped"
    #: The operator called it off; what was not sent is not sent.
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """A newsletter at one slot, numbered, frozen."""

    id: int
    newsletter: str
    slot: datetime
    #: What readers see: editions of one wall time in several zones share it. 0 for a slot that was skipped.
    number: int
    #: The arrival number of the last article that it could hold.
    upto: int
    state: EditionState
    frozen_at: datetime
    reason: str = ""


@dataclass(frozen=True, slots=True, order=True, kw_only=True)
class View:
    """All that decides which letter of an edition a reader gets; readers with one view share one letter."""

    #: The arrival number up to which these readers have been served.
    mark: int
    #: Names, in the newsletter's order, at least one.
    categories: tuple[str, ...]
    #: BCP 47.
    language: str
    #: Minutes that the reader's wall clock is ahead of UTC at the slot.
    offset: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """One or more articles about one event: a lead and those that also cover it."""

    lead: Article
    also: tuple[Article, ...] = ()
    #: Categories that it belongs to beside its section's, in the newsletter's order.
    elsewhere: tuple[Category, ...] = ()

    @property
    def articles(self) -> tuple[Article, ...]:
        return (self.lead, *self.also)


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A category within a letter: what is shown, and how many more there are."""

    category: Category
    stories: tuple[Story, ...]
    #: Stories beyond the limits: counted, not shown.
    more: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """An edition as all its readers with the same view get it, with blanks for what is personal.

    The blanks are written `blank(nonce, ...)`; see there.
    """

    #: Hexadecimal, unguessable: part of every blank, and the letter's public address.
    nonce: str
    subject: str
    html: str
    text: str
    language: str
    #: Arrival numbers of every article that the letter tells or counts.
    articles: tuple[int, ...] = ()


class Blank(StrEnum):
    """What is filled in for each recipient."""

    ADDRESS = "ADDRESS"
    LEAVE_URL = "LEAVE"
    CHOOSE_URL = "CHOOSE"


def blank(nonce: str, which: Blank) -> str:
    """The placeholder for `which`, letters and digits only, so that neither HTML, CSS nor a URL changes it.

    It holds the letter's nonce, which no feed can know: text from outside cannot ask for a reader's secret link.
    """
    return f"zq{nonce}{which.value}qz"
