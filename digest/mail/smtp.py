"""The way to the relay: a pool of open connections, and transactions whose every failure has a side of the final dot.

aiosmtplib connects, says EHLO, does TLS and signs in. The transactions are ours, because its errors do not tell whether
the message was lost before its final dot, when it may be sent again, or after it, when it may have been accepted.
"""

import asyncio
import contextlib
import ssl
from collections.abc import Iterator
from typing import Self, cast

import aiosmtplib
from aiosmtplib import SMTPException, SMTPResponseException

from digest.errors import RelayError
from digest.mail import headers
from digest.mail.compose import stuffed
from digest.mail.dial import dial, own_name
from digest.mail.outcome import Phase, goes_on, had_gone_stale, judge, lost, said
from digest.mail.relay import Relay, Security
from digest.model import Accepted, Deferred, InDoubt, Outcome, Rejected, Scope

__all__ = ["Mailer", "Relay", "Security"]

#: Seconds that QUIT and RSET may take; nothing depends on them.
_COURTESY = 5.0
_BLOCK = 64 * 1024
#: What aiosmtplib and the loop raise where a connection fails; TimeoutError is an OSError.
_LOST = (SMTPException, OSError)


class _Refused(Exception):
    """A connection could not be opened; `outcome` says in which way."""

    def __init__(self, outcome: Outcome) -> None:
        self.outcome = outcome
        super().__init__(outcome.reply)


class _Connection:
    """One connection to the relay, good for one transaction after another while `usable`."""

    def __init__(self, relay: Relay, client: aiosmtplib.SMTP) -> None:
        self._relay = relay
        self._client = client
        self._usable = True
        #: What the server's EHLO offers, in lower case, with parameters.
        self._extensions = client.esmtp_extensions

    @property
    def usable(self) -> bool:
        return self._usable and self._client.is_connected

    async def described(self) -> str:
        """How it is secured and what it offers, once NOOP has shown that it works. Raises what aiosmtplib raises."""
        await self._client.noop(timeout=self._relay.patience(Phase.EHLO))
        cipher = self._client.get_transport_info("cipher")
        secured = cipher[1] if cipher else "not encrypted"
        signed_in = f"signed in as {self._relay.username}" if self._relay.username else "no sign-in"
        offers = (f"{name} {parameters}".strip().upper() for name, parameters in sorted(self._extensions.items()))
        return f"{secured}, {signed_in}; offers {', '.join(offers)}"

    async def transact(self, return_path: str, recipient: str, message: bytes) -> tuple[Phase, Outcome]:
        """One message to one recipient: in which phase it ended, and how."""
        utf8 = not (message.isascii() and f"{return_path}{recipient}".isascii())
        if refusal := self._cannot_take(len(message), utf8=utf8):
            return Phase.MAIL, refusal
        self._usable = False
        options = b" SIZE=%d" % len(message) if "size" in self._extensions else b""
        options += b" SMTPUTF8" if utf8 else b""
        ended = await self._envelope(f"FROM:<{return_path}>".encode() + options, f"TO:<{recipient}>".encode())
        phase, outcome = ended or (Phase.DOT, await self._content(message))
        self._usable = await self._serves_on(phase, outcome)
        return phase, outcome

    async def _serves_on(self, phase: Phase, outcome: Outcome) -> bool:
        """Whether another transaction can follow, after RSET where this one was refused half way."""
        if isinstance(outcome, InDoubt) or (not isinstance(outcome, Accepted) and outcome.scope is Scope.CONNECTION):
            return False
        if phase not in (Phase.RCPT, Phase.DATA):
            return True
        with contextlib.suppress(*_LOST):
            await self._client.rset(timeout=min(_COURTESY, self._relay.timeout))
            return True
        return False

    def _cannot_take(self, size: int, *, utf8: bool) -> Rejected | None:
        """What the server has said beforehand that it will refuse (RFC 1870 6.2, RFC 6531 3.2)."""
        limit = self._extensions.get("size", "")
        if limit.isdecimal() and 0 < int(limit) < size:
            return Rejected(scope=Scope.MESSAGE, reply=f"the message has {size} octets; the relay takes {limit}")
        if utf8 and "smtputf8" not in self._extensions:
            return Rejected(scope=Scope.RECIPIENT, reply="not ASCII before the @, and the relay offers no SMTPUTF8")
        return None

    async def _envelope(self, sender: bytes, recipient: bytes) -> tuple[Phase, Outcome] | None:
        """MAIL, RCPT and DATA; None once the server waits for the message."""
        commands = ((Phase.MAIL, [b"MAIL", sender]), (Phase.RCPT, [b"RCPT", recipient]), (Phase.DATA, [b"DATA"]))
        for phase, words in commands:
            outcome = await self._command(phase, *words)
            if outcome is not None:
                return phase, outcome
        return None

    async def _command(self, phase: Phase, *words: bytes) -> Outcome | None:
        """None where the session goes on."""
        try:
            response = await self._client.execute_command(*words, timeout=self._relay.patience(phase))
        except _LOST as error:
            return lost(phase, _said(error))
        return None if goes_on(phase, response.code) else judge(phase, response.code, response.message)

    async def _content(self, message: bytes) -> Outcome:
        """The message and its final dot; after the dot is written, whatever fails leaves it in doubt."""
        protocol, transport = self._client.protocol, self._client.transport
        phase = Phase.BODY
        if protocol is None or transport is None:
            return lost(phase, "the connection was closed")
        try:
            # All of the message is out of our hands before the dot is written, so that a connection lost meanwhile is
            # no doubt. `_drain_helper` is private to aiosmtplib; it is the one of asyncio's own streams.
            cast("asyncio.WriteTransport", transport).set_write_buffer_limits(0)
            for start in range(0, len(message), _BLOCK):
                protocol.write(message[start : start + _BLOCK])
                await asyncio.wait_for(protocol._drain_helper(), self._relay.patience(phase))
            # Lets the loop tell us of a connection that was closed while we wrote.
            await asyncio.sleep(0)
            protocol.write(b".\r\n")
            phase = Phase.DOT
            response = await protocol.read_response(timeout=self._relay.patience(phase))
        except _LOST as error:
            return lost(phase, _said(error))
        return judge(phase, response.code, response.message)

    async def quit(self) -> None:
        """Says goodbye and closes, in no more than `_COURTESY` seconds."""
        with contextlib.suppress(*_LOST):
            if self.usable:
                await asyncio.wait_for(self._client.quit(), min(_COURTESY, self._relay.timeout))
        self.drop()

    def drop(self) -> None:
        """Closes without a word, and without waiting for what is still to be written."""
        self._usable = False
        _abort(self._client)


class Mailer:
    """Sends messages over a pool of connections that are opened as needed and kept; an async context manager."""

    def __init__(self, relay: Relay) -> None:
        """Raises RelayError where `relay` could only be used unsafely, or its certificates cannot be read."""
        relay.require_usable()
        self._relay = relay
        self._context = relay.tls_context()
        self._idle: list[_Connection] = []
        self._places = asyncio.Semaphore(relay.connections)
        self._closed = False

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self._closed = True
        idle, self._idle = self._idle, []
        await asyncio.gather(*(connection.quit() for connection in idle))

    async def send(self, return_path: str, recipient: str, message: bytes) -> Outcome:
        """One message to one recipient; `return_path` is where bounces go, empty for nowhere.

        Waits for a free connection. Raises RelayError where the relay as a whole refuses us; all else that a server
        does is an outcome. Raises ValueError where `message` has a line end other than CRLF.
        """
        content = stuffed(message)
        at_fault = Scope.MESSAGE
        try:
            sender = headers.address(return_path) if return_path else ""
            at_fault = Scope.RECIPIENT
            to = headers.address(recipient)
        except ValueError as error:
            return Rejected(scope=at_fault, reply=str(error))
        try:
            async with self._places:
                outcome = await self._send(sender, to, content)
        except _Refused as refused:
            outcome = refused.outcome
        if isinstance(outcome, Deferred | Rejected) and outcome.scope is Scope.RELAY:
            raise RelayError(f"{self._relay}: {said(outcome)}")
        return outcome

    async def check(self) -> str:
        """Connects, signs in and leaves again: one line that says what the relay offers. Raises RelayError."""
        try:
            connection = await _open(self._relay, self._context)
            try:
                with _during(Phase.EHLO):
                    return f"{self._relay}: {await connection.described()}"
            finally:
                await connection.quit()
        except _Refused as refused:
            raise RelayError(f"{self._relay}: {said(refused.outcome)}") from refused

    async def _send(self, sender: str, recipient: str, content: bytes) -> Outcome:
        """One message over a connection that is open already, or else a new one."""
        while self._idle and not self._idle[-1].usable:
            self._idle.pop().drop()
        if self._idle:
            phase, outcome = await self._transact(self._idle.pop(), sender, recipient, content)
            if not had_gone_stale(phase, outcome):
                return outcome
        connection = await _open(self._relay, self._context)
        _, outcome = await self._transact(connection, sender, recipient, content)
        return outcome

    async def _transact(self, connection: _Connection, *what: *tuple[str, str, bytes]) -> tuple[Phase, Outcome]:
        """A transaction, after which the connection is kept or dropped, whatever happens."""
        try:
            return await connection.transact(*what)
        finally:
            if connection.usable and not self._closed:
                self._idle.append(connection)
            else:
                connection.drop()


async def _open(relay: Relay, context: ssl.SSLContext) -> _Connection:
    """A connection that is ready for MAIL. Raises _Refused, or RelayError for what the relay does not offer."""
    with contextlib.ExitStack() as undo:
        with _during(Phase.CONNECT):
            dialled = await dial(relay.host, relay.port, relay.patience(Phase.CONNECT))
        client = aiosmtplib.SMTP(
            hostname=relay.host,
            sock=dialled,
            local_hostname=relay.helo or own_name(dialled),
            use_tls=relay.security is Security.TLS,
            start_tls=False,
            tls_context=context,
        )
        undo.callback(_abort, client)
        with _during(Phase.GREETING):
            await client.connect(timeout=relay.patience(Phase.GREETING))
        with _during(Phase.EHLO):
            await client.ehlo(timeout=relay.patience(Phase.EHLO))
        if relay.security is Security.STARTTLS:
            await _secure(relay, client)
        if relay.username:
            await _sign_in(relay, client)
        undo.pop_all()
    return _Connection(relay, client)


async def _secure(relay: Relay, client: aiosmtplib.SMTP) -> None:
    if not client.supports_extension("starttls"):
        raise RelayError(f"{relay}: the relay does not offer STARTTLS, and nothing is sent without it")
    with _during(Phase.STARTTLS):
        await client.starttls(timeout=relay.patience(Phase.STARTTLS))
    with _during(Phase.EHLO):
        await client.ehlo(timeout=relay.patience(Phase.EHLO))


async def _sign_in(relay: Relay, client: aiosmtplib.SMTP) -> None:
    """One way only: to try the others with a password that was refused would count as more failed sign-ins."""
    ways = {"plain": client.auth_plain, "login": client.auth_login, "cram-md5": client.auth_crammd5}
    way = next((ways[name] for name in ways if name in client.server_auth_methods), None)
    if way is None:
        raise RelayError(f"{relay}: the relay offers no way to sign in that is known here: leave username out")
    with _during(Phase.AUTH):
        await way(relay.username, relay.password, timeout=relay.patience(Phase.AUTH))


@contextlib.contextmanager
def _during(phase: Phase) -> Iterator[None]:
    """Turns what fails in `phase` of the opening into _Refused."""
    try:
        yield
    except _LOST as error:
        code = error.code if isinstance(error, SMTPResponseException) else 0
        if code // 100 in (4, 5):
            raise _Refused(judge(phase, code, _said(error))) from error
        outcome = lost(phase, _said(error))
        # Not to be reached, or not to be trusted: another connection will fare no better.
        if phase in (Phase.CONNECT, Phase.STARTTLS) or isinstance(error.__cause__ or error, ssl.SSLError):
            outcome = Deferred(scope=Scope.RELAY, reply=outcome.reply)
        raise _Refused(outcome) from error


def _abort(client: aiosmtplib.SMTP) -> None:
    """Closes now: an orderly close waits for as long as the server leaves unread what we wrote."""
    transport = client.transport
    client.close()
    if transport is not None:
        cast("asyncio.WriteTransport", transport).abort()


def _said(error: Exception) -> str:
    """What went wrong, in the server's words where it had any."""
    if isinstance(error, SMTPException):
        return str(error.message)
    return str(error) or ("no answer in time" if isinstance(error, TimeoutError) else type(error).__name__)
