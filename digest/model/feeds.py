"""What is collected: feeds, what the store knows of them, and articles."""

from dataclasses import dataclass
from datetime import datetime, timedelta


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


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedState:
    """What the store knows of a feed between two polls."""

    name: str
    #: The address that was polled last.
    url: str = ""
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

    #: The arrival number: articles are numbered in the order in which they were committed.
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Category:
    """The operator's grouping that readers choose from, and what belongs to it beside its feeds' articles."""

    name: str
    title: str
    #: An article with one of these labels belongs here; compared without regard to case.
    match_tags: tuple[str, ...] = ()
    #: An article with one of these words in its title or excerpt belongs here; whole words, without regard to case.
    match_keywords: tuple[str, ...] = ()
