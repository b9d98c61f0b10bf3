"""Plain text: columns, lines, rules, cuts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.editions.render_plain import COLUMNS, isolated, one_line, rule, shorten, tidy, width, wrap

anything = st.text(max_size=200)


@pytest.mark.parametrize(
    ("text", "columns"),
    [("abc", 3), ("新聞", 4), ("e\N{COMBINING ACUTE ACCENT}", 1), ("a\N{ZERO WIDTH JOINER}b", 2), ("ｆ", 2), ("", 0)],
)
def test_a_wide_character_takes_two_columns_and_a_mark_none(text: str, columns: int) -> None:
    assert width(text) == columns


@given(anything)
def test_no_wrapped_line_is_wider_than_it_may_be_and_no_character_is_lost(text: str) -> None:
    wrapped = wrap(text)
    assert all(width(line) <= COLUMNS for line in wrapped.split("\n"))
    assert "".join(wrapped.split()) == "".join(text.split())


def test_lines_break_at_spaces() -> None:
    assert wrap("one two three four", 9) == "one two\nthree\nfour"


def test_text_without_spaces_breaks_beside_a_wide_character_and_not_before_its_full_stop() -> None:
    assert wrap("渡し船が夜の海峡に帰る。", 10) == "渡し船が夜\nの海峡に帰\nる。"
    assert wrap("渡し船が帰る。", 12) == "渡し船が帰\nる。"


def test_an_opening_bracket_ends_no_line_and_a_long_vowel_begins_none() -> None:
    assert wrap("渡し船「夜」", 8) == "渡し船\n「夜」"
    assert wrap("夜のフェリー", 10) == "夜のフェ\nリー"
    assert wrap("夜夜夜👩\N{ZERO WIDTH JOINER}👧", 9) == "夜夜夜\n👩\N{ZERO WIDTH JOINER}👧"


def test_a_space_that_does_not_break_holds_words_together() -> None:
    assert wrap("il y a 5\N{NO-BREAK SPACE}min", 10) == "il y a\n5\N{NO-BREAK SPACE}min"


def test_a_soft_break_is_a_space_at_the_end_of_a_line_and_all_other_such_spaces_go() -> None:
    text = "A heading \n\n\n" + wrap("one two three", 8, soft=True) + " \n" + wrap("夜の海峡に", 8, soft=True) + "\t\n"
    assert tidy(text) == "A heading\n\none two  \nthree\n夜の海峡 \nに"


def test_every_line_of_a_letter_from_right_to_left_runs_so_whatever_stands_first_in_it() -> None:
    mark = "\N{RIGHT-TO-LEFT MARK}"
    assert wrap("1. كلمة", direction="rtl") == "1. كلمة"
    assert wrap("Apple قالت", direction="rtl") == f"{mark}Apple قالت"
    assert wrap(isolated("Apple", "rtl") + " قالت", direction="rtl") == "\u2068Apple\u2069 قالت"
    assert wrap("-----", direction="rtl") == f"{mark}-----"
    assert wrap("كلمة Apple", 6, direction="rtl") == f"كلمة\n{mark}Apple"
    assert wrap("", direction="rtl") == ""
    assert wrap("Apple قالت", direction="ltr") == "Apple قالت"


def test_a_rule_is_as_long_as_the_widest_line() -> None:
    assert rule("World\nof 新聞") == "-------"


@given(anything)
def test_one_line_has_no_break_control_surrogate_or_noncharacter(text: str) -> None:
    line = one_line(text + "\r\nBcc: x\x00\ufffe\u2028")
    assert line.splitlines() in ([], [line])
    assert line.encode().decode() == line
    assert not set(line) & {"\x00", "\ufffe"}


@given(anything, st.integers(min_value=4, max_value=80))
def test_what_is_shortened_fits_and_is_left_alone_if_it_did(text: str, columns: int) -> None:
    short = shorten(text, columns)
    assert width(short) <= columns
    assert short == text or width(text) > columns


def test_a_cut_falls_after_a_sentence_if_that_fills_most_of_the_space_and_else_after_a_word() -> None:
    assert shorten("The first boat left. The second one waits.", 26) == "The first boat left."
    assert shorten("Six councils chose to let the sea back in", 24) == "Six councils chose to…"
    assert shorten("夜の海峡に渡し船が帰る", 12) == "夜の海峡に…"


def test_a_cut_does_not_part_a_letter_from_its_mark() -> None:
    assert shorten("e\N{COMBINING ACUTE ACCENT}" * 9, 5) == "e\N{COMBINING ACUTE ACCENT}" * 4 + "…"


def test_a_name_written_from_right_to_left_is_set_apart_and_others_are_left_alone():
    assert isolated("صحيفة الميناء") == "\u2068صحيفة الميناء\u2069"
    assert isolated("The Harwick Courier") == "The Harwick Courier"
    assert isolated("صحيفة الميناء", "rtl") == "صحيفة الميناء"
    assert isolated("The Harwick Courier", "rtl") == "\u2068The Harwick Courier\u2069"
