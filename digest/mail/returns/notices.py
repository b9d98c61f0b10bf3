"""What a message that came back says of one recipient."""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What it is about."""

    BOUNCE = "bounce"
    #: A server is still trying (RFC 3464 2.3.3, delayed).
    DELAY = "delay"
    COMPLAINT = "complaint"
    #: A person answers and asks to leave.
    LEAVE = "leave"
    #: A machine answers for a person (RFC 3834): nothing is to be done.
    AUTO_REPLY = "auto reply"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One recipient of a message that came back."""

    kind: Kind
    #: Empty: it does not say, but the delivery may.
    recipient: str = ""
    #: The delivery, where the address that it came back to is signed; None: it is not.
    delivery: int | None = None
    #: The address takes no mail and never will, whoever writes; else it may some day.
    permanent: bool = False
    #: RFC 3463; empty: none was given.
    code: str = ""
    #: One line of the evidence.
    reason: str = ""
    #: The Message-ID of what came back; empty: it does not say.
    message_id: str = ""
