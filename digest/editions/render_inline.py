"""Copies the rules of a letter's style sheet into style attributes, where every mail client finds them."""

import logging
import re
from collections.abc import Callable
from functools import cache, lru_cache
from html import escape, unescape
from itertools import chain, zip_longest
from typing import Any, cast

#: What may differ between documents of one form: the values of attributes that no rule may name, and text; a blank one
#: may not, since any other text in its place would end a head. Comments (Outlook's hold tags) and sheets are skipped.
_FREE = re.compile(
    r"""(?:<!--.*?-->|<style\b.*?</style>)
    | (?<=\s)(?:href|src|alt|title|aria-label|lang|dir|id|name|width|height)="(?P<value>[^"]*)"
    | (?<=>)\s*+(?P<text>[^<>]+)(?=<)""",
    re.DOTALL | re.VERBOSE,
)
_HOLE = re.compile(r"zqHOLE\d+qz")
_CUT = "<!--cut-->"
#: Forms of parts that are remembered: a look has about twenty.
_FORMS = 512


def inline(html: str) -> str:
    """`html` with every `<style>` applied and taken out but those marked ``data-premailer="ignore"``.

    Nothing is fetched, from the network or from disk, whatever `html` asks for. The doctype must be in capitals,
    else it is lost. Non-ASCII characters in addresses come out percent-encoded.
    """
    # It takes a third of a second to import and only those who render letters need it.
    from premailer import Premailer  # noqa: PLC0415

    transformer = Premailer(
        html,
        allow_network=False,
        allow_loading_external_files=False,
        disable_link_rewrites=True,
        # The kept rules override what is inlined only as long as they are important.
        strip_important=False,
        # The kept rules find their elements by class.
        remove_classes=False,
        keep_style_tags=False,
        # Left alone it copies width and height to elements that have no such attributes.
        disable_basic_attributes=["width", "height", "align", "valign", "bgcolor"],
        align_floating_images=False,
        # `mso-hide` and its like are not CSS, and wanted.
        disable_validation=True,
        cssutils_logging_level=logging.CRITICAL,
    )
    # Its own parser fetches every `@import`, even where it is told not to use the network.
    transformer._parse_css_string = _parser()
    return cast("str", transformer.transform(pretty_print=False))


def inline_whole(html: str) -> str:
    """`html` as `inline` gives it, at a fraction of the cost where a document of its form was inlined before.

    Documents are of one form where they differ in text and in the values of attributes but `class` and `style`.
    """
    fixed, free = _split(html)
    around = _inlined_form(fixed)
    if len(around) != len(fixed):
        return inline(html)
    return "".join(chain.from_iterable(zip_longest(around, free, fillvalue="")))


def inline_part(part: str, css: str) -> str:
    """`part`, a piece of a body such as rows of a table, with the rules of `css` applied; remembers forms as well."""
    whole = f"<!DOCTYPE html><html><head><style>{css}</style></head><body>{_CUT}{part}{_CUT}</body></html>"
    return inline_whole(whole).split(_CUT)[1]


def _split(html: str) -> tuple[tuple[str, ...], list[str]]:
    """What makes up the form of `html`, and what stands between, one piece less, as it is to come out."""
    fixed, free, done = [], [], 0
    for match in _FREE.finditer(html):
        kind = match.lastgroup
        if kind is None:
            continue
        start, end = match.span(kind)
        fixed.append(html[done:start])
        plain = unescape(match[kind])
        free.append(escape(plain).replace("&#x27;", "'") if kind == "value" else escape(plain, quote=False))
        done = end
    return (*fixed, html[done:]), free


@lru_cache(maxsize=_FORMS)
def _inlined_form(fixed: tuple[str, ...]) -> tuple[str, ...]:
    """`fixed` after inlining; of another length where the document does not keep its form."""
    holes = [f"zqHOLE{place}qz" for place in range(len(fixed) - 1)]
    html = inline("".join(chain.from_iterable(zip_longest(fixed, holes, fillvalue=""))))
    return tuple(_HOLE.split(html)) if _HOLE.findall(html) == holes else ()


@cache
def _parser() -> Callable[..., Any]:
    """A parser of style sheets that fetches nothing and remembers the sheets it has read."""
    import cssutils  # noqa: PLC0415

    read = lru_cache(maxsize=64)(cssutils.CSSParser(fetcher=_nothing, validate=False).parseString)

    def parse(css: str, **_: object) -> object:
        return read(css)

    return parse


def _nothing(_url: str) -> None:
    """What stands behind an address: never looked at."""
