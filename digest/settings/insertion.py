"""Adds feeds and categories to a configuration as its operator would: by lines in the style of those around them.

The text itself is edited, at places that the YAML library names; nothing is ever written out from a tree, so comments,
order, quotes and line ends stay byte for byte as they are.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.events import (
    CollectionEndEvent,
    CollectionStartEvent,
    DocumentEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceStartEvent,
)

from digest.errors import UsageError

#: The keys of one feed or category and their values, which are already as `written` gives them.
Pairs = Mapping[str, str]

_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
#: What means the same with and without quotes, in a block and between braces.
_PLAIN = re.compile(r"[^\W\d_](?:[\w .-]*[\w.])?")
_COMMENT_LINE = re.compile(r"(?P<indent>[ \t]*)#[^\n]*(?:\n|\Z)")
#: Where a list may go on between its last item and its bracket: a comma, perhaps after comments.
_COMMA = re.compile(r"(?:\s|#[^\n]*\n)*,")


class NotEditable(UsageError):
    """Lines cannot be added safely to a file that is written like this; the text says why."""


def written(text: str) -> str:
    """`text` as a YAML value; a dollar would begin a variable, so it is doubled."""
    doubled = text.replace("$", "$$")
    plain = _PLAIN.fullmatch(doubled) and doubled not in _NULLS
    return doubled if plain else json.dumps(doubled, ensure_ascii=False)


def flow(pairs: Pairs) -> str:
    """`pairs` on one line."""
    return "{" + ", ".join(f"{key}: {value}" for key, value in pairs.items()) + "}"


def with_categories(text: str, categories: Mapping[str, Pairs]) -> str:
    """The configuration `text` with `categories` (name -> keys) after those that it has. Raises NotEditable."""
    return _edited(text, "categories", [(f"{name}:", pairs) for name, pairs in categories.items()])


def with_feeds(text: str, feeds: Sequence[Pairs]) -> str:
    """The configuration `text` with `feeds` after those that it has. Raises NotEditable."""
    return _edited(text, "feeds", [("-", pairs) for pairs in feeds])


#: What stands before the keys of an item, a dash or its name, and the keys.
_Item = tuple[str, Pairs]


@dataclass(frozen=True, slots=True)
class _Section:
    """A key of the main mapping, and the library's events of its value."""

    key: Any
    events: Sequence[Any]

    @property
    def start(self) -> Any:
        return self.events[0]

    @property
    def is_empty(self) -> bool:
        """Nothing stands there, or nothing between brackets."""
        if isinstance(self.start, ScalarEvent):
            return self.start.style is None and self.start.value in _NULLS
        return len(self.events) == 2

    def values(self) -> Iterator[Any]:
        """The first event of each item of a list, or of each value of a mapping."""
        depth, place = 0, 0
        for event in self.events[1:-1]:
            if isinstance(event, CollectionEndEvent):
                depth -= 1
                continue
            if not depth:
                place += 1
                if isinstance(self.start, SequenceStartEvent) or place % 2 == 0:
                    yield event
            depth += isinstance(event, CollectionStartEvent)


def _edited(text: str, name: str, items: Sequence[_Item]) -> str:
    if not items:
        return text
    mark, body = ("\ufeff", text[1:]) if text.startswith("\ufeff") else ("", text)
    newline = _newline(body)
    # Its own lines end alike, so they are put together with the short end and get the other in the end.
    root, sections, end = _sections(body)
    section = sections.get(name)
    if section is None:
        at, lines = end, [*_gap(body, end), *_section_lines(name, items, root)]
    elif section.is_empty:
        body, at = _emptied(body, section)
        lines = _block(items, section.key.start_mark.column + 2)
    elif not isinstance(section.start, CollectionStartEvent):
        raise NotEditable(f"line {section.key.start_mark.line + 1}: {name} does not hold a list of its own")
    elif section.start.anchor:
        raise NotEditable(f"line {section.key.start_mark.line + 1}: {name} is marked with &{section.start.anchor}")
    elif section.start.flow_style:
        return mark + _into_brackets(body, section, items, newline)
    else:
        at, lines = _below(body, section), _in_style(body, section, items)
    added = "".join(line + newline for line in lines)
    return mark + body[:at] + ("" if not at or body[at - 1] == "\n" else newline) + added + body[at:]


def _newline(text: str) -> str:
    newline = "\r\n" if "\r\n" in text else "\n"
    if re.search(r"\r(?!\n)|[\x85\u2028\u2029]", text) or (newline == "\r\n" and re.search(r"(?<!\r)\n", text)):
        raise NotEditable("its lines do not all end alike")
    return newline


def _sections(text: str) -> tuple[int, dict[str, _Section], int]:
    """The column of the main keys, what stands under each, and where further ones can be added."""
    yaml = YAML(typ="safe", pure=True)
    try:
        events = list(yaml.parse(StringIO(text)))
    except (YAMLError, ValueError, AttributeError, AssertionError, RecursionError) as error:
        raise NotEditable(f"it is not YAML: {error}") from None
    # The stream and the document begin.
    inside = events[2:]
    root = inside[0] if inside else None
    if not isinstance(root, MappingStartEvent) or root.flow_style:
        raise NotEditable("its keys do not stand on lines of their own")
    found: dict[str, _Section] = {}
    at = 1
    while not isinstance(inside[at], CollectionEndEvent):
        key, upto = inside[at], _whole(inside, at)
        after = _whole(inside, upto)
        if isinstance(key, ScalarEvent):
            found[key.value] = _Section(key, inside[upto:after])
        at = after
    closing = next(event for event in inside if isinstance(event, DocumentEndEvent))
    return inside[1].start_mark.column, found, closing.start_mark.index if closing.explicit else len(text)


def _whole(events: Sequence[Any], at: int) -> int:
    """Behind the node that begins at `at`."""
    depth = 0
    while True:
        depth += isinstance(events[at], CollectionStartEvent) - isinstance(events[at], CollectionEndEvent)
        at += 1
        if not depth:
            return at


def _gap(text: str, at: int) -> list[str]:
    """An empty line, where none is there yet."""
    return [] if re.search(r"\n\s*\n\s*\Z", text[:at]) else [""]


def _section_lines(name: str, items: Sequence[_Item], column: int) -> list[str]:
    return [f"{' ' * column}{name}:", *_block(items, column + 2)]


def _block(items: Sequence[_Item], column: int) -> list[str]:
    return [f"{' ' * column}{before} {flow(pairs)}" for before, pairs in items]


def _emptied(text: str, section: _Section) -> tuple[str, int]:
    """The text without the section's empty value, and where its first line can be added."""
    start, end = section.start.start_mark.index, section.events[-1].end_mark.index
    name = section.key.end_mark
    if "\n" in text[start:end]:
        raise NotEditable(f"line {name.line + 1}: there are only comments between the brackets")
    if end > start:
        text = text[: len(text[:start].rstrip(" "))] + text[end:]
    # The library puts nothing at all where the next thing begins.
    return text, _after_comments(text, _line_end(text, name.index), section.key.start_mark.column)


def _line_end(text: str, at: int) -> int:
    """Behind the line that `at` is in."""
    newline = text.find("\n", at)
    return len(text) if newline < 0 else newline + 1


def _after_comments(text: str, at: int, column: int) -> int:
    """Behind the comments that begin at `at` and are indented deeper than `column`: they belong to what is above."""
    while at < len(text) and (comment := _COMMENT_LINE.match(text, at)) and len(comment["indent"]) > column:
        at = comment.end()
    return at


def _content_end(text: str, events: Sequence[Any]) -> int:
    """Behind the last character of a section that is neither blank nor comment."""
    # What has no length stands where the next thing begins: the end of a block, and a value that is not given.
    last = next(event for event in reversed(events) if event.end_mark.index > event.start_mark.index)
    # So does the end of a folded text.
    return len(text[: last.end_mark.index].rstrip())


def _below(text: str, section: _Section) -> int:
    end = _line_end(text, _content_end(text, section.events))
    return _after_comments(text, end, section.key.start_mark.column)


def _in_style(text: str, section: _Section, items: Sequence[_Item]) -> list[str]:
    """The lines of `items`, as the section's last item is written."""
    *others, last = section.values()
    column = section.start.start_mark.column
    if not isinstance(last, MappingStartEvent) or last.flow_style:
        return _block(items, column)
    inner = last.start_mark.column - column
    line = text.rfind("\n", 0, last.start_mark.index) + 1
    is_list = isinstance(section.start, SequenceStartEvent)
    if is_list and text[line + column : line + column + 1] != "-":
        inner = 2
    # Of a mapping, `last` begins on the line after its name.
    above = line if is_list else text.rfind("\n", 0, max(0, line - 1)) + 1
    apart = [""] if others and _follows_empty_line(text[:above]) else []
    lines: list[str] = []
    for before, pairs in items:
        keys = [f"{' ' * (column + inner)}{key}: {value}" for key, value in pairs.items()]
        head = f"{' ' * column}{before}"
        lines += apart
        lines += [head.ljust(column + inner) + keys[0].lstrip(), *keys[1:]] if is_list else [head, *keys]
    return lines


def _follows_empty_line(text: str) -> bool:
    """Whether the last line of `text` that is no comment is empty."""
    lines = (line.strip() for line in reversed(text.splitlines()))
    return next((not line for line in lines if not line.startswith("#")), False)


def _into_brackets(text: str, section: _Section, items: Sequence[_Item], newline: str) -> str:
    """`text` with further items, each on a line of its own, before the section's closing bracket."""
    inside, close = section.events[:-1], section.events[-1].start_mark.index
    end = _content_end(text, inside)
    indent = " " * section.events[1].start_mark.column
    lines = [f"{indent}{flow(pairs) if before == '-' else f'{before} {flow(pairs)}'}" for before, pairs in items]
    if "\n" not in text[end:close]:
        return text[:end] + "".join(f",{newline}{line}" for line in lines) + text[end:]
    comma = _COMMA.match(text, end, close)
    below = _line_end(text, comma.end() if comma else end)
    separated = f",{newline}".join(lines) + ("," if comma else "") + newline
    return text[:end] + ("" if comma else ",") + text[end:below] + separated + text[below:]
