"""The preview in the browser: any reader, any time, for this machine alone."""

import re
from collections.abc import Callable
from email import message_from_bytes, policy

import pytest
from starlette.testclient import TestClient

from digest.app.house import House, open_house
from digest.web import preview

TOKEN = "0123456789abcdef"


@pytest.fixture
def local(house: House) -> TestClient:
    return TestClient(preview.application(house, "daily", TOKEN), base_url="http://127.0.0.1:8025")


def test_a_letter_is_shown_as_html_as_text_and_as_it_is_sent(local: TestClient, subscribed: Callable[..., int]) -> None:
    subscribed()
    page = local.get(f"/{TOKEN}/", params={"address": "ada@reader.example"})
    assert page.status_code == 200
    assert "2026-11-23 07:00 (07:00 UTC)" in page.text
    assert '<option value="ada@reader.example">' in page.text
    for words in ("List-Unsubscribe-Post", "What wire says, 0 &amp; more", "ada@reader.example"):
        assert words in page.text
    assert "frame-src 'self'" in page.headers["content-security-policy"]
    (frame,) = set(re.findall(r'<iframe[^>]* src="([^"]+)"', page.text))
    assert page.text.count("<iframe") == 2
    framed = local.get(f"/{TOKEN}/{frame}")
    assert "ada@reader.example" in framed.text
    for rule in ("default-src 'none'", "sandbox allow-popups", "frame-ancestors 'self'"):
        assert rule in framed.headers["content-security-policy"]
    (file,) = re.findall(r'href="([^"]+\.eml)"', page.text)
    message = message_from_bytes(local.get(f"/{TOKEN}/{file}").content, policy=policy.default)
    assert message["To"] == "ada@reader.example"


def test_nobody_in_particular_gets_a_letter_too(local: TestClient) -> None:
    assert "<iframe" in local.get(f"/{TOKEN}/").text
    # The other newsletter is of one topic that has news.
    assert "What lab says" in local.get(f"/{TOKEN}/", params={"newsletter": "weekly", "at": "2026-11-23 09:00"}).text


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"at": "soon"}, "is no date and time"),
        ({"at": "9999-99-99"}, "is no date and time"),
        ({"address": "nobody@reader.example"}, "there is no reader of daily"),
        ({"at": "2026-11-27 07:00"}, "nothing new in these topics"),
    ],
)
def test_where_there_is_no_letter_it_says_why(local: TestClient, asked: dict[str, str], words: str) -> None:
    page = local.get(f"/{TOKEN}/", params=asked)
    assert page.status_code == 200
    assert words in page.text
    assert "<iframe" not in page.text


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1", 200),
        ("127.0.0.1:8025", 200),
        ("localhost:8025", 200),
        ("[::1]:8025", 200),
        ("news.example", 403),
        ("127.0.0.1.evil.example", 403),
        ("localhost@evil.example", 403),
        ("[", 403),
        ("", 403),
    ],
)
def test_only_this_machine_may_ask(local: TestClient, host: str, status: int) -> None:
    assert local.get(f"/{TOKEN}/", headers={"Host": host}).status_code == status


def test_only_who_knows_the_address_may_ask(local: TestClient) -> None:
    for path in ("/", "/0123456789abcdee/", f"/{TOKEN}", f"/{TOKEN}/unknown/letter.html"):
        answer = local.get(path, follow_redirects=False)
        assert answer.status_code in {404, 307}
        assert "<iframe" not in answer.text


def test_a_database_that_cannot_be_written_is_enough(house: House, clock) -> None:
    with open_house(house.path, environ={}, clock=clock, read_only=True) as same:
        client = TestClient(preview.application(same, "daily", TOKEN), base_url="http://127.0.0.1")
        assert "<iframe" in client.get(f"/{TOKEN}/").text
