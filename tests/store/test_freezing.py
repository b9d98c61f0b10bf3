"""Freezing: an edition, its letters and its outbox in one transaction, one for each slot."""

import asyncio
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from sqlalchemy import func, select

from digest.model import EditionState, Letter, Rhythm, Slot, Suppression, SuppressionReason
from digest.publish import publish, publish_now
from digest.store import editions, freezing, letters, readership, schema, subscribers, suppressions
from digest.store.freezing import EditionDraft, Overtaken
from digest.store.readership import Audience, Served, ViewKey
from digest.store.subscribers import Choices

SLOT = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)
NONCES = count(1)


@pytest.fixture
def drafted(newsroom):
    return lambda **changes: _drafted(newsroom, **changes)


def _drafted(newsroom, *, slot=SLOT, wall="", number=1, upto=3, tell=True):
    """What a process would have ready to freeze for `slot`: one letter a view."""
    with newsroom.database.begin() as connection:
        rhythms = readership.rhythms(connection, "daily")
        audience = Audience(newsletter="daily", slot=slot, rhythms=rhythms, now=newsroom.now)
        keys = readership.view_keys(connection, audience) if rhythms else ()
    made = {key: Letter(nonce=f"{next(NONCES):x}", subject=key, html="", text="", language="en") for key in keys}
    return EditionDraft(
        audience=audience,
        wall=wall or slot.replace(tzinfo=None).isoformat(),
        number=number,
        upto=upto,
        served={key: letter.nonce if tell else None for key, letter in made.items()},
        fallbacks={},
        letters=list(made.values()),
    )


def _freeze(newsroom, draft):
    return newsroom.database.call(freezing.freeze, draft)


def _count(newsroom, table):
    return newsroom.database.call(lambda c: c.scalar(select(func.count()).select_from(table)))


def test_freezing_writes_edition_letters_and_outbox(newsroom, drafted):
    newsroom.join("ada@reader.example")
    newsroom.join("bob@reader.example", categories=("sport",))
    frozen = _freeze(newsroom, drafted())
    edition = frozen.edition
    assert (frozen.deliveries, frozen.letters) == (2, 2)
    assert (edition.newsletter, edition.slot, edition.number, edition.upto) == ("daily", SLOT, 1, 3)
    assert (edition.state, edition.frozen_at, edition.reason) == (EditionState.SENDING, newsroom.now, "")
    assert newsroom.states() == {"ada@reader.example": "queued", "bob@reader.example": "queued"}
    assert newsroom.database.call(editions.find, edition.id) == edition
    assert newsroom.database.call(editions.at_slot, "daily", SLOT) == edition


def test_a_slot_is_frozen_once(newsroom, drafted):
    newsroom.join()
    assert _freeze(newsroom, drafted())
    assert _freeze(newsroom, drafted()) is None
    assert (_count(newsroom, schema.editions), _count(newsroom, schema.deliveries)) == (1, 1)


def test_of_many_that_freeze_a_slot_at_once_one_does(newsroom, drafted, at_once):
    for n in range(30):
        newsroom.join(f"{n}@reader.example")
    drafts = [drafted() for _ in range(10)]
    done = at_once(*[lambda draft=draft: _freeze(newsroom, draft) for draft in drafts])
    (frozen,) = (each for each in done if each)
    assert (frozen.deliveries, frozen.letters) == (30, 1)
    counts = [_count(newsroom, table) for table in (schema.editions, schema.letters, schema.views, schema.deliveries)]
    assert counts == [1, 1, 1, 30]


async def test_of_twenty_that_publish_a_slot_at_once_one_does(newsroom):
    newsroom.join()
    newsroom.arrive("a")
    done = await asyncio.gather(*(publish_now(newsroom.press, newsroom.newsletter, newsroom.now) for _ in range(20)))
    assert len([each for each in done if each]) == 1
    assert (_count(newsroom, schema.editions), _count(newsroom, schema.deliveries)) == (1, 1)


def test_editions_of_different_slots_frozen_at_once_get_different_numbers(newsroom, drafted, at_once):
    newsroom.join()
    drafts = [drafted(slot=SLOT + timedelta(seconds=n)) for n in range(6)]

    def freeze(draft):
        while True:
            try:
                return _freeze(newsroom, draft).edition.number
            except Overtaken:
                number = newsroom.database.call(editions.next_number, "daily", draft.wall)
                draft = replace(_drafted(newsroom, slot=draft.audience.slot), number=number)

    numbers = at_once(*[lambda draft=draft: freeze(draft) for draft in drafts])
    assert sorted(numbers) == [1, 2, 3, 4, 5, 6]


def test_what_raises_leaves_nothing_behind(newsroom, drafted):
    newsroom.join()
    draft = drafted()
    twice = replace(draft, letters=[*draft.letters, *draft.letters])
    with pytest.raises(Exception, match=r"(?i)unique"):
        _freeze(newsroom, twice)
    assert [_count(newsroom, table) for table in (schema.editions, schema.letters, schema.deliveries)] == [0, 0, 0]


def test_a_reader_whose_view_has_no_letter_overtakes_the_draft(newsroom, drafted):
    ada = newsroom.join()
    draft = drafted()
    newsroom.database.call(subscribers.choose, ada.id, Choices(categories=("sport",)), newsroom.now)
    with pytest.raises(Overtaken):
        _freeze(newsroom, draft)
    assert _count(newsroom, schema.editions) == 0
    assert _freeze(newsroom, drafted()).deliveries == 1


def test_a_number_taken_meanwhile_overtakes_the_draft(newsroom, drafted):
    newsroom.join()
    draft = drafted(slot=SLOT + timedelta(hours=1))
    _freeze(newsroom, drafted())
    with pytest.raises(Overtaken):
        _freeze(newsroom, draft)


def _suppress(newsroom, address):
    entry = Suppression(address=address, reason=SuppressionReason.MANUAL, evidence="", created_at=newsroom.now)
    newsroom.database.call(suppressions.add, entry)


@pytest.mark.parametrize(
    "kind", ["pending", "left", "paused", "suppressed", "subscribed after the slot", "of another newsletter"]
)
def test_who_should_not_be_mailed_gets_no_delivery(newsroom, drafted, kind):
    newsroom.join("ada@reader.example")
    newsroom.later(hours=1)
    after = SLOT + timedelta(microseconds=1)
    ways = {
        "pending": {"confirmed": False},
        "paused": {"paused_until": newsroom.now + timedelta(microseconds=1)},
        "subscribed after the slot": {"since": after},
    }
    if kind == "of another newsletter":
        replace(newsroom, newsletter=replace(newsroom.newsletter, name="weekly")).join("bob@reader.example")
    else:
        bob = newsroom.join("bob@reader.example", **ways.get(kind, {}))
    if kind == "left":
        newsroom.database.call(subscribers.leave, bob.id, newsroom.now, "link")
    if kind == "suppressed":
        _suppress(newsroom, "bob@reader.example")
    assert _freeze(newsroom, drafted()).deliveries == 1
    assert list(newsroom.states()) == ["ada@reader.example"]


def test_who_subscribed_at_the_slot_or_whose_pause_has_ended_gets_it(newsroom, drafted):
    newsroom.join("ada@reader.example", since=SLOT)
    newsroom.join("bob@reader.example", paused_until=newsroom.now)
    assert _freeze(newsroom, drafted()).deliveries == 2


async def test_readers_with_one_view_share_a_letter_and_others_do_not(newsroom):
    newsroom.arrive("a", "b", feed="world")
    newsroom.arrive("c", feed="sport")
    newsroom.join("all@x.example")
    newsroom.join("all-too@x.example")
    newsroom.join("later@x.example", mark=1)
    newsroom.join("sport@x.example", categories=("sport",))
    newsroom.join("german@x.example", language="de")
    frozen = await newsroom.edition()
    assert (frozen.deliveries, frozen.letters) == (5, 4)
    letter = {delivery.address: delivery.letter for delivery in newsroom.lease()}
    assert letter["all@x.example"] == letter["all-too@x.example"]
    told = {a.partition("@")[0]: newsroom.database.call(letters.get, i).told for a, i in letter.items()}
    everything = (1, 2, 3)
    assert told == {"all": everything, "all-too": everything, "german": everything, "later": (2, 3), "sport": (3,)}


async def test_what_all_categories_named_or_none_named_means_is_one_letter(newsroom):
    newsroom.arrive("a")
    newsroom.join("all@x.example")
    newsroom.join("both@x.example", categories=("world", "sport"))
    frozen = await newsroom.edition()
    assert (frozen.deliveries, frozen.letters) == (2, 1)


async def test_nothing_new_for_anybody_is_a_skipped_edition_with_its_reason(newsroom):
    ada = newsroom.join()
    frozen = await newsroom.edition()
    edition = newsroom.database.call(editions.find, frozen.edition.id)
    assert (frozen.deliveries, frozen.letters) == (0, 0)
    assert (edition.state, edition.reason) == (EditionState.SKIPPED, "nothing new for any reader")
    assert newsroom.states() == {}
    assert newsroom.mark(ada) == 0


async def test_a_skipped_edition_has_no_number_so_that_readers_see_no_gap(newsroom):
    newsroom.join()
    assert (await newsroom.edition()).edition.number == 0
    newsroom.later(days=1)
    newsroom.arrive("a")
    assert (await newsroom.edition()).edition.number == 1


async def test_readers_for_whom_nothing_is_new_are_served_up_to_here_without_a_letter(newsroom):
    newsroom.arrive("a", feed="world")
    ada = newsroom.join("ada@reader.example", categories=("world",))
    bob = newsroom.join("bob@reader.example", categories=("sport",))
    await newsroom.edition()
    assert list(newsroom.states()) == ["ada@reader.example"]
    assert (newsroom.mark(ada), newsroom.mark(bob)) == (0, 1)


async def test_freezing_moves_no_mark_of_those_who_get_a_letter(newsroom):
    newsroom.arrive("a")
    ada = newsroom.join()
    await newsroom.edition()
    assert newsroom.mark(ada) == 0


async def test_a_newer_edition_calls_off_what_was_not_sent_and_tells_it_again(newsroom):
    newsroom.arrive("a")
    newsroom.join()
    first = await newsroom.edition()
    newsroom.later(hours=1)
    newsroom.arrive("b")
    second = await newsroom.edition()
    assert newsroom.states(first.edition.id) == {"ada@reader.example": "cancelled"}
    (delivery,) = newsroom.lease()
    assert delivery.edition == second.edition.id
    assert newsroom.database.call(letters.get, delivery.letter).told == (1, 2)


def test_numbers_count_and_editions_of_one_wall_time_share_theirs(newsroom, drafted):
    newsroom.join()
    wall = "2026-03-02T07:00:00"
    for hours, expected in ((0, 1), (1, 1), (24, 2)):
        slot = SLOT + timedelta(hours=hours)
        shown = wall if hours < 24 else "2026-03-03T07:00:00"
        assert newsroom.database.call(editions.next_number, "daily", shown) == expected
        frozen = _freeze(newsroom, drafted(slot=slot, wall=shown, number=expected))
        assert frozen.edition.number == expected


def test_what_is_skipped_is_not_frozen_and_the_other_way_round(newsroom, drafted):
    newsroom.join()
    audience = Audience(newsletter="daily", slot=SLOT, rhythms=(), now=newsroom.now)
    newsroom.database.call(editions.skip, audience, "2026-03-02T07:00:00", "too late")
    assert _freeze(newsroom, drafted()) is None
    later = SLOT + timedelta(days=1)
    assert _freeze(newsroom, drafted(slot=later))
    assert not newsroom.database.call(editions.skip, replace(audience, slot=later), "2026-03-03T07:00:00", "too late")


def test_a_view_key_is_read_back_as_the_database_made_it(newsroom):
    newsroom.join(mark=7, categories=("world", "sport"), language="pt-BR", timezone="Europe/London")
    with newsroom.database.begin() as connection:
        rhythms = readership.rhythms(connection, "daily")
        audience = Audience(newsletter="daily", slot=SLOT, rhythms=rhythms, now=newsroom.now)
        (key,) = readership.view_keys(connection, audience)
    assert ViewKey.read(key) == ViewKey(Served(7), None, ("world", "sport"), "pt-BR", "Europe/London", 7)


async def test_editions_frozen_at_once_do_not_tell_a_reader_the_same_twice(newsroom):
    newsroom.arrive("a")
    newsroom.join()
    moments = [newsroom.now + timedelta(seconds=n) for n in range(4)]
    await asyncio.gather(*(publish_now(newsroom.press, newsroom.newsletter, moment) for moment in moments))
    assert sorted(row.state for row in newsroom.rows()) == ["cancelled"] * 3 + ["queued"]


async def test_choices_do_not_change_while_an_edition_is_frozen(newsroom, monkeypatch):
    newsroom.arrive("a")
    ada = newsroom.join("ada@reader.example", timezone="Europe/Paris")
    newsroom.join("bob@reader.example")
    await newsroom.edition()
    newsroom.later(minutes=1)
    real = freezing._fill_outbox
    choosing = threading.Thread(
        target=newsroom.database.call, args=(subscribers.choose, ada.id, Choices(), newsroom.now)
    )

    def fill(connection, edition, audience):
        # Ada has a letter waiting that was not called off: she is not of this audience, but would like to be.
        choosing.start()
        choosing.join(0.3)
        real(connection, edition, audience)

    monkeypatch.setattr(freezing, "_fill_outbox", fill)
    slot = Slot(at=newsroom.now, local=newsroom.now.replace(tzinfo=None), offset=0)
    await publish(newsroom.press, newsroom.newsletter, slot, [Rhythm()], newsroom.now)
    choosing.join()
    addresses = [delivery.address for delivery in newsroom.lease()]
    assert sorted(addresses) == ["ada@reader.example", "bob@reader.example"]
