"""Opens the house for a command, and says in plain words why it cannot be opened."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from digest.app.house import House, furnished, open_house
from digest.cli.base import config_path
from digest.errors import StoreError
from digest.settings import Settings, load
from digest.store import Database, upkeep

_SQLITE = "sqlite:///"


@contextmanager
def house(*, read_only: bool = False, prepare: bool = False) -> Iterator[House]:
    """The house of the configuration that the command names; `prepare` makes or upgrades the database.

    Raises DigestError.
    """
    path = config_path()
    with upkeep.said_plainly():
        if not prepare:
            require_database(settings())
        with open_house(path, read_only=read_only, prepare=prepare) as opened:
            yield opened


@contextmanager
def bare_house() -> Iterator[House]:
    """The same without a look at the database, which may be missing; nothing can be written to it."""
    known = settings()
    database = Database(known.database.get_secret_value(), read_only=True)
    try:
        yield furnished(config_path(), known, database)
    finally:
        database.close()


def settings() -> Settings:
    """The settings alone. Raises ConfigurationError."""
    return load(config_path(), os.environ)


def database_file(known: Settings) -> Path | None:
    """The file of an SQLite database, there or not; None for PostgreSQL."""
    url = known.database.get_secret_value()
    return Path(url.removeprefix(_SQLITE)) if url.startswith(_SQLITE) else None


def require_database(known: Settings) -> None:
    """Raises StoreError where there is no such file: opening it would make an empty one."""
    file = database_file(known)
    if file is not None and not file.exists():
        raise StoreError(f"there is no database yet at {file}: run `digest db upgrade` or `digest run` first")
