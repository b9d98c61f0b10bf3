"""Colours: what reads on what, and what dark modes make of them; the figures are WCAG's and CIE's own examples."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.editions.colours import BLACK, WHITE, Colour, contrast, flipped, hex_of, inverted, lightness, parse
from digest.editions.colours import readable_on as readable

channels = st.integers(0, 255).map(lambda octet: octet / 255)
colours = st.builds(Colour, channels, channels, channels)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("#96281b", "#96281b"),
        ("#FFF", "#ffffff"),
        ("rgb(150, 40, 27)", "#96281b"),
        ("rebeccapurple", "#663399"),
        ("rgb(0 0 0 / 50%)", "#808080"),
        ("transparent", "#ffffff"),
    ],
)
def test_a_colour_is_read_as_css_writes_it(text: str, found: str) -> None:
    colour = parse(text)
    assert colour is not None
    assert hex_of(colour) == found


@pytest.mark.parametrize("text", ["", "nope", "#12", "currentcolor", "var(--accent)", "url(x)", "#zzzzzz", "9" * 5000])
def test_what_is_no_colour_is_none(text: str) -> None:
    assert parse(text) is None


@given(st.text(max_size=40))
def test_any_text_is_a_colour_or_none(text: str) -> None:
    parse(text)


def test_contrast_is_that_of_wcag() -> None:
    assert contrast(WHITE, BLACK) == pytest.approx(21)
    assert contrast(WHITE, WHITE) == 1
    grey = parse("#767676")
    assert grey is not None
    assert contrast(WHITE, grey) == pytest.approx(4.54, abs=0.01)


def test_lightness_is_that_of_cie() -> None:
    assert [round(lightness(colour)) for colour in (BLACK, WHITE, Colour(1, 0, 0))] == [0, 100, 53]


@given(colours)
def test_a_dark_mode_turns_lightness_over(colour: Colour) -> None:
    assert hex_of(inverted(inverted(colour))) == hex_of(colour)
    # Colours that no screen shows at the new lightness are cut off.
    assert lightness(flipped(colour)) == pytest.approx(100 - lightness(colour), abs=12)


@given(colours, colours, st.sampled_from([3.0, 4.5]))
def test_what_is_made_readable_is_readable_and_else_left_alone(colour: Colour, ground: Colour, least: float) -> None:
    made = readable(colour, ground, least)
    assert contrast(made, ground) >= least
    if contrast(colour, ground) >= least:
        assert made == colour
