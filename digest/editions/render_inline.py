"""Copies the rules of a letter's style sheet into style attributes, where every mail client finds them."""

import logging
import re
from collections.abc import Callable, Iterable, Sequence
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
#: The sheets of a document that are applied and taken out.
_SHEETS = re.compile(r"<style(?![^>]*data-premailer)")
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_CUT, _NEXT = "<!--cut-->", "<!--next-->"

#: What stays the same in all documents of one form, in pieces.
_Form = tuple[str, ...]
#: Forms before inlining, with the rules that a part is under (documents bring their own), and after; empty where a
#: document does not keep its form.
_known: dict[tuple[str, _Form], _Form] = {}
#: A look has about twenty forms.
_MOST = 512


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
    form, free = _split(html)
    inlined = _inlined("", form)
    return _filled(inlined, free) if inlined else inline(html)


def inline_part(part: str, css: str) -> str:
    """`part`, a piece of a body such as rows of a table, with the rules of `css` applied; remembers forms as well."""
    form, free = _split(_cut_out(part))
    inlined = _inlined(css, form)
    return (_filled(inlined, free) if inlined else inline(_around(css, _cut_out(part)))).split(_CUT)[1]


def learn(html: str, mark: str, parts: Iterable[str], css: str) -> None:
    """Inlines in one go what `inline_whole(html)` and `inline_part(part, css)` are about to be asked for.

    `mark` stands in the body of `html` where the parts are to stand. What is known is left out, and what does not keep
    its form in company is left to be inlined alone.
    """
    document, free = _split(html)
    forms = list(dict.fromkeys(_split(_cut_out(part))[0] for part in parts))
    forms = [form for form in forms if (css, form) not in _known]
    if not forms:
        return
    holes = [_holes(number, form) for number, form in enumerate([document, *forms])]
    body = _NEXT.join(["", *map(_filled, forms, holes[1:]), ""])
    place = next((number for number, text in enumerate(free) if mark in text), None)
    with_document = ("", document) not in _known and place is not None and _has_only(css, document)
    if with_document:
        filled = [hole + body if number == place else hole for number, hole in enumerate(holes[0])]
        pieces = inline(_filled(document, filled)).split(_NEXT)
    else:
        pieces = inline(_around(css, body)).split(_NEXT)
    found = [(css, form, text, own) for form, text, own in zip(forms, pieces[1:-1], holes[1:], strict=False)]
    if with_document:
        found.append(("", document, pieces[0] + pieces[-1], holes[0]))
    if len(pieces) == len(forms) + 2 and all(_ends(form) == _ends([text]) for _, form, text, _ in found):
        for rules, form, text, own in found:
            _keep(rules, form, _found(text, own))


def _split(html: str) -> tuple[_Form, list[str]]:
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


def _inlined(css: str, form: _Form) -> _Form:
    """`form` after inlining; empty where it does not keep its form."""
    found = _known.get((css, form))
    if found is None:
        holes = _holes(0, form)
        whole = _filled(form, holes)
        found = _found(inline(_around(css, whole) if css else whole), holes)
        _keep(css, form, found)
    return found


def _keep(css: str, form: _Form, inlined: _Form) -> None:
    if len(_known) >= _MOST:
        _known.clear()
    _known[css, form] = inlined


def _holes(number: int, form: _Form) -> list[str]:
    return [f"zqHOLE{number}x{place}qz" for place in range(len(form) - 1)]


def _found(html: str, holes: Sequence[str]) -> _Form:
    """What stands around `holes`; empty where they are not all there, once and in order."""
    pieces = []
    for hole in holes:
        before, found, html = html.partition(hole)
        if not found or hole in html:
            return ()
        pieces.append(before)
    return (*pieces, html)


def _ends(form: Sequence[str]) -> int:
    """How many elements end in `form`, but for sheets: what leaves one open ends after its neighbours."""
    return sum(piece.count("</") - piece.count("</style") for piece in form)


def _filled(form: Sequence[str], free: Sequence[str]) -> str:
    return "".join(chain.from_iterable(zip_longest(form, free, fillvalue="")))


def _cut_out(part: str) -> str:
    return f"{_CUT}{part}{_CUT}"


def _around(css: str, body: str) -> str:
    return f"<!DOCTYPE html><html><head><style>{css}</style></head><body>{body}</body></html>"


def _has_only(css: str, document: _Form) -> bool:
    """Whether the rules that apply to `document` are those of `css` and no others."""
    text = _COMMENT.sub("", "".join(document))
    return css in text and len(_SHEETS.findall(text)) == 1


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
