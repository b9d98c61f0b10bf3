from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.editions.rank import Judge, Part, Score, lead_first
from digest.model import Article, Boost, Feed, Image, Match, Newsletter, Schedule

NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
PICTURE = Image(url="https://news.example/1.jpg")


def article(number: int = 1, **more) -> Article:
    more = {"feeds": ("bbc",), "source": "BBC", "title": "Untitled", "url": "", "arrived_at": NOON} | more
    return Article(number=number, **more)


def feed(name: str, weight: int = 0, title: str = "") -> Feed:
    return Feed(name=name, url=f"https://{name}.example/rss", weight=weight, title=title)


def judge(*boosts: Boost, feeds: tuple[Feed, ...] = (), slot: datetime = NOON) -> Judge:
    newsletter = Newsletter(name="daily", title="Daily", schedule=Schedule(), categories=(), boosts=boosts)
    return Judge({each.name: each for each in feeds}, newsletter, slot)


def part(score: Score, name: str) -> Part | None:
    return next((each for each in score.parts if each.name == name), None)


@pytest.mark.parametrize(
    ("hours", "points", "words"),
    [
        (0, 10, "published just now"),
        (0.5, 9.715, "published 30 min ago"),
        (3, 8.409, "published 3 h ago"),
        (12, 5, "published 12 h ago"),
        (24, 2.5, "published 24 h ago"),
        (72, 0.156, "published 3 d ago"),
        (24 * 700_000, 0, "published 700000 d ago"),
    ],
)
def test_what_is_fresh_has_ten_points_and_half_of_them_twelve_hours_later(hours, points, words):
    score = judge().of([article(published_at=NOON - hours * HOUR)])
    assert score == Score(total=points, parts=(Part("freshness", points, words),))


def test_a_date_from_the_future_or_none_is_the_arrival():
    hour_ago = NOON - HOUR
    score = judge().of([article(arrived_at=hour_ago)])
    assert score.parts == (Part("freshness", 9.439, "arrived 1 h ago"),)
    assert judge().of([article(arrived_at=hour_ago, published_at=NOON + 900 * HOUR)]) == score


def test_what_arrived_after_the_slot_is_no_fresher_than_fresh():
    assert judge().of([article(arrived_at=NOON + 5 * HOUR)]).total == 10


def test_a_story_is_as_fresh_as_its_newest_article():
    old, new = article(1, published_at=NOON - 40 * HOUR), article(2, published_at=NOON - 12 * HOUR)
    assert part(judge().of([old, new]), "freshness") == Part("freshness", 5, "published 12 h ago")


def test_sources_count_by_their_logarithm_and_feeds_of_one_title_are_one():
    feeds = (feed("bbc-uk", title="BBC"), feed("bbc-world", title="BBC"), feed("wire", title="Wire"))
    by_three = [
        article(1, feeds=("wire",), source="Wire"),
        article(2, feeds=("bbc-world", "bbc-uk"), source="BBC"),
        article(3, feeds=("gone",), source="Gone"),
    ]
    assert part(judge(feeds=feeds).of(by_three), "coverage") == Part("coverage", 4.755, "covered by 3 sources")
    assert part(judge(feeds=feeds).of(by_three[:2]), "coverage") == Part("coverage", 3, "covered by 2 sources")
    assert part(judge(feeds=feeds).of(by_three[1:2]), "coverage") is None


def test_one_article_that_two_sources_carry_is_covered_by_two():
    score = judge(feeds=(feed("bbc"), feed("wire"))).of([article(feeds=("bbc", "wire"))])
    assert part(score, "coverage") == Part("coverage", 3, "covered by 2 sources")


def test_feeds_whose_articles_name_one_source_are_one():
    articles = [article(1, feeds=("bbc",), source="BBC"), article(2, feeds=("bbc-uk", "bbc"), source="BBC")]
    assert part(judge().of(articles), "coverage") is None


def test_the_heaviest_of_its_feeds_counts_once():
    feeds = (feed("bbc", 2), feed("wire", 5), feed("blog", -3), feed("plain"))
    articles = [article(1), article(2, feeds=("wire", "blog")), article(3, feeds=("gone",))]
    assert part(judge(feeds=feeds).of(articles), "weight") == Part("weight", 5, "feed wire")
    assert part(judge(feeds=feeds).of([article(feeds=("blog", "gone"))]), "weight") == Part("weight", -3, "feed blog")
    assert part(judge(feeds=feeds).of([article(feeds=("blog", "plain"))]), "weight") is None


def test_each_boost_that_fits_any_article_counts_once():
    boosts = [
        Boost(match=Match(keywords=("budget",)), points=5),
        Boost(match=Match(keywords=("sport",)), points=7),
        Boost(match=Match(feeds=("blog",)), points=-2),
        Boost(match=Match(keywords=("budget",)), points=0),
    ]
    articles = [article(1, title="Budget"), article(2, title="The budget again", feeds=("blog",), source="BBC")]
    score = judge(*boosts).of(articles)
    assert score.parts == (
        Part("freshness", 10, "arrived just now"),
        Part("boost", 5, 'boost: word "budget"'),
        Part("boost", -2, "boost: feed blog"),
    )
    assert score.total == 13


@given(
    st.lists(
        st.builds(
            lambda number, hours, feeds: article(number, published_at=NOON - hours * HOUR, feeds=tuple(feeds)),
            st.integers(1, 10**6),
            st.floats(-100, 10_000),
            st.lists(st.sampled_from(["bbc", "wire", "gone"]), max_size=3, unique=True),
        ),
        min_size=1,
        max_size=5,
    )
)
def test_the_parts_make_up_the_total_in_thousandths_whatever_was_asked_before(articles):
    made = judge(Boost(match=Match(feeds=("wire",)), points=3), feeds=(feed("bbc", 4), feed("wire", -4)))
    score = made.of(articles)
    assert score.total == round(sum(each.points for each in score.parts), 3) == round(score.total, 3)
    made.of(articles[:1])
    again = judge(Boost(match=Match(feeds=("wire",)), points=3), feeds=(feed("bbc", 4), feed("wire", -4)))
    assert made.of(articles) == score == again.of(articles)
    assert score.total == made.of(articles[::-1]).total


def leads(first: Article, second: Article, *feeds: Feed) -> bool:
    known = {each.name: each for each in feeds}
    return lead_first([first, second], known)[0] is lead_first([second, first], known)[0] is first


def test_the_lead_is_of_the_weightiest_feed_whatever_the_others_have():
    rich = article(1, excerpt="A long excerpt.", image=PICTURE)
    assert leads(article(2, feeds=("gone", "wire")), rich, feed("wire", 1), feed("bbc"))
    assert leads(rich, article(2, feeds=("wire",)), feed("wire", -1), feed("bbc"))


def test_of_equal_weight_the_lead_has_an_excerpt_then_a_picture_then_the_longest_excerpt():
    assert leads(article(2, excerpt="Short."), article(1, image=PICTURE))
    assert leads(article(2, excerpt="Short.", image=PICTURE), article(1, excerpt="Much longer."))
    assert leads(article(2, excerpt="Much longer."), article(1, excerpt="Short."))


def test_else_the_lead_is_the_earliest_and_then_the_first_to_arrive():
    assert leads(article(2, published_at=NOON - HOUR), article(1))
    assert leads(article(1), article(2))


def test_the_others_follow_by_date_the_earliest_first():
    hours = {1: 3, 2: 9, 3: 1, 4: 3}
    articles = [article(number, published_at=NOON - ago * HOUR) for number, ago in hours.items()]
    articles.append(article(5, excerpt="Leads."))
    assert [each.number for each in lead_first(articles, {})] == [5, 2, 1, 4, 3]
    assert lead_first([], {}) == ()
