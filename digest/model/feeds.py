"""What is collected: feeds, what the store knows of them, and articles."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True, kw_only=True)
class Selectors:
    """How articles are found on a page that is no feed: CSS selectors, all but `item` within an item.

    Empty: the link is the first in a heading, else the first; the title is the first heading's text, else the link's;
    the time is the first ``<time>``; there is no excerpt.
    """

    item: str
    title: str = ""
    link: str = ""
    time: str = ""
    excerpt: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """Which articles are meant: those that any of these fits; an empty one fits none."""

    #: Labels of the publisher; compared without regard to case.
    tags: tuple[str, ...] = ()
    #: Words or phrases in the title or the excerpt; whole words, without regard to case.
    keywords: tuple[str, ...] = ()
    #: Regular expressions in the syntax of RE2, searched for in the title and in the excerpt without regard to case.
    patterns: tuple[str, ...] = ()
    #: Whole names; compared without regard to case.
    authors: tuple[str, ...] = ()
    #: Names of feeds that carry it.
    feeds: tuple[str, ...] = ()


#: Fits no article.
NOTHING = Match()


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """A source that is polled, as the operator configured it."""

    name: str
    url: str
    #: Every article of the feed belongs to these; the first is where it stands by default.
    categories: tuple[str, ...] = ()
    #: Shown as the source of its articles; empty: the feed's own title.
    title: str = ""
    #: The least time between two polls.
    every: timedelta = timedelta(minutes=30)
    #: The longest, however seldom it publishes and whatever it asks; below `every`, that counts.
    max_every: timedelta = timedelta(hours=6)
    #: None: it is a feed; otherwise a page.
    selectors: Selectors | None = None
    #: The page behind each new article is fetched for its excerpt, picture and canonical link.
    full_text: bool = False
    #: Added to the score of its articles, see `editions.rank`.
    weight: int = 0
    #: Articles of it that are never told.
    exclude: Match = NOTHING

    @property
    def host(self) -> str:
        """Whose server it is on: feeds of one host take turns."""
        try:
            return urlsplit(self.url).hostname or ""
        except ValueError:
            return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """How a feed wishes to be polled, as it says itself."""

    #: The longer of RSS's ``ttl`` and the update period of the syndication module; zero: it does not say.
    every: timedelta = timedelta()
    #: RSS's ``skipHours``, 0 to 23, and ``skipDays``, 0 for Monday; both are GMT's.
    skip_hours: frozenset[int] = frozenset()
    skip_days: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedState:
    """What the store knows of a feed between two polls."""

    name: str
    #: The address that was configured at the last poll.
    url: str = ""
    #: Where it is polled instead: it has moved for good, or `url` is a page and this is its feed; empty: at `url`.
    address: str = ""
    #: Where its server has permanently redirected the last polls, how many of them, and since when; empty: nowhere.
    moving_to: str = ""
    moving_polls: int = 0
    moving_since: datetime | None = None
    #: Its server said that it will not come back (410); it is not polled by itself.
    gone: bool = False
    #: The feed's own title, as it last said.
    title: str = ""
    #: The validators of RFC 9110 8.8, byte for byte as the server gave them; empty: none.
    etag: str = ""
    last_modified: str = ""
    #: SHA-256 of the last body that was read, hexadecimal; empty: none.
    body_sha256: str = ""
    #: None: never polled, and due at once.
    next_poll_at: datetime | None = None
    polled_at: datetime | None = None
    succeeded_at: datetime | None = None
    #: Polls that failed since the last that did not.
    failures: int = 0
    #: In plain words; empty when the last poll succeeded.
    last_error: str = ""
    #: What the operator should know of the last body that was read, in plain words; empty: nothing.
    remark: str = ""
    wishes: Wishes = Wishes()
    #: The usual time between two of its articles; zero: unknown.
    gap: timedelta = timedelta()
    #: When its newest article was published, or came where it has no date; None: it never had an article.
    newest_at: datetime | None = None
    #: Of the items that the last body had, all of which are stored.
    fingerprints: tuple[str, ...] = ()
    #: An article has been missing from it once, and another look is to say whether it has been withdrawn.
    misses: bool = False

    @property
    def polled_url(self) -> str:
        """Where it is polled."""
        return self.address or self.url


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """A picture that belongs to an article; the sizes are in pixels and 0 where the feed does not say."""

    url: str
    width: int = 0
    height: int = 0
    alt: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleDraft:
    """One item of a feed, parsed and clean, before the store has decided whether it is new.

    All text is plain: no markup, no control characters, no bidirectional overrides, no line breaks.
    """

    #: The names under which this article is recognised, strongest first; see `feeds.identity`.
    keys: tuple[str, ...]
    title: str
    #: Absolute, http or https; empty where the feed gives none.
    url: str
    author: str = ""
    published_at: datetime | None = None
    #: Whole sentences, without the site's furniture.
    excerpt: str = ""
    image: Image | None = None
    #: The publisher's own labels, in the feed's order.
    tags: tuple[str, ...] = ()
    #: BCP 47; empty: unknown.
    language: str = ""
    #: Words in the full text that the feed gave; 0: unknown.
    words: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """An article as stored: once, however many feeds carry it."""

    #: The arrival number: arrivals are numbered in the order in which they were committed.
    number: int
    #: The names of the feeds that carry it, the one that brought it first.
    feeds: tuple[str, ...]
    #: The title of the feed that brought it.
    source: str
    title: str
    url: str
    arrived_at: datetime
    author: str = ""
    published_at: datetime | None = None
    excerpt: str = ""
    image: Image | None = None
    tags: tuple[str, ...] = ()
    language: str = ""
    words: int = 0
    #: Came with the first poll of its feed and was old already: known, never new.
    backlog: bool = False
    #: For each of `feeds`, the number of the arrival by which it carries the article; empty: `number` for all.
    since: tuple[int, ...] = ()
    #: When its publisher last changed it; None: not since it arrived.
    changed_at: datetime | None = None
    #: Every feed that carried it has taken it back.
    withdrawn: bool = False
    #: Arrived together with suspiciously many others; not told until the operator says so.
    held: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Category:
    """The operator's grouping that readers choose from, and what belongs to it beside its feeds' articles."""

    name: str
    title: str
    match: Match = NOTHING
    #: Takes in what belongs to no other category of the house.
    rest: bool = False
