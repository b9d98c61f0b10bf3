"""Links: whether they lead anywhere, by a safe way, and say where."""

import re
from collections.abc import Iterator
from urllib.parse import unquote

from digest.editions.lint.context import Context, LinkStatus
from digest.editions.lint.finding import Place, Severity
from digest.editions.lint.phrases import is_url, says_nothing
from digest.editions.lint.rule import HTML, Hit, rule, shown
from digest.editions.lint.sight import Sight

_PURPOSE = "https://www.w3.org/WAI/WCAG22/Understanding/link-purpose-in-context"
_ALL = "all who follow it"
#: What a mail may link to.
_SCHEMES = ("http:", "https:", "mailto:", "tel:", "sms:")
_SCRIPT = re.compile(r"(?:javascript|vbscript|data|file|blob|about)\s*:", re.IGNORECASE)
_CONTROLS = re.compile(r"[\x00-\x20]+")
_PLACEHOLDER = re.compile(
    r"\{\{|\{%|%recipient|\*\||\|\*|\[\[[^\]]{0,80}\]\]|\A(?:todo|xxx+|url|link|href)\Z"
    r"|//(?:www\.)?(?:your[-_]?(?:url|link|site|domain|website|company|name|brand)|mysite|mydomain|domain|website)\."
    r"|/(?:undefined|null|none|nan)/?\Z",
    re.IGNORECASE,
)
_HERE = re.compile(
    r"https?://(?:localhost|127\.\d+\.\d+\.\d+|0\.0\.0\.0|\[::1\]|10\.\d+\.\d+\.\d+|192\.168\.\d+\.\d+"
    r"|172\.(?:1[6-9]|2\d|3[01])\.\d+\.\d+|[\w-]+(?:\.local)?)(?=[:/?#]|\Z)",
    re.IGNORECASE,
)


@rule(
    "link-empty",
    Severity.ERROR,
    readers=_ALL,
    mend="Give it an absolute https address, or take the link away.",
    source="https://html.spec.whatwg.org/multipage/links.html",
)
def link_empty(proof: Sight, _context: Context) -> Iterator[Hit]:
    for anchor in proof.anchors:
        if anchor.url in {"", "#", "#top"}:
            yield f"The link {shown(anchor.name, 40)!r} leads nowhere.", anchor.element
        elif not _bare(anchor.url).startswith(("#", *_SCHEMES)) and not _SCRIPT.match(_bare(anchor.url)):
            yield f"The link to {shown(anchor.url, 60)!r} is no absolute address.", anchor.element


@rule(
    "link-script",
    Severity.ERROR,
    readers="all: programs take it away, and filters take the letter for an attack",
    mend="Link to an https address.",
    source="https://html.spec.whatwg.org/multipage/links.html",
)
def link_script(proof: Sight, _context: Context) -> Iterator[Hit]:
    for anchor in proof.anchors:
        if _SCRIPT.match(_bare(anchor.url)):
            yield f"A link runs {shown(anchor.url, 40)!r}.", anchor.element


def _bare(url: str) -> str:
    """In lower case, without the controls that browsers leave out of a scheme."""
    return _CONTROLS.sub("", url[:2000]).lower()


@rule(
    "link-not-secure",
    Severity.NOTE,
    readers="all who are overheard on the way",
    mend="Link by https where the site has it; many publishers' feeds still say http.",
    source="RFC 9110 4.2.2",
)
def link_not_secure(proof: Sight, _context: Context) -> Iterator[Hit]:
    for anchor in proof.anchors:
        if anchor.url.lower().startswith("http:"):
            yield f"The link to {shown(anchor.url, 60)} goes by http.", anchor.element


@rule(
    "link-placeholder",
    Severity.ERROR,
    readers=_ALL,
    mend="Fill in the address.",
    source="",
)
def link_placeholder(proof: Sight, _context: Context) -> Iterator[Hit]:
    for anchor in proof.anchors:
        if _PLACEHOLDER.search(unquote(anchor.url[:2000])):
            yield f"The link to {shown(anchor.url, 60)!r} was not filled in.", anchor.element


@rule(
    "link-here",
    Severity.WARNING,
    readers=_ALL,
    mend="Set site.url to the address by which readers reach the site.",
    source="RFC 6761 6.3, RFC 1918 3",
)
def link_here(proof: Sight, _context: Context) -> Iterator[Hit]:
    for anchor in proof.anchors:
        if _HERE.match(anchor.url):
            yield f"The link to {shown(anchor.url, 60)} leads to a machine that readers do not reach.", anchor.element


@rule(
    "link-to-no-place",
    Severity.WARNING,
    readers="all who jump there",
    mend='Write <a name="…" id="…"></a> where it is to lead.',
    source="https://www.caniemail.com/features/html-anchor-links/",
)
def link_to_no_place(proof: Sight, _context: Context) -> Iterator[Hit]:
    places = {str(each.get(name)) for each in proof.elements() for name in ("id", "name") if each.get(name)}
    for anchor in proof.anchors:
        is_jump = anchor.url.startswith("#") and anchor.url not in {"#", "#top"}
        if is_jump and not {anchor.url[1:], unquote(anchor.url[1:])} & places:
            yield f"The link to {shown(anchor.url, 40)} has no place in the letter.", anchor.element


@rule(
    "link-without-name",
    Severity.ERROR,
    readers="readers who listen: they hear the address, letter by letter",
    mend='Give it words, or its picture an alt; where another link beside it says the same, aria-hidden="true".',
    source="https://www.w3.org/WAI/WCAG22/Understanding/name-role-value",
)
def link_without_name(proof: Sight, _context: Context) -> Iterator[Hit]:
    for anchor in proof.anchors:
        if not anchor.name and not anchor.is_silent:
            yield f"The link to {shown(anchor.url, 60)} has no name.", anchor.element


@rule(
    "link-says-nothing",
    Severity.WARNING,
    readers="readers who listen, and go from link to link",
    mend="Say where it leads: the headline, or “4 more in Science”.",
    source=_PURPOSE,
)
def link_says_nothing(proof: Sight, _context: Context) -> Iterator[Hit]:
    for anchor in proof.anchors:
        if says_nothing(anchor.name):
            yield f"The link {shown(anchor.name, 40)!r} does not say where it leads.", anchor.element


@rule(
    "link-bare-address",
    Severity.NOTE,
    readers="readers who listen: they hear the address, letter by letter",
    mend="Link words instead; in an editor's note an address may be what is meant.",
    source=_PURPOSE,
)
def link_bare_address(proof: Sight, _context: Context) -> Iterator[Hit]:
    for anchor in proof.anchors:
        if is_url(anchor.name):
            yield f"The text of a link is its address, {shown(anchor.name, 60)}.", anchor.element


@rule(
    "link-ambiguous",
    Severity.NOTE,
    readers="readers who listen, and go from link to link",
    mend="Give them names that differ.",
    source="https://www.w3.org/WAI/WCAG22/Understanding/link-purpose-link-only",
)
def link_ambiguous(proof: Sight, _context: Context) -> Iterator[Hit]:
    first: dict[str, str] = {}
    # Words beside a link say what it is, as for the names of those who also tell a story.
    alone = {link for block in proof.blocks.values() if not block.has_words for link in block.links}
    for anchor in proof.anchors:
        name = anchor.name.casefold()
        if not name or anchor.is_silent or says_nothing(name) or anchor.element not in alone:
            continue
        if first.setdefault(name, anchor.url) != anchor.url:
            yield f"Several links are called {shown(anchor.name, 40)!r}, and lead to different places.", anchor.element


@rule(
    "link-broken",
    Severity.ERROR,
    readers=_ALL,
    mend="Mend the address, or leave the story out: `digest why` says where it came from.",
    source="RFC 9110 15.5",
)
def link_broken(proof: Sight, context: Context) -> Iterator[Hit]:
    yield from _asked(proof, context, LinkStatus.BROKEN, "leads nowhere")


@rule(
    "link-moved",
    Severity.NOTE,
    readers="none: they are led on",
    mend="Take the new address, where the link is yours.",
    source="RFC 9110 15.4",
)
def link_moved(proof: Sight, context: Context) -> Iterator[Hit]:
    yield from _asked(proof, context, LinkStatus.MOVED, "has moved")


@rule(
    "link-unsure",
    Severity.NOTE,
    readers="perhaps none: many sites let no program in",
    mend="Open it in the browser.",
    source="RFC 9110 15.5.4",
)
def link_unsure(proof: Sight, context: Context) -> Iterator[Hit]:
    for status in (LinkStatus.REFUSED, LinkStatus.UNKNOWN):
        yield from _asked(proof, context, status, "could not be looked at")


def _asked(proof: Sight, context: Context, status: LinkStatus, words: str) -> Iterator[Hit]:
    found = [each for each in context.links if each.status is status]
    elements = {anchor.url: anchor.element for anchor in reversed(proof.anchors)} if found else {}
    for each in found:
        spot = elements.get(each.url)
        if spot is None:
            start = proof.text.find(each.url)
            spot = start if start >= 0 else Place(part=HTML)
        yield f"{shown(each.url, 80)} {words}: {each.detail}.", spot


RULES = (
    link_empty,
    link_script,
    link_not_secure,
    link_placeholder,
    link_here,
    link_to_no_place,
    link_without_name,
    link_says_nothing,
    link_bare_address,
    link_ambiguous,
    link_broken,
    link_moved,
    link_unsure,
)
