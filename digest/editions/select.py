"""Which categories an article belongs to, in which of them it stands, and what is never told."""

from collections.abc import Iterable, Mapping, Sequence

from digest.editions.matching import Matchers, Prepared
from digest.model import Article, Category, Feed, Newsletter, Primary


class Sorter:
    """Puts articles into a newsletter's categories; made once for an edition, since it keeps its answers by number."""

    def __init__(self, feeds: Mapping[str, Feed], categories: Sequence[Category], newsletter: Newsletter) -> None:
        """`categories`: all of the house, for what belongs to none of them may belong to the rest."""
        known = frozenset(category.name for category in categories)
        self._named = {name: tuple(filter(known.__contains__, feed.categories)) for name, feed in feeds.items()}
        self._house = tuple(category.name for category in categories)
        self._matchers = Matchers([category.match for category in categories])
        self._rest = tuple(category.name for category in categories if category.rest)
        self._order = tuple(category.name for category in newsletter.categories)
        self._primary = newsletter.primary
        self._answers: dict[tuple[int, tuple[str, ...]], tuple[str, ...]] = {}

    def places(self, article: Article, upto: int | None = None) -> tuple[str, ...]:
        """The newsletter's categories that the article belongs to, the one where it stands first first.

        They are those that the feeds that carry it name, and those that match it. `upto`: only the feeds by which it
        had arrived by that number count, and where there is none it was not there. A feed that is not configured any
        more names nothing.
        """
        carriers = _carriers(article, upto)
        if carriers is None:
            return ()
        key = (article.number, carriers)
        answer = self._answers.get(key)
        if answer is None:
            answer = self._answers[key] = self._sorted(article, carriers)
        return answer

    def _sorted(self, article: Article, carriers: tuple[str, ...]) -> tuple[str, ...]:
        matched = [self._house[place] for place in self._matchers.why(Prepared(article, carriers))]
        named = [name for feed in carriers for name in self._named.get(feed, ())]
        belongs = frozenset(matched or named or self._rest).union(matched, named)
        ordered = self._in_order(belongs)
        match self._primary:
            case Primary.ORDER:
                return ordered
            case Primary.FEED:
                first = named
            case Primary.MATCH:
                first = [*self._in_order(matched), *named]
        present = frozenset(ordered)
        return tuple(name for name in dict.fromkeys([*first, *ordered]) if name in present)

    def _in_order(self, names: Iterable[str]) -> tuple[str, ...]:
        """Those of `names` that are categories of the newsletter, in its order."""
        wanted = frozenset(names)
        return tuple(name for name in self._order if name in wanted)


class Filters:
    """What is never told: by the newsletter's word, or by that of the feeds that carry it."""

    def __init__(self, feeds: Mapping[str, Feed], newsletter: Newsletter) -> None:
        self._feeds = {name: place for place, name in enumerate(feeds, start=1)}
        self._matchers = Matchers([newsletter.exclude, *(feed.exclude for feed in feeds.values())])

    def why(self, article: Article) -> str:
        """Why it is never told, as in ``excluded by feed bbc: tag "Sport"``; empty: it may be told.

        A feed speaks for itself alone: what another one that is configured carries and does not exclude may be told.
        """
        reasons = self._matchers.why(Prepared(article))
        if 0 in reasons:
            return f"excluded by the newsletter: {reasons[0]}"
        carriers = [name for name in article.feeds if name in self._feeds]
        said = [f"by feed {name}: {reasons[place]}" for name in carriers if (place := self._feeds[name]) in reasons]
        return f"excluded {', and '.join(said)}" if said and len(said) == len(carriers) else ""


def _carriers(article: Article, upto: int | None) -> tuple[str, ...] | None:
    """The feeds by which the article had arrived by `upto`, the first first; None: it had not arrived."""
    if upto is None:
        return article.feeds
    since = article.since or (article.number,) * len(article.feeds)
    if all(number <= upto for number in since):
        return article.feeds if article.feeds or article.number <= upto else None
    return tuple(name for name, number in zip(article.feeds, since, strict=False) if number <= upto) or None
