"""The slots of a newsletter that one may want to look at: those whose editions are stored, and those to come."""

from collections.abc import Iterator, MutableMapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from digest.app.asked import rhythm_of
from digest.app.house import House
from digest.app.scene import Asked
from digest.editions.due import coming_slot, zone_of
from digest.model import DeliveryState, Edition, EditionState
from digest.store import Connection, editions, outbox, trail
from digest.store.subscribers import Reader

_PAST, _COMING = 20, 10
#: So many settled slots are looked through for those that were published.
_LOOKED_THROUGH = 100


class Kind(StrEnum):
    """Where a slot lies."""

    PAST = "past"
    #: The first to come.
    NEXT = "next"
    COMING = "coming"


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """A slot that has an edition, or will have one."""

    #: Aware, by the newsletter's clock.
    at: datetime
    kind: Kind
    #: Of the edition; 0: it has none yet.
    number: int = 0
    #: How many mails of it have gone out.
    sent: int = 0


def occasions(
    connection: Connection, house: House, asked: Asked, who: Reader | None, sent: MutableMapping[int, int]
) -> list[Occasion]:
    """The newest editions that this reader has had, or all where they have had none; then the slots to come.

    `sent` keeps by edition what cannot change any more between calls: to count it takes long in a large house.
    """
    zone = zone_of(asked.newsletter, house.site, "")
    past = [
        Occasion(
            at=edition.slot.astimezone(zone),
            kind=Kind.PAST,
            number=edition.number,
            sent=_sent(connection, edition, sent),
        )
        for edition in _past(connection, asked.newsletter.name, who)
    ]
    coming = [
        Occasion(at=at.astimezone(zone), kind=Kind.COMING if place else Kind.NEXT)
        for place, at in enumerate(_coming(house, asked, who))
    ]
    return [*past, *coming]


def _past(connection: Connection, newsletter: str, who: Reader | None) -> list[Edition]:
    """Newest first."""
    some = [each for each in editions.latest(connection, newsletter, _LOOKED_THROUGH) if each.number]
    if who and some:
        first = min(each.id for each in some)
        had = {each.edition for each in trail.posted(connection, newsletter, who.subscription.id, first)}
        some = [each for each in some if each.id in had] or some
    return some[:_PAST]


def _sent(connection: Connection, edition: Edition, known: MutableMapping[int, int]) -> int:
    if edition.id in known:
        return known[edition.id]
    count = outbox.tally(connection, edition.id).states.get(DeliveryState.SENT, 0)
    if edition.state is EditionState.DONE:
        known[edition.id] = count
    return count


def _coming(house: House, asked: Asked, who: Reader | None) -> Iterator[datetime]:
    rhythm, after = rhythm_of(who, asked.made_up), house.clock()
    for _ in range(_COMING):
        slot = coming_slot(asked.newsletter, house.site, rhythm, after)
        if slot is None:
            return
        yield slot.at
        after = slot.at
