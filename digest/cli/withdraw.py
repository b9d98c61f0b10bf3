"""`digest editions withdraw`: takes an article out of an edition that is on its way, or has arrived."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING

import click

from digest.app.sayings import counted
from digest.cli import doors
from digest.cli.base import Command, printable
from digest.cli.edition_words import found
from digest.errors import UsageError

if TYPE_CHECKING:
    from digest.store import Connection
    from digest.store.recalling import Reach, Recall

#: The longest words for readers, in characters.
_LONGEST = 500


@click.command(cls=Command)
@click.argument("edition", metavar="ID", type=int)
@click.option("--article", required=True, metavar="ARTICLE", help="Its number, its address, or words of its title.")
@click.option("--text", default="", metavar="WORDS", help="What readers are told who have got it; default: that much.")
@click.option("--dry-run", is_flag=True, help="Say how many readers it concerns; change nothing.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def withdraw(edition: int, article: str, text: str, *, dry_run: bool, yes: bool) -> None:
    """Take an article out of an edition, and out of all that come after it.

    Who is still to get the edition gets it without the article; who has got it is told so in their next letter.
    """
    from digest.publish import recall

    words = _words(text)
    with doors.house(read_only=dry_run) as house:
        wanted, title = house.database.call(_wanted, edition, article, words)
        reach = house.database.call(recall.foresee, wanted).reach
        click.echo(f"article {wanted.article}, {printable(title)!r}: {_said(reach)}")
        if dry_run:
            return
        if not yes and sys.stdin.isatty() and not click.confirm(f"Withdraw it from edition {edition}?"):
            raise UsageError("nothing was withdrawn")
        done = asyncio.run(recall.withdraw(house.press(), wanted, house.clock()))
    click.echo(f"withdrawn: {_said(done)}")


def _wanted(connection: Connection, edition: int, article: str, words: str) -> tuple[Recall, str]:
    """What is to be withdrawn, and its title. Raises UsageError, UnknownName."""
    from digest.app.finding import find
    from digest.store import trail
    from digest.store.recalling import Recall

    found(connection, edition)
    number = find(connection, article)
    return Recall(edition=edition, article=number, text=words), trail.titles_of(connection, [number]).get(number, "")


def _words(text: str) -> str:
    """`text` as it is kept. Raises UsageError."""
    words = " ".join(text.split())
    if len(words) > _LONGEST:
        raise UsageError(f"the text has more than {_LONGEST} characters")
    if refused := next((char for char in words if not char.isprintable()), ""):
        raise UsageError(f"the text has a control character, U+{ord(refused):04X}")
    return words


def _said(reach: Reach) -> str:
    spared = f"{counted(reach.spared, 'reader')} still to get the edition without it"
    told = f"{counted(reach.reached, 'reader')} to be told in their next letter"
    none = f"{counted(reach.called_off, 'letter')} called off that told nothing else" if reach.called_off else ""
    return ", ".join(filter(None, (spared, told, none)))
