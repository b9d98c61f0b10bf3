"""`digest send --test`: a letter for the operator's own eyes. The ledger knows nothing of it."""

from collections.abc import Sequence
from contextlib import aclosing
from datetime import datetime

import click

from digest.app.enrol import normalized
from digest.app.foretell import foretell
from digest.app.house import House
from digest.app.trial import send_trial
from digest.cli.base import printable
from digest.errors import DigestError
from digest.mail.outcome import said
from digest.model import Accepted, Newsletter


class NotSent(DigestError):
    """A trial did not go out."""


async def send(
    house: House, newsletter: Newsletter, addresses: Sequence[str], *, reader: str = "", at: datetime | None = None
) -> None:
    """The letter of `reader`, or of somebody who begins now, to `addresses`, marked as a trial.

    Raises NotSent where there is no letter or the server does not take it, RelayError, UsageError.
    """
    wanted = [normalized(address) for address in addresses]
    foretold = await foretell(house, newsletter, reader=reader, at=at)
    if foretold.letter is None:
        raise NotSent(f"there is no letter at {foretold.slot.at:%Y-%m-%d %H:%M} UTC: {foretold.reason}")
    refused = 0
    async with aclosing(send_trial(house, foretold, wanted)) as sending:
        async for address, outcome in sending:
            taken = isinstance(outcome, Accepted)
            refused += not taken
            click.echo(f"{address}: {'sent' if taken else printable(f'not sent: {said(outcome)}')}")
    if refused:
        raise NotSent(f"{refused} of {len(wanted)} did not go out")
