"""What a question about a letter is of: which reader, which slot, and the view that decides which letter it is."""

from datetime import datetime

from digest import publish
from digest.app.house import House
from digest.editions.due import coming_slot, slot_now
from digest.errors import UnknownName, UsageError
from digest.model import Edition, Letter, Newsletter, Rhythm, Slot, SubscriptionState
from digest.store import Connection, letters, overview, readership, subscribers, suppressions
from digest.store.readership import Audience, Served, ViewKey
from digest.store.subscribers import Reader

NOTHING_NEW = "nothing new in these topics by then"
NO_LETTER = "this edition has no letter for this reader"
TOO_LITTLE = "too little to tell yet: it waits for the next letter"


def reader_of(connection: Connection, newsletter: Newsletter, address: str) -> Reader:
    """The reader of the newsletter at `address`. Raises UnknownName."""
    for reader in subscribers.by_address(connection, address):
        if reader.subscription.newsletter == newsletter.name:
            return reader
    raise UnknownName(f"reader of {newsletter.name}", address)


def slot_of(house: House, newsletter: Newsletter, who: Reader | None, at: datetime | None) -> Slot:
    """The reader's slot at `at`, or that moment as a slot of its own, as `digest send` makes them; None: the next one.

    Raises UsageError where none is to come.
    """
    rhythm = who.subscription.rhythm if who else Rhythm()
    after = at - datetime.resolution if at else house.clock()
    coming = coming_slot(newsletter, house.site, rhythm, after)
    if at:
        return coming if coming and coming.at == at else slot_now(newsletter, house.site, at)
    if coming is None:
        raise UsageError(f"the schedule of {newsletter.name} has no slot to come")
    return coming


def key_of(connection: Connection, newsletter: Newsletter, who: Reader, slot: Slot) -> ViewKey | str:
    """The reader's view as the edition's own question to the store finds it, or why they are not among its readers."""
    own = who.subscription
    audience = Audience(newsletter=newsletter.name, slot=slot.at, rhythms=[own.rhythm], now=slot.at)
    return readership.key_of(connection, audience, own.id) or _why_not(connection, who, slot)


def key_of_somebody(connection: Connection, house: House, newsletter: Newsletter) -> ViewKey:
    """The view of somebody who chose nothing and begins now."""
    mark = publish.starting_mark(connection, newsletter, house.site, Rhythm(), house.clock())
    return ViewKey(Served(mark), None, (), "", "", mark)


def frozen_letter(connection: Connection, edition: Edition, who: Reader | None) -> Letter | None:
    """The letter of the edition that this reader got, or that most got where none is named; None: there is none."""
    if who:
        return letters.to_reader(connection, edition.id, who.subscription.id)
    most = overview.letters_of(connection, edition.id)[:1]
    return letters.by_nonce(connection, most[0].nonce) if most else None


def _why_not(connection: Connection, who: Reader, slot: Slot) -> str:
    if suppressions.find(connection, who.subscriber.address):
        return "this address is suppressed"
    own = who.subscription
    if own.state is SubscriptionState.PENDING:
        return "this reader has not confirmed yet"
    if own.state is SubscriptionState.LEFT:
        return "this reader has left"
    if own.paused_until and own.paused_until > slot.at:
        return f"this reader has paused until {own.paused_until:%Y-%m-%d %H:%M} UTC"
    return "this reader was not subscribed yet at that time"
