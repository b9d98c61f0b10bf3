"""Asks a server for a feed, politely and within limits (one of the two importers of aiohttp)."""

import asyncio
import os
import ssl
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from http import HTTPStatus
from types import TracebackType
from typing import Any, Self

import aiohttp

from digest.feeds.wire.course import Course
from digest.feeds.wire.fetched import Fetched, FetchFailed, NotModified
from digest.feeds.wire.guard import AddressRefused, Resolver, check_addresses, check_host, public_socket
from digest.feeds.wire.headers import (
    ACCEPT,
    fresh_for,
    one_line,
    phrase,
    retry_after,
    validator,
    wanted,
    without_credentials,
)
from digest.feeds.wire.hosts import HostResting, Turns
from digest.feeds.wire.proxies import Proxies
from digest.feeds.wire.unpack import TooLarge, layers_left, unpacked
from digest.model import FeedState

#: A proxy on the way may have changed the body and say so (203, RFC 9110 15.3.4).
_ANSWERED = {200, 203}
#: With these a server may say for how long all its feeds are to leave it alone.
_BUSY = {429, 503}
#: Seconds for which a name that the proxy will look up is looked up here: it may be one that only the proxy knows.
_LOOK_UP = 2.0

Answer = Fetched | NotModified | FetchFailed


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchLimits:
    """What one fetch may take, and how many there may be at once."""

    #: From the first connection to the last byte, over all redirects.
    total: timedelta = timedelta(seconds=30)
    connect: timedelta = timedelta(seconds=10)
    #: Bytes, counted after decompression.
    body: int = 10_000_000
    #: Bytes of one line of a header, and lines.
    header: int = 16_384
    headers: int = 128
    redirects: int = 10
    concurrency: int = 32
    per_host: int = 2
    #: Between the starts of two requests at one host, redirects included.
    spacing: timedelta = timedelta(seconds=1)
    #: Feeds in the operator's own network; otherwise every address that is dialled must be public.
    allow_private_networks: bool = False


class Fetcher:
    """Fetches feeds without cookies, and through the proxies that it is given and no others."""

    def __init__(
        self,
        user_agent: str,
        clock: Callable[[], datetime],
        limits: FetchLimits | None = None,
        *,
        proxies: Mapping[str, str] | None = None,
    ) -> None:
        """`clock` gives the time (aware), to which a server's Retry-After is relative.

        `proxies` are those of the environment, as `urllib.request.getproxies_environment` gives them.
        """
        self._user_agent = user_agent
        self._clock = clock
        self._limits = limits or FetchLimits()
        self._proxies = Proxies(proxies or {})
        self._turns = Turns(
            overall=self._limits.concurrency, per_host=self._limits.per_host, spacing=self._limits.spacing
        )
        self._resolver: Resolver | None = None
        self._stack = AsyncExitStack()
        self._direct: aiohttp.ClientSession | None = None
        self._proxied: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._resolver = Resolver(self._limits.concurrency)
        self._stack.push_async_callback(self._resolver.close)
        guarded = not self._limits.allow_private_networks
        self._direct = await self._stack.enter_async_context(self._session(guarded=guarded))
        if self._proxies:
            # Two sessions, and not one whose guard knows the proxies: a proxy's own address may be private, and a feed
            # that names it must not get there. This one is only asked with a proxy, and then dials nothing else.
            self._proxied = await self._stack.enter_async_context(self._session(guarded=False))
        return self

    def _session(self, *, guarded: bool) -> aiohttp.ClientSession:
        limits = self._limits
        connector = aiohttp.TCPConnector(
            limit=limits.concurrency,
            resolver=self._resolver,
            socket_factory=public_socket if guarded else None,
            # A host is asked again in half an hour. Connections that are kept open meanwhile, be it for 15 seconds,
            # would be as many as there are feeds, and more than a process may have.
            force_close=True,
        )
        return aiohttp.ClientSession(
            connector=connector,
            headers={"User-Agent": self._user_agent, "Accept": ACCEPT},
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=limits.connect.total_seconds()),
            trust_env=False,
            max_line_size=limits.header,
            max_field_size=limits.header,
            max_headers=limits.headers,
        )

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._direct = self._proxied = self._resolver = None
        await self._stack.aclose()

    async def fetch(self, url: str, state: FeedState | None = None, *, page: bool = False) -> Answer:
        """What `url` gives now, compared with `state`; a `page` is asked for as HTML.

        Never raises for what a server does. Time spent waiting for a turn, overall or at a host, does not count. A user
        name and password in `url` go to that server only, never from https to http, and are in nothing that comes back.
        """
        total = self._limits.total.total_seconds()
        try:
            course = Course.to(url, total)
        except ValueError as error:
            return FetchFailed(reason=f"its address cannot be used: {_short(error)}")
        answer = await self._follow(course, state, wanted(state, page=page))
        return replace(answer, exchange=course.exchange(total - course.left))

    async def _follow(self, course: Course, state: FeedState | None, asking: Mapping[str, str]) -> Answer:
        """Follows redirects by hand: each is checked and waits for its turn, and a move for good is noticed."""
        for _ in range(self._limits.redirects + 1):
            if course.circles():
                return FetchFailed(reason="its redirects lead in a circle")
            try:
                # Nobody waits for one host while holding a turn at another: two that do would wait for each other.
                async with self._turns.at(course.host):
                    answer = await self._within(course, self._ask(course, state, asking))
            except HostResting as resting:
                return FetchFailed(reason=str(resting), status=resting.status, retry_after=resting.rest)
            except (aiohttp.ClientError, TimeoutError, OSError, ValueError, TooLarge) as error:
                return self._failure(error)
            if answer is not None:
                return answer
        return FetchFailed(reason=f"more than {self._limits.redirects} redirects")

    async def _within(self, course: Course, request: Awaitable[Answer | None]) -> Answer | None:
        """What `request` gives, in the time that is left; raises TimeoutError."""
        clock = asyncio.get_running_loop().time
        began = clock()
        try:
            async with asyncio.timeout(course.left):
                return await request
        finally:
            course.left -= clock() - began

    async def _ask(self, course: Course, state: FeedState | None, asking: Mapping[str, str]) -> Answer | None:
        """One request; None: it was redirected, and `course` is there."""
        proxy = self._proxies.of(course.url)
        session = self._direct if proxy is None else self._proxied
        if session is None:
            raise RuntimeError("use a Fetcher as an async context manager")
        if proxy is not None and not self._limits.allow_private_networks:
            await self._check(course.host)
        async with session.get(course.url, headers=asking, allow_redirects=False, proxy=proxy) as response:
            course.answered(response.status, response.headers.items())
            if course.redirected(response.status, response.headers.get("Location", "")):
                return None
            return await self._answer(course, response, state)

    async def _check(self, host: str) -> None:
        """Raises AddressRefused for a host that is not public, as far as this machine knows."""
        if not check_host(host) or self._resolver is None:
            return
        try:
            async with asyncio.timeout(_LOOK_UP):
                found = await self._resolver.resolve(host)
        except (OSError, UnicodeError):
            return
        check_addresses(each["host"] for each in found)

    async def _answer(self, course: Course, response: aiohttp.ClientResponse, state: FeedState | None) -> Answer:
        """The answer at the end of the redirects."""
        status, good_for = response.status, fresh_for(course.told, self._clock())
        etag, last_modified = (validator(response.headers.get(name, "")) for name in ("ETag", "Last-Modified"))
        if status == HTTPStatus.NOT_MODIFIED and state is not None and (state.etag or state.last_modified):
            return NotModified(
                etag=etag or state.etag,
                last_modified=last_modified or state.last_modified,
                permanent_url=course.moved_to,
                fresh_for=good_for,
            )
        if status not in _ANSWERED:
            return self._refusal(course, status)
        try:
            body = await self._body(response)
        except TooLarge:
            return FetchFailed(reason=f"it is larger than {self._limits.body:,} bytes", status=status)
        course.size = len(body)
        digest = sha256(body).hexdigest()
        if state is not None and digest == state.body_sha256:
            return NotModified(
                etag=etag, last_modified=last_modified, permanent_url=course.moved_to, fresh_for=good_for
            )
        return Fetched(
            body=body,
            content_type=course.told.get("content-type", ""),
            final_url=str(course.bare),
            etag=etag,
            last_modified=last_modified,
            sha256=digest,
            permanent_url=course.moved_to,
            fresh_for=good_for,
        )

    async def _body(self, response: aiohttp.ClientResponse) -> bytes:
        """The body, unpacked; raises TooLarge as soon as it is, and Damaged."""
        layers = layers_left(response.headers.getall("Content-Encoding", ()))
        chunks: list[bytes] = []
        left = self._limits.body
        async for chunk in response.content.iter_any():
            chunks.append(chunk)
            left -= len(chunk)
            if left < 0:
                raise TooLarge
        return unpacked(b"".join(chunks), layers, self._limits.body)

    def _refusal(self, course: Course, status: int) -> FetchFailed:
        wish = retry_after(course.told.get("retry-after", ""), self._clock())
        if wish is not None and status in _BUSY:
            self._turns.rest(course.host, status, wish)
        return FetchFailed(
            reason=f"the server answered {status} {phrase(status)}".rstrip(),
            status=status,
            retry_after=wish,
            gone=status == HTTPStatus.GONE,
        )

    def _failure(self, error: Exception) -> FetchFailed:
        if isinstance(error, aiohttp.ConnectionTimeoutError):
            return FetchFailed(reason=f"no connection within {self._limits.connect.total_seconds():g} s")
        if isinstance(error, TimeoutError):
            return FetchFailed(reason=f"no complete answer within {self._limits.total.total_seconds():g} s")
        return FetchFailed(reason=_plain(error))


def _plain(error: Exception) -> str:
    """Why there was no answer, in plain words."""
    cause = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error
    return next((words(cause) for kind, words in _CAUSES if isinstance(cause, kind)), "") or next(
        (words(error) for kind, words in _REASONS if isinstance(error, kind)), _short(error)
    )


def _short(error: Exception) -> str:
    if isinstance(error, ConnectionError) and error.errno:
        return os.strerror(error.errno)  # asyncio's own words speak of calls
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return without_credentials(one_line(text)) or type(error).__name__


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
    (aiohttp.ClientProxyConnectionError, lambda e: f"the proxy could not be reached: {_short(e.os_error)}"),
    (aiohttp.ClientHttpProxyError, lambda e: f"the proxy answered {e.status} {phrase(e.status)}".rstrip()),
    (aiohttp.ClientSSLError, lambda e: f"no secure connection could be made: {_short(e)}"),
    (aiohttp.ClientConnectorError, lambda e: f"{e.host} could not be reached: {_short(e.os_error)}"),
    (aiohttp.ServerDisconnectedError, lambda _: "the server closed the connection without an answer"),
    (aiohttp.ClientPayloadError, lambda _: "the answer broke off or was damaged"),
    (
        aiohttp.ClientResponseError,
        lambda e: f"the answer is not HTTP that can be read: {one_line(e.message)}",
    ),
    (aiohttp.ClientOSError, lambda e: f"the connection broke: {_short(e)}"),
)
