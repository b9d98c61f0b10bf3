"""The archive shows every edition that was sent, to those who may see it, and nothing that was one reader's."""

import asyncio
import json
import re
from datetime import timedelta
from xml.etree import ElementTree as ET

import pytest
from sqlalchemy import update
from starlette.testclient import TestClient

from digest import publish
from digest.app.house import open_house
from digest.model import ArticleDraft, EditionState
from digest.store import articles, schema
from digest.store.archive import Past
from digest.store.articles import Arrival
from digest.web import archive_feeds, public
from tests.web.conftest import CONFIG

ATOM = "{http://www.w3.org/2005/Atom}"


def opened(tmp_path, clock, postbox, archive: str):
    path = tmp_path / "digest.yaml"
    text = CONFIG.replace("daily: {{title: The Daily,", f'daily: {{{{title: The Daily, archive: "{archive}",')
    path.write_text(text.format(port=postbox.port), encoding="utf-8")
    return open_house(path, environ={}, clock=clock, prepare=True)


def edition(house, clock) -> int:
    """The id of an edition that is made now, and sent."""
    frozen = asyncio.run(publish.publish_now(house.press(), house.newsletter("daily"), clock()))
    house.database.call(
        lambda connection: connection.execute(
            update(schema.editions).where(schema.editions.c.id == frozen.edition.id).values(state="done")
        )
    )
    return frozen.edition.id


@pytest.fixture
def listed(tmp_path, clock, postbox, house, subscribed):
    """The pages of a house with a public archive of two editions, a month apart."""
    subscribed("ada@reader.example")
    with opened(tmp_path, clock, postbox, "public") as opened_house:
        edition(opened_house, clock)
        clock.now += timedelta(days=30)
        draft = ArticleDraft(keys=("x",), title="Whales & 100 % krill", url="https://x.example/", excerpt="They eat.")
        opened_house.database.call(articles.record, "wire", "Wire", [Arrival(draft=draft)], clock())
        edition(opened_house, clock)
        with TestClient(public.application(opened_house), base_url="https://news.example") as client:
            client.house = opened_house
            yield client


def test_editions_stand_by_month_the_newest_first(listed):
    page = listed.get("/archive/daily").text
    assert re.findall(r"<h2>(.+?)</h2>", page) == ["December 2026", "November 2026"]
    assert re.findall(r'href="(/archive/daily/\d+)"', page) == ["/archive/daily/2", "/archive/daily/1"]
    assert '<link rel="canonical" href="https://news.example/archive/daily">' in page
    assert "/archive/daily" in listed.get("/").text


def test_an_edition_is_the_letter_without_what_is_one_readers(listed):
    answer = listed.get("/archive/daily/1")
    assert answer.status_code == 200
    for personal in ("ada@", "Ada", "/leave/", "/choose/"):
        assert personal not in answer.text
    assert "https://news.example/subscribe/daily" in answer.text
    assert '<link rel="canonical" href="https://news.example/archive/daily/1">' in answer.text
    assert '<meta property="og:title"' in answer.text
    assert "noindex" not in answer.headers.get("x-robots-tag", "")


@pytest.mark.parametrize(
    ("search", "found"),
    [("krill", [2]), ("KRILL", [2]), ("100 %", [2]), ("wire says", [1]), ("%", [2]), ("_", []), ("<script>", [])],
)
def test_a_search_finds_words_of_the_subject_and_the_titles(listed, search, found):
    page = listed.get("/archive/daily", params={"q": search})
    assert [int(each) for each in re.findall(r'href="/archive/daily/(\d+)"', page.text)] == found
    assert page.headers["x-robots-tag"] == "noindex"
    assert "<script>" not in page.text


def test_programs_get_atom_json_a_sitemap_and_robots(listed):
    feed = ET.fromstring(listed.get("/archive/daily/feed.atom").content)
    assert [each.findtext(f"{ATOM}id") for each in feed.iter(f"{ATOM}entry")] == [
        "https://news.example/archive/daily/2",
        "https://news.example/archive/daily/1",
    ]
    found = json.loads(listed.get("/archive/daily/feed.json").content)
    assert (found["version"], len(found["items"])) == ("https://jsonfeed.org/version/1.1", 2)
    assert "https://news.example/archive/daily/2" in listed.get("/sitemap.xml").text
    assert "Disallow: /choose/" in listed.get("/robots.txt").text


@pytest.mark.parametrize("state", [EditionState.PAUSED, EditionState.CANCELLED])
def test_what_was_not_sent_is_not_there(listed, state):
    with listed.house.database.begin() as connection:
        connection.execute(update(schema.editions).where(schema.editions.c.number == 2).values(state=state.value))
    assert listed.get("/archive/daily/2").status_code == 404
    assert "/archive/daily/2" not in listed.get("/archive/daily").text


@pytest.mark.parametrize(
    "path",
    [
        "daily/3",
        "daily/0",
        "daily/01",
        "daily/-1",
        "daily/1%2F..",
        "daily/..%2f..%2fetc%2fpasswd",
        "daily/١",
        "daily/99999999999999999999",
        "weekly",
        "weekly/1",
        "nothing",
        "..%2f",
        "daily/feed.xml",
    ],
)
def test_whatever_else_is_asked_for_is_not_there(listed, path):
    assert listed.get(f"/archive/{path}").status_code == 404


def test_one_that_is_unlisted_is_for_who_knows_the_address(tmp_path, clock, postbox, house, subscribed):
    subscribed("ada@reader.example")
    with opened(tmp_path, clock, postbox, "unlisted") as hidden:
        edition(hidden, clock)
        with TestClient(public.application(hidden), base_url="https://news.example") as client:
            answer = client.get("/archive/daily/1")
            assert (answer.status_code, answer.headers["x-robots-tag"]) == (200, "noindex")
            listed = [client.get(f"/archive/daily{each}").status_code for each in ("", "/feed.atom", "/feed.json")]
            assert listed == [404, 404, 404]
            assert "/archive/daily" not in client.get("/sitemap.xml").text + client.get("/").text


def test_by_default_there_is_none(house, clock, subscribed):
    subscribed("ada@reader.example")
    edition(house, clock)
    with TestClient(public.application(house), base_url="https://news.example") as client:
        assert client.get("/archive/daily/1").status_code == 404
        assert client.get("/archive/daily").status_code == 404


def test_opening_the_archive_changes_nothing(listed, dump):
    before = dump()
    for path in ("", "/1", "/2", "/feed.atom", "/feed.json", "?q=x"):
        listed.get(f"/archive/daily{path}")
    assert dump() == before


def test_subjects_of_any_characters_make_a_feed_that_can_be_read(house, clock):
    odd = Past(
        newsletter="daily",
        number=1,
        slot=clock(),
        subject="a\x00b\ufffe]]>&<\U0001f30d",
        language="en",
        nonce="",
        articles=1,
    )
    made = archive_feeds.atom(house.site, house.newsletter("daily"), [odd])
    (entry,) = ET.fromstring(made).iter(f"{ATOM}entry")
    assert entry.findtext(f"{ATOM}title") == "ab]]>&<\U0001f30d"


def test_an_edition_is_a_page_with_one_main_part_and_the_mail_in_it(listed):
    page = listed.get("/archive/daily/1").text
    assert page.count("<main>") == page.count("</main>") == 1
    assert page.index("<body") < page.index("<main>") < page.index('role="article"') < page.index("</main>")
