"""Servers and names that lead into the operator's network, and servers that never end.

On one machine "public" is played by 127.0.0.2; whatever listens at 127.0.0.1 must never be dialled.
"""

import asyncio
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import chain, count, cycle, repeat

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from digest.feeds.wire import guard
from digest.feeds.wire.fetch import Fetcher, FetchLimits
from digest.feeds.wire.fetched import Fetched, FetchFailed

PUBLIC, FORBIDDEN = "127.0.0.2", "127.0.0.1"
OK = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 4\r\n\r\nfeed"


@dataclass
class Site:
    """The same port at both addresses: what was asked of the public one, and how often the other was dialled."""

    port: int = 0
    #: What the public one answers, one after the other.
    answers: list[bytes] = field(default_factory=lambda: [OK])
    asked: list[bytes] = field(default_factory=list)
    forbidden: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError):
            self.asked.append(await reader.readuntil(b"\r\n\r\n"))
            writer.write(self.answers[min(len(self.asked), len(self.answers)) - 1])
        writer.close()

    async def betray(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.forbidden += 1
        writer.close()

    def redirect(self, to: str) -> bytes:
        return f"HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n".encode()


@pytest.fixture
async def site(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Site]:
    honest = guard.is_public
    monkeypatch.setattr(guard, "is_public", lambda ip: ip == PUBLIC or honest(ip))
    site = Site()
    forbidden = await asyncio.start_server(site.betray, FORBIDDEN, 0)
    site.port = forbidden.sockets[0].getsockname()[1]
    public = await asyncio.start_server(site.serve, PUBLIC, site.port)
    async with forbidden, public:
        yield site


@pytest.fixture
async def guarded() -> AsyncIterator[Fetcher]:
    async with Fetcher("t", lambda: None, FetchLimits(spacing=timedelta())) as fetcher:
        yield fetcher


def answering(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> list[str]:
    """Every name resolves to the next of `answers`, over and over; gives the names that are looked up."""
    names: list[str] = []
    following = cycle(answers)

    def look_up(host: str, port: int, *_: object, **__: object) -> list[object]:
        names.append(host)
        return [
            (socket.AF_INET6 if ":" in ip else socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, port))
            for ip in next(following)
        ]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return names


async def test_what_plays_the_public_is_reached(site: Site, guarded: Fetcher) -> None:
    assert isinstance(await guarded.fetch(f"http://{PUBLIC}:{site.port}/"), Fetched)
    assert len(site.asked) == 1


@pytest.mark.parametrize(
    "host",
    [
        *(
            "127.0.0.1",
            "localhost",
            "localhost.",
            "127.1",
            "127.0.1",
            "2130706433",
            "0x7f.1",
            "0x7f000001",
            "0177.0.0.1",
        ),
        *("00000177.0.0.1", "0", "0.0.0.0", "[::1]", "[::]", "[::ffff:127.0.0.1]", "[::127.0.0.1]", "[::ffff:7f00:1]"),
        *("①②⑦.0.0.1", "127。0。0。1", "127.0.0.1.", "%31%32%37.0.0.1", "127.0.0.1%00.example", "[64:ff9b::7f00:1]"),
    ],
)
async def test_no_spelling_gets_past_the_guard_directly_or_by_redirect(site: Site, guarded: Fetcher, host: str) -> None:
    target = f"http://{host}:{site.port}/"
    assert isinstance(await guarded.fetch(target), FetchFailed)
    site.answers = [site.redirect(target)]
    assert isinstance(await guarded.fetch(f"http://{PUBLIC}:{site.port}/"), FetchFailed)
    assert len(site.asked) == 1
    assert site.forbidden == 0


@pytest.mark.parametrize("hops", [1, 3, 9])
async def test_a_chain_of_redirects_is_checked_to_its_end(site: Site, guarded: Fetcher, hops: int) -> None:
    site.answers = [*(site.redirect(f"/{n}") for n in range(hops - 1)), site.redirect(f"//{FORBIDDEN}:{site.port}/")]
    got = await guarded.fetch(f"http://{PUBLIC}:{site.port}/")
    assert isinstance(got, FetchFailed)
    assert got.reason.startswith(f"the address {FORBIDDEN} is in a private network")
    assert len(got.exchange.hops) == hops
    assert site.forbidden == 0


async def test_a_name_that_resolves_to_something_else_the_second_time_gets_nowhere(
    site: Site, guarded: Fetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = answering(monkeypatch, [PUBLIC], [FORBIDDEN])
    # The same host under two ports or spellings is looked up twice, in spite of any cache.
    site.answers = [site.redirect(f"http://rebind.example.:{site.port}/")]
    assert isinstance(await guarded.fetch(f"http://rebind.example:{site.port}/"), FetchFailed)
    assert len(names) == 2
    assert (len(site.asked), site.forbidden) == (1, 0)


@pytest.mark.parametrize("answer", [[PUBLIC, FORBIDDEN], [FORBIDDEN, PUBLIC], ["::1", FORBIDDEN, PUBLIC]])
async def test_of_a_mixed_answer_only_the_public_address_is_dialled(
    site: Site, guarded: Fetcher, monkeypatch: pytest.MonkeyPatch, answer: list[str]
) -> None:
    answering(monkeypatch, answer)
    assert isinstance(await guarded.fetch(f"http://mixed.example:{site.port}/"), Fetched)
    assert site.forbidden == 0


@pytest.mark.parametrize("answer", [["::1"], [FORBIDDEN], ["::ffff:127.0.0.1", "fe80::1"], ["10.0.0.1", "::1"]])
async def test_an_answer_without_a_public_address_is_refused_in_plain_words(
    site: Site, guarded: Fetcher, monkeypatch: pytest.MonkeyPatch, answer: list[str]
) -> None:
    answering(monkeypatch, answer)
    got = await guarded.fetch(f"http://inside.example:{site.port}/")
    assert isinstance(got, FetchFailed)
    assert "is in a private network" in got.reason
    assert site.forbidden == 0


async def test_names_that_are_never_answered_do_not_hold_up_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    over = threading.Event()

    def look_up(host: str, port: int, *_: object, **__: object) -> list[object]:
        if host.startswith("stuck"):
            over.wait(5)
        raise socket.gaierror(socket.EAI_NONAME, "no such name")

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    limits = FetchLimits(concurrency=20, total=timedelta(milliseconds=400))
    async with Fetcher("t", lambda: None, limits) as fetcher:
        stuck = [asyncio.create_task(fetcher.fetch(f"http://stuck{n}.example/")) for n in range(19)]
        await asyncio.sleep(0.05)
        got = await fetcher.fetch("http://missing.example/")
        assert {answer.reason for answer in await asyncio.gather(*stuck)} == {"no complete answer within 0.4 s"}
        over.set()
    assert got == FetchFailed(reason="there is no host named missing.example")


def _forever(head: bytes, *pieces: bytes) -> Iterator[bytes]:
    return chain([head], cycle(pieces))


HEAD = b"HTTP/1.1 200 OK\r\n"
ENDLESS = {
    "header lines": lambda: chain([HEAD], (b"X-%d: 1\r\n" % n * 1_000 for n in count())),
    "a header": lambda: _forever(HEAD + b"X: ", b"a" * 10_000),
    "a header's name": lambda: _forever(HEAD, b"a" * 10_000),
    "a folded header": lambda: _forever(HEAD + b"X: 1\r\n", b" a" * 5_000 + b"\r\n"),
    "the status": lambda: _forever(b"HTTP/1.1 200 ", b"a" * 10_000),
    "a body": lambda: _forever(HEAD + b"\r\n", b"a" * 10_000),
    "chunks": lambda: _forever(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"64\r\n" + b"a" * 100 + b"\r\n"),
    "tiny chunks": lambda: _forever(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\na\r\n" * 1_000),
    "a chunk's extension": lambda: _forever(HEAD + b"Transfer-Encoding: chunked\r\n\r\n1;", b"a" * 10_000),
    "a chunk's size": lambda: _forever(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"0" * 10_000),
    "trailers": lambda: _forever(HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", b"X: 1\r\n" * 1_000),
    "interim answers": lambda: repeat(b"HTTP/1.1 100 Continue\r\n\r\n" * 100),
    "nonsense": lambda: repeat(b"\x00" * 10_000),
}


@asynccontextmanager
async def pouring(pieces: Iterator[bytes]) -> AsyncIterator[tuple[str, list[int]]]:
    """A server that sends `pieces` for as long as it is listened to; its address, and what it got rid of, in bytes."""
    sent = [0]

    async def pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            await reader.readuntil(b"\r\n\r\n")
            for piece in pieces:
                writer.write(piece)
                await writer.drain()
                sent[0] += len(piece)
        writer.close()

    server = await asyncio.start_server(pour, FORBIDDEN, 0)
    async with server:
        yield f"http://{FORBIDDEN}:{server.sockets[0].getsockname()[1]}/feed", sent


@pytest.fixture
async def patient() -> AsyncIterator[Fetcher]:
    limits = FetchLimits(
        total=timedelta(milliseconds=700), body=200_000, spacing=timedelta(), allow_private_networks=True
    )
    async with Fetcher("t", lambda: None, limits) as fetcher:
        yield fetcher


@pytest.mark.parametrize("what", ENDLESS)
async def test_what_never_ends_is_left_early_and_said_in_plain_words(patient: Fetcher, what: str) -> None:
    async with pouring(ENDLESS[what]()) as (url, sent):
        got = await patient.fetch(url)
    assert isinstance(got, FetchFailed)
    assert got.reason.isprintable()
    assert len(got.reason) < 300
    if got.reason != "no complete answer within 0.7 s":
        # What lies in the sockets' buffers was got rid of too.
        assert sent[0] < 12_000_000


async def test_a_header_of_a_megabyte_and_a_hundred_thousand_of_them_are_refused(patient: Fetcher) -> None:
    for head in (b"X: " + b"a" * 1_000_000 + b"\r\n", b"X: 1\r\n" * 100_000):
        async with pouring(iter([HEAD + head + b"Content-Length: 4\r\n\r\nfeed"])) as (url, _):
            got = await patient.fetch(url)
        assert isinstance(got, FetchFailed)
        assert got.reason.startswith("the answer is not HTTP that can be read: ")


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.binary(max_size=300)
    | st.builds(
        lambda lines, body: HEAD + b"\r\n".join(lines) + b"\r\n\r\n" + body,
        st.lists(
            st.sampled_from(
                [
                    *(
                        b"Content-Encoding: gzip",
                        b"Content-Encoding: br",
                        b"Content-Encoding: zstd",
                        b"Content-Length: 3",
                    ),
                    *(b"Transfer-Encoding: chunked", b"Content-Encoding: gzip, \xff", b"Location: //[", b"Age: \xff"),
                    *(b"Upgrade: h2c", b"Connection: upgrade", b"Content-Length: -1", b"Content-Type:", b"Expires: 0"),
                ]
            )
            | st.binary(max_size=30),
            max_size=4,
        ),
        st.binary(max_size=30),
    )
)
def test_whatever_a_server_says_nothing_is_raised(answer: bytes) -> None:
    async def ask() -> object:
        limits = FetchLimits(total=timedelta(seconds=2), spacing=timedelta(), allow_private_networks=True)
        async with pouring(iter([answer])) as (url, _), Fetcher("t", lambda: None, limits) as fetcher:
            return await fetcher.fetch(url)

    got = asyncio.run(ask())
    assert isinstance(got, Fetched | FetchFailed)
