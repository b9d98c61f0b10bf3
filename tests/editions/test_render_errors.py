"""An operator's templates: what they replace, and how a fault in one is told; notices."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from digest.editions.arrange import Arrangement
from digest.editions.render import Brief, Renderer
from digest.errors import TemplateError
from digest.model import Article, Category, Letter, Newsletter, Schedule, Section, Site, Story, View

SLOT = datetime(2026, 11, 23, tzinfo=UTC)
SITE = Site(name="My Views", url="https://news.example", postal_address="1 High St")
KNOWN = {
    "newsletter": "The <Daily>",
    "address": "ada@reader.example",
    "confirm_url": "https://news.example/c/t0k3n?a=1&b=2",
}


def letter(folder: Path | None, look: str = "classic", *, stories: int = 0, sponsor: str = "") -> Letter:
    newsletter = Newsletter(
        name="daily", title="The Daily", schedule=Schedule(), categories=(), template=look, sponsor=sponsor
    )
    brief = Brief(site=SITE, newsletter=newsletter, number=1, slot=SLOT)
    told = tuple(Story(lead=article(number)) for number in range(1, stories + 1))
    sections = (Section(category=Category(name="world", title="World"), stories=told),) if told else ()
    view = View(mark=0, categories=("world",), language="en", offset=0)
    return Renderer(folder).edition(brief).letter(view, Arrangement(sections=sections, shown=stories), "c0ffee")


def article(number: int) -> Article:
    return Article(
        number=number, feeds=("post",), source="The Post", title=f"Headline {number}", url="", arrived_at=SLOT
    )


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, str], Path]:
    def written(name: str, text: str) -> Path:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return tmp_path

    return written


def test_an_operator_replaces_one_file_and_the_others_stay(write: Callable[[str, str], Path]) -> None:
    folder = write("classic/letter.txt.j2", "Own words. {{ leave_url }}{{ body }}")
    made, plain = letter(folder), letter(None)
    assert made.text == "Own words. zqc0ffeeLEAVEqz\n"
    assert made.html == plain.html


def test_a_look_of_ones_own_may_be_a_style_sheet_alone(write: Callable[[str, str], Path]) -> None:
    folder = write("plain/style.css", ".title { color: #010203; }\n/* KEPT */\n.x { color: #040506 !important; }")
    html = letter(folder, "plain").html
    assert '<h1 class="title ink" style="color:#010203">The Daily</h1>' in html
    assert ".x{color:#040506 !important}" in html


def test_a_media_rule_of_a_sheet_without_the_mark_is_sent_and_still_outdoes_what_is_inlined(
    write: Callable[[str, str], Path],
) -> None:
    folder = write("plain/style.css", "@media (max-width: 600px) { .title { color: #040506 !important } }")
    assert "#040506 !important" in letter(folder, "plain").html


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("one\n{{ surprise }}", 2, "'surprise' is undefined"),
        ("one\n\n{{ site.nmae }}", 3, "nmae"),
        ("{% if %}", 1, "Expected an expression"),
        ("one\n{{ 1 / 0 }}", 2, "division by zero"),
        ("one\n{{ subject.__class__ }}", 2, "__class__"),
        ("one\n{{ subject | shout }}", 2, "No filter named 'shout'"),
        ("{% for n in range(10000000) %}{% endfor %}", 1, "Range too big"),
    ],
)
def test_a_fault_is_told_with_its_file_and_line(
    write: Callable[[str, str], Path], text: str, line: int, message: str
) -> None:
    folder = write("classic/letter.txt.j2", text)
    with pytest.raises(TemplateError, match=message) as caught:
        letter(folder)
    assert (caught.value.template, caught.value.line) == ("classic/letter.txt.j2", line)
    with pytest.raises(TemplateError) as checked:
        Renderer(folder).check("classic")
    assert (checked.value.template, checked.value.line) == ("classic/letter.txt.j2", line)


def test_a_look_or_a_page_that_is_not_there_is_named() -> None:
    with pytest.raises(TemplateError, match="baroque: there is no such folder"):
        Renderer().check("baroque")
    with pytest.raises(TemplateError, match="baroque: there is no such folder"):
        letter(None, "baroque")
    with pytest.raises(TemplateError, match=r"pages/nowhere\.html\.j2: there is no such template"):
        Renderer().page("nowhere", {"site": SITE})


@pytest.mark.parametrize("name", ["letter", "section", "sponsored"])
@pytest.mark.parametrize("kind", ["html", "txt"])
@pytest.mark.parametrize("text", ["Nothing", "{{ body }}{{ body }}", "{{ body | upper }}"])
def test_a_file_that_loses_or_repeats_what_it_stands_around_is_refused(
    write: Callable[[str, str], Path], name: str, kind: str, text: str
) -> None:
    folder = write(f"classic/{name}.{kind}.j2", text)
    with pytest.raises(TemplateError, match=rf"classic/{name}\.{kind}\.j2: {{{{ body }}}} must stand in it once"):
        Renderer(folder).check("classic")
    with pytest.raises(TemplateError, match="must stand in it once"):
        letter(folder, stories=2, sponsor="example")


@pytest.mark.parametrize("use", ["{{ story.number + 1 }}", "{% if story.number == 1 %}{% endif %}"])
def test_a_storys_number_can_be_put_out_and_nothing_else(write: Callable[[str, str], Path], use: str) -> None:
    folder = write("classic/story.txt.j2", f"one\n{use}")
    for attempt in (lambda: Renderer(folder).check("classic"), lambda: letter(folder, stories=1)):
        with pytest.raises(TemplateError) as caught:
            attempt()
        assert (caught.value.template, caught.value.line) == ("classic/story.txt.j2", 2)


def test_a_storys_number_may_stand_anywhere_in_its_html(write: Callable[[str, str], Path]) -> None:
    part = '<tr id="n{{ story.number }}"><td class="c{{ story.number }}">{{ story.number }}/{{ story.title }}</td></tr>'
    html = letter(write("classic/story.html.j2", part), stories=2).html
    assert '<tr id="n1"><td class="c1">1/Headline 1</td></tr>' in html
    assert '<tr id="n2"><td class="c2">2/Headline 2</td></tr>' in html


@pytest.mark.parametrize(
    ("rule", "refused"),
    [
        (".item a { color: red }", "'.item a'"),
        ("h2, td > .x { color: red }", "'td > .x'"),
        ("a:hover { color: red }", "'a:hover'"),
        ("[dir=rtl] { color: red }", "'[dir=rtl]'"),
        ("#lead { color: red }", "'#lead'"),
        ("p + p { color: red }", "'p + p'"),
        (", b { color: red }", "''"),
    ],
)
def test_a_rule_that_looks_beyond_its_element_is_refused_with_its_line(
    write: Callable[[str, str], Path], rule: str, refused: str
) -> None:
    folder = write("plain/style.css", f"/* a > b\n*/ .fine, td.item, * {{ margin: 0 }}\n{rule}\n/* KEPT */ .a .b {{}}")
    with pytest.raises(TemplateError, match="must name an element, classes, or both") as caught:
        Renderer(folder).check("plain")
    assert (caught.value.template, caught.value.line) == ("plain/style.css", 3)
    assert refused in str(caught.value)


def test_at_rules_and_what_is_kept_may_select_as_they_like(write: Callable[[str, str], Path]) -> None:
    sheet = "@import 'x';\n@media print { .a .b { color: red } }\n.c { color: red }\n/* KEPT */ a:hover { color: red }"
    Renderer(write("plain/style.css", sheet)).check("plain")


def test_a_sponsor_without_its_templates_is_named(write: Callable[[str, str], Path]) -> None:
    folder = write("sponsored/tea.html.j2", "<b>Tea</b>")
    for attempt in (
        lambda: Renderer(folder).check("sponsored/tea"),
        lambda: letter(folder, stories=1, sponsor="tea"),
    ):
        with pytest.raises(TemplateError, match=r"sponsored/tea\.txt\.j2: there is no such template"):
            attempt()
    Renderer(write("sponsored/tea.txt.j2", "Tea")).check("sponsored/tea")


def test_a_sponsored_block_is_labelled_whatever_it_says(write: Callable[[str, str], Path]) -> None:
    write("sponsored/tea.txt.j2", "Tea for {{ newsletter.title }}\n\n\n\nof {{ date }}")
    folder = write("sponsored/tea.html.j2", '<a class="link" href="https://tea.example/">Tea &amp; {{ number }}</a>')
    made = letter(folder, stories=1, sponsor="tea")
    label, _, rest = made.html.partition(">Sponsored<")[2].partition('href="https://tea.example/"')
    assert "<tr" not in label
    assert rest.startswith(' style="color:#96281b">Tea &amp; 1</a>')
    assert "\n\nSponsored\n---------\n\nTea for The Daily\n\nof Monday, November 23, 2026\n\n" in made.text


def test_a_notice_has_a_subject_in_one_line_and_its_words_escaped_where_they_must_be() -> None:
    notice = Renderer().notice("confirm", SITE, KNOWN)
    assert notice.subject == "Confirm your subscription to The <Daily>"
    assert "The <Daily>" in notice.text
    assert "\nhttps://news.example/c/t0k3n?a=1&b=2\n" in notice.text
    assert not notice.text.startswith("Subject")
    assert "The &lt;Daily&gt;" in notice.html
    assert 'href="https://news.example/c/t0k3n?a=1&amp;b=2"' in notice.html


def test_a_notice_without_a_subject_is_refused(write: Callable[[str, str], Path]) -> None:
    folder = write("notices/confirm.txt.j2", "Hello {{ address }}")
    with pytest.raises(TemplateError, match="Subject") as caught:
        Renderer(folder).notice("confirm", SITE, KNOWN)
    assert caught.value.line == 1


def test_a_title_with_a_line_break_does_not_add_a_header() -> None:
    notice = Renderer().notice("confirm", SITE, {**KNOWN, "newsletter": "The Daily\r\nBcc: all@x.example"})
    assert notice.subject == "Confirm your subscription to The Daily"
