"""A YAML document as a tree whose every part knows where it stands; knows neither YAML nor our keys."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from digest.errors import Problem

#: A path of keys and indices, as in ``("feeds", 3, "category")``.
Location = Sequence[str | int]


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands: the file, line and column counted from 1, and the path of the key in that file."""

    file: Path
    line: int
    column: int
    key: str = ""

    def problem(self, message: str, hint: str = "") -> Problem:
        return Problem(message, self.key, self.file, self.line, self.column, hint)

    def below(self, location: Location) -> "Place":
        """The same place for a key that ought to stand further down."""
        return Place(self.file, self.line, self.column, joined(self.key, location))

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


def joined(key: str, location: Location) -> str:
    """`key` followed by `location`, as in ``feeds[3].category``."""
    for step in location:
        key += f"[{step}]" if isinstance(step, int) else f".{step}" if key else step
    return key


@dataclass(frozen=True, slots=True)
class Scalar:
    """A single value. What kind of value it is, the schema decides: here it is the text as it stands."""

    place: Place
    #: None where nothing, `~` or `null` stands. May hold a secret once variables are filled in.
    text: str | None = field(repr=False)
    #: What stands in the file, fit to be shown.
    written: str
    #: The text came, in whole or in part, from a variable or another file.
    expanded: bool = False
    #: A variable in it could not be filled in, which has been said: not to be judged further.
    broken: bool = False


@dataclass(frozen=True, slots=True)
class Items:
    """A list."""

    place: Place
    items: tuple["Node", ...] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """A key's value and where the key stands."""

    place: Place
    node: "Node"


@dataclass(frozen=True, slots=True)
class Keys:
    """A mapping of keys to values, in the file's order."""

    place: Place
    entries: dict[str, Entry] = field(default_factory=dict)


Node = Scalar | Items | Keys


@dataclass(frozen=True, slots=True)
class Found:
    """How far a location could be followed."""

    node: Node
    #: Of the key that leads to the node; the node's own in a list.
    place: Place
    #: What could not be followed.
    rest: tuple[str | int, ...]


def find(root: Node, location: Location) -> Found:
    """Follow `location` from `root` as far as it goes."""
    node, place = root, root.place
    for index, step in enumerate(location):
        if isinstance(node, Keys) and isinstance(step, str) and step in node.entries:
            entry = node.entries[step]
            node, place = entry.node, entry.place
        elif isinstance(node, Items) and isinstance(step, int) and step < len(node.items):
            node = node.items[step]
            place = node.place
        else:
            return Found(node, place, tuple(location[index:]))
    return Found(node, place, ())


def text_at(root: Node, *location: str | int) -> str:
    """The text that stands at `location`; empty where there is none, or none that can be judged."""
    found = find(root, location)
    if found.rest or not isinstance(found.node, Scalar) or found.node.broken:
        return ""
    return found.node.text or ""


def items_at(root: Node, *location: str | int) -> tuple[Node, ...]:
    """The items of the list at `location`; none where there is no list."""
    found = find(root, location)
    return found.node.items if not found.rest and isinstance(found.node, Items) else ()


def entries_at(root: Node, *location: str | int) -> dict[str, Entry]:
    """The entries of the mapping at `location`; none where there is no mapping."""
    found = find(root, location)
    return found.node.entries if not found.rest and isinstance(found.node, Keys) else {}


def plain(node: Node) -> object:
    """The tree as dicts, lists, texts and None, without its places."""
    match node:
        case Keys(entries=entries):
            return {key: plain(entry.node) for key, entry in entries.items()}
        case Items(items=items):
            return [plain(item) for item in items]
        case Scalar(text=text):
            return text
