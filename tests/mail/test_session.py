"""What goes over a connection, in which order and in how many writes, and what is made of the answers."""

import asyncio

import pytest

from digest.mail.mailer import Mailer
from digest.mail.parcel import Parcel, ready
from digest.mail.relay import Relay, Security
from digest.model import Accepted, Deferred, Rejected, Scope

MESSAGE = b"Subject: x\r\n\r\nHello\r\n"


class Server:
    """Answers by what `answers` says to a command's nth use; keeps what each read brought."""

    def __init__(self, offers=("PIPELINING", "SIZE 1000000"), answers=None):
        self.offers, self.answers = offers, answers or {}
        self.reads, self.used, self.connections = [], {}, 0

    async def serve(self, reader, writer):
        self.connections += 1
        writer.write(b"220 here\r\n")
        rest, in_message = b"", False
        while octets := await reader.read(1 << 20):
            self.reads.append(octets)
            rest += octets
            while True:
                end = b"\r\n.\r\n" if in_message and not rest.startswith(b".\r\n") else b"\r\n"
                line, found, after = rest.partition(end)
                if not found:
                    break
                rest = after
                verb = "DOT" if in_message else line[:4].decode().upper().strip()
                reply = self.reply(verb)
                if reply == "close":
                    writer.close()
                    return
                in_message = verb == "DATA" and reply[0] == "3"
                writer.write(f"{reply}\r\n".encode())
        writer.close()

    def reply(self, verb):
        self.used[verb] = self.used.get(verb, 0) + 1
        usual = {"DATA": "354 go on", "QUIT": "221 bye"}.get(verb, "250 ok")
        if verb == "EHLO":
            usual = "\r\n".join(["250-here", *(f"250-{offer}" for offer in self.offers), "250 8BITMIME"])
        return self.answers.get((verb, self.used[verb]), usual)


class Outbox:
    """Parcels to be sent, and what became of each."""

    def __init__(self, count, refuse=()):
        self.left = [Parcel("a@news.example", f"r{n}@x.example", ready(MESSAGE)) for n in range(count)]
        self.outcomes, self.returned, self.refuse, self.away = {}, [], refuse, 0

    def take(self):
        if not self.left:
            return None
        self.away += 1
        return self.left.pop(0)

    async def next(self):
        return self.take()

    async def may_end(self, parcel):
        await asyncio.sleep(0)
        return parcel.recipient not in self.refuse

    def ended(self, parcel, phase, outcome):
        self.outcomes[parcel.recipient] = (phase, outcome)

    def put_back(self, parcel):
        self.returned.append(parcel.recipient)
        self.left.insert(0, parcel)

    def close(self):
        pass


@pytest.fixture
async def carry():
    """Carries an outbox to a server; gives both."""
    servers = []

    async def run(server, outbox, **changes):
        listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
        servers.append(listening)
        port = listening.sockets[0].getsockname()[1]
        relay = Relay(host="127.0.0.1", port=port, security=Security.NONE, connections=1, timeout=3.0, **changes)
        async with asyncio.timeout(20), Mailer(relay) as mailer:
            await mailer.carry(outbox, asyncio.Event())
        return server, outbox

    yield run
    for server in servers:
        server.close()


def states(outbox):
    return [type(outcome).__name__ for _, outcome in outbox.outcomes.values()]


async def test_the_dot_of_one_goes_out_with_the_commands_of_the_next(carry):
    server, outbox = await carry(Server(), Outbox(3))
    assert states(outbox) == ["Accepted"] * 3
    groups = [octets for octets in server.reads if b".\r\nMAIL" in octets]
    assert len(groups) == 2
    assert all(group.endswith(b"DATA\r\n") for group in groups)


async def test_a_server_without_pipelining_is_asked_one_by_one(carry):
    server, outbox = await carry(Server(offers=()), Outbox(2))
    assert states(outbox) == ["Accepted"] * 2
    assert all(octets.count(b"\r\n") == 1 for octets in server.reads if octets[:4] in (b"MAIL", b"RCPT", b"DATA"))


async def test_who_is_refused_costs_nobody_else_their_message(carry):
    server, outbox = await carry(Server(answers={("RCPT", 2): "550 5.1.1 no such user"}), Outbox(3))
    assert states(outbox) == ["Accepted", "Rejected", "Accepted"]
    assert outbox.outcomes["r1@x.example"][1].scope is Scope.RECIPIENT
    assert server.used["RSET"] == 1
    assert server.connections == 1


@pytest.mark.parametrize("verb", ["MAIL", "RCPT", "DATA"])
async def test_421_at_any_command_sends_the_message_over_another_connection(carry, verb):
    server, outbox = await carry(Server(answers={(verb, 2): "421 4.3.2 going down"}), Outbox(3))
    sent = [type(outcome) for _, outcome in outbox.outcomes.values()]
    assert sent.count(Accepted) + sent.count(Deferred) == 3
    assert not any(isinstance(outcome, Rejected) for _, outcome in outbox.outcomes.values())
    assert server.connections == 2


async def test_after_the_dot_without_an_answer_nobody_knows_and_the_next_is_sent_again(carry):
    server, outbox = await carry(Server(answers={("DOT", 1): "close"}), Outbox(2))
    assert states(outbox) == ["InDoubt", "Accepted"]
    assert outbox.returned == ["r1@x.example"]
    assert server.used["DOT"] == 2


async def test_a_dot_that_is_not_allowed_is_not_written(carry):
    server, outbox = await carry(Server(), Outbox(3, refuse={"r1@x.example"}))
    assert list(outbox.outcomes) == ["r0@x.example", "r2@x.example"]
    assert server.used["DOT"] == 2
    assert server.connections == 2


async def test_a_connection_is_closed_after_so_many_messages(carry):
    server, outbox = await carry(Server(), Outbox(5), reuse=2)
    assert states(outbox) == ["Accepted"] * 5
    assert server.connections == 3


async def test_what_is_too_large_for_the_server_is_not_offered(carry):
    server, outbox = await carry(Server(offers=("PIPELINING", "SIZE 10")), Outbox(1))
    (outcome,) = (outcome for _, outcome in outbox.outcomes.values())
    assert (type(outcome), outcome.scope) == (Rejected, Scope.MESSAGE)
    assert "MAIL" not in server.used
