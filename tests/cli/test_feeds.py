"""`digest feeds`: their health, a trial, and lists from and for other programs."""

import json
from contextlib import suppress
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.cli import feeds_yaml, opml
from digest.cli.opml import Outline
from digest.errors import UsageError
from digest.model import Feed
from digest.settings import load, nouns

LIST = b"""<?xml version="1.0"?>
<opml version="2.0"><head><title>Mine</title></head><body>
  <outline text="World">
    <outline type="rss" text="The Wire" xmlUrl="https://wire.test/rss"/>
    <outline text="Far Away"><outline title="Distant: $HOME" text="x" xmlUrl="https://far.test/?a=1&amp;b=2"/></outline>
  </outline>
  <outline text="Loose" xmlUrl="https://loose.test/feed"/>
  <outline text="Twice" xmlUrl="https://loose.test/feed"/>
  <outline text="Local file" xmlUrl="file:///etc/passwd"/>
</body></opml>"""


def test_the_health_of_each_feed_is_listed(office):
    office.digest("collect")
    (feed,) = json.loads(office.digest("feeds", "list", "--json").stdout)
    assert (feed["feed"], feed["articles"], feed["failures"], feed["last_error"]) == ("wire", 2, 0, "")
    assert feed["last_success"] < feed["next_poll"]
    office.feeds.clear_all_handlers()
    office.digest("collect", code=1)
    (failing,) = json.loads(office.digest("feeds", "list", "--json").stdout)
    assert failing["failures"] == 1
    assert "500" in failing["last_error"]


def test_a_feed_can_be_tried_without_being_stored(office):
    out = office.digest("feeds", "try", office.feeds.url_for("/wire.xml")).stdout
    assert "Rain in Rome\t" in out
    assert "https://world.example/0" in out
    assert not (office.folder / "digest.db").exists()
    shown = json.loads(office.digest("feeds", "try", office.feeds.url_for("/wire.xml"), "--json").stdout)
    assert shown["title"] == "World Wire"
    assert shown["articles"][1]["excerpt"] == "All about Snow in Oslo, in a sentence."


def test_a_trial_that_fails_says_why_and_ends_with_one(office):
    office.feeds.expect_request("/page").respond_with_data("<html><body>Hello</body></html>", content_type="text/html")
    assert "error: " in office.digest("feeds", "try", office.feeds.url_for("/page"), code=1).stderr


def test_an_imported_list_is_a_configuration(office):
    (office.folder / "list.opml").write_bytes(LIST)
    result = office.digest(
        "feeds", "import", str(office.folder / "list.opml"), "--output", str(office.folder / "more.yaml")
    )
    assert "left out: file:///etc/passwd" in result.stderr
    office.configure("include: [more.yaml]")
    settings = load(office.config, {})
    feeds = {feed.name: feed for feed in nouns.feeds(settings)}
    assert feeds["distant-home"].url == "https://far.test/?a=1&b=2"
    assert feeds["distant-home"].title == "Distant: $HOME"
    assert {name: feed.categories for name, feed in feeds.items()} == {
        "wire": ("world",),
        "the-wire": ("world",),
        "distant-home": ("far-away",),
        "loose": ("other",),
    }
    assert "is configured already" in office.digest("feeds", "import", str(office.folder / "list.opml")).stderr


def test_an_export_can_be_imported(office):
    document = office.digest("feeds", "export").stdout
    assert [(it.url, it.title, it.folder) for it in opml.read(document.encode())] == [
        (office.feeds.url_for("/wire.xml"), "wire", "World")
    ]
    assert ET.fromstring(document).tag == "opml"


def test_files_are_not_overwritten(office):
    (office.folder / "out.opml").write_text("mine")
    office.digest("feeds", "export", "--output", str(office.folder / "out.opml"), code=2)
    assert (office.folder / "out.opml").read_text() == "mine"


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (b"", "not XML"),
        (b"<opml><body>", "not XML"),
        (b"<rss></rss>", "not OPML"),
        (b'<!DOCTYPE opml [<!ENTITY a "aaaa">]><opml><outline xmlUrl="&a;"/></opml>', "has a DTD"),
        (b'<!DOCTYPE opml SYSTEM "file:///etc/passwd"><opml/>', "has a DTD"),
        (b"<opml>" + b" " * opml.MAX_BYTES + b"</opml>", "larger than"),
    ],
)
def test_what_is_no_list_is_refused(document, said):
    with pytest.raises(UsageError, match=said):
        opml.read(document)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_list_or_an_error(document):
    with suppress(UsageError):
        opml.read(document)


words = st.text(max_size=20)


@given(st.lists(st.builds(Outline, st.one_of(words, words.map("https://{}.test/".format)), words, words), max_size=6))
def test_whatever_a_list_says_makes_a_configuration_that_loads(tmp_path_factory, outlines):
    folder = tmp_path_factory.mktemp("any")
    plan = feeds_yaml.plan([_printable(it) for it in outlines], [Feed(name="wire", url="x")], {"world": "World"})
    (folder / "more.yaml").write_text(plan.yaml(), encoding="utf-8")
    (folder / "digest.yaml").write_text(
        "site: {url: 'https://news.test'}\nmail: {from: a@news.test, smtp: {host: mail.test}}\n"
        "categories: {world: }\nnewsletters: {daily: }\ninclude: [more.yaml]\n"
        "feeds: [{name: wire, url: 'https://wire.test/', category: world}]\n"
    )
    loaded = nouns.feeds(load(folder / "digest.yaml", {}))[1:]
    assert [(feed.name, feed.title, feed.categories) for feed in loaded] == [
        (feed.name, feed.title.strip(), feed.categories) for feed in plan.feeds
    ]


def _printable(outline: Outline) -> Outline:
    """As `opml.read` gives them."""
    return Outline(
        *(
            " ".join("".join(c if c.isprintable() else " " for c in text).split())
            for text in (outline.url, outline.title, outline.folder)
        )
    )
