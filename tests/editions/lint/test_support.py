"""What mail clients make of a letter: the figure, and what some readers lose."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from time import perf_counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.editions.arrange import Arrangement
from digest.editions.lint.clients import features
from digest.editions.lint.finding import Finding, Severity
from digest.editions.lint.losses import CONSEQUENCES
from digest.editions.lint.notes import asks
from digest.editions.lint.proof import Proof
from digest.editions.lint.support import findings, support
from digest.editions.render import Brief, Renderer
from digest.model import Article, Category, Image, Newsletter, Schedule, Section, Site, Story, View
from digest.resources import TEMPLATES

ERROR, WARNING, NOTE = Severity.ERROR, Severity.WARNING, Severity.NOTE
SLOT = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)

TABLE = """\
<html><body><table role="none"><tr><td style="padding:8px;text-align:center"><h1 style="margin:0">A</h1>\
<div style="display:none">x</div></td></tr></table></body></html>"""
PIECE = """\
<p style="color:rgb(1,2,3);width:calc(1px + 2px)">no body</p>\
<table border=1><tr><td style="padding:1vh 2vw">a</td></tr><!-- c --><tr><td>b</td></tr></table>\
<svg></svg><picture><img srcset="a 2x" src="x.svg"></picture>"""
ACTIVE = """\
<html><body><script>1</script><form><input type=text><input type=hidden required><button type=submit>b</button></form>\
<p>1<p>2<p>3<p>4<p>5<p>6<p>7<p>8</body></html>"""
SHEET = """\
<!DOCTYPE html><html><head><title>x</title><style>
.a{display:flex;color:red} td.b, #c {margin:0; padding: 1rem} div .d{float:left} p{font-size:2rem !important}
.a:hover{color:blue} @media (max-width:600px){.a{display:grid}} * {box-sizing:border-box}
</style></head><body bgcolor="#fff"><div class="a" style="display: none; MARGIN:1px"><p>x</p>\
<p style="font-size:12px">y</p><span class="d">z</span></div>
<table width=100><tr><td class=b>1<td id=c>2<tr><td>3<thead><tr><td>4</table>\
<img src="a.WEBP"><a href="#x">j</a><section><article>q</article></section>
</body></html>"""
#: HTML, and what mailpit 1.27.11 says of it, when it is given the same data: supported, partly, not.
COUNTED = [
    ("<p>plain</p>", (100.0, 0.0, 0.0)),
    (TABLE, (87.5972, 7.7381, 4.6647)),
    (PIECE, (89.0741, 4.4444, 6.4815)),
    (ACTIVE, (90.8163, 2.0408, 7.1429)),
    (SHEET, (89.3649, 5.5138, 5.1213)),
]

#: HTML, and what is found: the feature, how bad it is, and a client that is named.
FOUND = [
    ("<div style='display:flex'>", "css-display-flex", ERROR, "Outlook for Windows"),
    ("<div style='display:inline-grid'>", "css-display-grid", ERROR, "Outlook for Windows"),
    ("<div style='position:absolute'>", "css-position", ERROR, "Gmail"),
    ("<div style='float:left'>", "css-float", ERROR, "Outlook for Windows"),
    ("<p style='font-size:1.5rem'>", "css-unit-rem", ERROR, "Yahoo Mail"),
    ("<p style='color:var(--ink)'>", "css-variables", ERROR, "Gmail"),
    ("<img src='a.svg'>", "image-svg", ERROR, "Gmail"),
    ("<img src='a.webp'>", "image-webp", ERROR, "Outlook for Windows"),
    ("<img src='data:image/png;base64,AA'>", "image-base64", ERROR, "Gmail"),
    ("<video></video>", "html-video", ERROR, "Gmail"),
    ("<p style='color:rgb(0 128 0 / 50%)'>", "css-rgb", ERROR, "Gmail"),
    ("<p style='margin:-4px'>", "css-margin", WARNING, "Gmail"),
    ("<div style='margin:0 auto'>", "css-margin", WARNING, "Outlook for Windows"),
    ("<a style='margin:12px;background-color:#eee'>", "css-margin", WARNING, "Outlook for Windows"),
    ("<div style='padding:12px'>", "css-padding", WARNING, "Outlook for Windows"),
    ("<a style='padding:12px;background:#eee'>", "css-padding", WARNING, "Outlook for Windows"),
    ("<table><tr><td style='padding:4px'>a<td style='padding:24px'>b</table>", "css-padding", WARNING, "Outlook"),
    ("<p style='text-align:start'>", "css-text-align", WARNING, "Outlook for Windows"),
    ("<div style='max-width:600px'>", "css-max-width", WARNING, "Outlook for Windows"),
    ("<div style='width:300px'>", "css-width", WARNING, "Outlook for Windows"),
    ("<table><tr><td style='border:9px solid red'></table>", "css-border", WARNING, "Outlook for Windows"),
    ("<div style='border-top:1px solid red'>", "css-border", WARNING, "Outlook for Windows"),
    ("<div style='display:none'><table></table></div>", "css-display-none", WARNING, "Outlook for Windows"),
    ("<img style='display:none'>", "css-display-none", WARNING, "Outlook for Windows"),
    ("<span style='display:block'>", "css-display", WARNING, "Outlook for Windows"),
    ("<p style='color:red!important'>", "css-important", WARNING, "Outlook for Windows"),
    ("<p style='color:red !IMPORTANT'>", "css-important", WARNING, "Gmail"),
    ("<img src='a.png' width='50%'>", "html-width", WARNING, "Outlook for Windows"),
    ("<a href='#x'>Jump</a><h2 id='x'>Here</h2>", "html-anchor-links", WARNING, "Gmail"),
    ("<div style='background-image:url(a.png)'>", "css-background-image", WARNING, "Outlook for Windows"),
    ("<div style='margin-inline-start:4px'>", "css-margin-inline-start-end", WARNING, "Gmail"),
    ("<p style='background-color:rebeccapurple'>", "css-background-color", NOTE, "GMX on the web"),
    ("<a href='#x'>Jump</a><a name='x'></a>", "html-anchor-links", NOTE, "Gmail on iOS"),
    ("<style>@media (max-width:600px){.a{display:flex}}</style>", "css-display-flex", NOTE, "Outlook for Windows"),
    ("<style>@media (min-height:600px){.a{color:red}}</style>", "css-at-media", NOTE, "Gmail"),
    ("<style>.a{display:flex}</style>", "css-display-flex", ERROR, "Outlook for Windows"),
    ("<style>.a:hover{color:rgb(0 128 0)}</style>", "css-rgb", WARNING, "Gmail"),
]

#: What looks like the like, and costs no reader anything.
FINE = [
    "<p style='margin:0'>",
    "<p style='margin:0 0 16px'>",
    "<p style='padding:0 0 4px'>",
    "<a style='padding:12px 0'>",
    "<table><tr><td style='padding:12px'>a<td style='padding:16px'>b</table>",
    "<p style='text-align:center'>",
    "<table style='max-width:600px'>",
    "<img style='max-width:544px;width:100%;height:auto' width=544 height=272>",
    "<table><tr><td><!--[if mso]><table width=600><tr><td><![endif]--><div style='max-width:600px'>",
    "<div style='width:100%'>",
    "<table style='margin:0 auto' align=center>",
    "<table><tr><td style='border:1px solid red'></table>",
    "<p style='border:0'>",
    "<p style='border-style:solid;border-color:red'>",
    "<div style='display:none;mso-hide:all'><table></table></div>",
    "<a style='display:inline-block'>",
    "<img style='display:block'>",
    "<p style='position:static;float:none'>",
    "<p style='font-size:16px;font-size:1rem'>",
    "<p style='color:red !important'>",
    "<p style='color:rgb(0, 128, 0)'>",
    "<p style='background-color:#123456'>",
    "<p style='background:navy'>",
    "<div style='background-image:url(a.png);background-color:red'>",
    "<table bgcolor=red style='background:url(a.png)'>",
    "<table align=left style='float:left'>",
    "<p style='border-radius:4px;box-shadow:0 0 1px red;letter-spacing:1px'>",
    "<img src='a.gif'>",
    "<style>@media (max-width:600px){.a{padding:0 !important}}</style>",
    "<style>@media (prefers-color-scheme:dark){.a{color:red !important}}</style>",
    "<style>.a:hover{text-decoration:underline}</style>",
    "<!--[if mso]><div style='display:flex'></div><![endif]-->",
]


def proof_of(html: str) -> Proof:
    return Proof(EmailMessage(), html, "", {})


def found_in(html: str) -> dict[str, Finding]:
    return {finding.rule: finding for finding in findings(proof_of(html))}


@pytest.mark.parametrize(("html", "figures"), COUNTED)
def test_the_figure_is_the_one_that_mailpit_gives(html: str, figures: tuple[float, float, float]) -> None:
    assert support(proof_of(html)) == pytest.approx(figures, abs=0.001)


def test_a_letter_without_elements_is_supported() -> None:
    assert support(proof_of("")) == (100.0, 0.0, 0.0)


@pytest.mark.parametrize(("html", "rule", "severity", "client"), FOUND)
def test_a_reader_who_loses_something_is_named(html: str, rule: str, severity: Severity, client: str) -> None:
    finding = found_in(html)[rule]
    assert finding.severity is severity
    assert client in finding.readers
    assert finding.source == features()[rule].url
    assert finding.place.line == 1


@pytest.mark.parametrize("html", FINE)
def test_nothing_is_said_where_nobody_loses_anything(html: str) -> None:
    assert found_in(html) == {}


def test_a_feature_is_told_once_with_its_first_place_and_how_often_it_occurs() -> None:
    html = "<p style='margin:0'>\n<p style='margin:-4px'>\n<p style='margin:-4px'>\n<div style='float:left'>"
    first, second = findings(proof_of(html))
    assert (first.rule, first.count, first.place.line) == ("css-margin", 2, 2)
    assert (second.rule, second.count, second.place.line) == ("css-float", 1, 4)


def test_a_finding_says_what_is_lost_and_how_old_the_test_is() -> None:
    finding = found_in("<div style='padding:12px'>")["css-padding"]
    assert finding.what == "padding, as in padding: 12px: only supported on table cells."
    assert finding.readers == "Outlook for Windows (tested 2019-07-25)"
    assert finding.mend == "Give the padding to the table cell around it."


def test_a_test_of_late_has_no_date() -> None:
    assert "tested" not in found_in("<div style='float:left'>")["css-float"].readers


def test_of_uses_that_differ_the_worst_decides() -> None:
    html = "<style>@media (max-width:9px){.a{display:flex}}</style><div style='display:flex'>"
    finding = found_in(html)["css-display-flex"]
    assert (finding.severity, finding.count) == (ERROR, 1)


def test_a_note_that_is_not_understood_counts_as_partly_supported() -> None:
    assert asks("Partial. Only on the third Tuesday of a month.") is None


def test_every_consequence_is_of_a_feature_that_is_tested() -> None:
    assert set(CONSEQUENCES) <= set(features())


def classic(stories: int) -> Proof:
    """A letter of the classic look with so many stories."""
    category = Category(name="world", title="World")
    article = Article(
        number=1,
        feeds=("post",),
        source="Post",
        title="Night ferries return",
        url="https://post.test/1",
        arrived_at=SLOT - timedelta(hours=2),
        excerpt="The first left at dusk. Every cabin was taken. " * 3,
        image=Image(url="https://post.test/1.jpg", width=1200, height=675, alt=""),
        words=400,
    )
    also = replace(article, number=1000, source="Wire", url="https://wire.test/1")
    told = tuple(Story(lead=replace(article, number=n), also=(also,)) for n in range(1, stories + 1))
    section = Section(category=category, stories=told, more=3)
    arrangement = Arrangement(lead=told[0], sections=(section,), shown=stories, minutes=9)
    newsletter = Newsletter(name="daily", title="The Daily", schedule=Schedule(), categories=(category,))
    site = Site(name="My Views", url="https://news.test", tagline="Unflinching", postal_address="1 High St")
    brief = Brief(site=site, newsletter=newsletter, number=42, slot=SLOT, note="A word before.")
    view = View(mark=0, categories=("world",), language="en", offset=0)
    letter = Renderer().edition(brief).letter(view, arrangement, "00c0ffee" * 4)
    sources = {f"classic/{path.name}": path.read_text(encoding="utf-8") for path in (TEMPLATES / "classic").iterdir()}
    return Proof(EmailMessage(), letter.html, letter.text, sources)


def test_our_own_look_costs_no_reader_anything_that_is_to_be_read() -> None:
    found = list(findings(classic(10)))
    assert [finding for finding in found if finding.severity is ERROR] == []
    assert all(finding.place.template for finding in found)


def test_our_own_look_is_supported_as_well_as_the_best() -> None:
    supported, _, unsupported = support(classic(10))
    assert supported > 90
    assert unsupported < 5


def test_a_letter_of_sixty_stories_is_looked_over_in_no_time() -> None:
    features()
    proof = classic(60)
    begun = perf_counter()
    list(findings(proof))
    support(proof)
    # Ten times what it takes here, for slower machines.
    assert perf_counter() - begun < 1.5


SCRAPS = [
    *(
        "<",
        ">",
        "</",
        "<p style='",
        '<td style="',
        "'>",
        '">',
        "<style>",
        "</style>",
        "<table>",
        "<tr>",
        "<!--[if mso]>",
    ),
    *("padding:", "margin:", "display:", "border:", "width:", "background:", "color:", "-4px", "1rem", "9px", "auto"),
    *("none", "flex", "url(", "rgb(", "calc(", "(", ")", "{", "}", ";", ",", "/", "%", "!important", "! IMPORTANT"),
    *("@media ", "²", "٣", "<a href='#x'>", "<a name=x>", "<img src='data:", "<img src='a.webp'", "dir=auto", "\0"),
    *("\ud800", "\\", "/*", "9" * 5000, "-->"),
]


@settings(max_examples=150)
@given(st.lists(st.sampled_from(SCRAPS) | st.text(max_size=4), max_size=40).map("".join))
def test_no_html_is_too_odd_to_look_over(html: str) -> None:
    proof = proof_of(html)
    assert all(finding.count for finding in findings(proof))
    assert sum(support(proof)) == pytest.approx(100)


@pytest.mark.parametrize(
    "html",
    [
        "<div style='padding:10px'>" * 4000,
        "<p style='{}'>".format("a:b;padding:10px;" * 3000),
        "<style>{}</style>".format("div div p{padding:1rem}" * 2000) + "<div>" * 300 + "<p>" * 200,
        "<style>{}{{padding:10px}}</style><p>".format(",".join(f".a{n} .b" for n in range(3000)))
        + "<p class=b>" * 1000,
        "<table><tr>" + "<td style='padding:9px 1px'>x" * 2000,
        "<a href=#x>Jump" * 4000,
        ("<!--[if mso]>" + "<table " * 10 + "--><div style='max-width:10px'>x</div>") * 900,
        "<p style='padding:{}'>".format("1px " * 30000),
        "<p style='color:{}'>".format("rgb(" * 30000),
        "<p style='{}'>".format("x" * 120000),
        "<img srcset='{}'>".format("a.webp " * 15000),
    ],
    ids=["deep", "long", "rules", "selectors", "row", "anchors", "ghosts", "sizes", "colours", "word", "pictures"],
)
def test_no_html_takes_long(html: str) -> None:
    proof = proof_of(html)
    begun = perf_counter()
    list(findings(proof))
    support(proof)
    assert perf_counter() - begun < 5
