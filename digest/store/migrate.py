"""Brings the database to this version's schema (Alembic), and says when it is not there yet.

Every command asks whether it is there. That takes a look at one table and at the names of the migrations; Alembic,
which costs a fifth of a second, is for upgrades.
"""

from pathlib import Path

from sqlalchemy import column, insert, inspect, select, table

from digest.errors import StoreOutdated
from digest.store.engine import Connection, Database
from digest.store.schema import counters

_SCRIPTS = Path(__file__).parent / "migrations"
#: Where Alembic keeps the schema's revision.
_VERSION = table("alembic_version", column("version_num"))
#: The sequence of arrival numbers.
ARRIVAL = "arrival"


def upgrade(database: Database, revision: str = "head") -> None:
    """To the newest schema, or to that of an older `revision`; does nothing where it is that already.

    Several processes may do it at once.
    """
    # Only upgrades need it, see above.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    with database.engine.begin() as connection:
        if not database.is_sqlite:
            # Alembic has no lock of its own; any number will do as long as it is always the same.
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(7217311)")
        config = Config()
        config.set_main_option("script_location", str(_SCRIPTS))
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        _furnish(connection)


def current(database: Database) -> str:
    """The schema's revision; empty where there is none."""
    with database.engine.connect() as connection:
        if not inspect(connection).has_table(_VERSION.name):
            return ""
        return connection.scalar(select(_VERSION.c.version_num)) or ""


def newest() -> str:
    """The revision that this version works with: the highest number that a migration's file begins with."""
    return max(known())


def known() -> frozenset[str]:
    """The revisions that this version can upgrade, its own among them."""
    return frozenset(path.name.partition("_")[0] for path in (_SCRIPTS / "versions").glob("[0-9]*.py"))


def require_current(database: Database) -> None:
    """Raises `StoreOutdated` where the schema is not this version's."""
    found = current(database)
    if found != newest():
        raise StoreOutdated(
            f"the database's schema is {found or 'not there yet'}, this version needs {newest()}: "
            "run `digest db upgrade`",
        )


def _furnish(connection: Connection) -> None:
    if connection.scalar(select(counters.c.value).where(counters.c.name == ARRIVAL)) is None:
        connection.execute(insert(counters).values(name=ARRIVAL, value=0))
