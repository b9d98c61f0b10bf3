"""Keeps the database in good order: pruning, and troubles with it in plain words."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, func, or_, select, update
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, ProgrammingError

from digest.errors import StoreError
from digest.model import EditionState
from digest.store.schema import articles, editions, letters

_OVER = [state.value for state in (EditionState.DONE, EditionState.SKIPPED, EditionState.CANCELLED)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pruned:
    """How much lost its text."""

    articles: int
    letters: int


@contextmanager
def said_plainly() -> Iterator[None]:
    """Raises StoreError where the database cannot be reached, read or written."""
    try:
        yield
    except DBAPIError as error:
        if isinstance(error, DataError | IntegrityError | ProgrammingError):
            raise  # our own mistake, which nobody can mend but us
        lines = str(error.orig).strip().splitlines()
        raise StoreError(f"the database cannot be used: {lines[0] if lines else type(error.orig).__name__}") from error


def prune(connection: Connection, before: datetime) -> Pruned:
    """Takes the text from articles that arrived, and letters of editions over and done that were frozen, before then.

    What decides what is new and what was sent stays: numbers, keys, titles, links, marks and outcomes.
    """
    stale = _stale_articles(before)
    bare = update(articles).where(stale).values(excerpt="", image=None, tags=[])
    mute = update(letters).where(_stale_letters(before)).values(html="", text="")
    return Pruned(articles=connection.execute(bare).rowcount, letters=connection.execute(mute).rowcount)


def prune_some(
    connection: Connection, of_articles: datetime | None, of_letters: datetime | None, most: int = 500
) -> Pruned:
    """`prune` for no more than so many of each, so that nobody waits for it; None: nothing of that kind."""
    bared = muted = 0
    if of_articles:
        found = select(articles.c.number).where(_stale_articles(of_articles)).limit(most)
        numbers = list(connection.scalars(found))
        bare = update(articles).where(articles.c.number.in_(numbers)).values(excerpt="", image=None, tags=[])
        bared = connection.execute(bare).rowcount if numbers else 0
    if of_letters:
        chosen = list(connection.scalars(select(letters.c.id).where(_stale_letters(of_letters)).limit(most)))
        silent = update(letters).where(letters.c.id.in_(chosen)).values(html="", text="")
        muted = connection.execute(silent).rowcount if chosen else 0
    return Pruned(articles=bared, letters=muted)


def prunable(connection: Connection, before: datetime) -> Pruned:
    """What `prune` would do."""
    return Pruned(
        articles=connection.scalar(select(func.count()).select_from(articles).where(_stale_articles(before))) or 0,
        letters=connection.scalar(select(func.count()).select_from(letters).where(_stale_letters(before))) or 0,
    )


def _stale_articles(before: datetime) -> ColumnElement[bool]:
    return (articles.c.arrived_at < before) & (articles.c.excerpt != "")


def _stale_letters(before: datetime) -> ColumnElement[bool]:
    over = select(editions.c.id).where(editions.c.frozen_at < before, editions.c.state.in_(_OVER))
    return letters.c.edition.in_(over) & or_(letters.c.html != "", letters.c.text != "")
