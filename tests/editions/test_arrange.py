from collections import Counter
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from digest.editions.arrange import Arrangement, arrange
from digest.editions.select import Sorter
from digest.model import Article, Category, Feed, Image, Limits, Newsletter, Schedule, View

NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)
NAMES = ("a", "b", "c", "d")
CATEGORIES = {name: Category(name=name, title=name.upper(), match_tags=(name,)) for name in NAMES}
PICTURE = Image(url="https://news.example/1.jpg")


def article(number: int, *tags: str, **more) -> Article:
    more = {"feeds": (), "source": "News", "title": f"No. {number}", "url": "", "arrived_at": NOON} | more
    return Article(number=number, tags=tags, **more)


def arranged(articles, has: str = "abcd", view: str = "abcd", **limits: int) -> Arrangement:
    newsletter = Newsletter(
        name="daily",
        title="Daily",
        schedule=Schedule(),
        categories=tuple(CATEGORIES[name] for name in has),
        limits=Limits(**limits),
    )
    reader = View(mark=0, categories=tuple(view), language="en", offset=0)
    return arrange(articles, newsletter, reader, Sorter({}, tuple(CATEGORIES.values())))


def numbers(arrangement: Arrangement) -> dict[str, list[int]]:
    return {section.category.name: [story.lead.number for story in section.stories] for section in arrangement.sections}


def test_an_article_stands_in_the_first_of_the_newsletters_categories_that_it_and_the_view_have():
    articles = [article(1, "a", "b"), article(2, "b", "c"), article(3, "c", "d"), article(4)]
    assert numbers(arranged(articles)) == {"a": [1], "b": [2], "c": [3]}
    assert numbers(arranged(articles, has="dcba")) == {"d": [3], "c": [2], "b": [1]}
    assert numbers(arranged(articles, view="bd")) == {"b": [1, 2], "d": [3]}
    assert numbers(arranged(articles, has="ab", view="bcd")) == {"b": [1, 2]}


def test_a_section_is_newest_first_and_a_date_from_the_future_or_none_is_the_arrival():
    hour = timedelta(hours=1)
    articles = [
        article(1, "a", published_at=NOON - 3 * hour),
        article(2, "a"),
        article(3, "a", published_at=NOON + 900 * hour),
        article(4, "a", published_at=NOON - hour),
        article(5, "a", arrived_at=NOON + hour),
        article(6, "a", arrived_at=NOON + hour, published_at=NOON - 2 * hour),
    ]
    assert numbers(arranged(articles)) == {"a": [5, 2, 3, 4, 6, 1]}


def test_what_is_beyond_a_sections_limit_is_counted():
    result = arranged([article(n, "a") for n in range(1, 8)] + [article(9, "b")], per_section=3)
    assert [(len(section.stories), section.more) for section in result.sections] == [(3, 4), (1, 0)]
    assert result.shown == 4
    assert result.articles == (1, 2, 3, 4, 5, 6, 7, 9)


def test_the_total_limit_is_shared_in_turn():
    articles = [article(n, name) for n, name in enumerate("aaaaaaaa" + "b" + "cccc" + "dd", 1)]
    shares = {
        total: [len(section.stories) for section in arranged(articles, stories=total, per_section=5).sections]
        for total in (2, 4, 8, 30)
    }
    assert shares == {2: [1, 1, 0, 0], 4: [1, 1, 1, 1], 8: [3, 1, 2, 2], 30: [5, 1, 4, 2]}
    assert [section.more for section in arranged(articles, stories=2).sections] == [7, 0, 4, 2]


def test_the_lead_is_the_newest_story_with_an_image_of_the_first_section_and_comes_first_there():
    articles = [article(1, "a"), article(2, "a", image=PICTURE), article(3, "a", image=PICTURE), article(4, "b")]
    result = arranged(articles)
    assert result.lead is result.sections[0].stories[0]
    assert numbers(result) == {"a": [2, 1, 3], "b": [4]}


def test_there_is_no_lead_of_few_stories_or_without_an_image_in_the_first_section():
    assert arranged([article(1, "a", image=PICTURE), article(2, "a")]).lead is None
    assert arranged([article(1, "a"), article(2, "a"), article(3, "b", image=PICTURE)]).lead is None
    beyond = [article(1, "a"), article(2, "a", image=PICTURE), article(3, "b"), article(4, "c")]
    assert arranged(beyond, per_section=1).lead is None


def test_the_reading_time_is_of_what_is_shown_and_counts_the_excerpt_where_the_length_is_unknown():
    articles = [
        article(1, "a", words=230, excerpt="Short."),
        article(2, "a", excerpt="one two"),
        article(3, "a", words=999),
    ]
    assert arranged(articles[:1]).minutes == 1
    assert arranged(articles, per_section=2).minutes == 2
    assert arranged(articles).minutes == 6  # 1,231 words
    assert arranged([]).minutes == 0


def test_nothing_in_nothing_out():
    nothing = Arrangement(lead=None, sections=(), articles=(), shown=0, minutes=0)
    assert arranged([]) == arranged([article(1, "a")], view="b") == nothing


def test_a_category_given_by_the_feed_counts_as_well():
    feeds = {"news": Feed(name="news", url="https://news.example/rss", categories=("b",))}
    newsletter = Newsletter(name="n", title="N", schedule=Schedule(), categories=(CATEGORIES["b"],))
    view = View(mark=0, categories=("b",), language="en", offset=0)
    result = arrange([article(1, feeds=("news",))], newsletter, view, Sorter(feeds, newsletter.categories))
    assert numbers(result) == {"b": [1]}


some_articles = st.lists(
    st.builds(
        lambda tags, published, picture: (tags, NOON + published * timedelta(hours=1), picture),
        st.sets(st.sampled_from((*NAMES, "elsewhere"))),
        st.integers(-3, 2),
        st.none() | st.just(PICTURE),
    ),
    max_size=25,
).map(
    lambda rows: [
        article(n, *sorted(tags), published_at=published, image=picture)
        for n, (tags, published, picture) in enumerate(rows, 1)
    ]
)
subsets = st.lists(st.sampled_from(NAMES), unique=True, min_size=1).map("".join)


@given(st.data(), some_articles, subsets, subsets, st.integers(1, 12), st.integers(1, 5))
def test_all_that_is_covered_is_told_or_counted_once_within_the_limits_in_whatever_order_it_comes(
    data, articles, has, view, stories, per_section
):
    def run(these) -> Arrangement:
        return arranged(these, has=has, view=view, stories=stories, per_section=per_section)

    result = run(articles)
    assert run(data.draw(st.permutations(articles))) == result

    covers = [name for name in has if name in view]
    home = {a.number: next((name for name in covers if name in a.tags), None) for a in articles}
    expected = Counter(name for name in home.values() if name)
    assert {s.category.name: len(s.stories) + s.more for s in result.sections} == expected
    assert [s.category.name for s in result.sections] == [name for name in covers if expected[name]]
    assert result.articles == tuple(number for number, name in home.items() if name)

    told = [(a.number, s.category.name) for s in result.sections for story in s.stories for a in story.articles]
    assert len(dict(told)) == len(told) == result.shown
    assert all(home[number] == name for number, name in told)
    assert all(len(s.stories) <= per_section for s in result.sections)
    assert result.shown == min(stories, sum(min(count, per_section) for count in expected.values()))
    # Fair: no section is ahead of one that still has something to tell by more than its turn.
    for one in result.sections:
        for other in result.sections:
            if other.more and len(other.stories) < per_section:
                assert len(one.stories) <= len(other.stories) + 1


def test_a_story_names_the_other_categories_of_the_newsletter_that_it_belongs_to():
    told = arranged([article(1, "a", "c", "b"), article(2, "b")], has="cba")
    elsewhere = {s.lead.number: [each.name for each in s.elsewhere] for part in told.sections for s in part.stories}
    assert elsewhere == {1: ["b", "a"], 2: []}
