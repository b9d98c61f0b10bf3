"""The restore fence: a store that is older than what it has sent, or a copy of another, sends nothing until told to.

A restored backup does not know who has left since, nor what it has told. So the store counts as it sends (its epoch),
and keeps the count also in a note beside the SQLite file, where no backup of the database brings it back. PostgreSQL
has no such place; there the cluster, its timeline and the table itself tell a restored or copied database.
"""

import hashlib
import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row, case, insert, select, text, update
from sqlalchemy.exc import DBAPIError

from digest.store.engine import Database
from digest.store.schema import instance

_I = instance.c
_MACHINE = Path("/etc/machine-id")


@dataclass(frozen=True, slots=True)
class Note:
    """What stands beside an SQLite file: which store it is, how far it has sent, and where it lives."""

    instance: str
    epoch: int
    place: str


class Fence:
    """The fence of one database."""

    def __init__(self, database: Database) -> None:
        name = database.url.database if database.is_sqlite else None
        self._database = Path(name) if name and name != ":memory:" else None
        #: The note; None where there is no place for one.
        self.file = self._database.with_name(f"{self._database.name}.instance") if self._database else None

    def look(self, connection: Connection, identity: str) -> str:
        """Why nothing may be sent, which is written down until `adopt`; empty: all is well.

        A store that has no identity yet gets `identity`, random.
        """
        here, note = self._place(connection), self._read()
        row = _row(connection) or self._begun(connection, identity, here)
        if row.held:
            return str(row.held)
        reason = self._suspicion(row, note, here)
        if reason or row.place != here:
            connection.execute(update(instance).values(held=reason, place=row.place if reason else here))
        return reason

    def write(self, connection: Connection) -> None:
        """Brings the note up to what the store has committed. One at a time: a transaction on SQLite is."""
        row = _row(connection)
        if self.file is None or row is None:
            return
        part = self.file.with_name(f"{self.file.name}.part")
        with part.open("w", encoding="utf-8") as file:
            json.dump({"instance": row.id, "epoch": row.epoch, "place": row.place}, file)
            file.flush()
            os.fsync(file.fileno())
        part.replace(self.file)

    def adopt(self, connection: Connection, identity: str, now: datetime, told_until: datetime | None) -> None:
        """The operator has looked: from now on this is the store, here. Call `write` once that is committed.

        It takes the new `identity`: whatever it was copied from, or was restored over, is another one.
        """
        note, row = self._read(), _row(connection)
        epoch = 1 + max(int(now.timestamp()), note.epoch if note else 0, row.epoch if row else 0)
        values = {"id": identity, "epoch": epoch, "place": self._place(connection), "held": ""}
        if told_until is not None:
            values["told_until"] = told_until
        connection.execute(update(instance).values(values) if row else insert(instance).values(values))

    def _begun(self, connection: Connection, identity: str, here: str) -> Row[Any]:
        if connection.dialect.name == "postgresql":
            # Two that begin at once are to agree on one row.
            connection.execute(text("LOCK TABLE instance IN EXCLUSIVE MODE"))
        if _row(connection) is None:
            connection.execute(insert(instance).values(id=identity, epoch=0, place=here, held=""))
        return connection.execute(select(instance)).one()

    def _suspicion(self, row: Row[Any], note: Note | None, here: str) -> str:
        if self.file is None:
            moved = row.epoch and row.place and here and row.place != here
            elsewhere = "the database is not where it was when it last sent: it was restored, copied or failed over"
            return elsewhere if moved else ""
        if note is None:
            missing = f"it has sent, and {self.file} is missing: it is a copy, or was restored elsewhere"
            return missing if row.epoch else ""
        if note.instance != row.id:
            return f"{self.file} is of another store: this one was put in its place, or it is a new one"
        if note.epoch > row.epoch:
            return (
                f"it is older than what it has sent, as a restored backup is: mail went out until {_said(note.epoch)}, "
                f"and it knows of none after {_said(row.epoch)}"
            )
        return (
            "it is a copy: the note beside it is of another file, or of another machine" if note.place != here else ""
        )

    def _place(self, connection: Connection) -> str:
        if self._database:
            return f"{_machine()}:{self._database.stat().st_ino}"
        return _cluster(connection) if connection.dialect.name == "postgresql" else ""

    def _read(self) -> Note | None:
        if self.file is None:
            return None
        try:
            known = json.loads(self.file.read_text(encoding="utf-8"))
            return Note(str(known["instance"]), int(known["epoch"]), str(known["place"]))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError):
            # Nobody can say what it said.
            return Note("", 0, "")


def held(connection: Connection) -> str:
    """Why nothing may be sent, as far as it is written down; empty: nothing is known against it."""
    return str(connection.scalar(select(_I.held)) or "")


def advance(connection: Connection, now: datetime) -> bool:
    """Counts one lease on: at least to `now` in seconds since 1970. False where nothing may be sent."""
    seconds = int(now.timestamp())
    onward = case((_I.epoch < seconds, seconds), else_=_I.epoch + 1)
    if connection.execute(update(instance).where(_I.held == "").values(epoch=onward)).rowcount:
        return True
    return not held(connection)


def told_until(connection: Connection) -> datetime | None:
    """What was published until then has been told by editions that this store does not know; None: there are none."""
    return connection.scalar(select(_I.told_until))


def _row(connection: Connection) -> Row[Any] | None:
    return connection.execute(select(instance)).one_or_none()


def _machine() -> str:
    """A hash of what names this machine; empty where nothing does, as in containers."""
    try:
        known = _MACHINE.read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return ""
    return hashlib.sha256(f"digest:{known}".encode()).hexdigest()[:16] if known else ""


def _cluster(connection: Connection) -> str:
    """The database's own place; its cluster and timeline as well, where we may ask for them."""
    table = connection.execute(text("SELECT 'instance'::regclass::oid::text")).scalar_one()
    try:
        with connection.begin_nested():
            cluster = connection.execute(
                text("SELECT system_identifier || '/' || timeline_id FROM pg_control_system(), pg_control_checkpoint()")
            ).scalar_one()
    except DBAPIError:
        cluster = ""
    return f"{cluster}/{table}"


def _said(epoch: int) -> str:
    return f"{datetime.fromtimestamp(epoch, UTC):%Y-%m-%d %H:%M:%S} UTC" if epoch else "its beginning"
