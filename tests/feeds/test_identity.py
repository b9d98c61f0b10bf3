"""The names by which an article is recognised."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.feeds.identity import Identifiable, keys


def names(*items: Identifiable, feed: str = "news") -> list[tuple[str, ...]]:
    return keys(feed, items)


def kinds(*items: Identifiable) -> list[list[str]]:
    return [[name.partition(":")[0] for name in one] for one in names(*items)]


FERRY = Identifiable(guid="1", url="https://news.example/ferry", title="The ferry", published="2026-02-28T09:30:00")


def test_the_strongest_name_comes_first() -> None:
    assert kinds(FERRY) == [["guid", "url", "text"]]


def test_an_article_is_recognised_across_fetches() -> None:
    assert names(FERRY) == names(FERRY)


@pytest.mark.parametrize(
    "changed",
    [
        FERRY._replace(title="The ferry is back", published="2026-03-01T00:00:00"),
        FERRY._replace(guid="another"),
        FERRY._replace(url="https://other.example/moved"),
        FERRY._replace(guid="another", url="http://www.news.example/ferry/?utm_source=rss#top"),
    ],
    ids=["edited", "guid changed", "moved", "guid changed and link respelt"],
)
def test_an_article_that_changes_keeps_a_name(changed: Identifiable) -> None:
    assert set(names(FERRY)[0]) & set(names(changed)[0])


def test_another_feed_recognises_the_link_but_not_the_guid() -> None:
    here, there = names(FERRY)[0], names(FERRY, feed="other")[0]
    assert [name for name in here if name in there] == [name for name in here if name.startswith("url:")]


def test_a_guid_that_is_an_address_survives_the_move_to_https() -> None:
    one, other = (Identifiable(guid=f"{scheme}://news.example/?p=1", title="a") for scheme in ("http", "https"))
    assert names(one)[0][0] == names(other)[0][0]


@pytest.mark.parametrize(
    "items",
    [
        [Identifiable(guid=f"{n}", url="https://news.example/all", title=f"t{n}") for n in range(10)],
        [Identifiable(guid="same", url=f"https://news.example/{n}", title=f"t{n}") for n in range(10)],
        [Identifiable(guid="same", url="https://news.example/all", title=f"t{n}") for n in range(10)],
        [Identifiable(url="https://news.example/all", title=f"t{n}") for n in range(10)],
        [Identifiable(title="same", published=f"2026-03-0{n}") for n in range(10)],
        [Identifiable(title="same", excerpt=f"{n}") for n in range(10)],
    ],
    ids=["one link", "one guid", "one guid and link", "one link without guids", "only dates", "only excerpts"],
)
def test_ten_items_are_ten_articles(items: list[Identifiable]) -> None:
    got = names(*items)
    every = [name for one in got for name in one]
    assert len(every) == len(set(every))


def test_entries_that_are_identical_are_one() -> None:
    one, other = names(FERRY, FERRY)
    assert one == other
    assert len(one) == 3


def test_an_article_whose_guid_is_of_no_use_today_is_recognised_tomorrow() -> None:
    other = FERRY._replace(title="Another", published="2026-03-01")
    assert kinds(FERRY, other) == [["text"], ["text"]]
    assert set(names(FERRY, other)[0]) & set(names(FERRY)[0])


def test_a_front_page_is_no_name() -> None:
    assert kinds(FERRY._replace(url="https://news.example/")) == [["guid", "text"]]


SMALL = st.builds(
    Identifiable,
    guid=st.sampled_from(["", "1", "2"]),
    url=st.sampled_from(["", "https://a.example/1", "https://a.example/2", "https://[bad"]),
    title=st.sampled_from(["a", "b"]),
    published=st.sampled_from(["", "2026-03-01"]),
    excerpt=st.sampled_from(["", "x"]),
)


@dataclass(frozen=True)
class Told:
    """All that can tell an item from another."""

    guid: str
    url: str
    title: str
    when: str


def told(item: Identifiable) -> Told:
    return Told(item.guid, item.url.replace("https://[bad", ""), item.title, item.published or item.excerpt)


@given(st.lists(SMALL, max_size=8))
def test_different_items_of_a_fetch_share_no_name_and_equal_ones_all(items: list[Identifiable]) -> None:
    got = names(*items)
    for item, its in zip(items, got, strict=True):
        for other, others in zip(items, got, strict=True):
            assert (its == others) if told(item) == told(other) else not set(its) & set(others)


@given(st.lists(SMALL, max_size=8), st.randoms())
def test_the_order_of_items_does_not_matter(items: list[Identifiable], random) -> None:
    shuffled = random.sample(items, len(items))
    assert sorted(names(*items)) == sorted(names(*shuffled))
