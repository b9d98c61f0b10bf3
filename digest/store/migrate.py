"""Brings the database to this version's schema (Alembic), and says when it is not there yet."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import insert, select

from digest.errors import StoreOutdated
from digest.store.engine import Connection, Database
from digest.store.schema import counters

_SCRIPTS = Path(__file__).parent / "migrations"
#: The sequence of arrival numbers.
ARRIVAL = "arrival"


def upgrade(database: Database) -> None:
    """To the newest schema; does nothing where it is that already. Several processes may do it at once."""
    with database.engine.begin() as connection:
        if not database.is_sqlite:
            # Alembic has no lock of its own; any number will do as long as it is always the same.
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(7217311)")
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        _furnish(connection)


def current(database: Database) -> str:
    """The schema's revision; empty where there is none."""
    with database.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision() or ""


def newest() -> str:
    """The revision that this version works with."""
    return ScriptDirectory.from_config(_config()).get_current_head() or ""


def require_current(database: Database) -> None:
    """Raises `StoreOutdated` where the schema is not this version's."""
    found = current(database)
    if found != newest():
        raise StoreOutdated(
            f"the database's schema is {found or 'not there yet'}, this version needs {newest()}: "
            "run `digest db upgrade`",
        )


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS))
    return config


def _furnish(connection: Connection) -> None:
    if connection.scalar(select(counters.c.value).where(counters.c.name == ARRIVAL)) is None:
        connection.execute(insert(counters).values(name=ARRIVAL, value=0))
