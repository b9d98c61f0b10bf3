"""The documents that are made from the schema: the JSON Schema for editors and the table of all keys."""

import json
from collections.abc import Iterator, Mapping
from enum import Enum
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from annotated_types import Ge, Le
from pydantic.fields import FieldInfo
from pydantic.json_schema import GenerateJsonSchema

from digest.settings.group import bare, inside, is_group
from digest.settings.kinds import Between, Follows, Kind, written
from digest.settings.schema import Settings

#: What stands above this line in the reference is written by hand, what follows is made here.
MARK = "<!-- From here on this page is made by `python -m digest.settings`; edit the descriptions in schema.py. -->"

_VARIABLE = {"type": "string", "pattern": r"\$\{"}


def json_schema() -> str:
    """The JSON Schema that editors complete and check `digest.yaml` with."""
    schema = Settings.model_json_schema(by_alias=True, schema_generator=_Generator)
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Digest"}
    return json.dumps({**head, **_with_variables(schema)}, indent=2, ensure_ascii=False) + "\n"


class _Generator(GenerateJsonSchema):
    """Defaults are shown as they would be written."""

    def encode_default(self, dft: Any) -> Any:
        return super().encode_default(written(dft))


def _with_variables(schema: Any) -> Any:
    """Wherever a text must have some form, `${VAR}` may stand instead."""
    if isinstance(schema, list):
        return [_with_variables(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {key: _with_variables(value) for key, value in schema.items()}
    if "patternProperties" in inner:
        inner["additionalProperties"] = False
    is_formed = inner.keys() & {"pattern", "enum", "format"} or inner.get("type") in ("integer", "boolean")
    if not is_formed or not isinstance(inner.get("type"), str):
        return inner
    about = {key: inner.pop(key) for key in ("title", "description", "default") if key in inner}
    return {**about, "anyOf": [inner, _VARIABLE]}


def with_tables(page: str) -> str:
    """The reference with its hand-written beginning and a fresh table of keys for each group."""
    tables = "\n".join(_table(group, above) for above, group in _groups(Settings, ""))
    return f"{page.partition(MARK)[0]}{MARK}\n\n{tables}"


def _groups(group: Any, path: str) -> Iterator[tuple[str, Any]]:
    yield path, group
    for name, field in group.model_fields.items():
        kind = bare(field.annotation)
        ending = {tuple: "[]", Mapping: ".<name>"}.get(get_origin(kind), "")
        below = inside(kind, 0) if ending else kind
        if is_group(below):
            yield from _groups(below, f"{path}{'.' if path else ''}{field.alias or name}{ending}")


def _table(group: Any, path: str) -> str:
    rows = [
        (f"`{field.alias or name}`", _type(field.annotation, field.metadata), _default(field), field.description or "")
        for name, field in group.model_fields.items()
    ]
    cells = "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |" for row in rows)
    title = f"`{path}`" if path else "The file as a whole"
    return f"## {title}\n\n{group.__doc__}\n\n| Key | Type | Default | Meaning |\n|---|---|---|---|\n{cells}\n"


def _type(annotation: Any, metadata: list[Any]) -> str:
    """The type in words, with its bounds."""
    notes = [*_notes(annotation), *metadata]
    bounds = [f"{note.low} to {note.high}" for note in notes if isinstance(note, Between)]
    least = [f"{note.ge}" for note in notes if isinstance(note, Ge)]
    bounds += [f"{low} to {note.le}" for low in least for note in notes if isinstance(note, Le)]
    return ", ".join([_kind(bare(annotation), notes), *bounds])


def _notes(annotation: Any) -> list[Any]:
    """What is attached to a type anywhere inside `Annotated` and `| None`."""
    if get_origin(annotation) in {Union, UnionType}:
        return [note for part in get_args(annotation) for note in _notes(part)]
    return list(annotation.__metadata__) if get_origin(annotation) is Annotated else []


def _kind(kind: Any, notes: list[Any]) -> str:
    said = [note.text for note in notes if isinstance(note, Kind)]
    if said:
        return str(said[-1])
    if get_origin(kind) is Literal:
        return " or ".join(f"`{choice}`" for choice in get_args(kind))
    if get_origin(kind) is tuple:
        return "list, see below" if is_group(inside(kind, 0)) else f"list of {_type(inside(kind, 0), [])}"
    if get_origin(kind) is Mapping:
        return "names, see below"
    if isinstance(kind, type) and issubclass(kind, Enum):
        return " or ".join(f"`{choice.value}`" for choice in kind)
    return {int: "whole number", bool: "`true` or `false`"}.get(kind, "see below")


def _default(field: FieldInfo) -> str:
    followed = [note.text for note in field.metadata if isinstance(note, Follows)]
    if followed:
        return str(followed[0])
    if field.is_required():
        return "required"
    default = written(field.get_default(call_default_factory=True))
    if default in (None, "", []) or is_group(type(default)):
        return ""
    return f"`{json.dumps(default) if isinstance(default, bool) else default}`"
