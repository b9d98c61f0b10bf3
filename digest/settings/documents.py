"""Reads one YAML file into a tree with places; with `insertion` the only importer of the YAML library.

Only the nodes are composed, nothing is constructed: every scalar stays the text that stands in the file, so that
`07:00`, `NO` and a password such as `0123` are what the operator wrote, and each duplicate key is seen.
"""

from io import StringIO
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, ScalarNode, SequenceNode

from digest.errors import Problem
from digest.settings.tree import Entry, Items, Keys, Node, Place, Scalar, joined

MAX_BYTES = 1_000_000
#: Of the tree with its aliases written out: a few lines of nested aliases can stand for billions of nodes.
MAX_NODES = 200_000
MAX_DEPTH = 30

_STANDARD = {
    f"tag:yaml.org,2002:{name}"
    for name in ("str", "int", "float", "bool", "null", "timestamp", "merge", "value", "map", "seq")
}
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
#: What the parser says, and what usually lies behind it.
_HINTS = {
    "mapping values are not allowed here": "a text with ': ' in it needs quotes; or check the indentation",
    "cannot start any token": "indent with spaces, not tabs; quote a text that begins with @, ` or %",
    "but got '{'": "between braces and brackets, a text with ${NAME} needs quotes",
    "expected <block end>": "check the indentation of this line and the one before",
    "could not find expected ':'": "a key needs a colon and a space after it",
    "found unexpected end of stream": "a quote was opened and never closed",
    "while parsing a flow": "a bracket or brace was opened and never closed",
    "undefined alias": "quote a text that begins with *",
    "another document": "keep everything in one document: remove the line ---",
}


class Unreadable(Exception):
    """The file as a whole cannot be used."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


def read_text(path: Path, limit: int = MAX_BYTES) -> str:
    """The file's text, UTF-8 with or without a byte order mark, of `limit` bytes at most.

    Raises OSError as it comes, and ValueError with a reason in plain words.
    """
    with path.open("rb") as file:
        raw = file.read(limit + 1)
    if len(raw) > limit:
        raise ValueError(f"is larger than {limit:,} bytes")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        reason = "is not UTF-8"
    raise ValueError(reason)


def read_document(path: Path) -> tuple[Node, list[Problem]]:
    """The tree of the file and what is wrong inside it; an empty file is an empty mapping.

    Raises Unreadable when there is no tree at all: no such file, not UTF-8, too large, not YAML.
    """
    try:
        source = read_text(path)
    except OSError as error:
        raise Unreadable(Problem(f"cannot be read: {error.strerror}", file=path)) from None
    except ValueError as error:
        raise Unreadable(Problem(str(error), file=path)) from None
    node = _compose(source, path)
    builder = _Builder(path)
    if node is None:
        return Keys(Place(path, 1, 1)), []
    return builder.build(node, "", 0), builder.problems


def _compose(source: str, path: Path) -> Any:
    yaml = YAML(typ="rt", pure=True)
    yaml.max_depth = MAX_DEPTH
    yaml.composer.warn_double_anchors = False
    try:
        return yaml.compose(StringIO(source))
    except MarkedYAMLError as error:
        problem = _syntax_problem(error, path)
    except YAMLError as error:  # a character that YAML does not allow; has an offset instead of a mark
        before = source[: getattr(error, "position", 0)]
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        problem = Problem("there is a control character here", "", path, line, column, "remove it")
    except (RecursionError, ValueError, AttributeError, AssertionError):
        # What the library lets through for tags and numbers that are no such thing.
        problem = Problem(
            "is not YAML that can be read", file=path, hint="look for a stray !, % or & at a line's start"
        )
    raise Unreadable(problem)


def _syntax_problem(error: MarkedYAMLError, path: Path) -> Problem:
    mark = error.problem_mark or error.context_mark
    said = f"{error.context or ''} {error.problem or ''}"
    hint = next((hint for sign, hint in _HINTS.items() if sign in said), "")
    line, column = (mark.line + 1, mark.column + 1) if mark else (0, 0)
    return Problem(f"this is not YAML: {error.problem or error.context}", "", path, line, column, hint)


class _Builder:
    """Turns composed nodes into a tree, noting what has no place in a configuration."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.problems: list[Problem] = []
        self.count = 0

    def build(self, node: Any, key: str, depth: int) -> Node:
        place = self._place(node, key)
        self.count += 1
        if self.count > MAX_NODES or depth > MAX_DEPTH:
            raise Unreadable(place.problem("aliases make this too large", "write out what *aliases stand for"))
        if str(node.tag) not in _STANDARD:
            self.problems.append(place.problem("a tag has no meaning here", "remove the word that begins with !"))
        match node:
            case MappingNode():
                return Keys(place, self._entries(node, key, depth))
            case SequenceNode():
                below = (self.build(item, f"{key}[{index}]", depth + 1) for index, item in enumerate(node.value))
                return Items(place, tuple(below))
            case _:
                self._whole(node.value, place)
                empty = node.style is None and node.value in _NULLS
                return Scalar(place, None if empty else node.value, node.value)

    def _entries(self, node: Any, key: str, depth: int) -> dict[str, Entry]:
        entries: dict[str, Entry] = {}
        for name, value in node.value:
            place = self._place(name, key)
            if not isinstance(name, ScalarNode):
                problem = place.problem("a key must be a single word", "quote a text that begins with [ or {")
                self.problems.append(problem)
                continue
            self._whole(name.value, place)
            place = place.below([name.value])
            if name.value in entries:
                first = entries[name.value].place.line
                self.problems.append(place.problem(f"stands here twice, first in line {first}", "remove one of them"))
                continue
            entries[name.value] = Entry(place, self.build(value, place.key, depth + 1))
        return entries

    def _whole(self, text: str, place: Place) -> None:
        """An escape such as \\ud83d is half a character, which no other program could take from us."""
        if not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text):
            raise Unreadable(place.problem("there is half a character here", "write the character itself"))

    def _place(self, node: Any, key: str) -> Place:
        return Place(self.path, node.start_mark.line + 1, node.start_mark.column + 1, joined(key, ()))
