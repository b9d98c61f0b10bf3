"""What a withdrawal does to deliveries, and how each reader's list of corrections grows and shrinks."""

import asyncio
from dataclasses import replace
from itertools import count

import pytest
from sqlalchemy import select

from digest.model import DeliveryState, Letter
from digest.store import corrections, letters, recalling, schema, trail
from digest.store.readership import Served, ViewKey
from digest.store.recalling import Anew, Moved, Recall

NONCES = count(1)
WITHOUT = Letter(nonce="00ff", subject="No. 1", html="<p>2</p>", text="2", language="en", told=(2,), carried=(1,))


@pytest.fixture
def room(newsroom):
    """Four readers, and an edition of two articles for them."""
    for name in "abcd":
        newsroom.join(f"{name}@x.example")
    newsroom.arrive("first", "second")
    newsroom.number = asyncio.run(newsroom.edition()).edition.id
    return newsroom


def withdraw(room, article=1, *, letter=WITHOUT, is_empty=False):
    recall = Recall(edition=room.number, article=article)
    case = room.database.call(recalling.case, recall)
    letter = replace(letter, nonce=f"{next(NONCES):04x}")
    made = {place: Anew(letter=letter, is_empty=is_empty) for place in case.places}
    return room.database.call(recalling.withdraw, recall, made, room.now)


def told(room):
    """By reader: what the letter tells that each has got or is to get."""
    found = {}
    for row in room.rows():
        found[row.address[0]] = room.database.call(letters.to_reader, row.edition, row.subscription).told
    return found


def lists(room):
    s, who = schema.subscriptions.c, schema.subscribers.c
    with room.database.begin() as connection:
        rows = connection.execute(
            select(who.address, s.corrections).join_from(schema.subscriptions, schema.subscribers)
        )
        return {row.address[0]: row.corrections for row in rows}


def own_letters(room):
    return [row.own_letter is not None for row in room.rows()]


def test_who_has_got_it_keeps_their_letter_and_the_others_get_the_new_one(room):
    first, second, *_ = room.lease(most=2)
    room.settle(DeliveryState.SENT, first)
    reach = withdraw(room)
    assert (reach.spared, reach.reached, reach.called_off) == (2, 2, 0)
    assert told(room) == {"a": (1, 2), "b": (1, 2), "c": (2,), "d": (2,)}
    assert own_letters(room) == [True, True, False, False]
    ids = lists(room)
    assert (ids["c"], ids["d"]) == ("", "")
    assert ids["a"] == ids["b"] != ""
    assert [each.letter for each in room.lease()] != [second.letter] * 2


def test_in_doubt_counts_as_got_and_what_goes_again_is_the_new_letter(room):
    room.settle(DeliveryState.DEFERRED, *room.lease(most=1), in_doubt=True)
    assert withdraw(room).reached == 1
    assert told(room)["a"] == (2,)
    assert lists(room)["a"]


def test_a_letter_that_has_nothing_left_is_called_off_and_its_readers_are_not_served(room):
    reader = room.join("e@x.example")
    room.settle(DeliveryState.SENT, *room.lease(most=1))
    nothing = Letter(nonce="00ff", subject="No. 1", html="", text="", language="en")
    reach = withdraw(room, letter=nothing, is_empty=True)
    assert (reach.spared, reach.reached, reach.called_off) == (0, 1, 3)
    assert sorted(room.states().values()) == ["cancelled", "cancelled", "cancelled", "sent"]
    assert room.lease() == []
    assert room.mark(reader) == 0


def test_the_same_article_is_withdrawn_once_and_another_makes_a_second_id(room):
    room.settle(DeliveryState.SENT, *room.lease())
    withdraw(room)
    with pytest.raises(Moved):
        withdraw(room)
    withdraw(room, 2)
    first, second = lists(room)["a"].split(",")
    assert int(first) < int(second)


def test_where_the_letters_are_others_by_now_nothing_is_changed(room):
    recall = Recall(edition=room.number, article=1)
    with pytest.raises(Moved):
        room.database.call(recalling.withdraw, recall, {}, room.now)
    assert set(lists(room).values()) == {""}
    assert not room.database.call(recalling.is_withdrawn, recall)


def test_what_was_served_is_struck_off_by_its_ids_alone(room):
    room.settle(DeliveryState.SENT, *room.lease())
    withdraw(room)
    listed = lists(room)["a"]
    room.later(days=1)
    room.arrive("third")
    asyncio.run(room.edition())
    # What is withdrawn after the letter was frozen waits for the next one.
    withdraw(room, 2)
    served = [row.id for row in room.rows() if row.edition != room.number]
    room.database.call(corrections.told, served)
    (left,) = set(lists(room).values())
    assert left
    assert listed not in left.split(",")
    room.database.call(corrections.owe_again, schema.deliveries.c.id.in_(served))
    (again,) = set(lists(room).values())
    assert again == f"{listed},{left}"


def test_nobody_is_told_by_a_letter_that_follows_one_whose_fate_is_not_known():
    pending = ViewKey.read("7|0|9|3|world|en|UTC|0|4,5")
    assert pending.corrections == (4, 5)
    assert (pending.told(fallback=False), pending.told(fallback=True)) == ((), (4, 5))
    assert ViewKey.read("7|0|0|0|world|en|UTC|0|4").told(fallback=False) == (4,)


def test_a_key_of_before_there_were_corrections_is_read():
    assert ViewKey.read("7|0|0|0|world,sport|pt-BR|Europe/London|7") == ViewKey(
        Served(7), None, ("world", "sport"), "pt-BR", "Europe/London", 7
    )


def test_letters_of_either_kind_know_whom_they_are_for_and_the_article_is_on_no_page(room):
    (first,) = room.lease(most=1)
    room.settle(DeliveryState.SENT, first)
    withdraw(room)
    (after,) = {each.letter for each in room.lease()}
    before, after = (room.database.call(letters.get, each).nonce for each in (first.letter, after))
    for nonce in (before, after):
        placed = room.database.call(letters.articles_of, nonce)
        assert [(each.article.number, each.categories) for each in placed] == [(2, ("world",))]
        assert room.database.call(trail.view_of, nonce).served == Served(0)
    assert [each.title for each in room.database.call(corrections.of_letter, before)] == ["first"]
    assert room.database.call(corrections.of_letter, after) == ()
