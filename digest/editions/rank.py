"""The score of a story, by which it stands in its section, and which of its articles leads it.

    freshness   10 points for what has just been published, half of them for every 12 hours since
    coverage    3 points times the binary logarithm of the sources: none for one, 3 for two, 6 for four
    weight      the highest of its feeds
    boosts      the points of each that fits, once

The score follows from the articles, the settings and the slot alone: a retry or a preview finds the same.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import log2

from digest.editions.arrange import dated
from digest.editions.matching import Matchers, Prepared
from digest.model import Article, Feed, Newsletter

FRESH = 10.0
HALVED_EVERY = timedelta(hours=12)
COVERED = 3.0
#: Points are rounded to so many decimals, so that what differs by less is a tie.
_DECIMALS = 3


@dataclass(frozen=True, slots=True)
class Part:
    """What a story has some of its points for."""

    #: ``freshness``, ``coverage``, ``weight`` or ``boost``.
    name: str
    points: float
    #: The reason, as in ``published 3 h ago`` or ``boost: word "budget"``.
    words: str


@dataclass(frozen=True, slots=True)
class Score:
    """All of a story's points."""

    #: The sum of the parts' points.
    total: float
    #: Freshness, and of the others those that are not 0.
    parts: tuple[Part, ...]


class Judge:
    """Gives stories their scores; made once for an edition, since it keeps by number which boosts fit an article."""

    def __init__(self, feeds: Mapping[str, Feed], newsletter: Newsletter, slot: datetime) -> None:
        """`slot`: aware; how old an article is then counts."""
        self._feeds = feeds
        self._titles = {name: feed.title for name, feed in feeds.items() if feed.title}
        self._points = tuple(boost.points for boost in newsletter.boosts)
        self._boosts = Matchers([boost.match for boost in newsletter.boosts])
        self._slot = slot
        self._fitting: dict[int, Mapping[int, str]] = {}

    def of(self, articles: Sequence[Article]) -> Score:
        """The score of a story of these articles, its lead first; at least one."""
        parts = [self._freshness(articles)]
        parts += [part for part in (self._coverage(articles), self._weight(articles)) if part]
        parts += self._boosted(articles)
        return Score(total=round(sum(part.points for part in parts), _DECIMALS), parts=tuple(parts))

    def _freshness(self, articles: Sequence[Article]) -> Part:
        newest = max(articles, key=dated)
        age = max(self._slot - dated(newest), timedelta())
        points = round(FRESH * 0.5 ** (age / HALVED_EVERY), _DECIMALS)
        came = "published" if newest.published_at == dated(newest) else "arrived"
        return Part("freshness", points, f"{came} {_ago(age)}")

    def _coverage(self, articles: Sequence[Article]) -> Part | None:
        number = len(self._sources(articles))
        if number < 2:
            return None
        return Part("coverage", round(COVERED * log2(number), _DECIMALS), f"covered by {number} sources")

    def _sources(self, articles: Sequence[Article]) -> set[str]:
        """Who tells the story: feeds with one title are one source."""
        if len(articles) == 1 and len(articles[0].feeds) < 2:
            return {articles[0].source}
        own = {article.feeds[0]: article.source for article in articles if article.feeds and article.source}
        carried = {own.get(name) or self._titles.get(name, name) for article in articles for name in article.feeds}
        return carried | {article.source for article in articles if not article.feeds}

    def _weight(self, articles: Sequence[Article]) -> Part | None:
        heaviest = _heaviest(articles, self._feeds)
        return Part("weight", float(heaviest.weight), f"feed {heaviest.name}") if heaviest and heaviest.weight else None

    def _boosted(self, articles: Sequence[Article]) -> list[Part]:
        found = []
        for place, points in enumerate(self._points):
            fitting = next((why[place] for article in articles if place in (why := self._why(article))), "")
            if fitting and points:
                found.append(Part("boost", float(points), f"boost: {fitting}"))
        return found

    def _why(self, article: Article) -> Mapping[int, str]:
        """The places of the boosts that fit the article, with what fits."""
        found = self._fitting.get(article.number)
        if found is None:
            found = self._fitting[article.number] = self._boosts.why(Prepared(article))
        return found


def lead_first(articles: Iterable[Article], feeds: Mapping[str, Feed]) -> tuple[Article, ...]:
    """The article that leads a story of these, and the others by date.

    The lead is of the feed with the highest weight; of several the one with an excerpt, with a picture, with the
    longest excerpt, then the earliest.
    """
    by_date = sorted(articles, key=lambda article: (dated(article), article.number))
    if not by_date:
        return ()
    lead = max(by_date, key=lambda article: _leads(article, feeds))
    return (lead, *(article for article in by_date if article is not lead))


def _leads(article: Article, feeds: Mapping[str, Feed]) -> tuple[int, bool, bool, int]:
    heaviest = _heaviest([article], feeds)
    weight = heaviest.weight if heaviest else 0
    return weight, bool(article.excerpt), article.image is not None, len(article.excerpt)


def _heaviest(articles: Sequence[Article], feeds: Mapping[str, Feed]) -> Feed | None:
    """Of the configured feeds that carry one of these the one with the highest weight, of several the first."""
    carriers = (feeds[name] for article in articles for name in article.feeds if name in feeds)
    return max(carriers, key=lambda feed: feed.weight, default=None)


def _ago(age: timedelta) -> str:
    minutes = age // timedelta(minutes=1)
    if minutes < 1:
        return "just now"
    if minutes < 60:
        return f"{minutes} min ago"
    return f"{minutes // 60} h ago" if minutes < 48 * 60 else f"{minutes // (24 * 60)} d ago"
