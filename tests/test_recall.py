"""An article is withdrawn: who has not got it never does, and who has is told so, once, in their next letter."""

import asyncio
import email
import email.policy
import socket
from dataclasses import replace
from datetime import timedelta

import pytest
from aiosmtpd.controller import Controller
from sqlalchemy import select

from digest.deliver import Post, deliver
from digest.editions.render import Renderer
from digest.errors import UsageError
from digest.mail.mailer import Mailer
from digest.mail.relay import Relay, Security
from digest.mail.sender import Sender
from digest.mail.tokens import Signer
from digest.model import DeliveryState, EditionState, Limits, Mailbox, WhenEmpty
from digest.publish import recall
from digest.publish.welcome import welcome
from digest.store import editions, letters, schema
from digest.store.recalling import Recall

READERS = [f"r{n}@x.example" for n in range(6)]


@pytest.fixture
def room(newsroom):
    for address in READERS:
        newsroom.join(address)
    return newsroom


def publish(room, *keys, **how):
    room.later(days=1)
    room.arrive(*keys, **how)
    return asyncio.run(room.edition()).edition.id


def withdraw(room, edition, article, text=""):
    return asyncio.run(recall.withdraw(room.press, Recall(edition=edition, article=article, text=text), room.now))


def told(room, edition):
    """By reader, what the letter of the edition tells."""
    return {
        row.address: room.database.call(letters.to_reader, edition, row.subscription).told
        for row in room.rows()
        if row.edition == edition and row.state != "cancelled"
    }


def send(room, most=100):
    room.settle(DeliveryState.SENT, *room.lease(most=most))


def test_the_other_stories_stay_as_they_were_and_none_moves_up_from_beyond_the_limit(room):
    room.newsletter = replace(room.newsletter, limits=Limits(stories=3))
    edition = publish(room, "a", "b", "c", "d", "e")
    before = told(room, edition)[READERS[0]]
    gone = before[1]
    assert withdraw(room, edition, gone).spared == 6
    assert set(told(room, edition).values()) == {tuple(number for number in before if number != gone)}
    (letter,) = {room.database.call(letters.get, each.letter) for each in room.lease()}
    assert gone not in (*letter.linked, *letter.carried)
    assert len(letter.linked) + len(letter.told) == 4


def test_no_later_edition_tells_it_to_anybody(room):
    edition = publish(room, "a", "b")
    withdraw(room, edition, 1)
    room.join("late@x.example", since=room.now - timedelta(hours=1), mark=0)
    send(room)
    after = publish(room, "c")
    assert {1} & {number for numbers in told(room, after).values() for number in numbers} == set()
    assert told(room, after)["late@x.example"] == (2, 3)


def test_a_letter_of_nothing_else_is_called_off_and_nothing_but_it_is_lost(room):
    edition = publish(room, "a")
    reach = withdraw(room, edition, 1)
    assert (reach.spared, reach.called_off) == (0, 6)
    assert room.database.call(editions.find, edition).state is EditionState.DONE
    assert set(told(room, publish(room, "b")).values()) == {(2,)}


def test_where_empty_letters_are_sent_it_goes_out_without_a_story(room):
    room.newsletter = replace(room.newsletter, when_empty=WhenEmpty.SEND)
    edition = publish(room, "a")
    assert withdraw(room, edition, 1).spared == 6
    assert set(told(room, edition).values()) == {()}


def test_a_second_withdrawal_leaves_out_both(room):
    edition = publish(room, "a", "b", "c")
    send(room, 2)
    withdraw(room, edition, 1)
    send(room, 2)
    reach = withdraw(room, edition, 3)
    assert (reach.spared, reach.reached) == (2, 4)
    assert [told(room, edition)[each] for each in READERS] == [(1, 2, 3)] * 2 + [(2, 3)] * 2 + [(2,)] * 2


def test_readers_of_each_view_lose_it_and_nothing_else(room):
    room.join("sport@x.example", categories=("sport",))
    room.join("german@x.example", language="de")
    room.arrive("s", feed="sport")
    edition = publish(room, "a", "b")
    before = told(room, edition)
    withdraw(room, edition, 2)
    after = told(room, edition)
    assert after == {who: tuple(number for number in numbers if number != 2) for who, numbers in before.items()}
    assert before["sport@x.example"] == after["sport@x.example"] == (1,)


def test_what_was_told_and_cannot_be_told_any_more_waits_for_the_next_letter(room):
    edition = publish(room, "a", "b", "c")
    room.newsletter = replace(room.newsletter, limits=Limits(stories=1))
    withdraw(room, edition, 3)
    (letter,) = {room.database.call(letters.get, each.letter) for each in room.lease()}
    assert len(letter.told) == 1
    assert sorted((*letter.told, *letter.carried)) == [1, 2]


def test_who_waits_for_the_letter_before_gets_what_makes_up_for_it_without_the_article(room):
    first = publish(room, "a", "b")
    leased = room.lease(most=1)
    room.settle(DeliveryState.DEFERRED, *leased, in_doubt=True)
    second = publish(room, "c", "d")
    withdraw(room, second, 4)
    room.settle(DeliveryState.FAILED, *room.lease(edition=first))
    assert told(room, second)[READERS[0]] == (1, 2, 3)
    assert told(room, second)[READERS[1]] == (1, 2, 3)


def test_one_that_was_in_flight_and_comes_back_is_sent_without_it_and_has_nothing_to_be_told(room):
    edition = publish(room, "a", "b")
    (flying,) = room.lease(most=1)
    assert withdraw(room, edition, 1).reached == 1
    room.settle(DeliveryState.DEFERRED, flying)
    assert {room.database.call(letters.get, each.letter).told for each in room.lease()} == {(2,)}
    room.settle(DeliveryState.SENT, *(row for row in room.rows() if row.state == "sending"))
    with room.database.begin() as connection:
        assert set(connection.scalars(select(schema.subscriptions.c.corrections))) == {""}


def test_new_readers_are_welcomed_without_it(room):
    room.newsletter = replace(room.newsletter, welcome=True)
    edition = publish(room, "a", "b")
    send(room)
    withdraw(room, edition, 1)
    room.later(hours=1)
    room.join("new@x.example", since=room.now - timedelta(minutes=1), mark=2)
    assert asyncio.run(welcome(room.press, room.newsletter, room.now)) == 1
    assert told(room, edition)["new@x.example"] == (2,)


@pytest.mark.parametrize("article", [1, 99])
def test_what_no_letter_of_the_edition_has_is_refused(room, article):
    publish(room, "a")
    send(room)
    edition = publish(room, "b")
    with pytest.raises(UsageError, match="no letter of edition"):
        withdraw(room, edition, article)


def test_a_withdrawal_is_refused_twice_and_for_an_edition_that_is_not_there(room):
    edition = publish(room, "a", "b")
    withdraw(room, edition, 1)
    with pytest.raises(UsageError, match="already"):
        withdraw(room, edition, 1)
    with pytest.raises(UsageError, match="there is no edition"):
        withdraw(room, edition + 1, 1)


# the whole way, by SMTP


class Mailboxes:
    def __init__(self):
        self.mails = []

    async def handle_DATA(self, _server, _session, envelope):  # noqa: N802
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        self.mails += [(to, message) for to in envelope.rcpt_tos]
        return "250 2.0.0 ok"

    def texts(self):
        """By reader, what each has got since the last time, as HTML and as text."""
        found = {}
        for to, mail in self.mails:
            parts = [" ".join(mail.get_body((kind,)).get_content().split()) for kind in ("html", "plain")]
            assert to not in found
            found[to] = parts
        self.mails.clear()
        return found


@pytest.fixture
def boxes():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    boxes = Mailboxes()
    controller = Controller(boxes, hostname="127.0.0.1", port=port)
    controller.start()
    boxes.port = port
    yield boxes
    controller.stop()


def go_out(room, boxes, most=0):
    """Delivers what is due; `most`: only so many, the others wait."""
    if most:
        with room.database.begin() as connection:
            d = schema.deliveries
            ids = list(connection.scalars(select(d.c.id).order_by(d.c.id)))[most:]
            connection.execute(d.update().where(d.c.id.in_(ids)).values(next_attempt_at=room.now + timedelta(hours=1)))
    asyncio.run(_delivered(room, boxes))
    return boxes.texts()


async def _delivered(room, boxes):
    relay = Relay(host="127.0.0.1", port=boxes.port, security=Security.NONE, connections=2, timeout=5.0)
    mailbox = Mailbox(address="digest@news.example", name="House")
    async with Mailer(relay) as mailer, asyncio.timeout(30):
        post = Post(
            database=room.database,
            mailer=mailer,
            sender=Sender(
                site=room.site,
                mailbox=mailbox,
                return_path="bounces@news.example",
                signer=Signer(["a secret of the tests, long enough"]),
            ),
            newsletters={"daily": room.newsletter},
            clock=lambda: room.now,
            jitter=lambda: 0.0,
            nonce=lambda: "worker",
        )
        await deliver(post, asyncio.Event(), 0)


@pytest.mark.parametrize("words", ["", "Ferries were not sold at all."])
def test_half_have_got_it_and_are_told_once_and_the_other_half_never_see_it(room, boxes, words):
    room.typesetter = Renderer()
    edition = publish(room, "Ferries sold", "Moon hums")
    half = go_out(room, boxes, most=3)
    assert all("Ferries sold" in part for parts in half.values() for part in parts)
    reach = withdraw(room, edition, 1, words)
    assert (reach.spared, reach.reached) == (3, 3)
    room.later(hours=1)
    rest = go_out(room, boxes)
    assert sorted((*half, *rest)) == READERS
    assert not any("Ferries" in part for parts in rest.values() for part in parts)
    assert all("Moon hums" in part for parts in rest.values() for part in parts)

    publish(room, "Third")
    after = go_out(room, boxes)
    assert sorted(after) == READERS
    said = words or "We have withdrawn what we told in No. 1 of Mar 3, 2026: Ferries sold"
    assert {who for who, parts in after.items() if all(said in part for part in parts)} == set(half)
    assert {who for who, parts in after.items() if any("Correction" in part for part in parts)} == set(half)

    publish(room, "Fourth")
    last = go_out(room, boxes)
    assert sorted(last) == READERS
    assert not any("Correction" in part for parts in last.values() for part in parts)


def test_a_correction_alone_makes_no_letter_and_is_told_whatever_the_reader_chooses_by_then(room, boxes):
    room.typesetter = Renderer()
    edition = publish(room, "Ferries sold", "Moon hums")
    go_out(room, boxes)
    withdraw(room, edition, 1)
    withdraw(room, edition, 2)
    room.later(days=1)
    assert asyncio.run(room.edition()).deliveries == 0
    s = schema.subscriptions
    with room.database.begin() as connection:
        connection.execute(s.update().values(categories="sport"))
    publish(room, "Goal", feed="sport")
    for html, text in go_out(room, boxes).values():
        assert "Corrections" in html
        assert text.index("Ferries sold") < text.index("Moon hums") < text.index("Goal", 200)
