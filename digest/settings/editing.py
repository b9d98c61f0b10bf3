"""What an operator's program needs of the files themselves: where a feed stands, and feeds added without any harm."""

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from digest.errors import ConfigurationError, UsageError
from digest.settings import nouns, values
from digest.settings.documents import Unreadable, read_document
from digest.settings.includes import include
from digest.settings.insertion import NotEditable
from digest.settings.interpolation import Interpolator, variables
from digest.settings.loading import load
from digest.settings.schema import Collect, Settings
from digest.settings.tree import Keys, Node, Place, entries_at, find, items_at, text_at


@dataclass(frozen=True, slots=True)
class Stock:
    """What a configuration has of that which lists of feeds name."""

    #: Name -> address.
    feeds: Mapping[str, str]
    #: Name -> title; none: it has no categories of its own.
    categories: Mapping[str, str]
    #: The least time between two polls of a feed that gives none.
    every: timedelta


@dataclass(frozen=True, slots=True)
class Edit:
    """A configuration with something added, which loads: not written yet."""

    path: Path
    before: str
    after: str
    settings: Settings

    def save(self) -> None:
        """Puts the file in place of the old one in one step, with its permissions; a link goes on leading to it.

        Raises UsageError where the file has been changed meanwhile, and NotEditable where it cannot be written.
        """
        file = self.path.resolve()
        with _beside(file, self.after) as candidate:
            _given_to_owner_of(file, candidate)
            if text_of(file) != self.before:
                raise UsageError(f"{self.path} was changed by somebody else just now: nothing is written, try again")
            try:
                candidate.replace(file)
            except OSError as error:
                raise _not_written(error) from None


def place_of_feed(path: Path, name: str, environ: Mapping[str, str]) -> Place | None:
    """The file and line of the address of feed `name` in the configuration at `path`; None: it is not there.

    As a text it is ``config/digest.yaml:14``. Reads and parses all files: a second for some thousand feeds.
    """
    return places_of_feeds(path, environ).get(name)


def places_of_feeds(path: Path, environ: Mapping[str, str]) -> dict[str, Place]:
    """The file and line of each feed's address in the configuration at `path`, by the feed's name."""
    root = _tree(path, environ)
    if root is None:
        return {}
    return {text_at(item, "name"): find(item, ["url"]).place for item in items_at(root, "feeds")}


def stock(path: Path, environ: Mapping[str, str]) -> Stock:
    """What there is at `path`; a configuration that only lacks its feeds has none. Raises ConfigurationError."""
    try:
        settings = load(path, environ)
    except ConfigurationError as error:
        root = _tree(path, environ)
        if root is None or any(problem.key != "feeds" for problem in error.problems):
            raise
        categories = entries_at(root, "categories")
        titles = {name: text_at(root, "categories", name, "title") or name for name in categories}
        every = text_at(root, "collect", "every")
        return Stock({}, titles, values.duration(every) if every else Collect().every)
    titles = {category.name: category.title for category in nouns.categories(settings)}
    feeds = {feed.name: feed.url for feed in settings.feeds}
    return Stock(feeds, titles if settings.categories else {}, settings.collect.every)


def text_of(path: Path) -> str:
    """What stands in the file, byte for byte. Raises UsageError where it is not UTF-8."""
    try:
        return path.read_bytes().decode()
    except UnicodeDecodeError:
        raise UsageError(f"{path} is not UTF-8") from None


def checked(path: Path, before: str, after: str, environ: Mapping[str, str]) -> Edit:
    """The edit that makes `after` of `before`, which stands at `path`.

    Raises NotEditable where the result would not load, or would differ in more than its feeds and categories, and where
    nothing can be written to its folder.
    """
    with _beside(path, after) as candidate:
        try:
            new = load(candidate, environ)
        except ConfigurationError as error:
            problem = error.problems[0]
            place = f"line {problem.line}: " if problem.file == candidate else f"{problem.file}:{problem.line}: "
            hint = f" ({problem.hint})" if problem.hint else ""
            raise NotEditable(f"with that added it would not load: {place}{problem.message}{hint}") from None
    try:
        old = load(path, environ)
    except ConfigurationError:
        # It had no feeds: there is nothing to compare with.
        return Edit(path, before, after, new)
    kept = {name: it for name, it in new.categories.items() if name in old.categories}
    names = {feed.name for feed in old.feeds}
    same = {"feeds": tuple(feed for feed in new.feeds if feed.name in names), "categories": kept}
    if new.model_copy(update=same) != old:
        raise NotEditable("more than its feeds would change")
    return Edit(path, before, after, new)


@contextmanager
def _beside(file: Path, text: str) -> Iterator[Path]:
    """A file with `text` in the folder of `file`, for which relative paths are the same; gone in the end."""
    try:
        handle, name = tempfile.mkstemp(prefix=f".{file.name}.", suffix=".tmp", dir=file.parent)
    except OSError as error:
        raise _not_written(error) from None
    candidate = Path(name)
    try:
        try:
            with os.fdopen(handle, "wb") as opened:
                opened.write(text.encode())
                opened.flush()
                os.fsync(opened.fileno())
        except OSError as error:
            raise _not_written(error) from None
        yield candidate
    finally:
        candidate.unlink(missing_ok=True)


def _not_written(error: OSError) -> NotEditable:
    return NotEditable(f"it cannot be written ({error.strerror})")


def _given_to_owner_of(file: Path, candidate: Path) -> None:
    """Whoever could read and write `file` can read and write `candidate`."""
    known = file.stat()
    if (known.st_uid, known.st_gid) != (candidate.stat().st_uid, candidate.stat().st_gid):
        # Only root may give files away; whoever else writes them has to keep them.
        with suppress(PermissionError):
            os.chown(candidate, known.st_uid, known.st_gid)
    candidate.chmod(known.st_mode & 0o7777)


def _tree(path: Path, environ: Mapping[str, str]) -> Keys | None:
    """The configuration's tree with what it includes, as far as it can be read."""
    known, _ = variables(path.parent, environ)

    def read(file: Path) -> Node | None:
        try:
            node, _ = read_document(file)
        except Unreadable:
            return None
        return Interpolator(known).fill(node)

    main = read(path)
    return include(main, read, []) if isinstance(main, Keys) else None
