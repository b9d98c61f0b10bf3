"""The house while its configuration and its templates are being worked on: always the last one that was good."""

import asyncio
import os
from collections.abc import Iterator, Mapping
from contextlib import aclosing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from digest.app.house import House, furnished
from digest.errors import DigestError
from digest.resources import TEMPLATES
from digest.settings import load

if TYPE_CHECKING:
    from digest.app.previewing.watching import Saved, Watched

Names = asyncio.Queue[tuple[str, ...] | None]

#: What somebody who listens may be behind: they ask for everything anew after each.
_BEHIND = 16


class Workshop:
    """Keeps `house` up with its files while `work` runs. Nothing but settings and templates is read anew."""

    def __init__(self, house: House, environ: Mapping[str, str] | None = None) -> None:
        """`environ`: for the configuration's variables; None: this process's."""
        self._house = house
        self._environ = os.environ if environ is None else environ
        self._listening: set[Names] = set()
        #: Why the configuration as it stands now cannot be used; None: it is what `house` goes by.
        self.problem: DigestError | None = None
        #: Set once changes are seen.
        self.watching = asyncio.Event()

    @property
    def house(self) -> House:
        """By the last configuration that was right, with the templates as they stand."""
        return self._house

    def folders(self) -> tuple[Path, ...]:
        """Where templates are looked for, the operator's first."""
        own = self._house.settings.templates_dir
        return (own, TEMPLATES) if own else (TEMPLATES,)

    async def work(self) -> None:
        """Follows the files until it is cancelled."""
        from digest.app.previewing.watching import Saved, changes  # noqa: PLC0415 - for those who watch

        untold = Saved()
        while True:
            what = self._watched()
            async with aclosing(changes(what)) as seen:
                async for some in seen:
                    self.watching.set()
                    # Those that were saved while nobody looked are read now, with what is told late for it.
                    saved, untold = untold if untold.files else some, Saved()
                    if saved.files:
                        self._follow(saved)
                    if self._watched() != what:
                        untold = saved
                        break
                    if saved.files:
                        self._tell(tuple(sorted(self._named(file) for file in saved.files)))

    def _watched(self) -> "Watched":
        from digest.app.previewing.watching import watched  # noqa: PLC0415

        return watched(self._house.path, self._environ, self.folders())

    def _follow(self, saved: "Saved") -> None:
        if any(file.suffix in {".yaml", ".yml"} or file.name == ".env" for file in saved.files):
            self._load()
        elif saved.moved:
            # A renderer that is kept does not see that a template now comes from another folder.
            self._house = replace(self._house)

    def _load(self) -> None:
        try:
            settings = load(self._house.path, self._environ)
            self._house = furnished(self._house.path, settings, self._house.database, self._house.clock)
            self.problem = None
        except DigestError as error:
            self.problem = error

    def _named(self, file: Path) -> str:
        """As people call it: a template by its folder, as in ``classic/style.css``."""
        for folder in self.folders():
            if file.is_relative_to(folder.resolve()):
                return file.relative_to(folder.resolve()).as_posix()
        return file.name

    def _tell(self, names: tuple[str, ...]) -> None:
        for queue in self._listening:
            if queue.full():
                queue.get_nowait()
            queue.put_nowait(names)

    def close(self) -> None:
        """Tells everybody who listens that it is over."""
        for queue in self._listening:
            if queue.full():
                queue.get_nowait()
            queue.put_nowait(None)

    @contextmanager
    def listening(self) -> Iterator[Names]:
        """While the block lasts: the names of the files that are saved, None at the end."""
        queue: Names = asyncio.Queue(_BEHIND)
        self._listening.add(queue)
        try:
            yield queue
        finally:
            self._listening.discard(queue)
