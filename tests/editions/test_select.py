from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.editions.select import Filters, Sorter
from digest.model import Article, Category, Feed, Match, Newsletter, Primary, Schedule

NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)
TECH = Category(name="tech", title="Tech", match=Match(keywords=("chip",)))
WEATHER = Category(name="weather", title="Weather", match=Match(keywords=("storm",), tags=("Weather",)))
UKRAINE = Category(name="ukraine", title="Ukraine", match=Match(tags=("Ukraine",), patterns=(r"\bkyiv",)))
WORLD = Category(name="world", title="World")
MORE = Category(name="more", title="More news", rest=True)
HOUSE = (TECH, WEATHER, UKRAINE, WORLD, MORE)
NAMES = [category.name for category in HOUSE]


def feed(name: str, *categories: str, **more) -> Feed:
    return Feed(name=name, url=f"https://{name}.example/rss", categories=categories, **more)


FEEDS = {
    each.name: each
    for each in (
        feed("chips", "tech"),
        feed("globe", "world", "unheard-of", "tech"),
        feed("mixed"),
        feed("odds", "more"),
    )
}


def article(number: int = 1, title: str = "Untitled", **more) -> Article:
    more = {"feeds": ("mixed",), "source": "News", "url": "https://news.example/1", "arrived_at": NOON} | more
    return Article(number=number, title=title, **more)


def newsletter(*categories: Category, **more) -> Newsletter:
    return Newsletter(name="daily", title="Daily", schedule=Schedule(), categories=categories or HOUSE, **more)


def places(one: Article, *categories: Category, upto: int | None = None, primary: Primary = Primary.ORDER):
    return Sorter(FEEDS, HOUSE, newsletter(*categories, primary=primary)).places(one, upto)


def test_categories_come_from_feeds_tags_and_words_in_the_newsletters_order():
    assert places(article(feeds=("globe",))) == ("tech", "world")
    assert places(article(feeds=("globe",)), WORLD, TECH) == ("world", "tech")
    everything = article(title="A chip for Kyiv in the storm", feeds=("globe",))
    assert places(everything) == ("tech", "weather", "ukraine", "world")
    assert places(everything, WORLD, UKRAINE) == ("world", "ukraine")


def test_an_article_of_a_feed_that_is_gone_still_has_its_tags_and_words():
    assert places(article(tags=("ukraine",), feeds=("gone",))) == ("ukraine",)
    assert places(article(title="The storm", feeds=("gone",))) == ("weather",)
    assert places(article(feeds=("gone",)), WORLD) == ()


def test_the_rest_takes_what_belongs_to_no_other_category_of_the_house():
    assert places(article()) == ("more",)
    assert places(article(title="The storm")) == ("weather",)
    assert places(article(feeds=("globe",))) == ("tech", "world")
    assert places(article(title="The storm"), MORE, WORLD) == (), "belongs to a category that another newsletter has"
    assert places(article(), WORLD) == ()


def test_a_feed_may_name_the_rest_itself():
    assert places(article(feeds=("odds",))) == ("more",)
    assert places(article(title="The storm", feeds=("odds",))) == ("weather", "more")


@pytest.mark.parametrize(
    ("primary", "expected"),
    [
        (Primary.ORDER, ("tech", "weather", "ukraine", "world")),
        (Primary.FEED, ("world", "tech", "weather", "ukraine")),
        (Primary.MATCH, ("weather", "ukraine", "world", "tech")),
    ],
)
def test_where_an_article_stands_is_the_newsletters_choice(primary: Primary, expected: tuple[str, ...]):
    assert places(article(title="A storm over Kyiv", feeds=("globe", "chips")), primary=primary) == expected


def test_by_feed_the_one_that_brought_it_first_has_the_first_word():
    assert places(article(feeds=("chips", "globe")), primary=Primary.FEED) == ("tech", "world")
    assert places(article(feeds=("globe", "chips")), primary=Primary.FEED) == ("world", "tech")


def test_up_to_a_number_only_the_feeds_that_had_brought_it_by_then_count():
    late = article(5, "Untitled", feeds=("chips", "globe"), since=(5, 9))
    assert places(late, upto=4) == ()
    assert places(late, upto=5) == places(late, upto=8) == ("tech",)
    assert places(late, upto=9) == places(late) == ("tech", "world")


def test_what_has_not_arrived_is_nowhere_whatever_it_says():
    storm = article(5, "The storm", tags=("Ukraine",))
    assert places(storm, upto=4) == ()
    assert places(storm, upto=5) == ("weather", "ukraine")
    assert places(replace(storm, feeds=()), upto=4) == ()
    assert places(replace(storm, feeds=()), upto=5) == ("weather", "ukraine")


def test_what_arrived_again_counts_from_then_on():
    again = article(5, feeds=("chips",), since=(12,))
    assert places(again, upto=11) == ()
    assert places(again, upto=12) == ("tech",)


def test_what_was_the_rest_leaves_it_when_a_feed_of_another_category_brings_it():
    one = article(5, feeds=("mixed", "globe"), since=(5, 9))
    assert places(one, upto=5) == ("more",)
    assert places(one, upto=9) == ("tech", "world")


def test_one_sorter_gives_each_article_its_own_answer():
    sorter = Sorter(FEEDS, HOUSE, newsletter())
    articles = [article(1, "The chip"), article(2, "The storm"), article(1, "The chip")]
    assert [sorter.places(each) for each in articles] == [("tech",), ("weather",), ("tech",)]


def test_one_sorter_gives_an_article_its_own_answer_for_each_number():
    sorter = Sorter(FEEDS, HOUSE, newsletter())
    late = article(5, feeds=("chips", "globe"), since=(5, 9))
    answers = [sorter.places(late, upto) for upto in (9, 5, 4, None, 5, 9)]
    assert answers == [("tech", "world"), ("tech",), (), ("tech", "world"), ("tech",), ("tech", "world")]


ARRIVALS = st.lists(
    st.tuples(st.sampled_from([*FEEDS, "gone"]), st.integers(1, 9)), max_size=4, unique_by=lambda it: it[0]
)
TITLES = st.lists(st.sampled_from(["chip", "storm", "Kyiv", "sun"]), max_size=3).map(" ".join)


@st.composite
def articles(draw) -> Article:
    arrivals = draw(ARRIVALS)
    return article(
        draw(st.integers(1, 9)),
        draw(TITLES),
        feeds=tuple(name for name, _ in arrivals),
        since=tuple(number for _, number in arrivals),
        tags=tuple(draw(st.lists(st.sampled_from(["Ukraine", "Weather"]), max_size=2))),
    )


CATEGORIES = st.permutations(HOUSE).flatmap(lambda order: st.integers(1, len(order)).map(lambda size: order[:size]))


@given(articles(), CATEGORIES, st.none() | st.integers(0, 10))
def test_where_it_stands_is_a_matter_of_order_and_never_of_what_it_belongs_to(one, categories, upto):
    by_order, by_feed, by_match = (places(one, *categories, upto=upto, primary=each) for each in Primary)
    order = [category.name for category in categories]
    assert list(by_order) == sorted(by_order, key=order.index)
    assert len(set(by_order)) == len(by_order)
    assert sorted(by_order) == sorted(by_feed) == sorted(by_match)


@given(articles(), st.integers(0, 10), st.integers(0, 10))
def test_the_rest_is_for_what_is_nowhere_else_and_all_that_has_arrived_is_somewhere(one, upto, later):
    found = places(one, upto=upto)
    if "more" in found and "odds" not in one.feeds:
        assert found == ("more",)
    arrived = min(one.since, default=one.number) <= upto
    assert bool(found) is arrived
    # What it belongs to by name or by its words, it belongs to for good.
    assert set(found) - {"more"} <= set(places(one, upto=max(upto, later)))


def excluded(one: Article, *, house: Match | None = None, **feeds: Match) -> str:
    known = {name: feed(name, exclude=match) for name, match in feeds.items()}
    return Filters(known, newsletter(exclude=house or Match())).why(one)


def test_what_the_newsletter_excludes_is_never_told_whoever_carries_it():
    horoscope = Match(keywords=("horoscope",))
    one = article(title="Your horoscope", feeds=("bbc",))
    assert excluded(one, house=horoscope) == 'excluded by the newsletter: word "horoscope"'
    assert excluded(one, house=horoscope, bbc=Match()) == 'excluded by the newsletter: word "horoscope"'
    assert excluded(article(feeds=("bbc",)), house=horoscope) == ""


def test_what_a_feed_excludes_is_told_where_another_carries_it_too():
    sport = Match(tags=("Sport",))
    one = article(feeds=("bbc", "wire"), tags=("sport",))
    assert excluded(replace(one, feeds=("bbc",)), bbc=sport) == 'excluded by feed bbc: tag "Sport"'
    assert excluded(one, bbc=sport, wire=Match()) == ""
    assert excluded(one, bbc=sport, wire=Match(keywords=("cup",))) == ""


def test_what_all_of_its_feeds_exclude_is_never_told():
    one = article(feeds=("bbc", "wire"), tags=("sport",), title="The cup")
    told = excluded(one, bbc=Match(tags=("Sport",)), wire=Match(keywords=("cup",)))
    assert told == 'excluded by feed bbc: tag "Sport", and by feed wire: word "cup"'


def test_a_feed_that_is_gone_neither_excludes_nor_saves():
    sport = Match(tags=("Sport",))
    assert excluded(article(feeds=("gone", "bbc"), tags=("sport",)), bbc=sport) == 'excluded by feed bbc: tag "Sport"'
    assert excluded(article(feeds=("gone",), tags=("sport",)), bbc=sport) == ""
    assert excluded(article(feeds=(), tags=("sport",)), bbc=sport) == ""


def test_a_feed_excludes_only_its_own_articles():
    assert excluded(article(feeds=("wire",), tags=("sport",)), bbc=Match(tags=("Sport",)), wire=Match()) == ""
