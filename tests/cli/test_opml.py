"""Lists of feeds from and for other programs: as they should be, and as they are."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.cli import feeds_yaml, opml
from digest.cli.opml import Outline
from digest.errors import UsageError
from digest.model import Feed, Selectors
from digest.settings import load, nouns

NOW = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)


def outlines(inside: str, head: str = '<?xml version="1.0"?>') -> list[Outline]:
    return opml.read(f"{head}<opml version='1.1'><body>{inside}</body></opml>".encode())


def test_the_innermost_folder_counts():
    found = outlines(
        "<outline text='News'><outline text='Far'><outline text='A' xmlUrl='https://a.test'/></outline>"
        "<outline title='B' text='b' xmlUrl='https://b.test'/></outline><outline text='C' xmlUrl='https://c.test'/>"
    )
    assert [(it.title, it.folder) for it in found] == [("A", "Far"), ("B", "News"), ("C", "")]


def test_categories_stand_in_for_a_folder():
    found = outlines(
        "<outline text='A' xmlUrl='https://a.test' category='/News/World, /Culture'/>"
        "<outline text='B' xmlUrl='https://b.test' category=' ,/,Tech'/>"
        "<outline text='F'><outline text='C' xmlUrl='https://c.test' category='Tech'/></outline>"
    )
    assert [it.folder for it in found] == ["World", "Tech", "F"]


def test_old_lists_may_name_an_address_otherwise_or_not_at_all():
    found = outlines(
        "<outline type='RSS' URL='https://a.test'/><outline type='link' url='https://page.test'/>"
        "<outline type='rss' text='Lost'/><outline><outline text='B' xmlurl='https://b.test'/></outline>"
    )
    assert [(it.url, it.title, it.folder) for it in found] == [
        ("https://a.test", "", ""),
        ("", "Lost", ""),
        ("https://b.test", "B", ""),
    ]
    plan = feeds_yaml.plan(found, {}, {})
    assert [feed.name for feed in plan.feeds] == ["a-test", "b"]
    assert plan.left_out == ("Lost: has no address",)


def listed(title: str, encoding: str = "") -> str:
    declared = f"<?xml version='1.0' encoding='{encoding}'?>" if encoding else ""
    return f"{declared}<opml><outline text='{title}' xmlUrl='https://a.test/'/></opml>"


@pytest.mark.parametrize(
    ("document", "title"),
    [
        (listed("Café").encode("latin-1"), "Café"),
        (listed("Café “x”", "UTF-8").encode("cp1252"), "Café “x”"),
        (listed("Café", "ISO-8859-1").encode(), "Café"),
        (listed("Мир", "windows-1251").encode("cp1251"), "Мир"),
        (listed("世界", "shift_jis").encode("shift_jis"), "世界"),
        (listed("Café", "punycode").encode("cp1252"), "Café"),
        (listed("Café", "no-such").encode("cp1252"), "Café"),
        (listed("Café", "utf-16").encode("utf-16"), "Café"),
        (listed("Café").encode("utf-16-be"), "Café"),
        (b"\xef\xbb\xbf\n " + listed("A", "utf-8").encode(), "A"),
        (listed("A & B &copy; &lt;i&gt; &#66;&#0;&#x1F; &nope; &LT; \x0c").encode(), "A & B © <i> B &nope; <"),
    ],
)
def test_lists_are_read_as_they_were_meant(document, title):
    assert [it.title for it in opml.read(document)] == [title]


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (b"", "not XML"),
        (b"<opml><body>", "not XML"),
        (b"<rss></rss>", "not OPML"),
        (b'<!DOCTYPE opml [<!ENTITY a "aaaa">]><opml><outline xmlUrl="&a;"/></opml>', "has a DTD"),
        (b'<!DOCTYPE opml SYSTEM "file:///etc/passwd"><opml/>', "has a DTD"),
        (b"<opml>" + b" " * opml.MAX_BYTES + b"</opml>", "larger than"),
        (b"<opml>" + b"<outline xmlUrl='u'/>" * 10_001 + b"</opml>", "more than 10,000 feeds"),
    ],
)
def test_what_is_no_list_is_refused(document, said):
    with pytest.raises(UsageError, match=said):
        opml.read(document)


@given(st.one_of(st.binary(max_size=200), st.text(max_size=200).map(str.encode)))
def test_any_bytes_are_a_list_or_an_error(document):
    with suppress(UsageError):
        opml.read(document)


def test_spellings_of_one_address_are_one_feed():
    found = [
        Outline(url, "", "")
        for url in (
            "http://www.wire.test/rss/",
            "https://new.test/feed?utm_source=x",
            "http://new.test/feed/",
            "https://front.test",
            "http://www.front.test/",
            "https://other.test/",
        )
    ]
    plan = feeds_yaml.plan(found, {"wire": "https://wire.test/rss"}, {})
    assert [feed.url for feed in plan.feeds] == [found[1].url, found[3].url, found[5].url]
    assert plan.left_out == (
        "http://www.wire.test/rss/: is configured already",
        "http://new.test/feed/: stands in the list twice",
        "http://www.front.test/: stands in the list twice",
    )


def test_feeds_of_one_title_get_names_of_their_own():
    found = [Outline(f"https://{number}.test/", "News", "") for number in range(4)]
    plan = feeds_yaml.plan(found, {"news-3": "https://n.test/"}, {})
    assert [feed.name for feed in plan.feeds] == ["news", "news-2", "news-4", "news-5"]


def test_folders_of_different_titles_are_never_one_category():
    titles = ["Новости", "Блоги", "", "C++", "C#", "Café", "日本", "Новости", "Other"]
    found = [Outline(f"https://{number}.test/", "", title) for number, title in enumerate(titles)]
    plan = feeds_yaml.plan(found, {}, {"c": "See"})
    assert [feed.categories[0] for feed in plan.feeds] == (
        ["other-2", "other-3", "other", "c-2", "c-3", "cafe", "other-4", "other-2", "other"]
    )
    assert plan.categories["other"] == "Other"
    assert plan.categories["other-3"] == "Блоги"


def test_what_a_list_of_others_says_of_our_own_keys_cannot_break_the_configuration():
    found = outlines(
        "<outline xmlUrl='https://a.test' xmlns:digest='d' digest:every='9999d' digest:full_text='maybe'/>"
        "<outline type='link' url='https://b.test' xmlns:digest='d' digest:select_item='li[['/>"
    )
    plan = feeds_yaml.plan(found, {}, {})
    assert [(feed.every, feed.full_text) for feed in plan.feeds] == [(timedelta(minutes=30), False)]
    assert plan.left_out == ("https://b.test: has selectors that cannot be read",)


def test_folders_are_left_out_where_the_feeds_that_are_there_have_no_category():
    plan = feeds_yaml.plan([Outline("https://a.test", "A", "World")], {"wire": "https://wire.test/"}, {})
    assert plan.feeds[0].categories == ()
    assert plan.categories == {}
    assert plan.left_out[0].startswith("the folders: there are no categories yet")


def test_a_feed_is_written_with_all_its_keys():
    feed = Feed(
        name="hall",
        url="https://hall.test/news",
        title="Town: Hall",
        categories=("world", "local"),
        selectors=Selectors(item="article.teaser", title="h2 > a"),
        full_text=True,
    )
    assert feeds_yaml.block(feed) == (
        '  - name: hall\n    url: "https://hall.test/news"\n    categories: [world, local]\n    title: "Town: Hall"\n'
        '    type: page\n    select: {item: article.teaser, title: "h2 > a"}\n    full_text: true'
    )


MAIN = (
    "site: {url: 'https://news.test'}\nmail: {from: a@news.test, smtp: {host: mail.test}}\nnewsletters: {daily: }\n"
    "include: [more.yaml]\n"
)


def imported(folder, plan) -> tuple[Feed, ...]:
    (folder / "more.yaml").write_text(plan.yaml(), encoding="utf-8")
    (folder / "digest.yaml").write_text(MAIN, encoding="utf-8")
    settings_ = load(folder / "digest.yaml", {})
    assert {it.name: it.title for it in nouns.categories(settings_)} == dict(plan.categories or {"news": "News"})
    return nouns.feeds(settings_)


SMALL = "abcdefghijklmnopqrstuvwxyz0123456789"
#: As `opml.read` gives them.
lines = st.text(max_size=12).map(opml._line)
names = st.builds(str.__add__, st.sampled_from(SMALL), st.text(f"{SMALL}-_", max_size=6))
urls = st.builds("https://{}.test/{}".format, names, st.text("abc/?&=$#'é", max_size=8))
ways = st.fixed_dictionaries(
    {
        "every": st.integers(1, 7 * 24 * 60).map(lambda minutes: timedelta(minutes=minutes)),
        "full_text": st.booleans(),
        "selectors": st.none() | st.builds(Selectors, item=st.sampled_from(["li", 'a[href^="/n"] > b'])),
    }
)
someone = st.builds(Outline, lines | urls, lines, lines, lines | names, lines | names)


@settings(max_examples=40)
@given(st.lists(someone, min_size=1, max_size=4))
def test_whatever_a_list_says_makes_a_configuration_that_loads(tmp_path_factory, found):
    plan = feeds_yaml.plan(found, {}, {})
    if plan.feeds:
        loaded = imported(tmp_path_factory.mktemp("any"), plan)
        everything = () if plan.categories else ("news",)
        assert [(it.name, it.url, it.title, it.categories) for it in loaded] == [
            (it.name, it.url, it.title, it.categories or everything) for it in plan.feeds
        ]


@settings(max_examples=60)
@given(
    st.dictionaries(names, lines.filter(bool), min_size=1, max_size=3),
    st.dictionaries(names, st.tuples(urls, lines, st.sets(st.integers(0, 2), min_size=1), ways), max_size=4),
)
def test_what_is_exported_comes_back_as_it_was(categories, given_feeds):
    known = list(categories)
    kept = {
        feeds_yaml.spelling(url): Feed(
            name=name,
            url=url,
            title=title,
            categories=tuple(dict.fromkeys(known[place % len(known)] for place in places)),
            **way,
        )
        for name, (url, title, places, way) in given_feeds.items()
    }
    document = opml.write("Ours", list(kept.values()), categories, NOW)
    plan = feeds_yaml.plan(opml.read(document.encode()), {}, {})
    by_folder = [feed for name in categories for feed in kept.values() if feed.categories[0] == name]
    assert list(plan.feeds) == by_folder
    folders = {feed.categories[0] for feed in by_folder}
    assert {name: plan.categories[name] for name in folders} == {name: categories[name] for name in folders}
