"""`digest db`: upgrades, backs up, restores and prunes the database."""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from digest.app.sayings import counted
from digest.cli import doors
from digest.cli.base import Group
from digest.cli.when import span
from digest.errors import UsageError

if TYPE_CHECKING:
    from digest.app.house import House


@click.group(cls=Group)
def db() -> None:
    """Upgrade, back up, restore and prune the database."""


@db.command()
def upgrade() -> None:
    """Make the database, or bring it to this version's schema.

    Does nothing where it is that already. Several processes may do it at once.
    """
    from digest.settings import nouns
    from digest.store import Database, migrate, upkeep

    settings = doors.settings()
    database = Database(settings.database.get_secret_value())
    try:
        with upkeep.said_plainly():
            before = migrate.current(database)
            migrate.upgrade(database)
    finally:
        database.close()
    place, newest = nouns.database_place(settings), migrate.newest()
    said = "is up to date" if before == newest else f"upgraded from {before}" if before else "made"
    click.echo(f"{place}: {said}, schema {newest}")


@db.command()
@click.argument("file", required=False, type=click.Path(dir_okay=False, path_type=Path))
@click.option("--keep", type=click.IntRange(min=1), metavar="N", help="Delete all but the newest N; only without FILE.")
def backup(file: Path | None, keep: int | None) -> None:
    """Copy the database to FILE while the service runs.

    Without FILE it stands beside the database, named for the moment; that of PostgreSQL stands here. The copy is opened
    and checked. For PostgreSQL `pg_dump` makes it; where that is not installed, this says which command does it.
    """
    from digest.store import backups

    if file and keep:
        raise UsageError("--keep counts the copies that have names of their own: leave out FILE")
    with doors.house(read_only=True) as house:
        target = file or _beside(house)
        if not house.database.is_sqlite and not backups.can_dump():
            url, _ = backups.without_password(house.database)
            raise UsageError(
                "PostgreSQL brings its own tool, which asks for the password or takes it from PGPASSWORD: "
                f"pg_dump --format=custom --file={target} '{url}'"
            )
        make = backups.copy if house.database.is_sqlite else backups.dump
        size = make(house.database, target)
    click.echo(f"{target}: {counted(size, 'byte')}, checked")
    for old in backups.spare(target.parent, keep) if keep else ():
        old.unlink()
        click.echo(f"{old}: deleted")


@db.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--yes", is_flag=True, help="Do not ask.")
def restore(file: Path, *, yes: bool) -> None:
    """Put the backup FILE in the place of the database.

    All processes must be stopped. The copy is checked and brought to this version's schema; the database that was there
    is put aside, not deleted. Nothing is sent until `digest resume --from WHEN`, with the moment of the backup.
    """
    from digest.app.house import database_file, nonce, utc_now
    from digest.settings import nouns
    from digest.store import Database, backups

    settings = doors.settings()
    target = database_file(settings)
    if target is None:
        database = Database(settings.database.get_secret_value(), read_only=True)
        url, _ = backups.without_password(database)
        database.close()
        raise UsageError(
            "PostgreSQL brings its own tool; stop all processes first, and run `digest db upgrade` after it: "
            f"pg_restore --clean --if-exists --no-owner --single-transaction --dbname='{url}' {file}"
        )
    place = nouns.database_place(settings)
    if sys.stdin.isatty() and not yes and not click.confirm(f"Put {file} in the place of {place}?"):
        raise UsageError("nothing was done")
    done = backups.restore(file, target, nonce(), utc_now())
    if done.aside:
        click.echo(f"{done.aside}: the database that was there")
    click.echo(f"{target}: restored from {file} (schema {done.schema})")
    click.echo("nothing is sent until `digest resume --from WHEN`, with the moment of the backup")


@db.command()
@click.option("--older-than", "age", default="365d", show_default=True, metavar="SPAN", help="As in 365d or 52w.")
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def prune(age: str, *, dry_run: bool, yes: bool) -> None:
    """Take the text from old articles and letters.

    Titles, links, who got what and when, and what articles are known by stay: nothing old becomes new again. The page
    behind "view in browser" of an old letter is empty from then on.
    """
    from digest.store import upkeep

    with doors.house(read_only=dry_run) as house:
        before = house.clock() - _allowed(house, age)
        found = house.database.call(upkeep.prunable, before)
        what = (
            f"{counted(found.articles, 'article')} and {counted(found.letters, 'letter')} from before {before:%Y-%m-%d}"
        )
        if dry_run:
            click.echo(f"would take the text from {what}")
            return
        if sys.stdin.isatty() and not yes and not click.confirm(f"Take the text from {what}, for good?"):
            raise UsageError("nothing was done")
        house.database.call(upkeep.prune, before)
        click.echo(f"took the text from {what}")


def _allowed(house: House, age: str) -> timedelta:
    wanted = span(age)
    least = max(newsletter.max_age for newsletter in house.newsletters.values())
    if wanted <= least:
        raise UsageError(f"{age} is too young: articles are told for up to {least.days} d (newsletters.*.max_age)")
    return wanted


def _beside(house: House) -> Path:
    from digest.app.house import database_file
    from digest.store import backups

    file = database_file(house.settings)
    name = backups.named(house.clock(), dump=file is None)
    return file.with_name(name) if file else Path(name)
