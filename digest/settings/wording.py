"""What pydantic finds wrong -> problems in plain words, with their place and what to do.

A value is shown as it is written in the file; one that came from a variable or another file is shown as its expression,
and a password not at all (the parser of a secret leaves `{value}` out of what it says).
"""

import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any

from pydantic_core import ErrorDetails

from digest.errors import Problem
from digest.settings.group import bare, inside, is_group, keys
from digest.settings.schema import Settings
from digest.settings.tree import Found, Items, Keys, Location, Node, Scalar, find

#: How it is said that a list holds too little.
TOO_FEW = "needs at least"

#: Pydantic's error type -> our words; {..} are its figures, {value} is what is written.
_WORDS: Mapping[str, str] = {
    "missing": "is required",
    "extra_forbidden": "is not a key that is known here",
    "int_parsing": "must be a whole number, not {value}",
    "int_parsing_size": "is too large a number",
    "int_type": "must be a whole number",
    "bool_parsing": "must be true or false, not {value}",
    "bool_type": "must be true or false",
    "string_type": "must be a text",
    "greater_than_equal": "must be at least {ge}, not {value}",
    "less_than_equal": "must be at most {le}, not {value}",
    "literal_error": "must be {expected}, not {value}",
    "enum": "must be {expected}, not {value}",
    "tuple_type": "must be a list, each item on a line that begins with '-'",
    "dict_type": "must be a mapping of names, as in 'name: ...'",
    "model_type": "must be a mapping of keys, as in 'key: value'",
    "too_short": TOO_FEW + " {min_length}",
}


def problems(errors: Iterable[ErrorDetails], root: Keys) -> list[Problem]:
    """One problem for each error, but for those that follow from what has been said."""
    return [_problem(error, root) for error in errors if not _follows(error, find(root, error["loc"]))]


def _follows(error: ErrorDetails, found: Found) -> bool:
    """Whether the value could not be filled in, or pydantic counted only those items that are right."""
    match found.node:
        case Scalar(broken=broken):
            return broken
        case Items(items=items):
            return error["type"] == "too_short" and bool(items)
        case Keys(entries=entries):
            return error["type"] == "too_short" and bool(entries)


def nearest(word: str, candidates: Iterable[str]) -> str:
    """The candidate that was probably meant; empty where none is near. ``berlin`` finds ``Europe/Berlin``."""
    by_lower = {candidate.lower(): candidate for candidate in candidates}
    lower = word.lower()
    last = [candidate for candidate in by_lower if candidate.rpartition("/")[2] == lower.replace(" ", "_")]
    close = last or get_close_matches(lower, by_lower, n=1, cutoff=0.6)
    return by_lower[close[0]] if close else ""


def _problem(error: ErrorDetails, root: Keys) -> Problem:
    location = [step for step in error["loc"] if step != "[key]"]
    found = find(root, location)
    place = found.place
    if found.rest and getattr(found.node, "text", None) is None:
        place = place.below(found.rest)
    elif isinstance(found.node, Scalar):
        is_about_key = error["type"] == "extra_forbidden" or error["loc"][-1] == "[key]"
        place = place if is_about_key else found.node.place
    context = error.get("ctx", {})
    message = context["said"] if error["type"] == "digest" else _words(error)
    message = message.replace("{value}", _shown(found.node))
    return place.problem(message, _hint(error, location, found))


def _words(error: ErrorDetails) -> str:
    words = _WORDS.get(error["type"], "is not a value that can stand here")
    for name, figure in error.get("ctx", {}).items():
        words = words.replace(f"{{{name}}}", str(figure))
    return words


def _shown(node: Node) -> str:
    """What is written."""
    if not isinstance(node, Scalar):
        return "this"
    text = node.written if len(node.written) <= 60 else f"{node.written[:60]}…"
    return repr(text)


def _hint(error: ErrorDetails, location: Location, found: Found) -> str:
    context: dict[str, Any] = error.get("ctx", {})
    match error["type"]:
        case "missing":
            return f"add {location[-1]}: to {found.place.key}" if found.place.key else ""
        case "extra_forbidden":
            return _hint_for_key(location)
        case "literal_error" | "enum":
            candidates = tuple(re.findall(r"'([^']*)'", context["expected"]))
        case "digest":
            candidates = context["among"]
        case _:
            return ""
    node = found.node
    word = str(location[-1]) if error["loc"][-1] == "[key]" else getattr(node, "text", None)
    # How near a secret comes to something known is nobody's business.
    if not word or (getattr(node, "expanded", False) and error["loc"][-1] != "[key]"):
        return str(context.get("hint", ""))
    near = nearest(word, candidates)
    if near:
        return f"did you mean {near!r}?"
    known = f"there is {', '.join(candidates)}" if error["type"] == "digest" and 0 < len(candidates) <= 8 else ""
    return context.get("hint", "") or known


def _hint_for_key(location: Location) -> str:
    *above, name = location
    group = bare(_type_at(above))
    known = [field.alias or key for key, field in group.model_fields.items()] if is_group(group) else []
    near = nearest(str(name), known)
    if near:
        return f"did you mean {near!r}?"
    elsewhere = [key.path for key in keys(Settings) if key.path.rpartition(".")[2] == name]
    if 0 < len(elsewhere) < 4:
        return f"it stands in {' or '.join(path.rpartition('.')[0] or 'the first column' for path in elsewhere)}"
    return f"known here: {', '.join(known)}"


def _type_at(location: Location) -> Any:
    annotation: Any = Settings
    for step in location:
        annotation = inside(annotation, step)
    return annotation
