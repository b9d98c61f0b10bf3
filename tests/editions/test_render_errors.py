"""An operator's templates: what they replace, and how a fault in one is told; notices."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from digest.editions.arrange import Arrangement
from digest.editions.render import Manuscript, Renderer
from digest.errors import TemplateError
from digest.model import Newsletter, Schedule, Site, View

SITE = Site(name="My Views", url="https://news.example", postal_address="1 High St")
KNOWN = {
    "newsletter": "The <Daily>",
    "address": "ada@reader.example",
    "confirm_url": "https://news.example/c/t0k3n?a=1&b=2",
}


def manuscript(template: str = "classic") -> Manuscript:
    return Manuscript(
        site=SITE,
        newsletter=Newsletter(name="daily", title="The Daily", schedule=Schedule(), categories=(), template=template),
        number=1,
        slot=datetime(2026, 11, 23, tzinfo=UTC),
        view=View(mark=0, categories=("world",), language="en", offset=0),
        arrangement=Arrangement(lead=None, sections=(), articles=(), shown=0, minutes=0),
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
    folder = write("classic/letter.txt.j2", "Own words. {{ leave_url }}")
    made, plain = Renderer(folder).letter(manuscript(), "c0ffee"), Renderer().letter(manuscript(), "c0ffee")
    assert made.text == "Own words. zqc0ffeeLEAVEqz\n"
    assert made.html == plain.html


def test_a_look_of_ones_own_may_be_a_style_sheet_alone(write: Callable[[str, str], Path]) -> None:
    folder = write("plain/style.css", ".title { color: #010203; }\n/* KEPT */\n.x { color: #040506 !important; }")
    html = Renderer(folder).letter(manuscript("plain"), "c0ffee").html
    assert '<h1 class="title ink" style="color:#010203">The Daily</h1>' in html
    assert ".x{color:#040506 !important}" in html


def test_a_media_rule_of_a_sheet_without_the_mark_is_sent_and_still_outdoes_what_is_inlined(
    write: Callable[[str, str], Path],
) -> None:
    folder = write("plain/style.css", "@media (max-width: 600px) { .title { color: #040506 !important } }")
    assert "#040506 !important" in Renderer(folder).letter(manuscript("plain"), "c0ffee").html


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
        Renderer(folder).letter(manuscript(), "c0ffee")
    assert (caught.value.template, caught.value.line) == ("classic/letter.txt.j2", line)
    with pytest.raises(TemplateError) as checked:
        Renderer(folder).check("classic")
    assert (checked.value.template, checked.value.line) == ("classic/letter.txt.j2", line)


def test_a_look_or_a_page_that_is_not_there_is_named() -> None:
    with pytest.raises(TemplateError, match="baroque: there is no such folder"):
        Renderer().check("baroque")
    with pytest.raises(TemplateError, match="baroque: there is no such folder"):
        Renderer().letter(manuscript("baroque"), "c0ffee")
    with pytest.raises(TemplateError, match=r"pages/nowhere\.html\.j2: there is no such template"):
        Renderer().page("nowhere", {"site": SITE})


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
