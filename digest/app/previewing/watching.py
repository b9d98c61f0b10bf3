"""Tells when files of a configuration or templates were saved; the only importer of the library that watches them."""

import asyncio
import os
from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path

from watchfiles import Change, awatch
from watchfiles.main import FileChange

from digest.settings.documents import Unreadable, read_document
from digest.settings.includes import include
from digest.settings.interpolation import Interpolator, variables
from digest.settings.tree import Keys, Node

#: Milliseconds: so long what is saved together is gathered, and so long nothing more must come.
_GATHERED, _QUIET = 50, 10
_YAML = frozenset({".yaml", ".yml"})
_TEMPLATES = frozenset({".j2", ".css", ".js"})
#: Folders of templates that are watched.
_MOST_FOLDERS = 200


@dataclass(frozen=True, slots=True)
class Watched:
    """What is watched."""

    #: Of the configuration: files, there or not.
    files: frozenset[Path]
    #: Of templates, with all that are in them.
    folders: tuple[Path, ...]

    def places(self) -> tuple[Path, ...]:
        """The folders that have to be watched, each by itself: a file that is replaced is another one."""
        return tuple(sorted({*(file.parent for file in self.files if file.parent.is_dir()), *self.folders}))

    def concerns(self, _change: Change, name: str) -> bool:
        """Whether the file `name` is one of these; new files of the configuration's kind beside them are."""
        path = Path(name)
        if path in self.files or path.is_dir():
            return True
        if path.parent in self.folders and path.suffix in _TEMPLATES:
            return True
        return path.suffix in _YAML and path.parent in {file.parent for file in self.files}


def watched(config: Path, environ: Mapping[str, str], templates: tuple[Path, ...]) -> Watched:
    """The configuration with all that it includes, the `.env` beside it, and the folders `templates`."""
    files = frozenset(_absolute(file) for file in (config, config.parent / ".env", *included(config, environ)))
    folders = [folder for top in templates for folder in _folders(_absolute(top))]
    return Watched(files, tuple(folders[:_MOST_FOLDERS]))


def included(config: Path, environ: Mapping[str, str]) -> tuple[Path, ...]:
    """The files that `config` includes, as far as it can be read."""
    found: list[Path] = []

    def note(path: Path) -> Node | None:
        found.append(path)
        return None

    try:
        main, _ = read_document(config)
    except Unreadable:
        return ()
    known, _ = variables(config.parent, environ)
    filled = Interpolator(known).fill(main)
    if isinstance(filled, Keys):
        include(filled, note, [])
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Saved:
    """Files that were saved together."""

    files: frozenset[Path] = frozenset()
    #: One of them was not there before, or is not any more.
    moved: bool = False


async def changes(what: Watched) -> AsyncGenerator[Saved, None]:
    """The files of `what` that are saved, made or taken away, as soon as they are.

    First it gives none: from then on nothing is missed.
    """
    watching = awatch(
        *what.places(), watch_filter=what.concerns, debounce=_GATHERED, step=_QUIET, recursive=False, rust_timeout=0
    )
    async with aclosing(watching):
        first = asyncio.ensure_future(anext(watching))
        try:
            # Its first step, which has run when we go on, tells the system what to look at.
            await asyncio.sleep(0)
            yield Saved()
            yield _saved(await first)
        finally:
            first.cancel()
            # It has to be over before what it waits for can be closed.
            await asyncio.wait((first,))
        async for some in watching:
            yield _saved(some)


def _saved(some: set[FileChange]) -> Saved:
    moved = any(change is not Change.modified for change, _ in some)
    return Saved(frozenset(Path(name) for _, name in some), moved)


def _folders(top: Path) -> Iterator[Path]:
    for folder, below, _ in os.walk(top):
        below.sort()
        yield Path(folder)


def _absolute(path: Path) -> Path:
    """As the library names it: links are followed in the folder, and the file's own name stays."""
    return path.parent.resolve() / path.name
