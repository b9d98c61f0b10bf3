"""Bytes of a feed -> its articles: all of the work that needs a processor and no network, in one pure function."""

import html
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from itertools import islice, pairwise
from typing import NamedTuple

from digest.feeds.identity import Identifiable, keys
from digest.feeds.images import best as best_image
from digest.feeds.pages.discover import feeds_on
from digest.feeds.pages.markup import PageTooDeep, page_text
from digest.feeds.pages.page import parse_page
from digest.feeds.parsing.parse import parse
from digest.feeds.parsing.parsed import BREAKS_OFF, FeedUnreadable, ParsedFeed, ParsedItem, WebPageServed
from digest.feeds.text import clean
from digest.feeds.text.furniture import Repeated, without_furniture
from digest.feeds.text.language import detect, tag
from digest.feeds.text.plain import Block, Body, read_html
from digest.feeds.text.sentences import shorten
from digest.model import ArticleDraft, Selectors, Wishes

#: Dates before this are mistakes: the epoch, year zero, two digits. RSS is of 1999.
_EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
#: Clocks differ and zones are mistaken by this much; what is dated later has no date.
_AHEAD = timedelta(hours=24)
#: Characters of the excerpt that become the title of an item without one.
_TITLE_FROM_TEXT = 90
#: Items that were known and are looked at again for what the feed says every time.
_SHOWN = 12
#: Blocks of an item by which the feed's language is told.
_SAMPLED = 3
#: Texts that are told of those that were left out.
_MOST_REMOVED = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What was served, and as what."""

    body: bytes
    content_type: str
    #: Where it was served in the end; relative addresses are relative to it.
    url: str
    feed_name: str
    #: Not None: this is a page, and these say how its articles are found.
    selectors: Selectors | None = None
    #: Fingerprints of items that have been read before: they are passed over.
    known: frozenset[str] = frozenset()
    #: What is cleaned away is wanted too.
    explain: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedReading:
    """A feed that could be read."""

    title: str = ""
    #: BCP 47; empty: unknown.
    language: str = ""
    #: In the feed's order, each once; without those that were known.
    articles: tuple[ArticleDraft, ...] = ()
    #: For each of `articles` the fingerprints of its items.
    marks: tuple[tuple[str, ...], ...] = ()
    #: Of all its items.
    fingerprints: tuple[str, ...] = ()
    #: When they were published, as far as they say.
    dates: tuple[datetime, ...] = ()
    #: How many of them were known.
    unchanged: int = 0
    wishes: Wishes = field(default_factory=Wishes)
    #: What was not read, or is odd, in plain words.
    remarks: tuple[str, ...] = ()
    #: Of a source to `explain`: the texts that were left out as no article's own, the most frequent first.
    removed: tuple[str, ...] = ()

    @property
    def breaks_off(self) -> bool:
        """Whether there is more of it to be had."""
        return BREAKS_OFF in self.remarks

    @property
    def oldest(self) -> datetime | None:
        """When the last item was published, of a feed that is whole and in the order of its dates, the newest first.

        None: it is not, and what is missing from it may be anywhere.
        """
        if self.breaks_off or not self.dates or len(self.dates) != len(self.fingerprints):
            return None
        return self.dates[-1] if all(newer >= older for newer, older in pairwise(self.dates)) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class WebPage:
    """Not a feed, but a page of a site that may have one."""

    title: str = ""
    #: Where the page says that its feeds are, the most fitting first; absolute, http or https.
    feeds: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ReadFailed:
    """A feed that could not be read, and why, in plain words."""

    reason: str


def read(source: Source, now: datetime) -> FeedReading | WebPage | ReadFailed:
    """The feed in `source` at `now` (aware), or the page that was served instead. Raises nothing for what is in it."""
    try:
        feed = _parsed(source)
    except WebPageServed:
        title, feeds = feeds_on(page_text(source.body, source.content_type), source.url)
        return WebPage(title=clean.title(html.escape(title)), feeds=feeds)
    except (FeedUnreadable, PageTooDeep) as error:
        return ReadFailed(str(error))
    fingerprints = tuple(_fingerprint(item) for item in feed.items)
    fresh = [mark not in source.known for mark in fingerprints]
    written = _written(feed.items, fresh)
    language = tag(feed.language) or detect(_samples(written))
    drafts = [_draft(one, language, now) if new else None for one, new in zip(written, fresh, strict=True)]
    articles: dict[tuple[str, ...], ArticleDraft] = {}
    marks: dict[tuple[str, ...], list[str]] = {}
    all_names = _names(source.feed_name, written, drafts, now)
    for draft, names, mark in zip(drafts, all_names, fingerprints, strict=True):
        marks.setdefault(names, []).append(mark)
        if draft and draft.title:
            articles.setdefault(names, replace(draft, keys=names))
    return FeedReading(
        title=clean.title(feed.title),
        language=language,
        articles=tuple(articles.values()),
        marks=tuple(tuple(marks[names]) for names in articles),
        fingerprints=fingerprints,
        dates=tuple(date for item in feed.items if (date := plausible(item.published_at, now))),
        unchanged=len(fresh) - sum(fresh),
        wishes=feed.wishes,
        remarks=feed.remarks,
        removed=_removed(written) if source.explain else (),
    )


def _parsed(source: Source) -> ParsedFeed:
    if source.selectors is None:
        return parse(source.body, source.content_type, source.url)
    return parse_page(page_text(source.body, source.content_type), source.selectors, source.url)


def _fingerprint(item: ParsedItem) -> str:
    """By which an item is the same as before, in all that its feed says of it."""
    return blake2b(repr(item).encode("utf-8", "replace"), digest_size=8).hexdigest()


class _Written(NamedTuple):
    """An item with its texts cleaned: as the feed has them, and without what the feed says every time."""

    item: ParsedItem
    #: Without what the feed says behind every title, and with it: by that it is known again.
    title: str
    full_title: str
    summary: Body
    content: Body
    own_summary: tuple[Block, ...]
    own_content: tuple[Block, ...]


def _written(items: Sequence[ParsedItem], fresh: Sequence[bool]) -> list[_Written]:
    """The items cleaned; of those that are not fresh only as many as show what the feed says every time."""
    full_titles = [clean.title(item.title) for item in items]
    titles = clean.own_titles(full_titles)
    shown = islice((place for place, new in enumerate(fresh) if not new), _SHOWN if any(fresh) else 0)
    read = sorted({*shown, *(place for place, new in enumerate(fresh) if new)})
    summaries, contents = [Body()] * len(items), [Body()] * len(items)
    for place in read:
        item = items[place]
        summaries[place] = read_html(item.summary_html, item.base)
        contents[place] = read_html(item.content_html, item.base)
    in_summaries = Repeated((titles[place], summaries[place].blocks) for place in read)
    in_contents = Repeated((titles[place], contents[place].blocks) for place in read)
    return [
        _Written(
            item=item,
            title=title,
            full_title=full_title,
            summary=summary,
            content=content,
            own_summary=tuple(in_summaries.without(title, summary.blocks)),
            own_content=tuple(in_contents.without(title, content.blocks)),
        )
        for item, title, full_title, summary, content in zip(
            items, titles, full_titles, summaries, contents, strict=True
        )
    ]


def _names(
    feed_name: str, written: Sequence[_Written], drafts: Sequence[ArticleDraft | None], now: datetime
) -> list[tuple[str, ...]]:
    """The names of all items: those that were known count too where several have one name."""
    identifiables = []
    for one, draft in zip(written, drafts, strict=True):
        published = plausible(one.item.published_at, now)
        identifiables.append(
            Identifiable(
                guid=one.item.guid,
                url=one.item.url,
                title=one.full_title or (draft.title if draft else ""),
                published=published.isoformat() if published else "",
                excerpt=draft.excerpt if draft else "",
            )
        )
    return keys(feed_name, identifiables)


def _draft(written: _Written, feed_language: str, now: datetime) -> ArticleDraft:
    """The article that was written. Without a title it gets its first words."""
    item, summary, content = written.item, written.own_summary, written.own_content
    language = tag(item.language) or feed_language
    title = written.title or shorten(clean.excerpt(summary, content, title="", language=language), _TITLE_FROM_TEXT)
    return ArticleDraft(
        keys=(),
        title=title or item.url,
        url=item.url,
        author=clean.label(item.author),
        published_at=plausible(item.published_at, now),
        excerpt=clean.excerpt(summary, content, title=title, language=language),
        image=best_image(item.images, written.content.images, written.summary.images),
        tags=tuple(dict.fromkeys(label for tag in item.tags if (label := clean.label(tag)))),
        language=language,
        words=clean.words(summary, content),
    )


def _samples(written: Iterable[_Written]) -> Iterator[str]:
    """Texts by which the language of a feed can be told."""
    for one in written:
        yield one.title
        yield from (block.text for block in (*one.own_summary, *one.own_content)[:_SAMPLED])


def _removed(written: Iterable[_Written]) -> tuple[str, ...]:
    """What was left out of the items' texts, the most frequent first."""
    found: Counter[str] = Counter()
    for one in written:
        for body, own in ((one.summary, one.own_summary), (one.content, one.own_content)):
            kept = "\n".join(block.text for block in without_furniture(own))
            found.update({block.text: 1 for block in body.blocks if block.text not in kept})
    return tuple(text for text, _ in found.most_common(_MOST_REMOVED))


def plausible(at: datetime | None, now: datetime) -> datetime | None:
    """`at` where it can be a date of publication, seen from `now`; None where it cannot."""
    return at if at is not None and _EARLIEST <= at <= now + _AHEAD else None
