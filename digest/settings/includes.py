"""Adds the feeds, categories and newsletters of included files to those of the main file."""

import glob
from collections.abc import Callable, Iterator
from pathlib import Path

from digest.errors import Problem
from digest.settings.tree import Entry, Items, Keys, Node, Scalar, find, items_at

INCLUDABLE = ("feeds", "categories", "newsletters")
MAX_FILES = 500

#: Reads a file and fills in its variables; None when it said why that cannot be done.
Reader = Callable[[Path], Node | None]


def include(main: Keys, read: Reader, problems: list[Problem]) -> Keys:
    """`main` with what its `include` names added to it: lists appended, mappings merged, in the files' order.

    Only the main file can include, so there is no cycle. What is wrong is added to `problems`.
    """
    entries = dict(main.entries)
    for path in _files(main, problems):
        part = read(path)
        if part is None:
            continue
        if not isinstance(part, Keys):
            problems.append(part.place.problem("must hold keys, as in 'feeds:'"))
            continue
        for key, entry in part.entries.items():
            if key not in INCLUDABLE:
                hint = "move it to the main file; here stand feeds, categories and newsletters"
                problems.append(entry.place.problem("cannot stand in an included file", hint))
                continue
            entries[key] = _merged(entries[key], entry, problems) if key in entries else entry
    return Keys(main.place, entries)


def _merged(one: Entry, other: Entry, problems: list[Problem]) -> Entry:
    match one.node, other.node:
        case Scalar(text=None), _:
            return Entry(one.place, other.node)
        case _, Scalar(text=None):
            return one
        case Items(place, items), Items(items=more):
            return Entry(one.place, Items(place, (*items, *more)))
        case Keys(place, entries), Keys(entries=more_entries):
            return Entry(one.place, Keys(place, _union(entries, more_entries, problems)))
        case Items() | Keys(), _:
            shape = "a list" if isinstance(one.node, Items) else "a mapping of names"
            problems.append(other.place.problem(f"must be {shape}, as in {one.place}"))
    return one  # what is wrong with the main file's own shape, the schema says


def _union(entries: dict[str, Entry], more: dict[str, Entry], problems: list[Problem]) -> dict[str, Entry]:
    union = dict(entries)
    for name, entry in more.items():
        if name in union:
            said = f"is defined twice, first in {union[name].place}"
            problems.append(entry.place.problem(said, "rename or remove one of them"))
        else:
            union[name] = entry
    return union


def _files(main: Keys, problems: list[Problem]) -> Iterator[Path]:
    """The files that the main file includes, each once; a pattern's files in alphabetical order."""
    seen = {main.place.file.resolve()}
    for pattern in _patterns(main):
        matches, place = _matches(pattern), pattern.place
        if not matches and not glob.has_magic(pattern.text or ""):
            problems.append(
                place.problem("there is no such file", "a path is relative to this file; a pattern may match none")
            )
        for path in matches:
            if path.resolve() in seen:
                continue
            if len(seen) > MAX_FILES:
                problems.append(place.problem(f"includes more than {MAX_FILES} files"))
                return
            seen.add(path.resolve())
            yield path


def _patterns(main: Keys) -> Iterator[Scalar]:
    single = find(main, ["include"])
    for node in (single.node, *items_at(main, "include")) if not single.rest else ():
        if isinstance(node, Scalar) and node.text and not node.broken:
            yield node


def _matches(pattern: Scalar) -> list[Path]:
    folder = pattern.place.file.parent
    try:
        # Path.glob takes neither absolute patterns nor those with "..".
        names = glob.glob(pattern.text or "", root_dir=folder, recursive=True)  # noqa: PTH207
        return [folder / name for name in sorted(names)]
    except (OSError, ValueError):
        return []
