"""Rows of articles, read and written: as the model has them, and by the names under which they are known."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection, Row, select

from digest.model import Article, ArticleDraft, Image
from digest.store.schema import article_feeds, article_keys, articles

#: Keys or numbers asked for in one statement; SQLite allows 32,766 parameters.
_CHUNK = 5_000


def known_names(connection: Connection, drafts: Iterable[ArticleDraft]) -> dict[str, int]:
    """The names of `drafts` that are known, with the numbers of their articles."""
    keys = list(dict.fromkeys(key for draft in drafts for key in draft.keys))
    found: dict[str, int] = {}
    for start in range(0, len(keys), _CHUNK):
        rows = connection.execute(
            select(article_keys.c.key, article_keys.c.article).where(
                article_keys.c.key.in_(keys[start : start + _CHUNK]),
            ),
        )
        found.update((row.key, row.article) for row in rows)
    return found


def numbered(connection: Connection, numbers: Sequence[int]) -> dict[int, Article]:
    """The stored articles with these numbers."""
    carried = carriers_of(connection, numbers)
    found: dict[int, Article] = {}
    for start in range(0, len(numbers), _CHUNK):
        rows = connection.execute(select(articles).where(articles.c.number.in_(numbers[start : start + _CHUNK])))
        found.update((row.number, article(row, carried.get(row.number, ()))) for row in rows)
    return found


def columns_of(source: str, draft: ArticleDraft | Article) -> dict[str, Any]:
    """The columns that a publisher may change."""
    return {
        "source": source,
        "title": draft.title,
        "url": draft.url,
        "author": draft.author,
        "published_at": draft.published_at,
        "excerpt": draft.excerpt,
        "image": asdict(draft.image) if draft.image else None,
        "tags": list(draft.tags),
        "language": draft.language,
        "words": draft.words,
    }


def carriers_of(connection: Connection, numbers: Sequence[int]) -> dict[int, tuple[str, ...]]:
    """The feeds that carry each of the articles, the one that brought it first."""
    carriers: dict[int, tuple[str, ...]] = {}
    for start in range(0, len(numbers), _CHUNK):
        rows = connection.execute(
            select(article_feeds.c.article, article_feeds.c.feed)
            .where(article_feeds.c.article.in_(numbers[start : start + _CHUNK]))
            .order_by(article_feeds.c.article, article_feeds.c.place),
        )
        for row in rows:
            carriers[row.article] = (*carriers.get(row.article, ()), row.feed)
    return carriers


def article(row: Row[Any], feeds: tuple[str, ...]) -> Article:
    """The article in `row`, which `feeds` carry."""
    values = row._asdict()
    image = values.pop("image")
    tags = tuple(values.pop("tags"))
    return Article(**values, feeds=feeds, image=Image(**image) if image else None, tags=tags)
