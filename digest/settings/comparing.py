"""Which settings two configurations have otherwise."""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import SecretStr

from digest.settings.schema import Settings

#: What stands for a setting that one of them does not have.
_NONE = "-"
_LONGEST = 60


def differences(old: Settings, new: Settings) -> list[tuple[str, str, str]]:
    """(setting, before, after) in order; secrets are not shown, lists of named things go by name."""
    return sorted(_differences("", old.model_dump(), new.model_dump()))


def _differences(place: str, old: Any, new: Any) -> Iterator[tuple[str, str, str]]:
    before, after = _named(old), _named(new)
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in {*before, *after}:
            within = f"{place}.{key}" if place else str(key)
            yield from _differences(within, before.get(key), after.get(key))
    elif old != new:
        yield place, _said(old), _said(new)


def _named(value: Any) -> Any:
    """A list of things with names as a mapping."""
    if (
        isinstance(value, list | tuple)
        and value
        and all(isinstance(each, Mapping) and each.get("name") for each in value)
    ):
        return {each["name"]: each for each in value}
    return value


def _said(value: Any) -> str:
    if value is None:
        return _NONE
    if isinstance(value, SecretStr):
        return "(secret)"
    if isinstance(value, Mapping):
        return "{...}"
    text = str(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."
