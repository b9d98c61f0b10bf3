"""What recurs, as configured: newsletters with their schedules and rules, and the slots that come of them."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from digest.model.feeds import NOTHING, Category, Match


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
class DayOfMonth:
    """A day that comes once a month; a month that does not have it is passed over."""

    #: 1 is the first, -1 the last: of the days (up to 31), or of the days of the week named (up to 5).
    nth: int
    #: 0 is Monday; None: any day.
    weekday: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """When a newsletter is due: at times of day on certain days, or by a cron expression; never on a quiet day.

    All of it is wall time. At most one of `weeks`, `days`, `monthly` and `cron` is given.
    """

    #: Local times of day, ascending, whole minutes.
    at: tuple[time, ...] = (time(7, 0),)
    #: 0 is Monday. Counts but for `days`, `monthly` and `cron`.
    weekdays: frozenset[int] = frozenset(range(7))
    #: Only in one of so many weeks (Monday to Sunday), counted from the one that holds `start`; 0: in each.
    weeks: int = 0
    #: Only on one of so many days, counted from `start`; 0: not by that.
    days: int = 0
    #: The first day of all, for `weeks` and `days`.
    start: date = date(2024, 1, 1)
    #: Only on these days; empty: not by that.
    monthly: tuple[DayOfMonth, ...] = ()
    #: Five fields; empty: `at` and the days decide.
    cron: str = ""
    #: An IANA zone; empty: each subscriber's own.
    timezone: str = ""
    #: First and last day of each time in which nothing is due.
    quiet: tuple[tuple[date, date], ...] = ()
    #: ISO 3166 codes, as in ``DE`` and ``GB-ENG``: nothing is due on the public holidays of any of these places.
    holidays: tuple[str, ...] = ()


class WhenEmpty(StrEnum):
    """What becomes of a letter without a story."""

    SKIP = "skip"
    SEND = "send"


class Overflow(StrEnum):
    """What becomes of stories beyond a letter's limits."""

    #: Counted, and linked on the letter's page.
    LINK = "link"
    #: First in line in the reader's next letter; linked where they would be too old by then.
    CARRY = "carry"


class FollowUps(StrEnum):
    """How a new article is told of a story that a letter to the same reader has told or counted already."""

    #: As an update.
    UPDATE = "update"
    #: Not at all.
    SKIP = "skip"


class Primary(StrEnum):
    """In which of its categories, of those that a reader has, an article stands."""

    #: The first in the newsletter's order.
    ORDER = "order"
    #: The first that its feed names.
    FEED = "feed"
    #: The first that its tags or words put it into, before those that its feed names.
    MATCH = "match"


class SubjectField(StrEnum):
    """What a subject can speak of."""

    #: The lead's headline, and the one that follows if there is room.
    HEADLINES = "headlines"
    #: The lead's headline alone.
    LEAD = "lead"
    NEWSLETTER = "newsletter"
    SITE = "site"
    #: The day, in the reader's language and zone.
    DATE = "date"
    #: The edition's.
    NUMBER = "number"
    #: How many are told.
    STORIES = "stories"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The most stories that a letter shows."""

    stories: int = 30
    per_section: int = 8
    #: Bytes of its HTML in UTF-8: above 102,400 Gmail cuts a letter off, and with it the way to leave.
    html: int = 95_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Logo:
    """A picture that stands in the masthead; sizes in CSS pixels."""

    #: https.
    url: str
    width: int
    height: int
    #: What it says, for those who do not see it.
    alt: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Appearance:
    """What the operator has changed of a look without touching its files."""

    #: Variables of its style sheet without their dashes, as in ``("accent", "#0b4fa8")``, each name once.
    variables: tuple[tuple[str, str], ...] = ()
    logo: Logo | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Boost:
    """What the operator wants to stand higher, or lower, in its section."""

    match: Match
    #: Added to the score, see `editions.rank`.
    points: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """What an edition has to pass while it goes out."""

    #: It is paused when a larger share of its first messages is refused; 0: it never is.
    stop_at: float = 0.05
    #: So many deliveries go first; 0: all at once.
    canary: int = 0
    #: How long the others wait, once those of the canary are settled.
    wait: timedelta = timedelta(minutes=10)
    #: The operators see it first.
    review: bool = False
    #: When it leaves by itself, if none of them decides; None: never.
    release_after: timedelta | None = None


class Archive(StrEnum):
    """Who may read the editions that were sent."""

    #: Anybody, and search engines find them.
    PUBLIC = "public"
    #: Whoever knows the address of one.
    UNLISTED = "unlisted"
    OFF = "off"


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
    overflow: Overflow = Overflow.LINK
    #: A letter with fewer stories waits for the next slot, unless a story would be too old by then.
    at_least: int = 0
    when_empty: WhenEmpty = WhenEmpty.SKIP
    #: The folder of templates that its letters are made from.
    template: str = "classic"
    appearance: Appearance = Appearance()
    #: What a letter is called in an inbox; the fields in braces are those of `SubjectField`.
    subject: str = f"{{{SubjectField.HEADLINES}}}"
    #: A slot missed by no more than this is caught up.
    grace: timedelta = timedelta(hours=6)
    #: An article waits until it has not changed for so long, four times that at most.
    settle: timedelta = timedelta()
    #: So long, at most, an edition waits for feeds that are due.
    wait_for_feeds: timedelta = timedelta(minutes=5)
    #: An edition with more than so many times the usual number of articles is held; 0: none is.
    hold_above: int = 5
    follow_ups: FollowUps = FollowUps.UPDATE
    primary: Primary = Primary.ORDER
    #: What it never tells.
    exclude: Match = NOTHING
    boosts: tuple[Boost, ...] = ()
    sending: Sending = Sending()
    #: A new subscriber gets the latest edition at once.
    welcome: bool = False
    #: The template of a sponsored block, in `sponsored/`; empty: none.
    sponsor: str = ""
    archive: Archive = Archive.OFF


@dataclass(frozen=True, slots=True, order=True)
class Slot:
    """One due moment of a newsletter."""

    #: Aware, UTC.
    at: datetime
    #: The wall time that was wished for, naive; in the night when clocks go forward it may not exist.
    local: datetime
    #: Minutes that the wall clock is ahead of UTC at `at`.
    offset: int
