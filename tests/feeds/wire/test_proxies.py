"""Requests through the operator's proxy: to a real one on the loopback interface."""

import asyncio
import base64
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from pytest_httpserver import HTTPServer
from yarl import URL

from digest.feeds.wire.fetch import Fetcher, FetchLimits
from digest.feeds.wire.fetched import Fetched, FetchFailed
from digest.feeds.wire.proxies import Proxies

PROXY = "http://proxy.example:3128"


@pytest.mark.parametrize(
    ("proxies", "url", "expected"),
    [
        ({}, "http://feeds.example/", None),
        ({"no": "x.example"}, "http://feeds.example/", None),
        ({"http": PROXY}, "http://feeds.example/", PROXY),
        ({"http": PROXY}, "https://feeds.example/", None),
        ({"https": "other.example:8080"}, "https://feeds.example/", "http://other.example:8080"),
        ({"all": PROXY}, "https://feeds.example/", PROXY),
        ({"http": PROXY, "all": "socks5://x"}, "http://feeds.example/", PROXY),
        ({"http": "http://me:pass@p.example"}, "http://feeds.example/", "http://me:pass@p.example"),
        ({"http": PROXY, "no": "feeds.example"}, "http://feeds.example/", None),
        ({"http": PROXY, "no": "a.b, .example"}, "http://feeds.example:81/", None),
        ({"http": PROXY, "no": "feeds.example:81"}, "http://feeds.example:82/", PROXY),
        ({"http": PROXY, "no": "*"}, "http://feeds.example/", None),
        ({"http": PROXY}, "http://localhost/", None),
        ({"http": PROXY}, "http://a.localhost./", None),
        ({"http": PROXY}, "http://127.0.0.2/", None),
        ({"http": PROXY}, "http://0x7f.1/", None),
        ({"http": PROXY}, "http://[::1]/", None),
        ({"http": PROXY}, "http://[::ffff:127.0.0.1]/", None),
        ({"http": PROXY}, "http://10.0.0.1/", PROXY),
    ],
)
def test_the_environment_says_which_proxy(proxies: Mapping[str, str], url: str, expected: str | None) -> None:
    assert Proxies(proxies).of(URL(url)) == (URL(expected) if expected else None)


@pytest.mark.parametrize("given", ["socks5://me:hush@p.example:1080", "https://me:hush@p.example", "http://me:hush@"])
async def test_another_kind_of_proxy_is_refused_in_plain_words_and_without_its_password(given: str) -> None:
    async with Fetcher("t", lambda: None, proxies={"http": given}) as fetcher:
        got = await fetcher.fetch("http://feeds.example/")
    assert isinstance(got, FetchFailed)
    assert "proxy" in got.reason
    assert "hush" not in got.reason


@dataclass
class Proxy:
    """Answers every request itself; notes what it was asked."""

    answer: bytes = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\nfeed"
    url: str = ""
    heads: list[bytes] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.heads.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(self.answer)
        writer.close()


@asynccontextmanager
async def proxying(proxy: Proxy, credentials: str = "") -> AsyncIterator[Proxy]:
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    proxy.url = f"http://{credentials}127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server:
        yield proxy


@asynccontextmanager
async def fetching(proxy: Proxy, **limits: bool) -> AsyncIterator[Fetcher]:
    proxies = {"http": proxy.url, "https": proxy.url}
    async with Fetcher("t", lambda: None, FetchLimits(spacing=timedelta(), **limits), proxies=proxies) as fetcher:
        yield fetcher


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """What names resolve to on this machine; others do not."""
    known: dict[str, list[str]] = {}

    def look_up(host: str, port: int, *_: object, **__: object) -> list[object]:
        if host not in known:
            raise socket.gaierror(socket.EAI_NONAME, "no such name")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in known[host]]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return known


async def test_a_proxy_in_the_private_network_is_dialled_and_nothing_else(names: dict[str, list[str]]) -> None:
    names["feeds.example"] = ["93.184.216.34"]
    async with proxying(Proxy(), "me:p%40ss@") as proxy, fetching(proxy) as fetcher:
        got = await fetcher.fetch("http://feeds.example/feed")
    assert isinstance(got, Fetched)
    assert got.body == b"feed"
    assert got.final_url == "http://feeds.example/feed"
    (head,) = proxy.heads
    assert head.startswith(b"GET http://feeds.example/feed HTTP/1.1\r\n")
    assert b"Proxy-Authorization: Basic " + base64.b64encode(b"me:p@ss") in head


async def test_a_name_that_only_the_proxy_knows_is_left_to_it(names: dict[str, list[str]]) -> None:
    async with proxying(Proxy()) as proxy, fetching(proxy) as fetcher:
        assert isinstance(await fetcher.fetch("http://feeds.example/feed"), Fetched)


@pytest.mark.parametrize(
    "host",
    [
        *("10.0.0.1", "169.254.169.254", "[fd00::1]", "[::ffff:10.0.0.1]", "[64:ff9b::a00:1]", "167772161"),
        *("0xa.1", "012.0.0.1", "10.1", "10.0.0.1.", "⑩.0.0.1", "10。0。0。1", "%31%30.0.0.1", "1.2.3.4.5", "0x1g.0x"),
        *("router", "printer.local", "vault.corp.internal", "nas.home.arpa", "intranet.", "inside.example"),
        "mixed.example",
    ],
)
async def test_what_is_not_public_is_not_handed_to_a_proxy(names: dict[str, list[str]], host: str) -> None:
    names.update({"inside.example": ["192.168.1.7"], "mixed.example": ["93.184.216.34", "127.0.0.1"]})
    async with proxying(Proxy()) as proxy, fetching(proxy) as fetcher:
        got = await fetcher.fetch(f"http://{host}/feed")
    assert isinstance(got, FetchFailed)
    assert proxy.heads == []


async def test_a_redirect_to_what_is_not_public_is_not_handed_to_a_proxy(names: dict[str, list[str]]) -> None:
    away = b"HTTP/1.1 302 Found\r\nLocation: http://10.0.0.1/admin\r\nContent-Length: 0\r\n\r\n"
    async with proxying(Proxy(answer=away)) as proxy, fetching(proxy) as fetcher:
        got = await fetcher.fetch("http://feeds.example/feed")
    assert isinstance(got, FetchFailed)
    assert got.reason.startswith("the address 10.0.0.1 is in a private network")
    assert len(proxy.heads) == 1


async def test_the_operator_may_allow_private_networks_behind_a_proxy_too(names: dict[str, list[str]]) -> None:
    async with proxying(Proxy()) as proxy, fetching(proxy, allow_private_networks=True) as fetcher:
        assert isinstance(await fetcher.fetch("http://10.0.0.1/feed"), Fetched)


async def test_a_feed_cannot_reach_the_proxy_itself(names: dict[str, list[str]]) -> None:
    async with proxying(Proxy()) as proxy, fetching(proxy) as fetcher:
        assert isinstance(await fetcher.fetch(f"{proxy.url}/admin"), FetchFailed)
    assert proxy.heads == []


async def test_a_host_that_is_asked_without_the_proxy_is_guarded_all_the_same(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/feed").respond_with_data(b"feed")
    proxies = {"http": "http://127.0.0.1:1", "no": "127.0.0.1"}
    async with Fetcher("t", lambda: None, proxies=proxies) as fetcher:
        got = await fetcher.fetch(httpserver.url_for("/feed"))
    assert isinstance(got, FetchFailed)
    assert "private network" in got.reason
    assert httpserver.log == []


async def test_a_secure_address_is_reached_through_a_tunnel_that_the_proxy_may_refuse(
    names: dict[str, list[str]],
) -> None:
    refusal = b"HTTP/1.1 407 Sure\r\nContent-Length: 0\r\n\r\n"
    async with proxying(Proxy(answer=refusal), "me:hush@") as proxy, fetching(proxy) as fetcher:
        got = await fetcher.fetch("https://user:secret@feeds.example/feed")
    assert got == FetchFailed(reason="the proxy answered 407 Proxy Authentication Required")
    (head,) = proxy.heads
    assert head.startswith(b"CONNECT feeds.example:443 HTTP/1.1\r\n")
    assert b"Proxy-Authorization: Basic " + base64.b64encode(b"me:hush") in head
    assert base64.b64encode(b"user:secret") not in head


async def test_a_proxy_that_is_away_is_named_as_the_one_that_is(
    names: dict[str, list[str]], unused_tcp_port: int
) -> None:
    async with fetching(Proxy(url=f"http://me:hush@127.0.0.1:{unused_tcp_port}")) as fetcher:
        got = await fetcher.fetch("http://feeds.example/feed")
    assert isinstance(got, FetchFailed)
    assert got.reason.startswith("the proxy could not be reached")
    assert "hush" not in got.reason
