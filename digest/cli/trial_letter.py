"""`digest send --test`: a letter for the operator's own eyes. The ledger knows nothing of it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import click

from digest.app.enrol import normalized
from digest.app.foretell import foretell
from digest.app.house import House, nonce
from digest.cli.base import printable
from digest.errors import DigestError
from digest.mail.compose import message_identity, prepare
from digest.mail.outcome import said
from digest.mail.smtp import Mailer
from digest.model import Accepted, Mailbox, Newsletter

#: Of no subscription: the links of a trial lead nowhere, so that passing it on gives nobody's away.
_NOBODY = 0


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
    sender = house.sender()
    letter = replace(foretold.letter, subject=f"[Test] {foretold.letter.subject}")
    prepared = prepare(letter, sender.envelope(newsletter.name, newsletter.title, house.clock(), test=True))
    refused = 0
    async with Mailer(house.relay()) as mailer:
        for address in wanted:
            personal = sender.personal(letter, 0, _NOBODY, Mailbox(address=address))
            # Another one each time: a program that has seen a Message-ID hides the next mail with it.
            identity = message_identity(nonce(), 0, sender.mailbox.address.rpartition("@")[2])
            message = prepared.message(replace(personal, message_id=identity))
            outcome = await mailer.send(sender.return_path, address, message)
            taken = isinstance(outcome, Accepted)
            refused += not taken
            click.echo(f"{address}: {'sent' if taken else printable(f'not sent: {said(outcome)}')}")
    if refused:
        raise NotSent(f"{refused} of {len(wanted)} did not go out")
