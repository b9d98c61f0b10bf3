"""What happens to one letter on its way to one subscriber: states and their moves, outcomes."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from digest.model.readers import Format


class DeliveryState(StrEnum):
    """Where a delivery stands. Found SENDING after its lease ran out, it is in doubt."""

    QUEUED = "queued"  # frozen with its edition
    SENDING = "sending"  # queued | deferred -> sending: leased, written down before the first byte
    SENT = "sent"  # sending -> sent: the server said 250
    DEFERRED = "deferred"  # sending -> deferred: again at next_attempt_at
    FAILED = "failed"  # sending -> failed: refused for good, or given up
    SUPPRESSED = "suppressed"  # queued | deferred | sending -> suppressed: left or is not mailed
    CANCELLED = "cancelled"  # queued | deferred -> cancelled: called off, or a newer edition holds its stories


#: The only moves there are. `sending -> queued` gives back what was leased and certainly not sent.
MOVES: dict[DeliveryState, frozenset[DeliveryState]] = {
    DeliveryState.QUEUED: frozenset(
        {DeliveryState.SENDING, DeliveryState.SUPPRESSED, DeliveryState.CANCELLED},
    ),
    DeliveryState.SENDING: frozenset(
        {
            DeliveryState.SENT,
            DeliveryState.DEFERRED,
            DeliveryState.FAILED,
            DeliveryState.SUPPRESSED,
            DeliveryState.QUEUED,
        },
    ),
    DeliveryState.DEFERRED: frozenset(
        {DeliveryState.SENDING, DeliveryState.SUPPRESSED, DeliveryState.CANCELLED, DeliveryState.FAILED},
    ),
    # The operator may ask for what failed to be tried again (`digest editions retry`).
    DeliveryState.FAILED: frozenset({DeliveryState.QUEUED}),
    DeliveryState.SENT: frozenset(),
    DeliveryState.SUPPRESSED: frozenset(),
    DeliveryState.CANCELLED: frozenset(),
}

#: Not final yet: the outbox.
OPEN = frozenset({DeliveryState.QUEUED, DeliveryState.SENDING, DeliveryState.DEFERRED})


class Scope(StrEnum):
    """Whose fault a refusal is."""

    #: This address.
    RECIPIENT = "recipient"
    #: This message, whoever it is for: content or policy.
    MESSAGE = "message"
    #: This connection: another one may do.
    CONNECTION = "connection"
    #: Our account or the relay as a whole.
    RELAY = "relay"


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """The server took responsibility: 250 after the final dot (RFC 5321 4.2.5)."""

    code: int = 250
    reply: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deferred:
    """Certainly not accepted, and worth another try."""

    scope: Scope
    reply: str
    #: 0 where no reply came.
    code: int = 0
    #: RFC 3463, as in ``4.7.1``; empty: none given.
    enhanced: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """Certainly not accepted, and another try would change nothing."""

    scope: Scope
    reply: str
    code: int = 0
    enhanced: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class InDoubt:
    """The final dot was written and no reply came: accepted or not, we do not know (RFC 1047)."""

    reply: str


Outcome = Accepted | Deferred | Rejected | InDoubt


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One letter to one subscriber, as leased: all that is needed to send it."""

    id: int
    edition: int
    letter: int
    newsletter: str
    subscriber: int
    subscription: int
    address: str
    name: str
    #: As the reader wishes it at the time of the lease.
    format: Format = Format.HTML
    #: How often it has been tried before.
    attempts: int
    #: When the letter was frozen; the message's Date, the same on every try.
    frozen_at: datetime
    #: When this lease was taken.
    leased_at: datetime
