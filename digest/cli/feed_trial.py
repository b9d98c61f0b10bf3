"""Looks at a feed once, storing nothing: what there is, and how it would be configured."""

import asyncio
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from urllib.parse import urlsplit

from digest.app.house import House
from digest.cli.feeds_yaml import Names, named
from digest.collect import Desk, Look, complete, look
from digest.errors import UnknownName, UsageError
from digest.feeds import isolate
from digest.feeds.pages.guess import guess
from digest.feeds.pages.markup import page_text
from digest.feeds.reading import FeedReading, ReadFailed, WebPage
from digest.feeds.wire.fetched import Fetched, FetchFailed
from digest.model import ArticleDraft, Feed, Selectors

#: Articles whose pages are fetched with --full-text.
PAGES = 3
#: What a feed is called before it has a name; no configured one can be called that.
_NAMELESS = "a trial"
_PLACEHOLDERS = "--item CSS [--title CSS --link CSS --time CSS --excerpt CSS]"
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
    #: What may find the articles of a page without a feed; None: nothing that we know.
    guessed: Selectors | None = None

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
        if isinstance(self.seen.reading, WebPage):
            return "this is a web page, and no feed was found there"
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
            chosen = asdict(self.guessed).items() if self.guessed else ()
            options = " ".join(f"--{name} {shlex.quote(css)}" for name, css in chosen if css)
            command = f"digest feeds try {shlex.quote(self.feed.url)} {options or _PLACEHOLDERS}"
            return f"give the address of its feed, or read the page itself: {command}"
        return ""

    @property
    def address(self) -> str:
        """Where the feed should be asked for from now on."""
        permanent = "" if isinstance(self.seen.answer, FetchFailed) else self.seen.answer.permanent_url
        return permanent or self.seen.address or self.feed.url

    def to_configure(self, categories: Mapping[str, object], feeds: Mapping[str, Feed]) -> Feed | None:
        """The feed as it should be configured among `feeds`; None: there is nothing to be had, or it is so."""
        if self.error:
            return None
        fitting = replace(self.feed, url=self.address)
        if self.feed.name != _NAMELESS:
            # Where there are no categories, the one that all belong to is none that can be written.
            suitable = fitting if categories else replace(fitting, categories=())
            return suitable if fitting != feeds.get(self.feed.name) else None
        title = self.reading.title if self.reading else ""
        name = Names(feeds).take(named([title, urlsplit(self.feed.url).hostname or ""]))
        return replace(fitting, name=name, categories=tuple(categories)[:1])


def wanted(house: House, given: str, selectors: Selectors | None, *, full_text: bool) -> Feed:
    """The feed that `given` names: a configured one by its name, else an address. Raises UsageError."""
    every = house.settings.collect.every
    feed = house.feeds.get(given) or Feed(name=_NAMELESS, url=_address(given, sorted(house.feeds)), every=every)
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
    found = Trial(feed=feed, seen=seen, guessed=await _guessed(desk, seen))
    if not feed.full_text:
        return found
    first = [article for article in found.articles[:PAGES] if article.url]
    return replace(found, whole=tuple(await asyncio.gather(*(complete(desk, feed, each) for each in first))))


async def _guessed(desk: Desk, seen: Look) -> Selectors | None:
    """What may find the articles of the page that was served instead of a feed."""
    answer = seen.answer
    if not isinstance(seen.reading, WebPage) or not isinstance(answer, Fetched):
        return None
    text = partial(page_text, answer.body, answer.content_type)
    html = await isolate.isolated(text, workers=desk.readers, seconds=isolate.SECONDS)
    if isinstance(html, ReadFailed):
        return None
    work = partial(guess, html, answer.final_url)
    found = await isolate.isolated(work, workers=desk.readers, seconds=isolate.SECONDS)
    return None if isinstance(found, ReadFailed) else found


async def tried(desk: Desk, feed: Feed) -> FeedReading | ReadFailed:
    """What `feed` holds now, or why that cannot be said."""
    found = Trial(feed=feed, seen=await look(desk, feed))
    return found.reading if found.reading and not found.error else ReadFailed(found.error or "nothing was read")
