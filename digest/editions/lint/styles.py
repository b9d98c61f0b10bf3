"""Reads CSS as a letter carries it: style attributes, and the style elements that are sent as they stand."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import tinycss2
from tinycss2.ast import AtRule, Node, ParseError, QualifiedRule
from tinycss2.ast import Declaration as Parsed

#: Blocks within blocks are read this deep; no mail client reads as deep.
_DEPTH = 8
_COMMENT = re.compile(r"/\*")
#: Python refuses to read numbers of thousands of digits.
_LONG_NUMBER = re.compile(r"\d{300,}")
#: A selector of one element: its tag, and its classes.
_SIMPLE = re.compile(r"(?P<tag>\*|[a-z][\w-]*)?(?P<classes>(?:\.-?[a-z_][\w-]*)*)\Z", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Declaration:
    """One property with its value."""

    #: In lower case; custom properties as written.
    name: str
    #: As written, its white space made single blanks, without ``!important``; empty where it cannot be read.
    value: str
    important: bool
    #: Of the text that was read, from 1.
    line: int


@dataclass(frozen=True, slots=True)
class Rule:
    """Declarations, and which elements they are for."""

    #: As written, in one line; empty: those of an at-rule itself, such as ``@font-face``.
    selector: str
    declarations: tuple[Declaration, ...]
    #: The at-rules around it, the outermost first, as in ``@media (max-width:600px)``.
    around: tuple[str, ...]
    #: Of the text that was read, from 1.
    line: int

    def is_for(self, tag: str, classes: frozenset[str]) -> bool:
        """Whether an element with this tag and these classes is meant, by a selector that looks at nothing else."""
        return not self.around and any(_means(part, tag, classes) for part in self.selector.split(","))


@dataclass(frozen=True, slots=True)
class AtSign:
    """One at-rule."""

    #: In lower case, without the sign.
    name: str
    prelude: str
    #: At-rules around it.
    depth: int
    line: int


@dataclass(frozen=True, slots=True)
class Css:
    """A style sheet, read."""

    rules: tuple[Rule, ...] = ()
    at_rules: tuple[AtSign, ...] = ()
    #: What a client that gives up at the first error stumbles over: the line, and what is wrong.
    errors: tuple[tuple[int, str], ...] = ()
    comments: int = 0


@dataclass(frozen=True, slots=True)
class Sheet:
    """A style element of the letter."""

    element: Any
    text: str
    #: Of the HTML part, where `text` begins.
    line: int
    css: Css


def read_declarations(text: str) -> tuple[Declaration, ...]:
    """The declarations of a style attribute with the value `text`; what cannot be read is left out."""
    nodes = tinycss2.parse_blocks_contents(_LONG_NUMBER.sub("0", text), skip_comments=True, skip_whitespace=True)
    return tuple(_declaration(node) for node in nodes if isinstance(node, Parsed))


def read_sheet(text: str) -> Css:
    """The rules of a style sheet with the source `text`."""
    reading = _Reading()
    plain = _LONG_NUMBER.sub("0", text)
    reading.read(tinycss2.parse_stylesheet(plain, skip_comments=True, skip_whitespace=True), ())
    return Css(
        rules=tuple(reading.rules),
        at_rules=tuple(reading.at_rules),
        errors=tuple(reading.errors),
        comments=len(_COMMENT.findall(text)),
    )


def sheets_of(tree: Any) -> Iterator[Sheet]:
    """The style elements of `tree`; those in comments, which Outlook alone reads, are none."""
    for element in tree.iter("style"):
        text = str(element.text or "")
        # The line of an element is that of the end of its opening tag.
        yield Sheet(element=element, text=text, line=element.sourceline or 1, css=read_sheet(text))


class _Reading:
    def __init__(self) -> None:
        self.rules: list[Rule] = []
        self.at_rules: list[AtSign] = []
        self.errors: list[tuple[int, str]] = []

    def read(self, nodes: list[Node], around: tuple[str, ...]) -> None:
        for node in nodes:
            if isinstance(node, QualifiedRule):
                self._rule(_written(node.prelude), node, around)
            elif isinstance(node, AtRule):
                self._at_rule(node, around)
            elif isinstance(node, ParseError):
                self.errors.append((node.source_line, str(node.message)))

    def _rule(self, selector: str, node: Any, around: tuple[str, ...]) -> None:
        inner = tinycss2.parse_blocks_contents(node.content, skip_comments=True, skip_whitespace=True)
        found = tuple(_declaration(each) for each in inner if isinstance(each, Parsed))
        self.rules.append(Rule(selector, found, around, node.source_line))
        self.errors.extend((each.source_line, str(each.message)) for each in inner if isinstance(each, ParseError))

    def _at_rule(self, node: Any, around: tuple[str, ...]) -> None:
        prelude = _written(node.prelude)
        self.at_rules.append(AtSign(node.lower_at_keyword, prelude, len(around), node.source_line))
        if node.content is None or len(around) >= _DEPTH:
            return
        inside = (*around, f"@{node.lower_at_keyword} {prelude}".strip())
        if node.lower_at_keyword in {"font-face", "page"}:
            self._rule("", node, inside)
        else:
            self.read(tinycss2.parse_rule_list(node.content, skip_comments=True, skip_whitespace=True), inside)


def _declaration(node: Any) -> Declaration:
    name = node.name if node.name.startswith("--") else node.lower_name
    return Declaration(name, _written(node.value), bool(node.important), node.source_line)


def _written(tokens: list[Node]) -> str:
    try:
        return " ".join(tinycss2.serialize(tokens).split())
    except RecursionError:
        # Brackets within brackets, by the thousand: nothing that a mail client would apply.
        return ""


def _means(selector: str, tag: str, classes: frozenset[str]) -> bool:
    found = _SIMPLE.match(selector.strip())
    if not found or not found[0]:
        return False
    asked = {name for name in found["classes"].split(".") if name}
    return (found["tag"] or "*").lower() in {"*", tag} and asked <= classes
