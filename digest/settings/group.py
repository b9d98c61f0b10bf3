"""A mapping of known keys, and how to find one's way in a tree of them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict, model_validator
from pydantic.fields import FieldInfo


class Group(BaseModel):
    """A mapping of known keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    @model_validator(mode="before")
    @classmethod
    def _without_empty_keys(cls, data: object) -> object:
        """A key with nothing behind it counts as left out; a group left out is looked into for what it needs."""
        if data is None:
            return {}
        if not isinstance(data, dict):
            return data
        fields = {field.alias or name: field for name, field in cls.model_fields.items()}
        given = {key: value for key, value in data.items() if value is not None or key not in fields}
        needed: dict[str, object] = {
            key: {} for key, field in fields.items() if field.is_required() and is_group(field.annotation)
        }
        return {**needed, **given}


def bare(annotation: Any) -> Any:
    """A type without `Annotated` and without `| None`."""
    while True:
        if get_origin(annotation) is Annotated:
            annotation = get_args(annotation)[0]
        elif get_origin(annotation) in {Union, UnionType}:
            annotation = next(part for part in get_args(annotation) if part is not type(None))
        else:
            return annotation


def is_group(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, Group)


def inside(annotation: Any, step: str | int) -> Any:
    """The type of what stands under `step` in a value of type `annotation`; None where nothing can stand there."""
    kind = bare(annotation)
    if is_group(kind):
        return next(
            (field.annotation for name, field in kind.model_fields.items() if (field.alias or name) == step), None
        )
    if get_origin(kind) is tuple:
        return get_args(kind)[0]
    return get_args(kind)[1] if get_origin(kind) is Mapping else None


@dataclass(frozen=True, slots=True)
class Key:
    """One key of the configuration."""

    #: As in ``newsletters.<name>.schedule.at`` and ``feeds[].url``.
    path: str
    field: FieldInfo


def keys(group: Any, above: str = "") -> Iterator[Key]:
    """Every key of `group` and of what stands below it, in the order of the fields."""
    for name, field in group.model_fields.items():
        path = f"{above}{field.alias or name}"
        yield Key(path, field)
        kind = bare(field.annotation)
        if is_group(kind):
            yield from keys(kind, f"{path}.")
        elif get_origin(kind) is tuple and is_group(inside(kind, 0)):
            yield from keys(inside(kind, 0), f"{path}[].")
        elif get_origin(kind) is Mapping and is_group(inside(kind, "")):
            yield from keys(inside(kind, ""), f"{path}.<name>.")
