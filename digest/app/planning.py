"""What a changed configuration would do to the coming edition of each newsletter, and would have done to the last ones.

Both configurations are played on the same articles and readers, so that whatever differs is due to the change alone.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache

from digest import publish
from digest.app.house import House
from digest.editions.board import Board
from digest.editions.due import coming_slots, zone_of
from digest.model import Edition, Newsletter, Rhythm, Slot, View, WhenEmpty
from digest.publish.composing import board_of, view_of
from digest.publish.survey import Material, material, owed_to, unreached_then
from digest.store import Connection, articles, editions, readership, replaying
from digest.store.readership import Audience, ViewKey

#: Where the story stands that leads a letter.
_TOP = "the top"
#: So many settled slots are looked through for each edition that is wanted: most slots of some newsletters are empty.
_LOOKED_THROUGH = 4
#: Nothing arrived as early as this.
_NOTHING = -1

#: Article number -> the heading that it stands under.
_Told = Mapping[int, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What becomes different about one edition."""

    newsletter: str
    #: Of the edition; 0: it is still to come.
    number: int
    #: Aware; None: by that configuration there is none to come.
    before: datetime | None
    after: datetime | None
    #: (title, heading) of articles that somebody gets who would not, and the other way round; in order of arrival.
    added: tuple[tuple[str, str], ...] = ()
    dropped: tuple[tuple[str, str], ...] = ()
    #: (title, heading before, heading after).
    moved: tuple[tuple[str, str, str], ...] = ()
    #: For so many of so many readers anything is different.
    touched: int = 0
    readers: int = 0

    @property
    def is_none(self) -> bool:
        """Nothing is different."""
        return self.before == self.after and not self.touched and not (self.added or self.dropped or self.moved)


@dataclass(slots=True)
class _Sum:
    """The differences over all views."""

    added: dict[int, str] = field(default_factory=dict)
    dropped: dict[int, str] = field(default_factory=dict)
    moved: dict[int, tuple[str, str]] = field(default_factory=dict)
    touched: int = 0

    def add(self, old: _Told, new: _Told, readers: int) -> None:
        self.added.update({number: new[number] for number in new.keys() - old.keys()})
        self.dropped.update({number: old[number] for number in old.keys() - new.keys()})
        both = old.keys() & new.keys()
        self.moved.update({number: (old[number], new[number]) for number in both if old[number] != new[number]})
        self.touched += readers if old != new else 0


def effects(connection: Connection, old: House, new: House, name: str, last: int) -> Iterator[Effect]:
    """Of the newsletter `name`, which either house has: the coming edition first, then the newest `last`."""
    yield _coming(connection, old, new, name)
    found = editions.latest(connection, name, _LOOKED_THROUGH * last)
    for edition in [each for each in found if each.number][:last]:
        yield _past(connection, old, new, edition)


def _coming(connection: Connection, old: House, new: House, name: str) -> Effect:
    slots = [_next_slot(connection, house, name) for house in (old, new)]
    asked = next(((house, slot) for house, slot in zip((old, new), slots, strict=True) if slot), None)
    before, after = (slot.at if slot else None for slot in slots)
    if asked is None:
        return Effect(newsletter=name, number=0, before=before, after=after)
    keys = _keys(connection, *asked, name)
    boards = [
        _board(connection, house, name, slot, None) if slot else None
        for house, slot in zip((old, new), slots, strict=True)
    ]
    played = [_Played(house, name, slot, board) for house, slot, board in zip((old, new), slots, boards, strict=True)]
    return _effect(connection, played, keys, Effect(newsletter=name, number=0, before=before, after=after))


def _past(connection: Connection, old: House, new: House, edition: Edition) -> Effect:
    name = edition.newsletter
    keys = replaying.readers_by_view(connection, edition.id)
    played = []
    for house in (old, new):
        slot = _slot_of(house, name, edition)
        board = _board(connection, house, name, slot, edition) if slot else None
        played.append(_Played(house, name, slot, board))
    effect = Effect(newsletter=name, number=edition.number, before=edition.slot, after=edition.slot)
    return _effect(connection, played, keys, effect)


class _Played:
    """An edition by one configuration."""

    def __init__(self, house: House, name: str, slot: Slot | None, board: Board | None) -> None:
        self._house, self._newsletter, self._slot = house, house.newsletters.get(name), slot
        self._board = board
        self._arranged = cache(self._of)

    def told(self, key: ViewKey, owed: Mapping[int, tuple[int, ...]]) -> _Told:
        """What readers with this key get."""
        if self._newsletter is None or self._slot is None or self._board is None:
            return {}
        view = view_of(key, key.told_from, owed, self._newsletter, self._house.site, self._slot)
        return self._arranged(self._board.canonical(view)) if view else {}

    def titles(self, numbers: Sequence[int]) -> dict[int, str]:
        judged = self._board.judged if self._board else {}
        return {number: judged[number].article.title for number in numbers if number in judged}

    def _of(self, view: View) -> _Told:
        assert self._board is not None  # noqa: S101 - asked above
        found = self._board.arrange(view)
        is_empty = not found.sections and not found.lead
        if found.waits or (is_empty and self._newsletter and self._newsletter.when_empty is WhenEmpty.SKIP):
            return {}
        told = {
            each.number: section.category.title
            for section in found.sections
            for story in section.stories
            for each in story.articles
        }
        return told | {each.number: _TOP for each in (found.lead.articles if found.lead else ())}


def _effect(connection: Connection, played: Sequence[_Played], keys: Mapping[str, int], effect: Effect) -> Effect:
    known = {text: ViewKey.read(text) for text in keys}
    owed, total = owed_to(connection, known.values()), _Sum()
    for text, key in known.items():
        old, new = (each.told(key, owed) for each in played)
        total.add(old, new, keys[text])
    numbers = sorted({*total.added, *total.dropped, *total.moved})
    titles = {**played[0].titles(numbers), **played[1].titles(numbers)}
    return replace(
        effect,
        added=tuple((titles[number], total.added[number]) for number in sorted(total.added)),
        dropped=tuple((titles[number], total.dropped[number]) for number in sorted(total.dropped)),
        moved=tuple((titles[number], *total.moved[number]) for number in sorted(total.moved)),
        touched=total.touched,
        readers=sum(keys.values()),
    )


def _next_slot(connection: Connection, house: House, name: str) -> Slot | None:
    newsletter = house.newsletters.get(name)
    return publish.coming(connection, newsletter, house.site, house.clock()) if newsletter else None


def _slot_of(house: House, name: str, edition: Edition) -> Slot | None:
    """The edition's slot by the newsletter's clock; None where the house has no such newsletter."""
    newsletter = house.newsletters.get(name)
    if newsletter is None:
        return None
    local = edition.slot.astimezone(zone_of(newsletter, house.site, ""))
    ahead = local.utcoffset()
    return Slot(
        at=edition.slot, local=local.replace(tzinfo=None), offset=int(ahead.total_seconds()) // 60 if ahead else 0
    )


def _audience(connection: Connection, house: House, newsletter: Newsletter, slot: Slot) -> Audience:
    """Those whose slot it is."""
    rhythms = readership.rhythms(connection, newsletter.name)
    window = (slot.at - datetime.resolution, slot.at)
    takers = next((each.rhythms for each in coming_slots(newsletter, house.site, rhythms, window)), rhythms)
    now = max(house.clock(), slot.at)
    return Audience(newsletter=newsletter.name, slot=slot.at, rhythms=takers or [Rhythm()], now=now)


def _keys(connection: Connection, house: House, slot: Slot, name: str) -> dict[str, int]:
    """Of the readers whose slot it is, how many have each view."""
    audience = _audience(connection, house, house.newsletters[name], slot)
    return dict(readership.view_keys(connection, audience))


def _board(connection: Connection, house: House, name: str, slot: Slot, edition: Edition | None) -> Board:
    newsletter, press = house.newsletters[name], house.press()
    found = material(connection, press, newsletter, slot, _audience(connection, house, newsletter, slot))
    if edition:
        found = _then(connection, house, newsletter, edition, found)
    return board_of(press, newsletter, slot, found, edition.frozen_at if edition else house.clock())


def _then(connection: Connection, house: House, newsletter: Newsletter, edition: Edition, found: Material) -> Material:
    """What had arrived for the edition from the feeds of this house: others would not have been collected."""
    arrived = articles.between(connection, _NOTHING, edition.upto, edition.slot - newsletter.max_age)
    return replace(
        found,
        number=edition.number,
        upto=edition.upto,
        articles=tuple(each for each in arrived if house.feeds.keys() & set(each.feeds)),
        unreached=unreached_then(connection, house.press(), edition),
    )
