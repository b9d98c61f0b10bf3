"""A due slot becomes one frozen edition, its letters and its outbox.

    due slots ─▶ feeds ready? ─▶ survey ─▶ judge, group, arrange, render ─▶ freeze
                              (views, articles)  one letter a view    (edition + letters + outbox, one transaction)

What an article is new to is decided by arrival numbers and marks alone: a letter tells what arrived after its readers'
mark, up to the edition's own number. Letters are rendered before the transaction, so that none is open while templates
run; where the store has moved on meanwhile, they are made again.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from digest.editions.due import ON_TIME, DueSlot, coming_slots, due_slots, last_due, looking_since, next_due, slot_now
from digest.model import Letter, Newsletter, Rhythm, Site, Slot
from digest.publish.composing import Composer
from digest.publish.failures import Failures
from digest.publish.gate import Gate
from digest.publish.press import Press
from digest.publish.survey import material, owed_to, survey, waited_for
from digest.store import Connection, articles, editions, freezing, readership
from digest.store.freezing import EditionDraft, Frozen, Overtaken
from digest.store.readership import Audience, ViewKey

#: How often letters are made again because readers change their choices meanwhile.
_TRIES = 5
#: A newsletter that has only just been known has news of so long.
_FIRST = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """What became of a slot."""

    newsletter: str
    slot: Slot
    #: None: skipped, for the reason given.
    frozen: Frozen | None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreseen:
    """What the readers of a view would get."""

    #: None: nothing.
    letter: Letter | None
    #: There is something for them, and it waits for their next letter.
    waits: bool


async def settle_due(
    press: Press,
    newsletter: Newsletter,
    now: datetime,
    after: datetime | None = None,
    gate: Gate | None = None,
    failures: Failures | None = None,
) -> list[Published]:
    """Settles the slots that have come: the last one missed within `grace` is made up for, older ones are skipped.

    `after`: slots up to then are known to be settled; None: it is not known, and a week is looked through. With `gate`
    an edition waits for the newsletter's feeds that are due; it remains to be settled. `failures` remember what kept
    an edition from being made: that is recorded once it is too late.
    """
    done, waiting = [], []
    failures = failures or Failures()
    # What has waited for its feeds is not too late for that.
    patient = replace(newsletter, grace=max(newsletter.grace, ON_TIME) + newsletter.wait_for_feeds)
    for due in await press.database.run(_due, patient if gate else newsletter, press.site, (after, now)):
        if gate and not due.skip and await _must_wait(press, gate, newsletter, due.slot, now):
            waiting.append(due.slot)
            continue
        with failures.noting(newsletter.name, due.slot.at):
            reason = failures.blamed(newsletter.name, due.slot.at, due.skip)
            published = await _settle(press, newsletter, replace(due, skip=reason), now)
        if published:
            done.append(published)
    if gate:
        gate.keep(newsletter, waiting)
    return done


async def publish(
    press: Press, newsletter: Newsletter, slot: Slot, rhythms: Sequence[Rhythm], now: datetime
) -> Frozen | None:
    """Freezes the edition of `slot` for the readers of these rhythms; None where another process has done so."""
    audience = Audience(newsletter=newsletter.name, slot=slot.at, rhythms=rhythms, now=now)
    composer: Composer | None = None
    for left in reversed(range(_TRIES)):
        found = await press.database.run(survey, press, newsletter, slot, audience)
        if composer is None or composer.material != found.material:
            composer = await asyncio.to_thread(Composer, press, newsletter, slot, found.material, now)
        draft = await asyncio.to_thread(composer.draft, found)
        try:
            return await press.database.run(_freeze, draft, press.on_frozen)
        except Overtaken:
            if not left:
                raise
    raise AssertionError("the last try returns or raises")


async def publish_now(press: Press, newsletter: Newsletter, now: datetime) -> Frozen | None:
    """An edition for every reader, whatever the schedule says; None where there is one for this very moment."""
    rhythms = await press.database.run(readership.rhythms, newsletter.name)
    return await publish(press, newsletter, slot_now(newsletter, press.site, now), rhythms, now)


def starting_mark(connection: Connection, newsletter: Newsletter, site: Site, rhythm: Rhythm, now: datetime) -> int:
    """Where a new subscription begins: with what has arrived since its last slot, as the others' next letter does.

    A reader's first letter is then neither empty nor a flood, and the same as theirs. A newsletter whose first edition
    is still to come begins with the last day.
    """
    last = last_due(newsletter, site, rhythm, now)
    since = max(last.at, now - newsletter.max_age) if last else now - newsletter.max_age
    known = editions.known_since(connection, newsletter.name) or now
    if last is None or last.at < known:
        since = max(since, min(known, now) - _FIRST)
    edition = editions.at_slot(connection, newsletter.name, last.at) if last else None
    return edition.upto if edition and edition.upto else articles.number_at(connection, since)


def coming(connection: Connection, newsletter: Newsletter, site: Site, after: datetime) -> Slot | None:
    """The newsletter's next slot for any of its readers."""
    return next_due(newsletter, site, readership.rhythms(connection, newsletter.name), after)


def foresee(
    connection: Connection, press: Press, newsletter: Newsletter, slot: Slot, key: ViewKey, now: datetime
) -> Foreseen:
    """What readers of view `key` would get at `slot`, by what has arrived.

    Writes nothing: the same steps on the same store as `publish`.
    """
    composer = composer_for(connection, press, newsletter, slot, now)
    view = composer.view(key, key.told_from, owed_to(connection, [key]))
    return Foreseen(letter=composer.letter(view), waits=view in composer.waiting)


def composer_for(connection: Connection, press: Press, newsletter: Newsletter, slot: Slot, now: datetime) -> Composer:
    """What makes the letters of an edition that is to be foreseen."""
    rhythms = readership.rhythms(connection, newsletter.name)
    window = (slot.at - datetime.resolution, slot.at)
    takers = next((each.rhythms for each in coming_slots(newsletter, press.site, rhythms, window)), rhythms)
    audience = Audience(newsletter=newsletter.name, slot=slot.at, rhythms=takers, now=now)
    return Composer(press, newsletter, slot, material(connection, press, newsletter, slot, audience), now)


def _due(
    connection: Connection, newsletter: Newsletter, site: Site, window: tuple[datetime | None, datetime]
) -> list[DueSlot]:
    after, now = window
    since = looking_since(editions.known_since(connection, newsletter.name), after, now)
    settled = editions.slots(connection, newsletter.name, since)
    rhythms = readership.rhythms(connection, newsletter.name)
    return due_slots(newsletter, site, rhythms, settled, (since, now))


async def _must_wait(press: Press, gate: Gate, newsletter: Newsletter, slot: Slot, now: datetime) -> bool:
    if not newsletter.wait_for_feeds:
        return False
    awaited = await press.database.run(waited_for, press, newsletter, slot)
    return bool(awaited) and gate.waits(newsletter, slot, now)


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
    frozen = freezing.freeze(connection, draft)
    if frozen and frozen.deliveries and on_frozen:
        on_frozen(connection, frozen)
    return frozen
