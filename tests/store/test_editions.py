"""Editions: which slots are settled, what became of them, and the operator's hand on them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert, select

from digest.model import DeliveryState, EditionState, Sending
from digest.store import editions, guarding, letters, once_more, overview, schema, settlement, standing
from digest.store.readership import Audience
from digest.store.settlement import Result

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


async def test_an_edition_whose_readers_all_pause_says_so(newsroom):
    reader = newsroom.join()
    newsroom.arrive("a")
    with newsroom.database.begin() as connection:
        rows = schema.subscriptions
        until = newsroom.now + timedelta(days=1)
        connection.execute(rows.update().where(rows.c.id == reader.id).values(paused_until=until))
    edition = (await newsroom.edition()).edition
    assert (edition.state, edition.reason[:33]) == (EditionState.SKIPPED, "none of its readers is to get it:")


async def test_what_is_called_off_waits_for_nothing_any_more(newsroom):
    newsroom.newsletter = replace(newsroom.newsletter, sending=Sending(canary=1))
    for number in range(3):
        newsroom.join(f"{number}@x.example")
    newsroom.arrive("a")
    edition = (await newsroom.edition()).edition.id
    newsroom.database.call(editions.cancel, edition, newsroom.now)
    found = newsroom.database.call(guarding.guard, edition)
    assert (found.canary_last, found.release_at, found.review) == (None, None, False)


@pytest.mark.parametrize("count", [0, 1, 30])
async def test_who_got_it_is_told_reader_by_reader_and_what_was_said_by_kind(newsroom, count):
    newsroom.arrive("a")
    newsroom.join("first@x.example")
    for number in range(count):
        newsroom.join(f"{number:02}@x.example")
    edition = (await newsroom.edition()).edition.id
    leased = newsroom.lease()
    for each in leased:
        newsroom.settle(DeliveryState.SENT, each, code=250, reply=f"250 2.0.0 Ok: queued as 4F{each.id:04X}A77")
    now = newsroom.now + timedelta(seconds=10)
    figures = newsroom.database.call(standing.standing, edition, now)
    assert (figures.sent, figures.total, figures.open) == (count + 1, count + 1, 0)
    assert figures.rate == (count + 1) / 10
    (said,) = newsroom.database.call(standing.said, edition, now, figures.counts)
    assert (said.state, said.reply, said.count, said.about) == ("sent", "250 2.0.0 Ok: queued as …", count + 1, False)
    with newsroom.database.begin() as connection:
        got = list(standing.entries(connection, edition, now, ["sent"]))
        assert list(standing.entries(connection, edition, now, ["in doubt", "failed"])) == []
    assert [each.delivery for each in got] == [each.id for each in leased]
    assert all(each.nonce and each.settled_at == newsroom.now for each in got)


async def test_of_very_many_replies_some_are_looked_at_and_the_counts_are_estimates(newsroom, monkeypatch):
    monkeypatch.setattr(standing, "_REPLIES", 200)
    newsroom.arrive("a")
    newsroom.join()
    frozen = (await newsroom.edition()).edition.id
    with newsroom.database.begin() as connection:
        row = dict(connection.execute(select(schema.deliveries)).one()._mapping)
        someone = dict(connection.execute(select(schema.subscribers)).one()._mapping)
        numbers = range(1_000, 3_000)
        connection.execute(
            insert(schema.subscribers), [someone | {"id": number, "key": f"{number}"} for number in numbers]
        )
        # Every fourth one was refused: a pattern that every hundredth delivery would miss, or find alone.
        replies = {True: "550 no", False: "551 never"}
        more = [
            row | {"id": number, "subscriber": number, "state": "failed", "reply": replies[number % 4 == 0]}
            for number in numbers
        ]
        connection.execute(insert(schema.deliveries), more)
    figures = newsroom.database.call(standing.standing, frozen, newsroom.now)
    often, seldom = newsroom.database.call(standing.said, frozen, newsroom.now, figures.counts)
    assert often.about
    assert seldom.about
    assert 1_300 < often.count < 1_700
    assert 300 < seldom.count < 700


async def test_what_was_put_off_is_tried_now(newsroom):
    newsroom.join()
    newsroom.arrive("a")
    edition = (await newsroom.edition()).edition.id
    leased = newsroom.lease()
    results = [
        Result(delivery=each.id, state=DeliveryState.DEFERRED, next_attempt_at=newsroom.now + timedelta(hours=1))
        for each in leased
    ]
    newsroom.database.call(settlement.settle, "worker", results, newsroom.now)
    assert newsroom.lease() == []
    assert newsroom.database.call(once_more.hasten, edition, newsroom.now) == 1
    assert newsroom.database.call(once_more.hasten, edition, newsroom.now) == 0
    assert len(newsroom.lease()) == 1


async def test_those_behind_a_canary_are_due_when_it_is_over(newsroom):
    newsroom.newsletter = replace(newsroom.newsletter, sending=Sending(canary=1))
    for number in range(3):
        newsroom.join(f"{number}@x.example")
    newsroom.arrive("a")
    edition = (await newsroom.edition()).edition.id
    first = newsroom.lease()
    assert len(first) == 1
    newsroom.settle(DeliveryState.SENT, *first)
    newsroom.database.call(guarding.open_gates, newsroom.now, {"daily": timedelta(minutes=5)})
    assert newsroom.database.call(overview.next_attempt_at, [edition]) is None
    assert newsroom.database.call(standing.gate_at, [edition]) == newsroom.now + timedelta(minutes=5)
    assert newsroom.database.call(standing.unsettled, [edition]) == 2
    newsroom.later(minutes=5)
    assert newsroom.database.call(guarding.open_gates, newsroom.now, {}) == [edition]
    assert len(newsroom.lease()) == 2
