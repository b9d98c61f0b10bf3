"""Letters to send, certificates, a real server that records, and one that misbehaves by script."""

import asyncio
import contextlib
import ssl
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import trustme
from aiosmtpd.smtp import SMTP, AuthResult, Session
from aiosmtpd.smtp import Envelope as Received

from digest.mail.compose import Envelope, Personal
from digest.mail.relay import Relay
from digest.model import Letter, Mailbox


@pytest.fixture
def envelope() -> Envelope:
    return Envelope(
        sender=Mailbox(address="digest@news.example", name="My Views on News"),
        return_path="bounces@news.example",
        reply_to="editor@news.example",
        list_name="The Daily",
        list_id="daily.news.example",
        date=datetime(2026, 11, 23, 7, 0, tzinfo=UTC),
        message_domain="news.example",
    )


@pytest.fixture
def personal() -> Personal:
    return Personal(
        address="ada@reader.example",
        name="Ada Lovelace",
        message_id="one.17@news.example",
        leave_url="https://news.example/leave/17.abc?a=1&b=2",
        choose_url="https://news.example/choose/17.def",
        one_click_url="https://news.example/one-click/17.ghi",
    )


@pytest.fixture
def letter() -> Letter:
    return Letter(
        nonce="0123456789abcdef0123456789abcdef", subject="News", html="<p>Hi</p>", text="Hi\n", language="en"
    )


SIZED = ("SIZE 1000000", "8BITMIME")


class _End(Exception):
    """The scripted session is over."""


@dataclass
class Scripted:
    """An SMTP server that answers each command by script: a reply, `close`, `silence`, or `stall`, which does
    nothing until `gate` is set; of several, one after another.

    GREETING, BODY (at the first bytes of a message) and DOT stand beside the commands' own names.
    """

    script: Mapping[str, str | Sequence[str]]
    offers: Sequence[str]
    connections: int = 0
    commands: list[str] = field(default_factory=list)
    messages: list[bytes] = field(default_factory=list)
    sessions: set[asyncio.Task[None]] = field(default_factory=set)
    stalled: asyncio.Event = field(default_factory=asyncio.Event)
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    _asked: dict[str, int] = field(default_factory=dict)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self.sessions.add(task)
        self.connections += 1
        with contextlib.suppress(_End, ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            await self._session(reader, writer)
        writer.close()

    def verbs(self) -> list[str]:
        return [command.split()[0].upper() for command in self.commands]

    async def _session(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._answer(reader, writer, "GREETING", "220 here")
        while line := await reader.readline():
            self.commands.append(line.decode("utf-8").strip())
            verb = line.split()[0].decode("ascii").upper()
            usual = {"EHLO": self._ehlo(), "DATA": "354 go on", "QUIT": "221 bye", "AUTH": "235 welcome"}
            reply = await self._answer(reader, writer, verb, usual.get(verb, "250 ok"))
            if reply.startswith("354"):
                await self._message(reader, writer)
            if verb == "QUIT":
                return

    async def _message(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if "BODY" in self.script:
            await reader.read(1)
            await self._answer(reader, writer, "BODY", "250 ok")
        self.messages.append(await reader.readuntil(b"\r\n.\r\n"))
        await self._answer(reader, writer, "DOT", "250 queued")

    def _ehlo(self) -> str:
        return "\r\n".join(f"250-{line}" for line in ("here", *self.offers)) + "\r\n250 HELP"

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, verb: str, usual: str) -> str:
        replies = self.script.get(verb, usual)
        asked = self._asked[verb] = self._asked.get(verb, 0) + 1
        reply = replies if isinstance(replies, str) else replies[min(asked, len(replies)) - 1]
        if reply == "stall":
            self.stalled.set()
            await self.gate.wait()
            reply = usual
        if reply == "silence":
            while await reader.read(65536):
                pass
        if reply in {"silence", "close"}:
            raise _End
        last = reply.startswith("421") or reply.endswith("(closing)")
        writer.write(f"{reply}\r\n".encode("latin-1"))
        await writer.drain()
        if last:
            raise _End
        return reply


@pytest.fixture
async def scripted() -> AsyncIterator[Callable[..., Awaitable[tuple[Scripted, Relay]]]]:
    """Starts a `Scripted` server; gives it and the relay by which to reach it, with short patience."""
    async with AsyncExitStack() as stack:

        async def start(
            script: Mapping[str, str | Sequence[str]] | None = None,
            *,
            offers: Sequence[str] = SIZED,
            **relay: Any,
        ) -> tuple[Scripted, Relay]:
            server = Scripted(script or {}, offers)
            listening = await asyncio.start_server(server.serve, "127.0.0.1", 0, limit=2**18)
            stack.push_async_callback(_stop, listening, server.sessions)
            port = listening.sockets[0].getsockname()[1]
            return server, Relay(**({"host": "127.0.0.1", "port": port, "security": "none", "timeout": 5.0} | relay))

        yield start


async def _stop(listening: asyncio.Server, sessions: set[asyncio.Task[None]]) -> None:
    listening.close()
    for session in sessions:
        session.cancel()
    await asyncio.gather(*sessions, return_exceptions=True)
    await listening.wait_closed()


@dataclass
class Recorder:
    """The handler of a real server: what it was sent, and on how many connections."""

    received: list[Received] = field(default_factory=list)
    sessions: set[tuple[str, int]] = field(default_factory=set)
    secured: list[bool] = field(default_factory=list)
    logins: list[str] = field(default_factory=list)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Received) -> str:  # noqa: N802
        self.received.append(envelope)
        self.sessions.add(session.peer)
        self.secured.append(server.transport.get_extra_info("sslcontext") is not None)
        return "250 2.0.0 queued"

    def authenticate(self, _server: SMTP, _session: Session, _envelope: Received, _way: str, data: Any) -> AuthResult:
        self.logins.append(data.login.decode())
        return AuthResult(success=data.password == b"right", handled=False)


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="session")
def server_tls(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    return context


@pytest.fixture(scope="session")
def ca_file(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("ca") / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return path


@pytest.fixture
async def real() -> AsyncIterator[Callable[..., Awaitable[tuple[Recorder, int]]]]:
    """Starts aiosmtpd in this loop with `options`; gives its recorder and its port. `tls` means from the first byte."""
    async with AsyncExitStack() as stack:

        async def start(*, tls: ssl.SSLContext | None = None, **options: Any) -> tuple[Recorder, int]:
            recorder = Recorder()
            if options.pop("sign_in", False):
                options |= {"authenticator": recorder.authenticate, "auth_required": True}
            loop = asyncio.get_running_loop()
            sessions: list[SMTP] = []

            def session() -> SMTP:
                with warnings.catch_warnings():
                    # It does not see that its socket has TLS from the first byte, and warns of signing in without.
                    warnings.simplefilter("ignore" if tls else "error")
                    sessions.append(SMTP(recorder, hostname="real.example", loop=loop, **options))
                return sessions[-1]

            listening = await loop.create_server(session, "127.0.0.1", 0, ssl=tls)
            stack.push_async_callback(_end_sessions, listening, sessions)
            return recorder, listening.sockets[0].getsockname()[1]

        yield start


async def _end_sessions(listening: asyncio.Server, sessions: list[SMTP]) -> None:
    listening.close()
    for session in sessions:
        if session.transport is not None:
            session.transport.abort()
    await asyncio.gather(*(s._handler_coroutine for s in sessions if s._handler_coroutine), return_exceptions=True)
    await listening.wait_closed()
