"""Editions that have been sent, as anybody may see them: each by the letter that tells most."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, func, or_, select

from digest.model import EditionState
from digest.store.schema import articles, editions, letter_articles, letters

_E = editions.c
#: Those that are on their way to readers, or were: no review and no pause hides them any more.
_SENT = (EditionState.SENDING.value, EditionState.DONE.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """One edition of the archive."""

    newsletter: str
    number: int
    slot: datetime
    subject: str
    language: str
    #: The public address of its letter.
    nonce: str
    articles: int


def editions_of(connection: Connection, newsletter: str, most: int, *, search: str = "") -> list[Past]:
    """The newest first; with `search`, those with it in the subject or in the title of what they tell."""
    chosen = _past().where(_E.newsletter == newsletter).order_by(_E.slot.desc(), _E.id.desc()).limit(most)
    if search:
        sign = search.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        told = (
            select(letter_articles.c.letter)
            .join(articles, articles.c.number == letter_articles.c.article)
            .where(articles.c.title.ilike(f"%{sign}%", escape="\\"))
        )
        chosen = chosen.where(or_(letters.c.subject.ilike(f"%{sign}%", escape="\\"), letters.c.id.in_(told)))
    return [_read(row) for row in connection.execute(chosen)]


def edition(connection: Connection, newsletter: str, number: int) -> Past | None:
    """The edition of that number; None where there is none, or it has not been sent."""
    chosen = _past().where(_E.newsletter == newsletter, _E.number == number)
    row = connection.execute(chosen.order_by(_E.id.desc()).limit(1)).one_or_none()
    return _read(row) if row else None


def everywhere(connection: Connection, newsletters: Sequence[str], most: int) -> list[Past]:
    """The newest of several newsletters."""
    chosen = _past().where(_E.newsletter.in_(newsletters)).order_by(_E.slot.desc(), _E.id.desc()).limit(most)
    return [_read(row) for row in connection.execute(chosen)]


def _past() -> Select[Any]:
    """Each edition that was sent, with the letter that tells most; of several the first."""
    told = select(func.count()).where(letter_articles.c.letter == letters.c.id).correlate(letters).scalar_subquery()
    widest = (
        select(letters.c.id)
        .where(letters.c.edition == _E.id, letters.c.html != "")
        .order_by(told.desc(), letters.c.id)
        .limit(1)
        .correlate(editions)
        .scalar_subquery()
    )
    return (
        select(
            _E.newsletter,
            _E.number,
            _E.slot,
            letters.c.subject,
            letters.c.language,
            letters.c.nonce,
            told.label("told"),
        )
        .join_from(editions, letters, letters.c.id == widest)
        .where(_E.state.in_(_SENT), _E.number > 0)
    )


def _read(row: Row[Any]) -> Past:
    return Past(
        newsletter=row.newsletter,
        number=row.number,
        slot=row.slot,
        subject=row.subject,
        language=row.language,
        nonce=row.nonce,
        articles=row.told,
    )
