"""`digest editions export`: who got an edition and who did not, a line each."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import click

from digest.cli import csv_safe, doors, edition_words
from digest.cli.base import Command
from digest.cli.readers_lists import open_new
from digest.errors import UsageError
from digest.model import DeliveryState

if TYPE_CHECKING:
    from digest.app.house import House
    from digest.store.standing import Entry

COLUMNS = ("address", "name", "state", "code", "reply", "attempts", "settled_at", "message_id", "page")
#: As --state has them -> as the store has them.
_STATES = {state.value: state.value for state in DeliveryState} | {"in-doubt": "in doubt"}


@click.command(cls=Command)
@click.argument("edition", metavar="ID", type=int)
@click.option("--state", "states", metavar="STATE,...", default="", help=f"Only these: {', '.join(sorted(_STATES))}.")
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="Write there, not to the terminal.")
@click.option("--json", "as_json", is_flag=True, help="An object a line instead of CSV.")
def export(edition: int, states: str, output: Path | None, *, as_json: bool) -> None:
    """Who got an edition and who did not, as CSV: state, the server's last reply, when, and the message's id.

    "in-doubt" is who may have got it: the server did not say.
    """
    from digest.store import standing

    chosen = _chosen(states)
    write = _write_json if as_json else _write_csv
    with doors.house(read_only=True) as house, house.database.begin() as connection:
        edition_words.found(connection, edition)
        rows = _rows(house, standing.entries(connection, edition, house.clock(), chosen))
        if output is None:
            write(sys.stdout, rows)
            return
        with open_new(output) as file:
            count = write(file, rows)
    click.echo(f"wrote {output} with {edition_words.deliveries(count)}", err=True)


def _chosen(states: str) -> list[str]:
    """Raises UsageError."""
    names = [name.strip() for name in states.split(",") if name.strip()]
    for name in names:
        if name not in _STATES:
            raise UsageError(f"there is no state {name!r}: --state takes {', '.join(sorted(_STATES))}")
    return [_STATES[name] for name in names]


def _rows(house: House, entries: Iterable[Entry]) -> Iterator[Sequence[str]]:
    from digest.mail.compose import message_identity
    from digest.settings import nouns

    domain = nouns.sender(house.settings).address.rpartition("@")[2]
    for it in entries:
        yield (
            it.address,
            it.name,
            it.state.replace(" ", "-"),
            str(it.code or ""),
            it.reply,
            str(it.attempts),
            it.settled_at.astimezone(UTC).isoformat() if it.settled_at else "",
            message_identity(it.nonce, it.delivery, domain) if it.nonce else "",
            f"{house.site.url}/read/{it.nonce}" if it.nonce else "",
        )


def _write_csv(file: TextIO, rows: Iterable[Sequence[str]]) -> int:
    return csv_safe.write(file, COLUMNS, rows)


def _write_json(file: TextIO, rows: Iterable[Sequence[str]]) -> int:
    count = 0
    for row in rows:
        file.write(json.dumps(dict(zip(COLUMNS, row, strict=True)), ensure_ascii=False) + "\n")
        count += 1
    return count
