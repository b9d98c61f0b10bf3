"""Mail through a real server: Debian's Postfix as the relay, with TLS, sign-in, PIPELINING and limits, to a maildir."""

import email
import email.policy
import re
import smtplib
import ssl
import tempfile
from base64 import b64encode
from pathlib import Path

import dkim
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from sqlalchemy import select, update

from digest.app.house import open_house
from digest.mail.compose import prepare
from digest.mail.tokens import Purpose, Signer
from digest.model import DeliveryState, EditionState, Format, Mailbox
from digest.store import Database, editions, letters, outbox, suppressions
from digest.store.schema import articles, deliveries, subscribers, subscriptions
from tests.end_to_end import postfix

pytestmark = [
    pytest.mark.skipif(bool(postfix.missing()), reason=postfix.missing() or "it is there"),
    pytest.mark.timeout(120),
    pytest.mark.slow,
]

READERS, FEW = 1_000, 10
SECRET = "s" * 40
ZOE = "Zoë 🎉 O’Brien, M.A."
TITLE = "«Zürich»: 雪 and 100 % =?utf-8?q?rain?="


@pytest.fixture(scope="module")
def instance():
    # Under /tmp the folder may be within one of pytest's, which are root's alone; Postfix is not root.
    with tempfile.TemporaryDirectory(prefix="postfix-", dir="/var/tmp") as name:
        folder = Path(name)
        folder.chmod(0o755)
        with postfix.running(folder) as server:
            yield server


@pytest.fixture
def server(instance, monkeypatch):
    """Postfix without mail, whose certificate the system trusts."""
    instance.forget()
    monkeypatch.setenv("SSL_CERT_FILE", str(instance.authority))
    return instance


@pytest.fixture
def house(newsroom, tmp_path):
    """Makes a newsroom that sends by `port` of a server."""

    def make(server, readers, port="main", *, password=postfix.PASSWORD, security="starttls", more=""):
        room = newsroom(f"sqlite:///{tmp_path}/digest.db", 1, readers)
        smtp = f"host: localhost, port: {server.ports[port]}, security: {security}, connections: 8"
        written, count = re.subn(
            r"smtp: \{.*\}",
            f'smtp: {{{smtp}, username: {postfix.USER}, password: "{password}"}}{more}',
            room.config.read_text(),
        )
        assert count == 1
        room.config.write_text(written)
        in_store(room, name_things)
        return room

    return make


def name_things(connection):
    s = subscribers.c
    connection.execute(update(subscribers).where(s.id % 3 == 0).values(name=ZOE))
    connection.execute(update(subscriptions).where(subscriptions.c.id % 5 == 0).values(format=Format.TEXT.value))
    connection.execute(update(articles).where(articles.c.number == 1).values(title=TITLE))


def move(connection, reader, address):
    connection.execute(update(subscribers).where(subscribers.c.id == reader).values(address=address, key=address))


def in_store(room, work, *arguments):
    database = Database(room.url)
    try:
        return database.call(work, *arguments)
    finally:
        database.close()


def refused(room):
    """What `digest send` says that fails."""
    process = room.start("send", "daily", "--yes")
    assert process.wait(60) == 1, room.said(0)
    return room.said(0)


def composed(room):
    """The message of each reader's address, as it is made, and the subscription that it is for."""
    found = {}
    with open_house(room.config, environ={"DIGEST_SECRET": SECRET}) as opened:
        sender, newsletter = opened.sender(), opened.newsletter("daily")
        with opened.database.begin() as connection:
            frozen_at = editions.find(connection, 1).frozen_at
            letter = letters.get(connection, 1)
            prepared = prepare(letter, sender.envelope("daily", newsletter.title, frozen_at))
            rows = connection.execute(
                select(deliveries.c.id, deliveries.c.subscription, subscribers, subscriptions.c.format)
                .join_from(deliveries, subscribers, subscribers.c.id == deliveries.c.subscriber)
                .join(subscriptions, subscriptions.c.id == deliveries.c.subscription)
            ).all()
        for row in rows:
            to = Mailbox(address=row.address, name=row.name)
            personal = sender.personal(letter, row.id, row.subscription, to, Format(row.format))
            found[row.address] = (row.subscription, prepared.message(personal, eight_bit=True))
    return found


def as_kept(message):
    """A message as it goes over the wire, as a maildir keeps it."""
    return re.sub(rb"(?m)^\.\.", b".", message).replace(b"\r\n", b"\n")


def recipient(mail):
    return email.message_from_bytes(mail)["Delivered-To"]


def texts(mail):
    """The decoded parts of a message by their type."""
    parsed = email.message_from_bytes(mail)
    return {
        part.get_content_type(): part.get_payload(decode=True).decode()
        for part in parsed.walk()
        if not part.is_multipart()
    }


def nobody_is_marked(room, server):
    """Everything is as it was before, and nothing has reached the server."""
    tally = in_store(room, outbox.tally, 1)
    return tally.states == {DeliveryState.QUEUED: FEW} and tally.in_doubt == 0 and server.count() == 0


def test_the_relay_offers_what_this_is_about(server):
    with smtplib.SMTP("localhost", server.ports["main"]) as client:
        client.ehlo()
        assert not client.has_extn("auth"), "it takes no password in clear"
        client.starttls(context=ssl.create_default_context(cafile=server.authority))
        client.ehlo()
        assert {"pipelining", "chunking", "size", "auth", "8bitmime"} <= set(client.esmtp_features)


def test_a_thousand_readers_get_exactly_the_mail_that_was_made_for_each(server, house):
    room = house(server, READERS)
    room.run("send", "daily", "--yes")
    server.wait_for(READERS)
    mails = server.mails()
    got = {recipient(mail): mail for mail in mails}
    assert (len(mails), len(got)) == (READERS, READERS), "one each"
    assert in_store(room, outbox.tally, 1).states == {DeliveryState.SENT: READERS}

    signer, identities = Signer([SECRET]), set()
    made = composed(room)
    assert set(made) == set(got)
    for address, (subscription, message) in made.items():
        mail, expected = got[address], as_kept(message)
        assert mail.endswith(b"\n" + expected), "octet for octet, below what the relay has put before it"
        assert max(map(len, mail.split(b"\n"))) <= 998
        parsed, own = email.message_from_bytes(mail), email.message_from_bytes(expected)
        for name in ("From", "To", "Subject", "Message-ID", "List-Unsubscribe", "List-Unsubscribe-Post", "Date"):
            assert len(parsed.get_all(name, [])) == 1, name
            assert parsed[name] == own[name]
        assert texts(mail) == texts(expected)
        token = re.fullmatch(r"<https://news\.example/leave/(.+)>", parsed["List-Unsubscribe"])[1]
        assert signer.read(Purpose.LEAVE, token) == (subscription,)
        assert token in texts(mail)["text/plain"], "the link that a person follows is this reader's own"
        identities.add(parsed["Message-ID"])
    assert len(identities) == READERS
    said = email.message_from_bytes(got["r3@example.org"], policy=email.policy.default)
    assert (said["To"].addresses[0].display_name, said["To"].addresses[0].addr_spec) == (ZOE, "r3@example.org")
    assert any(TITLE in text for text in texts(got["r3@example.org"]).values())


def test_signatures_hold_behind_the_relay(server, house, tmp_path):
    keys = {"one": rsa.generate_private_key(65537, 2048), "two": ed25519.Ed25519PrivateKey.generate()}
    for name, key in keys.items():
        secret = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        (tmp_path / name).write_bytes(secret)
    entries = ", ".join(f'{{selector: {name}, key: "${{file:{tmp_path / name}}}"}}' for name in keys)
    room = house(server, FEW, "tls", security="tls", more=f"\n  dkim: [{entries}]")
    room.run("send", "daily", "--yes")
    server.wait_for(FEW)
    names = {f"{name}._domainkey.news.example.": published(key) for name, key in keys.items()}
    for mail in server.mails():
        verifier = dkim.DKIM(mail.replace(b"\n", b"\r\n"))
        held = [verifier.verify(place, dnsfunc=lambda name, timeout=5: names[name.decode()]) for place in range(2)]
        assert held == [True, True]


def published(key):
    """The public half of a key as it stands in the DNS (RFC 6376 3.6.1, RFC 8463 4.2)."""
    public = key.public_key()
    if isinstance(key, rsa.RSAPrivateKey):
        octets = public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        return b"v=DKIM1; k=rsa; p=" + b64encode(octets)
    return b"v=DKIM1; k=ed25519; p=" + b64encode(public.public_bytes_raw())


def test_a_wrong_password_is_said_and_marks_nobody(server, house):
    room = house(server, FEW, password="wrong")
    said = refused(room)
    assert "the mail server refuses us" in said
    assert "535" in said
    assert nobody_is_marked(room, server)


def test_without_starttls_nothing_is_sent(server, house):
    room = house(server, FEW, "clear")
    assert "does not offer STARTTLS" in refused(room)
    assert nobody_is_marked(room, server)
    assert "AUTH" not in server.log().rpartition("connect from")[2]


def test_a_certificate_that_nobody_vouches_for_ends_it(server, house, monkeypatch):
    monkeypatch.delenv("SSL_CERT_FILE")
    room = house(server, FEW)
    assert "certificate" in refused(room).lower()
    assert nobody_is_marked(room, server)


def test_a_letter_that_the_relay_finds_too_large_stops_the_edition_and_is_no_ones_failure(server, house):
    room = house(server, FEW, "small")
    room.start("send", "daily", "--yes").wait(60)
    assert "the message has" in room.said(0)
    edition = in_store(room, editions.find, 1)
    assert (edition.state, "the relay takes" in edition.reason) == (EditionState.PAUSED, True)
    states = in_store(room, outbox.tally, 1).states
    assert (sum(states.values()), set(states) - {DeliveryState.QUEUED, DeliveryState.DEFERRED}) == (FEW, set())
    assert server.count() == 0


def test_a_recipient_who_is_gone_is_suppressed_and_one_who_is_put_off_waits(server, house):
    room = house(server, FEW)
    in_store(room, move, 7, postfix.GONE)
    in_store(room, move, 8, postfix.LATER)
    said = refused(room)
    assert "1 deferred, 1 failed, 8 sent" in said
    server.wait_for(FEW - 2)
    tally = in_store(room, outbox.tally, 1)
    expected = {DeliveryState.SENT: FEW - 2, DeliveryState.FAILED: 1, DeliveryState.DEFERRED: 1}
    assert tally.states == expected
    barred = in_store(room, suppressions.everything)
    assert [(each.address, "5.1.1" in each.evidence) for each in barred] == [(postfix.GONE, True)]
    assert {recipient(mail) for mail in server.mails()} == {f"r{n}@example.org" for n in (1, 2, 3, 4, 5, 6, 9, 10)}
