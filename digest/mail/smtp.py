"""Opens connections to the relay: aiosmtplib (this is its only importer) connects, says EHLO, does TLS and signs in.

The transactions are ours, on the transport that it leaves behind: see `digest.mail.session`.
"""

import asyncio
import contextlib
import ssl
from collections.abc import Iterator
from typing import cast

import aiosmtplib
from aiosmtplib import SMTPException, SMTPResponseException

from digest.errors import RelayError
from digest.mail.dial import dial, own_name
from digest.mail.outcome import Phase, judge, lost, said
from digest.mail.relay import Relay, Security
from digest.mail.session import Manner, Session
from digest.mail.wire import Wire
from digest.model import Deferred, Outcome, Scope

#: Seconds that QUIT may take; nothing depends on it.
_COURTESY = 5.0
#: What aiosmtplib and the loop raise where a connection fails; TimeoutError is an OSError.
_LOST = (SMTPException, OSError)


class Refused(Exception):
    """A connection could not be opened; `outcome` says in which way."""

    def __init__(self, outcome: Outcome) -> None:
        self.outcome = outcome
        super().__init__(outcome.reply)


async def session(relay: Relay, context: ssl.SSLContext, manner: Manner) -> Session:
    """A connection that is ready for MAIL. Raises Refused, or RelayError for what the relay does not offer."""
    client = await _open(relay, context)
    transport = client.transport
    if transport is None:
        raise Refused(lost(Phase.EHLO, "the connection was closed"))
    return Session(relay, Wire(cast("asyncio.WriteTransport", transport)), client.esmtp_extensions, manner)


async def described(relay: Relay, context: ssl.SSLContext) -> str:
    """Connects, signs in and leaves again: one line that says what the relay offers. Raises RelayError."""
    try:
        client = await _open(relay, context)
        try:
            with _during(Phase.EHLO):
                await client.noop(timeout=relay.patience(Phase.EHLO))
                return f"{relay}: {_offers(relay, client)}"
        finally:
            await _quit(relay, client)
    except Refused as refused:
        raise RelayError(f"{relay}: {said(refused.outcome)}") from refused


def _offers(relay: Relay, client: aiosmtplib.SMTP) -> str:
    cipher = client.get_transport_info("cipher")
    secured = cipher[1] if cipher else "not encrypted"
    signed_in = f"signed in as {relay.username}" if relay.username else "no sign-in"
    extensions = sorted(client.esmtp_extensions.items())
    offers = (f"{name} {parameters}".strip().upper() for name, parameters in extensions)
    return f"{secured}, {signed_in}; offers {', '.join(offers)}"


async def _quit(relay: Relay, client: aiosmtplib.SMTP) -> None:
    with contextlib.suppress(*_LOST):
        if client.is_connected:
            await asyncio.wait_for(client.quit(), min(_COURTESY, relay.timeout))
    _abort(client)


async def _open(relay: Relay, context: ssl.SSLContext) -> aiosmtplib.SMTP:
    """A client that is signed in where it has to be. Raises as `session` does."""
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
    return client


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
    """Turns what fails in `phase` of the opening into Refused."""
    try:
        yield
    except _LOST as error:
        code = error.code if isinstance(error, SMTPResponseException) else 0
        if code // 100 in (4, 5):
            raise Refused(judge(phase, code, _said(error))) from error
        outcome = lost(phase, _said(error))
        # Not to be reached, or not to be trusted: another connection will fare no better.
        if phase in (Phase.CONNECT, Phase.STARTTLS) or isinstance(error.__cause__ or error, ssl.SSLError):
            outcome = Deferred(scope=Scope.RELAY, reply=outcome.reply)
        raise Refused(outcome) from error


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
