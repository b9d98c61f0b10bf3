"""Asks a server for a feed, politely and within limits (the only importer of aiohttp)."""

import asyncio
import re
import ssl
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from hashlib import sha256
from http import HTTPStatus
from types import TracebackType
from typing import Any, Self

import aiohttp
from yarl import URL

from digest.feeds.fetched import Fetched, FetchFailed, NotModified
from digest.feeds.guard import AddressRefused, public_socket
from digest.model import Feed, FeedState

_ACCEPT = (
    "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml;q=0.9,"
    " application/xml;q=0.8, text/xml;q=0.8, application/json;q=0.7, */*;q=0.5"
)
_REDIRECTS = {301, 302, 303, 307, 308}
_PERMANENT = {301, 308}
_CHUNK = 64 * 1024
#: Longer validators are not stored.
_MAX_VALIDATOR = 1_024


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchLimits:
    """What one fetch may take, and how many there may be at once."""

    #: From the first connection to the last byte, over all redirects.
    total: timedelta = timedelta(seconds=30)
    connect: timedelta = timedelta(seconds=10)
    #: Bytes, counted after decompression.
    body: int = 10_000_000
    #: Bytes of one line of a header.
    header: int = 16_384
    redirects: int = 10
    concurrency: int = 32
    per_host: int = 2
    #: Feeds in the operator's own network; otherwise every address that is dialled must be public.
    allow_private_networks: bool = False


class Fetcher:
    """Fetches feeds over one pool of connections, without cookies and without proxies from the environment."""

    def __init__(self, user_agent: str, clock: Callable[[], datetime], limits: FetchLimits | None = None) -> None:
        """`clock` gives the time (aware), to which a server's Retry-After is relative."""
        self._user_agent = user_agent
        self._clock = clock
        self._limits = limits or FetchLimits()
        self._slots = asyncio.Semaphore(self._limits.concurrency)
        self._hosts: dict[str, asyncio.Semaphore] = {}
        self._stack = AsyncExitStack()
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        limits = self._limits
        connector = aiohttp.TCPConnector(
            limit=limits.concurrency,
            limit_per_host=limits.per_host,
            socket_factory=None if limits.allow_private_networks else public_socket,
        )
        session = aiohttp.ClientSession(
            connector=connector,
            headers={"User-Agent": self._user_agent, "Accept": _ACCEPT},
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=limits.connect.total_seconds()),
            trust_env=False,
            max_line_size=limits.header,
            max_field_size=limits.header,
        )
        self._session = await self._stack.enter_async_context(session)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._session = None
        await self._stack.aclose()

    async def fetch(self, feed: Feed, state: FeedState | None = None) -> Fetched | NotModified | FetchFailed:
        """`feed` as it is now, compared with `state`. Never raises for what a server does.

        Time spent waiting for a turn, overall or at its host, does not count.
        """
        try:
            url = _http_url(URL(feed.url))
        except ValueError as error:
            return FetchFailed(reason=f"its address cannot be used: {error}")
        host = self._hosts.setdefault(url.raw_host or "", asyncio.Semaphore(self._limits.per_host))
        seconds = self._limits.total.total_seconds()
        async with host, self._slots:
            try:
                async with asyncio.timeout(seconds):
                    return await self._follow(url, state)
            except aiohttp.ConnectionTimeoutError:
                return FetchFailed(reason=f"no connection within {self._limits.connect.total_seconds():g} s")
            except TimeoutError:
                return FetchFailed(reason=f"no complete answer within {seconds:g} s")
            except (aiohttp.ClientError, OSError, ValueError) as error:
                return FetchFailed(reason=_plain(error))

    async def _follow(self, url: URL, state: FeedState | None) -> Fetched | NotModified | FetchFailed:
        """Follows redirects by hand, so that each hop is checked and a move for good is noticed."""
        if self._session is None:
            raise RuntimeError("use a Fetcher as an async context manager")
        permanent = True
        for hop in range(self._limits.redirects + 1):
            async with self._session.get(url, headers=_conditions(state), allow_redirects=False) as response:
                location = response.headers.get("Location", "")
                if response.status not in _REDIRECTS or not location:
                    moved = str(url) if hop and permanent else ""
                    return await self._answer(response, state, moved)
                permanent = permanent and response.status in _PERMANENT
                url = _http_url(url.join(URL(location)))
        return FetchFailed(reason=f"more than {self._limits.redirects} redirects")

    async def _answer(
        self, response: aiohttp.ClientResponse, state: FeedState | None, moved: str
    ) -> Fetched | NotModified | FetchFailed:
        headers, fresh_for = response.headers, _fresh_for(response.headers)
        etag, last_modified = _validator(headers, "ETag"), _validator(headers, "Last-Modified")
        if response.status == HTTPStatus.NOT_MODIFIED and state is not None:
            return NotModified(
                etag=etag or state.etag,
                last_modified=last_modified or state.last_modified,
                permanent_url=moved,
                fresh_for=fresh_for,
            )
        if response.status != HTTPStatus.OK:
            return self._refusal(response)
        body = await self._body(response)
        if body is None:
            return FetchFailed(reason=f"it is larger than {self._limits.body:,} bytes", status=response.status)
        digest = sha256(body).hexdigest()
        if state is not None and digest == state.body_sha256:
            return NotModified(etag=etag, last_modified=last_modified, permanent_url=moved, fresh_for=fresh_for)
        return Fetched(
            body=body,
            content_type=headers.get("Content-Type", ""),
            final_url=str(response.url.with_user(None)),
            etag=etag,
            last_modified=last_modified,
            sha256=digest,
            permanent_url=moved,
            fresh_for=fresh_for,
        )

    async def _body(self, response: aiohttp.ClientResponse) -> bytes | None:
        """The decompressed body, or None as soon as it is too large."""
        body = bytearray()
        async for chunk in response.content.iter_chunked(_CHUNK):
            body += chunk
            if len(body) > self._limits.body:
                return None
        return bytes(body)

    def _refusal(self, response: aiohttp.ClientResponse) -> FetchFailed:
        status = response.status
        return FetchFailed(
            reason=f"the server answered {status} {_phrase(status)}".rstrip(),
            status=status,
            retry_after=retry_after(response.headers.get("Retry-After", ""), self._clock()),
            gone=status == HTTPStatus.GONE,
        )


def retry_after(value: str, now: datetime) -> timedelta | None:
    """What a Retry-After header asks for at `now`, in seconds or as an HTTP date (RFC 9110 10.2.3); None: nothing."""
    text = value.strip()
    if text.isascii() and text.isdigit():
        return timedelta(seconds=int(text[:9]))
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return max(timedelta(), (at if at.tzinfo else at.replace(tzinfo=UTC)) - now)


def _http_url(url: URL) -> URL:
    if url.scheme not in {"http", "https"} or not url.raw_host:
        raise ValueError(f"it leads to {str(url)[:200]!r}, which is neither http nor https")
    return url


def _conditions(state: FeedState | None) -> dict[str, str]:
    """RFC 9110 13.1: both validators, as they came."""
    if state is None:
        return {}
    headers = {"If-None-Match": state.etag, "If-Modified-Since": state.last_modified}
    return {name: value for name, value in headers.items() if value}


def _validator(headers: Mapping[str, str], name: str) -> str:
    """A validator that can be stored and sent back as it came; "" for what cannot."""
    value = headers.get(name, "")
    return value if value.isascii() and value.isprintable() and len(value) <= _MAX_VALIDATOR else ""


def _fresh_for(headers: Mapping[str, str]) -> timedelta:
    control = headers.get("Cache-Control", "")
    age = re.search(r"(?:^|[\s,])max-age\s*=\s*\"?(\d{1,9})", control, re.IGNORECASE)
    return timedelta(seconds=int(age[1])) if age and "no-cache" not in control.lower() else timedelta()


def _phrase(status: int) -> str:
    """The standard's words: a server's own may be anything."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def _plain(error: Exception) -> str:
    """Why there was no answer, in plain words."""
    cause = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error
    return next((words(cause) for kind, words in _CAUSES if isinstance(cause, kind)), "") or next(
        (words(error) for kind, words in _REASONS if isinstance(error, kind)), _short(error)
    )


def _short(error: Exception) -> str:
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return " ".join(text.split())[:200] or type(error).__name__


#: What was wrong below HTTP.
_CAUSES: tuple[tuple[type[Exception], Callable[[Any], str]], ...] = (
    (
        AddressRefused,
        lambda e: f"the address {e.address} is in a private network; set collect.allow_private_networks to allow it",
    ),
    (ssl.SSLCertVerificationError, lambda e: f"its certificate is not valid: {e.verify_message}"),
)
#: The first that fits is said.
_REASONS: tuple[tuple[type[Exception], Callable[[Any], str]], ...] = (
    (aiohttp.ClientConnectorDNSError, lambda e: f"there is no host named {e.host}"),
    (aiohttp.ClientSSLError, lambda e: f"no secure connection could be made: {_short(e)}"),
    (aiohttp.ClientConnectorError, lambda e: f"{e.host} could not be reached: {_short(e.os_error)}"),
    (aiohttp.ServerDisconnectedError, lambda _: "the server closed the connection without an answer"),
    (aiohttp.ClientPayloadError, lambda _: "the answer broke off or was damaged"),
    (
        aiohttp.ClientResponseError,
        lambda e: f"the answer is not HTTP that can be read: {' '.join(e.message.split())[:200]}",
    ),
    (aiohttp.ClientOSError, lambda e: f"the connection broke: {_short(e)}"),
)
