"""Rows of articles, read and written: as the model has them, and by the names under which they are known."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, select

from digest.model import Article, ArticleDraft, Image
from digest.store.chunks import chunks
from digest.store.schema import article_feeds, article_keys, articles

#: Looks in a row without an article after which its feed has withdrawn it.
WITHDRAWN = 2


class Carrier(NamedTuple):
    """A feed that carries an article."""

    feed: str
    #: The number of the arrival by which it does.
    arrival: int
    #: Of the items by which it does; empty: unknown.
    fingerprints: frozenset[str]
    #: Looks in a row at which it had none of them any more.
    missed: int


#: Of each article, by number, the feeds that carry it, the one that brought it first.
Carriers = Mapping[int, tuple[Carrier, ...]]


def known_names(connection: Connection, drafts: Iterable[ArticleDraft]) -> dict[str, int]:
    """The names of `drafts` that are known, with the numbers of their articles."""
    keys = list(dict.fromkeys(key for draft in drafts for key in draft.keys))
    found: dict[str, int] = {}
    for chunk in chunks(keys):
        rows = connection.execute(
            select(article_keys.c.key, article_keys.c.article).where(article_keys.c.key.in_(chunk))
        )
        found.update((row.key, row.article) for row in rows)
    return found


def numbered(connection: Connection, carriers: Carriers) -> dict[int, Article]:
    """The stored articles that `carriers` names."""
    found: dict[int, Article] = {}
    for chunk in chunks(list(carriers)):
        rows = connection.execute(select(articles).where(articles.c.number.in_(chunk)))
        found.update((row.number, article(row, carriers[row.number])) for row in rows)
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


def carriers_of(connection: Connection, numbers: Sequence[int]) -> dict[int, tuple[Carrier, ...]]:
    """The feeds that carry each of the articles, the one that brought it first."""
    carriers: dict[int, tuple[Carrier, ...]] = dict.fromkeys(numbers, ())
    for chunk in chunks(numbers):
        rows = connection.execute(
            select(article_feeds)
            .where(article_feeds.c.article.in_(chunk))
            .order_by(article_feeds.c.article, article_feeds.c.place),
        )
        for row in rows:
            carrier = Carrier(row.feed, row.arrival, frozenset(row.fingerprint.split()), row.missed)
            carriers[row.article] = (*carriers[row.article], carrier)
    return carriers


def article(row: Row[Any], carriers: Sequence[Carrier]) -> Article:
    """The article in `row`, which `carriers` carry."""
    values = row._asdict()
    image = values.pop("image")
    return Article(
        **values | {"tags": tuple(values["tags"])},
        feeds=tuple(carrier.feed for carrier in carriers),
        since=tuple(carrier.arrival for carrier in carriers),
        withdrawn=is_withdrawn(carriers),
        image=Image(**image) if image else None,
    )


def is_withdrawn(carriers: Sequence[Carrier]) -> bool:
    """Whether every feed that carried an article has taken it back."""
    return bool(carriers) and all(carrier.missed >= WITHDRAWN for carrier in carriers)
