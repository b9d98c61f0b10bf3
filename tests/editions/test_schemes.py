"""A letter in the light and in the dark, as a browser has to be given it."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.editions.colours import flipped, hex_of, inverted, parse
from digest.editions.schemes import Scheme, in_scheme

TURNS = {Scheme.FORCED: flipped, Scheme.INVERTED: inverted}


def letter(body: str = "", style: str = "") -> str:
    return (
        '<!DOCTYPE html><html lang="en"><head><meta name="color-scheme" content="light dark">'
        f"<style>{style}</style></head><body>{body}</body></html>"
    )


def turned(colour: str, scheme: Scheme) -> str:
    found = parse(colour)
    assert found
    return hex_of(TURNS[scheme](found))


DARK_RULES = """
.a { color: #111111 }
@media (prefers-color-scheme: dark) { .a { color: #eeeeee !important } }
@media screen and (prefers-color-scheme:light) and (max-width: 600px) { .a { padding: 0 } }
@media not all and (prefers-color-scheme: dark) { .b { color: red } }
"""


@pytest.mark.parametrize(
    ("scheme", "dark", "light"),
    [
        (Scheme.LIGHT, "(max-width:0)", "(min-width:0)"),
        (Scheme.DARK, "(min-width:0)", "(max-width:0)"),
        (Scheme.FORCED, "(max-width:0)", "(min-width:0)"),
        (Scheme.INVERTED, "(max-width:0)", "(min-width:0)"),
    ],
)
def test_rules_for_the_dark_count_in_the_dark_alone(scheme: Scheme, dark: str, light: str) -> None:
    shown = in_scheme(letter(style=DARK_RULES), scheme)
    assert "prefers-color-scheme" not in shown
    assert f"@media {dark}{{.a{{" in shown
    assert f"@media screen and {light} and (max-width: 600px){{.a{{padding:0}}}}" in shown
    assert f"@media not all and {dark}{{.b{{" in shown


def test_what_the_letter_says_of_its_schemes_follows() -> None:
    html = letter(style=":root { color-scheme: light dark }")
    assert '<meta name="color-scheme" content="dark">' in in_scheme(html, Scheme.DARK)
    assert ":root{color-scheme:dark}" in in_scheme(html, Scheme.DARK)
    for scheme in (Scheme.LIGHT, Scheme.FORCED, Scheme.INVERTED):
        assert '<meta name="color-scheme" content="light">' in in_scheme(html, scheme)
        assert "light dark" not in in_scheme(html, scheme)


def test_a_letter_that_says_nothing_of_the_dark_stays_light() -> None:
    html = '<html><head><meta name="color-scheme" content="light"></head><body>x</body></html>'
    assert 'content="light"' in in_scheme(html, Scheme.DARK)


@pytest.mark.parametrize("scheme", [Scheme.FORCED, Scheme.INVERTED])
@pytest.mark.parametrize(
    "css",
    [
        "color: {}",
        "background: {} url(https://x.example/tan.png) no-repeat",
        "border: 1px solid {}",
        "border-top-color:{} !important",
        "background-image: linear-gradient(to right, {}, {})",
        "text-shadow: 0 1px {}",
    ],
)
@pytest.mark.parametrize("colour", ["#96281b", "#fff", "tan", "rgb(150, 40, 27)", "hsl(6 70% 35%)"])
def test_every_colour_is_turned_over(scheme: Scheme, css: str, colour: str) -> None:
    css = css.format(colour, colour)
    for html in (letter(f'<p style="{css}">x</p>'), letter(style=f"p {{ {css} }}")):
        part = in_scheme(html, scheme).partition("<meta")[2]
        assert turned(colour, scheme) in part
        assert not re.search(rf"{re.escape(colour)}\b(?!\.png)", part.replace("important", ""))


@pytest.mark.parametrize("css", ["font-family: Tan, serif", "color: inherit", "color: currentcolor"])
def test_what_is_no_colour_stays(css: str) -> None:
    value = css.partition(": ")[2]
    assert value in in_scheme(letter(f'<p style="{css}">x</p>'), Scheme.FORCED)


def test_what_is_translucent_stays_so() -> None:
    shown = in_scheme(letter('<p style="color: rgba(0, 0, 0, .5); background-color: transparent">x</p>'), Scheme.FORCED)
    assert re.search(r"color:\s*rgba\(255,255,255,0\.50\d\)", shown)
    assert "transparent" in shown


def test_attributes_are_turned_over_too() -> None:
    shown = in_scheme(
        letter('<table bgcolor="#FFFFFF"><tr><td><font color="black">x</font></td></tr></table>'), Scheme.FORCED
    )
    assert '<table bgcolor="#000000">' in shown
    assert '<font color="#ffffff">' in shown


@pytest.mark.parametrize(
    ("scheme", "ground", "ink"), [(Scheme.FORCED, "#000000", "#ffffff"), (Scheme.LIGHT, "#ffffff", "#000000")]
)
def test_what_has_no_colour_of_its_own_is_given_one(scheme: Scheme, ground: str, ink: str) -> None:
    shown = in_scheme(letter("<p>x</p>"), scheme)
    assert f"html{{background-color:{ground};color:{ink}}}" in shown
    # It goes before the letter's own rules, which therefore go before it.
    assert shown.index("html{background-color") < shown.index("<style></style>")


def test_links_open_beside_the_frame() -> None:
    for scheme in Scheme:
        assert in_scheme(letter(), scheme).count('<base target="_blank">') == 1


def test_names_in_selectors_are_not_colours() -> None:
    shown = in_scheme(letter(style="#fff .red, tan > a:hover { margin: 0 }"), Scheme.FORCED)
    assert "#fff .red, tan > a:hover" in shown


def test_a_sheet_cannot_leave_its_element() -> None:
    css = r'.a { content: "\3c /style>\3c script>alert(1)\3c /script>" }'
    for scheme in Scheme:
        shown = in_scheme(letter(style=css), scheme)
        assert "</style><script>" not in shown
        assert shown.count("</style>") == (1 if scheme is Scheme.DARK else 2)


def test_conditional_comments_of_outlook_stay_comments() -> None:
    comment = "<!--[if mso]><table><tr><td><![endif]-->"
    assert comment in in_scheme(letter(comment), Scheme.FORCED)


@pytest.mark.parametrize(
    "html",
    [
        "",
        "   ",
        "<!-- -->",
        "\0",
        "just words",
        "<p>no head",
        "<div>" * 20_000,
        letter(style="@media{" * 5_000),
        letter(style="a{" * 5_000),
        letter(style="(" * 100_000),
        letter(style="}" * 10_000),
        letter(f'<p style="{"color:rgb(" * 5_000}">x</p>'),
        letter(f'<p style="color:{"#" * 100_000}">x</p>'),
        letter("<p bgcolor='" + "x" * 100_000 + "'>x</p>"),
        "<style>" + "a{color:red}" * 20_000,
        "\ud800",
    ],
    ids=range(16),
)
def test_nothing_that_a_letter_holds_makes_it_raise(html: str) -> None:
    for scheme in Scheme:
        assert isinstance(in_scheme(html, scheme), str)


@given(st.text(alphabet=st.sampled_from(" <>/=\"'#abcdefmrstyl{}();:@!-\\1\n&\0é"), max_size=200))
def test_any_text_comes_out_as_text(text: str) -> None:
    for scheme in Scheme:
        in_scheme(text, scheme)
        in_scheme(letter(f"<p style='{text}'>x</p>", text), scheme)


@given(st.integers(0, 0xFFFFFF))
def test_turned_over_twice_it_is_nearly_what_it_was(number: int) -> None:
    colour = f"#{number:06x}"
    once = in_scheme(f'<p style="color:{colour}">x</p>', Scheme.INVERTED)
    (found,) = re.findall(r'style="color:(#[0-9a-f]{6})"', once)
    assert int(found[1:], 16) == 0xFFFFFF - number
