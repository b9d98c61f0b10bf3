"""Asks the public pages as a browser, a mail scanner or a mail client would, and never follows where they point."""

import asyncio
import http.client
import ssl
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from digest import __version__
from digest.app import certificates
from digest.errors import DigestError

_TIMEOUT_S = 15.0
#: Octets of an answer that are read.
_MOST = 65_536


class Unreachable(DigestError):
    """There was no answer."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    #: Where it points; empty: nowhere.
    location: str
    body: bytes

    @property
    def is_good(self) -> bool:
        return 200 <= self.status < 300

    def __str__(self) -> str:
        return f"{self.status} to {self.location}" if self.location else str(self.status)


async def ask(
    method: str, url: str, context: ssl.SSLContext, body: bytes = b"", headers: dict[str, str] | None = None
) -> Answer:
    """The answer to one request. Raises Unreachable."""
    return await asyncio.to_thread(_ask, method, url, context, (body, headers or {}))


def _ask(method: str, url: str, context: ssl.SSLContext, sent: tuple[bytes, dict[str, str]]) -> Answer:
    parts = urlsplit(url)
    path = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
    body, headers = sent
    try:
        connection = _connection(url, context)
        try:
            agent = {"User-Agent": f"Digest/{__version__} doctor", **headers}
            connection.request(method, path, body=body or None, headers=agent)
            answer = connection.getresponse()
            return Answer(answer.status, answer.headers.get("Location", ""), answer.read(_MOST))
        finally:
            connection.close()
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise Unreachable(f"{parts.netloc}: {_said(error)}") from error


def _connection(url: str, context: ssl.SSLContext) -> http.client.HTTPConnection:
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme == "https":
        return http.client.HTTPSConnection(host, parts.port, timeout=_TIMEOUT_S, context=context)
    return http.client.HTTPConnection(host, parts.port, timeout=_TIMEOUT_S)


async def certificate_end(url: str, context: ssl.SSLContext) -> datetime:
    """When the certificate of an https address ends. Raises Unreachable, also where it cannot be trusted."""
    return await asyncio.to_thread(_certificate_end, url, context)


def _certificate_end(url: str, context: ssl.SSLContext) -> datetime:
    try:
        return certificates.ends(url, context, _TIMEOUT_S)
    except (OSError, ValueError) as error:
        raise Unreachable(f"{urlsplit(url).netloc}: {_said(error)}") from error


def _said(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not to be trusted: {error.verify_message}"
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
