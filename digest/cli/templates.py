"""`digest templates`: which files letters and pages are made from, and copies of ours to be changed."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click

from digest import resources
from digest.cli.base import Group, config_path, json_option
from digest.errors import DigestError, UnknownName, UsageError

_README = "README.md"
_LOOK = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}\Z")


class InTheWay(DigestError):
    """A file that we would write exists."""


@dataclass(frozen=True, slots=True)
class _File:
    #: As in ``classic/style.css``.
    name: str
    is_ours: bool
    is_yours: bool

    @property
    def whose(self) -> str:
        if not self.is_yours:
            return "Digest's"
        return "yours, in place of Digest's" if self.is_ours else "yours"


@click.group(cls=Group)
def templates() -> None:
    """List the templates; copy those you want to change."""


@templates.command("list")
@json_option
def show(*, as_json: bool) -> None:
    """List all templates, and whose each is."""
    files = list(_files(_folder()))
    if as_json:
        rows = [{"name": each.name, "digest": each.is_ours, "yours": each.is_yours} for each in files]
        click.echo(json.dumps(rows, indent=2))
        return
    width = max(len(each.name) for each in files)
    for each in files:
        click.echo(f"{each.name:<{width}}  {each.whose}")


@templates.command()
@click.argument("names", metavar="NAME...", nargs=-1, required=True)
@click.option("--as", "look", default="", metavar="LOOK", help="Copy a look under a name of your own.")
@click.option("--to", "folder", type=click.Path(file_okay=False, path_type=Path), metavar="DIR", help="Copy to there.")
def copy(names: tuple[str, ...], look: str, folder: Path | None) -> None:
    """Copy templates of Digest's to your own folder, to be changed there.

    NAME is a file, as in classic/style.css, or a folder: a look, pages or notices. They go to templates_dir, or to
    `templates` beside the configuration where it names none. Copy only what you change: the rest is kept up to date
    for you. Nothing is overwritten.
    """
    from digest.settings.resolving import NO_LOOKS

    if look and (len(names) != 1 or not _LOOK.match(look) or look in NO_LOOKS):
        raise UsageError("--as takes the name of a look, in lower case, and one NAME")
    ours = {name: name for asked in names for name in _asked(asked)}
    if look:
        ours = {name: f"{look}/{name.partition('/')[2]}" for name in ours}
    configured = _folder() if folder is None else None
    target = folder or configured or config_path().parent / "templates"
    there = [name for name in ours.values() if (target / name).exists()]
    if there:
        raise InTheWay(f"nothing was copied, because it exists already in {target}: {', '.join(there)}")
    for name, to in ours.items():
        (target / to).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(resources.TEMPLATES / name, target / to)
        click.echo(f"copied {target / to}")
    if configured is None:
        click.echo(f"Say where they are in {config_path()}: templates_dir: {_from_configuration(target)}")
    if look:
        click.echo(f"Take the look for a newsletter: template: {look}")


def _files(folder: Path | None) -> Iterator[_File]:
    ours, yours = _names(resources.TEMPLATES), _names(folder) if folder else set()
    for name in sorted(ours | yours):
        yield _File(name, name in ours, name in yours)


def _names(folder: Path) -> set[str]:
    files = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    return {path.as_posix() for path in files if path.name != _README and not path.name.startswith(".")}


def _asked(name: str) -> list[str]:
    """The files of ours that `name` means. Raises UnknownName."""
    known, wanted = _names(resources.TEMPLATES), name.strip("/")
    found = [each for each in sorted(known) if each == wanted or each.startswith(f"{wanted}/")]
    if not found:
        raise UnknownName("template", name, sorted(known | {each.partition("/")[0] for each in known}))
    return found


def _folder() -> Path | None:
    """The configuration's `templates_dir`; None where it has none, or there is no configuration yet."""
    from digest.settings import load

    path = config_path()
    return load(path, os.environ).templates_dir if path.exists() else None


def _from_configuration(target: Path) -> str:
    return Path(os.path.relpath(target.absolute(), config_path().parent.absolute())).as_posix()
