"""What was withdrawn from editions, and which readers are still to be told of it, in their next letter.

A reader's own list stands in `subscriptions.corrections`; the letter that tells it has the same in its view's key.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, bindparam, select, update

from digest.model import Article, Correction
from digest.store.quick import Quick, among, firsts
from digest.store.readership import ViewKey, ids_in
from digest.store.schema import (
    articles,
    corrections,
    deliveries,
    editions,
    letter_articles,
    letters,
    subscriptions,
)

_C, _D, _S = corrections.c, deliveries.c, subscriptions.c

_LISTED = Quick(
    select(_S.id, _S.corrections, _D.view, _D.fallback, _D.edition, _D.own_letter, _D.doubts)
    .join_from(deliveries, subscriptions, _S.id == _D.subscription)
    .where(_D.id.in_(among("ids")), _S.corrections != "")
    .order_by(_S.id)
    # Who withdraws something meanwhile writes to the same lists.
    .with_for_update(of=subscriptions)
)


def of_newsletter(connection: Connection, newsletter: str) -> dict[int, Correction]:
    """All of a newsletter, by id."""
    rows = connection.execute(_corrections().where(editions.c.newsletter == newsletter))
    return {row.id: _correction(row) for row in rows}


def of_letter(connection: Connection, nonce: str) -> tuple[Correction, ...]:
    """What was withdrawn of what the letter with this public address tells, after it was made."""
    tells = and_(letter_articles.c.letter == letters.c.id, letter_articles.c.article == _C.article)
    chosen = _corrections().join(letters, letters.c.edition == _C.edition).join(letter_articles, tells)
    return tuple(_correction(row) for row in connection.execute(chosen.where(letters.c.nonce == nonce)))


def withdrawn(connection: Connection, *, by: datetime | None = None) -> frozenset[int]:
    """The numbers of all articles that the operator has withdrawn, by a moment or at all."""
    chosen = select(_C.article).distinct()
    return frozenset(connection.scalars(chosen if by is None else chosen.where(_C.created_at <= by)))


def marked(connection: Connection, found: Sequence[Article]) -> tuple[Article, ...]:
    """The same articles; those that the operator has withdrawn are marked as such, and no edition tells them."""
    gone = withdrawn(connection)
    return tuple(replace(each, withdrawn=True) if each.number in gone else each for each in found)


def told(connection: Connection, served: Sequence[int]) -> None:
    """Strikes off what the letters of these deliveries, which have just been served, have told their readers.

    Also what was to be told to those who had it in flight when it was withdrawn, and have got the edition without it.
    """
    if not served:
        return
    rows = _LISTED.run(connection, ids=firsts(served))
    if not rows:
        return
    without = _by_edition(connection, {row[4] for row in rows if row[5] is None and not row[6]})
    left: dict[int, set[int]] = {}
    for reader, listed, view, fallback, edition, _, _ in rows:
        done = {*ViewKey.read(view).told(fallback=bool(fallback)), *without.get(edition, ())}
        left[reader] = left.get(reader, {*ids_in(listed)}) - done
    _write(connection, left)


def owe_again(connection: Connection, which: ColumnElement[bool]) -> None:
    """What the letters of these deliveries tell is still to be told: they count as served no longer."""
    rows = connection.execute(
        select(_S.id, _S.corrections, _D.view, _D.fallback)
        .join_from(deliveries, subscriptions, _S.id == _D.subscription)
        .where(which)
        .order_by(_S.id)
        .with_for_update(of=subscriptions)
    )
    left: dict[int, set[int]] = {}
    for row in rows:
        if again := ViewKey.read(row.view).told(fallback=row.fallback):
            left[row.id] = left.get(row.id, {*ids_in(row.corrections)}) | {*again}
    _write(connection, left)


def _corrections() -> Select[Any]:
    return (
        select(_C.id, _C.text, editions.c.number, editions.c.slot, articles.c.title)
        .select_from(corrections)
        .join(editions, editions.c.id == _C.edition)
        .join(articles, articles.c.number == _C.article)
        .order_by(_C.id)
    )


def _correction(row: Row[Any]) -> Correction:
    return Correction(number=row.number, slot=row.slot, title=row.title, text=row.text)


def _by_edition(connection: Connection, ids: Iterable[int]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for row in connection.execute(select(_C.id, _C.edition).where(_C.edition.in_(sorted(ids)))):
        found.setdefault(row.edition, []).append(row.id)
    return found


def _write(connection: Connection, lists: dict[int, set[int]]) -> None:
    rows = [{"b_id": reader, "b_list": ",".join(map(str, sorted(ids)))} for reader, ids in lists.items()]
    if rows:
        connection.execute(
            update(subscriptions).where(_S.id == bindparam("b_id")).values(corrections=bindparam("b_list")), rows
        )
