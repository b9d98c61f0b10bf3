"""A mail server on this machine that keeps what it is given, in memory, and sends nothing on."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Self

from aiosmtpd.smtp import SMTP

from digest.settings.values import Endpoint
from digest.web.inbox import Caught

_HOST = "127.0.0.1"


class Catcher:
    """Takes mail while it is open, as an async context manager."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._mails: list[Caught] = []
        self._sessions: list[SMTP] = []
        self._server: asyncio.Server | None = None

    @property
    def mails(self) -> Sequence[Caught]:
        """All that came, in the order of arrival."""
        return tuple(self._mails)

    @property
    def place(self) -> Endpoint:
        """Where it listens, while it is open."""
        if self._server is None:
            raise RuntimeError("use a Catcher as an async context manager")
        return Endpoint(_HOST, self._server.sockets[0].getsockname()[1])

    async def __aenter__(self) -> Self:
        self._server = await asyncio.get_running_loop().create_server(self._session, _HOST, 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._server is None:
            return
        self._server.close()
        for session in self._sessions:
            if isinstance(session.transport, asyncio.WriteTransport):
                session.transport.abort()
        await self._server.wait_closed()
        self._server = None

    async def handle_DATA(self, _server: SMTP, _session: object, envelope: Any) -> str:  # noqa: N802 - the library's
        """What the library calls for each message."""
        mail = Caught(
            id=len(self._mails) + 1,
            sender=envelope.mail_from,
            recipient=", ".join(envelope.rcpt_tos),
            received_at=self._clock(),
            content=envelope.content,
        )
        self._mails.append(mail)
        return "250 2.0.0 kept"

    def _session(self) -> SMTP:
        # The name is given because the library would ask the network for it.
        session = SMTP(self, hostname="localhost", enable_SMTPUTF8=True, loop=asyncio.get_running_loop())
        self._sessions.append(session)
        return session
