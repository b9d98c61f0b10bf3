"""The two parts of a style sheet: what is copied into attributes, and what is sent as it stands; and its variables.

Mail clients know no variables of CSS: `var(--accent)` is written out here. They are declared at the top of the sheet in
one `:root` rule, and the configuration's `look` has the last word.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from markupsafe import Markup

from digest.editions.colours import BLACK, WHITE, Colour, hex_of, mixed, parse, readable_on
from digest.errors import TemplateError

_KEPT = "/* KEPT"
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
#: The rule that declares variables.
_ROOT = re.compile(r":root\s*\{(?P<body>\s*--[^{}]*)\}")
_DECLARED = re.compile(r"--(?P<name>[\w-]+)\s*:\s*(?P<value>[^;{}]+?)\s*(?:;|\Z)")
_USED = re.compile(r"var\(--(?P<name>[\w-]+)\)")
#: A rule or an at-rule up to its brace, at the outermost level.
_PRELUDE = re.compile(r"[^{}]+(?=\{)")
#: An element, classes, or both.
_SELECTOR = re.compile(r"(?:\*|[A-Za-z][\w-]*)?(?:\.-?[A-Za-z_][\w-]*)*\Z")
#: How much of the accent a tint has, in light and in dark.
_TINT, _DARK_TINT = 0.1, 0.16


@dataclass(frozen=True, slots=True)
class Style:
    """A style sheet in the two parts that a mail needs it in."""

    #: Copied into style attributes and then taken out.
    inlined: Markup
    #: Sent as it stands: what no attribute can say, such as dark mode.
    kept: Markup


def style_of(name: str, sheet: str, given: Mapping[str, str]) -> Style:
    """The parts of the sheet `name`: what follows the line that begins with ``/* KEPT`` is kept.

    `given` are variables that the configuration sets. Raises TemplateError where a variable is used that is not there.
    """
    inlined, mark, kept = _written_out(name, sheet, given).partition(_KEPT)
    return Style(inlined=Markup(inlined), kept=Markup(_compact(mark + kept)))  # noqa: S704 the operator's own CSS


def check_sheet(name: str, sheet: str) -> None:
    """Raise TemplateError where a rule of the first part of `sheet` looks beyond the element that it is for.

    The parts of a letter are inlined one by one: what an element stands in, or after, is not known then.
    """
    inlined = _without_comments(sheet.partition(_KEPT)[0])
    bare = _ROOT.sub(lambda root: re.sub(r"[^\n]", " ", root[0]), inlined)
    depth, place = 0, 0
    for prelude in _PRELUDE.finditer(bare):
        depth += bare.count("{", place, prelude.start()) - bare.count("}", place, prelude.start())
        place = prelude.start()
        if depth:
            continue
        selectors = prelude[0].rpartition(";")[2]
        if selectors.strip().startswith("@"):
            continue
        for selector in selectors.split(","):
            if not selector.strip() or not _SELECTOR.match(selector.strip()):
                line = bare.count("\n", 0, prelude.end() - len(selectors.lstrip())) + 1
                words = f"{selector.strip()!r}: a rule before /* KEPT must name an element, classes, or both"
                raise TemplateError(name, line, words)


def _written_out(name: str, sheet: str, given: Mapping[str, str]) -> str:
    """`sheet` without its variables: the `:root` rule that declares them is left out, with its lines kept."""
    bare = _without_comments(sheet)
    root = _ROOT.search(bare)
    declared = dict(_DECLARED.findall(root["body"])) if root else {}
    values = _settled(declared, given)
    for use in _USED.finditer(bare):
        if use["name"] not in values:
            words = f"there is no variable --{use['name']}: declare it in the :root rule at the top"
            raise TemplateError(name, bare.count("\n", 0, use.start()) + 1, words)
    rest = sheet[: root.start()] + "\n" * root[0].count("\n") + sheet[root.end() :] if root else sheet
    return _USED.sub(lambda use: values.get(use["name"], use[0]), rest)


def _settled(declared: Mapping[str, str], given: Mapping[str, str]) -> dict[str, str]:
    """All variables: what is given, what follows from that, and for the rest what is declared."""
    values = {**declared, **given}
    accent = parse(given.get("accent", ""))
    if accent:
        card, dark_card = parse(values.get("card", "")) or WHITE, parse(values.get("dark-card", "")) or BLACK
        dark_tint = mixed(dark_card, accent, _DARK_TINT)
        follows = {
            "tint": mixed(card, accent, _TINT),
            "dark-tint": dark_tint,
            # Read on its own tint it is read on the card, which is darker.
            "dark-accent": readable_on(accent, dark_tint),
        }
        values |= {name: hex_of(colour) for name, colour in follows.items() if name not in given}
        values |= _on_accent(accent, given)
    return values


def _on_accent(accent: Colour, given: Mapping[str, str]) -> dict[str, str]:
    """The colour of words that stand on the accent itself."""
    return {} if "on-accent" in given else {"on-accent": hex_of(readable_on(WHITE, accent))}


def _without_comments(sheet: str) -> str:
    """`sheet` with blanks for comments: every character keeps its place."""
    return _COMMENT.sub(lambda comment: re.sub(r"[^\n]", " ", comment[0]), sheet)


def _compact(css: str) -> str:
    """`css` without comments, which make Gmail drop a whole sheet, and without needless space."""
    bare = _COMMENT.sub("", css)
    tight = re.sub(r"\s*([{},;>])\s*|:\s+", lambda match: match[1] or ":", re.sub(r"\s+", " ", bare))
    return tight.strip().replace(";}", "}").replace("}", "}\n").strip()
