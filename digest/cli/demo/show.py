"""Says what happened: a table of the feeds, one of the mails, and where to look."""

from collections.abc import Sequence

import click

from digest.app.sayings import counted
from digest.cli.demo.keep import read
from digest.cli.demo.play import Issued
from digest.cli.show import Table
from digest.collect import Polled

_FEEDS = Table(("feed", "articles", "older", "problem"), empty="no feeds")
_MAILS = Table(("to", "subject", "size", "sections"), empty="no mails")


def feeds(polled: Sequence[Polled]) -> None:
    """What each feed brought."""
    _FEEDS.show([(it.feed, it.recorded.new, it.recorded.backlog, it.error) for it in polled])


def issued(editions: Sequence[Issued]) -> None:
    """Each newsletter's edition and the mails that came of it."""
    for it in editions:
        letters, readers = counted(it.letters, "letter"), counted(len(it.mailed), "reader")
        click.echo(f"{it.newsletter.title} no. {it.edition.number}: {letters} for {readers}")
        rows = [
            (mailed.mail.recipient, read(mailed.mail)["Subject"], _size(len(mailed.mail.content)), mailed.sections)
            for mailed in sorted(it.mailed, key=lambda mailed: mailed.mail.recipient)
        ]
        _MAILS.show(rows)


def _size(size: int) -> str:
    return f"{size / 1000:.0f} kB"
