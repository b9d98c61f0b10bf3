from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.editions.select import Sorter, fresh
from digest.model import Article, Category, Feed

NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)


def categories_of(one, feeds, categories):
    return Sorter(feeds, categories).of(one)


def article(number: int = 1, title: str = "Untitled", **more) -> Article:
    more = {"feeds": ("news",), "source": "News", "url": "https://news.example/1", "arrived_at": NOON} | more
    return Article(number=number, title=title, **more)


def has_keyword(keyword: str, title: str = "", excerpt: str = "") -> bool:
    category = Category(name="it", title="It", match_keywords=(keyword,))
    return categories_of(article(title=title, excerpt=excerpt), {}, [category]) == ("it",)


def test_categories_come_from_feeds_tags_and_keywords_in_the_order_of_the_house():
    categories = [
        Category(name="tech", title="Tech", match_keywords=("chip",)),
        Category(name="other", title="Other", match_keywords=("weather",), match_tags=("Weather",)),
        Category(name="ukraine", title="Ukraine", match_tags=("Ukraine",)),
        Category(name="world", title="World"),
    ]
    feeds = {
        "news": Feed(name="news", url="https://news.example/rss", categories=("world", "unheard-of")),
        "chips": Feed(name="chips", url="https://chips.example/rss", categories=("tech",)),
    }
    assert categories_of(article(), feeds, categories) == ("world",)
    assert categories_of(article(feeds=("news", "chips")), feeds, categories) == ("tech", "world")
    everything = article(title="A chip for Kyiv", tags=("UKRAINE ",))
    assert categories_of(everything, feeds, categories) == ("tech", "ukraine", "world")


def test_an_article_of_a_feed_that_is_gone_still_has_its_tags_and_keywords():
    category = Category(name="it", title="It", match_tags=("Economy",), match_keywords=("bank",))
    assert categories_of(article(tags=("economy",), feeds=("gone",)), {}, [category]) == ("it",)
    assert categories_of(article(title="The bank", feeds=("gone",)), {}, [category]) == ("it",)
    assert categories_of(article(feeds=("gone",)), {}, [category]) == ()


@pytest.mark.parametrize(
    ("keyword", "text"),
    [
        ("Kyiv", "KYIV under fire"),
        ("kyiv", "“Kyiv’s” mayor"),
        ("climate change", "Climate   change: what now"),
        ("Covid-19", "covid‑19 returns"),
        ("U.S.", "the U.S. and others"),
        ("Straße", "STRASSE"),
        ("café", "cafe\u0301 society"),
        ("Ukraine", "#Ukraine today"),
        ("Ukraine", "l’Ukraine"),
        ("Ukraine", "❤\ufe0fUkraine"),
        ("cooperate", "coop\u00aderate"),
        ("C++", "Why C++?"),
        ("AT&T", "AT&T sells"),
        ("Disney", "Disney+ grows"),
        ("киев", "Взрывы: КИЕВ"),
        ("Київ", "Вранці Київ"),
        ("اوکراین", "جنگ اوکراین"),
        ("हिन्दी", "आज हिन्दी दिवस"),
        ("iklim", "İklim krizi"),
        ("乌克兰", "俄罗斯和乌克兰的战争"),
        ("ウクライナ", "ロシアとウクライナの戦争"),
        ("AI", "生成AIの未来"),
        ("生成AI", "新しい生成ＡＩが"),
        ("우크라이나", "우크라이나는 오늘"),
        ("ยูเครน", "สงครามยูเครนวันนี้"),
    ],
)
def test_a_keyword_is_found_as_a_whole_word_in_any_script(keyword: str, text: str):
    assert has_keyword(keyword, title=text)
    assert has_keyword(keyword, excerpt=text)


@pytest.mark.parametrize(
    ("keyword", "text"),
    [
        ("chip", "Chipmunks"),
        ("war", "software"),
        ("climate change", "change of climate"),
        ("climate change", "climate changes"),
        ("кот", "который"),
        ("हिन्द", "हिन्दी"),
        ("C++", "vitamin C"),
        ("C#", "C major"),
        ("AI", "AIDS"),
        ("乌克兰", "乌兰克"),
        ("...", "Well... then"),
        ("", "anything"),
    ],
)
def test_a_part_of_a_word_is_no_match(keyword: str, text: str):
    assert not has_keyword(keyword, title=text, excerpt=text)


def test_a_keyword_without_a_word_matches_nothing_not_even_an_article_without_words():
    assert not has_keyword("...")
    assert not has_keyword("...", title="...", excerpt="...")


def test_a_phrase_does_not_begin_in_the_title_and_end_in_the_excerpt():
    assert not has_keyword("white house", title="Painted white", excerpt="House prices fell.")


@pytest.mark.parametrize(("label", "tag"), [("Ukraine", "ukraine"), ("War & Peace", "WAR &  PEACE"), ("Мир", "МИР")])
def test_tags_are_compared_without_regard_to_case(label: str, tag: str):
    category = Category(name="it", title="It", match_tags=(label,))
    assert categories_of(article(tags=("first", tag)), {}, [category]) == ("it",)
    assert categories_of(article(tags=("first", tag + "x")), {}, [category]) == ()


def test_an_empty_tag_matches_nothing():
    assert categories_of(article(tags=("",)), {}, [Category(name="it", title="It", match_tags=("", " "))]) == ()


@given(st.text(max_size=8), st.text(max_size=40), st.text(max_size=40))
def test_any_text_at_all_can_be_keyword_and_title_and_a_keyword_between_spaces_is_found(word, before, after):
    alone = has_keyword(word, title=word)
    assert has_keyword(word, title=f"{before} {word} {after}") >= alone


def test_one_sorter_gives_each_article_its_own_answer():
    sorter = Sorter({}, [Category(name="it", title="It", match_keywords=("bank",))])
    articles = [article(1, "The bank"), article(2, "The river"), article(1, "The bank")]
    assert [sorter.of(each) for each in articles] == [("it",), (), ("it",)]


def test_fresh_is_after_the_mark_up_to_the_edition_not_too_old_and_not_backlog():
    articles = [
        article(4),
        article(5),
        article(6, backlog=True),
        article(7, arrived_at=NOON - timedelta(hours=2)),
        article(8, arrived_at=NOON - timedelta(hours=1)),
        article(9, published_at=NOON - timedelta(days=900)),
        article(10),
    ]
    told = fresh(articles, mark=4, upto=9, not_before=NOON - timedelta(hours=1))
    assert [each.number for each in told] == [5, 8, 9]
