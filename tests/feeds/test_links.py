"""Addresses from outside."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.feeds.links import best_image, canonical, pixels, safe_url
from digest.model import Image

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
    ],
)
def test_addresses_that_differ_are_different(one: str, other: str) -> None:
    assert canonical(one) != canonical(other)


def test_the_order_of_parameters_does_not_matter() -> None:
    assert canonical("https://a.example/?b=1&a=2") == canonical("https://a.example/?a=2&b=1")


def test_a_front_page_is_nothing_to_recognise_an_article_by() -> None:
    assert canonical("https://news.example/") == canonical("http://www.news.example?utm_source=x") == ""


@pytest.mark.parametrize(
    "pixel",
    [
        Image(url="https://a.example/a.jpg", width=1, height=1),
        Image(url="https://a.example/a.jpg", height=2),
        Image(url="https://pixel.wp.com/g.gif?x=1"),
        Image(url="https://feeds.feedburner.com/~r/news/~4/abc"),
        Image(url="https://a.example/open.gif?id=7"),
        Image(url="https://a.example/icon.png", width=16, height=16),
        Image(url=""),
    ],
)
def test_a_pixel_is_no_picture(pixel: Image) -> None:
    real = Image(url="https://a.example/real.jpg")
    assert best_image([pixel]) is None
    assert best_image([pixel, real]) == real


def test_the_smallest_picture_that_fills_a_column_is_shown() -> None:
    small, fit, huge = (Image(url=f"https://a.example/{width}.jpg", width=width) for width in (140, 640, 3000))
    assert best_image([small, huge, fit]) == fit
    assert best_image([small, huge]) == huge
    unknown = Image(url="https://a.example/first.jpg")
    assert best_image([unknown, fit]) == unknown


@pytest.mark.parametrize(
    ("value", "number"), [("640", 640), ("640px", 640), ("12.5", 12), ("100%", 0), ("", 0), (None, 0), ("-1", 0)]
)
def test_sizes_are_whole_pixels(value: object, number: int) -> None:
    assert pixels(value) == number
