"""The demo's inbox shows mails as they came, and nothing in them can do anything."""

from datetime import UTC, datetime

import pytest
from starlette.testclient import TestClient

from digest.web import inbox
from digest.web.inbox import Caught

MAIL = """\
From: The Daily <digest@news.example>
To: ada@reader.example
Subject: =?utf-8?q?F=C3=A4hren?= & <b>
List-Id: <daily.news.example>
MIME-Version: 1.0
Content-Type: multipart/alternative; boundary=b

--b
Content-Type: text/plain; charset=utf-8

As <text>
--b
Content-Type: text/html; charset=utf-8

<script>alert(1)</script><p>As HTML</p>
--b--
""".replace("\n", "\r\n").encode()


def caught(number: int, content: bytes = MAIL) -> Caught:
    at = datetime(2026, 11, 23, 7, number, tzinfo=UTC)
    return Caught(id=number, sender="b@news.example", recipient=f"r{number}@x.example", received_at=at, content=content)


@pytest.fixture
def mails() -> list[Caught]:
    return []


@pytest.fixture
def box(mails: list[Caught]) -> TestClient:
    return TestClient(inbox.application(lambda: mails), base_url="http://127.0.0.1:8026")


def test_mails_are_listed_as_they_come_the_last_first(box: TestClient, mails: list[Caught]) -> None:
    assert "Nothing has been sent yet" in box.get("/").text
    mails += [caught(1), caught(2)]
    page = box.get("/").text
    assert page.index("r2@x.example") < page.index("r1@x.example")
    assert "Fähren &amp; &lt;b&gt;" in page
    assert 'href="/2"' in page


def test_a_mail_is_shown_in_all_its_parts(box: TestClient, mails: list[Caught]) -> None:
    mails.append(caught(1))
    page = box.get("/1").text
    for words in (
        "The Daily &lt;digest@news.example&gt;",
        "As &lt;text&gt;",
        "&lt;daily.news.example&gt;",
        'src="/1/html"',
    ):
        assert words in page
    assert "<script>" not in page
    assert box.get("/1/source").content == MAIL
    assert box.get("/1/source").headers["content-type"].startswith("text/plain")


def test_the_html_of_a_mail_may_do_nothing(box: TestClient, mails: list[Caught]) -> None:
    mails.append(caught(1))
    answer = box.get("/1/html")
    assert "<p>As HTML</p>" in answer.text
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "sandbox allow-popups" in policy
    assert "allow-scripts" not in policy


def test_what_is_hardly_a_mail_is_shown_as_far_as_it_goes(box: TestClient, mails: list[Caught]) -> None:
    mails += [
        caught(1, b""),
        caught(2, b"\xff\xfe\x00"),
        caught(3, b"Content-Type: text/plain; charset=klingon\r\n\r\nx"),
    ]
    for number in (1, 2, 3):
        assert box.get(f"/{number}").status_code == 200
        assert box.get(f"/{number}/html").status_code == 200
        assert box.get(f"/{number}/source").status_code == 200
    assert "(no subject)" in box.get("/").text


@pytest.mark.parametrize("path", ["/1", "/1/html", "/1/source", "/x", "/-1"])
def test_what_is_not_there_is_not_found(box: TestClient, path: str) -> None:
    assert box.get(path).status_code == 404


def test_only_this_machine_may_look(box: TestClient) -> None:
    assert box.get("/", headers={"Host": "evil.example"}).status_code == 403
