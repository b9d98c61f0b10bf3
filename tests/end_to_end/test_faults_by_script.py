"""Whatever a server does, each reader's delivery comes to what the server told of that reader, and to nothing else.

The server's own ledger is the judge. Each case runs twice: with its faults, and once more after the server was mended,
when everybody gets the one letter that is theirs.
"""

import asyncio
import base64
import ssl
import time
import tracemalloc
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
import trustme
from sqlalchemy import insert

from digest.deliver import Post, Report, deliver
from digest.mail.mailer import Mailer
from digest.mail.relay import Relay, Security
from digest.mail.sender import Sender
from digest.mail.tokens import Signer
from digest.model import Mailbox
from digest.store import guarding, schema, suppressions
from tests.conftest import Newsroom
from tests.end_to_end.faulty import (
    CLOSED,
    RESET,
    SILENT,
    Act,
    FaultyServer,
    Manners,
    Rule,
    Transaction,
    endless,
    hang_up,
    late,
    no_more_than,
    only_the_first,
    raw,
    reset,
    say,
    silence,
    slowly,
)

SIGNER = Signer(["a secret of the tests, long enough"])
USER, PASSWORD = "digest", "correct horse"
#: What AUTH PLAIN brings (RFC 4616).
PLAIN = base64.b64encode(f"\0{USER}\0{PASSWORD}".encode()).decode()
READERS, CONNECTIONS = 40, 3
#: Seconds to wait for an answer: where every word comes, and where some never do.
PATIENT, HASTY = 10.0, 0.4
#: Seconds that all but waiting may take, on a machine that is busy.
SLACK = 8.0
#: Octets that the worst answer may cost.
MOST_MEMORY = 10_000_000
ONE_BY_ONE = Manners(offers=("SIZE 10000000", "8BITMIME"))
#: Whom a fault is for, where it is for some.
SOME = ("r3", "r20")


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """How a server misbehaves, and what may be told of it beside what its ledger says."""

    rules: tuple[Rule, ...]
    manners: Manners | None = None
    #: Whether some answers are to be given up: on a busy machine others may be too.
    hasty: bool = False
    #: Whether what was taken may be in doubt.
    blurred: bool = False
    #: How many are sent all the same, at least.
    sent: int = READERS - CONNECTIONS

    @property
    def timeout(self) -> float:
        return HASTY if self.hasty else PATIENT


class House:
    """A newsletter with its readers, which sends over the server."""

    def __init__(self, newsroom: Newsroom, server: FaultyServer, **relay) -> None:
        self.newsroom, self.server = newsroom, server
        usual = {"host": "127.0.0.1", "port": server.port, "security": Security.NONE, "connections": CONNECTIONS}
        self.relay = Relay(**(usual | relay))
        self._nonces = count(1)

    async def mailing(self, readers: int) -> None:
        newsroom = self.newsroom
        before = newsroom.now - timedelta(hours=3)
        numbers = range(1, readers + 1)
        people = [(number, f"r{number - 1}@x.example") for number in numbers]
        state = {"newsletter": "daily", "state": "active", "mark": 0, "frequency": "every", "since": before}
        with newsroom.database.begin() as connection:
            connection.execute(
                insert(schema.subscribers),
                [
                    {"id": number, "address": address, "key": address, "created_at": before}
                    for number, address in people
                ],
            )
            connection.execute(insert(schema.subscriptions), [{"subscriber": number, **state} for number in numbers])
        newsroom.arrive("a")
        self.edition = (await newsroom.edition()).edition.id

    async def deliver(self, seconds: float, **changes) -> Report:
        """One run with connections of its own, in no more than so many seconds; the server is quiet after it."""
        newsroom = self.newsroom
        async with Mailer(self.relay) as mailer:
            sender = Sender(
                site=newsroom.site,
                mailbox=Mailbox(address="digest@news.example", name="House"),
                return_path="bounces@news.example",
                signer=SIGNER,
            )
            post = Post(
                database=newsroom.database,
                mailer=mailer,
                sender=sender,
                newsletters={"daily": newsroom.newsletter},
                clock=lambda: newsroom.now,
                jitter=lambda: 0.0,
                nonce=lambda: f"worker {next(self._nonces)}",
            )
            async with asyncio.timeout(seconds):
                report = await deliver(replace(post, **changes), asyncio.Event())
        self.server.quiet()
        return report

    async def recover(self) -> None:
        """The server is mended, the operator resumes what was paused, and time goes by until nothing is due."""
        self.server.mend()
        self.newsroom.database.call(guarding.resume, self.edition)
        for _ in range(3):
            self.newsroom.later(hours=1)
            await self.deliver(SLACK)
            if set(self.states().values()) <= {"sent", "failed"}:
                return

    def states(self) -> dict[str, str]:
        """By local part; what is in doubt is that."""
        return {
            row.address.partition("@")[0]: "in doubt" if row.doubts and row.state != "sent" else row.state
            for row in self.newsroom.rows()
        }

    def require_true(self, *, clear: bool) -> None:
        """Each delivery is what the server told of its very reader."""
        rows = {row.address.partition("@")[0]: row for row in self.newsroom.rows()}
        found = self.states()
        told = {name: told_of(self.server.of(name), clear=clear) for name in found}
        assert {name: state for name, state in found.items() if state not in told[name]} == {}
        # The server names the reader in all that it says of them; at MAIL it does not know them yet.
        at_mail = {entry.name for entry in self.server.ledger if entry.at == "MAIL"}
        words = {
            name: row.reply.split() for name, row in rows.items() if row.reply and row.code and name not in at_mail
        }
        assert {name: reply for name, reply in words.items() if name not in reply} == {}
        assert all(rows[name].attempts == 0 for name, state in found.items() if state == "queued")

    def require_one_letter_each(self) -> None:
        """In the end: nobody is forgotten, nobody has two letters unless there was a doubt, and then it is the same."""
        rows = {row.address: row for row in self.newsroom.rows()}
        assert set(self.states().values()) <= {"sent", "failed"}
        arrived = [entry for entry in self.server.ledger if entry.whole and (entry.taken or not entry.code)]
        copies = Counter(entry.recipient for entry in arrived)
        assert {to: n for to, n in copies.items() if n > 1 + rows[to].doubts} == {}
        assert {to for to, row in rows.items() if row.state == "sent"} == {e.recipient for e in arrived if e.taken}
        letters = {(e.recipient, e.message_id, e.sha256) for e in self.server.ledger if e.whole}
        assert len({to for to, _, _ in letters}) == len(letters) == len({identity for _, identity, _ in letters})
        assert all(entry.to == entry.recipient for entry in self.server.ledger if entry.whole)

    def suppressed(self) -> set[str]:
        found = self.newsroom.database.call(suppressions.everything)
        return {each.address.partition("@")[0] for each in found}


def told_of(entries: list[Transaction], *, clear: bool) -> set[str]:
    """What a delivery may be after these transactions."""
    if not entries:
        return {"queued"}
    # Of connections that were given up the server may go on to enter what nobody listens to any more.
    taken = [entry for entry in entries if entry.taken]
    doubtful = [entry for entry in entries if entry.whole and not entry.code]
    return set().union(*(_after(entry, clear=clear) for entry in taken or doubtful or entries))


def _after(entry: Transaction, *, clear: bool) -> set[str]:
    """What a delivery may be after one transaction."""
    unheard = set() if clear else {"in doubt" if entry.at == "DOT" else "queued"}
    kind = entry.code // 100
    if entry.at == "BODY" or (entry.at, entry.code) == ("DATA", 354):
        # The message may have been on its way with its dot when the server went.
        return {"queued", "in doubt"}
    if entry.code == 421:
        return {"queued"} | unheard
    if entry.at == "DOT":
        return {{2: "sent", 4: "deferred", 5: "failed"}.get(kind, "in doubt")} | unheard
    if kind == 5:
        return {"failed"} | unheard
    return {"deferred" if entry.at == "RCPT" and kind == 4 else "queued"} | unheard


@pytest.fixture
def newsroom(on_sqlite) -> Newsroom:
    return Newsroom(on_sqlite)


@pytest.fixture
def house(newsroom):
    """Makes a house and the server that it sends over."""
    with ExitStack() as stack:

        def make(*rules: Rule, manners: Manners | None = None, **relay) -> House:
            return House(newsroom, stack.enter_context(FaultyServer(rules, manners)), **relay)

        yield make


#: Answers that never come, or break off.
LOSSES = {
    "silence": silence,
    "hang up": hang_up,
    "reset": reset,
    "half a reply": raw(b"250-one\r\n", end=CLOSED),
    "a byte at a time": slowly("250 2.0.0 this takes too long", pause=0.05),
}
#: Answers that are none.
GARBAGE = {
    "no code": raw(b"hello there\r\n"),
    "megabyte": raw(b"250 " + b"x" * 1_000_000 + b"\r\n"),
    "never the end of a line": endless(b"250 xxxx"),
    "never the last line": endless(b"250-x\r\n"),
    "replies for ever": endless(b"000 x\r\n"),
}
ODD_GARBAGE = {
    "empty line": raw(b"\r\n"),
    "eight bits": raw(b"25\xb2 \xff\xfe ok\r\n"),
    "nul": raw(b"2\x0050 ok\r\n"),
    "two codes": raw(b"250-one\r\n550 other\r\n"),
    "half a code": raw(b"25", end=RESET),
}
#: Answers that each delivery is judged by.
REFUSALS = {
    "421": say("421 4.3.2 {to} going down", end=CLOSED),
    "421 and stays": say("421 4.3.2 {to} going down"),
    "451": say("451 4.7.1 {to} later"),
    "550": say("550 5.1.1 {to} no such user"),
}


def _matrix() -> dict[str, Case]:
    """Every answer at every moment, for some: to two readers, or at two uses of the moment."""
    acts = LOSSES | GARBAGE | ODD_GARBAGE | REFUSALS
    moments = dict.fromkeys(("EHLO", "MAIL", "RCPT", "DATA", "RSET"), LOSSES | GARBAGE | REFUSALS)
    moments |= {"GREETING": acts, "DOT": acts, "BODY": ("silence", "hang up", "reset", "no code", "421")}
    cases = {f"{name} at {at}": (at, acts[name], None) for at, names in moments.items() for name in names}
    few = ("silence", "reset", "no code", "421", "451", "550")
    alone = {
        f"{name} at {at}, one by one": (at, acts[name], ONE_BY_ONE) for at in ("RCPT", "DATA", "DOT") for name in few
    }
    return {
        name: Case(
            rules=_at(at, act), manners=manners, hasty=act in (LOSSES["silence"], LOSSES["a byte at a time"]), sent=0
        )
        for name, (at, act, manners) in (cases | alone).items()
    }


def _at(moment: str, act: Act) -> tuple[Rule, ...]:
    if moment in ("RCPT", "DATA", "BODY", "DOT"):
        return (Rule(moment, act, to=SOME),)
    if moment == "RSET":
        # It comes only after a refusal.
        return (Rule("RCPT", say("450 4.2.1 {to} later"), to=("r5", "r9", "r30")), Rule("RSET", act, nth=(1, 2)))
    return (Rule(moment, act, nth=(2,) if moment in ("GREETING", "EHLO") else (5, 17)),)


def _by_turns() -> dict[str, Case]:
    """Servers that are out of step, or that keep nothing of what they promise."""
    taken = "250 2.0.0 {to} taken"
    slow = {"GREETING": "220 faulty.test", "MAIL": "250 ok", "RCPT": "250 {to} ok", "DATA": "354 on", "DOT": taken}
    everything = tuple(Rule(at, slowly(reply, 0.0005)) for at, reply in slow.items())
    refusals = (Rule("RCPT", say("550 5.1.1 {to} unknown"), to={"r3"}), Rule("RCPT", say("450 {to} later"), to={"r20"}))
    wordy = tuple(
        Rule(at, say(f"{code}-one\r\n{code}-\r\n{code} {{to}} two")) for at, code in (("RCPT", 250), ("DOT", 250))
    )
    deaf = {at: Rule(at, only_the_first(slow[at])) for at in ("MAIL", "RCPT", "DOT")}

    def to_some(at: str, *packets: str, **more) -> tuple[Rule, ...]:
        return (Rule(at, raw(*(packet.encode() for packet in packets), **more), to=SOME),)

    more = "250 2.0.0 {to} hello?\r\n"
    return {
        "an octet a packet": Case(rules=everything),
        "all answers in one packet": Case(rules=refusals, manners=Manners(corked=True)),
        "answers of several lines": Case(rules=wordy),
        "hears nothing behind MAIL": Case(rules=(deaf["MAIL"],), hasty=True),
        "hears nothing behind RCPT": Case(rules=(deaf["RCPT"],), hasty=True),
        "hears nothing behind the dot": Case(rules=(deaf["DOT"],), hasty=True),
        "greets with answers": Case(rules=(Rule("GREETING", raw(b"220 hi\r\n250 ok\r\n250 ok\r\n", code=220)),)),
        "354 before DATA": Case(rules=to_some("RCPT", "250 ok\r\n354 go on\r\n")),
        "taken before the dot": Case(rules=to_some("DATA", f"354 go on\r\n{taken}\r\n", code=354)),
        "taken before the message, later": Case(rules=to_some("DATA", "354 go on\r\n", f"{taken}\r\n", code=354)),
        "taken twice": Case(rules=to_some("DOT", f"{taken}\r\n{more}", code=250)),
        "taken twice, one by one": Case(rules=to_some("DOT", f"{taken}\r\n{more}", code=250), manners=ONE_BY_ONE),
        "talks on": Case(rules=to_some("DOT", f"{taken}\r\n", more, more, code=250)),
        "taken and garbage": Case(rules=to_some("DOT", f"{taken}\r\nhm?\r\n", code=250)),
        "taken and closed": Case(rules=to_some("DOT", f"{taken}\r\n", end=CLOSED, code=250)),
        "taken and reset": Case(rules=to_some("DOT", f"{taken}\r\n", end=RESET, code=250), blurred=True),
        "taken and silent": Case(rules=to_some("DOT", f"{taken}\r\n", end=SILENT, code=250), hasty=True),
        "taken and 421": Case(rules=to_some("DOT", f"{taken}\r\n421 bye\r\n", end=CLOSED, code=250)),
        "taken and 421, one by one": Case(
            rules=to_some("DOT", f"{taken}\r\n421 bye\r\n", end=CLOSED, code=250), manners=ONE_BY_ONE
        ),
        "taken without a text": Case(rules=(Rule("DOT", raw(b"250\r\n", code=250), to=SOME),)),
        "taken without a CR": Case(rules=(Rule("DOT", raw(b"250 {to} taken\n", code=250)), *refusals)),
        "taken after a while": Case(rules=(Rule("DOT", late(taken, 0.3), to=SOME),)),
        "250 to DATA": Case(rules=(Rule("DATA", say("250 ok"), to=SOME),)),
        "354 to RCPT": Case(rules=(Rule("RCPT", say("354 go on"), to=SOME),)),
        "354 to the dot": Case(rules=to_some("DOT", "354 go on\r\n")),
        "a code of 999": Case(rules=to_some("DOT", "999 {to}\r\n")),
        "354 for nobody": Case(rules=refusals, manners=Manners(lenient=True)),
        "354 for nobody, one by one": Case(rules=refusals, manners=replace(ONE_BY_ONE, lenient=True)),
        "one connection at a time": Case(rules=(Rule("GREETING", no_more_than(1, "421 4.7.0 too many")),)),
        "421 at last words": Case(rules=(Rule("QUIT", say("421 bye", end=CLOSED)),)),
        "deaf to QUIT": Case(rules=(Rule("QUIT", silence),), hasty=True),
    }


CASES = _matrix() | _by_turns()


@pytest.mark.parametrize("name", CASES)
async def test_each_delivery_is_what_the_server_told_of_its_reader(house, record_property, name):
    case = CASES[name]
    there = house(*case.rules, manners=case.manners, timeout=case.timeout)
    await there.mailing(READERS)
    begun = time.monotonic()
    report = await there.deliver(case.timeout * (4 + sum(there.server.obeyed.values())) + SLACK)
    figures = {**Counter(there.states().values()), "seconds": round(time.monotonic() - begun, 2)}
    record_property("figures", f"{figures} {report.trouble}")
    assert figures.get("sent", 0) >= case.sent
    there.require_true(clear=not (case.hasty or case.blurred))
    refused = {entry.name for entry in there.server.ledger if entry.at in ("RCPT", "DOT") and entry.code == 550}
    assert there.suppressed() == refused
    await there.recover()
    there.require_one_letter_each()


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def trusted(authority, tmp_path_factory):
    path = tmp_path_factory.mktemp("authority") / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return path


def _tls(authority: trustme.CA, name: str = "127.0.0.1", **issued) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name, **issued).configure_cert(context)
    return context


#: What is wrong before a message can be sent, what the server offers, and whether it is said in these words.
LOCKED = {
    "not offered": ((), "none", "STARTTLS"),
    "refused for now": ((Rule("STARTTLS", say("454 4.7.0 not now")),), "good", "454"),
    "garbage": ((Rule("STARTTLS", raw(b"220 go\r\n250 injected\r\n", code=220)),), "good", ""),
    "cut in the handshake": ((Rule("TLS", reset),), "good", ""),
    "garbage for a handshake": ((Rule("TLS", raw(b"no TLS at all\r\n")),), "good", ""),
    "silent in the handshake": ((Rule("TLS", silence),), "good", ""),
    "expired": ((), "expired", "expired"),
    "for another host": ((), "other", ""),
    "of nobody we trust": ((), "stranger", ""),
    "password refused": ((Rule("AUTH", say("535 5.7.8 who are you")),), "good", "535"),
    "password refused for now": ((Rule("AUTH", say("454 4.7.0 later")),), "good", "454"),
}


@pytest.mark.parametrize("name", LOCKED)
async def test_without_a_secure_way_in_nobody_is_marked_and_nothing_is_said_in_clear(
    house, authority, trusted, record_property, name
):
    rules, kind, words = LOCKED[name]
    past = datetime(2020, 1, 1, tzinfo=UTC)
    contexts = {
        "none": None,
        "good": _tls(authority),
        "expired": _tls(authority, not_before=past, not_after=past + timedelta(days=1)),
        "other": _tls(authority, "other.example"),
        "stranger": _tls(trustme.CA()),
    }
    there = house(
        *rules,
        manners=Manners(tls=contexts[kind], password=PLAIN),
        security=Security.STARTTLS,
        username=USER,
        password=PASSWORD,
        ca_file=trusted,
        timeout=HASTY if name in ("silent in the handshake", "garbage") else PATIENT,
    )
    await there.mailing(READERS)
    report = await there.deliver(SLACK * 2)
    record_property("figures", f"{Counter(there.states().values())} {report.trouble}")
    assert report.trouble
    assert words in report.trouble
    assert set(there.states().values()) == {"queued"}
    assert not there.suppressed()
    spoken = b"\n".join(there.server.clear)
    assert b"MAIL" not in spoken
    assert b"AUTH" not in spoken
    assert PLAIN.encode() not in spoken


async def test_a_password_that_is_refused_in_the_middle_loses_nobody(house, authority, trusted):
    there = house(
        Rule("AUTH", say("535 5.7.8 who are you"), nth=(2, 3, 4, 5, 6)),
        manners=Manners(tls=_tls(authority), password=PLAIN),
        security=Security.STARTTLS,
        username=USER,
        password=PASSWORD,
        ca_file=trusted,
        reuse=5,
    )
    await there.mailing(READERS)
    report = await there.deliver(SLACK * 2)
    assert "535" in report.trouble
    there.require_true(clear=True)
    assert set(there.states().values()) <= {"sent", "queued"}
    there.server.mend()
    await there.recover()
    there.require_one_letter_each()
    assert all(entry.encrypted for entry in there.server.ledger)


@pytest.mark.parametrize("answer", ["never the end of a line", "never the last line", "replies for ever"])
async def test_endless_answers_cost_no_memory(house, record_property, answer):
    there = house(Rule("DOT", GARBAGE[answer], to=SOME), timeout=PATIENT)
    await there.mailing(READERS)
    tracemalloc.start()
    await there.deliver(SLACK * 2)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    record_property("figures", f"{peak:,} octets at most, {there.server.poured:,} were poured out")
    assert peak < MOST_MEMORY
