"""Style sheets with variables, which mail clients do not know: written out before anything is sent."""

import pytest

from digest.editions.colours import contrast, parse
from digest.editions.render_files import Files
from digest.editions.render_sheet import check_sheet, style_of
from digest.errors import TemplateError
from digest.resources import TEMPLATES

SHEET = """/* A look. */
:root {
  --accent: #96281b; --card: #fffdf9; --dark-card: #1d1b18; --tint: #f7ece2; --dark-accent: #ffa48c;
  --dark-tint: #33271f; --font-headings: Georgia, serif;
}
.link { color: var(--accent); }
.pill { background-color: var(--tint); }
h1 { font-family: var(--font-headings); }
/* KEPT */
:root { color-scheme: light dark; }
@media (prefers-color-scheme: dark) { .link { color: var(--dark-accent) !important; } }
"""


def test_variables_are_written_out_in_both_parts() -> None:
    style = style_of("own/style.css", SHEET, {})
    assert ".link { color: #96281b; }" in style.inlined
    assert "h1 { font-family: Georgia, serif; }" in style.inlined
    assert ".link{color:#ffa48c !important}" in style.kept
    assert ":root{color-scheme:light dark}" in style.kept
    assert "--" not in style.inlined + style.kept


def test_the_configuration_has_the_last_word() -> None:
    style = style_of("own/style.css", SHEET, {"font-headings": "'Segoe UI', Arial", "dark-accent": "#abcdef"})
    assert "h1 { font-family: 'Segoe UI', Arial; }" in style.inlined
    assert "#abcdef" in style.kept


def test_a_new_accent_brings_its_tints_and_can_be_read_in_the_dark() -> None:
    sheet = SHEET.replace("#ffa48c; ", "#ffa48c; --dark-tint: #000000; ") + ".x{color:var(--dark-tint)}"
    style = style_of("own/style.css", sheet, {"accent": "#0b4fa8"})
    assert ".link { color: #0b4fa8; }" in style.inlined
    assert "#f7ece2" not in style.inlined
    dark = parse(style.kept.partition(".link{color:")[2][:7])
    tint = parse(style.kept.partition(".x{color:")[2][:7])
    assert dark is not None
    assert tint is not None
    assert contrast(dark, tint) >= 4.5


def test_a_variable_that_is_not_there_is_an_error_with_its_line() -> None:
    with pytest.raises(TemplateError, match=r"own/style\.css:7: there is no variable --tnt"):
        style_of("own/style.css", SHEET.replace("var(--tint)", "var(--tnt)"), {})


def test_lines_keep_their_numbers_where_the_variables_are_declared() -> None:
    with pytest.raises(TemplateError, match=r"own/style\.css:6: '\.item a'"):
        check_sheet("own/style.css", SHEET.replace(".link {", ".item a {", 1))


def test_variables_in_comments_are_words() -> None:
    assert style_of("own/style.css", "/* var(--x) */ .a { color: red; }", {}).inlined.endswith(".a { color: red; }")


@pytest.mark.parametrize("look", ["classic", "compact", "briefing"])
def test_our_looks_use_every_variable_that_the_configuration_can_set(look: str) -> None:
    """Else a key of `look:` would do nothing."""
    made = Files([TEMPLATES]).look(look)
    sheet = made.files.sheet(made.path("style.css"))
    roles = ("page", "card", "text", "ink", "mute", "accent", "rule", "tint")
    for name in (*roles, *(f"dark-{role}" for role in roles), "font-headings", "font-body", "radius"):
        assert f"var(--{name})" in sheet, name
        assert f"--{name}:" in sheet, name
