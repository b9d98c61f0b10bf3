"""The two parts of a style sheet: what is copied into attributes, and what is sent as it stands."""

import re
from dataclasses import dataclass

from markupsafe import Markup

from digest.errors import TemplateError

_KEPT = "/* KEPT"
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
#: A rule or an at-rule up to its brace, at the outermost level.
_PRELUDE = re.compile(r"[^{}]+(?=\{)")
#: An element, classes, or both.
_SELECTOR = re.compile(r"(?:\*|[A-Za-z][\w-]*)?(?:\.-?[A-Za-z_][\w-]*)*\Z")


@dataclass(frozen=True, slots=True)
class Style:
    """A style sheet in the two parts that a mail needs it in."""

    #: Copied into style attributes and then taken out.
    inlined: Markup
    #: Sent as it stands: what no attribute can say, such as dark mode.
    kept: Markup


def style_of(sheet: str) -> Style:
    """The parts of `sheet`: what follows the line that begins with ``/* KEPT`` is kept."""
    inlined, mark, kept = sheet.partition(_KEPT)
    return Style(inlined=Markup(inlined), kept=Markup(_compact(mark + kept)))  # noqa: S704 the operator's own CSS


def check_sheet(name: str, sheet: str) -> None:
    """Raise TemplateError where a rule of the first part of `sheet` looks beyond the element that it is for.

    The parts of a letter are inlined one by one: what an element stands in, or after, is not known then.
    """
    inlined = sheet.partition(_KEPT)[0]
    bare = _COMMENT.sub(lambda comment: re.sub(r"[^\n]", " ", comment[0]), inlined)
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


def _compact(css: str) -> str:
    """`css` without comments, which make Gmail drop a whole sheet, and without needless space."""
    bare = _COMMENT.sub("", css)
    tight = re.sub(r"\s*([{},;>])\s*|:\s+", lambda match: match[1] or ":", re.sub(r"\s+", " ", bare))
    return tight.strip().replace(";}", "}").replace("}", "}\n").strip()
