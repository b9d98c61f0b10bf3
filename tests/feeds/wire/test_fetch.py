"""Asking a server for a feed: politely, within limits, and never raising for what it does."""

import asyncio
import gzip
import zlib
from datetime import timedelta
from hashlib import sha256

import brotli
import pytest
from backports import zstd
from pytest_httpserver import HTTPServer, URIPattern
from werkzeug import Request, Response

from digest.feeds.wire.fetch import Fetcher, FetchLimits
from digest.feeds.wire.fetched import Fetched, FetchFailed, NotModified
from digest.model import FeedState

BODY = b"<rss version='2.0'><channel><title>News</title></channel></rss>"


async def test_a_body_comes_with_what_must_be_stored_of_it(fetcher: Fetcher, httpserver: HTTPServer) -> None:
    headers = {"ETag": 'W/"a,b"', "Last-Modified": "Sun, 01 Mar 2026 10:00:00 GMT", "Cache-Control": "max-age=600"}
    httpserver.expect_request("/feed").respond_with_data(BODY, headers=headers, content_type="application/rss+xml")
    got = await fetcher.fetch(httpserver.url_for("/feed"))
    assert got == Fetched(
        body=BODY,
        content_type="application/rss+xml",
        final_url=httpserver.url_for("/feed"),
        etag='W/"a,b"',
        last_modified="Sun, 01 Mar 2026 10:00:00 GMT",
        sha256=sha256(BODY).hexdigest(),
        fresh_for=timedelta(minutes=10),
    )


async def test_validators_go_back_as_they_came_and_304_is_not_modified(
    fetcher: Fetcher, httpserver: HTTPServer
) -> None:
    etag, modified = 'W/"odd ETag-of\'1"', "not even a date"
    headers = {"If-None-Match": etag, "If-Modified-Since": modified}
    httpserver.expect_request("/feed", headers=headers).respond_with_data(b"", status=304)
    state = FeedState(name="news", etag=etag, last_modified=modified)
    got = await fetcher.fetch(httpserver.url_for("/feed"), state)
    assert got == NotModified(etag=etag, last_modified=modified)


async def test_304_to_who_did_not_ask_for_it_is_no_answer(fetcher: Fetcher, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/feed").respond_with_data(b"", status=304)
    got = await fetcher.fetch(httpserver.url_for("/feed"), FeedState(name="news"))
    assert got == FetchFailed(reason="the server answered 304 Not Modified", status=304)


@pytest.mark.parametrize(("page", "accepted"), [(False, "application/atom+xml"), (True, "text/html")])
async def test_a_feed_and_a_page_are_asked_for_as_what_they_are(
    fetcher: Fetcher, httpserver: HTTPServer, page: bool, accepted: str
) -> None:
    httpserver.expect_request("/").respond_with_data(BODY, status=203)
    assert isinstance(await fetcher.fetch(httpserver.url_for("/"), page=page), Fetched)
    asked = httpserver.log[0][0].headers
    assert asked["Accept"].startswith(accepted)
    assert asked["Accept-Encoding"] == "gzip, deflate, br, zstd"


async def test_the_same_body_again_is_not_modified_and_brings_new_validators(
    fetcher: Fetcher, httpserver: HTTPServer
) -> None:
    httpserver.expect_request("/feed").respond_with_data(BODY, headers={"ETag": '"2"'})
    state = FeedState(name="news", etag='"1"', last_modified="then", body_sha256=sha256(BODY).hexdigest())
    assert await fetcher.fetch(httpserver.url_for("/feed"), state) == NotModified(etag='"2"', last_modified="")


async def test_it_says_who_it_is_and_keeps_no_cookies(fetcher: Fetcher, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/feed").respond_with_data(BODY, headers={"Set-Cookie": "track=1"})
    for _ in range(2):
        await fetcher.fetch(httpserver.url_for("/feed"))
    second = httpserver.log[1][0]
    assert second.headers["User-Agent"] == "digest-tests/1"
    assert "Cookie" not in second.headers
    assert "Referer" not in second.headers


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (404, "the server answered 404 Not Found"),
        (503, "the server answered 503 Service Unavailable"),
        (304, "the server answered 304 Not Modified"),
        (299, "the server answered 299"),
        (204, "the server answered 204 No Content"),
        (302, "the server answered 302 Found"),
    ],
)
async def test_an_answer_without_a_feed_is_said_in_plain_words(
    fetcher: Fetcher, httpserver: HTTPServer, status: int, reason: str
) -> None:
    httpserver.expect_request("/feed").respond_with_data(b"", status=status)
    assert await fetcher.fetch(httpserver.url_for("/feed")) == FetchFailed(reason=reason, status=status)


async def test_a_feed_that_is_gone_is_told_from_one_that_is_missing(fetcher: Fetcher, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/feed").respond_with_data(b"", status=410)
    got = await fetcher.fetch(httpserver.url_for("/feed"))
    assert isinstance(got, FetchFailed)
    assert got.gone


async def test_a_wish_to_be_left_alone_is_handed_on(fetcher: Fetcher, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/feed").respond_with_data(b"", status=429, headers={"Retry-After": "90"})
    got = await fetcher.fetch(httpserver.url_for("/feed"))
    assert isinstance(got, FetchFailed)
    assert got.retry_after == timedelta(seconds=90)


def redirect(httpserver: HTTPServer, path: str, to: str, status: int) -> None:
    httpserver.expect_request(path).respond_with_data(b"", status=status, headers={"Location": to})


@pytest.mark.parametrize(("first", "second", "moved"), [(301, 308, True), (301, 302, False), (307, 301, False)])
async def test_only_a_chain_of_permanent_redirects_is_a_move(
    fetcher: Fetcher, httpserver: HTTPServer, first: int, second: int, moved: bool
) -> None:
    redirect(httpserver, "/old/feed", "../newer", first)
    redirect(httpserver, "/newer", httpserver.url_for("/new"), second)
    httpserver.expect_request("/new").respond_with_data(BODY)
    got = await fetcher.fetch(httpserver.url_for("/old/feed"))
    assert isinstance(got, Fetched)
    assert got.final_url == httpserver.url_for("/new")
    assert got.permanent_url == (httpserver.url_for("/new") if moved else "")


async def test_redirects_end_after_ten(fetcher: Fetcher, httpserver: HTTPServer) -> None:
    def onwards(request: Request) -> Response:
        return Response(status=302, headers={"Location": str(int(request.path[1:]) + 1)})

    class Numbers(URIPattern):
        def match(self, uri: str) -> bool:
            return uri[1:].isdigit()

    httpserver.expect_request(Numbers()).respond_with_handler(onwards)
    got = await fetcher.fetch(httpserver.url_for("/0"))
    assert got == FetchFailed(reason="more than 10 redirects")
    assert len(httpserver.log) == 11


@pytest.mark.parametrize("to", ["file:///etc/passwd", "ftp://files.example/feed", "javascript:alert(1)", "http://"])
async def test_a_redirect_leads_to_http_or_nowhere(fetcher: Fetcher, httpserver: HTTPServer, to: str) -> None:
    redirect(httpserver, "/feed", to, 302)
    got = await fetcher.fetch(httpserver.url_for("/feed"))
    assert isinstance(got, FetchFailed)


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://x.example/", "http://[::1", "feed", "http://"])
async def test_an_address_that_is_not_http_is_not_asked(fetcher: Fetcher, url: str) -> None:
    got = await fetcher.fetch(url)
    assert isinstance(got, FetchFailed)
    assert got.reason.startswith("its address cannot be used")


def twice(body: bytes) -> bytes:
    return gzip.compress(gzip.compress(body))


PACKED = [
    ("gzip", gzip.compress),
    ("deflate", zlib.compress),
    ("br", brotli.compress),
    ("zstd", zstd.compress),
    ("x-gzip", gzip.compress),
    ("gzip, gzip", twice),
    ("gzip", twice),
    ("identity", gzip.compress),
]


@pytest.mark.parametrize(("name", "pack"), PACKED)
async def test_compressed_bodies_are_unpacked(fetcher: Fetcher, httpserver: HTTPServer, name: str, pack) -> None:
    httpserver.expect_request("/feed").respond_with_data(pack(BODY), headers={"Content-Encoding": name})
    got = await fetcher.fetch(httpserver.url_for("/feed"))
    assert isinstance(got, Fetched)
    assert got.body == BODY


@pytest.mark.parametrize(("name", "pack"), PACKED)
async def test_a_bomb_is_given_up_at_the_limit_counted_after_unpacking(
    fetcher: Fetcher, httpserver: HTTPServer, name: str, pack
) -> None:
    bomb = pack(b"A" * 20_000_000)
    httpserver.expect_request("/feed").respond_with_data(bomb, headers={"Content-Encoding": name})
    assert len(bomb) < 100_000
    got = await fetcher.fetch(httpserver.url_for("/feed"))
    assert got == FetchFailed(reason="it is larger than 100,000 bytes", status=200)


async def test_a_body_that_is_packed_in_another_way_is_said(fetcher: Fetcher, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/feed").respond_with_data(BODY, headers={"Content-Encoding": "br, gzip"})
    got = await fetcher.fetch(httpserver.url_for("/feed"))
    assert got == FetchFailed(reason="its body is packed in a way that cannot be undone: 'br, gzip'")


@pytest.mark.parametrize("name", ["gzip", "deflate", "br", "zstd", "x-gzip", "gzip, gzip"])
async def test_a_damaged_body_is_said(fetcher: Fetcher, httpserver: HTTPServer, name: str) -> None:
    httpserver.expect_request("/feed").respond_with_data(b"this is not packed", headers={"Content-Encoding": name})
    got = await fetcher.fetch(httpserver.url_for("/feed"))
    assert isinstance(got, FetchFailed)


async def test_a_server_that_sends_a_byte_at_a_time_is_left_at_the_deadline(serving) -> None:
    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        while True:
            writer.write(b"A")
            await writer.drain()
            await asyncio.sleep(0.02)

    limits = FetchLimits(total=timedelta(milliseconds=200), allow_private_networks=True)
    async with serving(drip) as url, Fetcher("t", lambda: None, limits) as fetcher:
        assert await fetcher.fetch(url) == FetchFailed(reason="no complete answer within 0.2 s")


async def test_waiting_for_a_turn_at_a_host_is_not_counted(serving) -> None:
    async def slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.15)
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 4\r\n\r\nfeed")
        await writer.drain()

    limits = FetchLimits(
        total=timedelta(milliseconds=400), per_host=1, spacing=timedelta(), allow_private_networks=True
    )
    async with serving(slow) as url, Fetcher("t", lambda: None, limits) as fetcher:
        answers = await asyncio.gather(*(fetcher.fetch(url) for _ in range(4)))
    assert all(isinstance(answer, Fetched) for answer in answers)


async def test_no_more_than_so_many_connections_to_a_host(serving) -> None:
    open_now = most = 0

    async def count(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal open_now, most
        open_now += 1
        most = max(most, open_now)
        await asyncio.sleep(0.02)
        open_now -= 1
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 4\r\n\r\nfeed")
        await writer.drain()

    limits = FetchLimits(per_host=2, spacing=timedelta(), allow_private_networks=True)
    async with serving(count) as url, Fetcher("t", lambda: None, limits) as fetcher:
        await asyncio.gather(*(fetcher.fetch(url) for _ in range(8)))
    assert most == 2


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nX: " + b"a" * 20_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"".join(b"X-%d: 1\r\n" % n for n in range(2_000)) + b"\r\n",
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 301 Moved\r\nLocation: http://[bad\r\n\r\n",
        b"HTTP/1.1 301 Moved\r\nLocation: http://a b c/\r\n\r\n",
    ],
    ids=["nothing", "long header", "many headers", "ssh", "short body", "bad chunk", "bad length", "bad url", "spaces"],
)
async def test_nonsense_is_a_failure_not_an_exception(serving, fetcher: Fetcher, answer: bytes) -> None:
    async def say(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(answer)
        await writer.drain()

    async with serving(say) as url:
        got = await fetcher.fetch(url)
    assert isinstance(got, FetchFailed)
    assert got.reason
    assert "\n" not in got.reason


async def test_a_closed_port_is_said_with_its_host(fetcher: Fetcher, unused_tcp_port: int) -> None:
    got = await fetcher.fetch(f"http://127.0.0.1:{unused_tcp_port}/")
    assert isinstance(got, FetchFailed)
    assert got.reason.startswith("127.0.0.1 could not be reached")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.1", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]"])
async def test_a_private_address_is_not_dialled_however_it_is_written(httpserver: HTTPServer, host: str) -> None:
    httpserver.expect_request("/feed").respond_with_data(BODY)
    async with Fetcher("t", lambda: None) as fetcher:
        got = await fetcher.fetch(f"http://{host}:{httpserver.port}/feed")
    assert isinstance(got, FetchFailed)
    assert httpserver.log == []


async def test_the_refusal_of_a_private_address_names_it_and_the_setting(httpserver: HTTPServer) -> None:
    async with Fetcher("t", lambda: None) as fetcher:
        got = await fetcher.fetch(f"http://127.0.0.1:{httpserver.port}/feed")
    assert got == FetchFailed(
        reason="the address 127.0.0.1 is in a private network; set collect.allow_private_networks to allow it"
    )


async def test_proxies_that_it_was_not_given_are_not_used(
    fetcher: Fetcher, httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch, unused_tcp_port: int
) -> None:
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{unused_tcp_port}")
    httpserver.expect_request("/feed").respond_with_data(BODY)
    assert isinstance(await fetcher.fetch(httpserver.url_for("/feed")), Fetched)


async def test_a_validator_that_cannot_be_stored_as_it_came_is_not(serving, fetcher: Fetcher) -> None:
    async def say(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b'HTTP/1.1 200 OK\r\nETag: "\xff\xfe"\r\nContent-Length: 4\r\nConnection: close\r\n\r\nfeed')
        await writer.drain()

    async with serving(say) as url:
        got = await fetcher.fetch(url)
    assert isinstance(got, Fetched)
    assert got.etag == ""
