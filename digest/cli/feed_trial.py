"""Looks at a feed once, storing nothing: what there is, and how it would be configured."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from digest.app.house import House
from digest.cli.feeds_yaml import Names, named
from digest.collect import Desk, Look, complete, look
from digest.errors import UnknownName, UsageError
from digest.feeds.reading import FeedReading, ReadFailed, WebPage
from digest.feeds.wire.fetched import FetchFailed
from digest.model import ArticleDraft, Feed, Selectors

#: Articles whose pages are fetched with --full-text.
_PAGES = 3
#: What a feed is called before it has a name.
_NAMELESS = "trial"
#: HTTP status -> what to do about it.
_REMEDIES = {
    401: "it asks for a password: a feed must be open to everybody",
    403: "it refuses programs, or this machine: try it from the machine that will collect",
    404: "try the address of the site instead: its feed is looked for",
    410: "its server says that it will not come back: look on the site for another",
    429: "it has been asked too often: try again later",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What came of looking."""

    feed: Feed
    seen: Look
    #: With full text: the first articles as their pages have them.
    whole: tuple[ArticleDraft, ...] = ()

    @property
    def reading(self) -> FeedReading | None:
        return self.seen.reading if isinstance(self.seen.reading, FeedReading) else None

    @property
    def articles(self) -> tuple[ArticleDraft, ...]:
        """In the feed's order."""
        found = self.reading.articles if self.reading else ()
        return (*self.whole, *found[len(self.whole) :])

    @property
    def error(self) -> str:
        """Why nothing would be collected, in plain words; empty: something would."""
        if self.seen.error:
            return self.seen.error
        if self.feed.selectors and self.reading and not self.articles:
            return f"nothing on the page is an article by item: {self.feed.selectors.item}"
        return ""

    @property
    def remedy(self) -> str:
        """What to do about the error; empty: nothing that we know."""
        answer = self.seen.answer
        if isinstance(answer, FetchFailed):
            return _REMEDIES.get(answer.status, "")
        if isinstance(self.seen.reading, WebPage):
            return (
                "if the site has no feed, the page itself can be read: "
                f"digest feeds try {self.feed.url} --item CSS [--title CSS --link CSS --time CSS --excerpt CSS]"
            )
        return ""

    @property
    def address(self) -> str:
        """Where the feed should be asked for from now on."""
        permanent = "" if isinstance(self.seen.answer, FetchFailed) else self.seen.answer.permanent_url
        return permanent or self.seen.address or self.feed.url

    def to_configure(self, categories: Sequence[str], taken: Sequence[str]) -> Feed | None:
        """The feed as it should be configured beside those `taken`; None: there is nothing to be had, or it is so."""
        if self.error:
            return None
        fitting = replace(self.feed, url=self.address)
        if self.feed.name != _NAMELESS:
            return fitting if fitting != self.feed else None
        title = self.reading.title if self.reading else ""
        name = Names(taken).take(named([title, urlsplit(self.feed.url).hostname or ""]))
        return replace(fitting, name=name, categories=tuple(categories[:1]))


def wanted(house: House, given: str, selectors: Selectors | None, *, full_text: bool) -> Feed:
    """The feed that `given` names: a configured one by its name, else an address. Raises UsageError."""
    feed = house.feeds.get(given) or Feed(name=_NAMELESS, url=_address(given, sorted(house.feeds)))
    return replace(feed, selectors=selectors or feed.selectors, full_text=full_text or feed.full_text)


def selectors(item: str, title: str, link: str, time: str, excerpt: str) -> Selectors | None:
    """Those of a page; None where there are none. Raises UsageError where others than `item` are given alone."""
    if not item and any((title, link, time, excerpt)):
        raise UsageError("--title, --link, --time and --excerpt look within an item: give --item as well")
    return Selectors(item=item, title=title, link=link, time=time, excerpt=excerpt) if item else None


def _address(given: str, known: Sequence[str]) -> str:
    if "://" in given:
        return given
    if "." not in given and ":" not in given:
        raise UnknownName("feed", given, known)
    return f"https://{given}"


async def trial(desk: Desk, feed: Feed) -> Trial:
    """What `feed` holds now; with its first articles' pages where it wants full text."""
    seen = await look(desk, feed, explain=True)
    found = Trial(feed=feed, seen=seen)
    if not feed.full_text:
        return found
    first = [article for article in found.articles[:_PAGES] if article.url]
    return replace(found, whole=tuple(await asyncio.gather(*(complete(desk, feed, each) for each in first))))


async def tried(desk: Desk, feed: Feed) -> FeedReading | ReadFailed:
    """What `feed` holds now, or why that cannot be said."""
    found = Trial(feed=feed, seen=await look(desk, feed))
    return found.reading if found.reading and not found.error else ReadFailed(found.error or "nothing was read")
