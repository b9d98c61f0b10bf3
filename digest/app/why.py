"""Why an article reached a reader, or did not: the whole chain, from its feeds to the mail server's reply.

What was is told from what is stored, whatever the configuration says by now. What is still to come is foreseen by the
steps that will make it. Nothing is written.

The verdict of an answer is one of `model.Verdict`, or of `fate.Miss` where the article met no letter at all; `foreseen`
says whether it is of an edition that is still to come.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from digest.app.house import House
from digest.app.reading import Reading, read
from digest.editions.matching import Matchers, Prepared
from digest.editions.select import Filters, Sorter
from digest.errors import UnknownName
from digest.model import Article, Edition, Newsletter
from digest.store import Connection, editions, subscribers, trail
from digest.store.article_rows import WITHDRAWN
from digest.store.trail import Judgement, Spread


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """A feed that carries the article."""

    feed: str
    #: The arrival number by which it does.
    arrival: int
    #: It has taken it back.
    withdrawn: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Belonging:
    """Where a newsletter has the article, by today's configuration."""

    newsletter: str
    #: Category -> why, the one where it stands first first.
    categories: dict[str, str]
    #: The filter that keeps it out; empty: none does.
    excluded: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What one edition did with the article."""

    edition: Edition
    judgement: Judgement
    spread: tuple[Spread, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """The answer."""

    article: Article
    carried: tuple[Carried, ...]
    belonging: tuple[Belonging, ...]
    #: Of all readers; empty where one is asked about.
    runs: tuple[Run, ...] = ()
    #: Of one reader; empty where none is asked about.
    readings: tuple[Reading, ...] = ()


def why(house: House, number: int, *, address: str = "", newsletter: str = "") -> Chain:
    """All that is known of the way of the article `number`, which must be there.

    `newsletter`: only of this one; empty: of all. Raises UnknownName for an address or a newsletter that is not known.
    """
    if newsletter:
        house.newsletter(newsletter)
    return house.database.call(_chain, house, number, address, newsletter)


def _chain(connection: Connection, house: House, number: int, address: str, newsletter: str) -> Chain:
    article = trail.article(connection, number)
    if article is None:
        raise UnknownName("article", str(number))
    judged = trail.judgements(connection, number)
    held = trail.letters_with(connection, judged, number)
    names = [newsletter] if newsletter else list(house.newsletters)
    return Chain(
        article=article,
        carried=tuple(
            Carried(feed=each.feed, arrival=each.arrival, withdrawn=each.missed >= WITHDRAWN)
            for each in trail.carriers(connection, number)
        ),
        belonging=tuple(_belonging(house, house.newsletters[name], article) for name in names),
        runs=() if address else tuple(_runs(connection, judged, trail.spread(connection, held), newsletter)),
        readings=_readings(connection, house, article, address, newsletter) if address else (),
    )


def _belonging(house: House, newsletter: Newsletter, article: Article) -> Belonging:
    categories = {category.name: category for category in house.categories}
    reasons = {}
    for name in Sorter(house.feeds, house.categories, newsletter).places(article):
        category = categories[name]
        by_feed = [feed for feed in article.feeds if feed in house.feeds and name in house.feeds[feed].categories]
        fits = [*Matchers([category.match]).why(Prepared(article)).values(), *(f"feed {feed}" for feed in by_feed)]
        reasons[name] = "; ".join(dict.fromkeys(filter(None, fits))) or "no other category has it"
    return Belonging(
        newsletter=newsletter.name, categories=reasons, excluded=Filters(house.feeds, newsletter).why(article)
    )


def _runs(connection: Connection, judged: dict[int, Judgement], spread: Sequence[Spread], newsletter: str) -> list[Run]:
    runs = []
    for number, judgement in sorted(judged.items()):
        edition = editions.find(connection, number)
        if edition and newsletter in ("", edition.newsletter):
            own = tuple(each for each in spread if each.edition == number)
            runs.append(Run(edition=edition, judgement=judgement, spread=own))
    return runs


def _readings(
    connection: Connection, house: House, article: Article, address: str, newsletter: str
) -> tuple[Reading, ...]:
    readers = subscribers.by_address(connection, address)
    if not readers:
        raise UnknownName("subscriber", address)
    chosen = [each for each in readers if newsletter in ("", each.subscription.newsletter)]
    if not chosen:
        raise UnknownName(f"reader of {newsletter}", address)
    return tuple(read(connection, house, article, each) for each in chosen)
