"""A new subscriber gets the latest edition at once.

It is the same edition, with its number and up to the same article, for readers who begin where most of its readers
began: it tells nothing that their next letter tells again, and their next letter goes on where it ends.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from digest.editions.due import coming_slot
from digest.model import Edition, Letter, Newsletter, Slot, View
from digest.publish.composing import Composer
from digest.publish.press import Press
from digest.publish.survey import Material, unreached_then
from digest.store import Connection, articles, corrections, plans, readership, welcoming
from digest.store.readership import ViewKey
from digest.store.welcoming import Hall, Offer

#: An edition of so long ago is no news to anybody.
_LONGEST = timedelta(days=7)
#: Nothing arrived as early as this.
_NOTHING = -1


@dataclass(slots=True)
class NothingFor:
    """For which view keys an edition has nothing to tell, so that nobody asks again; of one process."""

    _keys: dict[str, set[tuple[int, str]]] = field(default_factory=dict)

    def remembered(self, newsletter: str, among: set[tuple[int, str]]) -> set[tuple[int, str]]:
        """Those of `among`, keys by their editions; all others of the newsletter are forgotten."""
        self._keys[newsletter] = self._keys.get(newsletter, set()) & among
        return self._keys[newsletter]

    def add(self, newsletter: str, key: tuple[int, str]) -> None:
        self._keys.setdefault(newsletter, set()).add(key)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Guests:
    """Whom an edition is offered, and what there is of it."""

    offer: Offer
    keys: tuple[str, ...]
    material: Material
    #: By view key: ids.
    letters: Mapping[str, int]


async def welcome(press: Press, newsletter: Newsletter, now: datetime, nothing: NothingFor | None = None) -> int:
    """Gives new readers the edition that was the latest when they became active; how many have got it.

    Everybody gets one once, whoever asks and however often. Those for whom there is nothing in it get nothing, and
    where `nothing` is kept between calls nothing is made for them again.
    """
    if not newsletter.welcome:
        return 0
    nothing = nothing or NothingFor()
    hall = Hall(newsletter=newsletter.name, now=now, span=min(newsletter.max_age, _LONGEST))
    given = 0
    for guests in await press.database.run(_guests, press, newsletter, hall, nothing):
        prepared = await asyncio.to_thread(_prepared, press, newsletter, guests)
        for key in set(guests.keys) - prepared.keys():
            nothing.add(newsletter.name, (guests.offer.edition.id, key))
        given += await press.database.run(_give, press, hall, guests.offer, prepared)
    return given


def _guests(
    connection: Connection, press: Press, newsletter: Newsletter, hall: Hall, nothing: NothingFor
) -> list[_Guests]:
    keys = {offer: welcoming.view_keys(connection, hall, offer) for offer in welcoming.offers(connection, hall)}
    among = {(offer.edition.id, key) for offer, some in keys.items() for key in some}
    left = among - nothing.remembered(newsletter.name, among)
    return [
        _Guests(
            offer=offer,
            keys=wanted,
            material=_material(connection, press, newsletter, offer.edition, hall.now),
            letters=welcoming.letters_by_key(connection, offer.edition.id),
        )
        for offer, some in keys.items()
        if (wanted := tuple(key for key in some if (offer.edition.id, key) in left))
    ]


def _material(
    connection: Connection, press: Press, newsletter: Newsletter, edition: Edition, now: datetime
) -> Material:
    """What the edition was made of, as far as it is still there."""
    rhythms = readership.rhythms(connection, newsletter.name)
    coming = [coming_slot(newsletter, press.site, rhythm, now) for rhythm in rhythms]
    return Material(
        number=edition.number,
        upto=edition.upto,
        articles=corrections.marked(
            connection, articles.between(connection, _NOTHING, edition.upto, edition.slot - newsletter.max_age)
        ),
        plan=plans.find(connection, newsletter.name, edition.number),
        next_at=max(each.at for each in coming if each) if coming and all(coming) else None,
        unreached=unreached_then(connection, press, edition),
        usual=(),
    )


def _prepared(press: Press, newsletter: Newsletter, guests: _Guests) -> dict[str, Letter | int]:
    """By view key: the letter that readers of the edition with the same view got, or one made for it."""
    edition, local = guests.offer.edition, datetime.fromisoformat(guests.offer.wall)
    ahead = (local - edition.slot.replace(tzinfo=None)) // timedelta(minutes=1)
    slot = Slot(at=edition.slot, local=local, offset=ahead)
    composer = Composer(press, newsletter, slot, guests.material, edition.frozen_at)
    stored = _by_view(composer, guests)
    prepared: dict[str, Letter | int] = {}
    for key in guests.keys:
        view = composer.view(ViewKey.read(key), ViewKey.read(key).served, {})
        found = stored.get(view) if view else None
        letter = found if found is not None else composer.letter(view)
        if isinstance(letter, int) or (letter and letter.told):
            prepared[key] = letter
    return prepared


def _by_view(composer: Composer, guests: _Guests) -> dict[View, int]:
    """The letters of those who began where a guest begins."""
    marks = {ViewKey.read(key).served.mark for key in guests.keys}
    found: dict[View, int] = {}
    for text, letter in guests.letters.items():
        key = ViewKey.read(text)
        if key.told_from.mark not in marks or key.told_from.owed:
            continue
        if view := composer.view(key, key.told_from, {}):
            found.setdefault(view, letter)
    return found


def _give(connection: Connection, press: Press, hall: Hall, offer: Offer, prepared: Mapping[str, Letter | int]) -> int:
    if not prepared:
        return 0
    given = welcoming.give(connection, hall, offer, prepared)
    if given is None:
        return 0
    if press.on_frozen:
        press.on_frozen(connection, given)
    return given.deliveries
