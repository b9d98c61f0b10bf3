"""What a letter owes its readers: a way to leave, that is not cut off, and who sends it."""

import re
from collections.abc import Iterator
from html import unescape

from digest.editions.lint.context import Context
from digest.editions.lint.finding import Place, Severity
from digest.editions.lint.header_values import value
from digest.editions.lint.rule import HEADERS, HTML, TEXT, Hit, rule
from digest.editions.lint.rules.size import CLIPPED_AT
from digest.editions.lint.sight import Sight

_IN_BRACKETS = re.compile(r"<(https?:[^<>\s]{1,2000})>", re.IGNORECASE)
_LAW = "15 U.S.C. 7704(a)(5); GDPR 7(3)"


def leave_urls(proof: Sight, context: Context) -> tuple[str, ...]:
    """What the addresses begin with where one leaves: those of List-Unsubscribe, else as the context knows."""
    said = _IN_BRACKETS.findall(value(proof.message, "List-Unsubscribe")[:4000])
    return tuple(said or filter(None, [context.leave_url]))


@rule(
    "leave-link-missing",
    Severity.ERROR,
    readers="all who want to leave: they press the button for spam instead",
    mend="Put {{ leave_url }} into the foot of both parts.",
    source=_LAW,
    part=HEADERS,
)
def leave_link_missing(proof: Sight, context: Context) -> Iterator[Hit]:
    wanted = leave_urls(proof, context)
    if not wanted:
        return
    if proof.html and not any(anchor.url.startswith(wanted) for anchor in proof.anchors):
        yield "The HTML part does not link to where one leaves.", Place(part=HTML)
    if proof.text and not any(url in proof.text for url in wanted):
        yield "The text part does not say where one leaves.", Place(part=TEXT)


@rule(
    "leave-link-cut",
    Severity.ERROR,
    readers="Gmail, which cuts it off",
    mend="Make the letter shorter, or say at its top how to leave.",
    source=_LAW,
)
def leave_link_cut(proof: Sight, context: Context) -> Iterator[Hit]:
    html = proof.html.encode(errors="replace")
    if len(html) <= CLIPPED_AT:
        return
    before = unescape(html[:CLIPPED_AT].decode(errors="ignore"))
    wanted = leave_urls(proof, context)
    if wanted and not any(url in before for url in wanted):
        yield "The way to leave stands after what Gmail shows.", Place(part=HTML)


@rule(
    "postal-address-missing",
    Severity.WARNING,
    readers="readers in the United States, Germany and others, whose law asks for it",
    mend="Set site.postal_address, and put {{ site.postal_address }} into the foot of both parts.",
    source=_LAW.partition(";")[0],
    part=HEADERS,
)
def postal_address_missing(proof: Sight, context: Context) -> Iterator[Hit]:
    if context.postal_address is None:
        return
    if not context.postal_address:
        yield "There is no postal address of the publisher.", Place(part=HTML)
        return
    wanted = _squeezed(context.postal_address)
    if proof.html and wanted not in _squeezed(proof.visible_text(proof.tree)):
        yield "The HTML part does not hold the publisher's postal address.", Place(part=HTML)
    if proof.text and wanted not in _squeezed(proof.text):
        yield "The text part does not hold the publisher's postal address.", Place(part=TEXT)


@rule(
    "way-missing",
    Severity.WARNING,
    readers="all who look for it",
    mend="Put {{ choose_url }} and {{ read_url }} into the foot of both parts.",
    source="templates/README.md",
    part=HEADERS,
)
def way_missing(proof: Sight, context: Context) -> Iterator[Hit]:
    linked = [anchor.url for anchor in proof.anchors]
    ways = {"topics are chosen": context.choose_url, "the letter is read in the browser": context.read_url}
    for words, url in ways.items():
        if url and proof.html and not any(each.startswith(url) for each in linked):
            yield f"The HTML part does not link to where {words}.", Place(part=HTML)
        if url and proof.text and url not in proof.text:
            yield f"The text part does not say where {words}.", Place(part=TEXT)


def _squeezed(text: str) -> str:
    """Without white space: the text part breaks lines where it must."""
    return "".join(text.split()).casefold()


RULES = (leave_link_missing, leave_link_cut, postal_address_missing, way_missing)
