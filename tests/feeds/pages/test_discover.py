"""Where a site's feeds are: what its page says, the most fitting first, and where to look when it says nothing."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.feeds.links import safe_url
from digest.feeds.pages.discover import MAX_FEEDS, feeds_on, usual_places

URL = "https://news.example/"


def link(href: str, title: str = "", kind: str = "application/rss+xml", rel: str = "alternate") -> str:
    return f'<link rel="{rel}" type="{kind}" title="{title}" href="{href}">'


def found(html: str, url: str = URL) -> list[str]:
    return [feed.removeprefix("https://news.example") for feed in feeds_on(html, url)[1]]


def test_a_page_says_its_title_and_its_feeds() -> None:
    html = f"<head><title>The  Harbour\nTimes &amp; Mail</title>{link('/feed/')}</head>"
    assert feeds_on(html, URL) == ("The Harbour Times & Mail", ("https://news.example/feed/",))


@pytest.mark.parametrize(
    "kind",
    [
        "application/rss+xml", "application/atom+xml", "application/rdf+xml", "application/feed+json",
        "application/x-rss+xml", "Application/RSS+XML; charset=utf-8",
    ],
)  # fmt: skip
def test_every_type_of_feed_is_known(kind: str) -> None:
    assert found(link("/f", kind=kind)) == ["/f"]


@pytest.mark.parametrize(("kind", "href"), [("application/json", "/feed.json"), ("text/xml", "/rss.xml")])
def test_a_vague_type_counts_where_the_rest_says_feed(kind: str, href: str) -> None:
    assert found(link(href, kind=kind)) == [href]


@pytest.mark.parametrize(
    "html",
    [
        link("/wp-json/wp/v2/posts/12", "JSON", "application/json"),
        link("/wp-json/oembed/1.0/embed?url=x&format=xml", "oEmbed", "text/xml+oembed"),
        link("/oembed?feed=1", "oEmbed feed", "application/json"),
        link("/de/", "Deutsch", "text/html"),
        link("/look.css", "RSS", "text/css", "alternate stylesheet"),
        link("/print.xml", "Printing", "application/xml"),
        link("/feed", rel="icon"),
        link("javascript:alert(1)"),
        link("file:///etc/passwd"),
        link("https://user@news.example/feed"),
        "<!-- " + link("/feed") + " -->",
        "<a href='/feeding-the-cat'>Feeding the cat</a><a href='/sitemap.xml'>Sitemap</a>",
        "<a href='/rss-explained'>RSS</a>",
        "<a href='https://elsewhere.example/feed'>A page of somebody else</a>",
    ],
)
def test_what_is_no_feed_is_not_taken_for_one(html: str) -> None:
    assert found(html) == []


def test_relations_and_types_are_read_without_regard_to_case_and_order() -> None:
    assert found('<LINK HREF="/a" TYPE="APPLICATION/ATOM+XML" REL="home Alternate">') == ["/a"]
    assert found('<link rel="feed" href="/b">') == ["/b"]


def test_addresses_are_relative_to_the_base_of_the_page() -> None:
    html = f"<base href='/blog/'>{link('feed.xml')}{link('//feeds.example/x')}{link(' /y ')}"
    assert feeds_on(html, "https://news.example/a/b.html")[1] == (
        "https://news.example/blog/feed.xml",
        "https://feeds.example/x",
        "https://news.example/y",
    )


def test_a_base_that_is_no_address_is_passed_over() -> None:
    assert found(f"<base href='javascript:x'>{link('feed.xml')}") == ["/feed.xml"]


def test_formats_are_equal_and_the_first_named_is_first() -> None:
    html = link("/feed.json", kind="application/feed+json") + link("/atom", kind="application/atom+xml") + link("/rss")
    assert found(html) == ["/feed.json", "/atom", "/rss"]


def test_the_feed_of_the_site_comes_before_those_of_categories_and_comments() -> None:
    html = (
        link("/comments/feed/", "The Times » Comments Feed")
        + link("/p/feed/", "The Times » Kommentar-Feed zu Anleger")
        + link("/category/sport/feed/", "Sport")
        + link("/feed/", "The Times » Feed")
    )
    assert found(html) == ["/feed/", "/category/sport/feed/", "/comments/feed/", "/p/feed/"]


def test_on_the_page_of_a_category_its_own_feed_comes_first() -> None:
    html = link("/feed/", "Feed") + link("/category/sport/feed/", "Sport") + link("/category/art/feed/", "Art")
    assert found(html, "https://news.example/category/sport/") == [
        "/category/sport/feed/",
        "/feed/",
        "/category/art/feed/",
    ]


def test_links_in_the_text_count_after_those_of_the_head() -> None:
    html = (
        "<a href='/news.rss'>Follow</a><a href='/x.xml'><span>RSS</span>-Feed</a><a href='/tech/atom.xml'>x</a>"
        "<a href='/go/feed' aria-label='Atom'><svg></svg></a>" + link("/main")
    )
    assert found(html) == ["/main", "/news.rss", "/x.xml", "/tech/atom.xml", "/go/feed"]


def test_a_link_to_another_site_counts_where_it_says_that_it_is_a_feed() -> None:
    assert feeds_on("<a href='https://feeds.example/times/rss'>RSS</a>", URL)[1] == ("https://feeds.example/times/rss",)


def test_each_feed_is_named_once_and_no_more_than_ten() -> None:
    assert found(link("/feed/") + link("http://www.news.example/feed") + link("/feed/?utm_source=x")) == ["/feed/"]
    assert len(found("".join(link(f"/{number}.rss") for number in range(40)))) == MAX_FEEDS


def test_usual_places_are_those_of_the_folder_and_then_of_the_site() -> None:
    places = usual_places("https://blog.example/notes/index.html?page=2#top")
    assert places[0] == "https://blog.example/notes/feed"
    assert "https://blog.example/feed" in places
    assert len(places) == len(set(places)) == MAX_FEEDS
    assert usual_places("https://blog.example/notes")[0] == "https://blog.example/notes/feed"


@pytest.mark.parametrize("place", ["feed", "rss.xml", "feed.xml", "atom.xml", "index.xml", "rss", "feed.json"])
def test_at_the_root_every_usual_name_is_tried(place: str) -> None:
    assert f"https://blog.example/{place}" in usual_places("https://blog.example")


def test_a_usual_place_is_never_the_page_itself() -> None:
    assert "https://blog.example/feed" not in usual_places("https://blog.example/feed/")


@given(st.text("<>/&='\" \nabhrefsltypink:.", max_size=300) | st.text())
def test_whatever_the_page_its_feeds_are_safe_addresses(html: str) -> None:
    for feed in feeds_on(html + "<a href='" + html, URL)[1]:
        assert feed == safe_url(feed) != ""


@given(st.from_regex(r"https?://[a-z]{1,5}\.example(/[a-z.%?#&/é]{0,12})?", fullmatch=True))
def test_whatever_the_address_its_usual_places_are_on_that_site(url: str) -> None:
    site = f"{url.partition('.example')[0]}.example/"
    assert all(place.startswith(site) for place in usual_places(url))


@pytest.mark.parametrize("piece", ["<div>", "<b><i>", "<!--", "<", "<aaaaaaaa", "<script>", "<a href=/feed>RSS</a>"])
def test_a_hostile_page_costs_little(piece: str) -> None:
    html = (piece * 100_000)[:300_000]
    began = time.process_time()
    feeds_on(html, URL)
    assert time.process_time() - began < 2
