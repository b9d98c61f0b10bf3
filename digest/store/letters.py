"""Letters, frozen: what a retry, the archive and the page behind "view in browser" all show."""

from typing import Any

from sqlalchemy import Connection, Row, case, func, select

from digest.model import Letter
from digest.store.schema import deliveries, editions, letter_articles, letters, views


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


def to_reader(connection: Connection, edition: int, subscription: int) -> Letter | None:
    """The letter of an edition that a reader got or is to get; None where there is none."""
    got = case((deliveries.c.fallback, func.coalesce(views.c.fallback, views.c.letter)), else_=views.c.letter)
    chosen = (
        select(letters)
        .join_from(deliveries, views, (views.c.edition == deliveries.c.edition) & (views.c.key == deliveries.c.view))
        .join(letters, letters.c.id == got)
        .where(deliveries.c.edition == edition, deliveries.c.subscription == subscription)
    )
    row = connection.execute(chosen).one_or_none()
    return _letter(connection, row) if row else None


def _letter(connection: Connection, row: Row[Any]) -> Letter:
    numbers = connection.scalars(
        select(letter_articles.c.article).where(letter_articles.c.letter == row.id).order_by(letter_articles.c.article),
    )
    return Letter(
        nonce=row.nonce,
        subject=row.subject,
        html=row.html,
        text=row.text,
        language=row.language,
        articles=tuple(numbers),
    )
