"""Fills in `${VAR}`, `${VAR:-default}` and `${file:path}`; `$$` is a dollar sign.

Done on single values after the YAML has been read, so that no secret can change the structure, and in one pass, so that
a dollar inside a secret is just a dollar.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from io import StringIO
from pathlib import Path

from dotenv.parser import parse_stream

from digest.errors import Problem
from digest.settings.documents import read_text
from digest.settings.tree import Entry, Items, Keys, Node, Scalar

MAX_SECRET_BYTES = 65_536

_EXPRESSION = re.compile(r"\$(?:(?P<dollar>\$)|\{(?P<inside>[^{}]*)\}|(?P<stray>\{))")
_VARIABLE = re.compile(r"(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?::-(?P<default>.*))?", re.DOTALL)


class _Missing(Exception):
    """An expression cannot be filled in; the text says why and never holds a value."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.message, self.hint = message, hint


def variables(folder: Path, environ: Mapping[str, str]) -> tuple[dict[str, str], list[Problem]]:
    """`environ` and, for what it lacks, the `.env` in `folder`; and what is wrong with that file."""
    path = folder / ".env"
    if not path.is_file():
        return dict(environ), []
    try:
        bindings = list(parse_stream(StringIO(read_text(path))))
    except PermissionError:
        # Meant for whoever starts the service, as with containers: its variables come by the environment then.
        return dict(environ), []
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        return dict(environ), [Problem(f"cannot be read: {reason}", file=path)]
    problems = [
        Problem(
            "this line is not NAME=value", "", path, binding.original.line, 1, "quote a value with special characters"
        )
        for binding in bindings
        if binding.error
    ]
    found = {binding.key: binding.value for binding in bindings if binding.key and binding.value is not None}
    return {**found, **environ}, problems


class Interpolator:
    """Fills in the values of a tree, collecting what cannot be filled in."""

    def __init__(self, known: Mapping[str, str]) -> None:
        self._known = known
        self.problems: list[Problem] = []

    def fill(self, node: Node) -> Node:
        """`node` with every expression in its values replaced; keys stay as they are."""
        match node:
            case Keys(place, entries):
                return Keys(place, {name: Entry(it.place, self.fill(it.node)) for name, it in entries.items()})
            case Items(place, items):
                return Items(place, tuple(self.fill(item) for item in items))
            case Scalar(text=None):
                return node
        return self._scalar(node)

    def _scalar(self, node: Scalar) -> Scalar:
        pieces: list[str] = []
        end, expanded, broken = 0, False, False
        text = node.text or ""
        for found in _EXPRESSION.finditer(text):
            pieces.append(text[end : found.start()])
            end = found.end()
            if found["dollar"]:
                pieces.append("$")
                continue
            try:
                pieces.append(self._value(found["inside"], node.place.file.parent))
                expanded = True
            except _Missing as missing:
                self.problems.append(node.place.problem(missing.message, missing.hint))
                broken = True
        filled = text if broken else "".join(pieces) + text[end:]
        return replace(node, text=filled, expanded=expanded, broken=broken)

    def _value(self, inside: str | None, folder: Path) -> str:
        if inside is not None and inside.startswith("file:"):
            return _content(folder / inside.removeprefix("file:"), inside)
        variable = _VARIABLE.fullmatch(inside or "")
        if not variable:
            raise _Missing(
                "'${' begins an expression that is not known", "write ${NAME}, ${file:path}, or $$ for a dollar"
            )
        name, default = variable["name"], variable["default"]
        value = self._known.get(name)
        if default is not None:
            return value or default
        if value is None:
            raise _Missing(f"the variable {name} is not set", f"set it, put {name}=... in .env, or write ${{{name}:-}}")
        return value


def _content(path: Path, inside: str) -> str:
    try:
        return read_text(path, MAX_SECRET_BYTES).rstrip("\r\n")
    except OSError as error:
        reason = error.strerror or "it is not a file"
    except ValueError:
        reason = f"it must be UTF-8 text of {MAX_SECRET_BYTES:,} bytes at most"
    raise _Missing(f"${{{inside}}} cannot be read: {reason}", "a relative path starts at this YAML file")
