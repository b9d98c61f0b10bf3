"""Addresses from outside."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.feeds.links import canonical, safe_url, unwrap

BASE = "https://news.example/feeds/all.xml"


@pytest.mark.parametrize(
    ("url", "safe"),
    [
        ("https://a.example/b?c=d#e", "https://a.example/b?c=d#e"),
        ("HTTP://A.Example/B", "http://a.example/B"),
        ("/b", "https://news.example/b"),
        ("b", "https://news.example/feeds/b"),
        ("//cdn.example/b.jpg", "https://cdn.example/b.jpg"),
        ("  https://a.example/b \n", "https://a.example/b"),
        ("https://a.example/b c?d=é", "https://a.example/b%20c?d=%C3%A9"),
        ("https://a.example/%C3%A9", "https://a.example/%C3%A9"),
        ('https://a.example/"><script>', "https://a.example/%22%3E%3Cscript%3E"),
        ("https://bücher.example/", "https://xn--bcher-kva.example/"),
        ("https://[2001:db8::1]:8080/", "https://[2001:db8::1]:8080/"),
        ("javascript:alert(1)", ""),
        ("java\nscript:alert(1)", ""),
        ("\x01javascript:alert(1)", ""),
        ("JaVaScRiPt:alert(1)", ""),
        ("vbscript:x", ""),
        ("data:text/html,x", ""),
        ("file:///etc/passwd", ""),
        ("mailto:a@b.example", ""),
        ("https://news.example@evil.example/", ""),
        ("https://good.example\\@evil.example/", ""),
        ("https:\\\\evil.example", ""),
        ("https:///path", ""),
        ("https://a b.example/", ""),
        ("https://[::1", ""),
        ("https://a.example:99999/", ""),
        ("https://a.example/" + "a" * 3_000, ""),
        ("", ""),
    ],
)
def test_an_address_is_absolute_http_or_nothing(url: str, safe: str) -> None:
    assert safe_url(url, BASE) == safe


def test_an_absolute_address_needs_no_base() -> None:
    assert safe_url("https://a.example/b?c#d", "https://[") == "https://a.example/b?c#d"


@given(st.text("abZ09/%:@!$&'()*+,;=~-._[]|?#\\ é", max_size=20), st.sampled_from(["", BASE]))
def test_an_address_that_is_plain_at_once_is_what_it_is_at_a_second_look(end: str, base: str) -> None:
    url = f"https://a.example{end}"
    assert safe_url(url, base) == safe_url(f" {url}", base)


@given(st.text(max_size=60) | st.text("htps:/.ax@\\?#&[]%\n é", max_size=30).map("http://".__add__))
def test_a_safe_address_is_plain_ascii_and_stays_as_it_is(url: str) -> None:
    safe = safe_url(url, BASE)
    assert safe == "" or safe.startswith(("http://", "https://"))
    assert safe.isascii()
    assert not set(safe) & set(' \n\r\t"<>\\^`{}')
    assert safe_url(safe) == safe
    canonical(safe)


@pytest.mark.parametrize(
    "other",
    [
        "http://news.example/a",
        "https://www.news.example/a",
        "https://news.example/a/",
        "https://news.example:443/a",
        "https://news.example/a#comments",
        "https://NEWS.example/a",
        "https://news.example/a?utm_source=rss&utm_medium=feed",
        "https://news.example/a?fbclid=1&gclid=2&mc_cid=3",
        "https://news.example/a?mtm_campaign=x&wt_mc=y&source=rss&ref=feed",
        "https://news.example/a?",
        "https://news.example/a/index.html",
        "https://news.example/a/Default.aspx",
        "https://news.example/a;jsessionid=0A1B",
        "https://news.example/b/../a",
        "https://news.example/./a/",
        "https://news.example/%61",
        "https://news.example./a",
        "https://amp.news.example/a",
        "https://news.example/a?amp=1",
        "https://news.example/a?outputType=amp",
        "https://news-example.cdn.ampproject.org/c/s/news.example/a",
        "https://www.google.com/url?q=https://news.example/a&sa=D",
    ],
)
def test_spellings_of_one_address_are_equal(other: str) -> None:
    assert canonical(other) == canonical("https://news.example/a")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://news.example/a", "https://news.example/b"),
        ("https://news.example/a", "https://news.example/A"),
        ("https://news.example/?p=1", "https://news.example/?p=2"),
        ("https://news.example/#!a", "https://news.example/#!b"),
        ("https://news.example/a", "https://blog.news.example/a"),
        ("https://news.example/a", "https://news.example:8080/a"),
        ("https://news.example/a?id=", "https://news.example/a"),
        ("https://news.example/a?ref=main", "https://news.example/a"),
        ("https://news.example/a?source=bbc", "https://news.example/a"),
        ("https://m.news.example/a", "https://news.example/a"),
        ("https://amp.dev/a", "https://dev/a"),
        ("https://shop.example/guitars/amp", "https://shop.example/guitars"),
        ("https://news.example/a%2Fb", "https://news.example/a/b"),
        ("https://news.example/a%3Fb", "https://news.example/a?b="),
        ("https://news.example/index.html.txt", "https://news.example/"),
    ],
)
def test_addresses_that_differ_are_different(one: str, other: str) -> None:
    assert canonical(one) != canonical(other)


def test_the_order_of_parameters_does_not_matter() -> None:
    assert canonical("https://a.example/?b=1&a=2") == canonical("https://a.example/?a=2&b=1")


def test_a_front_page_is_nothing_to_recognise_an_article_by() -> None:
    assert canonical("https://news.example/") == canonical("http://www.news.example?utm_source=x") == ""


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://a.example/%7Eada", "https://a.example/~ada"),
        ("https://a.example/%c3%a9", "https://a.example/\u00e9"),
        ("https://b\u00fccher.example/a", "https://xn--bcher-kva.example/a"),
        ("https://a.example/my-story/amp/", "https://a.example/my-story"),
    ],
)
def test_escapes_and_editions_are_one_address(one: str, other: str) -> None:
    assert canonical(one) == canonical(other) != ""


def test_the_fragment_counts_where_it_is_asked_for() -> None:
    assert canonical("https://a.example/#b", fragment=True) == "a.example#b"
    assert canonical("https://a.example/a#b", fragment=True) != canonical("https://a.example/a", fragment=True)


def test_what_is_no_address_has_no_canonical_form() -> None:
    assert canonical("https://[bad") == canonical("tag:a.example,2026:1") == canonical("") == ""


STORY = "https://news.example/story?id=1"
ENCODED = "https%3A%2F%2Fnews.example%2Fstory%3Fid%3D1"


@pytest.mark.parametrize(
    "wrapper",
    [
        f"https://www.google.com/url?rct=j&sa=t&url={ENCODED}&ct=ga&cd=x",
        f"https://www.google.co.uk/url?q={ENCODED}",
        f"https://l.facebook.com/l.php?u={ENCODED}&h=AT0",
        f"https://lm.facebook.com/l.php?u={ENCODED}",
        f"https://t.umblr.com/redirect?z={ENCODED}&t=x",
        f"https://out.reddit.com/t3_abc?url={ENCODED}&token=x",
        f"https://eur01.safelinks.protection.outlook.com/?url={ENCODED}&data=x",
        f"https://go.skimresources.com/?id=1&url={ENCODED}",
        f"https://redirect.viglink.com/?key=1&u={ENCODED}",
        f"https://vk.com/away.php?to={ENCODED}",
        f"https://duckduckgo.com/l/?uddg={ENCODED}",
        f"https://www.youtube.com/redirect?q={ENCODED}",
        f"https://other.example/redirect?url={ENCODED}",
        f"https://other.example/cgi/out.php?id=1&to={ENCODED}",
        f"https://other.example/track/click?u={ENCODED}",
        "https://www.google.com/amp/s/news.example/story?id=1",
        "https://news-example.cdn.ampproject.org/c/s/news.example/story?id=1",
        "https://cdn.ampproject.org/v/s/news.example/story?id=1",
        "https://urldefense.proofpoint.com/v2/url?u=https-3A__news.example_story-3Fid-3D1&d=DwMF",
        "https://urldefense.com/v3/__https://news.example/story?id=1__;!!abc!xyz$",
        "https://feeds.feedblitz.com/~/t/0/0/name/~https://news.example/story?id=1",
        f"https://www.google.com/url?q=https%3A%2F%2Fl.facebook.com%2Fl.php%3Fu%3D{ENCODED.replace('%', '%25')}",
    ],
)
def test_a_wrapper_gives_its_address(wrapper: str) -> None:
    assert safe_url(wrapper) == wrapper
    assert unwrap(wrapper) == STORY


def test_the_code_of_an_old_feed_service_is_read() -> None:
    portal = "http://site.feedsportal.com/c/33244/f/5568/s/318f/sc/5/l/"
    assert (
        unwrap(f"{portal}0L0Smobile0Ereview0N0Carticles0C20A130Cbirulki0E2430Bshtml/story01.htm")
        == "http://www.mobile-review.com/articles/2013/birulki-243.shtml"
    )
    unknown = f"{portal}0L0Snews0N0Xa/story01.htm"
    assert unwrap(unknown) == unknown


@pytest.mark.parametrize(
    "page",
    [
        STORY,
        "https://news.example/why-https-matters",
        f"https://www.facebook.com/sharer/sharer.php?u={ENCODED}",
        f"https://twitter.com/intent/tweet?url={ENCODED}",
        f"https://www.linkedin.com/shareArticle?url={ENCODED}",
        f"https://www.reddit.com/submit?url={ENCODED}",
        f"https://getpocket.com/save?url={ENCODED}",
        f"https://translate.google.com/translate?u={ENCODED}",
        f"https://web.archive.org/web/2026/{STORY}",
        f"https://archive.example/?url={ENCODED}",
        f"https://validator.example/check?url={ENCODED}",
        f"https://news.example/login?redirect={ENCODED}",
        f"https://news.example/embed?url={ENCODED}",
        "https://news.example/redirect?url=/story",
        "https://news.example/redirect?url=javascript%3Aalert(1)%2F%2Fhttp%3A%2F%2Fa",
        "https://www.google.com/url?q=https%3A%2F%2Fuser%40evil.example%2F",
        "https://www.google.com/search?q=https%3A%2F%2Fnews.example%2Fstory",
        "https://evil.example/www.google.com/amp/s/news.example/story",
        "https://urldefense.com/v3/__https://news.example/st*ry__;8J!!abc!xyz$",
    ],
)
def test_a_page_that_only_names_another_is_itself(page: str) -> None:
    assert unwrap(page) == page


def test_at_most_three_wrappers_are_taken_off() -> None:
    url = STORY
    for _ in range(4):
        url = "https://a.example/out?url=" + url.replace("%", "%25").replace("&", "%26").replace("?", "%3F")
    assert unwrap(unwrap(url)) == STORY != unwrap(url)


HOSTILE = [
    "https://www.google.com/amp/" + "s/" * 50_000,
    "https://a.feedsportal.com/c/" + "/l/0L" * 20_000,
    "https://a.feedblitz.com/~/t/" + "~http" * 20_000,
    "https://urldefense.com/v3/__" + "a__" * 33_000,
    "https://a.example" + "/redirect" * 11_000 + "?url=http://a",
    "https://a.example/" + "../" * 33_000 + "a" * 10,
    "https://a.example/" + "%41" * 33_000,
    "https://a.example/a?" + "utm_a=1&" * 12_000,
    "https://a.example/a" + ";jsessionid=" * 8_000,
    "https://a.example" + "/a-" * 33_000 + "/amp",
    "amp." * 25_000,
    "https:" + "/" * 100_000,
]


@pytest.mark.parametrize("url", HOSTILE, ids=range(len(HOSTILE)))
def test_no_address_takes_long(url: str) -> None:
    for part in (url, url[:2_040]):
        began = time.perf_counter()
        unwrap(part)
        canonical(part)
        assert time.perf_counter() - began < 0.05


@given(st.text("htps:/.a%3AF2@\\?#&=[]urlq0LCB_~-*;! é", max_size=60).map("https://www.google.com/url?q=http".__add__))
@settings(max_examples=100)
def test_what_was_wrapped_is_safe(url: str) -> None:
    safe = safe_url(url)
    inner = unwrap(safe)
    assert inner == safe or safe_url(inner) == inner != ""
    canonical(url)
