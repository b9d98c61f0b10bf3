"""`digest bounces`: mail that came back."""

import asyncio
import sys
from collections import Counter
from pathlib import Path

import click

from digest.cli import doors
from digest.cli.base import Group

#: Octets of a message that are read.
_LARGEST = 10_000_000


@click.group(cls=Group)
def bounces() -> None:
    """Take in mail that came back.

    `digest run` does so by itself where `mail.bounces` names a Maildir or a mailbox.
    """


@bounces.command()
@click.argument("files", metavar="[FILE]...", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--to", "sent_to", default="", metavar="ADDRESS", help="Whom it was sent to, by its envelope.")
def read(files: tuple[Path, ...], sent_to: str) -> None:
    """Take in each FILE, a message as it was received; without one, that on the standard input.

    A mail server can hand bounces over with a pipe, as in Postfix's `|digest bounces read --to $recipient`.
    """
    from digest.app.returning import returns

    raws = [path.read_bytes()[:_LARGEST] for path in files] or [sys.stdin.buffer.read(_LARGEST)]
    with doors.house() as house:
        asyncio.run(house.look_at_fence())
        taken = returns(house)
        to = (sent_to,) if sent_to else ()
        fates = Counter(fate for raw in raws for fate in taken.take(raw, house.clock(), source="pipe", sent_to=to))
    for fate, count in fates.most_common():
        click.echo(f"{count:,} {fate}")


@bounces.command()
def fetch() -> None:
    """Take in now what lies in the Maildir and the mailbox of `mail.bounces`."""
    from digest.app import returning

    with doors.house() as house:
        asyncio.run(house.look_at_fence())
        fates = Counter(returning.fetch(house))
    for fate, count in fates.most_common():
        click.echo(f"{count:,} {fate}")
    if not fates:
        click.echo("nothing has come back")
