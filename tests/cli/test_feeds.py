"""`digest feeds`: their health, a trial, and lists from and for other programs."""

import json
import sqlite3
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree as ET

import pytest

from digest.app import feed_health
from digest.cli import opml
from digest.errors import UnknownName
from digest.model import Feed, FeedState
from digest.settings import load, nouns

LIST = b"""<?xml version="1.0"?>
<opml version="2.0"><head><title>Mine</title></head><body>
  <outline text="World">
    <outline type="rss" text="The Wire" xmlUrl="https://wire.test/rss"/>
    <outline text="Far Away"><outline title="Distant: $HOME" text="x" xmlUrl="https://far.test/?a=1&amp;b=2"/></outline>
  </outline>
  <outline text="Loose" xmlUrl="https://loose.test/feed"/>
  <outline text="Local file" xmlUrl="file:///etc/passwd"/>
</body></opml>"""
PAGE = """<html lang="en"><head><title>Town hall</title></head><body>
<article class="t"><h2><a href="/n/1">New bridge opens</a></h2><time datetime="2026-03-01T10:00:00Z"></time>
<p class="i">The bridge over the river opens again.</p></article>
<article class="t"><h2><a href="/n/2">Library closes early</a></h2><p class="i">On Friday at noon.</p></article>
</body></html>"""
NOW = datetime(2026, 3, 15, 12, 0, tzinfo=UTC)


def serve(office, path: str, text: str, content_type: str = "text/html", **more) -> str:
    office.feeds.expect_request(path).respond_with_data(text, content_type=content_type, **more)
    url: str = office.feeds.url_for(path)
    return url


# list


def health(**known) -> feed_health.Health:
    state = FeedState(name="wire", **({"polled_at": NOW, "succeeded_at": NOW} | known))
    return feed_health.Health(feed=Feed(name="wire", url="https://w.test"), state=state, days=(0,) * 14, now=NOW)


@pytest.mark.parametrize(
    ("known", "word"),
    [
        ({}, "fine"),
        ({"polled_at": None, "succeeded_at": None}, "never polled"),
        ({"failures": 1, "last_error": "503", "address": "https://x.test"}, "failing"),
        ({"failures": 9, "gone": True}, "gone"),
        ({"address": "https://x.test", "gap": timedelta(hours=1), "newest_at": NOW - timedelta(days=90)}, "moved"),
        ({"gap": timedelta(hours=1), "newest_at": NOW - timedelta(days=2, hours=6)}, "silent"),
        ({"gap": timedelta(hours=1), "newest_at": NOW - timedelta(days=2, hours=4)}, "fine"),
        ({"gap": timedelta(days=7), "newest_at": NOW - timedelta(days=30)}, "fine"),
        ({"gap": timedelta(), "newest_at": NOW - timedelta(days=900)}, "fine"),
    ],
)
def test_a_word_says_how_a_feed_is(known, word):
    assert health(**known).word == word


@pytest.mark.parametrize(
    ("days", "before", "gap", "a_week"),
    [
        ((0,) * 13 + (20,), 0, timedelta(hours=1), 140.0),
        ((0,) * 13 + (20,), 1, timedelta(hours=1), 10.0),
        ((0,) * 13 + (1,), 0, timedelta(days=30), 0.5),
        ((0,) * 10 + (1, 0, 0, 1), 0, timedelta(), 3.5),
        ((1,) * 14, 0, timedelta(), 7.0),
        ((0,) * 14, 0, timedelta(), 0.0),
    ],
)
def test_articles_a_week_are_those_of_the_days_for_which_the_feed_is_known(days, before, gap, a_week):
    state = FeedState(name="wire", gap=gap)
    found = feed_health.Health(feed=Feed(name="w", url="u"), state=state, days=days, before=before, now=NOW)
    assert found.a_week == a_week


def test_a_sparkline_is_as_high_as_its_busiest_day():
    assert feed_health.sparkline([0, 1, 5, 10], unicode=True) == "·▁▃▇"
    assert feed_health.sparkline([0, 1, 5, 10], unicode=False) == ".-+#"
    assert feed_health.sparkline([0, 0], unicode=True) == "··"


def test_times_are_told_from_now():
    assert [feed_health.ago(NOW - timedelta(minutes=m), NOW) for m in (0, 1, 59, 60, 2879, 2880)] == [
        "just now",
        "1 min ago",
        "59 min ago",
        "1 h ago",
        "47 h ago",
        "2 d ago",
    ]
    assert feed_health.ago(NOW - timedelta(days=3150), NOW) == "8 y ago"
    assert feed_health.ahead(NOW + timedelta(minutes=90), NOW) == "in 1 h"
    assert feed_health.ahead(NOW - timedelta(days=1), NOW) == "now"


def test_days_begin_at_midnight_of_the_zone_also_when_the_clocks_change():
    from zoneinfo import ZoneInfo

    found = feed_health.days(datetime(2026, 3, 30, 22, 30, tzinfo=UTC), ZoneInfo("Europe/London"))
    assert found[-1].astimezone(UTC) == datetime(2026, 3, 29, 23, tzinfo=UTC)
    assert found[-2].astimezone(UTC) == datetime(2026, 3, 29, 0, tzinfo=UTC)
    assert len(found) == feed_health.DAYS


def test_what_was_known_of_another_address_says_nothing_of_this_one():
    old = FeedState(name="wire", url="https://old.test", polled_at=NOW, failures=3)
    (found,) = feed_health.healths([Feed(name="wire", url="https://new.test")], {"wire": old}, {}, NOW)
    assert found.word == "never polled"


def test_the_health_of_each_feed_is_listed(office):
    office.digest("collect")
    (feed,) = json.loads(office.digest("feeds", "list", "--json").stdout)
    assert (feed["feed"], feed["state"], feed["articles"], feed["articles_a_week"]) == ("wire", "fine", 2, 14.0)
    assert feed["days"] == [0] * 13 + [2]
    assert feed["last_success"] < feed["next_poll"]
    assert "wire\tfine\tjust now\tin " in office.digest("feeds", "list").stdout
    assert office.digest("feeds", "list", "--failing", "--json").stdout == "[]\n"
    office.feeds.clear_all_handlers()
    office.digest("collect", code=1)
    failing = office.digest("feeds", "list", "--failing")
    assert "wire\tfailing\t" in failing.stdout
    assert "wire: " in failing.stderr
    assert "500" in failing.stderr
    assert "(1 poll in a row)" in failing.stderr


def test_a_feed_that_is_read_elsewhere_is_named_with_the_line_to_change(office):
    office.stock()
    place = next(number for number, line in enumerate(office.config.read_text().splitlines(), 1) if "feeds:" in line)
    with sqlite3.connect(office.folder / "digest.db") as database:
        database.execute(
            "INSERT INTO feeds (name, address, polled_at, remark) VALUES ('wire', 'https://new.test/', ?, 'is odd')",
            ("2026-03-01 00:00:00.000000",),
        )
    database.close()
    listed = office.digest("feeds", "list")
    assert "wire\tmoved\t" in listed.stdout
    assert f"wire is read at https://new.test/: change url at {office.config}:{place}\n" in listed.stderr
    assert "wire: is odd\n" in listed.stderr


# try


def test_a_feed_can_be_tried_without_being_stored(office):
    url = office.feeds.url_for("/wire.xml")
    out = office.digest("feeds", "try", url).stdout
    assert "Rain in Rome\t" in out
    assert "   All about Rain in Rome, in a sentence.\n   https://world.example/0\n" in out
    assert f'  - name: world-wire\n    url: "{url}"\n    category: world\n' in out
    assert not (office.folder / "digest.db").exists()


def test_a_configured_feed_is_tried_by_its_name(office):
    shown = json.loads(office.digest("feeds", "try", "wire", "--json").stdout)
    assert (shown["title"], shown["error"]) == ("World Wire", "")
    assert shown["exchange"]["hops"] == [{"status": 200, "url": office.feeds.url_for("/wire.xml")}]
    assert shown["articles"][1]["excerpt"] == "All about Snow in Oslo, in a sentence."
    # It is configured as it should be.
    assert shown["yaml"] == ""
    assert "there is no feed 'wires'; there is wire" in office.digest("feeds", "try", "wires", code=2).stderr


def test_a_name_that_is_nearly_right_is_guessed_and_a_long_list_is_cut():
    names = [f"feed-{number}" for number in range(10)] + ["good"]
    said = str(UnknownName("feed", "goood", names))
    assert said.endswith("feed-7 and 3 more; did you mean good?")
    assert "did you mean" not in str(UnknownName("feed", "o" * 10_000, names))


def test_a_configured_feed_that_has_moved_is_told_by_the_line_to_change(office):
    link = '<link rel="alternate" type="application/rss+xml" href="/wire.xml">'
    page = serve(office, "/", f"<html><head>{link}</head><body>Hello</body></html>")
    office.configure(feeds=f'[{{name: wire, url: "{page}", category: world, every: 2h}}]')
    place = next(number for number, line in enumerate(office.config.read_text().splitlines(), 1) if "feeds:" in line)
    out = office.digest("feeds", "try", "wire").stdout
    assert f"change url at {office.config}:{place} to {office.feeds.url_for('/wire.xml')}\n" in out
    assert "under feeds:" not in out
    out = office.digest("feeds", "try", "wire", "--full-text").stdout
    assert f"in the place of what is at {office.config}:{place}:\n" in out
    assert "    every: 2h\n" in out
    assert "    full_text: true\n" in out


def test_a_trial_with_full_text_says_that_only_the_first_pages_are_fetched(office):
    office.serve("One", "Two", "Three", "Four")
    url = office.feeds.url_for("/wire.xml")
    assert "Only the pages of the first 3 articles" in office.digest("feeds", "try", url, "--full-text").stdout
    assert "Only the pages" not in office.digest("feeds", "try", url).stdout


def test_selectors_are_guessed_for_a_page_without_a_feed(office):
    news = "".join(
        f'<div class="news-card"><h2><a href="/n/{n}">A headline that is long enough {n}</a></h2></div>'
        for n in range(5)
    )
    page = serve(office, "/list", f"<html><body><main>{news}</main></body></html>")
    failed = office.digest("feeds", "try", f"{page}?a=1&b=2", code=1)
    assert f"digest feeds try '{page}?a=1&b=2' --item div.news-card" in failed.stderr
    assert failed.stderr.count("give the address") == 1


def test_a_page_leads_to_its_feed(office):
    link = '<link rel="alternate" type="application/rss+xml" href="/wire.xml">'
    page = serve(office, "/", f"<html><head>{link}</head><body>Hello</body></html>")
    feed = office.feeds.url_for("/wire.xml")
    out = office.digest("feeds", "try", page).stdout
    assert f"{page} is a page; its feed is {feed}\n" in out
    assert f'url: "{feed}"' in out


def test_a_page_without_a_feed_can_be_read_with_selectors(office):
    office.configure(collect="{allow_private_networks: true, timeout: 5s, spacing: 0s, per_host: 10}")
    page = serve(office, "/page", PAGE)
    failed = office.digest("feeds", "try", page, code=1)
    assert "\nTried\n - http" in failed.stdout
    assert f" - {office.feeds.url_for('/feed')}: the server answered 500" in failed.stdout
    assert f"digest feeds try {page} --item CSS" in failed.stderr
    out = office.digest("feeds", "try", page, "--item", "article.t", "--excerpt", ".i").stdout
    assert "1. New bridge opens\n   The bridge over the river opens again.\n" in out
    assert '    type: page\n    select: {item: article.t, excerpt: ".i"}\n' in out
    block = out.partition("in the configuration:\n")[2]
    office.configure(feeds="\n" + block.replace("name: town-hall", "name: hall"))
    assert nouns.feeds(load(office.config, {}))[0].selectors.item == "article.t"
    assert "--item" in office.digest("feeds", "try", page, "--excerpt", ".i", code=2).stderr
    nothing = office.digest("feeds", "try", page, "--item", "li.none", code=1)
    assert "li.none" in nothing.stderr


def test_a_trial_that_fails_says_why_and_what_to_do(office):
    url = serve(office, "/lost", "", status=404)
    office.feeds.expect_request("/old").respond_with_data("", status=301, headers={"Location": url})
    failed = office.digest("feeds", "try", office.feeds.url_for("/old"), code=1)
    assert f"301  {office.feeds.url_for('/old')}\n404  {url}\n" in failed.stdout
    assert "try the address of the site instead" in failed.stderr
    shown = office.digest("feeds", "try", url, "--json", code=1)
    assert "404" in json.loads(shown.stdout)["error"]


# import and export


def imported(office, *options: str, document: bytes = LIST, code: int = 0):
    (office.folder / "list.opml").write_bytes(document)
    return office.digest("feeds", "import", str(office.folder / "list.opml"), *options, code=code)


def test_an_imported_list_is_added_to_the_configuration(office):
    before = office.config.read_text()
    result = imported(office)
    assert "left out: file:///etc/passwd: is not a URL" in result.stderr
    assert f"added 3 feeds to {office.config}" in result.stderr
    assert "no newsletter has the category" not in result.stderr
    feeds = {feed.name: feed for feed in nouns.feeds(load(office.config, {}))}
    assert feeds["distant-home"].url == "https://far.test/?a=1&b=2"
    assert feeds["distant-home"].title == "Distant: $HOME"
    assert {name: feed.categories for name, feed in feeds.items()} == {
        "wire": ("world",),
        "the-wire": ("world",),
        "distant-home": ("far-away",),
        "loose": ("other",),
    }
    assert [line for line in before.splitlines() if line in office.config.read_text().splitlines()] != []
    again = imported(office)
    assert "https://loose.test/feed: is configured already" in again.stderr
    assert "there is nothing to add" in again.stderr


def test_a_dry_run_shows_the_lines_and_writes_nothing(office):
    before = office.config.read_bytes()
    diff = imported(office, "--dry-run").stdout
    assert f"--- {office.config}\n+++ {office.config}\n" in diff
    assert '{name: loose, url: "https://loose.test/feed", category: other, title: Loose}]' in diff
    assert office.config.read_bytes() == before


def test_categories_that_no_newsletter_carries_are_told(office):
    office.configure(newsletters="{daily: {categories: [world]}}")
    assert "no newsletter has the category far-away" in imported(office).stderr


def test_what_cannot_be_edited_is_shown_to_be_pasted(office):
    office.config.write_text("---\n" + office.config.read_text().replace("feeds: [", "feeds: &all ["))
    before = office.config.read_bytes()
    result = imported(office, code=1)
    assert '  - {name: loose, url: "https://loose.test/feed", category: other, title: Loose}\n' in result.stdout
    assert "feeds is marked with &all. Nothing is written: paste" in result.stderr
    assert office.config.read_bytes() == before


def test_a_configuration_that_cannot_be_written_is_named_itself(office, monkeypatch):
    def refuse(**_):
        raise PermissionError(13, "Permission denied", "/x/.digest.yaml.tmp")

    monkeypatch.setattr("digest.settings.editing.tempfile.mkstemp", refuse)
    result = imported(office, code=1)
    assert f"{office.config}: it cannot be written (Permission denied). Nothing is written" in result.stderr
    assert "--output FILE" in result.stderr
    assert "  - {name: loose" in result.stdout


def test_an_output_in_no_folder_is_a_plain_error(office):
    output = office.folder / "none" / "more.yaml"
    assert f"there is no folder {output.parent}" in imported(office, "--output", str(output), code=2).stderr


def test_an_output_that_is_included_already_need_not_be_named(office):
    office.configure('include: ["more*.yaml"]')
    said = imported(office, "--output", str(office.folder / "more.yaml")).stderr
    assert f"which {office.config} includes already" in said
    assert "under include" not in said


def test_a_list_can_become_a_file_to_be_included(office):
    assert "to be named under include" in imported(office, "--output", str(office.folder / "more.yaml")).stderr
    office.configure("include: [more.yaml]")
    assert [feed.name for feed in nouns.feeds(load(office.config, {}))][1:] == ["the-wire", "distant-home", "loose"]


def test_a_list_can_fill_a_configuration_without_feeds(office):
    office.configure(feeds="[]", categories="{}")
    imported(office)
    assert [feed.name for feed in nouns.feeds(load(office.config, {}))] == ["the-wire", "distant-home", "loose"]


def test_an_export_can_be_imported_and_a_page_is_no_feed_to_others(office):
    url = office.feeds.url_for("/wire.xml")
    page = '{name: hall, url: "https://hall.test", category: world, type: page, select: {item: li}}'
    office.configure(feeds=f'[{{name: wire, url: "{url}", category: world}}, {page}]')
    result = office.digest("feeds", "export")
    assert '<outline type="link" text="hall" url="https://hall.test" ' in result.stdout
    found, page = opml.read(result.stdout.encode())
    assert page.selectors.item == "li"
    assert (found.url, found.name, found.folder) == (url, "wire", "World")
    assert ET.fromstring(result.stdout).find("head/dateCreated") is not None


def test_files_are_not_overwritten(office):
    (office.folder / "out.opml").write_text("mine")
    office.digest("feeds", "export", "--output", str(office.folder / "out.opml"), code=2)
    assert (office.folder / "out.opml").read_text() == "mine"
