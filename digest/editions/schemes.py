"""A letter as programs show it in the light and in the dark, made of its HTML: for the eye, not to be sent.

light     rules for `prefers-color-scheme: dark` do not count
dark      they do
forced    each colour's lightness is turned over, as Outlook.com and Android's programs do
inverted  each colour is turned over, as the bluntest of dark modes do
"""

import re
from collections.abc import Callable, Iterable, Iterator
from enum import StrEnum
from typing import Any

import tinycss2
from lxml import etree
from lxml import html as lxml_html

from digest.editions.colours import BLACK, WHITE, Colour, flipped, hex_of, inverted, parse

_Turn = Callable[[Colour], Colour]

#: Attributes that are a colour.
_COLOURED = ("bgcolor", "color", "text", "link", "vlink", "alink", "bordercolor", "fill", "stroke")
#: Properties whose value may hold one; elsewhere a word such as ``tan`` is something else.
_MAY_COLOUR = re.compile(r"color|background|border|outline|shadow|fill|stroke|decoration|rule|caret|emphasis")
_NO_COLOURS = frozenset({"url", "var", "attr", "env", "image-set"})
_LINK = Colour(0.0, 0.0, 238 / 255)
#: A sheet or an attribute beyond this many characters is left out: nothing of ours is that long.
_LONGEST = 50_000
_LONGEST_COLOUR = 100
#: What an escape may have stood for, and no document may hold.
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
#: Features that hold, or do not, in whatever frame.
_TRUE, _FALSE = "(min-width:0)", "(max-width:0)"


class Scheme(StrEnum):
    """How the reader's program shows colours."""

    LIGHT = "light"
    DARK = "dark"
    FORCED = "forced"
    INVERTED = "inverted"


def in_scheme(html: str, scheme: Scheme) -> str:
    """`html` as a browser has to be given it to show what a program in `scheme` would, whatever the browser prefers.

    Pictures stay as they are. What is no HTML comes out as some; nothing raises.
    """
    parser = lxml_html.HTMLParser(encoding="utf-8", no_network=True)
    try:
        root = lxml_html.document_fromstring((html or "<html></html>").encode("utf-8", "replace"), parser=parser)
    except (etree.LxmlError, ValueError):
        # Nothing in it but space or comments.
        return ""
    turn = {Scheme.FORCED: flipped, Scheme.INVERTED: inverted}.get(scheme)
    is_dark = scheme is Scheme.DARK
    for element in root.iter():
        if isinstance(element.tag, str):
            _show(element, turn, is_dark=is_dark)
    _begin(root, turn, is_dark=is_dark)
    made: str = etree.tostring(root, method="html", encoding="unicode", doctype="<!DOCTYPE html>")
    return made


def _show(element: Any, turn: _Turn | None, *, is_dark: bool) -> None:
    if element.tag == "style":
        element.text = _sheet(element.text or "", turn, is_dark=is_dark)
    elif element.tag == "meta" and (element.get("name") or "").lower().endswith("color-scheme"):
        element.set("content", "dark" if is_dark and "dark" in (element.get("content") or "") else "light")
    if style := element.get("style"):
        element.set("style", _CONTROL.sub("", _declarations(style, turn, is_dark=is_dark)))
    if turn is None:
        return
    for name in _COLOURED:
        if (value := element.get(name)) and (colour := parse(value[:_LONGEST_COLOUR])):
            element.set(name, hex_of(turn(colour)))


def _begin(root: Any, turn: _Turn | None, *, is_dark: bool) -> None:
    """Gives what has no colour of its own the one that the program would, and opens links beside the page."""
    ground, ink, link = ((turn(colour) if turn else colour) for colour in (WHITE, BLACK, _LINK))
    head = root.find("head")
    if head is None:
        head = root.makeelement("head")
        root.insert(0, head)
    base = root.makeelement("base")
    base.set("target", "_blank")
    head.insert(0, base)
    if is_dark:
        # A page that says nothing of the dark stays as it is.
        return
    style = root.makeelement("style")
    style.text = (
        ":root{color-scheme:light}"
        f"html{{background-color:{hex_of(ground)};color:{hex_of(ink)}}}a{{color:{hex_of(link)}}}"
    )
    # Before all others, which go before it.
    head.insert(1, style)


def _sheet(css: str, turn: _Turn | None, *, is_dark: bool) -> str:
    try:
        rules = tinycss2.parse_stylesheet(css[:_LONGEST], skip_comments=True, skip_whitespace=True)
        made = "".join(_rule(rule, turn, is_dark=is_dark) for rule in rules)
        # Written as an escape before, it would now end the element.
        return _CONTROL.sub("", made.replace("</", "<\\/"))
    except RecursionError:
        return ""


def _rule(rule: Any, turn: _Turn | None, *, is_dark: bool) -> str:
    if rule.type == "qualified-rule":
        selector = tinycss2.serialize(rule.prelude).strip()
        return f"{selector}{{{_declarations(rule.content, turn, is_dark=is_dark)}}}"
    if rule.type != "at-rule":
        return ""
    prelude = "".join(_media(rule.prelude, is_dark=is_dark)).rstrip()
    if rule.content is None:
        return f"@{rule.at_keyword}{prelude};"
    inner = tinycss2.parse_rule_list(rule.content, skip_comments=True, skip_whitespace=True)
    nested = [each for each in inner if each.type != "error"]
    if nested:
        body = "".join(_rule(each, turn, is_dark=is_dark) for each in nested)
    else:
        body = _declarations(rule.content, turn, is_dark=is_dark)
    return f"@{rule.at_keyword}{prelude}{{{body}}}"


def _media(tokens: Iterable[Any], *, is_dark: bool) -> Iterator[str]:
    """A condition, with what it asks about light and dark answered."""
    for token in tokens:
        if token.type == "() block":
            inside = tinycss2.serialize(token.content).strip().lower()
            name, _, value = (part.strip() for part in inside.partition(":"))
            if name == "prefers-color-scheme":
                yield _TRUE if value in ({"", "dark"} if is_dark else {"", "light"}) else _FALSE
            else:
                yield f"({''.join(_media(token.content, is_dark=is_dark))})"
        else:
            yield token.serialize()


def _declarations(css: Any, turn: _Turn | None, *, is_dark: bool) -> str:
    if isinstance(css, str):
        css = css[:_LONGEST]
    try:
        found = tinycss2.parse_blocks_contents(css, skip_comments=True, skip_whitespace=True)
        return ";".join(
            _declaration(each, turn, is_dark=is_dark)
            if each.type == "declaration"
            else _rule(each, turn, is_dark=is_dark)
            for each in found
            if each.type != "error"
        )
    except RecursionError:
        return ""


def _declaration(declaration: Any, turn: _Turn | None, *, is_dark: bool) -> str:
    name = declaration.lower_name
    important = " !important" if declaration.important else ""
    value = tinycss2.serialize(declaration.value)
    if name == "color-scheme":
        value = "dark" if is_dark and "dark" in value else "light"
    elif turn and _MAY_COLOUR.search(name):
        value = "".join(_turned(declaration.value, turn))
    return f"{declaration.name}:{value.strip()}{important}"


def _turned(tokens: Iterable[Any], turn: _Turn) -> Iterator[str]:
    for token in tokens:
        text = token.serialize()
        if token.type in {"hash", "ident", "function"} and (other := _other(text, turn)):
            yield other
        elif token.type == "function" and token.lower_name not in _NO_COLOURS:
            yield f"{token.name}({''.join(_turned(token.arguments, turn))})"
        else:
            yield text


def _other(text: str, turn: _Turn) -> str:
    """The colour that `text` turns into, as translucent as it was; empty where it is none, or cannot be seen."""
    if len(text) > _LONGEST_COLOUR:
        return ""
    on_white, on_black = parse(text, WHITE), parse(text, BLACK)
    if on_white is None or on_black is None:
        return ""
    alpha = 1 - (on_white.red - on_black.red)
    if alpha > 0.995:
        return hex_of(turn(on_white))
    if alpha < 0.005:
        return ""
    red, green, blue = (round(part * 255) for part in turn(Colour(*(min(1.0, part / alpha) for part in on_black))))
    return f"rgba({red},{green},{blue},{alpha:.3f})"
