"""What a question about a letter is of: which reader, which slot, and the view that decides which letter it is."""

import re
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from digest import publish
from digest.app.house import House
from digest.editions.due import coming_slot, slot_now
from digest.errors import UnknownName, UsageError
from digest.model import Edition, Letter, Newsletter, Rhythm, Slot, SubscriptionState
from digest.store import Connection, letters, overview, readership, subscribers, suppressions, trail
from digest.store.readership import Audience, Served, ViewKey
from digest.store.subscribers import Reader

NOTHING_NEW = "nothing new in these topics by then"
NO_LETTER = "this edition has no letter for this reader"
TOO_LITTLE = "too little to tell yet: it waits for the next letter"
#: Of a frozen edition so many letters, those with the most readers, are looked through for the one that fits a choice.
_MOST_LETTERS = 200
#: A language tag (RFC 5646 2.1), roughly.
_TAG = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,7}")


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeUp:
    """Somebody who begins now, with these choices."""

    #: Names, in the newsletter's order; empty: all that it has.
    categories: tuple[str, ...] = ()
    #: BCP 47; empty: the site's.
    language: str = ""
    #: An IANA zone; empty: the newsletter's or the site's.
    zone: str = ""

    def require_sense(self, newsletter: Newsletter) -> None:
        """Raises UnknownName for a category or zone that does not exist, UsageError for what is no language."""
        known = [category.name for category in newsletter.categories]
        for name in self.categories:
            if name not in known:
                raise UnknownName(f"category of {newsletter.name}", name[:40], known)
        if self.language and not _TAG.fullmatch(self.language):
            raise UsageError(f"{self.language[:40]!r} is no language; write its tag as in de or pt-BR")
        try:
            ZoneInfo(self.zone or "UTC")
        except (ZoneInfoNotFoundError, ValueError, OSError):
            # OSError: a folder of zones, as "Europe".
            raise UnknownName("time zone", self.zone[:40]) from None


#: Chose nothing.
ANYBODY = MadeUp()


def reader_of(connection: Connection, newsletter: Newsletter, address: str) -> Reader:
    """The reader of the newsletter at `address`. Raises UnknownName."""
    for reader in subscribers.by_address(connection, address):
        if reader.subscription.newsletter == newsletter.name:
            return reader
    raise UnknownName(f"reader of {newsletter.name}", address)


def rhythm_of(who: Reader | None, made_up: MadeUp = ANYBODY) -> Rhythm:
    """Which slots the reader takes, or the one who is made up where there is none."""
    return who.subscription.rhythm if who else Rhythm(made_up.zone)


def slot_of(house: House, newsletter: Newsletter, rhythm: Rhythm, at: datetime | None) -> Slot:
    """The rhythm's slot at `at`, or that moment as a slot of its own, as `digest send` makes them; None: the next one.

    Raises UsageError where none is to come.
    """
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


def key_of_somebody(connection: Connection, house: House, newsletter: Newsletter, made_up: MadeUp = ANYBODY) -> ViewKey:
    """The view of somebody who begins now."""
    mark = publish.starting_mark(connection, newsletter, house.site, rhythm_of(None, made_up), house.clock())
    return ViewKey(Served(mark), None, made_up.categories, made_up.language, made_up.zone, mark)


def frozen_letter(
    connection: Connection, edition: Edition, who: Reader | None, made_up: MadeUp = ANYBODY
) -> Letter | None:
    """The letter of the edition that this reader got; None: there is none.

    Where no reader is named it is, of the letters for the choices of `made_up`, the one that most got; where there are
    no such letters, or nothing was chosen, the one of all that most got.
    """
    if who:
        return letters.to_reader(connection, edition.id, who.subscription.id)
    some = overview.letters_of(connection, edition.id)
    fitting = [] if made_up == ANYBODY else [each for each in some[:_MOST_LETTERS] if _fits(connection, each, made_up)]
    most = [*fitting, *some][:1]
    return letters.by_nonce(connection, most[0].nonce) if most else None


def _fits(connection: Connection, letter: overview.LetterFigures, made_up: MadeUp) -> bool:
    """Whether the letter is one for these choices; those that were not made fit all."""
    if made_up.language and letter.language != made_up.language:
        return False
    key = trail.view_of(connection, letter.nonce)
    if key is None:
        return False
    chosen = set(made_up.categories)
    return (not chosen or chosen == set(key.categories)) and made_up.zone in {"", key.timezone}


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
