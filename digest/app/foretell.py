"""What a reader gets at a slot, before it is sent or after: the same steps on the same store, and nothing written."""

from dataclasses import dataclass
from datetime import datetime

from digest import publish
from digest.app.asked import (
    NO_LETTER,
    NOTHING_NEW,
    TOO_LITTLE,
    frozen_letter,
    key_of,
    key_of_somebody,
    reader_of,
    slot_of,
)
from digest.app.house import House
from digest.mail.compose import prepare
from digest.model import Letter, Mailbox, Newsletter, Slot
from digest.store import Connection, editions
from digest.store.subscribers import Reader

#: Stands for the reader where none is named; nobody is there (RFC 2606).
SOMEBODY = Mailbox(address="reader@example.org")


@dataclass(frozen=True, slots=True, kw_only=True)
class Foretold:
    """A letter before it is sent, or as it was frozen."""

    newsletter: Newsletter
    slot: Slot
    #: None: this reader gets nothing at this slot, and `reason` says why.
    letter: Letter | None
    #: As SMTP would carry it, but for its Message-ID; empty without a letter.
    message: bytes
    #: Whether an edition is frozen for this slot: then the letter is the one it holds.
    frozen: bool
    reason: str = ""


@dataclass(frozen=True, slots=True)
class _Seen:
    """What the store says of it."""

    letter: Letter | None
    #: The Date of the message.
    date: datetime
    frozen: bool = False
    reason: str = ""


async def foretell(house: House, newsletter: Newsletter, *, reader: str = "", at: datetime | None = None) -> Foretold:
    """The letter of `newsletter` that the address `reader` gets at `at`, or at their next slot where that is None.

    Where an edition is frozen at that very slot, its letter is shown; else the one that would be made of what has
    arrived. Without an address it is the letter that most got, or that somebody who chose nothing and begins now gets.

    Raises UnknownName for an address that is not subscribed; UsageError where the configuration has no secret, or no
    slot is to come.
    """
    sender = house.sender()
    who = await house.database.run(reader_of, newsletter, reader) if reader else None
    slot = slot_of(house, newsletter, who, at)
    seen = await house.database.run(_look, house, newsletter, who, slot)
    message = b""
    if seen.letter:
        to = Mailbox(address=who.subscriber.address, name=who.subscriber.name) if who else SOMEBODY
        personal = sender.personal(seen.letter, 0, who.subscription.id if who else 0, to)
        envelope = sender.envelope(newsletter.name, newsletter.title, seen.date)
        message = prepare(seen.letter, envelope).message(personal)
    return Foretold(
        newsletter=newsletter,
        slot=slot,
        letter=seen.letter,
        message=message,
        frozen=seen.frozen,
        reason=seen.reason,
    )


def _look(connection: Connection, house: House, newsletter: Newsletter, who: Reader | None, slot: Slot) -> _Seen:
    """The frozen letter, or the one to come."""
    edition = editions.at_slot(connection, newsletter.name, slot.at)
    if edition:
        letter = frozen_letter(connection, edition, who)
        reason = "" if letter else edition.reason or NO_LETTER
        return _Seen(letter, edition.frozen_at, frozen=True, reason=reason)
    key = key_of(connection, newsletter, who, slot) if who else key_of_somebody(connection, house, newsletter)
    if isinstance(key, str):
        return _Seen(None, slot.at, reason=key)
    seen = publish.foresee(connection, house.press(), newsletter, slot, key, house.clock())
    reason = "" if seen.letter else TOO_LITTLE if seen.waits else NOTHING_NEW
    return _Seen(seen.letter, slot.at, reason=reason)
