"""A message as the rules look at it: what is read of it, and what of its HTML is for a reader to see."""

from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.editions.lint.proof import Proof

SHEET = """
.a, p { color: red; margin: 0 !important }
@media (max-width: 600px) { .a { padding: 0 } @media print { .b { color: blue } } }
@font-face { font-family: Own }
@import url(x.css);
/* a word */
.c { color red }
"""


def proof_of(html: str) -> Proof:
    return Proof(EmailMessage(), html, "", {})


def test_both_parts_of_a_message_are_read() -> None:
    message = EmailMessage()
    message.set_content("Words — as text")
    message.add_alternative("<p>Words — as HTML</p>", subtype="html")
    proof = Proof.of(message.as_bytes())
    assert proof.text.strip() == "Words — as text"
    assert proof.html.strip() == "<p>Words — as HTML</p>"


def test_a_message_without_html_has_an_empty_tree() -> None:
    assert [element.tag for element in Proof.of(b"Subject: x\n\nwords").elements()] == ["html"]


@pytest.mark.parametrize("charset", ["nonsense", "", "rot13", "idna", "x\0y", "utf-8''%ff"])
def test_a_charset_that_nobody_knows_is_read_as_utf_8(charset: str) -> None:
    proof = Proof.of(f'Content-Type: text/html; charset="{charset}"\n\n<p>é</p>'.encode())
    assert proof.html == "<p>é</p>"


def test_parts_within_parts_by_the_hundred_are_no_letter() -> None:
    deep = "".join(f"Content-Type: multipart/mixed; boundary=b{n}\n\n--b{n}\n" for n in range(1200))
    assert Proof.of(deep.encode()).html == ""


@given(st.binary(max_size=300))
def test_no_bytes_are_too_odd_to_read(message: bytes) -> None:
    assert proof_of(Proof.of(b"Content-Type: text/html" + message).html).tree.tag == "html"


def test_elements_come_in_the_order_of_the_document_and_comments_are_none() -> None:
    proof = proof_of("<p>a<b>b</b></p><!-- <i>c</i> --><p>d</p>")
    assert [element.tag for element in proof.elements("p", "b", "i")] == ["p", "b", "p"]


@pytest.mark.parametrize(
    ("html", "seen"),
    [
        ("<p>One  two\n three</p>", "One two three"),
        ("<p>One<b> two</b>, three</p>", "One two, three"),
        ("<p>One<span style='display:none'> hidden <b>this too</b></span> two</p>", "One two"),
        ("<p>One<!-- a comment --> two</p>", "One two"),
        ("<p>One<style>p{}</style><script>x()</script> two</p>", "One two"),
        ("<p style='display : NONE'>One</p>", ""),
        ("<p>One<img alt='a picture'> two</p>", "One two"),
    ],
)
def test_the_text_that_a_reader_sees(html: str, seen: str) -> None:
    proof = proof_of(f"{html}<p>not asked for</p>")
    assert proof.visible_text(next(proof.elements("p"))) == seen


def test_what_follows_an_element_is_not_its_text() -> None:
    proof = proof_of("<div><b>One</b> two</div>")
    assert proof.visible_text(next(proof.elements("b"))) == "One"


def test_a_style_attribute_is_read_declaration_by_declaration() -> None:
    proof = proof_of("<p style='COLOR: Red;;margin :0  auto!important; nonsense; background:url(a;b)'>")
    style = proof.style(next(proof.elements("p")))
    assert [(each.name, each.value, each.important) for each in style] == [
        ("color", "Red", False),
        ("margin", "0 auto", True),
        ("background", "url(a;b)", False),
    ]


def test_a_style_element_is_read_with_its_conditions_and_its_mistakes() -> None:
    (sheet,) = proof_of(f"<html>\n<head>\n<style>{SHEET}</style>").sheets
    assert [(rule.selector, rule.around) for rule in sheet.css.rules] == [
        (".a, p", ()),
        (".a", ("@media (max-width: 600px)",)),
        (".b", ("@media (max-width: 600px)", "@media print")),
        ("", ("@font-face",)),
        (".c", ()),
    ]
    assert [(sign.name, sign.depth) for sign in sheet.css.at_rules] == [
        ("media", 0),
        ("media", 1),
        ("font-face", 0),
        ("import", 0),
    ]
    assert [line for line, _ in sheet.css.errors] == [7]
    assert sheet.css.comments == 1
    assert sheet.line == 3


def test_style_elements_in_comments_are_for_outlook_alone() -> None:
    assert proof_of("<head><!--[if mso]><style>p{color:red}</style><![endif]--></head>").sheets == ()


@pytest.mark.parametrize(
    "css", ["(" * 9999, "a{" * 9999, "@media{" * 999, "9" * 9999, "/*" * 999, '"' * 999, "\\" * 99]
)
def test_css_that_cannot_be_read_does_no_harm(css: str) -> None:
    proof = proof_of(f"<style>a{{b:{css}</style><p style='a:{css}'><b style='color:red'>x</b>")
    assert len(proof.sheets) == 1
    assert [each.name for each in proof.style(next(proof.elements("b")))] in (["color"], [])


@given(st.text(max_size=200))
def test_no_style_is_too_odd_to_read(text: str) -> None:
    proof = proof_of(f'<p style="{text}"><style>{text}</style>')
    for element in proof.elements():
        assert all(each.name for each in proof.style(element))
    assert all(sheet.line for sheet in proof.sheets)
