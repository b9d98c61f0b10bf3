"""`digest suppressions`: addresses that are not mailed, and why."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from digest.app.sayings import counted
from digest.cli import csv_safe, doors
from digest.cli.base import Group, json_option
from digest.cli.readers_lists import ListRefused, open_new
from digest.cli.show import Table
from digest.errors import UnknownName, UsageError
from digest.model import Suppression, SuppressionReason

if TYPE_CHECKING:
    from digest.store import Connection

_COLUMNS = ("address", "reason", "evidence")
_LIST = (*_COLUMNS, "since")


@click.group(cls=Group)
def suppressions() -> None:
    """Addresses that are not mailed, and why."""


@suppressions.command("list")
@json_option
def list_(*, as_json: bool) -> None:
    """All of them, by address."""
    from digest.store import suppressions as store

    with doors.house(read_only=True) as house:
        rows = [(it.address, it.reason, it.evidence, it.created_at) for it in house.database.call(store.everything)]
        Table(_LIST, empty="no address is suppressed", zone=house.zone).show(rows, as_json=as_json)


@suppressions.command()
@click.argument("addresses", metavar="ADDRESS...", nargs=-1, required=True)
@click.option(
    "--reason", type=click.Choice([it.value for it in SuppressionReason]), default=SuppressionReason.MANUAL.value
)
@click.option("--evidence", default="", help="For those who ask later.")
def add(addresses: tuple[str, ...], reason: str, evidence: str) -> None:
    """Mail nothing more to each ADDRESS, subscribed or not, from this moment on."""
    from digest.app.enrol import normalized

    with doors.house(prepare=True) as house:
        now = house.clock()
        wanted = [
            Suppression(address=normalized(it), reason=SuppressionReason(reason), evidence=evidence, created_at=now)
            for it in addresses
        ]
        added = house.database.call(_add, wanted)
    for it in wanted:
        click.echo(
            f"{it.address}: {'suppressed' if it in added else 'was suppressed already; the first reason stands'}"
        )


@suppressions.command()
@click.argument("addresses", metavar="ADDRESS...", nargs=-1, required=True)
def remove(addresses: tuple[str, ...]) -> None:
    """Mail each ADDRESS again; subscriptions are as they were before."""
    from digest.app.enrol import normalized
    from digest.store import suppressions as store

    with doors.house() as house:
        for address in map(normalized, addresses):
            if not house.database.call(store.remove, address):
                raise UnknownName("suppression of", address)
            click.echo(f"{address}: is not suppressed any more")


@suppressions.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def import_(file: Path) -> None:
    """Suppress the addresses in a CSV file, or none where a line is wrong.

    The first line names the columns: address, and any of reason and evidence.
    """
    with doors.house(prepare=True) as house:
        now = house.clock()
        with file.open(encoding="utf-8-sig", newline="") as lines:
            wanted = list(_parsed(csv_safe.read(lines, _COLUMNS, "address"), now))
        added = house.database.call(_add, wanted)
    click.echo(
        f"{counted(len(added), 'address', 'addresses')} suppressed, {len(wanted) - len(added):,} were so already"
    )


@suppressions.command()
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="Write there, not to the terminal.")
def export(output: Path | None) -> None:
    """All of them as CSV that `import` takes back."""
    from digest.store import suppressions as store

    with doors.house(read_only=True) as house:
        rows = [(it.address, it.reason.value, it.evidence) for it in house.database.call(store.everything)]
    if output is None:
        csv_safe.write(sys.stdout, _COLUMNS, rows)
        return
    with open_new(output) as file:
        csv_safe.write(file, _COLUMNS, rows)
    click.echo(f"wrote {output} with {counted(len(rows), 'address', 'addresses')}", err=True)


def _add(connection: Connection, wanted: Iterable[Suppression]) -> list[Suppression]:
    """Those that were not suppressed before."""
    from digest.store import suppressions as store

    return [it for it in wanted if store.add(connection, it)]


def _parsed(rows: Iterable[tuple[int, dict[str, str]]], now: datetime) -> Iterator[Suppression]:
    from digest.app.enrol import normalized

    for number, cells in rows:
        try:
            reason = SuppressionReason(cells["reason"] or SuppressionReason.MANUAL)
            yield Suppression(
                address=normalized(cells["address"]), reason=reason, evidence=cells["evidence"], created_at=now
            )
        except UsageError as error:
            raise ListRefused(f"line {number}: {error}; none was taken over") from None
        except ValueError:
            known = ", ".join(SuppressionReason)
            raise ListRefused(f"line {number}: there is no reason {cells['reason']!r}; there is {known}") from None
