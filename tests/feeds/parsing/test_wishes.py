"""What a feed says of how it wishes to be polled."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.feeds.parsing.wishes import wishes
from digest.model import Wishes

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
ITEM = "<item><title>One</title></item>"


def rss(head: str, rest: str = ITEM) -> str:
    return f"<rss version='2.0'><channel><title>News</title>{head}{rest}</channel></rss>"


@pytest.mark.parametrize(
    ("head", "every"),
    [
        ("<ttl>60</ttl>", HOUR),
        ("<ttl>\n 60 \n</ttl>", HOUR),
        ("<TTL>60.0</TTL>", HOUR),
        ("<ttl unit='minutes'>60</ttl>", HOUR),
        ("<ttl><![CDATA[60]]></ttl>", HOUR),
        ("<sy:updatePeriod>hourly</sy:updatePeriod>", HOUR),
        ("<sy:updatePeriod>hourly</sy:updatePeriod><sy:updateFrequency>2</sy:updateFrequency>", HOUR / 2),
        ("<syn:updateFrequency>\n6</syn:updateFrequency><syn:updatePeriod>\n\thourly\t</syn:updatePeriod>", HOUR / 6),
        ("<updatePeriod>Daily</updatePeriod>", DAY),
        ("<sy:updatePeriod>weekly</sy:updatePeriod>", 7 * DAY),
        ("<sy:updatePeriod>monthly</sy:updatePeriod>", 30 * DAY),
        ("<sy:updatePeriod>yearly</sy:updatePeriod>", 365 * DAY),
        ("<sy:updateFrequency>24</sy:updateFrequency>", HOUR),
        ("<ttl>5</ttl><sy:updatePeriod>hourly</sy:updatePeriod>", HOUR),
        ("<ttl>90</ttl><sy:updatePeriod>hourly</sy:updatePeriod>", HOUR * 3 / 2),
    ],
)
def test_the_interval_is_the_longer_of_ttl_and_update_period(head: str, every: timedelta) -> None:
    assert wishes(rss(head)) == Wishes(every=every)


@pytest.mark.parametrize(
    "head",
    [
        "",
        "<ttl/>",
        "<ttl></ttl>",
        "<ttl>0</ttl>",
        "<ttl>-1</ttl>",
        "<ttl>an hour</ttl>",
        f"<ttl>{'9' * 40}</ttl>",
        "<ttl>٦٠</ttl>",
        "<ttls>60</ttls>",
        "<!-- <ttl>60</ttl> -->",
        "<description><![CDATA[<ttl>60</ttl>]]></description>",
        "<description>&lt;ttl>60</description>",
        "<sy:updatePeriod>whenever</sy:updatePeriod>",
        "<skipHours><hour>25</hour><hour>99</hour><hour>-1</hour><hour>noon</hour><hour/></skipHours>",
        "<skipDays><day>Caturday</day><day>1</day><day/></skipDays>",
        "<hour>3</hour><day>Monday</day>",
        "<skipDays><hour>3</hour></skipDays><skipHours><day>Monday</day></skipHours>",
        "<skipHours>" + "".join(f"<hour>{hour}</hour>" for hour in range(1, 25)) + "</skipHours>",
        "<skipDays>" + "".join(f"<day>{day}day</day>" for day in
                               ("Mon", "Tues", "Wednes", "Thurs", "Fri", "Satur", "Sun")) + "</skipDays>",
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_no_wish(head: str) -> None:
    assert wishes(rss(head)) == Wishes()


def test_a_wish_is_never_for_more_than_a_year() -> None:
    assert wishes(rss("<ttl>999999999</ttl>")).every == 365 * DAY


def test_a_frequency_that_is_none_counts_as_once() -> None:
    head = "<sy:updatePeriod>hourly</sy:updatePeriod><sy:updateFrequency>{}</sy:updateFrequency>"
    assert {wishes(rss(head.format(often))).every for often in ("0", "-3", "often")} == {HOUR}


def test_hours_and_days_to_skip_are_read_in_any_spelling() -> None:
    head = (
        "<skipHours><hour>0</hour><hour>07</hour><hour> 23 </hour></skipHours>"
        "<SKIPDAYS><Day>Saturday</Day>\n<day>SUNDAY</day></SKIPDAYS>"
    )
    assert wishes(rss(head)) == Wishes(skip_hours=frozenset({0, 7, 23}), skip_days=frozenset({5, 6}))


def test_the_24th_hour_is_midnight() -> None:
    assert wishes(rss("<skipHours><hour>24</hour></skipHours>")).skip_hours == {0}


@pytest.mark.parametrize(
    "start",
    ["<item>", "<item rdf:about='a'>", "<rss:item>", "<entry>", "<atom:entry xml:lang='en'>", "<ITEM\n>", "<item/>"],
)
def test_an_item_does_not_speak_for_its_feed(start: str) -> None:
    assert wishes(rss("", f"{start}<ttl>60</ttl><skipDays><day>Monday</day></skipDays>")) == Wishes()


def test_the_list_of_contents_of_rss_1_is_not_its_first_item() -> None:
    head = "<items><rdf:Seq><rdf:li resource='a'/></rdf:Seq></items><sy:updatePeriod>hourly</sy:updatePeriod>"
    assert wishes(f"<rdf:RDF><channel rdf:about='a'>{head}</channel><item/></rdf:RDF>").every == HOUR


def test_an_atom_feed_may_wish_too() -> None:
    assert wishes("<feed><sy:updatePeriod>daily</sy:updatePeriod><entry/></feed>").every == DAY


@pytest.mark.parametrize(
    "hostile",
    ["<", "<!--", "<![CDATA[", "<ttl ", "<ttl>", "<ttl> ", "<skipHours>", "<hour>1", "<a:", "a", " ", "]]>", "-->"],
)
@pytest.mark.timeout(10)
def test_ten_megabytes_of_anything_take_no_time(hostile: str) -> None:
    wishes(hostile * (10_000_000 // len(hostile)))
    wishes("<ttl>" + hostile * (10_000_000 // len(hostile)))


PIECES = st.sampled_from(
    ["<ttl>", "</ttl>", "<skipHours>", "</skipHours>", "<hour>", "</hour>", "<skipDays>", "<day>", "Monday", "5", "24",
     "-", ".", "<sy:updatePeriod>", "hourly", "yearly", "<sy:updateFrequency>", "<item>", "<!--", "-->", "<![CDATA[",
     "]]>", " ", "9999999999", ">", "/>", "x='"]
)  # fmt: skip


@given(st.lists(PIECES, max_size=30).map("".join) | st.text(max_size=100))
def test_whatever_it_says_a_feed_wishes_for_something_possible(text: str) -> None:
    got = wishes(text)
    assert timedelta() <= got.every <= 365 * DAY
    assert got.skip_hours < frozenset(range(24))
    assert got.skip_days < frozenset(range(7))
