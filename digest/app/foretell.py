"""What a reader gets at a slot, before it is sent or after: the same steps on the same store, and nothing written."""

from dataclasses import dataclass, replace
from datetime import datetime

from digest.app.asked import ANYBODY, MadeUp
from digest.app.house import House
from digest.app.scene import Asked, Scene, letter_of, set_scene
from digest.errors import TemplateError
from digest.mail.compose import Personal, prepare
from digest.mail.sender import Sender
from digest.model import Letter, Mailbox, Newsletter, Slot
from digest.store import Connection

#: Stands for the reader where none is named; nobody is there (RFC 2606).
SOMEBODY = Mailbox(address="reader@example.org")


@dataclass(frozen=True, slots=True, kw_only=True)
class Foretold:
    """A letter before it is sent, or as it was frozen."""

    newsletter: Newsletter
    slot: Slot
    #: None: this reader gets nothing at this slot, and `reason` says why.
    letter: Letter | None
    #: As SMTP would carry it, but for its Message-ID; empty without a letter.
    message: bytes
    #: Whether an edition is frozen for this slot: then the letter is the one it holds.
    frozen: bool
    reason: str = ""
    #: What of the message is the reader's own; None without a letter.
    personal: Personal | None = None


async def foretell(
    house: House,
    newsletter: Newsletter,
    *,
    reader: str = "",
    at: datetime | None = None,
    made_up: MadeUp = ANYBODY,
) -> Foretold:
    """The letter of `newsletter` that the address `reader` gets at `at`, or at their next slot where that is None.

    Where an edition is frozen at that very slot, its letter is shown; else the one that would be made of what has
    arrived. Without an address it is the letter that somebody gets who begins now with the choices of `made_up`, or
    of a frozen edition the one that `asked.frozen_letter` finds for them.

    Raises UnknownName for an address that is not subscribed and for choices that do not exist; UsageError where the
    configuration has no secret, or no slot is to come; TemplateError.
    """
    sender = house.sender()
    asked = Asked(newsletter=newsletter, reader=reader, at=at, made_up=made_up)
    return await house.database.run(_foretold, house, sender, asked)


def _foretold(connection: Connection, house: House, sender: Sender, asked: Asked) -> Foretold:
    return foretold_of(connection, sender, set_scene(connection, house, asked))


def foretold_of(connection: Connection, sender: Sender, scene: Scene) -> Foretold:
    """The letter of `scene` and its message."""
    letter, reason = letter_of(connection, scene)
    foretold = Foretold(
        newsletter=scene.newsletter,
        slot=scene.slot,
        letter=letter,
        message=b"",
        frozen=scene.edition is not None,
        reason=reason,
    )
    return _with_message(foretold, sender, scene, letter) if letter else foretold


def _with_message(foretold: Foretold, sender: Sender, scene: Scene, letter: Letter) -> Foretold:
    """Raises TemplateError where the look has broken what is to be filled in."""
    who, newsletter = scene.who, scene.newsletter
    to = Mailbox(address=who.subscriber.address, name=who.subscriber.name) if who else SOMEBODY
    own = (who.subscription.id, to, who.subscription.format) if who else (0, to)
    personal = sender.personal(letter, 0, *own)
    envelope = sender.envelope(
        newsletter.name, newsletter.title, scene.edition.frozen_at if scene.edition else scene.slot.at
    )
    try:
        return replace(foretold, message=prepare(letter, envelope).message(personal), personal=personal)
    except ValueError as error:
        raise TemplateError(newsletter.template, 0, str(error)) from error
