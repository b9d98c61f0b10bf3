"""Every way in which a server can fail us and what becomes of the message; what is kept open and what secret."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from digest.errors import RelayError
from digest.mail.compose import Envelope, Personal, prepare
from digest.mail.mailer import Mailer
from digest.mail.relay import Relay, Security
from digest.model import Accepted, Deferred, InDoubt, Letter, Rejected, Scope

SENDER, READER = "bounces@news.example", "ada@reader.example"
MESSAGE = b"Subject: News\r\n\r\nHello\r\n"


async def send(relay: Relay, recipient: str = READER, message: bytes = MESSAGE):
    async with Mailer(relay) as mailer:
        return await mailer.send(SENDER, recipient, message)


async def test_an_accepted_message_keeps_the_servers_words(scripted) -> None:
    server, relay = await scripted({"DOT": "250 2.0.0 queued as 4711"})
    assert await send(relay) == Accepted(code=250, reply="2.0.0 queued as 4711")
    assert server.commands[1:] == [f"MAIL FROM:<{SENDER}> SIZE={len(MESSAGE)}", f"RCPT TO:<{READER}>", "DATA", "QUIT"]
    assert server.messages == [MESSAGE + b".\r\n"]


@pytest.mark.parametrize(
    ("at", "reply", "kind", "scope"),
    [
        ("GREETING", "421 4.3.2 too many connections", Deferred, Scope.CONNECTION),
        ("GREETING", "close", Deferred, Scope.CONNECTION),
        ("GREETING", "hello?", Deferred, Scope.CONNECTION),
        ("EHLO", "421 not now", Deferred, Scope.CONNECTION),
        ("EHLO", "close", Deferred, Scope.CONNECTION),
        ("MAIL", "421 4.7.0 closing", Deferred, Scope.CONNECTION),
        ("MAIL", "451 4.3.0 try later", Deferred, Scope.CONNECTION),
        ("MAIL", "550 5.7.1 not from you", Rejected, Scope.MESSAGE),
        ("MAIL", "552 5.3.4 too big", Rejected, Scope.MESSAGE),
        ("MAIL", "close", Deferred, Scope.CONNECTION),
        ("RCPT", "421 4.7.0 closing", Deferred, Scope.CONNECTION),
        ("RCPT", "450 4.2.1 greylisted", Deferred, Scope.RECIPIENT),
        ("RCPT", "452 4.5.3 too many recipients", Deferred, Scope.CONNECTION),
        ("RCPT", "550 5.1.1 unknown", Rejected, Scope.RECIPIENT),
        ("RCPT", "550 5.7.1 blocked", Rejected, Scope.MESSAGE),
        ("RCPT", "close", Deferred, Scope.CONNECTION),
        ("RCPT", "what?", Deferred, Scope.CONNECTION),
        ("RCPT", "250", Accepted, None),
        ("DATA", "451 4.3.0 not now", Deferred, Scope.CONNECTION),
        ("DATA", "554 5.7.1 no", Rejected, Scope.MESSAGE),
        ("DATA", "250 what?", Deferred, Scope.CONNECTION),
        ("DATA", "close", Deferred, Scope.CONNECTION),
        ("DOT", "421 4.3.2 going down", Deferred, Scope.CONNECTION),
        ("DOT", "451 4.7.1 greylisted", Deferred, Scope.MESSAGE),
        ("DOT", "554 5.7.1 spam", Rejected, Scope.MESSAGE),
        ("DOT", "550 5.1.1 no such user", Rejected, Scope.RECIPIENT),
        ("DOT", "close", InDoubt, None),
        ("DOT", "garbage", InDoubt, None),
        ("DOT", "354 what?", InDoubt, None),
    ],
)
async def test_what_goes_wrong_becomes_an_outcome(
    scripted, at: str, reply: str, kind: type, scope: Scope | None
) -> None:
    server, relay = await scripted({at: reply})
    outcome = await send(relay)
    assert (type(outcome), getattr(outcome, "scope", None)) == (kind, scope)
    assert len(server.messages) == (at == "DOT" or kind is Accepted)


@pytest.mark.parametrize(
    ("at", "kind"),
    [
        ("GREETING", Deferred),
        ("EHLO", Deferred),
        ("MAIL", Deferred),
        ("RCPT", Deferred),
        ("DATA", Deferred),
        ("DOT", InDoubt),
    ],
)
async def test_a_silent_server_is_not_waited_for_too_long(scripted, at: str, kind: type) -> None:
    _, relay = await scripted({at: "silence"}, timeout=0.2)
    async with asyncio.timeout(5):
        assert type(await send(relay)) is kind


@pytest.mark.parametrize("reply", ["close", "421 4.3.2 going down", "stall"])
async def test_what_is_lost_before_the_final_dot_was_not_accepted(scripted, reply: str) -> None:
    _, relay = await scripted({"BODY": reply}, offers=(), timeout=0.5)
    outcome = await send(relay, message=b"x\r\n" * 10_000_000)
    assert (type(outcome), outcome.scope) == (Deferred, Scope.CONNECTION)
    assert "the message" in outcome.reply


async def test_a_connection_closed_as_the_message_is_asked_for_leaves_no_doubt(scripted) -> None:
    _, relay = await scripted({"DATA": "354 go on (closing)"})
    outcome = await send(relay)
    assert (type(outcome), outcome.scope) == (Deferred, Scope.CONNECTION)


@pytest.mark.parametrize(
    ("at", "reply", "says"),
    [
        ("GREETING", "554 5.7.1 go away", "554 5.7.1 go away"),
        ("EHLO", "550 who?", "550 who?"),
        ("AUTH", "535 5.7.8 wrong password", "535 5.7.8 wrong password"),
        ("AUTH", "454 4.7.0 not now", "454 4.7.0 not now"),
        ("MAIL", "530 5.7.0 sign in first", "530 5.7.0 sign in first"),
    ],
)
async def test_what_the_relay_has_against_us_is_nobodys_delivery(scripted, at: str, reply: str, says: str) -> None:
    server, relay = await scripted({at: reply}, offers=["AUTH PLAIN LOGIN CRAM-MD5"], username="digest", password="x")
    with pytest.raises(RelayError, match=says):
        await send(relay)
    assert server.verbs().count("AUTH") <= 1
    assert server.messages == []


async def test_a_relay_that_cannot_be_reached_is_nobodys_delivery(unused_tcp_port: int) -> None:
    with pytest.raises(RelayError, match="connecting"):
        await send(Relay(host="127.0.0.1", port=unused_tcp_port, security=Security.NONE))


@pytest.mark.parametrize("host", ["a..b", "x" * 70, "no.such.host.invalid"])
async def test_a_host_that_is_none_is_nobodys_delivery(host: str) -> None:
    with pytest.raises(RelayError):
        await send(Relay(host=host, security=Security.NONE, timeout=5))


async def test_without_starttls_nothing_is_sent_and_no_password(scripted) -> None:
    server, relay = await scripted(offers=["AUTH PLAIN"], security=Security.STARTTLS, username="u", password="secret")
    with pytest.raises(RelayError, match="does not offer STARTTLS"):
        await send(relay)
    assert server.verbs() == ["EHLO"]
    async with asyncio.timeout(2):
        await asyncio.gather(*server.sessions)


@pytest.mark.parametrize("reply", ["454 4.7.0 not now", "502 no", "220 go", "close"])
async def test_where_starttls_fails_nothing_is_sent(scripted, reply: str) -> None:
    server, relay = await scripted({"STARTTLS": reply}, offers=["STARTTLS"], security=Security.STARTTLS, timeout=0.5)
    with pytest.raises(RelayError):
        await send(relay)
    assert "MAIL" not in server.verbs()


def test_a_password_does_not_go_in_clear_over_a_network() -> None:
    with pytest.raises(RelayError, match="no sign-in without TLS"):
        Mailer(Relay(host="mail.example", security=Security.NONE, username="digest", password="secret"))


def test_a_password_is_not_shown() -> None:
    assert "secret" not in repr(Relay(host="mail.example", username="digest", password="secret"))


@pytest.mark.parametrize("helo", ["two words", "x\r\nMAIL", "bücher"])
def test_a_name_that_could_not_be_said_is_refused(helo: str) -> None:
    with pytest.raises(RelayError, match="introduce"):
        Mailer(Relay(host="mail.example", helo=helo))


async def test_no_sign_in_is_tried_where_no_way_is_known(scripted) -> None:
    _, relay = await scripted(offers=["AUTH GSSAPI"], username="digest", password="x")
    with pytest.raises(RelayError, match="no way to sign in"):
        await send(relay)


async def test_one_connection_serves_fifty_messages(scripted) -> None:
    server, relay = await scripted()
    async with Mailer(relay) as mailer:
        outcomes = [await mailer.send(SENDER, f"reader{n}@reader.example", MESSAGE) for n in range(50)]
    assert [type(outcome) for outcome in outcomes] == [Accepted] * 50
    assert (server.connections, len(server.messages), server.verbs().count("QUIT")) == (1, 50, 1)


async def test_no_more_connections_are_open_than_allowed(scripted) -> None:
    server, relay = await scripted(connections=3)
    async with Mailer(relay) as mailer:
        await asyncio.gather(*(mailer.send(SENDER, READER, MESSAGE) for _ in range(20)))
    assert len(server.messages) == 20
    assert 1 < server.connections <= 3


@pytest.mark.parametrize("refused", ["550 5.1.1 unknown", "450 4.2.1 later"])
async def test_a_connection_serves_on_after_a_refused_recipient(scripted, refused: str) -> None:
    server, relay = await scripted({"RCPT": [refused, "250 ok"]})
    async with Mailer(relay) as mailer:
        assert not isinstance(await mailer.send(SENDER, READER, MESSAGE), Accepted)
        assert isinstance(await mailer.send(SENDER, READER, MESSAGE), Accepted)
    assert (server.connections, server.verbs().count("RSET")) == (1, 1)


async def test_a_connection_that_cannot_be_reset_is_not_used_again(scripted) -> None:
    server, relay = await scripted({"RCPT": ["550 5.1.1 unknown", "250 ok"], "RSET": "500 what?"})
    async with Mailer(relay) as mailer:
        await mailer.send(SENDER, READER, MESSAGE)
        assert isinstance(await mailer.send(SENDER, READER, MESSAGE), Accepted)
    assert server.connections == 2


@pytest.mark.parametrize("tired", ["close", "421 4.4.2 idle for too long", "silence", "hm"])
async def test_a_message_gets_a_new_connection_where_the_old_one_has_died(scripted, tired: str) -> None:
    server, relay = await scripted({"MAIL": ["250 ok", tired, "250 ok"]}, timeout=0.5)
    async with Mailer(relay) as mailer:
        outcomes = [await mailer.send(SENDER, READER, MESSAGE) for _ in range(2)]
    assert [type(outcome) for outcome in outcomes] == [Accepted, Accepted]
    assert (server.connections, len(server.messages)) == (2, 2)


async def test_a_new_connection_that_dies_is_not_replaced(scripted) -> None:
    server, relay = await scripted({"MAIL": "close"})
    assert isinstance(await send(relay), Deferred)
    assert server.connections == 1


async def test_a_message_in_doubt_is_not_sent_again(scripted) -> None:
    server, relay = await scripted({"DOT": ["250 ok", "close"]})
    async with Mailer(relay) as mailer:
        outcomes = [await mailer.send(SENDER, READER, MESSAGE) for _ in range(2)]
    assert [type(outcome) for outcome in outcomes] == [Accepted, InDoubt]
    assert (server.connections, len(server.messages)) == (1, 2)


async def test_a_cancelled_message_takes_its_connection_with_it(scripted) -> None:
    server, relay = await scripted({"DOT": ["silence", "250 ok"]})
    async with Mailer(relay) as mailer:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(mailer.send(SENDER, READER, MESSAGE), 0.2)
        async with asyncio.timeout(2):
            assert isinstance(await mailer.send(SENDER, READER, MESSAGE), Accepted)
    assert server.connections == 2


async def test_a_connection_in_use_when_the_pool_closes_is_closed_after_it(scripted) -> None:
    server, relay = await scripted({"DOT": "stall"})
    async with Mailer(relay) as mailer:
        sending = asyncio.create_task(mailer.send(SENDER, READER, MESSAGE))
        await server.stalled.wait()
    server.gate.set()
    async with asyncio.timeout(2):
        assert isinstance(await sending, Accepted)
        await asyncio.gather(*server.sessions)


async def test_a_server_that_ignores_quit_does_not_hold_us_up(scripted) -> None:
    _, relay = await scripted({"QUIT": "silence"}, timeout=0.2)
    async with asyncio.timeout(2):
        assert isinstance(await send(relay), Accepted)


async def test_a_message_over_the_relays_size_is_refused_before_it_is_sent(scripted) -> None:
    server, relay = await scripted(offers=["SIZE 20"])
    outcome = await send(relay)
    assert (type(outcome), outcome.scope) == (Rejected, Scope.MESSAGE)
    assert "MAIL" not in server.verbs()


@pytest.mark.parametrize("offered", ["SIZE", "SIZE 0", "SIZE many"])
async def test_a_size_without_a_figure_is_no_limit(scripted, offered: str) -> None:
    _, relay = await scripted(offers=[offered])
    assert isinstance(await send(relay), Accepted)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "ada",
        "a b@x.example",
        "a@x.example>\r\nRCPT TO:<evil@x.example",
        "<a@x.example>",
        "a@x.example\0",
        "a@[127.0.0.1]",
        "a@b@",
        '"a b"@x.example',
        "a@x.example,b@x.example",
        "x" * 65 + "@x.example",
    ],
)
async def test_what_is_no_address_never_reaches_the_server(scripted, address: str) -> None:
    server, relay = await scripted()
    outcome = await send(relay, recipient=address)
    assert (type(outcome), outcome.scope) == (Rejected, Scope.RECIPIENT)
    assert server.connections == 0


async def test_a_domain_outside_ascii_goes_as_a_labels(scripted) -> None:
    server, relay = await scripted()
    assert isinstance(await send(relay, recipient="ada@Bücher.example"), Accepted)
    assert "RCPT TO:<ada@xn--bcher-kva.example>" in server.commands


async def test_a_local_part_outside_ascii_needs_smtputf8(scripted) -> None:
    plain, relay = await scripted()
    outcome = await send(relay, recipient="jörg@reader.example")
    assert (type(outcome), outcome.scope) == (Rejected, Scope.RECIPIENT)
    assert "SMTPUTF8" in outcome.reply
    assert "MAIL" not in plain.verbs()

    modern, relay = await scripted(offers=["SMTPUTF8", "8BITMIME"])
    assert isinstance(await send(relay, recipient="jörg@reader.example"), Accepted)
    assert modern.commands[1:3] == [f"MAIL FROM:<{SENDER}> SMTPUTF8", "RCPT TO:<jörg@reader.example>"]


async def test_a_line_that_begins_with_a_dot_arrives_as_it_was(real) -> None:
    recorder, port = await real()
    message = b"Subject: x\r\n\r\n.\r\n..\r\n.x\r\n"
    await send(Relay(host="127.0.0.1", port=port, security=Security.NONE), message=message)
    assert [each.content for each in recorder.received] == [message]


@pytest.mark.parametrize("message", [b"a\r\n.\n\r\n", b"a\n.\r\n", b"a\r.\r\r\n", b"a"])
async def test_a_bare_line_end_is_never_sent(scripted, message: bytes) -> None:
    server, relay = await scripted()
    with pytest.raises(ValueError, match="CRLF"):
        await send(relay, message=message)
    assert server.connections == 0


@pytest.mark.parametrize("security", [Security.STARTTLS, Security.TLS])
async def test_mail_goes_encrypted_and_signed_in(real, server_tls, ca_file: Path, security: Security) -> None:
    options = {"tls": server_tls} if security is Security.TLS else {"tls_context": server_tls, "require_starttls": True}
    recorder, port = await real(sign_in=True, auth_require_tls=security is Security.STARTTLS, **options)
    relay = Relay(
        host="localhost", port=port, security=security, username="digest", password="right", ca_file=ca_file, timeout=5
    )
    async with Mailer(relay) as mailer:
        outcomes = [await mailer.send(SENDER, READER, MESSAGE) for _ in range(50)]
    assert [type(outcome) for outcome in outcomes] == [Accepted] * 50
    assert (len(recorder.received), len(recorder.sessions)) == (50, 1)
    assert (set(recorder.secured), recorder.logins) == ({True}, ["digest"])


@pytest.mark.parametrize("security", [Security.STARTTLS, Security.TLS])
async def test_a_certificate_nobody_vouches_for_ends_it(real, server_tls, security: Security) -> None:
    options = {"tls": server_tls} if security is Security.TLS else {"tls_context": server_tls}
    recorder, port = await real(**options)
    relay = Relay(host="localhost", port=port, security=security, timeout=5)
    with pytest.raises(RelayError, match="certificate verify failed"):
        await send(relay)
    assert recorder.received == []
    assert isinstance(await send(replace(relay, verify=False)), Accepted)


async def test_a_certificate_for_another_name_ends_it(real, server_tls, ca_file: Path) -> None:
    _, port = await real(tls=server_tls)
    with pytest.raises(RelayError, match=r"not valid for .127\.0\.0\.1."):
        await send(Relay(host="127.0.0.1", port=port, security=Security.TLS, ca_file=ca_file, timeout=5))


def test_certificates_that_cannot_be_read_are_said(tmp_path: Path) -> None:
    with pytest.raises(RelayError, match=r"none\.pem"):
        Mailer(Relay(host="mail.example", ca_file=tmp_path / "none.pem"))


async def test_a_check_says_what_the_relay_offers(real, server_tls, ca_file: Path) -> None:
    _, port = await real(tls_context=server_tls, sign_in=True)
    relay = Relay(host="localhost", port=port, username="digest", password="right", ca_file=ca_file, timeout=5)
    async with Mailer(relay) as mailer:
        said = await mailer.check()
    assert said.startswith(f"localhost:{port}: TLSv1.3, signed in as digest; offers ")
    assert "SIZE 33554432" in said


@pytest.mark.parametrize(("at", "reply"), [("NOOP", "421 bye"), ("AUTH", "535 5.7.8 wrong"), ("GREETING", "close")])
async def test_a_check_says_what_is_wrong(scripted, at: str, reply: str) -> None:
    _, relay = await scripted({at: reply}, offers=["AUTH PLAIN"], username="digest", password="x")
    async with Mailer(relay) as mailer:
        with pytest.raises(RelayError, match=r"127\.0\.0\.1"):
            await mailer.check()


async def test_a_letter_arrives_as_one_message(real, letter: Letter, envelope: Envelope, personal: Personal) -> None:
    recorder, port = await real()
    smuggled = "one\n.\r\nMAIL FROM:<evil@x.example>\r\n\r.\rtwo\r\n.\r\nDATA\r\n"
    message = prepare(replace(letter, text=smuggled, html=smuggled), envelope).message(personal)
    await send(Relay(host="127.0.0.1", port=port, security=Security.NONE), message=message)
    assert [each.content for each in recorder.received] == [message]
