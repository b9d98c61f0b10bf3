"""Letters, frozen: what a retry, the archive and the page behind "view in browser" all show."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, func, or_, select

from digest.model import Article, Letter
from digest.store.article_rows import carriers_of, numbered
from digest.store.chunks import chunks
from digest.store.corrections import withdrawn
from digest.store.numbers import unpacked
from digest.store.readership import ViewKey, letter_of
from digest.store.schema import deliveries, edition_articles, editions, letter_articles, letters, views

#: Editions whose subjects are not taken again: a year of a newsletter that comes every day.
_LATELY = 366


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """An article of a letter."""

    article: Article
    #: Names of its categories that the letter's readers have, the one where it stands first; empty: not known.
    categories: tuple[str, ...]
    #: It is counted and linked there, not told.
    linked: bool


def get(connection: Connection, letter: int) -> Letter | None:
    """The letter with this id."""
    row = connection.execute(select(letters).where(letters.c.id == letter)).one_or_none()
    return _letter(connection, row) if row else None


def by_nonce(connection: Connection, nonce: str) -> Letter | None:
    """The letter with this public address."""
    row = connection.execute(select(letters).where(letters.c.nonce == nonce)).one_or_none()
    return _letter(connection, row) if row else None


def newsletter_of(connection: Connection, nonce: str) -> str | None:
    """The newsletter that the letter with this public address is of."""
    chosen = select(editions.c.newsletter).join_from(letters, editions, editions.c.id == letters.c.edition)
    return connection.scalar(chosen.where(letters.c.nonce == nonce))


def subjects(connection: Connection, newsletter: str, besides: int) -> frozenset[str]:
    """What the letters of its last editions are called, but for the edition with the number `besides`."""
    lately = (
        select(editions.c.id)
        .where(editions.c.newsletter == newsletter, editions.c.number.not_in([0, besides]))
        .order_by(editions.c.slot.desc())
        .limit(_LATELY)
    )
    return frozenset(connection.scalars(select(letters.c.subject).where(letters.c.edition.in_(lately)).distinct()))


def to_reader(connection: Connection, edition: int, subscription: int) -> Letter | None:
    """The letter of an edition that a reader got or is to get; None where there is none."""
    chosen = (
        select(letters)
        .join_from(deliveries, views, (views.c.edition == deliveries.c.edition) & (views.c.key == deliveries.c.view))
        .join(letters, letters.c.id == letter_of())
        .where(deliveries.c.edition == edition, deliveries.c.subscription == subscription)
    )
    row = connection.execute(chosen).one_or_none()
    return _letter(connection, row) if row else None


def carried(connection: Connection, ids: Collection[int]) -> dict[int, tuple[int, ...]]:
    """What each of these letters has left for its readers' next one: numbers of articles, ascending."""
    found: dict[int, tuple[int, ...]] = {}
    for chunk in chunks(sorted(ids)):
        rows = connection.execute(select(letters.c.id, letters.c.carried).where(letters.c.id.in_(chunk)))
        found.update((row.id, unpacked(row.carried)) for row in rows)
    return found


def articles_of(connection: Connection, nonce: str) -> tuple[Placed, ...]:
    """All that the letter with this public address tells or links, in the order of arrival.

    Without what the operator has withdrawn.
    """
    row = connection.execute(select(letters).where(letters.c.nonce == nonce)).one_or_none()
    if row is None:
        return ()
    linked = frozenset(unpacked(row.linked))
    numbers = sorted((linked | frozenset(_told(connection, row.id))) - withdrawn(connection))
    places = _places(connection, row)
    found = numbered(connection, carriers_of(connection, numbers))
    return tuple(
        Placed(article=found[number], categories=places.get(number, ()), linked=number in linked)
        for number in numbers
        if number in found
    )


def view_key(connection: Connection, edition: int, letter: int) -> str | None:
    """The first key of a view that the edition's letter is for, or was for when it was sent; None: it is nobody's."""
    shows = or_(views.c.letter == letter, views.c.fallback == letter)
    now: str | None = connection.scalar(select(func.min(views.c.key)).where(views.c.edition == edition, shows))
    if now is not None:
        return now
    own = (deliveries.c.edition == edition, deliveries.c.own_letter == letter)
    then: str | None = connection.scalar(select(func.min(deliveries.c.view)).where(*own))
    return then


def _places(connection: Connection, letter: Row[Any]) -> dict[int, tuple[str, ...]]:
    """Of the articles that the letter's edition judged, the categories that the letter's readers have."""
    chosen = select(edition_articles.c.article, edition_articles.c.categories)
    rows = connection.execute(chosen.where(edition_articles.c.edition == letter.edition)).all()
    if not rows:
        return {}
    key = view_key(connection, letter.edition, letter.id)
    wanted = ViewKey.read(key).categories if key else ()
    return {row.article: _names(row.categories, wanted) for row in rows}


def _names(text: str, wanted: tuple[str, ...]) -> tuple[str, ...]:
    names = tuple(filter(None, text.split(",")))
    return tuple(name for name in names if name in wanted) or names


def _letter(connection: Connection, row: Row[Any]) -> Letter:
    return Letter(
        nonce=row.nonce,
        subject=row.subject,
        html=row.html,
        text=row.text,
        language=row.language,
        told=_told(connection, row.id),
        linked=unpacked(row.linked),
        carried=unpacked(row.carried),
    )


def _told(connection: Connection, letter: int) -> tuple[int, ...]:
    chosen = select(letter_articles.c.article).where(letter_articles.c.letter == letter)
    return tuple(connection.scalars(chosen.order_by(letter_articles.c.article)))
