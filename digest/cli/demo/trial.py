"""Opens a house that nothing real can be reached from: a database in a folder of its own, the catcher as its relay."""

import os
import secrets
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from digest.app.house import Clock, House, furnished
from digest.settings import load
from digest.settings.trial import on_trial
from digest.settings.values import Endpoint
from digest.store import Database, migrate


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a trial has in the place of the real things."""

    #: Holds the database; ends with the trial.
    folder: Path
    relay: Endpoint
    #: Where the public pages of the trial are.
    url: str


@contextmanager
def open_on_trial(
    path: Path, around: Surroundings, clock: Clock, environ: Mapping[str, str] = os.environ
) -> Iterator[House]:
    """The house of the configuration at `path` with a database and a relay of the trial. Raises ConfigurationError."""
    settings = on_trial(
        load(path, environ),
        database=around.folder / "digest.db",
        relay=around.relay,
        url=around.url,
        secret=secrets.token_hex(32),
    )
    database = Database(settings.database.get_secret_value())
    try:
        migrate.upgrade(database)
        yield furnished(path, settings, database, clock)
    finally:
        database.close()


def free_port() -> int:
    """A port of this machine where nobody listens now."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    return port
