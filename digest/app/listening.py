"""A listener that mail comes back to, by LMTP (RFC 2033) or SMTP, from a mail server of the house's own."""

import asyncio
import logging
from typing import Any
from urllib.parse import urlsplit

from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP, Envelope, Session

from digest.app.house import House
from digest.app.returning import returns
from digest.errors import UsageError
from digest.returned import Returns
from digest.settings import nouns

log = logging.getLogger("digest")

#: Octets of a message; seconds that whoever connects may be silent.
_LARGEST, _PATIENCE_S = 10_000_000, 60.0


class Intake:
    """Takes mail for our return paths and for nobody else; it answers 250 once a message has been taken in."""

    def __init__(self, house: House, taken: Returns) -> None:
        self._clock, self._taken = house.clock, taken
        self._local, _, self._domain = nouns.return_path(house.settings).lower().rpartition("@")

    async def handle_RCPT(  # noqa: N802 - the library's name for it
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        local, _, domain = address.lower().rpartition("@")
        own = local == self._local or local.startswith(f"{self._local}+")
        if not own or domain != self._domain:
            return "550 5.1.1 only what comes back is taken here"
        if envelope.rcpt_tos:
            # LMTP answers for each of them, and a report is for one.
            return "452 4.5.3 one recipient at a time"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 go on"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        raw = envelope.content if isinstance(envelope.content, bytes) else b""
        to = tuple(envelope.rcpt_tos)
        for fate in await asyncio.to_thread(self._taken.take, raw, self._clock(), source="listener", sent_to=to):
            log.info("bounces: %s", fate)
        return "250 2.0.0 taken in"

    async def handle_exception(self, error: Exception) -> str:
        """Whatever fails here, the mail server keeps the message and comes again."""
        log.error("bounces: a message could not be taken in: %s", type(error).__name__)
        return "451 4.3.0 it could not be taken in, come again later"


async def listen(house: House, stop: asyncio.Event, ready: "asyncio.Future[int] | None" = None) -> None:
    """Until `stop` is set; `ready` is given the port. Raises UsageError where it cannot listen."""
    wanted = house.settings.mail.bounces
    if wanted.listen is None:
        await stop.wait()
        return
    kind: Any = LMTP if wanted.protocol == "lmtp" else SMTP
    intake, loop = Intake(house, returns(house)), asyncio.get_running_loop()
    host = urlsplit(house.site.url).hostname or "localhost"

    def conversation() -> SMTP:
        made: SMTP = kind(
            intake, data_size_limit=_LARGEST, timeout=_PATIENCE_S, ident="Digest", hostname=host, loop=loop
        )
        return made

    try:
        server = await loop.create_server(conversation, wanted.listen.host, wanted.listen.port)
    except OSError as error:
        place = f"{wanted.listen.host}:{wanted.listen.port}"
        raise UsageError(f"mail.bounces.listen: cannot listen on {place}: {error.strerror or error}") from error
    port = server.sockets[0].getsockname()[1]
    log.info("bounces are taken by %s at %s:%d", wanted.protocol, wanted.listen.host, port)
    if ready:
        ready.set_result(port)
    async with server:
        await stop.wait()
