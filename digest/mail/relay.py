"""How to reach the relay: where, how secure, as whom, and how long to wait for it."""

import ipaddress
import ssl
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from pathlib import Path

from digest.errors import RelayError
from digest.mail.outcome import Phase

#: Seconds to wait for the reply in each phase (RFC 5321 4.5.3.2); BODY is for each block written.
_SECONDS = {
    Phase.CONNECT: 30.0,
    Phase.GREETING: 300.0,
    Phase.EHLO: 300.0,
    Phase.STARTTLS: 120.0,
    Phase.AUTH: 120.0,
    Phase.MAIL: 300.0,
    Phase.RCPT: 300.0,
    Phase.DATA: 120.0,
    Phase.BODY: 180.0,
    Phase.DOT: 600.0,
}


class Security(StrEnum):
    """How the connection is secured."""

    #: In clear up to STARTTLS, which must succeed (RFC 3207).
    STARTTLS = "starttls"
    #: From the first byte (RFC 8314).
    TLS = "tls"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Relay:
    """The server that takes our mail."""

    host: str
    port: int = 587
    security: Security = Security.STARTTLS
    #: Empty: no sign-in.
    username: str = ""
    password: str = field(default="", repr=False)
    #: The most that are open at a time.
    connections: int = 8
    #: So many messages go over one connection.
    reuse: int = 100
    #: Its share of the messages beside the other relays'; 0: only while those take none.
    weight: int = 1
    #: The most that are sent: so many in so long, all of them at once.
    rates: tuple[tuple[int, timedelta], ...] = ()
    #: Seconds to wait for the answer to the final dot; no other wait is longer.
    timeout: float = 600.0
    #: Whether the certificate must be valid for `host`.
    verify: bool = True
    #: How we introduce ourselves; empty: the machine's full name, else its address.
    helo: str = ""
    #: Certificates to trust, PEM; None: the system's.
    ca_file: Path | None = None

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"

    def patience(self, phase: Phase) -> float:
        """Seconds to wait in `phase`."""
        return min(_SECONDS[phase], self.timeout)

    def tls_context(self) -> ssl.SSLContext:
        """What STARTTLS and TLS go by. Raises RelayError where `ca_file` cannot be used."""
        try:
            context = ssl.create_default_context(cafile=self.ca_file)
        except OSError as error:
            raise RelayError(f"{self}: the certificates in {self.ca_file} cannot be used: {error}") from error
        if not self.verify:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context

    def require_usable(self) -> None:
        """Raises RelayError where the password would be sent in clear over a network, or `helo` is no name."""
        if not all("!" <= char <= "~" for char in self.helo):
            raise RelayError(f"{self}: {self.helo!r} is no name to introduce ourselves by: leave helo out, or mend it")
        if self.username and self.security is Security.NONE and not _is_loopback(self.host):
            raise RelayError(f"{self}: no sign-in without TLS: set security to starttls or tls, or leave username out")


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
