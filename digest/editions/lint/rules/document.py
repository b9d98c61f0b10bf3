"""What stands around the words of a letter: charset, doctype, language, title, viewport, preheader."""

import re
from collections.abc import Iterator
from typing import Any

from lxml import etree

from digest.editions.lint.cascade import declares_dark
from digest.editions.lint.context import Context
from digest.editions.lint.finding import Place, Severity
from digest.editions.lint.header_values import value
from digest.editions.lint.rule import HTML, Hit, rule, shown
from digest.editions.lint.sight import Sight
from digest.editions.render_plain import width

_DOCTYPE = re.compile(r"\s*<!DOCTYPE html\b", re.IGNORECASE)
_UTF8 = frozenset({"utf-8", "utf8"})
_META_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w-]+)", re.IGNORECASE)
_NO_ZOOM = re.compile(r"user-scalable\s*=\s*(?:no|0)|maximum-scale\s*=\s*1(?:\.0*)?(?![\d.])", re.IGNORECASE)
#: What keeps the body out of an inbox's preview, and says nothing.
_FILLER = re.compile(
    r"[\s\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u2000-\u200f\u2028-\u202f\u205f-\u206f\ufeff]+"
)
_SHORTEST, _LONGEST = 40, 130
_UNSHOWN = frozenset({"head", "title", "style", "script", "template"})
_HTML = Place(part=HTML)
_GOOD_CODE = "https://github.com/M-J-Robbins/good-email-code"


@rule(
    "charset-not-utf-8",
    Severity.ERROR,
    readers="Gmail, which cuts letters in other charsets whatever their size, and readers of other scripts",
    mend="Send it with Digest, or have the relay leave the message as it is.",
    source="https://github.com/hteumeuleu/email-bugs/issues/41",
)
def charset_not_utf8(proof: Sight, _context: Context) -> Iterator[Hit]:
    for part in proof.message.walk():
        if part.get_content_maintype() == "text":
            charset = part.get_content_charset("us-ascii")
            if charset not in _UTF8 and not (charset == "us-ascii" and proof.html.isascii() and proof.text.isascii()):
                yield f"The part {part.get_content_type()} is in {charset[:20]}.", _HTML


@rule(
    "meta-charset",
    Severity.WARNING,
    readers="readers who save the letter, or open it in the browser",
    mend='Write <meta charset="utf-8"> first in the head.',
    source="https://html.spec.whatwg.org/multipage/semantics.html#charset",
)
def meta_charset(proof: Sight, _context: Context) -> Iterator[Hit]:
    for meta in proof.elements("meta"):
        found = meta.get("charset") or next(iter(_META_CHARSET.findall(str(meta.get("content") or "")[:200])), "")
        if found:
            if str(found).lower() not in _UTF8:
                yield f"The head says that the letter is in {str(found)[:20]}.", meta
            return
    yield "The head does not say that the letter is in UTF-8.", _HTML


@rule(
    "doctype",
    Severity.WARNING,
    readers="webmail and Apple Mail, which then lay it out as pages of 1998",
    mend="Begin the letter with <!DOCTYPE html>, in capitals: else the inliner loses it.",
    source=_GOOD_CODE,
)
def doctype(proof: Sight, _context: Context) -> Iterator[Hit]:
    if not _DOCTYPE.match(proof.html):
        yield "It does not begin with <!DOCTYPE html>.", _HTML


@rule(
    "language-missing",
    Severity.WARNING,
    readers="readers who listen: their program takes a wrong voice",
    mend='Write lang="{{ language }}" and dir="{{ direction }}" there.',
    source="https://www.w3.org/WAI/WCAG22/Understanding/language-of-page",
)
def language_missing(proof: Sight, _context: Context) -> Iterator[Hit]:
    root = proof.tree
    if missing := _missing(root):
        yield f"<html> has no {missing}.", root
    # Webmail takes <html> and <body> away.
    wrapper = next((each for each in proof.elements("div", "table", "center") if not _missing(each)), None)
    if wrapper is None:
        yield "No element within the body has lang and dir, and webmail takes <html> away.", root


def _missing(element: Any) -> str:
    return " and no ".join(name for name in ("lang", "dir") if not str(element.get(name) or "").strip())


@rule(
    "title-empty",
    Severity.WARNING,
    readers="readers who listen, and those who open the letter in the browser",
    mend="Write <title>{{ subject }}</title>.",
    source="https://www.w3.org/WAI/WCAG22/Understanding/page-titled",
)
def title_empty(proof: Sight, _context: Context) -> Iterator[Hit]:
    if not any(str(title.text or "").strip() for title in proof.elements("title")):
        yield "The letter has no title.", _HTML


@rule(
    "viewport",
    Severity.WARNING,
    readers="readers on phones: it is laid out 980 px wide, or cannot be made larger",
    mend='Write <meta name="viewport" content="width=device-width, initial-scale=1">.',
    source="https://www.w3.org/WAI/WCAG22/Understanding/resize-text",
)
def viewport(proof: Sight, _context: Context) -> Iterator[Hit]:
    found = next((meta for meta in proof.elements("meta") if _named(meta) == "viewport"), None)
    if found is None:
        yield "There is no viewport.", _HTML
    elif _NO_ZOOM.search(str(found.get("content") or "")[:500]):
        yield "The viewport forbids to make the text larger.", found


def _named(meta: Any) -> str:
    return str(meta.get("name") or "").strip().lower()


@rule(
    "apple-reformats",
    Severity.NOTE,
    readers="Apple Mail on iPhones and iPads, which may change the size of type",
    mend='Write <meta name="x-apple-disable-message-reformatting" content="">.',
    source=_GOOD_CODE,
)
def apple_reformats(proof: Sight, _context: Context) -> Iterator[Hit]:
    if not any(_named(meta) == "x-apple-disable-message-reformatting" for meta in proof.elements("meta")):
        yield "Apple Mail is not told to leave the letter as it is.", _HTML


@rule(
    "color-scheme",
    Severity.WARNING,
    readers="Apple Mail and Thunderbird in the dark, which pass over the dark colours unless they are told",
    mend='Write <meta name="color-scheme" content="light dark">.',
    source="https://www.caniemail.com/features/html-meta-color-scheme/",
)
def color_scheme(proof: Sight, _context: Context) -> Iterator[Hit]:
    if declares_dark(proof.sheets) and not any(_named(meta) == "color-scheme" for meta in proof.elements("meta")):
        yield "There are colours for the dark, and no meta color-scheme.", _HTML


@rule(
    "preheader-missing",
    Severity.WARNING,
    readers="all who choose by the inbox what to read",
    mend="Begin the body with a hidden <div> that holds {{ preheader }}.",
    source=_GOOD_CODE,
)
def preheader_missing(proof: Sight, _context: Context) -> Iterator[Hit]:
    element, _ = _preheader(proof)
    if element is None:
        yield "There is no preheader: the inbox shows the first words of the body.", _HTML


@rule(
    "preheader-length",
    Severity.NOTE,
    readers="all who choose by the inbox what to read",
    mend=f"Make it {_SHORTEST} to {_LONGEST} columns long.",
    source=_GOOD_CODE,
)
def preheader_length(proof: Sight, _context: Context) -> Iterator[Hit]:
    element, text = _preheader(proof)
    columns = width(text)
    if element is not None and not _SHORTEST <= columns <= _LONGEST:
        yield f"The preheader has {columns} columns.", element


@rule(
    "preheader-repeats",
    Severity.NOTE,
    readers="all who choose by the inbox what to read",
    mend="Say there what the subject does not say.",
    source=_GOOD_CODE,
)
def preheader_repeats(proof: Sight, _context: Context) -> Iterator[Hit]:
    element, text = _preheader(proof)
    subject = value(proof.message, "Subject").casefold()
    if element is not None and subject and text.casefold().startswith(subject[:40]):
        yield f"The preheader begins as the subject: {shown(text, 40)!r}.", element


def _preheader(proof: Sight) -> tuple[Any, str]:
    """The hidden element before all that is shown, and its words without filler; None: there is none."""
    body = next(proof.elements("body"), None)
    if body is None:
        return None, ""
    for event, node in etree.iterwalk(body, events=("start", "end", "comment")):
        if event == "start" and node is not body and proof.is_hidden(node):
            text = _FILLER.sub(" ", "".join(node.itertext())).strip()
            if text:
                return node, text
        elif event == "start" and (node.tag in _UNSHOWN or node.tag == "img"):
            continue
        written = node.text if event == "start" else node.tail if node is not body else None
        if written and _FILLER.sub("", written):
            return None, ""
    return None, ""


RULES = (
    charset_not_utf8,
    meta_charset,
    doctype,
    language_missing,
    title_empty,
    viewport,
    apple_reformats,
    color_scheme,
    preheader_missing,
    preheader_length,
    preheader_repeats,
)
