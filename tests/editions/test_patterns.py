import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.editions.patterns import Patterns, encoded, problem


def finds(expression: str, text: str) -> bool:
    return Patterns([expression]).found_in([encoded(text)]) == {0}


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        (r"\bukrain\w+", "In UKRAINIAN hands"),
        ("cafe\u0301", "The Caf\u00e9"),
        ("caf\u00e9", "CAFE\u0301"),
        ("\u043a\u0438\u0457\u0432", "\u041a\u0418\u0407\u0412"),
        (r"\p{Han}{2}", "\u4e4c\u514b\u5170"),
        (r"(?-i:WHO)", "the WHO says"),
        ("^$", ""),
        (r"\d{3}", "1 234"),
    ],
)
def test_it_is_found_anywhere_without_regard_to_case(expression: str, text: str):
    assert finds(expression, text)


def test_it_is_not_found_where_it_is_not():
    assert not finds(r"\bukrain\b", "Ukrainian")
    assert not finds(r"(?-i:WHO)", "who says")
    assert Patterns([]).found_in([b"anything"]) == frozenset()


def test_of_several_all_that_are_in_any_of_the_texts_are_named():
    patterns = Patterns(["one", "two", "[0-9]", "three", "one"])
    assert patterns.found_in([b"ONE", b"three 3"]) == {0, 2, 3, 4}
    assert patterns.found_in([b"", b"twofold"]) == {1}


@pytest.mark.parametrize("expression", ["(", "a{2000}", "[z-a]", r"(a)\1", "(?=a)", "(?<!a)b", "*", "\ud800", "(?P<n>"])
def test_what_cannot_be_searched_for_is_said_and_refused(expression: str):
    assert problem(expression)
    with pytest.raises(ValueError, match=r"."):
        Patterns(["fine", expression])


@pytest.mark.parametrize(
    "expression", [r"\p{L}{20}", r"(?:\p{L}|\p{N}){100}", "((((a{9}){9}){9}){9}){9}", r"\p{L}{1000}"]
)
def test_an_expression_that_is_small_only_on_paper_is_refused(expression: str):
    assert "large" in problem(expression) or "repetition" in problem(expression)
    with pytest.raises(ValueError, match=r"large|repetition"):
        Patterns([expression])


@pytest.mark.parametrize("expression", ["", "a*", "(foo)?", ".*", "a|", r"\s*"])
def test_an_expression_that_fits_every_text_is_a_mistake(expression: str):
    assert problem(expression) == "it fits every text, even an empty one"


@pytest.mark.parametrize("expression", ["^$", "a", ".", r"\bukrain\w+", "(?i)straße", "^(the|a) "])
def test_others_are_none(expression: str):
    assert problem(expression) == ""


@pytest.mark.parametrize(
    "expression",
    [
        "(a+)+$",
        "(a|aa)+$",
        "(a|a?)+$",
        "(.*a){25}$",
        r"(\w+\s?)*$",
        "(x+x+)+y",
        "^(([a-z])+.)+[A-Z]([a-z])+$",
        "(a?){100}a{100}b",
        "(" * 900 + "a" + ")" * 900 + "b",
    ],
)
@pytest.mark.parametrize("text", ["a" * 100_000 + "!", "ab" * 50_000, "x" * 100_000], ids=["a", "ab", "x"])
def test_what_makes_others_hang_for_ever_is_answered_at_once(expression: str, text: str):
    # A search that backtracks would take far longer than the world is old: that it ends is the proof.
    patterns = Patterns([expression])
    assert patterns.found_in([text.encode()]) <= {0}


PARTS = st.sampled_from(["a", "b", "c", "ab", ".", "a*", "b+", "c?", "[ab]", "[^a]", "^", "$", "(?:ab|c)", "|"])


@given(st.lists(st.lists(PARTS, min_size=1, max_size=5).map("".join), max_size=6), st.text("abcABC ", max_size=12))
def test_it_finds_what_another_engine_finds(expressions: list[str], text: str):
    # In Python a $ stands before a line break at the end too; these texts have none.
    expected = {place for place, each in enumerate(expressions) if re.search(each, text, re.IGNORECASE)}
    assert Patterns(expressions).found_in([text.encode()]) == expected


@given(st.text(max_size=12), st.text(max_size=40))
def test_no_expression_and_no_text_raise_anything_else(expression: str, text: str):
    try:
        patterns = Patterns([expression])
    except ValueError:
        return
    assert patterns.found_in([encoded(text)]) <= {0}
