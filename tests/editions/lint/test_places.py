"""Where an element of a letter, or a declaration in it, comes from: the line of the template that made it."""

from email.message import EmailMessage

import pytest

from digest.editions.lint.finding import Place
from digest.editions.lint.proof import Proof

STORY = """\
{# A comment with <b class="none"> in it. #}
{%- macro line(story, level, class) -%}
<{{ level }} class="{{ class }}"{{ foreign(story) }}>{{ story.title }}</{{ level }}>
{%- endmacro -%}
<!--[if mso]><td class="lone"><![endif]-->
<td class="lone" style="color:red">{{ line(story, "h2", "headline") }}</td>
<div class="twice">{{ story.excerpt }}</div>
<div class="twice">{{ story.source }}</div>
<img class="{{ kind }} pill"
     src="{{ picture.url }}" alt="{{ picture.alt }}">
<a{% if story.url %} href="{{ story.url }}"{% endif %} class="way">More</a>
<p>{{ line(story, "h3", "story") }}</p>
"""
STYLE = """\
.lone { color: red; padding: 8px 4px; }
.pill, p { padding: 9px; }
.pill {
  border: 0;
  padding: 10px
}
/* KEPT */
@media (max-width: 600px) {
  .lone { padding: 0 !important; }
}
"""
TEMPLATES = {"own/story.html.j2": STORY, "own/style.css": STYLE, "own/story.txt.j2": "<td class='lone'>"}
KEPT = "<style>@media (max-width:600px){.lone{padding:0 !important}}</style>"


def place_of(element: str, tag: str) -> Place:
    proof = proof_of(f"<table>\n<tr>\n{element}")
    return proof.place(next(proof.elements(tag)))


def proof_of(html: str) -> Proof:
    return Proof(EmailMessage(), html, "", TEMPLATES)


@pytest.mark.parametrize(
    ("element", "tag", "line"),
    [
        ('<td class="lone" style="color:red;padding:8px 4px">', "td", 6),
        ('<h2 class="headline">', "h2", 3),
        ('<h3 class="story" lang="de" dir="ltr">', "h3", 3),
        ('<img class="big pill" src="https://x.test/1.jpg" alt="">', "img", 9),
        ('<a class="way" href="https://x.test/">', "a", 11),
        ('<a class="way">', "a", 11),
        ("<p>", "p", 12),
    ],
)
def test_an_element_is_found_in_the_only_line_that_can_have_made_it(element: str, tag: str, line: int) -> None:
    place = place_of(element, tag)
    assert (place.template, place.template_line) == ("own/story.html.j2", line)


@pytest.mark.parametrize(
    ("element", "tag"),
    [
        # Two lines can have made it.
        ('<div class="twice">', "div"),
        # No line can: another class, no class, an attribute more, one too few, or one filled in with no known name.
        ('<div class="thrice">', "div"),
        ('<td style="color:red">', "td"),
        ('<td class="lone" width="96">', "td"),
        ('<img class="big pill" alt="">', "img"),
        ('<h2 class="unheard">', "h2"),
        ('<b class="none">', "b"),
    ],
)
def test_no_line_is_named_where_it_is_a_guess(element: str, tag: str) -> None:
    place = place_of(element, tag)
    assert (place.template, place.template_line) == ("", 0)


def test_a_place_says_the_line_of_the_html_and_how_the_tag_begins() -> None:
    place = place_of('<td class="lone"\nstyle="color:red">', "td")
    assert place.part == "html"
    assert place.line == 4
    assert place.snippet == '<td class="lone" style="color:red">'


def test_a_snippet_is_one_short_line() -> None:
    place = place_of(f'<p title="a\nb {"c" * 500}">', "p")
    assert place.snippet.startswith('<p title="a b ccc')
    assert len(place.snippet) == 120


@pytest.mark.parametrize(
    ("element", "tag", "declared", "line"),
    [
        ('<td class="lone">', "td", ("padding", "8px 4px"), 1),
        ('<p class="x">', "p", ("padding", "9px"), 2),
        ('<img class="big pill">', "img", ("padding", "10px"), 5),
        ('<img class="big pill">', "img", ("border", "0"), 4),
    ],
)
def test_a_declaration_is_found_in_the_style_sheet(
    element: str, tag: str, declared: tuple[str, str], line: int
) -> None:
    proof = proof_of(element)
    place = proof.place_of_style(next(proof.elements(tag)), *declared)
    assert (place.template, place.template_line) == ("own/style.css", line)


def test_a_declaration_that_no_rule_gives_is_placed_by_its_element() -> None:
    proof = proof_of('<table><tr><td class="lone" style="width:9px">')
    place = proof.place_of_style(next(proof.elements("td")), "width", "9px")
    assert (place.template, place.template_line) == ("own/story.html.j2", 6)


def test_a_kept_rule_is_found_in_the_style_sheet() -> None:
    proof = proof_of(f"<head>\n{KEPT}</head>")
    (sheet,) = proof.sheets
    (rule,) = sheet.css.rules
    place = proof.place_of_rule(sheet, rule, rule.declarations[0])
    assert (place.line, place.template, place.template_line) == (2, "own/style.css", 9)
    assert place.snippet == "@media (max-width:600px) .lone { padding: 0 }"
    assert proof.place_of_rule(sheet, rule).template_line == 9


def test_without_templates_only_the_line_of_the_html_is_known() -> None:
    proof = Proof(EmailMessage(), f"{KEPT}\n<p class='lone'>", "", {})
    place = proof.place(next(proof.elements("p")))
    assert (place.line, place.template, place.template_line) == (2, "", 0)
    assert proof.place_of_rule(proof.sheets[0], proof.sheets[0].css.rules[0]).template == ""


@pytest.mark.parametrize("source", ["<td class='", "{{" * 999, "<" * 9999, "{% if %}<a" * 999, "<a b='{{ c }}" * 999])
def test_a_template_that_cannot_be_read_names_no_line(source: str) -> None:
    proof = Proof(EmailMessage(), "<p class='lone'>", "", {"own/a.html.j2": source, "own/style.css": source})
    assert proof.place(next(proof.elements("p"))).template == ""
