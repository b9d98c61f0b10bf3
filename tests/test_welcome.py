"""A new subscriber gets the latest edition at once, and what follows neither repeats nor leaves out anything."""

import asyncio
import threading
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from digest.editions.due import slot_now
from digest.model import OPEN, DeliveryState, EditionState, Rhythm, Suppression, SuppressionReason
from digest.publish import publish as publish_slot
from digest.publish import publish_now
from digest.publish.welcome import NothingFor, welcome
from digest.store import editions, letters, migrate, schema, settlement, subscribers, suppressions, welcoming
from digest.store.subscribers import Choices
from digest.store.welcoming import Hall

NEW = "new@reader.example"


@pytest.fixture
def room(newsroom):
    """A newsletter with a reader and an edition of two articles that has been sent, an hour ago."""
    newsroom.newsletter = replace(newsroom.newsletter, welcome=True)
    newsroom.join()
    newsroom.arrive("a", "b")
    asyncio.run(newsroom.edition())
    newsroom.settle(DeliveryState.SENT, *newsroom.lease())
    newsroom.later(hours=1)
    return newsroom


def greet(room, nothing=None):
    return asyncio.run(welcome(room.press, room.newsletter, room.now, nothing))


def come(room, address=NEW, **more):
    """Becomes a reader just now, as the pages and the command line have it: served as far as the last edition."""
    edition = room.database.call(editions.latest, "daily")[0]
    return room.join(address, **{"since": room.now - timedelta(minutes=1), "mark": edition.upto, **more})


def publish(room, **later):
    room.later(**(later or {"hours": 1}))
    return asyncio.run(publish_now(room.press, room.newsletter, room.now))


def told(room, address=NEW):
    """All that a reader has been sent, letter by letter."""
    delivered = [row for row in room.rows() if row.address == address and row.state == "sent"]
    return [room.database.call(letters.to_reader, row.edition, row.subscription).told for row in delivered]


def send_all(room):
    leased = room.lease()
    room.settle(DeliveryState.SENT, *leased)
    return [each.address for each in leased]


def test_who_comes_gets_the_latest_edition_once_and_their_mark_moves_as_ever(room):
    reader = come(room)
    assert greet(room) == 1
    assert greet(room) == 0
    assert room.mark(reader) == 0
    assert send_all(room) == [NEW]
    assert (told(room), room.mark(reader)) == ([(1, 2)], 2)
    room.later(hours=1)
    assert greet(room) == 0


def test_the_letter_is_the_one_that_the_others_got_where_the_view_is_the_same(room):
    come(room)
    come(room, "sport@x.example", categories=("world", "sport"))
    come(room, "german@x.example", language="de")
    assert greet(room) == 3
    letter = {each.address: each.letter for each in room.lease()}
    with room.database.begin() as connection:
        (first, *more) = connection.scalars(select(schema.letters.c.id).order_by(schema.letters.c.id))
    assert (letter[NEW], letter["sport@x.example"]) == (first, first)
    assert [letter["german@x.example"]] == more
    assert room.database.call(letters.get, letter["german@x.example"]).subject == "No. 1"


def test_an_edition_that_was_done_is_sent_again_until_it_is_done_once_more(room):
    edition = room.rows()[0].edition
    assert room.database.call(editions.find, edition).state is EditionState.DONE
    come(room)
    greet(room)
    assert room.database.call(editions.find, edition).state is EditionState.SENDING
    send_all(room)
    assert room.database.call(editions.find, edition).state is EditionState.DONE


def test_jobs_are_offered_for_it_in_the_same_transaction(room):
    offered = []
    press = replace(room.press, on_frozen=lambda _, frozen: offered.append((frozen.edition.number, frozen.deliveries)))
    come(room)
    asyncio.run(welcome(press, room.newsletter, room.now))
    assert offered == [(1, 1)]


def test_what_fails_while_jobs_are_offered_leaves_nothing_behind_and_is_made_up_for(room):
    reader = come(room)

    def fail(_connection, _frozen):
        raise OSError("power is gone")

    press = replace(room.press, on_frozen=fail)
    with pytest.raises(OSError, match="power"):
        asyncio.run(welcome(press, room.newsletter, room.now))
    assert (NEW in room.states(), room.mark(reader)) == (False, 2)
    assert greet(room) == 1


def test_the_next_letter_goes_on_where_the_welcome_ended(room):
    come(room)
    room.arrive("c")
    greet(room)
    send_all(room)
    publish(room)
    send_all(room)
    assert told(room) == [(1, 2), (3,)]


@pytest.mark.parametrize("outcome", ["not yet sent", "failed", "in doubt", "being sent"])
def test_whatever_becomes_of_the_welcome_the_next_letter_loses_and_repeats_nothing(room, outcome):
    come(room)
    greet(room)
    leased = room.lease() if outcome != "not yet sent" else []
    if outcome == "failed":
        room.settle(DeliveryState.FAILED, *leased)
    if outcome == "in doubt":
        result = settlement.in_doubt(leased[0].id, "no reply", room.now, hold=False)
        room.database.call(settlement.settle, "worker", [result], room.now)
    room.arrive("c")
    publish(room)
    if outcome == "being sent":
        room.settle(DeliveryState.SENT, *leased)
    while send_all(room):
        pass
    together = outcome in {"not yet sent", "failed"}
    assert told(room) == ([(1, 2, 3)] if together else [(1, 2), (3,)])


@pytest.mark.parametrize(
    "kind",
    ["pending", "left", "came back", "paused", "suppressed", "off", "long ago", "there before", "has had one"],
)
def test_who_is_no_new_reader_is_not_welcomed(room, kind):
    ways = {
        "pending": {"confirmed": False},
        "paused": {"paused_until": room.now + timedelta(hours=1)},
        "there before": {"since": room.now - timedelta(hours=2), "categories": ("sport",)},
        "long ago": {"since": room.now},
    }
    if kind == "has had one":
        publish(room)
        come(room, since=room.now - timedelta(minutes=59))
        room.arrive("c")
        publish(room)
        room.now += timedelta(minutes=1)
    else:
        reader = come(room, **ways.get(kind, {}))
    if kind in {"left", "came back"}:
        room.database.call(subscribers.leave, reader.id, room.now, "link")
    if kind == "came back":
        room.database.call(subscribers.come_back, reader.id, room.now, "link")
    if kind == "suppressed":
        entry = Suppression(address=NEW, reason=SuppressionReason.MANUAL, evidence="", created_at=room.now)
        room.database.call(suppressions.add, entry)
    if kind == "off":
        room.newsletter = replace(room.newsletter, welcome=False)
    if kind == "long ago":
        room.later(hours=48)
    before = len(room.rows())
    assert (greet(room), len(room.rows())) == (0, before)


def test_whose_pause_has_ended_is_welcomed_then(room):
    come(room, paused_until=room.now + timedelta(hours=1))
    assert greet(room) == 0
    room.later(hours=1)
    assert greet(room) == 1


def test_who_came_after_the_slot_while_the_edition_was_waited_for_is_welcomed(room):
    room.arrive("c")
    room.later(hours=1)
    come(room, since=room.now + timedelta(minutes=1))
    publish(room, hours=0)
    room.later(minutes=2)
    assert greet(room) == 1
    assert {each.edition for each in room.lease()} == {2}


def test_who_came_just_before_a_slot_that_is_not_theirs_gets_the_edition_before_it(room):
    reader = come(room)
    with room.database.begin() as connection:
        own = schema.subscriptions.c.id == reader.id
        connection.execute(schema.subscriptions.update().where(own).values(frequency="weekly"))
    room.arrive("c")
    slot = slot_now(room.newsletter, room.site, room.now)
    asyncio.run(publish_slot(room.press, room.newsletter, slot, [Rhythm()], room.now))
    assert NEW not in room.states()
    assert greet(room) == 1
    assert room.rows()[-1].edition == 1


def test_what_is_held_or_called_off_is_no_welcome(room):
    edition = room.rows()[0].edition
    come(room)
    for state in (EditionState.PAUSED, EditionState.CANCELLED):
        with room.database.begin() as connection:
            connection.execute(schema.editions.update().values(state=state.value))
        assert greet(room) == 0
    assert {row.edition for row in room.rows()} == {edition}


def test_where_there_is_nothing_to_tell_nothing_happens_and_nothing_is_made_again(room, monkeypatch):
    reader, nothing = come(room, categories=("sport",)), NothingFor()
    assert greet(room, nothing) == 0
    assert (NEW in room.states(), room.mark(reader)) == (False, 2)
    monkeypatch.setattr("digest.publish.welcome.Composer", None)
    assert greet(room, nothing) == 0
    room.database.call(subscribers.choose, reader.id, Choices(), room.now)
    monkeypatch.undo()
    assert greet(room, nothing) == 1


def test_who_had_been_served_less_far_than_the_others_loses_nothing(room):
    room.arrive("c")
    publish(room)
    send_all(room)
    room.later(minutes=10)
    come(room, mark=1, since=room.now - timedelta(minutes=1))
    greet(room)
    send_all(room)
    assert told(room) == [(2, 3)]


def test_an_article_that_came_after_the_edition_waits_for_the_next(room):
    room.arrive("c")
    come(room, language="de")
    greet(room)
    send_all(room)
    assert told(room) == [(1, 2)]


def test_of_many_processes_that_welcome_at_once_one_does(room, another_process, at_once):
    for number in range(10):
        come(room, f"{number}@x.example")
    rooms = [room, *(replace(room, database=another_process()) for _ in range(3))]
    assert sum(at_once(*[lambda each=each: greet(each) for each in rooms])) == 10
    assert Counter(row.address for row in room.rows()).most_common(1)[0][1] == 1


def test_an_edition_that_is_frozen_at_the_same_time_tells_nothing_twice(room, another_process, at_once):
    for number in range(5):
        come(room, f"{number}@x.example")
    room.arrive("c")
    room.later(minutes=5)
    other = replace(room, database=another_process())
    at_once(lambda: greet(room), lambda: publish(other, minutes=0))
    greet(room)
    while send_all(room):
        pass
    for number in range(5):
        every = [article for letter in told(room, f"{number}@x.example") for article in letter]
        assert len(every) == len(set(every))
        assert 3 in every


def test_an_edition_is_not_closed_over_what_is_being_queued(room):
    come(room, "first@x.example")
    greet(room)
    leased = room.lease()
    come(room)
    hall = Hall(newsletter="daily", now=room.now, span=timedelta(hours=48))
    settling = threading.Thread(target=room.settle, args=(DeliveryState.SENT, *leased))
    with room.database.begin() as connection:
        (offer,) = welcoming.offers(connection, hall)
        ids = dict.fromkeys(welcoming.view_keys(connection, hall, offer), 1)
        assert welcoming.give(connection, hall, offer, ids)
        settling.start()
        settling.join(0.2)
    settling.join(10)
    assert room.database.call(editions.find, leased[0].edition).state is EditionState.SENDING
    assert send_all(room) == [NEW]


@pytest.fixture
def any_newsroom(newsroom):
    """Makes newsrooms."""
    return type(newsroom)


def send_everything(room):
    while send_all(room):
        pass


def _move_to_tokyo(room, readers):
    for reader in readers[-1:]:
        room.database.call(subscribers.choose, reader.id, Choices(timezone="Asia/Tokyo"), room.now)


STEPS = st.lists(
    st.sampled_from(["come", "arrive", "greet", "send", "fail", "publish", "choose"]), min_size=3, max_size=14
)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_every_article_reaches_every_new_reader_once_from_their_welcome_on(on_sqlite, any_newsroom, steps):
    with on_sqlite.begin() as connection:
        for table in reversed(schema.metadata.sorted_tables):
            connection.execute(table.delete())
        connection.execute(schema.counters.insert().values(name=migrate.ARRIVAL, value=0))
    room = any_newsroom(on_sqlite)
    room.newsletter = replace(room.newsletter, welcome=True, max_age=timedelta(days=30))
    room.join()
    names, readers = (f"k{number}" for number in range(1000)), []
    acts = {
        "come": lambda: readers.append(come(room, f"{len(readers)}@x.example")),
        "arrive": lambda: room.arrive(next(names)),
        "greet": lambda: greet(room),
        "publish": lambda: publish(room),
        "choose": lambda: _move_to_tokyo(room, readers),
        "send": lambda: send_everything(room),
        "fail": lambda: room.settle(DeliveryState.FAILED, *room.lease(most=1)),
    }
    for step in ["arrive", "publish", *steps, "greet", "send", "publish", "send", "publish", "send"]:
        room.later(minutes=1)
        acts[step]()
    last = room.database.call(editions.latest, "daily", 100)
    newest = max(edition.upto for edition in last)
    for place, reader in enumerate(readers):
        got = sorted(number for letter in told(room, f"{place}@x.example") for number in letter)
        assert got == list(range(min(got, default=newest + 1), newest + 1))
        assert min(got, default=0) <= reader.mark + 1
    assert all(DeliveryState(row.state) not in OPEN for row in room.rows())
