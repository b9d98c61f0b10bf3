"""What keeps readers' choices and the freezing of editions apart. SQLite has one writer anyway: there it is nothing.

Freezing asks several times who is in the audience. Whoever came into it in between would get two letters that do not
know of each other.
"""

from sqlalchemy import Connection, func, select

#: Any number will do as long as it is always the same.
_FREEZING = 7217313


def to_freeze(connection: Connection, newsletter: str) -> None:
    """Until the commit nobody else freezes an edition of `newsletter`, and no choices of its readers change."""
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(_FREEZING, func.hashtext(newsletter))))


def to_choose(connection: Connection, newsletter: str) -> None:
    """Until the commit no edition of `newsletter` is frozen; to be asked for before any row is locked."""
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock_shared(_FREEZING, func.hashtext(newsletter))))
