"""When the certificate of an https address ends."""

import socket
import ssl
from datetime import UTC, datetime
from urllib.parse import urlsplit

_HTTPS = 443
#: Hosts that are nobody's (RFC 2606) are not asked.
_NOBODY = (".example", ".invalid", ".test", "example.com", "example.org", "example.net")


def is_askable(url: str) -> bool:
    """Whether there may be a certificate: for https, and where the host may be somebody's."""
    parts = urlsplit(url)
    return parts.scheme == "https" and not (parts.hostname or "").endswith(_NOBODY)


def ends(url: str, context: ssl.SSLContext, timeout: float) -> datetime:
    """When the certificate ends that is shown at `url`, within so many seconds.

    Raises OSError, ssl.SSLCertVerificationError among them, and ValueError where it shows none.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    with (
        socket.create_connection((host, parts.port or _HTTPS), timeout) as plain,
        context.wrap_socket(plain, server_hostname=host) as encrypted,
    ):
        shown = encrypted.getpeercert() or {}
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(str(shown.get("notAfter", ""))), UTC)
