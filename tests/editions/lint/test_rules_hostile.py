"""The rules of the lint on what strangers write: nothing raises, nothing takes long."""

import re
from collections.abc import Callable
from time import perf_counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.editions.lint import Context, links_of, lint

#: Seconds: on an idle machine each takes less than two, and what is quadratic takes minutes.
PATIENCE = 20.0
CONTEXT = Context(leave_url="https://a.test/", read_url="https://b.test/", postal_address="1 High St")

SCRAPS = re.compile(r"\S+").findall(
    r"""
    < > </ /> <!-- --> <![CDATA[ <!DOCTYPE & &#0; &#xffffffff; é <html> <head> <body> <table> <td> <a␣href=' <a␣href=
    <img␣alt=' <style> </style> <div␣style=' <p␣style=" '> "> <font␣size= <font␣color= <h1> <h3> </h3> <meta␣name=
    color: background: font: font-size: padding: line-height: #fff rgb( calc( url( ) 1e99px -5em 999999999% nan inherit
    ; !important @media { } /* */ \ " {{ }} [[ zqcafe00LEAVEqz %recipient http:// https://[::1 // # javascript: ١٢٣ ²
    =?utf-8?q? =?nonsense?b? ?= From:␣ Subject:␣ Date:␣ <x@ , <<<>> ␣ Message-ID: =C3
    """
)
scraps = st.sampled_from([*(each.replace("␣", " ") for each in SCRAPS), "\0", "\ud800", "\r\n", "\n", "\t"])
NAMES = ("From", "To", "Subject", "Date", "Message-ID", "List-Id", "List-Unsubscribe", "Content-Type")
soup = st.lists(scraps | st.text(max_size=5), max_size=60).map("".join)


def message_of(html: str, text: str = "Words", head: str = "") -> bytes:
    return (
        f"{head}MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n"
        f"--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n"
        f"--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n{html}\r\n--b--\r\n"
    ).encode(errors="replace")


@settings(max_examples=150)
@given(html=soup, text=soup)
def test_no_html_and_no_text_makes_a_rule_raise(html: str, text: str) -> None:
    lint(message_of(html, text), context=CONTEXT)


@settings(max_examples=100)
@given(st.lists(st.tuples(st.sampled_from(NAMES), soup)))
def test_no_header_makes_a_rule_raise(names: list[tuple[str, str]]) -> None:
    head = "".join(f"{name}: {value.replace(chr(10), ' ').replace(chr(13), ' ')}\r\n" for name, value in names)
    lint(message_of("<p>Words</p>", head=head), context=CONTEXT)


@settings(max_examples=100)
@given(st.binary(max_size=300) | soup.map(lambda text: text.encode(errors="replace")))
def test_no_message_makes_it_raise(message: bytes) -> None:
    lint(message, context=CONTEXT)
    links_of(message)


@settings(max_examples=100)
@given(style=soup, sheet=soup, width=soup)
def test_no_style_makes_a_rule_raise(style: str, sheet: str, width: str) -> None:
    quoted = [each.replace('"', "'").replace("<", "") for each in (style, width)]
    html = (
        f'<style>{sheet.replace("<", "")}</style><div style="{quoted[0]}" bgcolor="{quoted[1]}">'
        f'<a href="https://a.test" style="{quoted[0]}">Words</a><img width="{quoted[1]}" height="{quoted[1]}"></div>'
    )
    lint(message_of(html), context=CONTEXT)


HOSTILE: dict[str, Callable[[], str]] = {
    "deep": lambda: "<div>" * 20_000 + "Words",
    "deep-tables": lambda: "<table><tr><td>" * 3_000 + "Words",
    "deep-headings": lambda: "<h2><span>" * 5_000 + "Words",
    "deep-styles": lambda: '<div class="a b c" style="color:#111;padding:1px">' * 5_000 + "Words",
    "many-links": lambda: '<a href="#a">x</a> ' * 20_000,
    "many-different-links": lambda: "".join(f'<a href="https://a.test/{n}">x</a> ' for n in range(10_000)),
    "many-styles": lambda: "".join(f'<p style="color:#{n:06x}">x</p>' for n in range(4_000)),
    "many-rules": lambda: f"<style>{'.a .b .c{color:red}' * 3_000}</style>{'<p class=c>x</p>' * 3_000}",
    "one-long-attribute": lambda: f'<p style="{"color:red;" * 10_000}">x</p>',
    "one-long-word": lambda: f"<h1>{'a' * 500_000}</h1>",
    "brackets": lambda: f"<p>{'[[' * 100_000}{'{{' * 100_000}</p>",
    "unclosed-urls": lambda: f'<p style="background:{"url(" * 50_000}">x</p>',
    "quotes": lambda: '<a href="' * 50_000,
    "exclamations": lambda: f"<p>{'! ?' * 100_000}</p>",
    "blank-headings": lambda: "<h2> </h2>" * 20_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_letter_made_to_be_slow_is_not(name: str) -> None:
    html = HOSTILE[name]()
    began = perf_counter()
    lint(message_of(html, text=html[:200_000], head=f"Subject: {html[:50_000]}\r\n"), context=CONTEXT)
    assert perf_counter() - began < PATIENCE
