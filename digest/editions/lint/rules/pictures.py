"""Pictures: what they are called where they are not shown, their room, and the way they come by."""

from collections.abc import Iterator
from typing import Any

from digest.editions.lint.context import Context
from digest.editions.lint.finding import Severity
from digest.editions.lint.phrases import describes_nothing
from digest.editions.lint.rule import Hit, rule, shown
from digest.editions.lint.runs import properties
from digest.editions.lint.sight import Sight

_ALT = "https://www.w3.org/WAI/WCAG22/Understanding/non-text-content"


@rule(
    "image-without-alt",
    Severity.ERROR,
    readers="readers who listen, and all whose program shows no pictures until they are asked for",
    mend='Describe the picture in alt, or write alt="" where the headline beside it says the same.',
    source=_ALT,
)
def image_without_alt(proof: Sight, _context: Context) -> Iterator[Hit]:
    for image in proof.elements("img"):
        if image.get("alt") is None:
            yield "A picture has no alternative text.", image


@rule(
    "image-alt-says-nothing",
    Severity.WARNING,
    readers="readers who listen, and all whose program shows no pictures until they are asked for",
    mend='Say what the picture shows, or write alt="" where the headline beside it says the same.',
    source=_ALT,
)
def image_alt_says_nothing(proof: Sight, _context: Context) -> Iterator[Hit]:
    for image in proof.elements("img"):
        alt = str(image.get("alt") or "")
        if describes_nothing(alt):
            yield f"The alternative text {shown(alt, 40)!r} does not describe the picture.", image


@rule(
    "image-without-size",
    Severity.WARNING,
    readers="Outlook for Windows, which shows it in its full size, and all whose page jumps when it arrives",
    mend="Write width and height as attributes, in px and without a unit.",
    source="https://www.caniemail.com/features/html-width/",
)
def image_without_size(proof: Sight, _context: Context) -> Iterator[Hit]:
    for image in proof.elements("img"):
        missing = [name for name in ("width", "height") if not _is_number(image.get(name))]
        if missing:
            yield f"A picture has no {' and no '.join(missing)} in px.", image


def _is_number(written: object) -> bool:
    text = str(written or "").strip().removesuffix("px")
    return text.isascii() and text.isdecimal()


@rule(
    "image-not-secure",
    Severity.WARNING,
    readers="webmail, which shows no picture that comes by http, and all who are overheard",
    mend="Take its address by https.",
    source="https://developer.mozilla.org/docs/Web/Security/Mixed_content",
)
def image_not_secure(proof: Sight, _context: Context) -> Iterator[Hit]:
    for image in proof.elements("img"):
        if str(image.get("src") or "").strip().lower().startswith("http:"):
            yield "A picture comes by http.", image


@rule(
    "image-without-address",
    Severity.ERROR,
    readers="all: a broken picture is shown",
    mend="Give it an absolute https address, or leave the picture out.",
    source="RFC 3986 4.2",
)
def image_without_address(proof: Sight, _context: Context) -> Iterator[Hit]:
    for image in proof.elements("img"):
        source = str(image.get("src") or "").strip()
        # What data addresses are to mail clients is told with the other formats.
        if not source.lower().startswith(("http:", "https:", "cid:", "data:")):
            what = f"leads to {shown(source, 40)!r}, which a mail cannot reach" if source else "has no address"
            yield f"A picture {what}.", image


@rule(
    "tracking-pixel",
    Severity.WARNING,
    readers="all: it tells when and where they read",
    mend="Leave it out.",
    source="Directive 2002/58/EC 5(3)",
)
def tracking_pixel(proof: Sight, _context: Context) -> Iterator[Hit]:
    for image in proof.elements("img"):
        style = properties(proof, image)
        sides = [_side(image.get(name), style.get(name, "")) for name in ("width", "height")]
        if all(side is not None and side <= 1 for side in sides):
            yield "A picture of one pixel is there to be counted.", image


def _side(attribute: Any, declared: str) -> int | None:
    text = (declared or str(attribute or "")).strip().lower().removesuffix("px")
    return int(text[:6]) if text.isascii() and text.isdecimal() else None


RULES = (
    image_without_alt,
    image_alt_says_nothing,
    image_without_size,
    image_not_secure,
    image_without_address,
    tracking_pixel,
)
