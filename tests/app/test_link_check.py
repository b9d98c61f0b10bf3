"""The links of a letter are asked for once each, within limits, and never the reader's own."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from digest.app.house import House, furnished
from digest.app.link_check import MOST, check_links
from digest.editions.lint import LinkStatus
from digest.settings import load
from digest.store import Database

CONFIG = """
site: {{name: House, url: "https://news.test"}}
mail: {{from: "House <digest@news.test>", smtp: {{host: 127.0.0.1}}}}
collect: {{allow_private_networks: {private}, spacing: 0s}}
categories: {{world: {{title: World}}}}
feeds: [{{name: world, url: "https://post.test/rss", category: world}}]
newsletters: {{daily: {{title: The Daily, schedule: {{at: "07:00"}}}}}}
"""
Opens = Callable[..., House]


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Opens]:
    """A house without a database."""
    database = Database(f"sqlite:///{tmp_path / 'none.db'}", read_only=True)

    def make(*, private: bool = True) -> House:
        path = tmp_path / "digest.yaml"
        path.write_text(CONFIG.format(private=str(private).lower()))
        return furnished(path, load(path, {}), database)

    yield make
    database.close()


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        (200, LinkStatus.OK),
        (206, LinkStatus.OK),
        (404, LinkStatus.BROKEN),
        (410, LinkStatus.BROKEN),
        (403, LinkStatus.REFUSED),
        (429, LinkStatus.REFUSED),
        (503, LinkStatus.UNKNOWN),
    ],
)
async def test_what_a_server_answers_is_judged(
    opened: Opens, httpserver: HTTPServer, status: int, verdict: LinkStatus
) -> None:
    httpserver.expect_request("/a").respond_with_data("words", status=status)
    (found,) = await check_links(opened(), [httpserver.url_for("/a")])
    assert found.status is verdict
    assert bool(found.detail) is (verdict is not LinkStatus.OK)


async def test_a_large_page_is_there_and_only_its_beginning_is_read(opened: Opens, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/a").respond_with_data(b"a" * 3_000_000)
    (found,) = await check_links(opened(), [httpserver.url_for("/a")])
    assert found.status is LinkStatus.OK


@pytest.mark.parametrize(("code", "verdict"), [(301, LinkStatus.MOVED), (302, LinkStatus.OK)])
async def test_a_move_for_good_is_told_with_where_to(
    opened: Opens, httpserver: HTTPServer, code: int, verdict: LinkStatus
) -> None:
    there = httpserver.url_for("/b")
    httpserver.expect_request("/a").respond_with_data("", status=code, headers={"Location": there})
    httpserver.expect_request("/b").respond_with_data("words")
    (found,) = await check_links(opened(), [httpserver.url_for("/a")])
    assert found.status is verdict
    assert found.detail == (there if verdict is LinkStatus.MOVED else "")


async def test_a_slash_at_the_end_is_no_move(opened: Opens, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/a").respond_with_data("", status=301, headers={"Location": "/a/"})
    httpserver.expect_request("/a/").respond_with_data("words")
    (found,) = await check_links(opened(), [httpserver.url_for("/a#section")])
    assert found.status is LinkStatus.OK


@pytest.mark.parametrize(
    ("url", "verdict", "words"),
    [
        ("https://nobody.invalid/", LinkStatus.BROKEN, "there is no host"),
        ("http://127.0.0.1:9/", LinkStatus.UNKNOWN, "could not be reached"),
        ("https://[::1/", LinkStatus.BROKEN, "cannot be used"),
        ("mailto:ada@reader.test", LinkStatus.BROKEN, "neither http nor https"),
    ],
)
async def test_what_gives_no_answer_is_judged_by_why(opened: Opens, url: str, verdict: LinkStatus, words: str) -> None:
    (found,) = await check_links(opened(), [url])
    assert found.status is verdict
    assert words in found.detail


async def test_a_private_address_is_not_asked_unless_that_is_allowed(opened: Opens, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/a").respond_with_data("words")
    (found,) = await check_links(opened(private=False), [httpserver.url_for("/a")])
    assert found.status is LinkStatus.REFUSED
    assert httpserver.log == []


async def test_each_is_asked_once_and_the_answers_are_in_order(opened: Opens, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/a").respond_with_data("words")
    one, other = httpserver.url_for("/b"), httpserver.url_for("/a")
    found = await check_links(opened(), [one, other, one])
    assert [each.url for each in found] == [one, other]
    assert len(httpserver.log) == 2


async def test_what_is_the_readers_own_is_never_opened(opened: Opens) -> None:
    own = [f"https://news.test/{way}/t0k3n" for way in ("leave", "choose", "confirm", "read")]
    assert await check_links(opened(), own) == []


async def test_no_more_than_a_hundred_are_asked(opened: Opens) -> None:
    found = await check_links(opened(), [f"bad:{number}" for number in range(MOST + 2)])
    assert [each.status for each in found[:MOST]] == [LinkStatus.BROKEN] * MOST
    assert [each.detail for each in found[MOST:]] == [f"not asked: beyond the first {MOST}"] * 2


async def test_a_page_is_asked_for_with_our_name_and_without_cookies(opened: Opens, httpserver: HTTPServer) -> None:
    seen: list[Request] = []

    def answer(request: Request) -> Response:
        seen.append(request)
        return Response("words", headers={"Set-Cookie": "a=b"})

    httpserver.expect_request("/a").respond_with_handler(answer)
    httpserver.expect_request("/b").respond_with_handler(answer)
    await check_links(opened(), [httpserver.url_for("/a"), httpserver.url_for("/b")])
    assert all("Digest/" in request.headers["User-Agent"] for request in seen)
    assert not any("Cookie" in request.headers for request in seen)
