"""Redirects: where they may lead, what goes along, and what is told of them."""

import base64
from datetime import datetime, timedelta

import pytest
from pytest_httpserver import HTTPServer

from digest.feeds.wire.course import Course
from digest.feeds.wire.fetch import Fetcher, FetchLimits
from digest.feeds.wire.fetched import Fetched, FetchFailed, NotModified
from digest.model import FeedState

BODY = b"<rss version='2.0'/>"
FEED = FeedState(name="news", etag='"1"')


def redirect(httpserver: HTTPServer, path: str, to: str, status: int = 302) -> None:
    httpserver.expect_request(path).respond_with_data(b"", status=status, headers={"Location": to})


@pytest.mark.parametrize("way", [["/a"], ["/b", "/a"], ["/b", "/c#x", "/b#y"]])
async def test_a_circle_is_found_and_not_walked_twice(fetcher: Fetcher, httpserver: HTTPServer, way: list[str]) -> None:
    for path, to in zip(["/a", *way], way, strict=False):
        redirect(httpserver, path.partition("#")[0], to)
    got = await fetcher.fetch(httpserver.url_for("/a"))
    assert got == FetchFailed(reason="its redirects lead in a circle")
    assert len(httpserver.log) == len(way)


async def test_what_was_said_on_the_way_is_told(fetcher: Fetcher, httpserver: HTTPServer) -> None:
    redirect(httpserver, "/a", "/b", 301)
    headers = {"ETag": '"2"', "X-Other": "1", "Cache-Control": "max-age=60"}
    httpserver.expect_request("/b").respond_with_data(BODY, headers=headers, content_type="text/xml")
    got = await fetcher.fetch(httpserver.url_for("/a"))
    assert isinstance(got, Fetched)
    assert got.exchange.hops == ((301, httpserver.url_for("/a")), (200, httpserver.url_for("/b")))
    assert {"etag": '"2"', "cache-control": "max-age=60", "content-type": "text/xml"}.items() <= dict(
        got.exchange.headers
    ).items()
    assert "x-other" not in dict(got.exchange.headers)
    assert got.exchange.size == len(BODY)
    assert timedelta() < got.exchange.took < timedelta(seconds=5)


async def test_a_failure_tells_as_much_as_is_known(
    fetcher: Fetcher, httpserver: HTTPServer, unused_tcp_port: int
) -> None:
    redirect(httpserver, "/a", f"http://127.0.0.1:{unused_tcp_port}/b")
    got = await fetcher.fetch(httpserver.url_for("/a"))
    assert isinstance(got, FetchFailed)
    assert got.exchange.hops == ((302, httpserver.url_for("/a")),)
    assert dict(got.exchange.headers)["location"] == f"http://127.0.0.1:{unused_tcp_port}/b"


async def test_nothing_new_tells_it_too(fetcher: Fetcher, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/a").respond_with_data(b"", status=304)
    got = await fetcher.fetch(httpserver.url_for("/a"), FEED)
    assert isinstance(got, NotModified)
    assert got.exchange.hops == ((304, httpserver.url_for("/a")),)


async def test_bytes_in_a_location_that_are_no_utf_8_mean_themselves(serving, fetcher: Fetcher) -> None:
    asked = []

    async def say(reader, writer) -> None:
        asked.append(1)
        away = b"HTTP/1.1 302 Found\r\nLocation: /caf\xe9 1\r\nContent-Length: 0\r\n\r\n"
        writer.write(away if len(asked) == 1 else b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfeed")
        await writer.drain()

    async with serving(say) as url:
        got = await fetcher.fetch(url)
    assert isinstance(got, Fetched)
    assert got.final_url.endswith("/caf%E9%201")


@pytest.mark.parametrize(
    ("here", "location", "there"),
    [
        ("http://u:p@h/a", "b", "http://u:p@h/b"),
        ("http://u:p%40%2F@h/a", "//h/b", "http://u:p%40%2F@h/b"),
        ("http://u@h:81/a", "http://h:81/b", "http://u@h:81/b"),
        ("http://u:p@h/a", "https://h/b", "https://u:p@h/b"),
        ("http://u:p@h/a", "https://h:444/b", "https://h:444/b"),
        ("http://u:p@h:80/a", "http://h:81/b", "http://h:81/b"),
        ("https://u:p@h/a", "http://h/b", "http://h/b"),
        ("http://u:p@h/a", "http://o/b", "http://o/b"),
        ("http://u:p@h/a", "http://u:p@o/b", "http://o/b"),
        ("http://u:p@h/a", "http://x.h/b", "http://x.h/b"),
        ("http://h/a", "http://u:p@h/b", "http://h/b"),
    ],
)
def test_credentials_go_to_the_same_server_only(here: str, location: str, there: str) -> None:
    course = Course.to(here, 1.0)
    assert course.redirected(302, location)
    assert str(course.url) == there
    assert course.bare == course.url.with_user(None)


async def test_credentials_are_sent_and_are_in_nothing_that_comes_back(
    fetcher: Fetcher, httpserver: HTTPServer
) -> None:
    header = {"Authorization": "Basic " + base64.b64encode(b"me:hush").decode()}
    url = httpserver.url_for("/b")
    httpserver.expect_request("/a", headers=header).respond_with_data(
        b"", status=301, headers={"Location": url.replace("//", "//me:hush@")}
    )
    httpserver.expect_request("/b", headers=header).respond_with_data(BODY)
    got = await fetcher.fetch(httpserver.url_for("/a").replace("//", "//me:hush@"))
    assert isinstance(got, Fetched)
    assert got.final_url == url
    assert got.permanent_url == "", "a new address without its credentials would be closed to us"
    assert "hush" not in f"{got} {got.exchange}"


async def test_credentials_do_not_follow_to_another_port(fetcher: Fetcher, httpserver: HTTPServer) -> None:
    with HTTPServer() as other:
        other.expect_request("/b").respond_with_data(BODY)
        redirect(httpserver, "/a", other.url_for("/b"))
        got = await fetcher.fetch(httpserver.url_for("/a").replace("//", "//me:hush@"))
        assert isinstance(got, Fetched)
        assert "Authorization" not in other.log[0][0].headers


@pytest.mark.parametrize(
    "url",
    [
        *(
            "http://me:hush@h:port/",
            "http://me:hush@[bad/",
            "ftp://me:hush@h/",
            "http://me:hush@h:1/",
            "http://me:hush@/",
        ),
        *("http://me:hush@127.1/", "http://me:hush@a b/", "http://me:hush@\udc80/"),
    ],
)
async def test_no_reason_holds_a_password(fetcher: Fetcher, url: str) -> None:
    got = await fetcher.fetch(url)
    assert isinstance(got, FetchFailed)
    assert "hush" not in f"{got} {got.exchange}"


async def test_each_redirect_waits_for_its_turn_and_the_deadline_does_not_pass_meanwhile(
    httpserver: HTTPServer, now: datetime
) -> None:
    for n in range(3):
        redirect(httpserver, f"/{n}", f"/{n + 1}")
    httpserver.expect_request("/3").respond_with_data(BODY)
    limits = FetchLimits(
        total=timedelta(milliseconds=300), spacing=timedelta(milliseconds=150), allow_private_networks=True
    )
    async with Fetcher("t", lambda: now, limits) as fetcher:
        got = await fetcher.fetch(httpserver.url_for("/0"))
    assert isinstance(got, Fetched)
    assert got.exchange.took < limits.total


@pytest.mark.parametrize(("status", "wish"), [(429, "90"), (503, "90")])
async def test_a_host_that_wants_rest_is_left_alone_by_its_other_feeds(
    fetcher: Fetcher, httpserver: HTTPServer, status: int, wish: str
) -> None:
    httpserver.expect_request("/a").respond_with_data(b"", status=status, headers={"Retry-After": wish})
    await fetcher.fetch(httpserver.url_for("/a"))
    got = await fetcher.fetch(httpserver.url_for("/b"))
    assert got == FetchFailed(
        reason="localhost asks to be left alone for another 0:01:30", status=status, retry_after=timedelta(seconds=90)
    )
    assert len(httpserver.log) == 1


@pytest.mark.parametrize(("status", "headers"), [(404, {"Retry-After": "90"}), (503, {}), (429, {"Retry-After": "0"})])
async def test_a_host_that_only_fails_is_asked_again(
    fetcher: Fetcher, httpserver: HTTPServer, status: int, headers: dict[str, str]
) -> None:
    httpserver.expect_request("/a").respond_with_data(b"", status=status, headers=headers)
    httpserver.expect_request("/b").respond_with_data(BODY)
    await fetcher.fetch(httpserver.url_for("/a"))
    assert isinstance(await fetcher.fetch(httpserver.url_for("/b")), Fetched)
