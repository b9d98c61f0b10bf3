"""What is handed to a connection, and what the connection asks and tells about it."""

from dataclasses import dataclass
from typing import Protocol

from digest.mail.outcome import Phase
from digest.model import Outcome


class Composer(Protocol):
    """Makes one message."""

    def __call__(self, *, eight_bit: bool) -> bytes:
        """The message ready for DATA: CRLF only, dots stuffed; it may be 8bit where asked for (RFC 6152).

        Raises ValueError.
        """


@dataclass(slots=True, eq=False)
class Parcel:
    """One message to one recipient."""

    #: ASCII but for the part before the @; empty: bounces go nowhere.
    sender: str
    recipient: str
    compose: Composer


def ready(message: bytes) -> Composer:
    """Gives `message`, which is made already."""

    def compose(*, eight_bit: bool) -> bytes:  # noqa: ARG001 - it is as it is
        return message

    return compose


class Source(Protocol):
    """Where a session gets its parcels, and whom it tells what became of them."""

    def take(self) -> Parcel | None:
        """One more, if there is one at once."""

    async def may_end(self, parcel: Parcel) -> bool:
        """Whether its final dot may be written; the intent is on disk then. If not, it is not spoken of again."""

    def ended(self, parcel: Parcel, phase: Phase, outcome: Outcome) -> None:
        """What became of it."""

    def put_back(self, parcel: Parcel) -> None:
        """Nothing became of it, for reasons that have nothing to do with it: another connection will do."""
