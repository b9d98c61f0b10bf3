"""A letter for the operator's own eyes, sent to any address. The ledger knows nothing of it."""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import replace

from digest.app.enrol import normalized
from digest.app.foretell import Foretold
from digest.app.house import House, nonce
from digest.errors import UsageError
from digest.mail.compose import message_identity, prepare
from digest.mail.mailer import Mailer
from digest.model import Format, Mailbox, Outcome

#: Of no subscription: the links of a trial lead nowhere, so that passing it on gives nobody's away.
_NOBODY = 0


async def send_trial(
    house: House, foretold: Foretold, addresses: Sequence[str]
) -> AsyncGenerator[tuple[str, Outcome], None]:
    """The letter of `foretold` to `addresses`, marked as a trial; each with what came of it.

    Raises UsageError for what is no address and where there is no letter or no secret; RelayError.
    """
    if foretold.letter is None:
        raise UsageError(f"there is no letter at {foretold.slot.at:%Y-%m-%d %H:%M} UTC: {foretold.reason}")
    wanted = [normalized(address) for address in addresses]
    sender, newsletter = house.sender(), foretold.newsletter
    form = foretold.personal.format if foretold.personal else Format.HTML
    letter = replace(foretold.letter, subject=f"[Test] {foretold.letter.subject}")
    prepared = prepare(letter, sender.envelope(newsletter.name, newsletter.title, house.clock(), test=True))
    async with Mailer(*house.relays()) as mailer:
        for address in wanted:
            personal = sender.personal(letter, 0, _NOBODY, Mailbox(address=address), form)
            # Another one each time: a program that has seen a Message-ID hides the next mail with it.
            identity = message_identity(nonce(), 0, sender.mailbox.address.rpartition("@")[2])
            message = prepared.message(replace(personal, message_id=identity))
            yield address, await mailer.send(sender.return_path, address, message)
