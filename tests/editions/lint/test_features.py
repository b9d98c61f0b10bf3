"""Which features of HTML and CSS a letter uses, and where."""

from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.editions.lint.clients import features
from digest.editions.lint.features import Use, Where, uses
from digest.editions.lint.proof import Proof


def uses_of(html: str) -> list[Use]:
    return list(uses(Proof(EmailMessage(), html, "", {})))


def slugs_of(html: str) -> set[str]:
    return {use.slug for use in uses_of(html)}


@pytest.mark.parametrize(
    ("style", "slugs"),
    [
        ("padding-left: 4px", {"css-padding"}),
        ("margin: 0", {"css-margin"}),
        ("border-top-color: red", {"css-border"}),
        ("border-top-left-radius: 4px", {"css-border-radius"}),
        ("margin-inline-start: 4px", {"css-margin-inline-start-end"}),
        ("padding-inline: 4px", {"css-padding-inline-block"}),
        ("display: inline-flex", {"css-display", "css-display-flex"}),
        ("DISPLAY: None", {"css-display", "css-display-none"}),
        ("width: CALC(1px + 2rem)", {"css-width", "css-unit-calc", "css-unit-rem"}),
        ("width: max(1px, 50vw)", {"css-width", "css-function-max", "css-unit-vw"}),
        ("width: .5rem", {"css-width", "css-unit-rem"}),
        ("background: var(--own)", {"css-background", "css-variables"}),
        ("background-color: oklch(1 2 3)", {"css-background-color", "css-modern-color"}),
        ("background-image: linear-gradient(red, blue)", {"css-background-image", "css-linear-gradient"}),
        ("background: url('/a.webp?b=1')", {"css-background", "image-webp"}),
        ("width: fit-content", {"css-width", "css-intrinsic-size"}),
        ("background: url(1rem.png)", {"css-background"}),
        ("top: 0; inset: 0", {"css-left-right-top-bottom", "css-inset"}),
        ("mso-hide: all; nonsense: 1", set()),
    ],
)
def test_a_declaration_uses_the_features_of_its_property_and_of_its_value(style: str, slugs: set[str]) -> None:
    assert slugs_of(f'<p style="{style}">') == slugs


def test_a_size_in_rem_after_one_that_all_know_is_no_use_of_rem() -> None:
    assert "css-unit-rem" not in slugs_of("<p style='font-size:16px;font-size:1rem'>")
    assert "css-unit-rem" in slugs_of("<p style='font-size:1rem;font-size:16px'>")
    assert "css-unit-rem" in slugs_of("<p style='margin:16px;font-size:1rem'>")


@pytest.mark.parametrize(
    ("html", "slug", "words"),
    [
        ("<video src=a.mp4></video>", "html-video", "<video>"),
        ("<svg></svg>", "html-svg", "<svg>"),
        ("<button>Go</button>", "html-button-submit", "<button>"),
        ("<div hidden>x</div>", "html-hidden", 'hidden=""'),
        ("<a href='#x'>x</a>", "html-anchor-links", 'href="#x"'),
        ("<a href='x' dir=rtl>x</a>", "html-dir", 'dir="rtl"'),
        ("<img src='https://x.test/A.WEBP?w=1'>", "image-webp", 'src="https://x.test/A.WEBP?w=1"'),
        ("<img src='data:image/png;base64,AAAA'>", "image-base64", 'src="data:image/png;base64,AAAA"'),
        ("<img srcset='a.avif 2x'>", "image-avif", 'src="a.avif"'),
        ("<img src='a.png' width='50%'>", "html-width", 'width="50%"'),
        ("<p style='color:red!IMPORTANT'>", "css-important", "d!IMPORTANT"),
    ],
)
def test_elements_attributes_and_pictures_are_features_too(html: str, slug: str, words: str) -> None:
    assert [use.words for use in uses_of(html) if use.slug == slug] == [words]


@pytest.mark.parametrize(
    "html", ["<img src=a.png>", "<img src=a.jpg width=50>", "<a href='#'>x</a>", "<p dir=rtl>x</p>"]
)
def test_what_every_client_knows_is_no_feature_to_look_up(html: str) -> None:
    assert uses_of(html) == []


@pytest.mark.parametrize(
    ("target", "is_to_anchor"),
    [
        ("<a name='x' id='x'></a>", True),
        ("<a name='x'>words</a>", False),
        ("<h2 id='x'></h2>", False),
        ("", False),
    ],
)
def test_a_link_within_the_letter_needs_an_empty_anchor(target: str, is_to_anchor: bool) -> None:
    (use,) = uses_of(f"<a href='#x'>Jump</a>{target}")
    assert use.is_to_anchor is is_to_anchor


@pytest.mark.parametrize(
    ("css", "where"),
    [
        (".a{display:flex}", Where.SHEET),
        ("@media (max-width:600px){.a{display:flex}}", Where.ENHANCEMENT),
        (".a:hover{display:flex}", Where.ENHANCEMENT),
        ("[data-ogsc] .a{display:flex}", Where.ENHANCEMENT),
    ],
)
def test_a_rule_of_a_style_element_is_told_from_what_is_for_some_clients_only(css: str, where: Where) -> None:
    (use,) = [use for use in uses_of(f"<style>{css}</style>") if use.slug == "css-display-flex"]
    assert use.where is where
    assert use.words == "display: flex"


@pytest.mark.parametrize(
    ("query", "slug"),
    [
        ("(max-width: 600px)", "css-at-media"),
        ("screen and (min-height: 600px)", "css-at-media"),
        ("(prefers-color-scheme: dark)", "css-at-media-prefers-color-scheme"),
        ("(orientation: landscape)", "css-at-media-orientation"),
    ],
)
def test_a_media_query_is_looked_up_by_what_it_asks_for(query: str, slug: str) -> None:
    assert slugs_of(f"<style>@media {query} {{ .a {{ color: red }} }}</style>") == {slug}


@pytest.mark.parametrize(
    ("selector", "tag"),
    [("td.a", "td"), (".b p", "p"), (".b > p.a:hover, td", "p"), (".a", ""), ("p .a", ""), ("#p", ""), ("", "")],
)
def test_a_rule_is_for_the_element_that_its_selector_names_last(selector: str, tag: str) -> None:
    (use,) = uses_of(f"<style>{selector} {{ padding: 9px }}</style>")
    assert use.tag == tag


def test_what_outlook_alone_reads_is_left_out() -> None:
    assert uses_of("<!--[if mso]><table style='width:600px'><tr><td><![endif]--><p>x</p>") == []


def test_a_use_is_placed_where_it_stands() -> None:
    proof = Proof(EmailMessage(), "<style>\n.a{color:red}\n.a{float:left}</style>\n<p style='float:left'>", "", {})
    assert [use.place(proof).line for use in uses(proof)] == [4, 3]


@given(st.text(alphabet="abcdefg-:;()#!@{}.,1%'< >/ \\\"رem٣²px", max_size=120))
def test_every_use_of_whatever_is_written_is_of_a_known_feature(text: str) -> None:
    for use in uses_of(f'<p style="{text}"><img src="{text}"><a href="#{text}"><style>{text}</style>'):
        assert use.slug in features()
        assert use.words
