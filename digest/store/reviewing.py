"""Editions that the operators see before the readers do: paused from the moment they are frozen, until it is decided.

    frozen ─▶ paused ─▶ operators asked ─▶ released, by one of them or by itself (`guarding.open_gates`)
                                        └▶ called off

Who decides last finds that it is decided.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, case, func, literal, select, update

from digest.model import OPEN, Edition, EditionState, Sending
from digest.store import editions as store
from digest.store import guarding, overview
from digest.store.overview import LetterFigures
from digest.store.schema import deliveries, editions

_E, _D = editions.c, deliveries.c

#: Why such an edition is paused, if for nothing else.
WAITING = "waiting for review"


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """An edition that was to be reviewed, and how it stands."""

    edition: Edition
    #: The one with the most readers first.
    letters: tuple[LetterFigures, ...]
    #: How many readers are still to get theirs.
    readers: int
    #: Nobody has decided yet.
    waits: bool
    #: When it leaves by itself; None: never, or it was decided.
    release_at: datetime | None

    @property
    def held(self) -> str:
        """Why it is paused besides; empty: for its review alone."""
        return "" if self.edition.reason == WAITING else self.edition.reason

    @property
    def link(self) -> tuple[int, int]:
        """What a link to decide names: the edition, and when it was frozen.

        A restored database gives the ids that came after its backup once more, to other editions.
        """
        return self.edition.id, int(self.edition.frozen_at.timestamp())


def begin(connection: Connection, edition: int, sending: Sending, now: datetime) -> None:
    """Pauses an edition that has just been frozen, if it is to be reviewed.

    One that is held for another reason says so, and does not leave by itself: somebody has to look at it.
    """
    if not sending.review:
        return
    held = _E.state == EditionState.PAUSED.value
    by_itself = now + sending.release_after if sending.release_after else None
    connection.execute(
        update(editions)
        .where(_E.id == edition, _E.state.in_([EditionState.SENDING.value, EditionState.PAUSED.value]))
        .values(
            state=EditionState.PAUSED.value,
            reason=case((held, _E.reason), else_=WAITING),
            review=True,
            release_at=case((~held, literal(by_itself, _E.release_at.type))),
        )
    )


def waiting_to_be_asked(connection: Connection, newsletter: str, before: datetime) -> list[int]:
    """Editions frozen by `before` that no operator has been sent yet, oldest first; not those made up for since."""
    left = select(_D.id).where(_D.edition == _E.id, _open()).exists()
    chosen = select(_E.id).where(
        _E.newsletter == newsletter, _waits(), _E.review_sent_at.is_(None), _E.frozen_at <= before, left
    )
    return list(connection.scalars(chosen.order_by(_E.slot, _E.id)))


def asked(connection: Connection, edition: int, now: datetime) -> None:
    """A mail server has taken it for an operator at least."""
    own = (_E.id == edition, _E.review_sent_at.is_(None))
    connection.execute(update(editions).where(*own).values(review_sent_at=now))


def find(connection: Connection, edition: int) -> Review | None:
    """None where there is no such edition."""
    found = store.find(connection, edition)
    if found is None:
        return None
    row = connection.execute(select(_waits().label("waits"), _E.release_at).where(_E.id == edition)).one()
    left = connection.scalar(select(func.count()).where(_D.edition == edition, _open()))
    return Review(
        edition=found,
        letters=tuple(overview.letters_of(connection, edition)),
        readers=left or 0,
        waits=bool(row.waits),
        release_at=row.release_at if row.waits else None,
    )


def release(connection: Connection, edition: int) -> bool:
    """An operator lets it go; False where it does not wait for that any more."""
    return _lock(connection, edition) and guarding.resume(connection, edition)


def call_off(connection: Connection, edition: int, now: datetime) -> bool:
    """An operator wants none of it sent; its stories go into the readers' next letters. False as for `release`."""
    if not _lock(connection, edition):
        return False
    store.cancel(connection, edition, now)
    return True


def _lock(connection: Connection, edition: int) -> bool:
    """Whether it waits; then nobody else decides until the commit."""
    own = select(_E.id).where(_E.id == edition, _waits()).with_for_update()
    return connection.scalar(own) is not None


def _waits() -> ColumnElement[bool]:
    return and_(_E.state == EditionState.PAUSED.value, _E.review)


def _open() -> ColumnElement[bool]:
    return _D.state.in_([state.value for state in OPEN])
