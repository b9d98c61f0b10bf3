"""Bytes of a feed -> its articles: all of the work that needs a processor and no network, in one pure function."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from digest.feeds import clean
from digest.feeds.furniture import Repeated
from digest.feeds.identity import Identifiable, keys
from digest.feeds.links import best_image
from digest.feeds.parse import parse
from digest.feeds.parsed import FeedUnreadable, ParsedItem
from digest.feeds.plain import Body, read_html
from digest.model import ArticleDraft

#: Dates before this are mistakes: the epoch, year zero, two digits. RSS is of 1999.
_EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
#: Clocks differ and zones are mistaken by this much; what is dated later has no date.
_AHEAD = timedelta(hours=24)
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,3}")
#: Characters of the excerpt that become the title of an item without one.
_TITLE_FROM_TEXT = 90


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What was served, and as what."""

    body: bytes
    content_type: str
    #: Where it was served in the end; relative addresses are relative to it.
    url: str
    feed_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedReading:
    """A feed that could be read."""

    title: str = ""
    #: BCP 47; empty: unknown.
    language: str = ""
    #: In the feed's order, each once.
    articles: tuple[ArticleDraft, ...] = ()


@dataclass(frozen=True, slots=True)
class ReadFailed:
    """A feed that could not be read, and why, in plain words."""

    reason: str


def read(source: Source, now: datetime) -> FeedReading | ReadFailed:
    """The feed in `source` at `now` (aware). Never raises for what the feed contains."""
    try:
        feed = parse(source.body, source.content_type, source.url)
    except FeedUnreadable as error:
        return ReadFailed(str(error))
    language = _language(feed.language)
    drafts = _drafts(feed.items, language, now)
    articles: dict[tuple[str, ...], ArticleDraft] = {}
    for draft, names in zip(drafts, _names(source.feed_name, feed.items, drafts), strict=True):
        if draft.title:
            articles.setdefault(names, replace(draft, keys=names))
    return FeedReading(title=clean.title(feed.title), language=language, articles=tuple(articles.values()))


def _names(feed_name: str, items: Sequence[ParsedItem], drafts: Sequence[ArticleDraft]) -> list[tuple[str, ...]]:
    return keys(
        feed_name,
        [
            Identifiable(
                guid=item.guid,
                url=item.url,
                title=draft.title,
                published=draft.published_at.isoformat() if draft.published_at else "",
                excerpt=draft.excerpt,
            )
            for item, draft in zip(items, drafts, strict=True)
        ],
    )


def _drafts(items: Sequence[ParsedItem], language: str, now: datetime) -> list[ArticleDraft]:
    """The items cleaned, without names yet; what the feed says in many of them is left out of each."""
    titles = [clean.title(item.title) for item in items]
    summaries = [read_html(item.summary_html, item.base) for item in items]
    contents = [read_html(item.content_html, item.base) for item in items]
    repeated_in_summaries = Repeated(zip(titles, (body.blocks for body in summaries), strict=True))
    repeated_in_contents = Repeated(zip(titles, (body.blocks for body in contents), strict=True))
    return [
        _draft(
            replace(item, title=title, language=_language(item.language) or language),
            Body(tuple(repeated_in_summaries.without(title, summary.blocks)), summary.images),
            Body(tuple(repeated_in_contents.without(title, content.blocks)), content.images),
            now,
        )
        for item, title, summary, content in zip(items, titles, summaries, contents, strict=True)
    ]


def _draft(item: ParsedItem, summary: Body, content: Body, now: datetime) -> ArticleDraft:
    """The article in `item`, whose title and language are clean already. Without a title it gets its first words."""
    title = item.title or clean.shorten(
        clean.excerpt(summary.blocks, content.blocks, title="", language=item.language), _TITLE_FROM_TEXT
    )
    return ArticleDraft(
        keys=(),
        title=title or item.url,
        url=item.url,
        author=clean.label(item.author),
        published_at=_date(item.published_at, now),
        excerpt=clean.excerpt(summary.blocks, content.blocks, title=title, language=item.language),
        image=best_image(item.images) or best_image(content.images) or best_image(summary.images),
        tags=tuple(dict.fromkeys(label for tag in item.tags if (label := clean.label(tag)))),
        language=item.language,
        words=clean.words(summary.blocks, content.blocks),
    )


def _date(at: datetime | None, now: datetime) -> datetime | None:
    return at if at is not None and _EARLIEST <= at <= now + _AHEAD else None


def _language(text: str) -> str:
    """`text` as BCP 47 writes it (RFC 5646 2.1.1): "pt_br" is "pt-BR"; "" for what is no language."""
    tag = text.strip().replace("_", "-")
    if not _LANGUAGE.fullmatch(tag):
        return ""
    first, *rest = tag.split("-")
    return "-".join([first.lower(), *(part.upper() if len(part) == 2 else part.title() for part in rest)])
