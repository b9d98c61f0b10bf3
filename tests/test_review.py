"""An edition that is to be reviewed is paused from its first moment on, until somebody decides or its time is over."""

from dataclasses import replace
from datetime import timedelta

import pytest

from digest.model import DeliveryState, EditionState, Sending
from digest.store import editions, guarding, outbox, reviewing


@pytest.fixture
def frozen(newsroom):
    """Freezes an edition for three readers."""

    async def freeze(**more):
        sending = Sending(review=True, **more)
        newsroom.newsletter = replace(newsroom.newsletter, sending=sending)
        for name in ("ada", "ben", "cleo"):
            newsroom.join(f"{name}@reader.example")
        newsroom.arrive("a")
        return (await newsroom.edition()).edition

    return freeze


def review(newsroom, edition):
    return newsroom.database.call(reviewing.find, edition.id)


def waiting(newsroom, before=None):
    return newsroom.database.call(reviewing.waiting_to_be_asked, "daily", before or newsroom.now)


def state(newsroom, edition):
    return newsroom.database.call(editions.find, edition.id).state


async def test_nothing_of_it_is_sent_before_it_is_released(newsroom, frozen):
    edition = await frozen()
    assert (edition.state, edition.reason) == (EditionState.PAUSED, "waiting for review")
    assert newsroom.lease() == []
    assert not newsroom.database.call(outbox.due, newsroom.now)

    assert newsroom.database.call(reviewing.release, edition.id)
    assert len(newsroom.lease()) == 3
    assert (state(newsroom, edition), review(newsroom, edition).waits) == (EditionState.SENDING, False)


async def test_one_that_is_not_to_be_reviewed_goes_out_at_once(newsroom):
    newsroom.join()
    newsroom.arrive("a")
    edition = (await newsroom.edition()).edition
    assert (edition.state, waiting(newsroom)) == (EditionState.SENDING, [])
    assert not newsroom.database.call(reviewing.release, edition.id)
    assert not newsroom.database.call(reviewing.call_off, edition.id, newsroom.now)
    assert len(newsroom.lease()) == 1


async def test_one_without_a_reader_is_skipped_and_nobody_is_asked(newsroom):
    newsroom.newsletter = replace(newsroom.newsletter, sending=Sending(review=True))
    newsroom.join()
    edition = (await newsroom.edition()).edition
    assert (edition.state, waiting(newsroom)) == (EditionState.SKIPPED, [])


async def test_it_says_how_many_readers_and_letters_it_has_and_when_it_leaves(newsroom, frozen):
    newsroom.join("dan@reader.example", categories=("sport",))
    newsroom.arrive("b", feed="sport")
    found = review(newsroom, await frozen(release_after=timedelta(hours=2)))
    assert (found.readers, [letter.readers for letter in found.letters]) == (4, [3, 1])
    assert (found.waits, found.held, found.release_at) == (True, "", newsroom.now + timedelta(hours=2))
    assert newsroom.database.call(reviewing.find, 99) is None


async def test_the_operators_are_asked_once(newsroom, frozen):
    edition = await frozen()
    assert waiting(newsroom, newsroom.now - timedelta(seconds=1)) == []
    assert waiting(newsroom) == [edition.id]
    newsroom.database.call(reviewing.asked, edition.id, newsroom.now)
    assert waiting(newsroom) == []
    assert review(newsroom, edition).waits


async def test_it_leaves_by_itself_when_nobody_decides_in_time(newsroom, frozen):
    edition = await frozen(release_after=timedelta(hours=2))
    newsroom.later(hours=1, minutes=59)
    assert newsroom.database.call(guarding.open_gates, newsroom.now, {}) == []
    newsroom.later(minutes=1)
    assert newsroom.database.call(guarding.open_gates, newsroom.now, {}) == [edition.id]
    assert len(newsroom.lease()) == 3
    assert not newsroom.database.call(reviewing.call_off, edition.id, newsroom.now)


async def test_without_a_time_it_never_leaves_by_itself(newsroom, frozen):
    await frozen()
    newsroom.later(days=30)
    assert newsroom.database.call(guarding.open_gates, newsroom.now, {}) == []
    assert newsroom.lease() == []


async def test_one_that_is_called_off_is_in_the_readers_next_letters(newsroom, frozen):
    edition = await frozen()
    assert newsroom.database.call(reviewing.call_off, edition.id, newsroom.now)
    assert set(newsroom.states().values()) == {"cancelled"}
    assert not newsroom.database.call(reviewing.release, edition.id)
    assert (state(newsroom, edition), waiting(newsroom)) == (EditionState.CANCELLED, [])

    newsroom.later(days=1)
    newsroom.arrive("b")
    following = (await newsroom.edition()).edition
    assert [letter.articles for letter in review(newsroom, following).letters] == [2]


async def test_its_canary_goes_first_when_it_is_released(newsroom, frozen):
    edition = await frozen(canary=1)
    assert newsroom.database.call(reviewing.release, edition.id)
    assert not newsroom.database.call(reviewing.release, edition.id), "a second click lets nobody else go"
    assert len(newsroom.lease()) == 1


async def test_an_edition_that_is_held_as_well_says_so_and_does_not_leave_by_itself(newsroom, frozen):
    for day in range(4):
        newsroom.join("old@reader.example")
        newsroom.arrive(f"day {day}")
        newsroom.settle(DeliveryState.SENT, *newsroom.lease(edition=(await newsroom.edition()).edition.id))
        newsroom.later(days=1)
    newsroom.arrive(*(f"flood {number}" for number in range(60)))
    edition = await frozen(release_after=timedelta(hours=2))
    found = review(newsroom, edition)
    assert edition.reason.startswith("held: 62 articles")
    assert (found.held, found.release_at, found.waits) == (edition.reason, None, True)
    newsroom.later(days=1)
    assert newsroom.database.call(guarding.open_gates, newsroom.now, {}) == []
    assert newsroom.database.call(reviewing.release, edition.id)


async def test_of_one_that_a_newer_edition_has_made_up_for_nobody_is_asked(newsroom, frozen):
    first = await frozen()
    newsroom.later(days=1)
    newsroom.arrive("b")
    second = (await newsroom.edition()).edition
    assert waiting(newsroom) == [second.id]
    assert (review(newsroom, first).readers, review(newsroom, second).readers) == (0, 3)


async def test_of_two_who_decide_at_once_one_does(newsroom, frozen, at_once, another_process):
    edition, other = await frozen(), another_process()
    decided = at_once(
        lambda: newsroom.database.call(reviewing.release, edition.id),
        lambda: other.call(reviewing.call_off, edition.id, newsroom.now),
    )
    assert sorted(decided) == [False, True]
    assert state(newsroom, edition) is (EditionState.SENDING if decided[0] else EditionState.CANCELLED)
