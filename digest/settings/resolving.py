"""Values that depend on more than themselves: names that must exist, paths relative to the file.

What they depend on comes in as pydantic's validation context, so that one pass finds everything that is wrong.
"""

import re
from dataclasses import dataclass
from os.path import normpath
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import SecretStr, ValidationInfo

from digest.settings.values import wrong

#: What a newsletter looks like that names no template.
CLASSIC = "classic"
#: Folders of templates that are no looks.
NO_LOOKS = frozenset({"pages", "notices", "sponsored"})


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a value is judged against."""

    #: Where relative paths start; absolute.
    folder: Path
    categories: tuple[str, ...]
    templates: tuple[str, ...]


def _surroundings(info: ValidationInfo) -> Surroundings:
    assert isinstance(info.context, Surroundings)  # noqa: S101  (only `loading` validates)
    return info.context


def template_names(folders: tuple[Path, ...]) -> tuple[str, ...]:
    """The looks in `folders`, in alphabetical order: each has a file by a name that the classic one has."""
    files = {file.name for folder in folders for file in (folder / CLASSIC).glob("*")}
    looks = {file.parent.name for folder in folders for name in files for file in folder.glob(f"*/{name}")}
    return tuple(sorted(looks - NO_LOOKS))


def category(value: str, info: ValidationInfo) -> str:
    known = _surroundings(info).categories
    if value in known:
        return value
    hint = "" if known else "add it under categories, as in 'categories: {world: {title: World}}'"
    raise wrong("there is no category {value}", hint=hint, among=known)


def template(value: str, info: ValidationInfo) -> str:
    known = _surroundings(info).templates
    if value in known:
        return value
    shown = repr(value) if value == CLASSIC else "{value}"
    raise wrong(f"there is no template {shown}: no such folder with a file of a look", among=known)


def folder(value: object, info: ValidationInfo) -> Path:
    if not isinstance(value, str):
        raise wrong("must be a folder")
    path = _surroundings(info).folder / value
    if "\0" in value or not path.is_dir():
        raise wrong("there is no folder {value}", hint="a relative path starts at this YAML file")
    return path


def database(value: object, info: ValidationInfo) -> SecretStr:
    """The URL with an absolute path for SQLite; for PostgreSQL as it stands."""
    text = value.get_secret_value() if isinstance(value, SecretStr) else value
    if not isinstance(text, str):
        raise wrong("must be a URL, as in sqlite:///data/digest.db")
    if (
        text.startswith("sqlite:///")
        and (name := text.removeprefix("sqlite:///"))
        and not re.match(r":memory:|[?#]", name)
    ):
        return SecretStr(f"sqlite:///{normpath(_surroundings(info).folder / name)}")
    if text.startswith("sqlite:"):
        raise wrong("must name a file", hint="write it as in sqlite:///data/digest.db")
    if re.match(r"postgresql(\+psycopg)?://", text):
        if _is_server(text):
            return SecretStr(text)
        hint = (
            "postgresql://user:password@host:port/name; in a password write %40 for @, %2F for /, %3A for :, %23 for #"
        )
        raise wrong("is not a URL of a PostgreSQL database", hint=hint)
    raise wrong(
        "must be a URL of SQLite or PostgreSQL", hint="as in sqlite:///data/digest.db or postgresql://user@host/digest"
    )


def _is_server(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.port != 0 and len(parts.path) > 1 and parts.netloc.count("@") <= 1 and not parts.fragment
    except ValueError:  # its words would repeat the password
        return False
