"""A server that says to the byte what a test wants, and a fetcher that may reach it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest

from digest.feeds.wire.fetch import Fetcher, FetchLimits

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture
async def fetcher() -> AsyncIterator[Fetcher]:
    limits = FetchLimits(
        total=timedelta(seconds=5),
        connect=timedelta(seconds=2),
        body=100_000,
        spacing=timedelta(),
        allow_private_networks=True,
    )
    async with Fetcher("digest-tests/1", lambda: NOW, limits) as fetcher:
        yield fetcher


@pytest.fixture
def serving() -> Callable[[Handler], object]:
    """`async with serving(handler) as url`: a bare TCP server, for what no honest HTTP server says."""

    @asynccontextmanager
    async def serve(handler: Handler) -> AsyncIterator[str]:
        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                await reader.readuntil(b"\r\n\r\n")
                await handler(reader, writer)
            except (ConnectionError, asyncio.IncompleteReadError):
                pass
            finally:
                writer.close()

        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        try:
            yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/feed"
        finally:
            server.close()

    return serve
