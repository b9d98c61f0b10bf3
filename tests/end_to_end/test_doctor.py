"""`digest doctor`: real pages over TLS, a real mail server and mailbox; each of many faults gives its own red line."""

import asyncio
import socket
import ssl
from collections.abc import Callable
from contextlib import AsyncExitStack, asynccontextmanager, nullcontext
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from mailbox import Maildir
from typing import Any

import pytest
import trustme
import uvicorn
from aiosmtpd.controller import Controller

from digest.app import domain_keys
from digest.app.house import open_house
from digest.cli.dns import Unanswered
from digest.cli.doctor import examined
from digest.cli.findings import Verdict
from digest.errors import UsageError
from digest.mail import dkim_keys
from digest.model import SubscriptionState
from digest.store import subscribers, suppressions
from digest.web import public

PROBE = "probe+doctor@mailbox.example"
CONFIG = """
site: {{name: House, url: "{url}", secret: "a secret of the tests, long enough"}}
database: sqlite:///digest.db
mail:
  from: "House <digest@news.example>"
  return_path: bounces@{path}
  smtp: {{host: localhost, port: {smtp}, security: {security}, timeout: 5s}}
  {dkim}
  {bounces}
categories: {{world: {{title: World}}}}
feeds: [{{name: wire, url: "https://wire.example/feed", category: world}}]
newsletters: {{daily: {{title: The Daily, schedule: {{at: "07:00"}}}}}}
"""
DKIM = 'dkim: [{domain: news.example, selector: s1, key: "${file:key.pem}"}]'
BOUNCES = "bounces: {verp: true, maildir: bounces}"


@dataclass
class Fault:
    """What is wrong; by default nothing."""

    dns: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    config: dict[str, str] = field(default_factory=dict)
    #: Changes a mail on its way; None loses it.
    mail: Callable[[bytes], bytes | None] = lambda raw: raw
    #: Whose mail is refused by the server.
    refuses: str = "nobody"
    #: Answers requests in place of the pages: (method, path) -> status and Location, or None.
    page: Callable[[str, str], tuple[int, str] | None] = lambda method, path: None
    #: What happens behind the operator's back when a page is asked for: (house, method, path).
    meddle: Callable[[Any, str, str], None] = lambda house, method, path: None
    received: str = "from out.news.example (out.news.example [9.9.9.9])"
    results: str = "mx.mailbox.example; spf=pass smtp.mailfrom=news.example; dkim=pass; dmarc=pass"
    wrong_certificate: bool = False
    untrusted_relay: bool = False
    no_relay: bool = False
    no_pages: bool = False
    other_database: bool = False
    resolver: bool = True


class Server:
    """Takes mail, and puts it where its recipient reads it."""

    def __init__(self, folder, fault):
        self.fault = fault
        self.probe, self.bounces = Maildir(folder / "probe"), Maildir(folder / "bounces")

    async def handle_RCPT(self, _server, _session, envelope, address, _options):  # noqa: N802
        if self.fault.refuses in address:
            return "550 5.7.1 not here"
        envelope.rcpt_tos.append(address)
        return "250 ok"

    async def handle_DATA(self, _server, _session, envelope):  # noqa: N802
        raw = self.fault.mail(envelope.content)
        for address in envelope.rcpt_tos if raw is not None else ():
            head = (
                f"Return-Path: <{envelope.mail_from}>\r\nDelivered-To: {address}\r\n"
                + (f"Authentication-Results: {self.fault.results}\r\n" if self.fault.results else "")
                + f"Received: {self.fault.received} by mx.mailbox.example; Tue, 24 Nov 2026 07:00:00 +0000\r\n"
            )
            box = self.probe if address == PROBE else self.bounces
            box.add(head.encode() + raw)
        return "250 queued"


def meddling(app, house, fault):
    async def asked(scope, receive, send):
        if scope["type"] == "http":
            fault.meddle(house, scope["method"], scope["path"])
            if (said := fault.page(scope["method"], scope["path"])) is not None:
                status, where = said
                headers = [(b"location", where.encode())] if where else []
                await send({"type": "http.response.start", "status": status, "headers": headers})
                await send({"type": "http.response.body", "body": b"proxy"})
                return
        await app(scope, receive, send)

    return asked


async def nobody(scope, receive, send):
    """Stands there until there is somebody."""


@asynccontextmanager
async def pages(house, fault, authority):
    """The port of the pages, over TLS."""
    config = uvicorn.Config(nobody, port=0, log_config=None, lifespan="off")
    config.load()
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("elsewhere.example" if fault.wrong_certificate else "localhost").configure_cert(tls)
    config.ssl = tls
    server = uvicorn.Server(config)
    server.capture_signals = nullcontext
    task = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - it says so in no other way
        await asyncio.sleep(0.01)
    yield server.servers[0].sockets[0].getsockname()[1], config
    server.should_exit = True
    await task


@dataclass
class Clinic:
    house: Any
    dns: dict[tuple[str, str], list[str]]
    folder: Any
    fault: Fault

    async def ask(self, name, kind):
        if not self.fault.resolver:
            raise Unanswered("timed out")
        return self.dns.get((name, kind), [])

    async def examine(self, live=True, patience=2.0):
        wish = ("daily", PROBE, str(self.folder / "probe"), patience) if live else None
        return [finding async for finding in examined(self.house, wish, self.ask)]

    def state(self):
        found = self.house.database.call(subscribers.by_address, PROBE)
        return found[0].subscription.state if found else None


@pytest.fixture
async def clinic(tmp_path, monkeypatch):
    """Makes an installation with a fault, and all that is around it."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    (tmp_path / "key.pem").write_text(dkim_keys.generate(ed25519=True).pem)
    async with AsyncExitStack() as stack:

        async def make(fault):
            server = Server(tmp_path, fault)
            smtp = free_port()
            if fault.untrusted_relay:
                tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                trustme.CA().issue_cert("localhost").configure_cert(tls)
                stranger = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0, ssl=tls)
                stack.callback(stranger.close)
                smtp = stranger.sockets[0].getsockname()[1]
            elif not fault.no_relay:
                controller = Controller(server, hostname="127.0.0.1", port=smtp)
                controller.start()
                stack.callback(controller.stop)
            port, serving = await stack.enter_async_context(pages(None, fault, authority))
            parts = {
                "url": f"https://localhost:{free_port() if fault.no_pages else port}",
                "smtp": smtp,
                "security": "tls" if fault.untrusted_relay else "none",
                "dkim": DKIM,
                "path": "news.example",
                "bounces": BOUNCES,
            } | fault.config
            path = tmp_path / "digest.yaml"
            path.write_text(CONFIG.format(**parts))
            house = stack.enter_context(open_house(path, environ={}, prepare=True))
            shown = house
            if fault.other_database:
                other = tmp_path / "other.yaml"
                other.write_text(path.read_text().replace("digest.db", "other.db"))
                shown = stack.enter_context(open_house(other, environ={}, prepare=True))
            serving.loaded_app = meddling(public.application(shown), shown, fault)
            names = {
                ("news.example", "TXT"): ["v=spf1 a:out.news.example -all"],
                ("_dmarc.news.example", "TXT"): ["v=DMARC1; p=none"],
                ("news.example", "MX"): ["10 mx.news.example."],
                ("9.9.9.9.in-addr.arpa", "PTR"): ["out.news.example."],
                ("out.news.example", "A"): ["9.9.9.9"],
            }
            for each in domain_keys.configured(house.settings):
                names[each.name, "TXT"] = [each.private.record()]
            return Clinic(house, names | fault.dns, tmp_path, fault)

        yield make


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def red(findings):
    return [(finding.subject, finding.text) for finding in findings if finding.verdict is Verdict.WRONG]


async def test_where_all_is_well_every_step_says_what_it_has_proved(clinic):
    room = await clinic(Fault())
    found = await room.examine()
    assert red(found) == []
    assert [each.subject for each in found if each.verdict is Verdict.RIGHT] == [
        "SPF of news.example",
        "DMARC of news.example",
        "MX of news.example",
        "DKIM of news.example",
        "mail server",
        "certificate of site.url",
        "site.url",
        "request to confirm",
        "links of the request to confirm",
        "confirming",
        "letter",
        "DKIM signature of news.example",
        "DMARC alignment",
        "SPF by the receiving server",
        "DKIM by the receiving server",
        "DMARC by the receiving server",
        "PTR",
        "links of the letter",
        "one-click departure",
        "bounces",
    ]
    assert room.state() is SubscriptionState.LEFT
    assert room.house.database.call(suppressions.everything) == []


async def test_it_may_be_tried_again_with_the_same_address(clinic):
    room = await clinic(Fault())
    await room.examine()
    assert red(await room.examine()) == []


async def test_without_live_nothing_is_sent(clinic):
    room = await clinic(Fault())
    assert red(await room.examine(live=False)) == []
    assert room.state() is None
    assert list((room.folder / "probe" / "new").iterdir()) == []


async def test_an_address_that_reads_it_is_not_made_to_leave(clinic):
    room = await clinic(Fault())
    with room.house.database.begin() as connection:
        now = room.house.clock()
        someone = subscribers.add(connection, PROBE, now)
        own = subscribers.subscribe(connection, someone.id, "daily", subscribers.Choices(), 0, now)
        subscribers.confirm(connection, own.id, now, "test")
    with pytest.raises(UsageError, match="nobody's"):
        await room.examine()
    assert room.state() is SubscriptionState.ACTIVE


async def test_a_resolver_that_does_not_answer_is_no_fault_of_the_domain(clinic):
    room = await clinic(Fault(resolver=False))
    found = await room.examine(live=False)
    assert red(found) == []
    assert "no resolver answered" in found[0].text


def without(name):
    def strip(raw):
        message = message_from_bytes(raw, policy=policy.SMTP.clone(max_line_length=None, refold_source="none"))
        del message[name]
        return bytes(message)

    return strip


def with_another_id(raw):
    return raw if b"list-id:" not in raw.lower() else raw.replace(b"Message-ID: <", b"Message-ID: <x")


def only_notices(raw):
    return None if b"\r\nlist-unsubscribe:" in raw.lower() else raw


def touch(house, method, path):
    """A page of whose GET somebody has thought that it may leave."""
    if method == "GET" and path.startswith("/leave/"):
        for reader in house.database.call(subscribers.by_address, PROBE):
            house.database.call(subscribers.leave, reader.subscription.id, house.clock(), "a GET")


def on_post(status, where="", path="/leave/"):
    return lambda method, asked: (status, where) if method == "POST" and asked.startswith(path) else None


SPF, DMARC, MX = ("news.example", "TXT"), ("_dmarc.news.example", "TXT"), ("news.example", "MX")
KEY, PTR = ("s1._domainkey.news.example", "TXT"), ("9.9.9.9.in-addr.arpa", "PTR")
OTHER_KEY = "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="

FAULTS = {
    "no SPF": (Fault(dns={SPF: []}), "SPF of news.example", "has no record"),
    "two SPF": (Fault(dns={SPF: ["v=spf1 -all", "v=spf1 mx -all"]}), "SPF of news.example", "more than one"),
    "SPF for all": (Fault(dns={SPF: ["v=spf1 +all"]}), "SPF of news.example", "everybody"),
    "no DMARC": (Fault(dns={DMARC: []}), "DMARC of news.example", "has no record"),
    "two DMARC": (Fault(dns={DMARC: ["v=DMARC1; p=none"] * 2}), "DMARC of news.example", "none counts"),
    "null MX": (Fault(dns={MX: ["0 ."]}), "MX of news.example", "takes no mail"),
    "no key": (Fault(dns={KEY: []}), "DKIM of news.example", "has no record"),
    "another key": (Fault(dns={KEY: [OTHER_KEY]}), "DKIM of news.example", "s1._domainkey"),
    "relay away": (Fault(no_relay=True), "mail server", "failed"),
    "relay not trusted": (Fault(untrusted_relay=True), "mail server", "certificate"),
    "relay refuses": (Fault(refuses="mailbox.example"), "request to confirm", "5.7.1"),
    "pages away": (Fault(no_pages=True), "site.url", "cannot be reached"),
    "certificate of another": (Fault(wrong_certificate=True), "site.url", "certificate"),
    "proxy without the pages": (Fault(page=lambda *_: (404, "")), "site.url", "not by Digest"),
    "no mail": (Fault(mail=lambda _raw: None), "request to confirm", "not in the mailbox"),
    "no letter": (Fault(mail=only_notices), "letter", "not in the mailbox"),
    "changed on the way": (
        Fault(mail=lambda raw: raw.replace(b"\r\n\r\n", b"\r\n\r\n\r\nA footer.\r\n", 1)),
        "DKIM signature of news.example",
        "changed the mail",
    ),
    "another Message-ID": (Fault(mail=with_another_id), "letter", "another Message-ID"),
    "not aligned": (
        Fault(config={"dkim": "", "path": "relay.example"}),
        "DMARC alignment",
        "relay.example",
    ),
    "SPF fails there": (
        Fault(results="mx.mailbox.example; spf=fail smtp.mailfrom=news.example; dkim=pass"),
        "SPF by the receiving server",
        "fail",
    ),
    "no PTR": (Fault(dns={PTR: []}), "PTR", "has no name"),
    "PTR to nowhere": (Fault(dns={PTR: ["other.example."]}), "PTR", "does not lead"),
    "links are refused": (
        Fault(page=lambda _, path: (502, "") if path.startswith("/choose/") else None),
        "links of the letter",
        "502",
    ),
    "a GET that leaves": (Fault(meddle=touch), "links of the letter", "has changed something"),
    "POST is not let through": (Fault(page=on_post(405, path="/confirm/")), "confirming", "405"),
    "no List-Unsubscribe": (Fault(mail=without("List-Unsubscribe")), "List-Unsubscribe", "took it out"),
    "no one-click": (Fault(mail=without("List-Unsubscribe-Post")), "List-Unsubscribe-Post", "RFC 8058"),
    "one-click redirected": (
        Fault(page=on_post(301, "https://www.news.example/")),
        "one-click departure",
        "redirect",
    ),
    "one-click refused": (Fault(page=on_post(403)), "one-click departure", "403"),
    "one-click swallowed": (Fault(page=on_post(200)), "one-click departure", "has not left"),
    "another database": (Fault(other_database=True), "confirming", "this database"),
    "bounces refused": (Fault(refuses="bounces"), "bounces", "does not take"),
    "bounces elsewhere": (
        Fault(mail=lambda raw: None if b"report-type=delivery-status" in raw else raw),
        "bounces",
        "has not come back",
    ),
    "bounces unreadable": (
        Fault(config={"bounces": "bounces: {verp: true, maildir: nowhere}"}),
        "bounces",
        "cannot be read",
    ),
}


@pytest.mark.parametrize("name", sorted(FAULTS))
async def test_each_fault_gives_its_red_line(clinic, name):
    fault, subject, text = FAULTS[name]
    room = await clinic(fault)
    found = red(await room.examine())
    assert any(subject == each and text in said for each, said in found), found
    assert room.state() is not SubscriptionState.ACTIVE, "whatever fails, the trial's address is no reader afterwards"
    assert room.house.database.call(suppressions.everything) == []
