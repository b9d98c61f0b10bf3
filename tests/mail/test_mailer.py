"""Several relays and many connections at one outbox: who gets how much, who stands in, and when it is given up."""

import asyncio
from collections import deque
from datetime import timedelta

import pytest

from digest.errors import RelayError
from digest.mail.mailer import Mailer
from digest.mail.parcel import Parcel, ready
from digest.model import Accepted, Rejected

PIPELINED = ("PIPELINING", "8BITMIME")


class Outbox:
    """So many parcels, and what became of each."""

    def __init__(self, parcels):
        self.waiting = deque(
            Parcel("d@news.example", f"r{n}@x.example", ready(b"a: b\r\n\r\nhi\r\n")) for n in range(parcels)
        )
        self.ends = []
        self.put_back_count = 0
        self.closed = False
        self.dots = asyncio.Event()

    def take(self):
        return self.waiting.popleft() if self.waiting and not self.closed else None

    async def next(self):
        return self.take()

    async def may_end(self, parcel):
        return True

    def ended(self, parcel, phase, outcome):
        self.ends.append((parcel.recipient, outcome))

    def put_back(self, parcel):
        self.put_back_count += 1
        self.waiting.append(parcel)

    def close(self):
        self.closed = True

    @property
    def accepted(self):
        return sorted(recipient for recipient, outcome in self.ends if isinstance(outcome, Accepted))


async def carried(outbox, *relays, stop=None):
    async with Mailer(*relays) as mailer:
        return await mailer.carry(outbox, stop or asyncio.Event())


async def test_relays_share_the_messages_by_their_weights(scripted):
    heavy, first = await scripted(offers=PIPELINED, weight=3, connections=2)
    light, second = await scripted(offers=PIPELINED, weight=1, connections=2)
    outbox = Outbox(200)

    assert await carried(outbox, first, second) == ""

    assert len(set(outbox.accepted)) == 200
    assert len(heavy.messages) + len(light.messages) == 200
    # Each may be ahead of its share by what its connections hold.
    assert 140 <= len(heavy.messages) <= 160


async def test_a_relay_of_weight_nought_gets_nothing_while_another_takes_mail(scripted):
    usual, first = await scripted(weight=1, connections=2)
    spare, second = await scripted(weight=0, connections=2)
    outbox = Outbox(40)

    assert await carried(outbox, first, second) == ""

    assert (len(usual.messages), len(spare.messages)) == (40, 0)


async def test_a_relay_of_weight_nought_stands_in_for_one_that_refuses_us(scripted):
    usual, first = await scripted({"GREETING": "554 5.7.1 we do not know you"}, weight=1, connections=2)
    spare, second = await scripted(weight=0, connections=2)
    outbox = Outbox(20)

    assert await carried(outbox, first, second) == ""

    assert (len(usual.messages), len(spare.messages)) == (0, 20)
    assert len(set(outbox.accepted)) == len(outbox.ends) == 20, "each went out once, and nobody was marked"


async def test_one_that_refuses_us_half_way_leaves_its_share_to_the_other(scripted):
    broken, first = await scripted({"MAIL": ["250 ok"] * 5 + ["530 5.7.0 sign in first"]}, weight=1, connections=1)
    good, second = await scripted(weight=1, connections=1)
    outbox = Outbox(30)

    assert await carried(outbox, first, second) == ""

    assert len(broken.messages) == 5
    assert len(good.messages) == 25
    assert len(outbox.ends) == len(set(outbox.accepted)) == 30


async def test_where_every_relay_refuses_us_nobody_is_marked_and_each_relay_is_named(scripted):
    _, first = await scripted({"GREETING": "554 5.7.1 we do not know you"}, connections=2)
    _, second = await scripted({"EHLO": "550 5.7.1 nor do we", "HELO": "550 5.7.1 nor do we"}, connections=2)
    outbox = Outbox(10)

    trouble = await carried(outbox, first, second)

    assert str(first) in trouble
    assert str(second) in trouble
    assert outbox.ends == []
    assert len(outbox.waiting) == 10
    assert outbox.closed


async def test_a_relay_that_refused_us_is_not_asked_again_before_its_time(scripted):
    server, relay = await scripted({"GREETING": "554 5.7.1 we do not know you"}, connections=1)
    async with Mailer(relay) as mailer:
        assert await mailer.carry(Outbox(1), asyncio.Event())
        asked = server.connections

        trouble = await mailer.carry(Outbox(5), asyncio.Event())

    assert server.connections == asked == 1
    assert str(relay) in trouble


async def test_a_message_of_its_own_goes_by_the_next_relay_where_the_first_refuses_us(scripted):
    _, first = await scripted({"GREETING": "554 5.7.1 no"}, weight=2)
    good, second = await scripted(weight=1)
    async with Mailer(first, second) as mailer:
        assert isinstance(await mailer.send("d@news.example", "ada@x.example", b"a: b\r\n\r\nhi\r\n"), Accepted)

    assert len(good.messages) == 1


async def test_a_message_of_its_own_that_no_relay_takes_is_the_relays_fault(scripted):
    _, relay = await scripted({"GREETING": "554 5.7.1 no"})
    async with Mailer(relay) as mailer:
        with pytest.raises(RelayError, match=str(relay.port)):
            await mailer.send("d@news.example", "ada@x.example", b"a: b\r\n\r\nhi\r\n")


async def test_no_more_goes_out_than_the_relays_rate_allows(scripted):
    server, relay = await scripted(offers=PIPELINED, connections=4, rates=((5, timedelta(seconds=1)),))
    outbox, stop = Outbox(50), asyncio.Event()
    loop = asyncio.get_running_loop()
    begun = loop.time()
    loop.call_later(1.5, stop.set)

    await carried(outbox, relay, stop=stop)

    allowed = 5 * (1 + (loop.time() - begun))
    assert 5 <= len(server.messages) <= allowed
    assert len(outbox.accepted) == len(server.messages)


async def test_no_more_connections_are_opened_than_the_relay_allows(scripted):
    server, relay = await scripted(offers=PIPELINED, connections=3)
    outbox = Outbox(60)

    await carried(outbox, relay)

    assert server.connections <= 3
    assert len(outbox.accepted) == 60


async def test_a_connection_is_used_for_no_more_messages_than_it_is_good_for(scripted):
    server, relay = await scripted(offers=PIPELINED, connections=1, reuse=10)
    outbox = Outbox(35)

    await carried(outbox, relay)

    assert server.connections == 4
    assert len(outbox.accepted) == 35


async def test_asked_to_stop_what_is_begun_is_ended_and_what_is_not_stays(scripted):
    server, relay = await scripted({"DOT": ["250 queued", "stall"]}, connections=1)
    outbox, stop = Outbox(10), asyncio.Event()
    async with Mailer(relay) as mailer:
        carrying = asyncio.ensure_future(mailer.carry(outbox, stop))
        await server.stalled.wait()
        stop.set()
        server.gate.set()
        await carrying

    # The one whose dot was waited for, and at most the one that was taken up meanwhile.
    assert 2 <= len(server.messages) <= 3
    assert len(outbox.accepted) == len(server.messages) == 10 - len(outbox.waiting)


async def test_what_an_outbox_raises_ends_the_run_and_the_others_finish_first(scripted):
    class Broken(Outbox):
        async def next(self):
            if len(self.waiting) <= 8:
                raise OSError("the disk is full")
            return self.take()

        def take(self):
            return self.waiting.popleft() if len(self.waiting) > 8 and not self.closed else None

    server, relay = await scripted(connections=2)
    outbox = Broken(10)

    with pytest.raises(OSError, match="the disk is full"):
        await carried(outbox, relay)

    assert outbox.closed
    assert len(outbox.accepted) == len(server.messages) == 2


async def test_a_refused_recipient_is_told_of_that_recipient_alone(scripted):
    _, relay = await scripted({"RCPT": ["250 ok", "550 5.1.1 nobody here", "250 ok"]}, connections=1)
    outbox = Outbox(3)

    await carried(outbox, relay)

    refused = [recipient for recipient, outcome in outbox.ends if isinstance(outcome, Rejected)]
    assert refused == ["r1@x.example"]
    assert outbox.accepted == ["r0@x.example", "r2@x.example"]
