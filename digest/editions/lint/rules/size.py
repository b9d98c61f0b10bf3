"""What Gmail puts up with: the size of a letter and of its style sheet, and what is in the sheet."""

from collections.abc import Iterator

from digest.editions.lint.context import Context
from digest.editions.lint.finding import Place, Severity
from digest.editions.lint.rule import HTML, Hit, rule
from digest.editions.lint.sight import Sight
from digest.editions.lint.styles import Sheet

#: Bytes of HTML, decoded, after which Gmail cuts.
CLIPPED_AT = 102_400
#: Bytes of all style elements: what Gmail takes, and what it took until 2017.
_STYLE_LIMIT, _STYLE_OLD_LIMIT = 16_384, 8_192
_GMAIL = "Gmail"
_CLIPPING = "https://github.com/hteumeuleu/email-bugs/issues/41"
_STYLE = "https://www.caniemail.com/features/html-style/"


def html_bytes(proof: Sight) -> int:
    return len(proof.html.encode(errors="replace"))


def style_bytes(proof: Sight) -> int:
    return sum(len(sheet.text.encode(errors="replace")) for sheet in proof.sheets)


@rule(
    "html-clipped",
    Severity.ERROR,
    readers=f"{_GMAIL}: the end is cut off, and with it the way to unsubscribe and all style sheets",
    mend="Tell fewer stories (limits), shorter excerpts, or give each story less markup.",
    source=_CLIPPING,
)
def html_clipped(proof: Sight, _context: Context) -> Iterator[Hit]:
    size = html_bytes(proof)
    if size > CLIPPED_AT:
        yield f"The HTML has {size:,} bytes; Gmail cuts after about {CLIPPED_AT:,}.", Place(part=HTML)


@rule(
    "html-over-budget",
    Severity.WARNING,
    readers=f"{_GMAIL}, as soon as an edition is a little longer",
    mend="Tell fewer stories (limits), or give each story less markup.",
    source=_CLIPPING,
)
def html_over_budget(proof: Sight, context: Context) -> Iterator[Hit]:
    size = html_bytes(proof)
    if context.budget < size <= CLIPPED_AT:
        yield f"The HTML has {size:,} bytes; the budget is {context.budget:,}.", Place(part=HTML)


@rule(
    "style-too-long",
    Severity.ERROR,
    readers=f"{_GMAIL}, which then reads no style sheet at all",
    mend="Shorten what follows /* KEPT in style.css.",
    source=_STYLE,
)
def style_too_long(proof: Sight, _context: Context) -> Iterator[Hit]:
    size = style_bytes(proof)
    if size > _STYLE_LIMIT:
        yield f"The style elements have {size:,} bytes; Gmail reads {_STYLE_LIMIT:,}.", proof.sheets[-1].element


@rule(
    "style-long",
    Severity.WARNING,
    readers=f"older programs of {_GMAIL}, which read no more of it",
    mend="Shorten what follows /* KEPT in style.css; two kilobytes are enough for most looks.",
    source=_STYLE,
)
def style_long(proof: Sight, _context: Context) -> Iterator[Hit]:
    size = style_bytes(proof)
    if _STYLE_OLD_LIMIT < size <= _STYLE_LIMIT:
        yield f"The style elements have {size:,} bytes.", proof.sheets[-1].element


@rule(
    "style-nested",
    Severity.ERROR,
    readers=f"{_GMAIL}, which then drops the whole sheet",
    mend="Write the inner block by itself, with both conditions joined by and.",
    source=_STYLE,
)
def style_nested(proof: Sight, _context: Context) -> Iterator[Hit]:
    for sheet in proof.sheets:
        for sign in sheet.css.at_rules:
            if sign.depth:
                yield f"@{sign.name} stands within another at-rule.", _line_of(sheet, sign.line)


@rule(
    "style-broken",
    Severity.ERROR,
    readers=f"{_GMAIL}, which drops the whole sheet for one mistake, and others from there on",
    mend="Mend the CSS there.",
    source=_STYLE,
)
def style_broken(proof: Sight, _context: Context) -> Iterator[Hit]:
    for sheet in proof.sheets:
        for line, words in sheet.css.errors:
            yield f"A style sheet cannot be read: {words[:80]}.", _line_of(sheet, line)
        for each in sheet.css.rules:
            if "}" in each.selector:
                yield "A style sheet closes a brace that it did not open.", _line_of(sheet, each.line)


@rule(
    "style-comment",
    Severity.WARNING,
    readers=f"{_GMAIL}, which drops some sheets with a comment",
    mend="Take the comment out; Digest does it for what follows /* KEPT.",
    source=_STYLE,
)
def style_comment(proof: Sight, _context: Context) -> Iterator[Hit]:
    for sheet in proof.sheets:
        if sheet.css.comments:
            yield "A style element holds a comment.", sheet.element


def _line_of(sheet: Sheet, line: int) -> Place:
    lines = sheet.text.split("\n")
    snippet = " ".join(lines[line - 1][:120].split()) if 0 < line <= len(lines) else ""
    return Place(part=HTML, line=sheet.line + line - 1, snippet=snippet)


RULES = (html_clipped, html_over_budget, style_too_long, style_long, style_nested, style_broken, style_comment)
