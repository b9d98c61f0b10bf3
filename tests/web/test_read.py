"""A letter in the browser: the words that were sent, and nothing of whoever they were sent to."""

import re
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from sqlalchemy import insert, select
from starlette.testclient import TestClient

from digest import publish
from digest.app.house import House
from digest.model import Article, Category, Letter
from digest.store import letters, schema
from digest.store.letters import Placed
from digest.web.read import sections_of

AT = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)


@pytest.fixture
async def letter(house: House, subscribed: Callable[..., int], clock) -> Letter:
    """The letter of one reader, frozen."""
    number = subscribed()
    clock.now = AT
    (published,) = await publish.settle_due(house.press(), house.newsletter("daily"), AT)
    assert published.frozen
    found = house.database.call(letters.to_reader, published.frozen.edition.id, number)
    assert found
    return found


def test_it_shows_the_letter_without_anything_personal(client: TestClient, letter: Letter) -> None:
    answer = client.get(f"/read/{letter.nonce}")
    assert answer.status_code == 200
    assert letter.subject.replace("&", "&amp;") in answer.text
    assert "zq" + letter.nonce not in answer.text
    for secret in ("ada@", "reader.example", "/leave/", "/choose/", "ADDRESSqz"):
        assert secret not in answer.text
    assert "your address is subscribed" in answer.text
    assert 'href="https://news.example/subscribe/daily"' in answer.text


def test_it_may_show_pictures_and_do_nothing_else(client: TestClient, letter: Letter) -> None:
    policy = client.get(f"/read/{letter.nonce}").headers["content-security-policy"]
    for rule in (
        "default-src 'none'",
        "img-src https: data:",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "sandbox",
    ):
        assert rule in policy
    assert "script" not in policy


def test_what_the_letter_only_counts_is_listed_where_it_says(client: TestClient, letter: Letter) -> None:
    # Three of the five of the world are shown.
    assert "2 more in World" in letter.html
    assert f'href="https://news.example/read/{letter.nonce}/all#section-world"' in letter.html
    assert f"https://news.example/read/{letter.nonce}/all#section-world\n" in letter.text
    answer = client.get(f"/read/{letter.nonce}/all")
    assert answer.status_code == 200
    links = re.findall(r'<li><a href="([^"]+)"', answer.text)
    # In sections, what is told first, the newest first; all that the letter tells or counts, each once.
    names = ["wire/0", "wire/1", "wire/2", "wire/3", "wire/4", "lab/0", "lab/1"]
    assert links == [f"https://{name.replace('/', '.example/')}" for name in names]
    assert "What wire says, 4 &amp; more" in answer.text
    assert "Nov 22, 2026, 21:00" in answer.text
    assert "All 7 stories" in answer.text
    assert re.findall(r'<h2 id="([^"]+)"><bdi>([^<]+)<', answer.text) == [
        ("section-world", "World"),
        ("section-science", "Science"),
    ]


def placed(number: int, *categories: str, hour: int = 6, linked: bool = False) -> Placed:
    article = Article(
        number=number, feeds=(), source="", title="", url="", arrived_at=datetime(2026, 11, 23, hour, tzinfo=UTC)
    )
    return Placed(article=article, categories=categories, linked=linked)


def test_sections_stand_in_the_configured_order_with_what_is_told_first_and_the_newest_first() -> None:
    known = (Category(name="world", title="The World"), Category(name="sport", title="Sport"))
    listed = (
        placed(1, "sport", hour=3),
        placed(2, "sport", hour=5, linked=True),
        placed(3, "sport", hour=4),
        placed(4),
        placed(5, "gone", "world"),
        placed(6, "gone"),
    )
    assert [
        (name, title, [each.article.number for each in members])
        for name, title, members in sections_of(listed, known, "More")
    ] == [
        ("world", "The World", [5]),
        ("sport", "Sport", [3, 1, 2]),
        ("gone", "gone", [6]),
        ("MORE", "More", [4]),
    ]


def test_a_letter_that_is_not_kept_has_a_page_that_says_so(client: TestClient) -> None:
    for address in ("/read/0123456789abcdef", "/read/0123456789abcdef/all"):
        answer = client.get(address)
        assert answer.status_code == 404
        assert "This letter is not here" in answer.text


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("", "Withdrawn: What wire says, 0 &amp; more"),
        ("It was <b>wrong</b>.", "It was &lt;b&gt;wrong&lt;/b&gt;."),
    ],
)
def test_what_was_withdrawn_from_it_since_is_said_above_it(
    client: TestClient, house: House, letter: Letter, words: str, shown: str
) -> None:
    with house.database.begin() as connection:
        told = schema.articles.c.title == "What wire says, 0 & more"
        number = connection.scalar(select(schema.articles.c.number).where(told))
        row = {"edition": 1, "article": number, "text": words, "created_at": house.clock()}
        connection.execute(insert(schema.corrections).values(row))
    page = client.get(f"/read/{letter.nonce}").text
    assert page.index("<body") < page.index(shown) < page.index("<table")
