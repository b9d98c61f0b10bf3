"""Numbers of articles, in the form that a row keeps them in."""

from hypothesis import given
from hypothesis import strategies as st

from digest.store.numbers import packed, unpacked


def test_each_number_but_the_first_is_a_distance() -> None:
    assert packed((1000, 1001, 1006)) == "1000 1 5"
    assert packed(()) == ""


@given(st.sets(st.integers(1, 2**62)))
def test_what_is_packed_comes_out_again(numbers: set[int]) -> None:
    ascending = tuple(sorted(numbers))
    assert unpacked(packed(ascending)) == ascending
