"""The outbox: who sends what, until when it is theirs, and what becomes of what nobody recorded."""

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from digest.errors import IllegalMove
from digest.model import MOVES, DeliveryState, EditionState, Format, Suppression, SuppressionReason
from digest.store import editions, letters, once_more, outbox, schema, settlement, subscribers, suppressions, trail
from digest.store.outbox import Tally
from digest.store.settlement import Result
from digest.store.subscribers import Choices

SENT, DEFERRED, FAILED = DeliveryState.SENT, DeliveryState.DEFERRED, DeliveryState.FAILED
QUEUED, SENDING, SUPPRESSED = DeliveryState.QUEUED, DeliveryState.SENDING, DeliveryState.SUPPRESSED
MINUTE = timedelta(minutes=1)
READERS = 200


@pytest.fixture
def mailing(newsroom):
    """An edition with one article for so many readers: a, b, c ..."""

    def freeze(readers=1):
        newsroom.arrive("first")
        subscriptions = [newsroom.join(f"{chr(97 + n)}@x.example") for n in range(readers)]
        return asyncio.run(newsroom.edition()).edition.id, subscriptions

    return freeze


def _call(newsroom, work, *args, **kwargs):
    return newsroom.database.call(work, *args, **kwargs)


def _sweep(newsroom, *, hold=False):
    return _call(newsroom, outbox.sweep, newsroom.now, hold=hold)


def _row(newsroom, delivery=0):
    return newsroom.rows()[delivery]


# leasing


def test_a_lease_is_written_down_and_holds_all_that_is_needed_to_send(newsroom, mailing):
    edition, (ada,) = mailing()
    newsroom.later(minutes=5)
    (delivery,) = newsroom.lease("w1")
    assert (delivery.edition, delivery.newsletter, delivery.address) == (edition, "daily", "a@x.example")
    assert (delivery.subscriber, delivery.subscription, delivery.format) == (ada.subscriber, ada.id, Format.HTML)
    assert (delivery.attempts, delivery.leased_at, delivery.frozen_at) == (0, newsroom.now, newsroom.now - 5 * MINUTE)
    assert _call(newsroom, letters.get, delivery.letter).told == (1,)
    row = _row(newsroom)
    assert (row.state, row.lease, row.lease_until, row.attempts) == ("sending", "w1", newsroom.now + MINUTE, 1)


def test_a_lease_has_the_format_that_the_reader_wishes_for_by_then(newsroom, mailing):
    _, (ada,) = mailing()
    _call(newsroom, subscribers.choose, ada.id, Choices(format=Format.TEXT), newsroom.now)
    assert [delivery.format for delivery in newsroom.lease()] == [Format.TEXT]


def test_a_lease_takes_no_more_than_was_asked_for_and_the_oldest_first(newsroom, mailing):
    mailing(5)
    with newsroom.database.begin() as connection:
        d = schema.deliveries
        for row, minutes in ((5, 9), (2, 8), (4, 7)):
            due = newsroom.now - timedelta(minutes=minutes)
            connection.execute(update(d).where(d.c.id == row).values(next_attempt_at=due))
    assert [each.id for each in newsroom.lease(most=2)] == [2, 5]
    assert [each.id for each in newsroom.lease(most=2)] == [1, 4]
    assert [each.id for each in newsroom.lease(most=2)] == [3]
    assert newsroom.lease(most=2) == []


def test_what_is_leased_is_not_leased_again(newsroom, mailing):
    mailing(2)
    assert len(newsroom.lease("w1")) == 2
    assert newsroom.lease("w2") == []


def test_a_lease_of_one_edition_takes_nothing_of_another(newsroom, mailing):
    edition, _ = mailing(2)
    assert newsroom.lease(edition=edition + 1) == []
    assert len(newsroom.lease(edition=edition)) == 2


def test_what_is_not_due_yet_is_not_leased(newsroom, mailing):
    mailing()
    newsroom.settle(DEFERRED, *newsroom.lease())
    newsroom.now -= timedelta(microseconds=1)
    assert newsroom.lease() == []
    newsroom.later(microseconds=1)
    (delivery,) = newsroom.lease()
    assert delivery.attempts == 1


@pytest.mark.parametrize("most", [1, 16])
def test_leasers_never_share_a_delivery_and_miss_none(newsroom, at_once, most):
    newsroom.arrive("first")
    with newsroom.database.begin() as connection:
        for n in range(READERS):
            someone = subscribers.add(connection, f"{n}@x.example", newsroom.now)
            subscription = subscribers.subscribe(connection, someone.id, "daily", Choices(), 0, newsroom.now)
            subscribers.confirm(connection, subscription.id, newsroom.now, "test")
    asyncio.run(newsroom.edition())

    def take(holder):
        taken = []
        while leased := newsroom.lease(holder, most=most):
            assert len(leased) <= most
            taken += [delivery.id for delivery in leased]
        return taken

    taken = at_once(*[lambda n=n: take(f"w{n}") for n in range(4)])
    assert Counter(number for each in taken for number in each) == Counter(range(1, READERS + 1))


def test_who_has_left_is_settled_as_suppressed_instead(newsroom, mailing):
    _, (ada, *_) = mailing(3)
    _call(newsroom, subscribers.leave, ada.id, newsroom.now, "link")
    bob = Suppression(address="b@x.example", reason=SuppressionReason.COMPLAINT, evidence="", created_at=newsroom.now)
    _call(newsroom, suppressions.add, bob)
    assert [delivery.address for delivery in newsroom.lease()] == ["c@x.example"]
    assert list(newsroom.states().values()) == ["suppressed", "suppressed", "sending"]
    assert _row(newsroom).settled_at == newsroom.now
    assert newsroom.mark(ada) == 0


def test_a_lease_is_not_empty_as_long_as_anything_is_due(newsroom, mailing):
    """The first two have left: whoever leases two at a time must not take that for the end of the outbox."""
    _, readers = mailing(5)
    for reader in readers[:3]:
        _call(newsroom, subscribers.leave, reader.id, newsroom.now, "link")
    assert [delivery.address for delivery in newsroom.lease(most=2)] == ["d@x.example", "e@x.example"]


def test_who_pauses_after_the_freeze_is_not_mailed_and_gets_the_articles_later(newsroom, mailing):
    _, (ada,) = mailing()
    until = newsroom.now + timedelta(hours=5)
    _call(newsroom, subscribers.choose, ada.id, Choices(paused_until=until), newsroom.now)
    assert newsroom.lease() == []
    newsroom.later(hours=6)
    asyncio.run(newsroom.edition())
    (delivery,) = newsroom.lease()
    assert _call(newsroom, letters.get, delivery.letter).told == (1,)


def test_still_wanted_only_from_its_holder_while_leased_and_while_the_reader_is_there(newsroom, mailing):
    edition, (ada,) = mailing()
    (delivery,) = newsroom.lease("w1")

    def wanted(holder="w1"):
        return delivery.id in _call(newsroom, outbox.still_wanted, holder, [delivery.id], newsroom.now)

    assert wanted()
    assert not wanted("w2")
    _call(newsroom, editions.move, edition, EditionState.SENDING, EditionState.PAUSED)
    assert not wanted()
    _call(newsroom, editions.move, edition, EditionState.PAUSED, EditionState.SENDING)
    _call(newsroom, subscribers.leave, ada.id, newsroom.now, "link")
    assert not wanted()
    _call(newsroom, subscribers.come_back, ada.id, newsroom.now, "link")
    assert wanted()
    newsroom.settle(SENT, delivery, holder="w1")
    assert not wanted()


def test_renewing_prolongs_the_holders_leases_and_nobody_elses(newsroom, mailing):
    mailing(3)
    newsroom.lease("w1", most=2)
    newsroom.lease("w2", most=1)
    later = newsroom.now + timedelta(hours=1)
    assert _call(newsroom, outbox.renew, "w1", later) == 2
    newsroom.later(minutes=2)
    assert _sweep(newsroom) == 1
    assert list(newsroom.states().values()) == ["sending", "sending", "deferred"]


# doubt


def test_a_lease_that_runs_out_leaves_it_in_doubt_and_it_is_sent_again_under_its_number(newsroom, mailing):
    _, (ada,) = mailing()
    (first,) = newsroom.lease("w1")
    newsroom.later(seconds=60)
    assert _sweep(newsroom) == 0
    newsroom.later(seconds=1)
    assert _sweep(newsroom) == 1
    row = _row(newsroom)
    assert (row.state, row.doubts, row.held) == ("deferred", 1, False)
    assert newsroom.mark(ada) == 0
    (again,) = newsroom.lease("w2")
    assert (again.id, again.letter, again.attempts, again.frozen_at) == (first.id, first.letter, 1, first.frozen_at)
    newsroom.later(minutes=2)
    _sweep(newsroom)
    assert _row(newsroom).doubts == 2


def test_what_is_held_in_doubt_counts_as_served_and_waits_for_the_operator(newsroom, mailing):
    edition, (ada,) = mailing()
    newsroom.lease("w1")
    newsroom.later(minutes=2)
    assert _sweep(newsroom, hold=True) == 1
    assert (_row(newsroom).state, _row(newsroom).held, _row(newsroom).doubts) == ("sending", True, 1)
    assert newsroom.mark(ada) == 1
    assert newsroom.lease("w2") == []
    assert _sweep(newsroom, hold=True) == 0
    assert _call(newsroom, editions.find, edition).state is EditionState.DONE
    assert _call(newsroom, outbox.tally, edition) == Tally(states={SENDING: 1}, in_doubt=1)
    newsroom.later(days=1)
    assert asyncio.run(newsroom.edition()).deliveries == 0


def test_the_operator_may_have_what_is_held_sent_again(newsroom, mailing):
    edition, _ = mailing()
    newsroom.lease("w1")
    newsroom.later(minutes=2)
    _sweep(newsroom, hold=True)
    assert _call(newsroom, once_more.retry, edition, newsroom.now) == 0
    assert _call(newsroom, once_more.retry, edition, newsroom.now, doubtful=True) == 1
    assert _call(newsroom, editions.find, edition).state is EditionState.SENDING
    newsroom.settle(SENT, *newsroom.lease())
    assert _call(newsroom, editions.find, edition).state is EditionState.DONE


def test_what_is_sent_again_takes_back_nothing_that_the_letter_before_has_told(newsroom, mailing):
    _, (ada,) = mailing()
    before = newsroom.lease("w1")
    newsroom.arrive("b")
    newsroom.later(minutes=1)
    edition = asyncio.run(newsroom.edition()).edition.id
    newsroom.settle(SENT, *before, holder="w1")
    (second,) = newsroom.lease("w2")
    doubtful = settlement.in_doubt(second.id, "no reply", newsroom.now, hold=True)
    _call(newsroom, settlement.settle, "w2", [doubtful], newsroom.now)
    assert newsroom.mark(ada) == 2
    assert _call(newsroom, once_more.retry, edition, newsroom.now, doubtful=True) == 1
    assert newsroom.mark(ada) == 1
    newsroom.settle(FAILED, *newsroom.lease())
    newsroom.later(hours=1)
    asyncio.run(newsroom.edition())
    (third,) = newsroom.lease()
    assert _call(newsroom, letters.get, third.letter).told == (2,)


def test_what_was_held_and_is_refused_when_sent_again_is_told_in_the_next_letter(newsroom, mailing):
    edition, (ada,) = mailing()
    newsroom.lease("w1")
    newsroom.later(minutes=2)
    _sweep(newsroom, hold=True)
    assert _call(newsroom, once_more.retry, edition, newsroom.now, doubtful=True) == 1
    newsroom.settle(FAILED, *newsroom.lease())
    assert newsroom.mark(ada) == 0
    newsroom.later(hours=1)
    asyncio.run(newsroom.edition())
    (delivery,) = newsroom.lease()
    assert _call(newsroom, letters.get, delivery.letter).told == (1,)


def test_a_result_that_comes_late_changes_nothing(newsroom, mailing):
    _, (ada,) = mailing()
    (delivery,) = newsroom.lease("w1")
    newsroom.later(minutes=2)
    _sweep(newsroom)
    assert newsroom.settle(SENT, delivery, holder="w1") == [delivery.id]
    assert (_row(newsroom).state, newsroom.mark(ada)) == ("deferred", 0)
    newsroom.lease("w2")
    assert newsroom.settle(FAILED, delivery, holder="w1") == [delivery.id]
    assert _row(newsroom).state == "sending"
    assert newsroom.settle(SENT, delivery, holder="w2") == []
    assert newsroom.settle(FAILED, delivery, holder="w2") == [delivery.id]
    assert (_row(newsroom).state, newsroom.mark(ada)) == ("sent", 1)


def test_of_results_late_ones_are_named_and_the_others_recorded(newsroom, mailing):
    mailing(2)
    first, second = newsroom.lease("w1")
    newsroom.settle(SENT, first, holder="w1")
    assert newsroom.settle(SENT, first, second, holder="w1") == [first.id]
    assert list(newsroom.states().values()) == ["sent", "sent"]


# settling


@pytest.mark.parametrize("state", sorted(set(DeliveryState) - MOVES[SENDING]))
def test_a_move_that_does_not_exist_is_refused(newsroom, mailing, state):
    mailing()
    (delivery,) = newsroom.lease()
    with pytest.raises(IllegalMove, match=f"delivery {delivery.id}: sending -> {state}"):
        newsroom.settle(state, delivery)
    assert _row(newsroom).state == "sending"


@pytest.mark.parametrize("state", sorted(MOVES[SENDING]))
def test_every_move_from_sending_is_recorded_with_what_the_server_said(newsroom, mailing, state):
    mailing()
    (delivery,) = newsroom.lease()
    assert newsroom.settle(state, delivery, code=299, reply="x" * 2_000) == []
    row = _row(newsroom)
    assert (row.state, row.code, row.reply) == (state, 299, "x" * 1_000)
    assert (row.settled_at is None) == (state in (DEFERRED, QUEUED))


@pytest.mark.parametrize(("state", "served"), [(SENT, True), (FAILED, False), (SUPPRESSED, False), (DEFERRED, False)])
def test_the_mark_moves_when_it_was_sent_and_only_then(newsroom, mailing, state, served):
    _, (ada,) = mailing()
    newsroom.settle(state, *newsroom.lease())
    assert newsroom.mark(ada) == int(served)


def test_a_mark_never_moves_back(newsroom, mailing):
    _, (ada,) = mailing()
    (delivery,) = newsroom.lease()
    _call(newsroom, lambda c: c.execute(update(schema.subscriptions).values(mark=9)))
    newsroom.settle(SENT, delivery)
    assert newsroom.mark(ada) == 9


def test_what_is_given_back_was_no_attempt(newsroom, mailing):
    mailing()
    newsroom.settle(QUEUED, *newsroom.lease())
    (delivery,) = newsroom.lease()
    assert delivery.attempts == 0
    newsroom.settle(DEFERRED, delivery)
    assert newsroom.lease()[0].attempts == 1


def test_a_deferred_delivery_comes_back_at_its_time(newsroom, mailing):
    mailing()
    (delivery,) = newsroom.lease()
    again = newsroom.now + timedelta(minutes=15)
    result = Result(delivery=delivery.id, state=DEFERRED, next_attempt_at=again, reply="450 later")
    _call(newsroom, settlement.settle, "worker", [result], newsroom.now)
    assert not _call(newsroom, outbox.due, again - timedelta(microseconds=1))
    assert _call(newsroom, outbox.due, again)


def test_an_edition_is_done_when_the_last_delivery_is_final(newsroom, mailing):
    edition, _ = mailing(3)
    first, second, third = newsroom.lease()
    state = lambda: _call(newsroom, editions.find, edition).state  # noqa: E731
    newsroom.settle(SENT, first)
    newsroom.settle(FAILED, second)
    newsroom.settle(DEFERRED, third)
    assert state() is EditionState.SENDING
    newsroom.settle(SENT, *newsroom.lease())
    assert state() is EditionState.DONE
    assert _call(newsroom, outbox.tally, edition) == Tally(states={SENT: 2, FAILED: 1})


def test_an_edition_whose_last_reader_has_left_is_done(newsroom, mailing):
    edition, (ada,) = mailing()
    _call(newsroom, subscribers.leave, ada.id, newsroom.now, "link")
    newsroom.lease()
    assert _call(newsroom, editions.find, edition).state is EditionState.DONE


def test_an_edition_whose_end_nobody_saw_is_due_to_be_closed(newsroom, mailing):
    edition, _ = mailing()
    newsroom.settle(SENT, *newsroom.lease())
    # As two workers leave it whose last transactions could not see each other.
    assert _call(newsroom, editions.move, edition, EditionState.DONE, EditionState.SENDING)
    assert _call(newsroom, outbox.due, newsroom.now)
    _sweep(newsroom)
    assert _call(newsroom, editions.find, edition).state is EditionState.DONE
    assert not _call(newsroom, outbox.due, newsroom.now)


def test_the_tally_counts_every_state(newsroom, mailing):
    edition, _ = mailing(4)
    newsroom.settle(SENT, *newsroom.lease(most=1))
    newsroom.lease(most=1)
    tally = _call(newsroom, outbox.tally, edition)
    assert (tally.states, tally.total, tally.open, tally.in_doubt) == ({SENT: 1, SENDING: 1, QUEUED: 2}, 4, 3, 0)
    assert _call(newsroom, outbox.tally, 99) == Tally()


def test_due_sees_what_waits_and_what_is_in_doubt(newsroom, mailing):
    assert not _call(newsroom, outbox.due, newsroom.now)
    mailing()
    assert _call(newsroom, outbox.due, newsroom.now)
    leased = newsroom.lease()
    assert not _call(newsroom, outbox.due, newsroom.now)
    assert _call(newsroom, outbox.due, newsroom.now + 2 * MINUTE)
    newsroom.settle(SENT, *leased)
    assert not _call(newsroom, outbox.due, datetime(2030, 1, 1, tzinfo=UTC))


# trying again what failed


def test_what_failed_may_be_tried_again(newsroom, mailing):
    edition, (ada, _) = mailing(2)
    first, second = newsroom.lease()
    newsroom.settle(FAILED, first)
    newsroom.settle(SENT, second)
    newsroom.later(hours=1)
    assert _call(newsroom, once_more.retry, edition, newsroom.now) == 1
    assert _call(newsroom, editions.find, edition).state is EditionState.SENDING
    assert _row(newsroom).settled_at is None
    (again,) = newsroom.lease()
    assert (again.id, again.letter) == (first.id, first.letter)
    newsroom.settle(SENT, again)
    assert newsroom.mark(ada) == 1


def test_what_a_retry_tells_counts_as_chosen_before_the_reader_changed_categories(newsroom):
    ada = newsroom.join(categories=("world",))
    bo = newsroom.join("bo@reader.example", categories=("world",))
    newsroom.arrive("a")
    edition = asyncio.run(newsroom.edition()).edition.id
    newsroom.settle(FAILED, *newsroom.lease())
    newsroom.later(hours=1)
    _call(newsroom, subscribers.choose, ada.id, Choices(categories=("sport",)), newsroom.now)
    assert _call(newsroom, once_more.retry, edition, newsroom.now) == 2
    newsroom.settle(SENT, *newsroom.lease())
    newsroom.arrive("a", "b", feed="sport", at=newsroom.now)
    newsroom.later(hours=1)
    asyncio.run(newsroom.edition())
    (delivery,) = newsroom.lease()
    assert (delivery.subscription, _call(newsroom, letters.get, delivery.letter).told) == (ada.id, (3,))
    assert [_call(newsroom, trail.choosing, each.id).began for each in (ada, bo)] == [1, 0]


def test_who_has_a_newer_delivery_by_now_is_left_out_of_a_retry(newsroom, mailing):
    edition, _ = mailing()
    newsroom.settle(FAILED, *newsroom.lease())
    newsroom.later(hours=1)
    newer = asyncio.run(newsroom.edition()).edition.id
    assert _call(newsroom, once_more.retry, edition, newsroom.now) == 0
    (delivery,) = newsroom.lease()
    assert delivery.edition == newer
    assert _call(newsroom, letters.get, delivery.letter).told == (1,)


# a letter before this one that may or may not have arrived


@pytest.fixture
def two_editions(newsroom, mailing):
    """The first is being sent when the second is frozen: the second waits for what becomes of it."""
    _, (ada,) = mailing()
    (first,) = newsroom.lease("w1")
    newsroom.later(seconds=10)
    newsroom.arrive("second")
    asyncio.run(newsroom.edition())
    assert newsroom.lease("w2") == []
    return ada, first


def _told(newsroom, delivery):
    return _call(newsroom, letters.get, delivery.letter).told


def test_where_the_first_arrived_the_second_tells_what_is_new_since(newsroom, two_editions):
    ada, first = two_editions
    newsroom.settle(SENT, first, holder="w1")
    (second,) = newsroom.lease("w2")
    assert _told(newsroom, second) == (2,)
    newsroom.settle(SENT, second, holder="w2")
    assert newsroom.mark(ada) == 2


@pytest.mark.parametrize("state", [FAILED, SUPPRESSED])
def test_where_the_first_did_not_arrive_the_second_tells_its_articles_too(newsroom, two_editions, state):
    ada, first = two_editions
    newsroom.settle(state, first, holder="w1")
    (second,) = newsroom.lease("w2")
    assert _told(newsroom, second) == (1, 2)
    edition = second.edition
    assert _call(newsroom, letters.to_reader, edition, ada.id).told == (1, 2)


def test_where_the_first_was_called_off_the_second_tells_its_articles_too(newsroom, two_editions):
    _, first = two_editions
    newsroom.settle(QUEUED, first, holder="w1")
    _call(newsroom, editions.cancel, first.edition, newsroom.now)
    (second,) = newsroom.lease("w2")
    assert _told(newsroom, second) == (1, 2)


def test_where_the_first_is_in_doubt_it_goes_again_before_the_second(newsroom, two_editions):
    _, first = two_editions
    newsroom.later(minutes=2)
    _sweep(newsroom)
    (again,) = newsroom.lease("w2")
    assert again.id == first.id
    newsroom.settle(SENT, again, holder="w2")
    (second,) = newsroom.lease("w2")
    assert _told(newsroom, second) == (2,)


def test_where_the_first_is_held_in_doubt_it_counts_as_arrived(newsroom, two_editions):
    newsroom.later(minutes=2)
    _sweep(newsroom, hold=True)
    (second,) = newsroom.lease("w2")
    assert _told(newsroom, second) == (2,)


@pytest.mark.parametrize("state", [QUEUED, DEFERRED])
def test_where_the_first_came_back_unsent_the_second_tells_its_articles_too_and_at_once(newsroom, two_editions, state):
    _, first = two_editions
    newsroom.settle(state, first, holder="w1")
    (second,) = newsroom.lease("w2")
    assert second.id != first.id
    assert _told(newsroom, second) == (1, 2)
    assert _row(newsroom).state == DeliveryState.CANCELLED


@pytest.mark.parametrize("state", [QUEUED, DEFERRED])
def test_what_comes_back_to_a_cancelled_edition_is_due_to_be_called_off(newsroom, mailing, state):
    edition, _ = mailing()
    (first,) = newsroom.lease()
    _call(newsroom, editions.cancel, edition, newsroom.now)
    newsroom.settle(state, first)
    assert _call(newsroom, outbox.due, newsroom.now)
    _sweep(newsroom)
    assert _row(newsroom).state == DeliveryState.CANCELLED
    assert not _call(newsroom, outbox.due, newsroom.now)


async def test_what_a_paused_edition_leaves_in_doubt_holds_up_no_later_letter(newsroom):
    newsroom.arrive("first")
    newsroom.join()
    paused = (await newsroom.edition()).edition.id
    newsroom.lease()
    newsroom.later(minutes=2)
    _sweep(newsroom)
    _call(newsroom, editions.move, paused, EditionState.SENDING, EditionState.PAUSED)
    newsroom.arrive("second")
    await newsroom.edition()
    (second,) = newsroom.lease()
    assert _told(newsroom, second) == (1, 2)


async def test_a_reader_with_two_letters_in_doubt_gets_the_next_edition_once(newsroom):
    newsroom.arrive("first")
    newsroom.join()
    held = (await newsroom.edition()).edition.id
    newsroom.lease()
    newsroom.later(minutes=2)
    _sweep(newsroom, hold=True)
    newsroom.arrive("second")
    await newsroom.edition()
    (second,) = newsroom.lease()
    assert _call(newsroom, once_more.retry, held, newsroom.now, doubtful=True) == 1
    newsroom.later(seconds=10)
    newsroom.arrive("third")
    assert (await newsroom.edition()).deliveries == 1
    newsroom.settle(SENT, second, *newsroom.lease())
    (third,) = newsroom.lease()
    assert _told(newsroom, third) == (3,)
