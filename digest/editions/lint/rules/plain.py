"""The text part: that it is there, that people can read it, and that it says what the HTML part says."""

import re
from collections.abc import Iterator

from digest.editions.lint.anchors import comparable, text_links
from digest.editions.lint.context import Context
from digest.editions.lint.finding import Place, Severity
from digest.editions.lint.rule import HEADERS, TEXT, Hit, rule, shown
from digest.editions.lint.sight import Sight
from digest.editions.render_plain import width

_COLUMNS = 78
_READERS = "readers of the text part: by choice, by program, or because they listen"
_ENTITY = re.compile(r"&(?:[a-zA-Z]{2,10}|#\d{2,6}|#x[0-9a-fA-F]{2,6});")
_TAG = re.compile(
    r"</?(?:a|b|br|div|em|font|h[1-6]|hr|i|img|li|ol|p|span|strong|table|td|th|tr|u|ul)(?:\s[^<>]{0,300})?/?>",
    re.IGNORECASE,
)
_URL = re.compile(r"https?://\S+", re.IGNORECASE)
_INVISIBLE = re.compile(r"[\s\u00ad\u200b-\u200f\u2060-\u206f\ufeff]+")
_HEADINGS = ("h1", "h2", "h3")
#: More headlines than any letter has; and characters of one that are looked for.
_LOOKED_FOR, _LONGEST = 300, 300


@rule(
    "text-missing",
    Severity.ERROR,
    readers=f"{_READERS}; and filters score it (MIME_HTML_ONLY)",
    mend="Send it with Digest; in *.txt.j2 of the look stands what the text part says.",
    source="RFC 2046 5.1.4",
    part=HEADERS,
)
def text_missing(proof: Sight, _context: Context) -> Iterator[Hit]:
    if not proof.text.strip():
        yield ("There is no text part." if proof.html else "The letter is empty."), Place(part=TEXT)


@rule(
    "text-without-link",
    Severity.WARNING,
    readers=_READERS,
    mend="Put the address into the text template too, on a line of its own.",
    source="RFC 2046 5.1.4",
    part=TEXT,
)
def text_without_link(proof: Sight, _context: Context) -> Iterator[Hit]:
    if not proof.html:
        return
    there = {comparable(url) for url in text_links(proof)}
    for url, element in proof.web_links.items():
        if comparable(url) not in there:
            yield f"The text part has no link to {shown(url, 80)}.", element


@rule(
    "html-without-link",
    Severity.WARNING,
    readers="readers of the HTML part",
    mend="Link to it from the HTML template too.",
    source="RFC 2046 5.1.4",
)
def html_without_link(proof: Sight, _context: Context) -> Iterator[Hit]:
    there = {comparable(url) for url in proof.web_links}
    seen = proof.visible_text(proof.tree)
    for url, start in text_links(proof).items():
        # An address that a story's own words hold is the same in both parts, and a link in neither.
        if comparable(url) not in there and url not in seen:
            yield f"The HTML part has no link to {shown(url, 80)}.", start


@rule(
    "text-with-markup",
    Severity.WARNING,
    readers=_READERS,
    mend="Escape nothing in *.txt.j2; if it comes with a feed, its text is escaped twice.",
    source="RFC 2046 4.1.3",
    part=TEXT,
)
def text_with_markup(proof: Sight, _context: Context) -> Iterator[Hit]:
    bare = _URL.sub(lambda url: " " * len(url[0]), proof.text)
    for pattern, words in ((_ENTITY, "an entity"), (_TAG, "a tag")):
        for match in pattern.finditer(bare):
            yield f"The text part holds {words}: {shown(match[0], 40)}.", match.start()


@rule(
    "text-line-long",
    Severity.WARNING,
    readers=_READERS,
    mend="Put what may be long through the filter wrap.",
    source="RFC 5322 2.1.1",
    part=TEXT,
)
def text_line_long(proof: Sight, _context: Context) -> Iterator[Hit]:
    start = 0
    for line in proof.text.split("\n"):
        # An address is left whole.
        if len(line) > _COLUMNS // 2 and "://" not in line and (columns := width(line.rstrip())) > _COLUMNS:
            yield f"A line of the text part has {columns} columns.", start
        start += len(line) + 1


@rule(
    "text-without-headline",
    Severity.WARNING,
    readers=_READERS,
    mend="Put the title into the text template too.",
    source="RFC 2046 5.1.4",
    part=TEXT,
)
def text_without_headline(proof: Sight, _context: Context) -> Iterator[Hit]:
    if not proof.html:
        return
    text = _squeezed(proof.text)
    for heading in proof.headings[:_LOOKED_FOR]:
        is_told = heading.element.tag in _HEADINGS
        if is_told and _squeezed(heading.text[:_LONGEST]) not in text:
            yield f"The text part does not have the headline {shown(heading.text, 60)!r}.", heading.element


def _squeezed(text: str) -> str:
    """As it is compared: the text part breaks lines, and isolates names that run the other way."""
    return _INVISIBLE.sub("", text).casefold()


RULES = (text_missing, text_without_link, html_without_link, text_with_markup, text_line_long, text_without_headline)
