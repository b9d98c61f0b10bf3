import re
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.editions.matching import Matchers, Prepared
from digest.model import NOTHING, Article, Match

NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)


def article(title: str = "Untitled", **more) -> Article:
    more = {"feeds": ("news",), "source": "News", "url": "https://news.example/1", "arrived_at": NOON} | more
    return Article(number=1, title=title, **more)


def why(match: Match, one: Article) -> str:
    return Matchers([match]).why(Prepared(one)).get(0, "")


def has_keyword(keyword: str, title: str = "", excerpt: str = "") -> bool:
    return why(Match(keywords=(keyword,)), article(title=title, excerpt=excerpt)) != ""


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
    assert why(Match(tags=(label,)), article(tags=("first", tag))) == f'tag "{label}"'
    assert why(Match(tags=(label,)), article(tags=("first", tag + "x"))) == ""


def test_an_empty_tag_author_or_match_fits_nothing():
    one = article(title="", tags=("",), author="", feeds=())
    assert why(Match(tags=("", " "), authors=("", " ")), one) == ""
    assert why(NOTHING, article(tags=("a",))) == ""


@given(st.text(max_size=8), st.text(max_size=40), st.text(max_size=40))
def test_any_text_at_all_can_be_keyword_and_title_and_a_keyword_between_spaces_is_found(word, before, after):
    alone = has_keyword(word, title=word)
    assert has_keyword(word, title=f"{before} {word} {after}") >= alone


@pytest.mark.parametrize(
    ("match", "said"),
    [
        (Match(tags=("Trade", "ukraine")), 'tag "ukraine"'),
        (Match(keywords=("grain", "KYIV", "harbour")), 'word "KYIV"'),
        (Match(keywords=("grain", "ships leave")), 'word "ships leave"'),
        (Match(patterns=(r"\bship\w+", "^kyiv")), r'pattern "\bship\w+"'),
        (Match(authors=("bo lund", "ANN SMITH")), 'author "ANN SMITH"'),
        (Match(feeds=("wire", "news")), "feed news"),
        (Match(tags=("x",), keywords=("x",), patterns=("x{2}",), authors=("x",), feeds=("x",)), ""),
    ],
)
def test_what_fits_is_said_as_the_operator_wrote_it(match: Match, said: str):
    one = article("Kyiv: ships leave the harbour", tags=("Ukraine",), author="Ann Smith", feeds=("news", "other"))
    assert why(match, one) == said


def test_of_several_that_fit_the_one_that_was_written_first_is_said():
    one = article("War and peace talks", tags=("b", "a"), author="Ann")
    assert why(Match(tags=("a", "b"), keywords=("war",)), one) == 'tag "a"'
    assert why(Match(tags=("c",), keywords=("peace talks", "war")), one) == 'word "peace talks"'
    assert why(Match(patterns=("talks", "war"), authors=("ann",)), one) == 'pattern "talks"'


@pytest.mark.parametrize(
    "author",
    [
        "Ann Smith",
        "ANN  SMITH",
        "By Ann Smith",
        "Bo Lund, Ann Smith",
        "Ann Smith and Bo Lund",
        "Ann Smith; Bo",
        "Ann Smith/dpa",
    ],
)
def test_an_author_is_found_among_several(author: str):
    assert why(Match(authors=("Ann Smith",)), article(author=author)) == 'author "Ann Smith"'


@pytest.mark.parametrize("author", ["", "Ann", "Joann Smith", "Ann Smithson", "Mary Ann Smith"])
def test_a_part_of_a_name_is_no_author(author: str):
    assert why(Match(authors=("Ann Smith",)), article(author=author)) == ""


def test_a_pattern_is_searched_for_in_title_and_excerpt_each_by_itself():
    one = article("The harbour", excerpt="Opens on Monday")
    assert why(Match(patterns=("^opens",)), one)
    assert why(Match(patterns=("HARBOUR$",)), one)
    assert not why(Match(patterns=(r"harbour\s+opens",)), one)
    assert not why(Match(patterns=("the.harbour.opens",)), one)


def test_only_the_feeds_that_count_as_carrying_it_fit():
    one = article(feeds=("news", "wire"))
    assert why(Match(feeds=("wire",)), one) == "feed wire"
    assert Matchers([Match(feeds=("wire",))]).why(Prepared(one, feeds=("news",))) == {}


def test_many_matches_are_told_apart_and_one_word_may_be_of_several():
    matches = [
        Match(keywords=("bank",)),
        NOTHING,
        Match(keywords=("BANK", "bank rate")),
        Match(patterns=("^the",)),
        Match(keywords=("river",)),
    ]
    told = Matchers(matches).why(Prepared(article("The bank rate")))
    assert list(told.items()) == [(0, 'word "bank"'), (2, 'word "BANK"'), (3, 'pattern "^the"')]


def test_a_pattern_that_cannot_be_read_is_refused():
    with pytest.raises(ValueError, match="missing"):
        Matchers([Match(patterns=("(",))])


def test_what_is_read_of_an_article_is_bounded_whatever_it_holds():
    heap = "e" + "\u0301\u0316" * 500_000
    ligatures = "\ufdfa" * 100_000
    one = article(heap, excerpt=ligatures, tags=(heap,) * 500, author=heap, feeds=tuple(map(str, range(1_000))))
    prepared = Prepared(one)
    assert len(prepared.text) < 100_000
    assert max(map(len, prepared.encoded)) < 10_000
    assert max(map(len, prepared.tags)) < 10_000
    assert len(prepared.feeds) < 1_000
    assert why(Match(tags=("x",), keywords=("x",), patterns=("x",), authors=("x",)), one) == ""


def test_text_with_halves_of_characters_is_compared_like_any_other():
    assert why(Match(patterns=("end$",)), article("\ud800 the end"))
    assert why(Match(keywords=("end",)), article("\ud800 the end", tags=("\udfff",), author="\ud83d"))


WORDS = st.sampled_from(["alpha", "beta", "gamma", "delta"])


@given(st.lists(st.lists(WORDS, max_size=3), max_size=5), st.lists(WORDS, max_size=6), st.lists(WORDS, max_size=3))
def test_each_match_has_the_answer_that_it_has_alone(lists, title, tags):
    matches = [Match(keywords=(*words, " ".join(words)), tags=tuple(words[:1])) for words in lists]
    one = article(" ".join(title), tags=tuple(tags))
    together = Matchers(matches).why(Prepared(one))
    assert [together.get(place, "") for place in range(len(matches))] == [why(match, one) for match in matches]
    padded = f" {one.title} "
    fits = [
        any(word in tags for word in words[:1])
        or any(re.search(f" {phrase} ", padded) for phrase in (*words, " ".join(words)) if phrase)
        for words in lists
    ]
    assert [place in together for place in range(len(matches))] == fits
