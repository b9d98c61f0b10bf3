"""What a reader gets at a slot, before it is sent or after: the same steps on the same store, and nothing written."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from digest import publish
from digest.app.house import House
from digest.editions.due import coming_slot, slot_now
from digest.errors import UnknownName, UsageError
from digest.mail.compose import prepare
from digest.model import Letter, Mailbox, Newsletter, Rhythm, Site, Slot, SubscriptionState
from digest.store import Connection, editions, letters, overview, readership, subscribers, suppressions
from digest.store.readership import Audience, Served, ViewKey
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

    Raises UnknownName for an address that is not subscribed; UsageError where the configuration has no secret.
    """
    sender, now = house.sender(), house.clock()
    who = await house.database.run(_reader, newsletter, reader) if reader else None
    rhythm = _rhythm(who)
    slot = _slot(newsletter, house.site, rhythm, at) if at else coming_slot(newsletter, house.site, rhythm, now)
    if slot is None:
        raise UsageError(f"the schedule of {newsletter.name} has no slot to come")
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


def _slot(newsletter: Newsletter, site: Site, rhythm: Rhythm, at: datetime) -> Slot:
    """The slot of the schedule at `at`, or else that moment as a slot of its own, as `digest send` makes them."""
    regular = coming_slot(newsletter, site, rhythm, at - timedelta(microseconds=1))
    return regular if regular and regular.at == at else slot_now(newsletter, site, at)


def _rhythm(who: Reader | None) -> Rhythm:
    return who.subscription.rhythm if who else Rhythm()


def _reader(connection: Connection, newsletter: Newsletter, address: str) -> Reader:
    for reader in subscribers.by_address(connection, address):
        if reader.subscription.newsletter == newsletter.name:
            return reader
    raise UnknownName(f"reader of {newsletter.name}", address)


def _look(connection: Connection, house: House, newsletter: Newsletter, who: Reader | None, slot: Slot) -> _Seen:
    """The frozen letter, or the one to come."""
    edition = editions.at_slot(connection, newsletter.name, slot.at)
    if edition:
        own = letters.to_reader(connection, edition.id, who.subscription.id) if who else None
        letter = own if who else _most_read(connection, edition.id)
        reason = "" if letter else edition.reason or "this edition has no letter for this reader"
        return _Seen(letter, edition.frozen_at, frozen=True, reason=reason)
    key = _key_of(connection, newsletter, who, slot) if who else _key_of_somebody(connection, house, newsletter)
    if isinstance(key, str):
        return _Seen(None, slot.at, reason=key)
    letter = publish.foresee(connection, house.press(), newsletter, slot, key, house.clock())
    return _Seen(letter, slot.at, reason="" if letter else "nothing new in these topics by then")


def _most_read(connection: Connection, edition: int) -> Letter | None:
    nonces = [each.nonce for each in overview.letters_of(connection, edition)[:1]]
    return letters.by_nonce(connection, nonces[0]) if nonces else None


def _key_of_somebody(connection: Connection, house: House, newsletter: Newsletter) -> ViewKey:
    mark = publish.starting_mark(connection, newsletter, house.site, Rhythm(), house.clock())
    return ViewKey(Served(mark), None, (), "", "", mark)


def _key_of(connection: Connection, newsletter: Newsletter, who: Reader, slot: Slot) -> ViewKey | str:
    """The reader's view as the edition's own question to the store finds it, or why they are not among its readers."""
    audience = Audience(newsletter=newsletter.name, slot=slot.at, rhythms=[_rhythm(who)], now=slot.at)
    return readership.key_of(connection, audience, who.subscription.id) or _why_not(connection, who)


def _why_not(connection: Connection, who: Reader) -> str:
    if suppressions.find(connection, who.subscriber.address):
        return "this address is suppressed"
    own = who.subscription
    if own.state is SubscriptionState.PENDING:
        return "this reader has not confirmed yet"
    if own.state is SubscriptionState.LEFT:
        return "this reader has left"
    if own.paused_until:
        return f"this reader has paused until {own.paused_until:%Y-%m-%d %H:%M} UTC"
    return "this reader was not subscribed yet at that time"
