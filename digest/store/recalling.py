"""Withdrawing an article from an edition: its views get letters without it, and who has got it is to be told so.

A view's letter is what is sent from now on. Deliveries that have brought the letter of before, or are about to, keep it
as their own; one of these that comes back unsent is leased anew, and gets the view's.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, func, insert, or_, select, update
from sqlalchemy import case as sql_case

from digest.model import DeliveryState, Edition, Letter
from digest.store import letters as stored
from digest.store import locks
from digest.store.editions import find
from digest.store.freezing import insert_letter
from digest.store.readership import letter_of
from digest.store.schema import corrections, deliveries, editions, letter_articles, letters, subscriptions, views
from digest.store.settlement import call_off, close_editions, under_way, waiting

_D = deliveries.c
_GONE = [DeliveryState.SENT.value, DeliveryState.SENDING.value]
#: Why a delivery was not sent whose letter told nothing else.
NOTHING_LEFT = "what it told was withdrawn"


class Moved(Exception):
    """The edition's letters are others by now: they are to be made again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recall:
    """What is withdrawn from which edition."""

    edition: int
    article: int
    #: The operator's words for those who have got it; empty: that it was withdrawn.
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a letter that tells the article is for a view: its letter, or its fallback."""

    key: str
    fallback: bool
    letter: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Anew:
    """What takes a letter's place."""

    letter: Letter
    #: Nobody is sent it who has not been leased the one of before.
    is_empty: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """How many readers there are of each sort."""

    #: Those who are still to get the edition, and get it without the article.
    spared: int
    #: Those who have got the article, or may have, and are told.
    reached: int
    #: Of those who were still to get it, those whose letter told nothing else: they get none.
    called_off: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """An edition from which something is to be withdrawn."""

    edition: Edition
    #: Its slot's wall time, ISO 8601 without a zone.
    wall: str
    places: tuple[Place, ...]
    reach: Reach


def is_withdrawn(connection: Connection, recall: Recall) -> bool:
    """Whether the article has been withdrawn from the edition."""
    own = (corrections.c.edition == recall.edition, corrections.c.article == recall.article)
    return connection.scalar(select(corrections.c.id).where(*own)) is not None


def case(connection: Connection, recall: Recall) -> Case | None:
    """What the withdrawal comes to; None where there is no such edition."""
    edition = find(connection, recall.edition)
    if edition is None:
        return None
    wall = connection.scalar(select(editions.c.wall).where(editions.c.id == recall.edition))
    return Case(edition=edition, wall=wall or "", places=_places(connection, recall), reach=_reach(connection, recall))


def letters_at(connection: Connection, places: Collection[Place]) -> dict[int, Letter]:
    """The letters at these places, by id."""
    ids = sorted({place.letter for place in places})
    return {each: letter for each in ids if (letter := stored.get(connection, each))}


def withdraw(connection: Connection, recall: Recall, made: Mapping[Place, Anew], now: datetime) -> Reach:
    """Withdraws the article; `made` has what takes the place of each letter that tells it.

    Raises `Moved`, and so rolls back, where these are others by now, or where somebody else has withdrawn it.
    """
    edition = find(connection, recall.edition)
    if edition is None:
        raise Moved
    locks.to_freeze(connection, edition.newsletter)
    _lock_open(connection, recall.edition)
    if is_withdrawn(connection, recall) or made.keys() != set(_places(connection, recall)):
        raise Moved
    reach = _reach(connection, recall)
    correction = _note(connection, recall, now)
    _owe(connection, recall, correction)
    _keep_own(connection, recall)
    _replace(connection, recall.edition, made)
    empty = [place for place, anew in made.items() if anew.is_empty]
    called_off = sum(call_off(connection, _bring(recall.edition, place), NOTHING_LEFT, now) for place in empty)
    if called_off:
        close_editions(connection, [recall.edition])
    return Reach(spared=reach.spared - called_off, reached=reach.reached, called_off=called_off)


def _telling(recall: Recall) -> Select[Any]:
    """Ids of the edition's letters that tell the article."""
    tells = (letters.c.edition == recall.edition, letter_articles.c.article == recall.article)
    return select(letter_articles.c.letter).join_from(letter_articles, letters).where(*tells)


def _places(connection: Connection, recall: Recall) -> tuple[Place, ...]:
    telling = _telling(recall)
    rows = connection.execute(
        select(
            views.c.key,
            views.c.letter,
            views.c.fallback,
            views.c.letter.in_(telling).label("tells"),
            views.c.fallback.in_(telling).label("falls_back"),
        )
        .where(views.c.edition == recall.edition, or_(views.c.letter.in_(telling), views.c.fallback.in_(telling)))
        .order_by(views.c.key)
    )
    found = []
    for row in rows:
        found += [Place(key=row.key, fallback=False, letter=row.letter)] if row.tells else []
        found += [Place(key=row.key, fallback=True, letter=row.fallback)] if row.falls_back else []
    return tuple(found)


def _reach(connection: Connection, recall: Recall) -> Reach:
    got = _reached().label("got")
    rows = connection.execute(
        select(got, func.count().label("n"))
        .join_from(deliveries, views, and_(views.c.edition == _D.edition, views.c.key == _D.view))
        .where(_D.edition == recall.edition, or_(_reached(), waiting()), letter_of().in_(_telling(recall)))
        .group_by(got)
    )
    counts = {bool(row.got): row.n for row in rows}
    return Reach(spared=counts.get(False, 0), reached=counts.get(True, 0))


def _reached() -> ColumnElement[bool]:
    """Deliveries that have arrived or may have, and those that somebody is sending."""
    return or_(_D.state.in_(_GONE), _D.doubts > 0)


def _lock_open(connection: Connection, edition: int) -> None:
    """Nobody leases or records these until the commit; SQLite has one writer anyway."""
    if connection.dialect.name == "postgresql":
        rows = (
            select(_D.id)
            .where(_D.edition == edition, or_(waiting(), under_way()))
            .order_by(_D.id)
            .with_for_update()
            .subquery()
        )
        connection.execute(select(func.count()).select_from(rows))


def _note(connection: Connection, recall: Recall, now: datetime) -> int:
    row = {"edition": recall.edition, "article": recall.article, "text": recall.text, "created_at": now}
    return int(connection.execute(insert(corrections).values(row).returning(corrections.c.id)).scalar_one())


def _owe(connection: Connection, recall: Recall, correction: int) -> None:
    s = subscriptions.c
    reached = (
        select(_D.subscription)
        .join_from(deliveries, views, and_(views.c.edition == _D.edition, views.c.key == _D.view))
        .where(_D.edition == recall.edition, _reached(), letter_of().in_(_telling(recall)))
    )
    # Ids grow: the newest one comes last.
    grown = sql_case((s.corrections == "", str(correction)), else_=s.corrections + f",{correction}")
    connection.execute(update(subscriptions).where(s.id.in_(reached)).values(corrections=grown))


def _keep_own(connection: Connection, recall: Recall) -> None:
    shared = (
        select(letter_of())
        .where(views.c.edition == _D.edition, views.c.key == _D.view)
        .correlate(deliveries)
        .scalar_subquery()
    )
    connection.execute(
        update(deliveries)
        .where(
            _D.edition == recall.edition,
            _D.state.in_(_GONE),
            _D.own_letter.is_(None),
            shared.in_(_telling(recall)),
        )
        .values(own_letter=shared)
    )


def _replace(connection: Connection, edition: int, made: Mapping[Place, Anew]) -> None:
    ids: dict[str, int] = {}
    for place, anew in made.items():
        nonce = anew.letter.nonce
        if nonce not in ids:
            ids[nonce] = insert_letter(connection, edition, anew.letter)
        own = update(views).where(views.c.edition == edition, views.c.key == place.key)
        connection.execute(own.values({"fallback" if place.fallback else "letter": ids[nonce]}))


def _bring(edition: int, place: Place) -> ColumnElement[bool]:
    """The deliveries that bring the letter at `place`, or may come to."""
    own = and_(_D.edition == edition, _D.view == place.key)
    if place.fallback:
        return and_(own, or_(_D.fallback, _D.waits_for.is_not(None)))
    view = (views.c.edition == edition, views.c.key == place.key)
    alone = select(views.c.fallback.is_(None)).where(*view).scalar_subquery()
    return and_(own, or_(_D.fallback.is_(False), alone))
