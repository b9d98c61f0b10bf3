"""What there is to be had of a feed now, and of the page behind an article; stores nothing."""

from dataclasses import dataclass, replace

from digest.collect.desk import Desk
from digest.feeds.identity import link_name
from digest.feeds.isolate import page_isolated, read_isolated
from digest.feeds.pages.discover import usual_places
from digest.feeds.reading import FeedReading, ReadFailed, Source, WebPage, plausible
from digest.feeds.text.language import tag
from digest.feeds.wire.fetched import Fetched, FetchFailed, NotModified
from digest.model import ArticleDraft, Feed, FeedState

#: What is said of a page that was searched in vain.
NO_FEED = "this is a web page, and no feed was found there: give the address of the feed, or use type: page"


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What there is to be had of a feed now."""

    answer: Fetched | NotModified | FetchFailed
    #: None: nothing had to be read.
    reading: FeedReading | WebPage | ReadFailed | None = None
    #: Where it was found, if not where it was asked for: the feed of a page.
    address: str = ""
    #: Each address that was tried for the feed of a page, and what came of it in plain words.
    tried: tuple[tuple[str, str], ...] = ()

    @property
    def error(self) -> str:
        """Why there are no articles to be had, in plain words; empty: there are, or nothing is new."""
        if isinstance(self.answer, FetchFailed):
            return self.answer.reason
        if isinstance(self.reading, ReadFailed):
            return self.reading.reason
        if isinstance(self.reading, WebPage):
            return NO_FEED
        return ""


async def look(desk: Desk, feed: Feed, state: FeedState | None = None, *, explain: bool = False) -> Look:
    """Fetches `feed` as it is now, compared with `state`, and reads it; a page leads to its feed. Stores nothing."""
    url = state.polled_url if state else feed.url
    await desk.room.wait()
    answer = await desk.fetcher.fetch(url, state, page=feed.selectors is not None)
    if not isinstance(answer, Fetched):
        return Look(answer=answer)
    known = frozenset(state.fingerprints) if state else frozenset()
    reading = await _read(desk, feed, answer, known, explain=explain)
    if not isinstance(reading, WebPage):
        return Look(answer=answer, reading=reading)
    # The usual places are tried once, not at every poll of a page that has no feed.
    is_searched = state is not None and state.last_error == NO_FEED
    usual = () if is_searched else usual_places(answer.final_url)
    tried: list[tuple[str, str]] = []
    for place in dict.fromkeys((*reading.feeds, *usual)):
        found = await desk.fetcher.fetch(place)
        if isinstance(found, Fetched):
            inside = await _read(desk, feed, found, known, explain=explain)
            if isinstance(inside, FeedReading):
                return Look(answer=found, reading=inside, address=place, tried=(*tried, (place, "a feed")))
            tried.append((place, "a web page" if isinstance(inside, WebPage) else inside.reason))
        elif isinstance(found, FetchFailed):
            tried.append((place, found.reason))
    return Look(answer=answer, reading=reading, tried=tuple(tried))


async def complete(desk: Desk, feed: Feed, draft: ArticleDraft) -> ArticleDraft:
    """`draft` with what the page behind it says: excerpt, picture, canonical link; as it is where that says nothing."""
    answer = await desk.fetcher.fetch(draft.url, page=True)
    if not isinstance(answer, Fetched):
        return draft
    with desk.room.holding(len(answer.body)):
        source = _source(feed, answer)
        page = await page_isolated(source, draft.title, draft.language, workers=desk.readers)
    if page is None:
        return draft
    return replace(
        draft,
        keys=tuple(dict.fromkeys((*draft.keys, *filter(None, [link_name(page.url)])))),
        url=page.url or draft.url,
        excerpt=page.excerpt or draft.excerpt,
        image=page.image or draft.image,
        words=page.words or draft.words,
        author=draft.author or page.author,
        published_at=draft.published_at or plausible(page.published_at, desk.clock()),
        language=draft.language or tag(page.language),
    )


async def _read(
    desk: Desk, feed: Feed, answer: Fetched, known: frozenset[str], *, explain: bool
) -> FeedReading | WebPage | ReadFailed:
    source = replace(_source(feed, answer), selectors=feed.selectors, known=known, explain=explain)
    with desk.room.holding(len(answer.body)):
        return await read_isolated(source, desk.clock(), workers=desk.readers)


def _source(feed: Feed, answer: Fetched) -> Source:
    return Source(body=answer.body, content_type=answer.content_type, url=answer.final_url, feed_name=feed.name)
