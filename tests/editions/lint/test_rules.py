"""The rules of the lint: a small letter breaks none of them, and each is broken by one change to it."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from digest.editions.lint import Context, Finding, LinkResult, LinkStatus, Severity, links_of, lint
from digest.editions.lint.rules import RULES

ROOT = Path(__file__).resolve().parents[3]
BUTTON = "color:#222222;display:inline-block;padding:10px 0"
STYLE = "color:#222222;background-color:#ffffff;font-size:16px;line-height:24px"
LETTER = f"""\
From: The Daily <digest@news.test>
To: ada@reader.test
Subject: Night ferries return to the coast
Date: Mon, 23 Nov 2026 07:00:00 +0000
Message-ID: <1@news.test>
List-Id: The Daily <daily.news.test>
List-Unsubscribe: <https://news.test/leave/t0k3n>
List-Unsubscribe-Post: List-Unsubscribe=One-Click
MIME-Version: 1.0
Content-Type: multipart/alternative; boundary="=_1"

--=_1
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 8bit

The Daily
=========

1. Night ferries return to the coast
https://post.test/1
The first left at dusk. Every cabin was taken.

Unsubscribe:
https://news.test/leave/t0k3n
Choose:
https://news.test/choose/t0k3n
View in browser:
https://news.test/read/c0ffee

Daily House, 1 High St, London
--=_1
Content-Type: text/html; charset=utf-8
Content-Transfer-Encoding: 8bit

<!DOCTYPE html>
<html lang="en" dir="ltr">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="x-apple-disable-message-reformatting" content="">
<meta name="color-scheme" content="light dark">
<title>Night ferries return to the coast</title>
<style>
@media (prefers-color-scheme: dark) {{ .page {{ background-color: #111111 !important; color: #eeeeee !important }} }}
</style>
</head>
<body>
<div style="display:none">The first left at dusk, and every cabin was taken.</div>
<div lang="en" dir="ltr" class="page" style="{STYLE}">
<table role="none" width="100%"><tr><td class="page" style="{STYLE}">
<h1>The Daily</h1>
<a href="https://post.test/1" aria-hidden="true"><img src="https://post.test/1.jpg" width="536" height="302" alt=""></a>
<h2><a class="page" href="https://post.test/1" style="color:#222222">Night ferries return to the coast</a></h2>
<p>The first left at dusk. Every cabin was taken.</p>
<div><a class="page" href="https://news.test/leave/t0k3n" style="{BUTTON}">Unsubscribe</a>
<a class="page" href="https://news.test/choose/t0k3n" style="{BUTTON}">Choose</a>
<a class="page" href="https://news.test/read/c0ffee" style="{BUTTON}">View in browser</a></div>
<p>Daily House, 1 High St, London</p>
</td></tr></table>
</div>
</body>
</html>
--=_1--
"""
CONTEXT = Context(
    leave_url="https://news.test/leave/",
    choose_url="https://news.test/choose/",
    read_url="https://news.test/read/",
    postal_address="Daily House, 1 High St, London",
    at=datetime(2026, 11, 23, 7, 0, tzinfo=UTC),
)
HEADLINE = "Night ferries return to the coast</a>"
HREF = 'href="https://post.test/1" style'
EXCERPT = "<p>The first left at dusk. Every cabin was taken.</p>"
IMAGE = '<img src="https://post.test/1.jpg" width="536" height="302" alt="">'
KEPT = "@media (prefers-color-scheme: dark) {"

#: Rule -> changes that break it, each on its own: what stands in the letter, and what takes its place.
BREAKS: dict[str, Sequence[tuple[str, str]]] = {
    "header-missing": [("Message-ID: <1@news.test>\n", ""), ("To: ada@reader.test\n", "")],
    "header-twice": [("To: ada", "From: x@news.test\nTo: ada")],
    "date-odd": [("Mon, 23 Nov 2026", "Mon, 23 Nov 2020"), ("Mon, 23 Nov 2026 07:00:00 +0000", "this morning")],
    "message-id-foreign": [("<1@news.test>", "<1@localhost>"), ("<1@news.test>", "nothing")],
    "list-unsubscribe-missing": [
        ("List-Unsubscribe: <https://news.test/leave/t0k3n>\n", ""),
        ("<https://news.test/leave/t0k3n>\n", "https://news.test/leave/t0k3n\n"),
    ],
    "one-click-missing": [
        ("List-Unsubscribe-Post: List-Unsubscribe=One-Click\n", ""),
        ("=One-Click", "=yes"),
        ("<https://news.test/leave/t0k3n>\n", "<http://news.test/leave/t0k3n>\n"),
    ],
    "list-id-missing": [("List-Id: The Daily <daily.news.test>\n", ""), ("<daily.news.test>", "")],
    "precedence-odd": [("MIME-Version", "Precedence: junk\nMIME-Version")],
    "line-too-long": [("MIME-Version", f"X-Long: {'a' * 1000}\nMIME-Version")],
    "subject-missing": [("Subject: Night ferries return to the coast\n", "")],
    "subject-length": [
        ("Subject: Night ferries return to the coast", "Subject: News"),
        ("Subject: ", "Subject: " + 50 * "新"),
    ],
    "subject-shouts": [
        ("Subject: Night ferries return", "Subject: NIGHT FERRIES RETURN!!"),
        ("Subject: Night ferries return to the coast", "Subject: NIGHT FERRIES RETURN"),
    ],
    "subject-pretends": [
        ("Subject: ", "Subject: Re: "),
        ("Subject: ", "Subject: FWD: "),
        ("Subject: ", "Subject: AW: "),
    ],
    "subject-scored": [
        ("Subject: Night", "Subject: Buy night"),
        ("Subject: Night", "Subject: $99 night"),
        ("to the coast\nDate", "to the coast? Yes!\nDate"),
        ("Subject: Night ferries", "Subject: Lose ten pounds"),
    ],
    "html-clipped": [(EXCERPT, f"{EXCERPT}\n{'<p>Much more of it.</p>' * 5000}")],
    "html-over-budget": [(EXCERPT, f"{EXCERPT}\n{'<p>Much more of it.</p>' * 4300}")],
    "style-too-long": [("</style>", f"{'.a {color:#111111}' * 1000}</style>")],
    "style-long": [("</style>", f"{'.a {color:#111111}' * 500}</style>")],
    "style-nested": [(KEPT, f"@supports (display:block) {{ @media print {{ .a {{color:red}} }} }} {KEPT}")],
    "style-broken": [("</style>", ".a { color red }</style>"), ("</style>", "} .a {}</style>")],
    "style-comment": [("</style>", "/* dark */</style>")],
    "charset-not-utf-8": [("text/html; charset=utf-8", "text/html; charset=iso-8859-1")],
    "meta-charset": [('<meta charset="utf-8">', ""), ('charset="utf-8"', 'charset="latin1"')],
    "doctype": [("<!DOCTYPE html>", ""), ("<!DOCTYPE html>", "<!DOCTYPE svg>")],
    "language-missing": [
        ('<html lang="en" dir="ltr">', "<html>"),
        ('<html lang="en" dir="ltr">', '<html lang="en">'),
        ('<div lang="en" dir="ltr" ', "<div "),
    ],
    "title-empty": [("<title>Night ferries return to the coast</title>", "<title> </title>")],
    "viewport": [
        ('<meta name="viewport" content="width=device-width, initial-scale=1">', ""),
        ("initial-scale=1", "user-scalable=no"),
        ("initial-scale=1", "initial-scale=1, maximum-scale=1.0"),
    ],
    "apple-reformats": [('<meta name="x-apple-disable-message-reformatting" content="">', "")],
    "color-scheme": [('<meta name="color-scheme" content="light dark">', "")],
    "preheader-missing": [('<div style="display:none">', '<div style="color:#222222">')],
    "preheader-length": [
        ("The first left at dusk, and every cabin was taken.", "Hello.&#847;&#847; &#8199;&#65279;" + 60 * "&zwnj; ")
    ],
    "preheader-repeats": [("The first left at dusk, and", "Night ferries return to the coast:")],
    "heading-first-missing": [("<h1>The Daily</h1>", "<p>The Daily</p>"), (EXCERPT, f"<h1>The Daily</h1>{EXCERPT}")],
    "heading-skipped": [("<h2>", "<h3>")],
    "heading-empty": [(EXCERPT, f"<h2> <img src='https://a.test/1.png' width=9 height=9 alt=''></h2>{EXCERPT}")],
    "table-without-role": [('<table role="none"', "<table")],
    "id-twice": [(EXCERPT, f'<p id="a"></p><p id="a"></p>{EXCERPT}')],
    "contrast-low": [
        (f'page" style="{STYLE}">\n<h1>', 'page" style="color:#888888;background-color:#eeeeee">\n<h1>'),
        (EXCERPT, '<p style="color:#999">Faint words</p>'),
        (EXCERPT, '<table role="none" bgcolor="#777777"><tr><td>Dark on dark</td></tr></table>'),
        (EXCERPT, '<p><font color="#ffff00">Yellow on white</font></p>'),
        (EXCERPT, '<p>A <a style="background:#0000cc" href="https://post.test/1">link</a></p>'),
    ],
    "contrast-low-dark": [("color: #eeeeee", "color: #444444"), (".page { background", "div.page td { background")],
    "contrast-low-flipped": [(EXCERPT, '<p style="color:#000000;background-color:#767676">Black on grey</p>')],
    "text-small": [
        ("<p>Daily House", '<p style="font-size:12px">Daily House'),
        ("<p>Daily House", '<p style="font-size:0.7em">Daily House'),
        ("<p>Daily House", '<p style="font:bold 12px/24px Arial">Daily House'),
        ("Daily House, 1 High St, London</p>", "<small>Daily House, 1 High St, London</small></p>"),
    ],
    "target-small": [("display:inline-block;padding:10px 0", ""), ("padding:10px 0", "padding:4px 0 5px")],
    "image-without-alt": [(' alt="">', ">")],
    "image-alt-says-nothing": [
        ('alt=""', f'alt="{words}"')
        for words in ("Image", "IMG_2034", "ferry.jpg", "Bild", "صورة", "https://a.test/1.png")
    ],
    "image-without-size": [(' width="536"', ""), ('height="302"', 'height="auto"')],
    "image-not-secure": [('src="https:', 'src="http:')],
    "image-without-address": [('src="https://post.test/1.jpg"', 'src="/1.jpg"'), ('src="https://post.test/1.jpg"', "")],
    "tracking-pixel": [
        ('width="536" height="302"', 'width="1" height="1"'),
        (IMAGE, IMAGE.replace(">", ' style="width:0;height:1px">')),
    ],
    "link-empty": [(HREF, f'href="{url}" style') for url in ("", "#", "/1", "www.post.test")],
    "link-script": [
        (HREF, f'href="{url}" style') for url in ("javascript:void(0)", "java\tscript:x", "data:text/html,x")
    ],
    "link-not-secure": [('href="https://post.test/1"', 'href="http://post.test/1"')],
    "link-placeholder": [
        ('href="https://post.test/1"', f'href="{url}"')
        for url in ("https://post.test/{{ id }}", "https://yoursite.com/", "https://post.test/undefined", "TODO")
    ],
    "link-here": [
        ('href="https://post.test/1"', f'href="{url}"')
        for url in ("http://localhost:8000/1", "https://192.168.1.7/", "http://intranet/")
    ],
    "link-to-no-place": [(EXCERPT, f'<p>More in <a href="#world" style="color:#222222">World</a></p>{EXCERPT}')],
    "link-without-name": [('aria-hidden="true">', ">"), (HEADLINE, "</a>")],
    "link-says-nothing": [
        (HEADLINE, f"{words}</a>")
        for words in ("Click here", "Read more »", "Hier", "Lire la suite", "Leer más", "Читати далі", "اقرأ المزيد")
    ],
    "link-bare-address": [(HEADLINE, "https://post.test/1</a>")],
    "link-ambiguous": [(EXCERPT, f'<h2><a href="https://post.test/2" style="color:#222222">{HEADLINE}</h2>{EXCERPT}')],
    "script": [(EXCERPT, f"{EXCERPT}<script>alert(1)</script>"), ("<p>The", '<p onclick="x()">The')],
    "frame": [(EXCERPT, f'{EXCERPT}<iframe src="https://a.test"></iframe>'), (EXCERPT, f"{EXCERPT}<embed>")],
    "form": [(EXCERPT, f'{EXCERPT}<form action="https://a.test"></form>'), (EXCERPT, f"{EXCERPT}<input>")],
    "style-elsewhere": [
        ("<title>", '<link rel="stylesheet" href="https://a.test/s.css"><title>'),
        ("<style>", '<style>@import "a.css";'),
    ],
    "font-elsewhere": [("</style>", "@font-face { font-family: A; src: url(https://a.test/a.woff) }</style>")],
    "refresh": [("<title>", '<meta http-equiv="refresh" content="0;url=https://a.test"><title>')],
    "blank-left": [
        ("t0k3n\nChoose", "zqc0ffeeLEAVEqz\nChoose"),
        ('leave/t0k3n" style', 'leave/zqc0ffeeLEAVEqz" style'),
    ],
    "token-left": [
        ("Subject: Night", "Subject: {{ name }}: night"),
        (EXCERPT, "<p>Dear *|FNAME|*,</p>"),
        ("Daily House, 1 High St, London\n--", "Daily House, 1 High St, London, %recipient.name%\n--"),
    ],
    "filler-text": [(EXCERPT, "<p>Lorem ipsum dolor sit amet.</p>")],
    "value-missing": [(EXCERPT, "<p>None</p>"), (EXCERPT, "<p>Source: undefined</p>"), ('alt=""', 'alt="null"')],
    "text-missing": [(re.search("The Daily\n=.*?London\n", LETTER, re.DOTALL)[0], "\n")],  # type: ignore[index]
    "text-without-link": [
        (EXCERPT, f'<p>See <a href="https://post.test/9" style="color:#222222">Post</a></p>{EXCERPT}')
    ],
    "html-without-link": [("taken.\n\nUnsub", "taken.\nhttps://post.test/9\n\nUnsub")],
    "text-with-markup": [("taken.\n\nUnsub", "taken &amp; gone.\n\nUnsub"), ("taken.\n\nUnsub", "taken.<br>\n\nUnsub")],
    "text-line-long": [("taken.\n\nUnsub", f"taken.\n{40 * '新'}\n\nUnsub")],
    "text-without-headline": [("1. Night ferries return to the coast\n", "")],
    "leave-link-missing": [
        ('"https://news.test/leave/t0k3n"', '"https://news.test/read/1"'),
        ("\nhttps://news.test/leave/t0k3n", ""),
    ],
    "leave-link-cut": [(EXCERPT, f"{EXCERPT}\n{'<p>Much more of it.</p>' * 5000}")],
    "postal-address-missing": [
        ("<p>Daily House, 1 High St, London</p>", ""),
        ("\nDaily House, 1 High St, London\n--", "\n--"),
    ],
    "way-missing": [
        ('"https://news.test/choose/t0k3n"', '"https://post.test/1"'),
        ("\nhttps://news.test/read/c0ffee", ""),
    ],
}

#: Changes after which nothing is found: what the rules are not to take for a mistake.
INNOCENT = [
    ("Subject: Night ferries", "Subject: =?utf-8?q?N=C3=A4chtliche?= ferries"),
    ("List-Unsubscribe: <https", "List-Unsubscribe: <mailto:leave@news.test>, <https"),
    ("MIME-Version", "Precedence: bulk\nMIME-Version"),
    ("<1@news.test>", "<1@mail.news.test>"),
    (EXCERPT, EXCERPT + "<!--[if mso]><table><tr><td>Only Outlook<![endif]-->"),
    (EXCERPT, EXCERPT + '<p style="display:none;color:#ffffff">nobody sees it</p>'),
    (EXCERPT, '<p style="font-size:24px;color:#8f8f8f;background-color:#ffffff">Large</p>'),
    (EXCERPT, '<p style="font-size:19px;font-weight:bold;color:#8f8f8f">Large and bold</p>'),
    (EXCERPT, '<p style="background:url(https://a.test/1.png);color:#cccccc">On a picture</p>'),
    (
        EXCERPT,
        f'<p>By <a class="page" style="color:#222222" href="https://news.test/read/c0ffee">{HEADLINE}</p>',
    ),
    (EXCERPT, '<p>About 1<sup style="font-size:11px">st</sup></p>'),
    (EXCERPT, "<p>None of the above is undefined.</p>"),
    (KEPT, f"@media (max-width: 600px) {{ .page {{ font-size: 9px !important }} }} {KEPT}"),
    (KEPT, f"[data-ogsc] .page {{ color: #ffffff !important }} {KEPT}"),
    (";padding:10px 0", ";font:16px/44px Arial"),
    (EXCERPT, '<p>Jump to <a class="page" style="color:#222222" href="#b%20c">B</a></p><a id="b c"></a>'),
    (EXCERPT, "<table><tr><th>Year</th><td>2026</td></tr></table>"),
    (HEADLINE, "Night ferries\n return to the coast</a>"),
    ("1. Night ferries return to the coast\n", "1. Night ferries\nreturn to the coast\n"),
    ("https://post.test/1\nThe", "https://post.test/1/\nThe"),
    ("taken.\n\nUnsub", f"taken.\n{30 * '新'}\n\nUnsub"),
    ("taken.\n\nUnsub", "taken, 3 < 5 & 7 > 2.\n\nUnsub"),
]


def changed(old: str, new: str) -> bytes:
    assert old in LETTER, old
    return LETTER.replace(old, new, 1).replace("\n", "\r\n").encode()


def found(message: bytes, context: Context = CONTEXT) -> dict[str, Finding]:
    """Findings by rule, but for those on what mail clients support."""
    ours = {rule.name for rule in RULES} | {"line-too-long"}
    return {each.rule: each for each in lint(message, context=context).findings if each.rule in ours}


def test_a_good_letter_breaks_no_rule() -> None:
    assert found(changed("", "")) == {}


@pytest.mark.parametrize(
    ("rule", "change"),
    [(rule, change) for rule, changes in BREAKS.items() for change in changes],
    ids=[f"{rule}-{number}" for rule, changes in BREAKS.items() for number, _ in enumerate(changes)],
)
def test_a_letter_that_breaks_a_rule_is_told_of_it(rule: str, change: tuple[str, str]) -> None:
    finding = found(changed(*change)).get(rule)
    assert finding is not None, found(changed(*change))
    assert finding.what.endswith(".")
    assert finding.mend
    assert finding.readers
    assert finding.place.part in {"html", "text", "headers"}


@pytest.mark.parametrize("change", INNOCENT, ids=range(len(INNOCENT)))
def test_what_is_no_mistake_is_not_taken_for_one(change: tuple[str, str]) -> None:
    assert found(changed(*change)) == {}


LINKS = {
    "link-broken": LinkStatus.BROKEN,
    "link-moved": LinkStatus.MOVED,
    "link-unsure": LinkStatus.REFUSED,
}


@pytest.mark.parametrize("rule", LINKS)
def test_what_came_of_asking_a_link_is_told_where_it_stands(rule: str) -> None:
    asked = (LinkResult("https://post.test/1", LINKS[rule], "told so"), LinkResult("https://a.test", LinkStatus.OK))
    finding = found(changed("", ""), replace(CONTEXT, links=asked))[rule]
    assert "https://post.test/1" in finding.what
    assert finding.place.part == "html"
    assert finding.place.line > 1


def test_every_rule_is_tried() -> None:
    assert {rule.name for rule in RULES} | {"line-too-long"} == {*BREAKS, *LINKS}


def test_names_of_rules_are_unique() -> None:
    assert len({rule.name for rule in RULES}) == len(RULES)


def test_a_rule_that_is_broken_often_is_told_once_with_its_count() -> None:
    many = '<p style="color:#999999">Faint words</p>' * 3
    assert found(changed(EXCERPT, many))["contrast-low"].count == 3


def test_the_worst_comes_first() -> None:
    message = LETTER.replace(IMAGE, "<img>").replace("Subject: Night ferries return to the coast", "Subject: News")
    severities = [each.severity for each in lint(message.encode(), context=CONTEXT).findings]
    order = [Severity.ERROR, Severity.WARNING, Severity.NOTE]
    assert severities == sorted(severities, key=order.index)
    assert {Severity.ERROR, Severity.WARNING, Severity.NOTE} <= {*severities}


def test_a_finding_in_the_text_part_names_its_line() -> None:
    place = found(changed("taken.\n\nUnsub", "taken &amp; gone.\n\nUnsub"))["text-with-markup"].place
    assert (place.part, place.line, place.snippet) == (
        "text",
        6,
        "The first left at dusk. Every cabin was taken &amp; gone.",
    )


def test_what_is_not_known_of_a_letter_is_not_asked_for() -> None:
    bare = LETTER.replace("https://news.test/choose/t0k3n", "https://news.test/read/c0ffee").replace("1 High St", "")
    assert found(bare.encode(), Context()) == {}


def test_an_address_that_nobody_has_given_is_missed() -> None:
    assert "postal-address-missing" in found(changed("", ""), replace(CONTEXT, postal_address=""))


def test_a_letter_of_text_alone_is_held_to_what_is_said_of_text() -> None:
    head, _, rest = LETTER.partition("--=_1\n")
    text = rest.partition("\n\n")[2].partition("--=_1")[0]
    alone = head.replace('multipart/alternative; boundary="=_1"', "text/plain; charset=utf-8") + text
    assert found(alone.encode()) == {}
    assert {*found(alone.replace("t0k3n\nChoose", "\nChoose").encode())} == {"leave-link-missing"}


def test_an_empty_message_is_no_reason_to_raise() -> None:
    assert {"text-missing", "subject-missing", "header-missing"} <= {*found(b"")}


def test_the_links_to_ask_leave_out_those_by_which_one_leaves() -> None:
    assert links_of(changed("", "")) == [
        "https://post.test/1",
        "https://news.test/choose/t0k3n",
        "https://news.test/read/c0ffee",
    ]


def test_the_documentation_lists_every_rule_with_its_severity() -> None:
    rows = re.findall(
        r"^\| `([a-z0-9-]+)` \| (\w+) \|", (ROOT / "docs/lint.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert sorted(rows) == sorted([*((rule.name, rule.severity.value) for rule in RULES), ("line-too-long", "error")])
