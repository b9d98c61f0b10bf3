"""Editions: which slots are settled, what became of them, and the operator's hand on them."""

from datetime import UTC, datetime, timedelta

from digest.model import DeliveryState, EditionState
from digest.store import editions, letters
from digest.store.readership import Audience

SLOT = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)


async def test_numbers_of_newsletters_are_separate(newsroom):
    newsroom.join()
    newsroom.arrive("a")
    assert (await newsroom.edition()).edition.number == 1
    assert newsroom.database.call(editions.next_number, "weekly", "2026-03-02T07:00:00") == 1


def test_skipping_is_recorded_once_with_its_reason(newsroom):
    audience = Audience(newsletter="daily", slot=SLOT, rhythms=(), now=newsroom.now)
    assert newsroom.database.call(editions.skip, audience, "2026-03-02T07:00:00", "too late")
    assert not newsroom.database.call(editions.skip, audience, "2026-03-02T07:00:00", "another reason")
    edition = newsroom.database.call(editions.at_slot, "daily", SLOT)
    assert (edition.state, edition.reason, edition.number) == (EditionState.SKIPPED, "too late", 0)


def test_slots_are_those_settled_after_a_moment(newsroom):
    for day in range(3):
        audience = Audience(newsletter="daily", slot=SLOT + timedelta(days=day), rhythms=(), now=newsroom.now)
        newsroom.database.call(editions.skip, audience, "", "too late")
    assert newsroom.database.call(editions.slots, "daily", SLOT) == {SLOT + timedelta(days=day) for day in (1, 2)}
    assert newsroom.database.call(editions.slots, "weekly", SLOT) == frozenset()


def test_a_newsletter_is_known_since_it_was_first_seen(newsroom):
    database = newsroom.database
    assert database.call(editions.known_since, "daily") is None
    database.call(editions.know, ["daily"], SLOT)
    database.call(editions.know, ["daily", "weekly"], SLOT + timedelta(days=1))
    assert database.call(editions.known_since, "daily") == SLOT
    assert database.call(editions.known_since, "weekly") == SLOT + timedelta(days=1)


async def test_latest_gives_the_newest_slots_first(newsroom):
    newsroom.join()
    newsroom.arrive("a")
    made = []
    for _ in range(3):
        made.append((await newsroom.edition()).edition.id)
        newsroom.later(hours=1)
    find = lambda *args: [edition.id for edition in newsroom.database.call(editions.latest, *args)]  # noqa: E731
    assert find() == find("daily") == made[::-1]
    assert find("daily", 2) == made[:0:-1]
    assert find("weekly") == []


async def test_only_what_is_sending_is_paused_and_only_what_is_paused_is_resumed(newsroom):
    newsroom.join()
    newsroom.arrive("a")
    edition = (await newsroom.edition()).edition.id
    sending, paused = EditionState.SENDING, EditionState.PAUSED
    assert not newsroom.database.call(editions.move, edition, paused, sending)
    assert newsroom.database.call(editions.move, edition, sending, paused)
    assert newsroom.lease() == []
    assert not newsroom.database.call(editions.move, edition, sending, paused)
    assert newsroom.database.call(editions.move, edition, paused, sending)
    assert len(newsroom.lease()) == 1


async def test_cancelling_calls_off_what_waits_and_lets_what_is_being_sent_end(newsroom):
    newsroom.arrive("a")
    readers = [newsroom.join(f"{n}@x.example") for n in range(3)]
    edition = (await newsroom.edition()).edition.id
    leased = newsroom.lease(most=1)
    assert newsroom.database.call(editions.cancel, edition, newsroom.now) == 2
    found = newsroom.database.call(editions.find, edition)
    assert (found.state, found.reason) == (EditionState.CANCELLED, "the edition was called off")
    newsroom.settle(DeliveryState.SENT, *leased)
    assert sorted(newsroom.states().values()) == ["cancelled", "cancelled", "sent"]
    assert [newsroom.mark(reader) for reader in readers] == [1, 0, 0]
    assert newsroom.lease() == []
    assert newsroom.database.call(editions.find, edition).state is EditionState.CANCELLED


async def test_what_was_cancelled_is_in_the_next_letter(newsroom):
    newsroom.arrive("a")
    newsroom.join()
    newsroom.database.call(editions.cancel, (await newsroom.edition()).edition.id, newsroom.now)
    newsroom.later(hours=1)
    await newsroom.edition()
    (delivery,) = newsroom.lease()
    assert newsroom.database.call(letters.get, delivery.letter).told == (1,)


async def test_an_edition_that_is_done_is_not_cancelled(newsroom):
    newsroom.arrive("a")
    newsroom.join()
    edition = (await newsroom.edition()).edition.id
    newsroom.settle(DeliveryState.SENT, *newsroom.lease())
    assert newsroom.database.call(editions.cancel, edition, newsroom.now) == 0
    assert newsroom.database.call(editions.find, edition).state is EditionState.DONE


async def test_a_letter_is_found_by_number_by_its_address_and_by_its_reader(newsroom):
    newsroom.arrive("a")
    ada = newsroom.join()
    edition = (await newsroom.edition()).edition.id
    (delivery,) = newsroom.lease()
    letter = newsroom.database.call(letters.get, delivery.letter)
    assert (letter.subject, letter.text, letter.told) == ("No. 1", "1", (1,))
    assert newsroom.database.call(letters.by_nonce, letter.nonce) == letter
    assert newsroom.database.call(letters.to_reader, edition, ada.id) == letter
    assert newsroom.database.call(letters.get, 99) is None
    assert newsroom.database.call(letters.by_nonce, "99") is None
    assert newsroom.database.call(letters.to_reader, edition, 99) is None
