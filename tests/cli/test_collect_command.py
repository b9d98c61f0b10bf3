"""`digest collect`: what it says of each poll."""

import json


def test_a_second_run_says_that_nothing_has_changed(office):
    assert "wire\t2\t0\t0\t0\tread\n" in office.digest("collect").stdout
    (polled,) = json.loads(office.digest("collect", "--json").stdout)
    assert (polled["feed"], polled["new"], polled["held_back"], polled["result"]) == ("wire", 0, 0, "unchanged")
    assert (polled["error"], polled["address"], polled["remarks"]) == ("", "", [])


def test_a_page_whose_feed_was_found_is_named_with_the_line_to_change(office):
    link = '<link rel="alternate" type="application/rss+xml" href="/wire.xml">'
    office.feeds.expect_request("/").respond_with_data(
        f"<html><head>{link}</head><body>Hello</body></html>", content_type="text/html"
    )
    office.configure(feeds=f"\n- name: site\n  url: {office.feeds.url_for('/')}\n  category: world")
    result = office.digest("collect")
    line = next(number for number, text in enumerate(office.config.read_text().splitlines(), 1) if "  url: " in text)
    assert "site\t2\t0\t0\t0\tread\n" in result.stdout
    feed = office.feeds.url_for("/wire.xml")
    assert f"site: it is a web page; its feed is {feed}: change url at {office.config}:{line}\n" in result.stderr


def test_a_feed_that_is_gone_is_asked_only_by_name(office):
    office.feeds.clear_all_handlers()
    office.feeds.expect_request("/wire.xml").respond_with_data("", status=410)
    assert "410" in office.digest("collect", code=1).stdout
    asked = len(office.feeds.log)
    result = office.digest("collect")
    assert "wire is gone, says its server, and was not asked: `digest collect wire` asks\n" in result.stderr
    assert len(office.feeds.log) == asked
    assert "410" in office.digest("collect", "wire", code=1).stdout
    assert len(office.feeds.log) == asked + 1
