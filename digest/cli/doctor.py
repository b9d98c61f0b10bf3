"""`digest doctor`: whether mail from here is believed, and whether a reader's whole way works."""

from __future__ import annotations

import asyncio
import os
import ssl
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import click

from digest.cli import doors
from digest.cli.base import Command
from digest.cli.findings import Finding, Verdict
from digest.errors import UsageError

if TYPE_CHECKING:
    from digest.app.house import House
    from digest.cli.dns import Ask

#: Seconds that a trial mail may take; servers that greylist take longer.
_PATIENCE = 120.0


@click.command(cls=Command)
@click.option("--live", is_flag=True, help="Also walk a reader's whole way, with a mailbox of yours.")
@click.option("--newsletter", metavar="NAME", help="With --live: of this one; default: the first.")
@click.option("--probe", metavar="ADDRESS", help="With --live: an address of yours that reads nothing here.")
@click.option("--inbox", metavar="MAILDIR|URL", help="With --live: its mail, a Maildir or imaps://USER@HOST/FOLDER.")
@click.option("--patience", type=click.FloatRange(1, 3600), default=_PATIENCE, help="Seconds to wait for a mail: 120.")
@click.pass_context
def doctor(
    context: click.Context,
    *,
    live: bool,
    newsletter: str | None,
    probe: str | None,
    inbox: str | None,
    patience: float,
) -> None:
    """Say whether others believe your mail and reach your pages; --live tries it with a mailbox.

    Asks the DNS for SPF, DKIM, DMARC and MX, signs in at the mail server, and looks at the certificate and the pages of
    site.url. With --live it subscribes the address, opens every link as mail scanners do and sees that nothing changes,
    confirms, sends a letter, looks at its signatures, alignment and the sending server's name, leaves by one click, and
    has a bounce come back. The address has left in the end. The mailbox's password is taken from DIGEST_PROBE_PASSWORD.
    """
    from digest.cli.dns import ask

    if live and not (probe and inbox):
        raise UsageError("--live needs --probe ADDRESS and --inbox MAILDIR|URL")
    with doors.house() as house:
        wish = (newsletter or next(iter(house.newsletters), ""), probe or "", inbox or "", patience)
        failed = asyncio.run(_report(examined(house, wish if live else None, ask)))
    context.exit(1 if failed else 0)


async def _report(findings: AsyncIterator[Finding]) -> bool:
    failed = False
    async for finding in findings:
        finding.show()
        failed |= finding.verdict is Verdict.WRONG
    return failed


async def examined(house: House, live: tuple[str, str, str, float] | None, asking: Ask) -> AsyncIterator[Finding]:
    """`live`: newsletter, address, inbox and patience; None: nothing is sent. Raises UsageError, UnknownName."""
    from digest.cli.doctoring import surroundings
    from digest.cli.doctoring.inbox import inbox_at
    from digest.cli.doctoring.patient import Patient, Probe

    trust, patient = ssl.create_default_context(), None
    if live:
        name, address, where, patience = live
        probe = Probe(
            newsletter=house.newsletter(name),
            address=address,
            inbox=inbox_at(where, os.environ.get("DIGEST_PROBE_PASSWORD", ""), trust),
            patience=patience,
            context=trust,
            asking=asking,
        )
        patient = Patient(house, probe)
    async for finding in surroundings.findings(house, asking, trust):
        yield finding
    if patient:
        async for finding in patient.walk():
            yield finding
