"""Copies the database, puts a copy back, and throws away copies that are too many. Contains no rules of the trade."""

import fcntl
import os
import re
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import insert, select, update

from digest.errors import StoreError
from digest.store import migrate
from digest.store.engine import Connection, Database
from digest.store.schema import instance

#: What a copy is called that nobody gave a name.
_STAMP = "digest-%Y%m%dT%H%M%SZ"
_STAMPED = re.compile(r"digest-\d{8}T\d{6}Z\.(db|dump)")
#: Seconds that a process which is just leaving has to let go of the file.
_LEAVING_S = 2
#: Where SQLite keeps its locks of a file (its "Database File Format", 1.3: the lock-byte page): the shared ones.
_SHARED, _SHARED_LENGTH = 0x40000002, 510
_BESIDE = ("-wal", "-shm")


@dataclass(frozen=True, slots=True)
class Restored:
    """What became of a restore."""

    #: Where the database is now that was there before; None: there was none.
    aside: Path | None
    #: The copy's schema, before it was upgraded.
    schema: str


def named(now: datetime, *, dump: bool) -> str:
    """What a copy made `now` is called."""
    return f"{now:{_STAMP}}.{'dump' if dump else 'db'}"


def spare(folder: Path, keep: int) -> list[Path]:
    """The copies in `folder` that have such names, but for the newest `keep`."""
    copies = sorted(each for each in folder.iterdir() if _STAMPED.fullmatch(each.name) and each.is_file())
    return copies[: max(0, len(copies) - keep)]


def copy(database: Database, target: Path) -> int:
    """Copies an SQLite database, in use or not, to the new file `target`, and looks whether the copy is whole.

    Gives its size in bytes. Only the owner can read it: it holds addresses. Raises StoreError.
    """
    if not database.is_sqlite or not database.url.database:
        raise StoreError("only a database in a file can be copied like this")
    with _made(target) as part:
        with closing(sqlite3.connect(database.url.database, timeout=30)) as source:
            # One snapshot, however much is written meanwhile, and without the free pages.
            source.execute("VACUUM INTO ?", (str(part),))
        _require_whole(part)
    return target.stat().st_size


def can_dump() -> bool:
    """Whether the tools of PostgreSQL are installed."""
    return bool(shutil.which("pg_dump") and shutil.which("pg_restore"))


def dump(database: Database, target: Path) -> int:
    """Has `pg_dump` copy a PostgreSQL database to the new file `target`, and `pg_restore` read what is in the copy.

    Gives its size in bytes. The password is handed over in the environment, where other users do not see it.
    Raises StoreError.
    """
    url, secrets = without_password(database)
    with _made(target) as part:
        _run(["pg_dump", "--format=custom", f"--file={part}", f"--dbname={url}"], secrets)
        listed = _run(["pg_restore", "--list", str(part)], {})
        if " TABLE DATA public deliveries " not in listed:
            raise StoreError(f"{target}: the copy failed: the deliveries are not in it")
    return target.stat().st_size


def without_password(database: Database) -> tuple[str, dict[str, str]]:
    """The URL of a PostgreSQL database for its own tools, and what they are to find in their environment."""
    url = database.url.set(drivername="postgresql")
    password = url.query.get("password") or url.password
    # Its method to set parts leaves what it is given None for.
    bare = url.difference_update_query(["password"])._replace(password=None)
    return bare.render_as_string(), {"PGPASSWORD": str(password)} if password else {}


def restore(source: Path, target: Path, identity: str, now: datetime) -> Restored:
    """Puts the copy `source` in the place of the SQLite database `target`, with this version's schema.

    The restore fence holds it from the start. What was there is put aside, never deleted. Raises StoreError where the
    copy is not whole, not ours or of a newer version, and where a process has the database open; nothing is changed
    then.
    """
    if not source.is_file():
        raise StoreError(f"there is no file {source}")
    if target.exists() and source.samefile(target):
        raise StoreError(f"{source} is the database itself")
    part = target.with_name(f"{target.name}.restoring")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _taken_over(source, part)
        schema = _prepared(part, f"it was restored at {now:%Y-%m-%d %H:%M} UTC from {source.name}", identity)
        aside = _put_aside(target, now)
        part.rename(target)
    except (OSError, sqlite3.Error) as error:
        raise StoreError(f"{source} was not restored: {error}") from error
    finally:
        for suffix in ("", *_BESIDE):
            with suppress(OSError):
                part.with_name(part.name + suffix).unlink(missing_ok=True)
    return Restored(aside, schema)


def _taken_over(source: Path, part: Path) -> None:
    part.unlink(missing_ok=True)
    part.touch(mode=0o600)
    try:
        with closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True)) as opened:
            opened.execute("VACUUM INTO ?", (str(part),))
        _require_whole(part)
    except sqlite3.DatabaseError as error:
        raise StoreError(f"{source} is no database, or damaged: {error}") from error


def _prepared(part: Path, reason: str, identity: str) -> str:
    """The schema that it had."""
    database = Database(f"sqlite:///{part}")
    try:
        schema = migrate.current(database)
        if schema not in migrate.known():
            made = f"a newer version of Digest made it (schema {schema})" if schema else "Digest did not make it"
            raise StoreError(f"this copy cannot be restored: {made}")
        migrate.upgrade(database)
        database.call(_hold, reason, identity)
    finally:
        database.close()
    with closing(sqlite3.connect(part)) as alone:
        # All of it in the one file.
        alone.execute("PRAGMA journal_mode=DELETE")
    return schema


def _hold(connection: Connection, reason: str, identity: str) -> None:
    if connection.execute(select(instance)).one_or_none():
        connection.execute(update(instance).values(held=reason))
    else:
        connection.execute(insert(instance).values(id=identity, epoch=0, place="", held=reason))


def _put_aside(target: Path, now: datetime) -> Path | None:
    if not target.exists():
        return None
    _require_free(target)
    aside = target.with_name(f"{target.name}.before-{now:%Y%m%dT%H%M%SZ}")
    if aside.exists():
        raise StoreError(f"{aside} exists already")
    for suffix in ("", *_BESIDE):
        with suppress(FileNotFoundError):
            target.with_name(target.name + suffix).rename(aside.with_name(aside.name + suffix))
    return aside


def _require_free(target: Path) -> None:
    """Raises StoreError where a process has the database open: it would go on with the file that is put aside."""
    try:
        with closing(sqlite3.connect(target, timeout=_LEAVING_S)) as opened:
            # Leaving this mode needs the file for itself; what was not in it yet is then.
            opened.execute("PRAGMA journal_mode=DELETE")
        free = True
    except sqlite3.OperationalError:
        free = False
    except sqlite3.DatabaseError:
        # Damaged, which is what a backup is for; whoever has it open holds its lock all the same.
        free = _unlocked(target)
    if not free:
        raise StoreError(f"a process has {target} open: stop `digest run` and whatever else works with it first")


def _unlocked(target: Path) -> bool:
    with target.open("rb+") as file:
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, _SHARED_LENGTH, _SHARED)
        except OSError:
            return False
    return True


@contextmanager
def _made(target: Path) -> Iterator[Path]:
    """A file for the block to fill; it becomes `target` when that ends well."""
    if target.exists():
        raise StoreError(f"{target} exists already")
    part = target.with_name(f"{target.name}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        part.unlink(missing_ok=True)
        part.touch(mode=0o600)
        yield part
        part.rename(target)
    except (OSError, sqlite3.Error) as error:
        raise StoreError(f"{target}: the copy failed: {error}") from error
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


def _require_whole(file: Path) -> None:
    with closing(sqlite3.connect(file)) as opened:
        verdict = opened.execute("PRAGMA integrity_check").fetchone()[0]
    if verdict != "ok":
        raise StoreError(f"{file}: the copy is damaged: {verdict}")


def _run(words: list[str], secrets: dict[str, str]) -> str:
    ran = subprocess.run(  # noqa: S603 - two tools by name, arguments of our own
        words, env={**os.environ, **secrets}, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if ran.returncode:
        raise StoreError(f"{words[0]} failed: {' '.join(ran.stderr.split()) or ran.returncode}")
    return ran.stdout
