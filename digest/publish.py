"""A due slot becomes one frozen edition, its letters and its outbox.

    due slots ─▶ survey ─▶ arrange, render ─▶ freeze
                (views, articles)  one letter a view    (edition + letters + outbox, one transaction)

What an article is new to is decided by arrival numbers and marks alone: a letter tells what arrived after its readers'
mark, up to the edition's own number. Letters are rendered before the transaction, so that none is open while templates
run; where the store has moved on meanwhile, they are made again.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from digest.editions.arrange import arrange
from digest.editions.due import DueSlot, due_slots, last_due, next_due, slot_now, zone_of
from digest.editions.render import Manuscript
from digest.editions.select import Sorter, fresh
from digest.editions.slots import offset_at
from digest.model import Article, Category, Feed, Letter, Newsletter, Rhythm, Site, Slot, View, WhenEmpty
from digest.store import Connection, Database, articles, editions, readership
from digest.store.editions import EditionDraft, Frozen, Overtaken
from digest.store.readership import Audience, ViewKey

#: A slot that was missed longer ago than this is not even recorded as missed.
_LOOK_BACK = timedelta(days=7)
#: How often letters are made again because readers change their choices meanwhile.
_TRIES = 5


class Typesetter(Protocol):
    """Makes a letter of a manuscript; `editions.render.Renderer` is one."""

    def letter(self, manuscript: Manuscript, nonce: str) -> Letter: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Press:
    """All that editions are made with."""

    database: Database
    typesetter: Typesetter
    site: Site
    newsletters: Mapping[str, Newsletter]
    feeds: Mapping[str, Feed]
    #: Gives an unguessable hexadecimal string, another one each time.
    nonce: Callable[[], str]
    #: Called in the transaction that freezes an edition, on the store's thread.
    on_frozen: Callable[[Connection, Frozen], None] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """What became of a slot."""

    newsletter: str
    slot: Slot
    #: None: skipped, for the reason given.
    frozen: Frozen | None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Survey:
    number: int
    upto: int
    keys: tuple[str, ...]
    articles: tuple[Article, ...]


async def settle_due(
    press: Press, newsletter: Newsletter, now: datetime, after: datetime | None = None
) -> list[Published]:
    """Settles the slots that have come: the last one missed within `grace` is made up for, older ones are skipped.

    `after`: slots up to then are known to be settled; None: it is not known, and a week is looked through.
    """
    done = []
    for due in await press.database.run(_due, newsletter, press.site, (after, now)):
        published = await _settle(press, newsletter, due, now)
        if published:
            done.append(published)
    return done


async def publish(
    press: Press, newsletter: Newsletter, slot: Slot, rhythms: Sequence[Rhythm], now: datetime
) -> Frozen | None:
    """Freezes the edition of `slot` for the readers of these rhythms; None where another process has done so."""
    audience = Audience(newsletter=newsletter.name, slot=slot.at, rhythms=rhythms, now=now)
    made: dict[tuple[View, int], Letter | None] = {}
    for left in reversed(range(_TRIES)):
        survey = await press.database.run(_survey, newsletter, slot, audience)
        draft = await asyncio.to_thread(_draft, press, newsletter, slot, audience, survey, made)
        try:
            return await press.database.run(_freeze, draft, press.on_frozen)
        except Overtaken:
            if not left:
                raise
            made.clear()
    raise AssertionError("the last try returns or raises")


async def publish_now(press: Press, newsletter: Newsletter, now: datetime) -> Frozen | None:
    """An edition for every reader, whatever the schedule says; None where there is one for this very moment."""
    rhythms = await press.database.run(readership.rhythms, newsletter.name)
    return await publish(press, newsletter, slot_now(newsletter, press.site, now), rhythms, now)


def starting_mark(connection: Connection, newsletter: Newsletter, site: Site, rhythm: Rhythm, now: datetime) -> int:
    """Where a new subscription begins: with what has arrived since its last slot, as the others' next letter does.

    A reader's first letter is then neither empty nor a flood, and the same as theirs.
    """
    last = last_due(newsletter, site, rhythm, now)
    since = max(last.at, now - newsletter.max_age) if last else now - newsletter.max_age
    edition = editions.at_slot(connection, newsletter.name, last.at) if last else None
    return edition.upto if edition and edition.upto else articles.number_at(connection, since)


def coming(connection: Connection, newsletter: Newsletter, site: Site, after: datetime) -> Slot | None:
    """The newsletter's next slot for any of its readers."""
    return next_due(newsletter, site, readership.rhythms(connection, newsletter.name), after)


def foresee(connection: Connection, press: Press, newsletter: Newsletter, slot: Slot, key: ViewKey) -> Letter | None:
    """The letter that readers of view `key` would get at `slot`, by what has arrived; None where they would get none.

    Writes nothing: the same steps on the same store as `publish`.
    """
    number = editions.next_number(connection, newsletter.name, slot.local.isoformat())
    upto = articles.last_number(connection)
    told = articles.between(connection, key.told_from, upto, slot.at - newsletter.max_age)
    survey = _Survey(number=number, upto=upto, keys=(), articles=told)
    return _Composer(press, newsletter, slot, survey, {}).letter(key, key.told_from)


def _due(
    connection: Connection, newsletter: Newsletter, site: Site, window: tuple[datetime | None, datetime]
) -> list[DueSlot]:
    after, now = window
    known = editions.known_since(connection, newsletter.name) or now
    since = max(known, after or now - _LOOK_BACK)
    settled = editions.slots(connection, newsletter.name, since)
    rhythms = readership.rhythms(connection, newsletter.name)
    return due_slots(newsletter, site, rhythms, settled, (since, now))


async def _settle(press: Press, newsletter: Newsletter, due: DueSlot, now: datetime) -> Published | None:
    if due.skip:
        audience = Audience(newsletter=newsletter.name, slot=due.slot.at, rhythms=(), now=now)
        if not await press.database.run(editions.skip, audience, due.slot.local.isoformat(), due.skip):
            return None
        return Published(newsletter=newsletter.name, slot=due.slot, frozen=None, reason=due.skip)
    frozen = await publish(press, newsletter, due.slot, due.rhythms, now)
    if frozen is None:
        return None
    return Published(newsletter=newsletter.name, slot=due.slot, frozen=frozen, reason=frozen.edition.reason)


def _freeze(
    connection: Connection, draft: EditionDraft, on_frozen: Callable[[Connection, Frozen], None] | None
) -> Frozen | None:
    frozen = editions.freeze(connection, draft)
    if frozen and frozen.deliveries and on_frozen:
        on_frozen(connection, frozen)
    return frozen


def _survey(connection: Connection, newsletter: Newsletter, slot: Slot, audience: Audience) -> _Survey:
    upto = articles.last_number(connection)
    keys = readership.view_keys(connection, audience) if audience.rhythms else ()
    marks = [ViewKey.read(key).mark for key in keys]
    told = articles.between(connection, min(marks), upto, slot.at - newsletter.max_age) if marks else ()
    number = editions.next_number(connection, newsletter.name, slot.local.isoformat())
    return _Survey(number=number, upto=upto, keys=keys, articles=told)


def _draft(
    press: Press,
    newsletter: Newsletter,
    slot: Slot,
    audience: Audience,
    survey: _Survey,
    made: dict[tuple[View, int], Letter | None],
) -> EditionDraft:
    composer = _Composer(press, newsletter, slot, survey, made)
    served: dict[str, str | None] = {}
    fallbacks: dict[str, str | None] = {}
    for text in survey.keys:
        key = ViewKey.read(text)
        served[text] = composer.nonce(key, key.told_from)
        if key.pending:
            fallbacks[text] = composer.nonce(key, key.mark)
    return EditionDraft(
        audience=audience,
        wall=slot.local.isoformat(),
        number=survey.number,
        upto=survey.upto,
        served=served,
        fallbacks=fallbacks,
        letters=[letter for letter in composer.made.values() if letter],
    )


class _Composer:
    """Makes each letter of one edition once, however many readers share its view."""

    def __init__(
        self,
        press: Press,
        newsletter: Newsletter,
        slot: Slot,
        survey: _Survey,
        made: dict[tuple[View, int], Letter | None],
    ) -> None:
        self.made = made
        self._press, self._newsletter, self._slot, self._survey = press, newsletter, slot, survey
        self._sorter = Sorter(press.feeds, newsletter.categories)

    def nonce(self, key: ViewKey, mark: int) -> str | None:
        letter = self.letter(key, mark)
        return letter.nonce if letter else None

    def letter(self, key: ViewKey, mark: int) -> Letter | None:
        """The letter of the view, with what arrived after `mark`; None where there is nothing to tell."""
        view = view_of(key, mark, self._newsletter, self._press.site, self._slot)
        if view is None:
            return None
        place = (view, self._survey.upto)
        if place not in self.made:
            self.made[place] = self._make(view)
        return self.made[place]

    def _make(self, view: View) -> Letter | None:
        newsletter, survey = self._newsletter, self._survey
        told = fresh(survey.articles, view.mark, survey.upto, self._slot.at - newsletter.max_age)
        arrangement = arrange(told, newsletter, view, self._sorter)
        if not arrangement.sections and newsletter.when_empty is WhenEmpty.SKIP:
            return None
        manuscript = Manuscript(
            site=self._press.site,
            newsletter=newsletter,
            number=survey.number,
            slot=self._slot.at,
            view=view,
            arrangement=arrangement,
        )
        return self._press.typesetter.letter(manuscript, self._press.nonce())


def view_of(key: ViewKey, mark: int, newsletter: Newsletter, site: Site, slot: Slot) -> View | None:
    """What decides the letter of readers with `key`; None where nothing they chose exists any more."""
    chosen = _chosen(key.categories, newsletter.categories)
    if not chosen:
        return None
    offset = offset_at(zone_of(newsletter, site, key.timezone), slot.at)
    return View(mark=mark, categories=chosen, language=key.language or site.language, offset=offset)


def _chosen(names: Sequence[str], categories: Sequence[Category]) -> tuple[str, ...]:
    return tuple(category.name for category in categories if not names or category.name in names)
