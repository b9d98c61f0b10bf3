"""What is stored of an article's way: who carries it, how editions judged it, which letters have it, who got them.

Changes nothing, and says nothing but what was written down when it happened.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, and_, func, or_, select

from digest.model import Article, DeliveryState, Edition, Verdict
from digest.store.article_rows import Carrier, carriers_of, numbered
from digest.store.chunks import chunks
from digest.store.editions import find
from digest.store.letters import view_key
from digest.store.numbers import unpacked
from digest.store.readership import Served, ViewKey, letter_of
from digest.store.schema import (
    article_keys,
    articles,
    deliveries,
    edition_articles,
    editions,
    letter_articles,
    letters,
    subscriptions,
    views,
)

_D = deliveries.c
#: The letter that a delivery brings.
_GOT = letter_of()
#: Editions of one newsletter that are looked through.
_MOST = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What an edition judged of an article, for all of its readers."""

    edition: int
    verdict: Verdict
    #: In plain words; empty: the verdict says it.
    detail: str
    #: Names, the one where it stands first first.
    categories: tuple[str, ...]
    #: The number of the first article of its story.
    story: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """To how many readers an edition's letters brought an article in one way."""

    edition: int
    #: TOLD, LINKED or CARRIED.
    verdict: Verdict
    letters: int
    readers: int
    #: Of `readers`, those whose mail server has taken it.
    sent: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """One reader's delivery of one edition."""

    edition: int
    #: The arrival number up to which the edition goes.
    upto: int
    letter: int
    key: ViewKey
    state: DeliveryState
    attempts: int
    #: Of SMTP; 0 and empty: none came.
    code: int
    reply: str
    #: When it became final; None: it is not.
    settled_at: datetime | None
    next_attempt_at: datetime
    #: In doubt, and left to the operator; it counts as served.
    held: bool
    #: It may have arrived at an earlier try.
    doubts: int
    #: The letter before did not arrive, and this one makes up for it.
    fallback: bool

    @property
    def before(self) -> Served:
        """How far the reader had been served before this letter."""
        return self.key.before(fallback=self.fallback)

    @property
    def served(self) -> bool:
        """Whether the mark has moved by it."""
        return self.held or self.state is DeliveryState.SENT


@dataclass(frozen=True, slots=True, kw_only=True)
class Choosing:
    """What a subscription's row says of when it was changed."""

    #: The arrival number from which on its categories have been chosen.
    began: int
    #: Since when it has its rhythm; None: from its beginning.
    rhythm_since: datetime | None


def article(connection: Connection, number: int) -> Article | None:
    """The article of this number."""
    return numbered(connection, carriers_of(connection, [number])).get(number)


def carriers(connection: Connection, number: int) -> tuple[Carrier, ...]:
    """The feeds that carry it, the one that brought it first."""
    return carriers_of(connection, [number])[number]


def at(connection: Connection, url: str, name: str) -> list[int]:
    """The numbers of the articles that are, or were, at `url`, whose name is `name`; ascending."""
    named = select(article_keys.c.article).where(article_keys.c.key == name) if name else None
    conditions = [articles.c.url == url, *([articles.c.number.in_(named)] if named is not None else [])]
    return list(connection.scalars(select(articles.c.number).where(or_(*conditions)).order_by(articles.c.number)))


def titles(connection: Connection, most: int) -> Iterator[tuple[int, str]]:
    """Number and title of the last `most` articles, the newest first; streamed."""
    chosen = select(articles.c.number, articles.c.title).order_by(articles.c.number.desc()).limit(most)
    for row in connection.execution_options(yield_per=1000).execute(chosen):
        yield row.number, row.title


def titles_of(connection: Connection, numbers: Collection[int]) -> dict[int, str]:
    """The title of each article, by number."""
    found: dict[int, str] = {}
    for chunk in chunks(sorted(numbers)):
        rows = connection.execute(select(articles.c.number, articles.c.title).where(articles.c.number.in_(chunk)))
        found.update((row.number, row.title) for row in rows)
    return found


def judgements(connection: Connection, number: int) -> dict[int, Judgement]:
    """By edition."""
    rows = connection.execute(select(edition_articles).where(edition_articles.c.article == number))
    return {row.edition: _judgement(row) for row in rows}


def judged(connection: Connection, edition: int) -> dict[int, Judgement]:
    """All that an edition judged, by the article's number."""
    rows = connection.execute(select(edition_articles).where(edition_articles.c.edition == edition))
    return {row.article: _judgement(row) for row in rows}


def mates(connection: Connection, edition: int, story: int) -> dict[int, Judgement]:
    """What an edition judged of each article of one story, by number."""
    chosen = select(edition_articles).where(edition_articles.c.edition == edition, edition_articles.c.story == story)
    return {row.article: _judgement(row) for row in connection.execute(chosen)}


def editions_since(connection: Connection, newsletter: str, number: int, arrived_at: datetime) -> list[Edition]:
    """The editions that could have held an article, in the order in which they were made, and the first that was
    too late for it; slots after its arrival for which nothing was made are among them."""
    c = editions.c
    made = c.upto >= number
    missed = and_(c.upto == 0, c.slot >= arrived_at)
    own = select(c.id).where(c.newsletter == newsletter, or_(made, missed)).order_by(c.id).limit(_MOST)
    late = connection.scalar(own.with_only_columns(func.min(c.id)).where(c.not_before > arrived_at).order_by(None))
    if late is not None:
        own = own.where(c.id <= late)
    found = (find(connection, edition) for edition in connection.scalars(own).all())
    return [edition for edition in found if edition]


def letters_with(connection: Connection, of: Collection[int], number: int) -> dict[int, Verdict]:
    """The letters of these editions that tell the article, link it, or leave it for the next one; by id."""
    held: dict[int, Verdict] = {}
    for chunk in chunks(sorted(of)):
        own = letters.c.edition.in_(chunk)
        rows = connection.execute(
            select(letters.c.id, letters.c.linked, letters.c.carried).where(
                own, or_(letters.c.linked != "", letters.c.carried != "")
            )
        )
        for row in rows:
            if number in unpacked(row.linked):
                held[row.id] = Verdict.LINKED
            elif number in unpacked(row.carried):
                held[row.id] = Verdict.CARRIED
        told = select(letter_articles.c.letter).join_from(letter_articles, letters)
        for letter in connection.scalars(told.where(own, letter_articles.c.article == number)):
            held[letter] = Verdict.TOLD
    return held


def told_by(connection: Connection, letter: int) -> frozenset[int]:
    """The numbers of the articles that a letter tells."""
    return frozenset(connection.scalars(select(letter_articles.c.article).where(letter_articles.c.letter == letter)))


def too_old(connection: Connection, after: int, not_before: datetime) -> int:
    """How many articles after number `after`, which were new when they came, arrived before `not_before`."""
    old = (articles.c.number > after, articles.c.backlog.is_(False), articles.c.arrived_at < not_before)
    return connection.scalar(select(func.count()).select_from(articles).where(*old)) or 0


def view_of(connection: Connection, nonce: str) -> ViewKey | None:
    """A view that the letter with this public address is for; None where it is nobody's."""
    letter = connection.execute(select(letters.c.id, letters.c.edition).where(letters.c.nonce == nonce)).one_or_none()
    key = view_key(connection, letter.edition, letter.id) if letter else None
    return ViewKey.read(key) if key else None


def spread(connection: Connection, held: dict[int, Verdict]) -> list[Spread]:
    """Whom the letters of `held` went to, by edition."""
    counts: dict[tuple[int, Verdict], list[int]] = {}
    for chunk in chunks(sorted(held)):
        rows = connection.execute(
            _got(_GOT.label("letter"), _D.edition, _D.state, func.count().label("n"))
            .where(_D.edition.in_(select(letters.c.edition).where(letters.c.id.in_(chunk))), _GOT.in_(chunk))
            .group_by(_GOT, _D.edition, _D.state)
        ).all()
        met: set[int] = set()
        for row in rows:
            figures = counts.setdefault((row.edition, held[row.letter]), [0, 0, 0])
            figures[0] += row.letter not in met
            figures[1] += row.n
            figures[2] += row.n if row.state == DeliveryState.SENT.value else 0
            met.add(row.letter)
    return [
        Spread(edition=edition, verdict=verdict, letters=some, readers=readers, sent=sent)
        for (edition, verdict), (some, readers, sent) in sorted(counts.items())
    ]


def posted(connection: Connection, newsletter: str, subscription: int, first: int) -> list[Posted]:
    """The reader's deliveries since the edition `first`, and the one before that; in the order of editions."""
    own = and_(_D.subscription == subscription, editions.c.newsletter == newsletter)
    before = (
        select(func.max(_D.edition))
        .join_from(deliveries, editions, editions.c.id == _D.edition)
        .where(own, _D.edition < first)
    )
    start = connection.scalar(before) or first
    columns = [column for column in deliveries.c if column.name not in {"view", "fallback"}]
    chosen = _got(*columns, _D.view, _D.fallback, editions.c.upto, _GOT.label("letter"))
    rows = connection.execute(
        chosen.join(editions, editions.c.id == _D.edition).where(own, _D.edition >= start).order_by(_D.edition)
    )
    return [_posted(row) for row in rows]


def choosing(connection: Connection, subscription: int) -> Choosing:
    """When a subscription, which must be there, was changed."""
    c = subscriptions.c
    row = connection.execute(select(c.began, c.rhythm_since).where(c.id == subscription)).one()
    return Choosing(began=row.began, rhythm_since=row.rhythm_since)


def _got(*columns: Any) -> Select[Any]:
    shown = and_(views.c.edition == _D.edition, views.c.key == _D.view)
    return select(*columns).select_from(deliveries.join(views, shown))


def _judgement(row: Any) -> Judgement:
    return Judgement(
        edition=row.edition,
        verdict=Verdict(row.verdict),
        detail=row.detail,
        categories=tuple(filter(None, row.categories.split(","))),
        story=row.story,
    )


def _posted(row: Any) -> Posted:
    return Posted(
        edition=row.edition,
        upto=row.upto,
        letter=row.letter,
        key=ViewKey.read(row.view),
        state=DeliveryState(row.state),
        attempts=row.attempts,
        code=row.code,
        reply=row.reply,
        settled_at=row.settled_at,
        next_attempt_at=row.next_attempt_at,
        held=row.held,
        doubts=row.doubts,
        fallback=row.fallback,
    )
