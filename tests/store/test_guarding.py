"""What an edition has to pass: its first results are watched, a canary goes first, and the operator decides."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update

from digest.model import DeliveryState, EditionState, Sending
from digest.store import editions, guarding, schema, settlement
from digest.store.folding import folded
from digest.store.settlement import Result

D, E = schema.deliveries, schema.editions
WAITS = {"daily": timedelta(minutes=10)}


@pytest.fixture
def frozen(newsroom):
    """Freezes an edition for so many readers."""

    async def freeze(readers, **sending):
        newsroom.newsletter = replace(newsroom.newsletter, sending=Sending(**sending))
        for number in range(readers):
            newsroom.join(f"{number:04}@reader.example")
        newsroom.arrive("a")
        return (await newsroom.edition()).edition.id

    return freeze


def guard(newsroom, edition):
    return newsroom.database.call(guarding.guard, edition)


def state(newsroom, edition):
    found = newsroom.database.call(editions.find, edition)
    return found.state, found.reason


def note(newsroom, edition, results, refusals):
    return newsroom.database.call(guarding.note, {edition: (results, refusals)})


def look(newsroom):
    return newsroom.database.call(guarding.open_gates, newsroom.now, WAITS)


def canary(newsroom, edition):
    """The deliveries that go first, leased."""
    last = guard(newsroom, edition).canary_last
    with newsroom.database.begin() as connection:
        ids = list(connection.scalars(select(D.c.id).where(D.c.edition == edition, D.c.id <= last).order_by(D.c.id)))
        leased = update(D).where(D.c.id.in_(ids)).values(state="sending", lease="worker", lease_until=newsroom.now)
        connection.execute(leased)
    return ids


def record(newsroom, ids, state, **more):
    results = [Result(delivery=each, state=state, next_attempt_at=newsroom.now, **more) for each in ids]
    newsroom.database.call(settlement.settle, "worker", results, newsroom.now)


@pytest.mark.parametrize(
    ("readers", "sending", "expected"),
    [
        (20, {}, (20, 3, False)),
        (20, {"stop_at": 0.0}, (20, 0, False)),
        (20, {"stop_at": 0.25}, (20, 6, False)),
        (20, {"stop_at": 0.29, "canary": 5}, (20, 6, True)),
        (5, {"canary": 5}, (5, 3, False)),
    ],
)
async def test_freezing_sets_down_what_is_watched_and_who_goes_first(newsroom, frozen, readers, sending, expected):
    found = guard(newsroom, await frozen(readers, **sending))
    assert (found.watched, found.stop_after, found.canary_last is not None) == expected
    assert (found.counted, found.refused, found.release_at, found.review) == (0, 0, None, False)


async def test_the_canary_is_as_many_deliveries_as_are_wished_for(newsroom, frozen):
    assert len(canary(newsroom, await frozen(9, canary=4))) == 4


async def test_of_a_large_edition_the_first_500_results_are_watched(newsroom, frozen):
    edition = await frozen(1)
    newsroom.database.call(guarding.begin, edition, Sending(stop_at=0.05), 10_000)
    assert (guard(newsroom, edition).watched, guard(newsroom, edition).stop_after) == (500, 26)
    assert note(newsroom, edition, 412, 25) == []
    assert note(newsroom, edition, 1, 1) == [edition]
    assert state(newsroom, edition) == (EditionState.PAUSED, "26 of the first 413 were refused")


async def test_an_edition_of_which_nothing_is_left_is_not_paused(newsroom, frozen):
    edition = await frozen(3)
    newsroom.settle(DeliveryState.FAILED, *newsroom.lease(), code=550, reply="550 no")
    assert note(newsroom, edition, 3, 3) == []
    assert state(newsroom, edition)[0] is not EditionState.PAUSED


async def test_an_edition_is_paused_with_figures_and_the_most_frequent_reply(newsroom, frozen):
    edition = await frozen(20)
    leased = newsroom.lease()
    newsroom.settle(DeliveryState.SENT, *leased[:10], code=250, reply="ok")
    for each in leased[10:12]:
        newsroom.settle(DeliveryState.FAILED, each, code=550, reply=f"550 5.7.1 <{each.address}> blocked, id={each.id}")
    newsroom.settle(DeliveryState.FAILED, leased[12], code=550, reply="550 5.1.1 nobody")
    assert note(newsroom, edition, 12, 2) == []
    assert note(newsroom, edition, 1, 1) == [edition]
    said = "3 of the first 13 were refused: 550 5.7.1 … blocked, …"
    assert state(newsroom, edition) == (EditionState.PAUSED, said)


async def test_after_the_first_results_nothing_is_counted_and_nothing_is_paused(newsroom, frozen):
    edition = await frozen(6)
    assert note(newsroom, edition, 6, 2) == []
    assert note(newsroom, edition, 50, 50) == []
    assert (guard(newsroom, edition).counted, guard(newsroom, edition).refused) == (6, 2)


async def test_results_beyond_those_watched_that_come_in_one_group_are_held_against_the_same_share(newsroom, frozen):
    edition = await frozen(100, stop_at=0.05)
    # Six of a hundred are too many, and so are ten of two hundred by no more than one.
    assert note(newsroom, edition, 99, 2) == []
    assert note(newsroom, edition, 101, 8) == []
    assert state(newsroom, edition)[0] is EditionState.SENDING


async def test_an_edition_that_is_not_to_be_stopped_is_counted_only(newsroom, frozen):
    edition = await frozen(6, stop_at=0.0)
    assert note(newsroom, edition, 6, 6) == []
    assert (guard(newsroom, edition).refused, state(newsroom, edition)[0]) == (6, EditionState.SENDING)


async def test_what_is_paused_or_called_off_already_is_not_paused_by_refusals(newsroom, frozen):
    edition = await frozen(6)
    newsroom.database.call(editions.move, edition, EditionState.SENDING, EditionState.PAUSED)
    assert note(newsroom, edition, 3, 3) == []
    assert state(newsroom, edition) == (EditionState.PAUSED, "")
    assert newsroom.database.call(guarding.note, {}) == []


async def test_a_refusal_for_everyone_pauses_what_is_being_sent_and_only_that(newsroom, frozen):
    edition = await frozen(2)
    assert newsroom.database.call(guarding.halt, edition, "550 5.7.1 spam")
    assert state(newsroom, edition) == (EditionState.PAUSED, "550 5.7.1 spam")
    assert not newsroom.database.call(guarding.halt, edition, "again")
    assert not newsroom.database.call(guarding.halt, 99, "of no edition")


async def test_what_was_paused_for_refusals_is_not_paused_again_once_it_is_resumed(newsroom, frozen):
    edition = await frozen(20, canary=10)
    assert note(newsroom, edition, 4, 3) == [edition]
    assert newsroom.database.call(guarding.resume, edition)
    assert state(newsroom, edition) == (EditionState.SENDING, "")
    assert (guard(newsroom, edition).stop_after, guard(newsroom, edition).canary_last) == (0, None)
    assert note(newsroom, edition, 4, 4) == []
    assert not newsroom.database.call(guarding.resume, edition)


async def test_what_was_paused_before_it_began_is_watched_and_has_its_canary_once_it_is_resumed(newsroom, frozen):
    edition = await frozen(20, canary=10)
    before = guard(newsroom, edition)
    newsroom.database.call(editions.move, edition, EditionState.SENDING, EditionState.PAUSED)
    assert newsroom.database.call(guarding.resume, edition)
    assert guard(newsroom, edition) == before


async def test_the_others_wait_until_the_canary_is_settled_and_then_for_so_long(newsroom, frozen):
    edition = await frozen(6, canary=3)
    first = canary(newsroom, edition)
    record(newsroom, first[:2], DeliveryState.SENT)
    assert look(newsroom) == []
    assert guard(newsroom, edition).release_at is None
    record(newsroom, first[2:], DeliveryState.SENT)
    assert look(newsroom) == []
    assert guard(newsroom, edition).release_at == newsroom.now + WAITS["daily"]
    newsroom.later(minutes=9, seconds=59)
    assert look(newsroom) == []
    assert guard(newsroom, edition).canary_last == first[-1]
    newsroom.later(seconds=1)
    assert look(newsroom) == [edition]
    assert (guard(newsroom, edition).canary_last, guard(newsroom, edition).release_at) == (None, None)
    assert look(newsroom) == []


async def test_what_the_server_puts_off_or_is_in_doubt_does_not_hold_up_the_others(newsroom, frozen):
    edition = await frozen(6, canary=4)
    first = canary(newsroom, edition)
    record(newsroom, first[:1], DeliveryState.SENT)
    record(newsroom, first[1:2], DeliveryState.DEFERRED, code=451, reply="later")
    record(newsroom, first[2:3], DeliveryState.SENDING, in_doubt=True, hold=True, reply="no reply")
    record(newsroom, first[3:], DeliveryState.QUEUED, reply="the connection broke")
    look(newsroom)
    assert guard(newsroom, edition).release_at is not None


async def test_where_every_connection_broke_the_others_wait_on(newsroom, frozen):
    edition = await frozen(6, canary=2)
    record(newsroom, canary(newsroom, edition), DeliveryState.QUEUED, reply="the connection broke")
    look(newsroom)
    assert guard(newsroom, edition).release_at is None


async def test_a_canary_of_which_too_much_is_refused_pauses_its_edition(newsroom, frozen):
    edition = await frozen(30, canary=10)
    first = canary(newsroom, edition)
    record(newsroom, first[:7], DeliveryState.SENT)
    record(newsroom, first[7:], DeliveryState.FAILED, code=550, reply="550 5.7.1 blocked")
    assert look(newsroom) == []
    said = "3 of the 10 that went first were refused: 550 5.7.1 blocked"
    assert state(newsroom, edition) == (EditionState.PAUSED, said)


async def test_the_operator_ends_the_canarys_wait_and_the_watch_goes_on(newsroom, frozen):
    edition = await frozen(6, canary=2)
    record(newsroom, canary(newsroom, edition), DeliveryState.SENT)
    look(newsroom)
    assert newsroom.database.call(guarding.resume, edition)
    found = guard(newsroom, edition)
    assert (found.canary_last, found.release_at, found.stop_after) == (None, None, 3)


async def test_an_edition_paused_in_the_canarys_wait_stays_so_until_it_is_resumed(newsroom, frozen):
    edition = await frozen(6, canary=2)
    record(newsroom, canary(newsroom, edition), DeliveryState.SENT)
    look(newsroom)
    newsroom.database.call(editions.move, edition, EditionState.SENDING, EditionState.PAUSED)
    newsroom.later(hours=1)
    assert look(newsroom) == []
    assert newsroom.database.call(guarding.resume, edition)
    assert guard(newsroom, edition).canary_last is None


def under_review(newsroom, edition, release_at):
    with newsroom.database.begin() as connection:
        values = {"state": "paused", "review": True, "release_at": release_at, "reason": "waits for review"}
        connection.execute(update(E).where(E.c.id == edition).values(**values))


async def test_what_is_under_review_leaves_by_itself_when_its_time_has_come(newsroom, frozen):
    edition = await frozen(6, canary=2)
    under_review(newsroom, edition, newsroom.now + timedelta(hours=2))
    newsroom.later(hours=1)
    assert look(newsroom) == []
    newsroom.later(hours=1)
    assert look(newsroom) == [edition]
    assert state(newsroom, edition) == (EditionState.SENDING, "")
    found = guard(newsroom, edition)
    assert (found.review, found.release_at, found.canary_last is None) == (False, None, False)


async def test_what_is_under_review_without_an_end_waits_for_the_operator(newsroom, frozen):
    edition = await frozen(6, canary=2)
    under_review(newsroom, edition, None)
    newsroom.later(days=9)
    assert look(newsroom) == []
    assert newsroom.database.call(guarding.resume, edition)
    found = guard(newsroom, edition)
    assert (found.review, found.stop_after, found.canary_last is None) == (False, 3, False)


async def test_two_that_count_at_once_lose_nothing(newsroom, frozen, another_process, at_once):
    edition = await frozen(40, stop_at=0.5)
    other = another_process()
    databases = [newsroom.database, other] * 4
    at_once(*(lambda it=it: it.call(guarding.note, {edition: (4, 1)}) for it in databases))
    assert (guard(newsroom, edition).counted, guard(newsroom, edition).refused) == (32, 8)


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ("250 2.0.0 Ok: queued as 4F3AB12CD", "250 2.0.0 Ok: queued as …"),
        ("550 5.1.1 <ada@reader.example>: Recipient address rejected", "550 5.1.1 …: Recipient address rejected"),
        ("421 4.7.0 [TSS04] Messages from 192.0.2.7 deferred", "421 4.7.0 [TSS04] Messages from … deferred"),
        ("550 5.7.1 (S3150) see https://x.example/why?id=9 for it", "550 5.7.1 (S3150) see … for it"),
        ("550-5.7.26 not signed\r\n550 5.7.26 at all x1 y2 z3", "550-5.7.26 not signed 550 5.7.26 at all …"),
        ("given up: 451 4.7.1 later (4711).", "given up: 451 4.7.1 later (…)."),
        ("", ""),
    ],
)
def test_replies_that_say_the_same_become_one_text(reply, expected):
    assert folded(reply) == expected


@given(st.text())
def test_any_reply_is_folded_into_one_line_that_is_no_longer(reply):
    told = folded(reply)
    assert len(told) <= min(300, len(reply))
    assert told.splitlines() in ([told], [])
    assert folded(told) == told
