"""`digest db` and `digest status`."""

import json
import sqlite3
from contextlib import closing
from datetime import timedelta

import pytest

from digest.app.house import utc_now
from digest.store import Database, upkeep

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


@pytest.mark.slow
def test_on_postgresql_the_command_for_a_backup_is_said(office, postgresql_database):
    office.configure(database=f'"{postgresql_database}"')
    office.digest("db", "upgrade")
    stderr = office.digest("db", "backup", "out.dump", code=2).stderr
    assert "pg_dump --format=custom --file=out.dump 'postgresql://" in stderr


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
