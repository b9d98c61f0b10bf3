"""What readers choose for themselves, and what they cannot."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta

import pytest
from starlette.testclient import TestClient

from digest.app.house import House
from digest.mail.tokens import Purpose
from digest.model import Format, Frequency
from digest.store.subscribers import Reader

GOOD = {
    "categories": ["world", "sport"],
    "frequency": "weekly",
    "timezone": "Asia/Tokyo",
    "hour": "19:00",
    "pause": "2026-12-24",
    "format": "text",
}


@pytest.fixture
def subscription(subscribed: Callable[..., int]) -> int:
    return subscribed()


@pytest.fixture
def url(house: House, subscription: int) -> str:
    return f"/choose/{house.signer().sign(Purpose.CHOOSE, subscription)}"


def test_what_is_chosen_is_kept_and_shown_again(
    client: TestClient, url: str, subscription: int, reader: Callable[[int], Reader]
) -> None:
    saved = client.post(url, data=GOOD)
    assert saved.status_code == 200
    for words in ("World, Sport", "one letter a week", "at 19:00, Asia/Tokyo time", "Thursday, December 24, 2026"):
        assert words in saved.text
    assert "as plain text only" in saved.text
    own = reader(subscription).subscription
    assert (own.categories, own.frequency, own.timezone) == (("world", "sport"), Frequency.WEEKLY, "Asia/Tokyo")
    assert (own.send_at, own.format) == (time(19, 0), Format.TEXT)
    # Midnight in Tokyo.
    assert own.paused_until == datetime(2026, 12, 23, 15, 0, tzinfo=UTC)
    page = client.get(url).text
    assert re.findall(r'value="(\w+)" checked', page) == ["world", "sport", "text"]
    assert re.findall(r"<option[^>]* selected>([^<]+)", page) == ["One letter a week", "Asia/Tokyo", "19:00", "English"]
    assert 'value="2026-12-24"' in page
    assert "a•••@reader.example" in page
    assert "ada@" not in page + saved.text


def test_who_chooses_every_topic_gets_those_to_come_as_well(
    client: TestClient, url: str, subscription: int, reader: Callable[[int], Reader]
) -> None:
    client.post(url, data={**GOOD, "categories": ["sport", "world", "science", "bogus"]})
    assert reader(subscription).subscription.categories == ()
    assert re.findall(r'value="(\w+)" checked', client.get(url).text) == ["world", "science", "sport", "text"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"categories": []}, "at least one topic"),
        ({"categories": ["bogus"]}, "at least one topic"),
        ({"frequency": "hourly"}, "how often"),
        ({"timezone": "Mars/Olympus"}, "time zone is not known"),
        ({"timezone": "../../etc/passwd"}, "time zone is not known"),
        ({"hour": "25:00"}, "not a time of day"),
        ({"hour": "soon"}, "not a time of day"),
        ({"format": "pdf"}, "how the letters look"),
        ({"pause": "tomorrow"}, "not a date"),
        ({"pause": "9999-12-31"}, "a year at most"),
    ],
)
def test_what_cannot_be_is_refused_in_words_and_changes_nothing(
    client: TestClient, url: str, dump: Callable[[], list[str]], change: dict[str, object], words: str
) -> None:
    before = dump()
    answer = client.post(url, data={**GOOD, **change})
    assert answer.status_code == 422
    assert words in answer.text
    # What was filled in is still there.
    assert "Asia/Tokyo</option>" in answer.text
    assert dump() == before


def test_a_form_that_does_not_ask_for_the_format_leaves_it_as_it_is(
    client: TestClient, url: str, subscription: int, reader: Callable[[int], Reader]
) -> None:
    client.post(url, data=GOOD)
    client.post(url, data={name: value for name, value in GOOD.items() if name != "format"})
    assert reader(subscription).subscription.format is Format.TEXT
    assert "as plain text only" not in client.post(url, data={**GOOD, "format": "html"}).text
    assert reader(subscription).subscription.format is Format.HTML


def test_a_day_that_is_past_ends_the_pause(
    client: TestClient, url: str, subscription: int, reader: Callable[[int], Reader]
) -> None:
    client.post(url, data=GOOD)
    client.post(url, data={**GOOD, "pause": "2026-11-01"})
    assert reader(subscription).subscription.paused_until is None


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "same-origin", "Origin": "null"}, 200),
        ({"Sec-Fetch-Site": "none"}, 200),
        ({"Origin": "https://news.example"}, 200),
        ({"Origin": "null"}, 200),
        ({}, 200),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": "https://evil.example"}, 403),
    ],
)
def test_another_site_cannot_choose_for_a_reader(
    client: TestClient,
    url: str,
    subscription: int,
    reader: Callable[[int], Reader],
    headers: dict[str, str],
    status: int,
) -> None:
    assert client.post(url, data=GOOD, headers=headers).status_code == status
    assert (reader(subscription).subscription.timezone == "Asia/Tokyo") == (status == 200)


def test_a_newsletter_with_a_clock_of_its_own_asks_for_no_zone_and_one_topic_is_no_choice(
    client: TestClient, house: House, subscribed: Callable[..., int], reader: Callable[[int], Reader]
) -> None:
    number = subscribed("bo@reader.example", "weekly")
    url = f"/choose/{house.signer().sign(Purpose.CHOOSE, number)}"
    page = client.get(url).text
    for field in ("categories", "timezone", "hour"):
        assert f'name="{field}"' not in page
    assert client.post(url, data={"frequency": "every", "timezone": "Asia/Tokyo", "hour": "03:00"}).status_code == 200
    own = reader(number).subscription
    assert (own.timezone, own.send_at, own.categories) == ("", None, ())


def test_who_has_left_is_told_so(client: TestClient, house: House, url: str, subscription: int) -> None:
    client.post(f"/leave/{house.signer().sign(Purpose.LEAVE, subscription)}")
    for answer in (client.get(url), client.post(url, data=GOOD)):
        assert answer.status_code == 409
        assert 'href="/subscribe/daily"' in answer.text


def test_a_pause_keeps_the_reader_out_of_the_editions_until_it_ends(
    client: TestClient, url: str, subscription: int, reader: Callable[[int], Reader]
) -> None:
    client.post(url, data={**GOOD, "timezone": "Europe/London", "pause": "2026-11-25"})
    until = reader(subscription).subscription.paused_until
    assert until == datetime(2026, 11, 25, tzinfo=UTC)
    assert until - timedelta(days=2) == datetime(2026, 11, 23, tzinfo=UTC)


def test_a_reader_chooses_the_language_of_letters_and_pages(
    client: TestClient, url: str, subscription: int, reader: Callable[[int], Reader]
) -> None:
    saved = client.post(url, data={**GOOD, "language": "de"})
    assert reader(subscription).subscriber.language == "de"
    assert '<html lang="de"' in saved.text
    assert '<option value="de" lang="de" selected>Deutsch' in client.get(url).text
    client.post(url, data={**GOOD, "language": "xx"})
    client.post(url, data={**GOOD, "language": "../etc"})
    assert reader(subscription).subscriber.language == "de"


def test_the_other_newsletters_are_offered_by_their_own_forms_and_this_one_is_not(client, house, subscribed):
    token = house.signer().sign(Purpose.CHOOSE, subscribed())

    html = client.get(f"/choose/{token}").text

    assert '<a class="way" href="/subscribe/weekly"><bdi>The Week</bdi></a>' in html
    assert 'href="/subscribe/daily"' not in html
