"""A letter in the browser: the words that were sent, and nothing of whoever they were sent to."""

import re
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from starlette.testclient import TestClient

from digest import publish
from digest.app.house import House
from digest.model import Letter
from digest.store import letters

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
    assert f'href="https://news.example/read/{letter.nonce}/all"' in letter.html
    assert f"https://news.example/read/{letter.nonce}/all" in letter.text
    answer = client.get(f"/read/{letter.nonce}/all")
    assert answer.status_code == 200
    links = re.findall(r'<li><a href="([^"]+)"', answer.text)
    # The newest first; all that the letter tells or counts, each once.
    names = ["wire/0", "lab/0", "wire/1", "lab/1", "wire/2", "wire/3", "wire/4"]
    assert links == [f"https://{name.replace('/', '.example/')}" for name in names]
    assert "What wire says, 4 &amp; more" in answer.text
    assert "Nov 22, 2026, 21:00" in answer.text
    assert "All 7 stories" in answer.text


def test_a_letter_that_is_not_kept_has_a_page_that_says_so(client: TestClient) -> None:
    for address in ("/read/0123456789abcdef", "/read/0123456789abcdef/all"):
        answer = client.get(address)
        assert answer.status_code == 404
        assert "This letter is not here" in answer.text
