"""JSON Feed."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.feeds.parsing.json_feed import parse_json_feed
from digest.feeds.parsing.parse import parse
from digest.feeds.parsing.parsed import MAX_ITEMS, FeedUnreadable, ParsedFeed, ParsedItem
from digest.model import Image

URL = "https://news.example/feed.json"
VERSION = "https://jsonfeed.org/version/1.1"


def feed(*items: object, **more: object) -> ParsedFeed:
    text = json.dumps({"version": VERSION, "title": "Harbour & Sea", "items": items, **more})
    return parse(text.encode(), "text/plain", URL)


def test_a_whole_item() -> None:
    article = {
        "id": 7,
        "url": "/ferry",
        "title": "1 < 2",
        "summary": "It sails.",
        "content_html": "<p>It sails twice a day.</p>",
        "image": "/ferry.jpg",
        "date_published": "2026-02-28T10:30:00+01:00",
        "authors": [{"name": "Ada"}, {"name": "Ben"}],
        "tags": ["Boats", 3],
        "language": "en",
        "attachments": [{"url": "/a.png", "mime_type": "image/png"}, {"url": "/a.mp3", "mime_type": "audio/mpeg"}],
    }
    assert feed(article, language="en-GB") == ParsedFeed(
        title="Harbour &amp; Sea",
        language="en-GB",
        items=(
            ParsedItem(
                guid="7",
                url="https://news.example/ferry",
                title="1 &lt; 2",
                author="Ada, Ben",
                published_at=datetime(2026, 2, 28, 9, 30, tzinfo=UTC),
                summary_html="<p>It sails.</p>",
                content_html="<p>It sails twice a day.</p>",
                base="https://news.example/ferry",
                tags=("Boats",),
                images=(Image(url="https://news.example/ferry.jpg"), Image(url="https://news.example/a.png")),
                language="en",
            ),
        ),
    )


def test_an_item_takes_what_only_the_feed_has() -> None:
    article = feed({"id": "1", "content_text": "a < b\n\nc"}, author={"name": "Ada"}).items[0]
    assert (article.author, article.content_html) == ("Ada", "<p>a &lt; b</p><p>c</p>")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('{"version": ', "not well-formed JSON at line 1"),
        ("{}", "it has no list of items"),
        ('{"items": []}', "its version is not one of jsonfeed.org"),
        ('{"version": "https://jsonfeed.org/version/1", "items": {}}', "it has no list of items"),
        ('{"a": ' + "[" * 100_000, "nested too deep"),
        ('{"items": [' + "9" * 10_000 + "]}", "a number too long"),
    ],
)
def test_what_is_no_json_feed_is_said(text: str, reason: str) -> None:
    with pytest.raises(FeedUnreadable, match=reason):
        parse(text.encode(), "application/json", URL)


def test_of_a_feed_that_breaks_off_the_whole_items_are_read() -> None:
    text = json.dumps({"version": VERSION, "title": "Sea", "items": [{"id": "1"}, {"id": "2"}, {"id": "3"}]})
    parsed = parse(text[:-5].encode(), "", URL)
    assert (parsed.title, [item.guid for item in parsed.items]) == ("Sea", ["1", "2"])
    assert parsed.remarks == ("it breaks off before its end",)


def test_line_breaks_in_strings_and_what_stands_behind_are_let_pass() -> None:
    text = f'{{"version": "{VERSION}", "items": [{{"id": "1", "title": "a\nb"}}]}}<!-- 3 ms -->'
    assert parse(text.encode(), "", URL).items[0].title == "a\nb"


def test_what_is_no_character_is_left_out() -> None:
    article = feed({"id": "1", "title": "a\ud800b\x00", "tags": ["c\udfff"], "content_text": "\ud83d\ude00"}).items[0]
    assert (article.title, article.tags) == ("ab", ("c",))
    article.content_html.encode()


def test_items_beyond_the_limit_are_counted() -> None:
    assert feed(*[{"id": "1"}] * (MAX_ITEMS + 5)).remarks == ("only the first 2,000 of 2,005 items were read",)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
KEYS = ("id", "url", "title", "content_html", "summary", "authors", "author", "tags", "image", "attachments",
        "date_published", "language")  # fmt: skip


@given(st.lists(st.dictionaries(st.sampled_from(KEYS), ANYTHING) | ANYTHING, max_size=4))
def test_what_has_the_wrong_type_counts_as_missing(items: list[object]) -> None:
    parsed = parse_json_feed(json.dumps({"version": VERSION, "items": items}), URL)
    assert len(parsed.items) == sum(isinstance(item, dict) for item in items)
