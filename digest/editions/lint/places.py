"""Finds the line of a template that an element of a letter, or a declaration in it, was made by."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from digest.editions.lint.styles import Rule, read_sheet

#: Stand for what a template fills in, and for where a condition or a loop begins and ends.
_FILLED, _OPENS, _CLOSES, _OTHER = "\ue000", "\ue001", "\ue002", "\ue003"
_JINJA = re.compile(r"\{#.*?#\}|\{\{.*?\}\}|\{%[-+]?\s*(?P<word>\w+)?.*?%\}", re.DOTALL)
_SKIPPED = re.compile(r"<!--.*?-->|<(?P<tag>style|script)\b[^>]*>.*?</(?P=tag)>", re.DOTALL | re.IGNORECASE)
_TAG = re.compile(rf"""<(?P<name>[A-Za-z{_FILLED}][\w:{_FILLED}-]*+)(?P<rest>(?:[^<>"']|"[^"]*+"|'[^']*+')*+)>""")
_PIECE = re.compile(
    rf"""(?P<mark>[{_FILLED}{_OPENS}{_CLOSES}{_OTHER}])
    | (?P<name>[A-Za-z][\w:-]*+)(?:\s*=\s*(?:"(?P<double>[^"]*)"|'(?P<single>[^']*)'|(?P<bare>[^\s"'>]+)))?""",
    re.VERBOSE,
)
#: Words in quotes, as a class given to a macro is written.
_STRING = re.compile(r"""\"([\w -]{1,80})\"|'([\w -]{1,80})'""")
_WILD = re.compile(rf"[{_FILLED}{_OPENS}{_CLOSES}{_OTHER}]\s*")
_HTML, _SHEET = ".html.j2", ".css"


@dataclass(frozen=True, slots=True)
class Spot:
    """A line of a template, from 1."""

    template: str
    line: int


@dataclass(frozen=True, slots=True)
class _Written:
    """An attribute as a template has it."""

    name: str
    #: None: any value. What is filled in is the pattern's group.
    value: re.Pattern[str] | None
    is_optional: bool


@dataclass(frozen=True, slots=True)
class _Tag:
    """An opening tag as a template has it."""

    spot: Spot
    name: re.Pattern[str]
    attributes: tuple[_Written, ...]
    #: Whether something that is filled in may bring more attributes.
    is_open: bool
    #: The words in quotes of its template: what a macro may be told to fill in as a tag or a class.
    quoted: frozenset[str]

    def fits(self, element: Any) -> bool:
        """Whether it can have made `element`."""
        if not self._is_told(self.name.fullmatch(element.tag)):
            return False
        given = {str(name).lower(): " ".join(str(value).split()) for name, value in element.attrib.items()}
        for written in self.attributes:
            value = given.pop(written.name, None)
            if not (written.is_optional if value is None else self._can_be(written, value)):
                return False
        given.pop("style", None)
        return not given or (self.is_open and "class" not in given)

    def _can_be(self, written: _Written, value: str) -> bool:
        # A style attribute has been merged with the sheet's rules.
        if written.value is None or written.name == "style":
            return True
        found = written.value.fullmatch(value)
        return self._is_told(found) if written.name == "class" else found is not None

    def _is_told(self, found: re.Match[str] | None) -> bool:
        """Whether a name that is filled in, and nothing else, is one that the template has in quotes."""
        return found is not None and (found.groups() != (found[0],) or self.quoted.issuperset(found[0].split()))


class Templates:
    """The opening tags and the style sheets of a look's templates."""

    def __init__(self, sources: Mapping[str, str]) -> None:
        self._tags = [tag for name, source in sources.items() if name.endswith(_HTML) for tag in _tags(name, source)]
        sheets = {name: read_sheet(source) for name, source in sources.items() if name.endswith(_SHEET)}
        self._rules = [(name, rule) for name, css in sheets.items() for rule in css.rules]

    def of_element(self, element: Any) -> Spot | None:
        """Where the tag of `element` stands; None where no line fits, or more than one."""
        spots = {tag.spot for tag in self._tags if tag.fits(element)}
        return spots.pop() if len(spots) == 1 else None

    def of_style(self, tag: str, classes: frozenset[str], name: str, value: str) -> Spot | None:
        """Where a sheet gives the property `name` with `value` to an element with these `classes`."""
        wanted = _normal(value)
        spot = None
        for template, rule in self._rules:
            for each in rule.declarations if rule.is_for(tag, classes) else ():
                if each.name == name and _normal(each.value) == wanted:
                    spot = Spot(template, each.line)
        return spot

    def of_rule(self, rule: Rule, name: str = "") -> Spot | None:
        """Where a sheet has `rule` of the letter, or the property `name` in it."""
        for template, known in self._rules:
            if _normal(known.selector) == _normal(rule.selector) and _same(known.around, rule.around):
                lines = [each.line for each in known.declarations if each.name == name]
                if lines or not name:
                    return Spot(template, lines[0] if lines else known.line)
        return None


def _tags(template: str, source: str) -> Iterator[_Tag]:
    plain = _SKIPPED.sub(lambda found: "\n" * found[0].count("\n"), _JINJA.sub(_marked, source))
    quoted = frozenset(word for double, single in _STRING.findall(source) for word in (double or single).split())
    line, done = 1, 0
    for found in _TAG.finditer(plain):
        line += plain.count("\n", done, found.start())
        done = found.start()
        attributes, is_open = _attributes(found["rest"])
        yield _Tag(Spot(template, line), _pattern(found["name"]), attributes, is_open, quoted)


def _marked(found: re.Match[str]) -> str:
    lines = "\n" * found[0].count("\n")
    if found[0].startswith("{#"):
        return lines
    if found[0].startswith("{{"):
        return _FILLED + lines
    word = found["word"] or ""
    marks = {"if": _OPENS, "for": _OPENS, "endif": _CLOSES, "endfor": _CLOSES}
    return marks.get(word, _OTHER) + lines


def _attributes(rest: str) -> tuple[tuple[_Written, ...], bool]:
    """The attributes in `rest`, what follows a tag's name; and whether there may be others."""
    found, depth, is_open = [], 0, False
    for piece in _PIECE.finditer(rest):
        mark = piece["mark"]
        if mark:
            depth += {_OPENS: 1, _CLOSES: -1}.get(mark, 0)
            is_open = is_open or mark == _FILLED
            continue
        value = next((piece[kind] for kind in ("double", "single", "bare") if piece[kind] is not None), None)
        found.append(
            _Written(
                name=piece["name"].lower(),
                value=None if value is None else _pattern(value),
                is_optional=depth > 0,
            )
        )
    return tuple(found), is_open


def _pattern(value: str) -> re.Pattern[str]:
    """Matches `value` with anything in the places that are filled in, its white space made single blanks."""
    parts = _WILD.split(" ".join(value.split()))
    # Of several wildcards one is made: with many, a long value could be tried in too many ways.
    between = "(.*)" if len(parts) > 1 else ""
    return re.compile(re.escape(parts[0]) + between + (re.escape(parts[-1]) if between else ""), re.DOTALL)


def _normal(text: str) -> str:
    return re.sub(r"\s+", "", text).lower()


def _same(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    return [_normal(each) for each in one] == [_normal(each) for each in other]
