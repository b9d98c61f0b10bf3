"""Opens the house for a command, and says in plain words why it cannot be opened."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from digest.cli.base import config_path
from digest.errors import StoreError

if TYPE_CHECKING:
    from digest.app.house import House
    from digest.settings import Settings


@contextmanager
def house(*, read_only: bool = False, prepare: bool = False) -> Iterator[House]:
    """The house of the configuration that the command names; `prepare` makes or upgrades the database.

    Raises DigestError.
    """
    from digest.app.house import open_house
    from digest.store import upkeep

    with upkeep.said_plainly(), open_house(config_path(), read_only=read_only, prepare=prepare) as opened:
        yield opened


@contextmanager
def bare_house() -> Iterator[House]:
    """The same without a look at the database, which may be missing; nothing can be written to it."""
    from digest.app.house import furnished
    from digest.store import Database

    known = settings()
    database = Database(known.database.get_secret_value(), read_only=True)
    try:
        yield furnished(config_path(), known, database)
    finally:
        database.close()


def require_unfenced(house: House) -> None:
    """Raises StoreError where the store is a restored one, or a copy, that must not send."""
    if held := asyncio.run(house.look_at_fence()):
        raise StoreError(f"nothing is sent until `digest resume --from WHEN` says how to go on: {held}")


def settings() -> Settings:
    """The settings alone. Raises ConfigurationError."""
    from digest.settings import load

    return load(config_path(), os.environ)
