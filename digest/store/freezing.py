"""Freezing: an edition, its letters and its outbox are written in one transaction, one for each slot."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, and_, delete, func, insert, literal, select, update

from digest.model import DeliveryState, Edition, EditionState, Judged, Letter, Sending
from digest.store import guarding, locks, reviewing
from digest.store.chunks import chunks
from digest.store.editions import at_slot, find, next_number
from digest.store.numbers import packed
from digest.store.readership import Audience, ViewKey, readers, superseded, unsettled
from digest.store.schema import (
    deliveries,
    edition_articles,
    editions,
    letter_articles,
    letters,
    subscriptions,
    views,
)
from digest.store.settlement import TOLD_AGAIN, call_off
from digest.store.upsert import insert_missing


@dataclass(frozen=True, slots=True, kw_only=True)
class EditionDraft:
    """An edition ready to be frozen."""

    audience: Audience
    #: The slot's wall time, ISO 8601 without a zone.
    wall: str
    number: int
    upto: int
    #: For each view key the letter's nonce, or None where there is nothing to tell.
    served: Mapping[str, str | None]
    #: For keys whose reader may have missed the letter before: the nonce of the letter that makes up for it.
    fallbacks: Mapping[str, str | None]
    letters: Sequence[Letter]
    #: Keys without a letter whose readers are not served up to here: what there is for them waits for the next one.
    waiting: frozenset[str] = frozenset()
    #: What is judged of each article that is new to any reader.
    judged: Sequence[Judged] = ()
    not_before: datetime | None = None
    #: As `Edition` has them.
    fresh: int = 0
    unreached: tuple[str, ...] = ()
    #: Why nothing of it is sent until the operator says so; empty: it is sent.
    hold: str = ""
    sending: Sending = field(default_factory=Sending)


@dataclass(frozen=True, slots=True, kw_only=True)
class Frozen:
    """What freezing came to."""

    edition: Edition
    deliveries: int
    letters: int


class Overtaken(Exception):
    """The store moved on while the letters were being made: they are to be made again."""


def freeze(connection: Connection, draft: EditionDraft) -> Frozen | None:
    """The edition, its letters and its outbox; None where another process has frozen this slot.

    Raises `Overtaken`, and so rolls back, where a reader's view has no letter in the draft or its number is taken.
    """
    audience = draft.audience
    # Two editions frozen at once would not know of each other, and tell the same to the same reader.
    locks.to_freeze(connection, audience.newsletter)
    number = next_number(connection, audience.newsletter, draft.wall)
    edition = _insert(connection, draft)
    if edition is None:
        return None
    if number != draft.number:
        raise Overtaken
    older = and_(superseded(audience), deliveries.c.edition != edition)
    call_off(connection, older, TOLD_AGAIN, audience.now)
    _lock_unsettled(connection, audience.newsletter)
    if audience.rhythms:
        _fill_outbox(connection, edition, audience)
    _assign_letters(connection, edition, draft)
    _note_judged(connection, edition, draft.judged)
    return _seal(connection, edition, draft)


def _insert(connection: Connection, draft: EditionDraft) -> int | None:
    audience = draft.audience
    row = {
        "newsletter": audience.newsletter,
        "slot": audience.slot,
        "wall": draft.wall,
        "number": draft.number,
        "upto": draft.upto,
        "state": EditionState.SENDING.value,
        "frozen_at": audience.now,
        "not_before": draft.not_before,
        "fresh": draft.fresh,
        "unreached": list(draft.unreached) or None,
    }
    if not insert_missing(connection, editions, row):
        return None
    found = at_slot(connection, audience.newsletter, audience.slot)
    return found.id if found else None


def _lock_unsettled(connection: Connection, newsletter: str) -> None:
    """Whoever records one of these waits until we commit, and then finds the deliveries that wait for it."""
    ids = unsettled(newsletter).with_only_columns(deliveries.c.id)
    connection.execute(
        select(deliveries.c.id).where(deliveries.c.id.in_(ids)).order_by(deliveries.c.id).with_for_update(),
    )


def _fill_outbox(connection: Connection, edition: int, audience: Audience) -> None:
    who = readers(audience).subquery()
    columns = ["edition", "subscription", "subscriber", "view", "waits_for", "state", "next_attempt_at"]
    # ORDER BY the subscriber: two transactions that lock the same rows do it in one order.
    chosen = select(
        literal(edition),
        who.c.subscription,
        who.c.subscriber,
        who.c.view,
        who.c.waits_for,
        literal(DeliveryState.QUEUED.value),
        literal(audience.now, deliveries.c.next_attempt_at.type),
    ).order_by(who.c.subscriber)
    connection.execute(insert(deliveries).from_select(columns, chosen))


def _assign_letters(connection: Connection, edition: int, draft: EditionDraft) -> None:
    own = deliveries.c.edition == edition
    keys = sorted(connection.scalars(select(deliveries.c.view).where(own).distinct()))
    if any(key not in draft.served for key in keys):
        raise Overtaken
    told = {key: nonce for key in keys if (nonce := draft.served[key]) is not None}
    untold = [key for key in keys if key not in told]
    _nothing_for(connection, edition, [key for key in untold if key not in draft.waiting], draft.upto)
    _no_letter(connection, edition, untold)
    used = set(told.values()) | {nonce for key in told if (nonce := draft.fallbacks.get(key))}
    ids = {letter.nonce: insert_letter(connection, edition, letter) for letter in draft.letters if letter.nonce in used}
    rows = [
        {
            "edition": edition,
            "key": key,
            "letter": ids[nonce],
            "fallback": ids[fallback] if (fallback := draft.fallbacks.get(key)) else None,
        }
        for key, nonce in told.items()
    ]
    if rows:
        connection.execute(insert(views), rows)


def _nothing_for(connection: Connection, edition: int, keys: Sequence[str], upto: int) -> None:
    """Readers with nothing new are served up to here, unless a letter before is not settled."""
    certain = [key for key in keys if not ViewKey.read(key).pending]
    for some in chunks(certain):
        mine = select(deliveries.c.subscription).where(deliveries.c.edition == edition, deliveries.c.view.in_(some))
        connection.execute(
            update(subscriptions)
            .where(subscriptions.c.id.in_(mine), subscriptions.c.mark <= upto)
            .values(mark=upto, owed=None),
        )


def _no_letter(connection: Connection, edition: int, keys: Sequence[str]) -> None:
    """Readers without a letter get no delivery."""
    for some in chunks(keys):
        connection.execute(delete(deliveries).where(deliveries.c.edition == edition, deliveries.c.view.in_(some)))


def insert_letter(connection: Connection, edition: int, letter: Letter) -> int:
    """Writes a letter of the edition down; gives its id."""
    row = connection.execute(
        insert(letters)
        .values(
            edition=edition,
            nonce=letter.nonce,
            subject=letter.subject,
            html=letter.html,
            text=letter.text,
            language=letter.language,
            linked=packed(sorted(letter.linked)),
            carried=packed(sorted(letter.carried)),
        )
        .returning(letters.c.id),
    ).one()
    if letter.told:
        connection.execute(insert(letter_articles), [{"letter": row.id, "article": number} for number in letter.told])
    return int(row.id)


def _note_judged(connection: Connection, edition: int, judged: Sequence[Judged]) -> None:
    rows = [
        {
            "edition": edition,
            "article": each.article.number,
            "verdict": each.verdict.value,
            "detail": each.detail,
            "categories": ",".join(each.places),
            "story": each.story,
        }
        for each in judged
    ]
    if rows:
        connection.execute(insert(edition_articles), rows)


def _seal(connection: Connection, edition: int, draft: EditionDraft) -> Frozen:
    count = connection.scalar(select(func.count()).where(deliveries.c.edition == edition)) or 0
    made = connection.scalar(select(func.count()).where(letters.c.edition == edition)) or 0
    if not count:
        connection.execute(
            update(editions)
            .where(editions.c.id == edition)
            .values(state=EditionState.SKIPPED.value, number=0, reason=_idle(draft)),
        )
    elif draft.hold:
        connection.execute(
            update(editions).where(editions.c.id == edition).values(state=EditionState.PAUSED.value, reason=draft.hold)
        )
    if count:
        guarding.begin(connection, edition, draft.sending, count)
        reviewing.begin(connection, edition, draft.sending, draft.audience.now)
    if count and connection.dialect.name == "postgresql":
        # The planner knows nothing yet of what was just written, and would lease by scanning all of it.
        connection.exec_driver_sql("ANALYZE deliveries")
    sealed = find(connection, edition)
    if sealed is None:
        raise AssertionError("it has just been written")
    return Frozen(edition=sealed, deliveries=count, letters=made)


def _idle(draft: EditionDraft) -> str:
    """Why nobody gets it."""
    if not draft.served:
        return "none of its readers is to get it: they pause, or are not mailed any more"
    if draft.waiting:
        return "too little to tell yet: it waits for the next edition"
    return "nothing new for any reader"
