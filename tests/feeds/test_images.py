"""Pictures that feeds name."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.feeds.images import best, of_element, pixels, source_set
from digest.feeds.text.plain import read_html
from digest.model import Image

REAL = Image(url="https://a.example/real.jpg")
BASE = "https://a.example/story/"


@pytest.mark.parametrize(
    "other",
    [
        Image(url="https://a.example/a.jpg", width=1, height=1),
        Image(url="https://a.example/a.jpg", height=2),
        Image(url="https://a.example/icon.png", width=16, height=16),
        Image(url="https://a.example/icon.png", width=16),
        Image(url="https://a.example/a.jpg", width=728, height=90),
        Image(url="https://a.example/a.jpg", width=120, height=600),
        Image(url="https://a.example/ad-728x90.jpg"),
        Image(url="https://pixel.wp.com/g.gif?x=1"),
        Image(url="https://stats.wordpress.com/b.gif?host=a"),
        Image(url="http://feeds.wordpress.com/1.0/comments/a.wordpress.com/1/"),
        Image(url="https://feeds.feedburner.com/~r/news/~4/abc"),
        Image(url="http://feeds.feedburner.com/~ff/news?d=yIl2AUoC8zA"),
        Image(url="https://news.example/~ff/news?d=yIl2AUoC8zA"),
        Image(url="https://a.example/open.gif?id=7"),
        Image(url="https://vg07.met.vgwort.de/na/0a1b"),
        Image(url="https://medium.com/_/stat?event=post.clientViewed&postId=1"),
        Image(url="https://blogger.googleusercontent.com/tracker/1-2"),
        Image(url="https://media.example/include/images/tracking/rss-pixel.png"),
        Image(url="https://stats.a.example/matomo.php?idsite=1"),
        Image(url="https://ad.doubleclick.net/ad/a.jpg"),
        Image(url="https://ads.example/banner.jpg"),
        Image(url="https://secure.gravatar.com/avatar/0a1b?s=96"),
        Image(url="https://a.example/avatars/ada.jpg"),
        Image(url="https://lh3.googleusercontent.com/-I5V/AAI/AAo/XKI/s72-c/photo.jpg", width=72, height=72),
        Image(url="https://s.w.org/images/core/emoji/15/72x72/1f600.png"),
        Image(url="https://a.example/wp-includes/images/smilies/icon_smile.gif"),
        Image(url="https://a.example/img/spacer.gif"),
        Image(url="https://a.example/img/lazy-placeholder.png"),
        Image(url="https://a.example/img/no-image.jpg"),
        Image(url="https://a.example/share-button.png"),
        Image(url="https://a.example/logo.svg"),
        Image(url="https://a.example/logo.svg?v=2"),
        Image(url="https://a.example/favicon.ico"),
        Image(url=""),
    ],
    ids=lambda image: image.url,
)
def test_what_is_no_picture_of_the_article_is_passed_over(other: Image) -> None:
    assert best([other]) is None
    assert best([other, REAL]) == REAL
    assert best([], [other, REAL]) == REAL


@pytest.mark.parametrize(
    "url",
    [
        "https://a.example/pixel-art.jpg",
        "https://a.example/the-blank-page.jpg",
        "https://a.example/ads/how-they-work.jpg",
        "https://a.example/open-source.png",
        "https://a.example/facebook-office.jpg",
        "https://a.example/beacons/lighthouse.jpg",
        "https://loads.example/a.jpg",
        "https://a.example/b.jpg",
        "https://i.guim.co.uk/img/tracking-the-storm.jpg",
    ],
)
def test_a_picture_whose_name_only_sounds_like_one_is_shown(url: str) -> None:
    assert best([Image(url=url)]) == Image(url=url)


def test_the_smallest_picture_that_fills_a_column_is_shown() -> None:
    small, fit, huge = (Image(url=f"https://a.example/{width}.jpg", width=width) for width in (140, 640, 3000))
    assert best([small, huge, fit]) == fit
    assert best([small, huge]) == huge
    unknown = Image(url="https://a.example/first.jpg")
    assert best([unknown, fit]) == unknown


def test_of_two_as_wide_the_one_of_known_height_is_shown() -> None:
    half = Image(url="https://a.example/a.jpg", width=640)
    whole = Image(url="https://a.example/b.jpg", width=640, height=360)
    assert best([half, whole]) == whole


def test_what_the_feed_names_comes_before_what_the_text_shows() -> None:
    assert best([REAL], [Image(url="https://a.example/other.jpg")]) == REAL
    assert best([], [], [REAL]) == REAL


def test_a_picture_of_the_text_is_shown_where_the_feed_has_only_a_thumbnail() -> None:
    thumbnail = Image(url="https://a.example/s72-c/a.jpg", width=72, height=72)
    large = Image(url="https://a.example/a.jpg", width=800, height=450)
    assert best([thumbnail], [REAL]) == REAL
    assert best([thumbnail], [REAL, large]) == large
    assert best([thumbnail], [REAL] * 5 + [large]) == REAL
    assert best([thumbnail]) == thumbnail


@pytest.mark.parametrize(
    ("url", "width", "height"),
    [
        ("https://a.example/wp-content/uploads/a-1024x683.jpg", 1024, 683),
        ("https://a.example/wp-content/uploads/a-1024x683.jpg?ver=3", 1024, 683),
        ("https://a.example/c/a_142x100.jpg", 142, 100),
        ("https://a.example/1200x675/a.jpg", 1200, 675),
        ("https://i0.wp.com/a.example/a.jpg?resize=640%2C360&ssl=1", 640, 360),
        ("https://i0.wp.com/a.example/a.jpg?fit=1024%2C683&ssl=1", 1024, 683),
        ("https://a.example/a.jpg?w=800&h=450&crop=1", 800, 450),
        ("https://i.guim.co.uk/img/media/0a/0_200_6000_3600/master/6000.jpg?width=460&quality=85&fit=max", 460, 276),
        ("https://res.cloudinary.com/a/image/upload/c_fill,w_800,h_450/a.jpg", 800, 450),
        ("https://a.example/a.jpg?w=800&h=450", 0, 0),
        ("https://a.example/1200x1200/a.jpg", 0, 0),
        ("https://a.example/a-1024x683.jpg?w=300", 0, 0),
        ("https://res.cloudinary.com/a/image/upload/c_limit,w_800,h_450/a.jpg", 0, 0),
        ("https://i.guim.co.uk/img/media/0a/0_200_6000_3600/master/6000.jpg", 0, 0),
        ("https://i.guim.co.uk/img/media/0a/0_200_00_00/master/6000.jpg?width=460", 0, 0),
        ("https://a.example/screen-1920x1080-wallpapers.html.jpg", 0, 0),
    ],
)
def test_an_address_tells_both_sizes_or_none(url: str, width: int, height: int) -> None:
    assert best([Image(url=url)]) == Image(url=url, width=width, height=height)


def test_what_the_feed_says_of_a_size_counts_before_the_address() -> None:
    both = Image(url="https://a.example/a-1024x683.jpg", width=300, height=200)
    width = Image(url="https://a.example/a-1024x683.jpg", width=300)
    assert best([both]) == both
    assert best([width]) == width


@pytest.mark.parametrize(
    ("html", "picture"),
    [
        ('<img src="a.jpg" width="640" height="360">', ("a.jpg", 640, 360)),
        ('<img src="a.jpg" style="max-width:100%;width: 640px; height:360.5px">', ("a.jpg", 640, 360)),
        ('<img src="a.jpg" width="100%" height="auto">', ("a.jpg", 0, 0)),
        ('<img src="data:image/gif;base64,R0lG" data-src="a.jpg">', ("a.jpg", 0, 0)),
        ('<img src="/img/1x1.gif" data-lazy-src="a.jpg" data-src="b.jpg">', ("a.jpg", 0, 0)),
        ('<img src="/img/blank.gif" data-original="a.jpg">', ("a.jpg", 0, 0)),
        ('<img src="data:," data-srcset="s.jpg 300w, m.jpg 768w, l.jpg 2000w">', ("m.jpg", 768, 0)),
        ('<img src="a-1024x512.jpg" width="1024" height="512" srcset="a.jpg 1024w, b.jpg 300w, c.jpg 768w">',
         ("c.jpg", 768, 384)),
        ('<img src="a.jpg" srcset="b.jpg 2x">', ("a.jpg", 0, 0)),
        ('<img src="a.jpg" srcset="w_300,h_200/b.jpg 300w,w_800,h_500/c.jpg 800w">', ("w_800,h_500/c.jpg", 800, 0)),
        ('<picture><source srcset="l.jpg 1600w, m.jpg 800w"><img src="data:,"></picture>', ("m.jpg", 800, 0)),
        ('<picture><source srcset="m.webp 800w"><img src="a.jpg"></picture>', ("a.jpg", 0, 0)),
    ],
)  # fmt: skip
def test_an_element_shows_its_real_picture(html: str, picture: tuple[str, int, int]) -> None:
    (image,) = read_html(html, BASE).images
    assert (image.url.removeprefix(BASE), image.width, image.height) == picture


def test_an_element_without_a_picture_has_none() -> None:
    assert of_element({"src": "data:image/gif;base64,R0lG"}, BASE) is None
    assert of_element({"src": None, "srcset": "javascript:alert(1) 600w"}, BASE) is None
    assert read_html('<picture><source srcset="x 1w"></picture><img>', BASE).images == ()


def test_a_source_set_is_read_as_browsers_do() -> None:
    got = list(source_set("a.jpg 1x, b,c.jpg 600w,d.jpg 900w , e.jpg, f.jpg 0w, g.jpg 1200w 800h", BASE, 300, 200))
    assert [(one.url.removeprefix(BASE), one.width, one.height) for one in got] == [
        ("b,c.jpg", 600, 400), ("d.jpg", 900, 600), ("g.jpg", 1200, 800),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("value", "number"), [("640", 640), ("640px", 640), ("12.5", 12), ("100%", 0), ("", 0), (None, 0), ("-1", 0)]
)
def test_sizes_are_whole_pixels(value: object, number: int) -> None:
    assert pixels(value) == number


HOSTILE = [
    "/b",
    "_",
    "-",
    "/w_10,",
    "c_a,",
    "1x1",
    "/12x",
    "~r",
    "/pixel",
    ".a",
    "tracking.",
    "facebook_",
    "icon_",
    "a ",
]


@pytest.mark.parametrize("piece", HOSTILE)
def test_no_address_takes_long(piece: str) -> None:
    text = piece * (100_000 // len(piece))
    began = time.perf_counter()
    best(
        [Image(url=f"https://a.example/{text}"), Image(url=f"https://{text}")],
        [Image(url=f"https://a.example/?w={text}")],
    )
    pixels(text)
    list(source_set(text, BASE))
    of_element({"src": text, "style": "width:" + text, "srcset": text, "width": " " * 100_000}, BASE, [text])
    assert time.perf_counter() - began < 0.1


def test_a_page_of_pictures_in_one_element_does_not_take_long() -> None:
    html = "<picture>" + "<source srcset='a.jpg 600w'><img src=x>" * 3_000
    began = time.perf_counter()
    assert len(read_html(html, BASE).images) == 3_000
    assert time.perf_counter() - began < 2


IMAGES = st.builds(
    Image,
    url=st.sampled_from(["", "https://a.example/a.jpg", "http://a.example/b-800x600.jpg", "https://a.example/x.svg"]),
    width=st.integers(0, 2_000),
    height=st.integers(0, 2_000),
)


@given(st.lists(IMAGES, max_size=6), st.lists(IMAGES, max_size=6))
@settings(max_examples=100)
def test_the_best_is_one_of_them_and_fit_to_show(own: list[Image], shown: list[Image]) -> None:
    image = best(own, shown)
    if image is not None:
        assert image.url in {one.url for one in (*own, *shown)}
        assert 0 in {image.width, image.height} or (min(image.width, image.height) >= 48)
        assert not image.url.endswith(".svg")


@given(st.text("a,. 0123456789wxh\n", max_size=80))
@settings(max_examples=100)
def test_any_source_set_is_read(text: str) -> None:
    assert all(one.width > 0 and one.url.startswith("https://") for one in source_set(text, BASE))
