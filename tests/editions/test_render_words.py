"""Dates, ages and pictures as a letter says and shows them; addresses as it writes them."""

from datetime import UTC, datetime, timedelta

import pytest
from babel.localedata import locale_identifiers

from digest.editions.render_picture import Picture, thumbnail, wide
from digest.editions.render_url import safe_url
from digest.editions.render_words import Language, language_tag, reading_minutes
from digest.model import Image

# A Monday.
NOW = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("ago", "said"),
    [
        (timedelta(seconds=20), "1 min ago"),
        (timedelta(minutes=59), "59 min ago"),
        (timedelta(hours=1), "1 h ago"),
        (timedelta(hours=11), "11 h ago"),  # last evening, still fresh
        (timedelta(hours=12), "yesterday"),
        (timedelta(hours=31), "yesterday"),  # Sunday 00:00
        (timedelta(hours=32), "Saturday"),
        (timedelta(days=6), "Tuesday"),
        (timedelta(days=7), "Nov 16, 2026"),
    ],
)
def test_an_age_is_in_hours_while_fresh_and_a_day_after_that(ago: timedelta, said: str) -> None:
    assert Language.of("en").age(NOW - ago, NOW, 0) == said


@pytest.mark.parametrize(
    ("tag", "said"),
    [
        ("de", ["vor 1 Min.", "vor 5 Std.", "gestern", "Samstag", "14.09.2026"]),
        ("fr", ["il y a 1 min", "il y a 5 h", "hier", "samedi", "14 sept. 2026"]),
        ("es", ["hace 1 min", "hace 5 h", "ayer", "sábado", "14 sept 2026"]),
        ("uk", ["1 хв тому", "5 год тому", "учора", "субота", "14 вер. 2026 р."]),
        ("ar", ["قبل دقيقة واحدة", "قبل 5 ساعات", "أمس", "السبت", "14/09/2026"]),
        # No catalogue of ours: CLDR says all of it, and names the day where it has no word for yesterday.
        ("ja", ["1 分前", "5 時間前", "日曜日", "土曜日", "2026/09/14"]),
        # CLDR has no short form of one of its units.
        ("ms", ["1 min lalu", "5 jam lalu", "Ahad", "Sabtu", "14 Sep 2026"]),
    ],
)
def test_an_age_is_said_in_the_language(tag: str, said: list[str]) -> None:
    elapsed = (timedelta(0), timedelta(hours=5), timedelta(hours=25), timedelta(days=2), timedelta(days=70))
    ages = [Language.of(tag).age(NOW - ago, NOW, 0) for ago in elapsed]
    plain = str.maketrans("\u00a0\u202f", "  ", "\u200f")
    assert [age.translate(plain) for age in ages] == said


def test_an_age_is_said_in_every_language_that_there_is() -> None:
    for tag in locale_identifiers():
        language = Language.of(tag)
        assert language.tag == tag.replace("_", "-")
        for minutes in (5, 5 * 60, 25 * 60, 3 * 24 * 60, 70 * 24 * 60):
            assert language.age(NOW - timedelta(minutes=minutes), NOW, 0), tag


def test_yesterday_is_the_readers_own() -> None:
    published = NOW - timedelta(hours=14)  # 17:00 in London, 02:00 of the same Monday in Tokyo
    assert Language.of("en").age(published, NOW, 0) == "yesterday"
    assert Language.of("en").age(published, NOW, 9 * 60) == "14 h ago"


@pytest.mark.parametrize(
    ("tag", "written"),
    [
        ("en-GB", "Monday, 23 November 2026"),
        ("de", "Montag, 23. November 2026"),
        ("pt_BR", "segunda-feira, 23 de novembro de 2026"),
        ("tlh", "Monday, November 23, 2026"),
        ("", "Monday, November 23, 2026"),
        ("<b>", "Monday, November 23, 2026"),
    ],
)
def test_a_date_is_written_in_the_language_or_else_in_english(tag: str, written: str) -> None:
    assert Language.of(tag).long_date(NOW.date()) == written


@pytest.mark.parametrize("tag", ["ar", "he", "fa", "ur", "ar-EG"])
def test_languages_that_run_from_right_to_left_say_so(tag: str) -> None:
    assert Language.of(tag).direction == "rtl"
    assert Language.of("en").direction == "ltr"


def test_a_language_tag_from_a_feed_is_taken_only_if_it_is_one() -> None:
    assert language_tag("pt_BR ") == "pt-BR"
    assert language_tag("english, mostly") == ""
    assert language_tag('"><script>') == ""


def test_a_tag_is_no_longer_than_one_has_to_be() -> None:
    assert language_tag("zh-cmn-Hans-CN-x-private-useful-here") == ""
    assert Language.of("de-" + "a-" * 10_000).tag == "en"


@pytest.mark.parametrize(
    ("tag", "catalogue", "spoken"),
    [
        ("de", "de", "de"),
        ("de-AT", "de", "de-AT"),
        ("DE-at", "de", "DE-at"),
        ("uk_UA", "uk", "uk-UA"),
        ("ar-EG", "ar", "ar-EG"),
        ("en-GB", "", "en-GB"),
        ("he", "", "en"),
        ("zh-TW", "", "en"),
        ("tlh", "", "en"),
    ],
)
def test_our_words_are_those_of_the_nearest_catalogue_and_else_english(tag: str, catalogue: str, spoken: str) -> None:
    language = Language.of(tag)
    assert (language.catalogue, language.spoken.tag) == (catalogue, spoken)
    assert (language.words.gettext("Unsubscribe") == "Unsubscribe") is not bool(catalogue)


@pytest.mark.parametrize(
    ("tag", "written"), [("en", "12,345"), ("de", "12.345"), ("fr", "12 345"), ("ar", "12,345"), ("fa", "12,345")]
)
def test_numbers_are_grouped_as_the_language_does_in_the_digits_that_its_dates_have(tag: str, written: str) -> None:
    language = Language.of(tag)
    assert language.number(12345).replace("\u202f", " ") == written
    assert language.number(999) == "999"
    assert language.number(-1) in {"-1", "\u200e-1", "\u200e\u22121"}


def test_reading_takes_at_least_a_minute_and_unknown_length_takes_none() -> None:
    assert [reading_minutes(words) for words in (0, 1, 230, 1150)] == [0, 1, 1, 5]


@pytest.mark.parametrize(
    ("given", "written"),
    [
        ("https://post.example/a?b=1&c=2#d", "https://post.example/a?b=1&c=2#d"),
        (" https://post.example/a%20b c ", "https://post.example/a%20b%20c"),
        ("https://bücher.example/ü", "https://xn--bcher-kva.example/%C3%BC"),
        ('https://post.example/"><script>', "https://post.example/%22%3E%3Cscript%3E"),
        ("javascript:alert(1)", ""),
        ("data:text/html,x", ""),
        ("https://", ""),
        ("https://[bad/", ""),
        ("https://" + "ü" * 99 + ".example/", ""),
        ("", ""),
    ],
)
def test_an_address_is_http_and_ascii_or_none(given: str, written: str) -> None:
    assert safe_url(given) == written


def image(width: int, height: int, url: str = "https://images.example/a.jpg") -> Image:
    return Image(url=url, width=width, height=height, alt="A ferry\nat dusk")


def test_a_picture_fills_the_column_in_its_own_shape() -> None:
    assert wide(image(1200, 600)) == Picture("https://images.example/a.jpg", 536, 268, "A ferry at dusk")
    assert thumbnail(image(240, 135)) == Picture("https://images.example/a.jpg", 96, 54, "A ferry at dusk")


@pytest.mark.parametrize(
    "unfit",
    [
        None,
        image(0, 0),
        image(1200, 0),
        image(1200, 1200),
        image(4000, 400),
        image(90, 60),
        image(1200, 600, "http://images.example/a.jpg"),
        image(1200, 600, "data:image/png;base64,AA"),
    ],
)
def test_a_picture_of_unknown_size_odd_shape_or_open_transport_is_left_out(unfit: Image | None) -> None:
    assert wide(unfit) is None
    assert thumbnail(unfit) is None


def test_a_picture_too_small_for_the_column_can_be_a_thumbnail() -> None:
    assert wide(image(240, 135)) is None
    assert thumbnail(image(240, 135)) is not None
