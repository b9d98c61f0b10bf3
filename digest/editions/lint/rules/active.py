"""What acts, or is fetched, instead of being read: mail programs take it away, and filters distrust the letter."""

import re
from collections.abc import Iterator

from digest.editions.lint.context import Context
from digest.editions.lint.finding import Severity
from digest.editions.lint.rule import Hit, rule, shown
from digest.editions.lint.sight import Sight

_TAKEN_AWAY = "all: programs take it away, and filters take the letter for an attack"
_FEATURES = "https://www.caniemail.com/features/"
_EVENT = re.compile(r"on[a-z]{3,40}", re.IGNORECASE)


@rule(
    "script",
    Severity.ERROR,
    readers=_TAKEN_AWAY,
    mend="Leave it out: a mail cannot run anything.",
    source="https://html.spec.whatwg.org/multipage/scripting.html",
)
def script(proof: Sight, _context: Context) -> Iterator[Hit]:
    for element in proof.elements("script"):
        yield "There is a script.", element
    for element in proof.elements():
        for name in element.attrib:
            if _EVENT.fullmatch(str(name)):
                yield f"An attribute runs a script: {shown(str(name), 40)}.", element


@rule(
    "frame",
    Severity.ERROR,
    readers=_TAKEN_AWAY,
    mend="Link to the page, with a picture of it if need be.",
    source=f"{_FEATURES}html-object/",
)
def frame(proof: Sight, _context: Context) -> Iterator[Hit]:
    for element in proof.elements("iframe", "frame", "object", "embed", "applet"):
        yield f"There is an <{element.tag}>.", element


@rule(
    "form",
    Severity.ERROR,
    readers="Gmail, Outlook and most others: nothing can be sent from there",
    mend="Link to a page with the form.",
    source=f"{_FEATURES}html-form/",
)
def form(proof: Sight, _context: Context) -> Iterator[Hit]:
    for element in proof.elements("form", "input", "select", "textarea"):
        yield f"There is an <{element.tag}>.", element


@rule(
    "style-elsewhere",
    Severity.ERROR,
    readers="Gmail, Outlook and most others: style sheets from elsewhere are not fetched",
    mend="Write the rules into style.css of the look.",
    source=f"{_FEATURES}html-link/",
)
def style_elsewhere(proof: Sight, _context: Context) -> Iterator[Hit]:
    for element in proof.elements("link"):
        if "stylesheet" in str(element.get("rel") or "").lower().split():
            yield f"A style sheet is at {shown(str(element.get('href') or ''), 60)!r}.", element
    for sheet in proof.sheets:
        if any(sign.name == "import" for sign in sheet.css.at_rules):
            yield "A style sheet imports another.", sheet.element


@rule(
    "font-elsewhere",
    Severity.WARNING,
    readers="Gmail and Outlook, which take another font; and all, whose reading is told to the font's server",
    mend="Name fonts that readers have, such as Georgia or Arial.",
    source=f"{_FEATURES}css-at-font-face/",
)
def font_elsewhere(proof: Sight, _context: Context) -> Iterator[Hit]:
    for sheet in proof.sheets:
        if any(sign.name == "font-face" for sign in sheet.css.at_rules):
            yield "A font is to be fetched.", sheet.element


@rule(
    "refresh",
    Severity.ERROR,
    readers=_TAKEN_AWAY,
    mend="Link to the page.",
    source="https://www.w3.org/WAI/WCAG22/Techniques/failures/F41",
)
def refresh(proof: Sight, _context: Context) -> Iterator[Hit]:
    for meta in proof.elements("meta"):
        if str(meta.get("http-equiv") or "").strip().lower() == "refresh":
            yield "The letter leads to another page by itself.", meta


RULES = (script, frame, form, style_elsewhere, font_elsewhere, refresh)
