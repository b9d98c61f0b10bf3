"""Who is written to: subscribers, subscriptions and suppressions."""

from dataclasses import dataclass
from datetime import datetime, time
from enum import StrEnum


class SubscriptionState(StrEnum):
    """Consent to one newsletter."""

    #: Asked for, not confirmed yet: gets nothing but the request to confirm.
    PENDING = "pending"
    ACTIVE = "active"
    #: Has left; only the person can come back.
    LEFT = "left"


class Frequency(StrEnum):
    """How many of a newsletter's slots a subscription takes."""

    EVERY = "every"
    #: The first slot of each ISO week.
    WEEKLY = "weekly"


class Format(StrEnum):
    """What a subscription's messages are made of."""

    #: HTML, with the same as plain text beside it.
    HTML = "html"
    #: Plain text alone.
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Rhythm:
    """What decides which of a newsletter's slots a subscription takes; as `Subscription` has it."""

    timezone: str = ""
    send_at: time | None = None
    frequency: Frequency = Frequency.EVERY


def address_key(address: str) -> str:
    """What an address is recognised by, so that ``Ada@x.example`` who has left does not come back as ``ada@x.example``.

    RFC 5321 2.4 lets a server tell the case of a local part apart. None that matters does; mail goes out to the address
    as it was given.
    """
    return address.casefold()


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscriber:
    """A person's address and what holds for all that is sent to it."""

    id: int
    #: The domain in lower case and IDNA's A-labels, the local part as given.
    address: str
    name: str = ""
    #: BCP 47; empty: the site's.
    language: str = ""
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """Subscriber x newsletter."""

    id: int
    subscriber: int
    newsletter: str
    state: SubscriptionState
    #: The arrival number up to which it has been served.
    mark: int
    #: Names; empty: all that the newsletter has.
    categories: tuple[str, ...] = ()
    frequency: Frequency = Frequency.EVERY
    #: An IANA zone; empty: the site's.
    timezone: str = ""
    #: The reader's own hour where the newsletter goes by subscribers' zones; None: the newsletter's.
    send_at: time | None = None
    #: Nothing is sent until then.
    paused_until: datetime | None = None
    format: Format = Format.HTML
    #: Since when it is active; a slot before that is not caught up for it.
    since: datetime | None = None

    @property
    def rhythm(self) -> Rhythm:
        return Rhythm(self.timezone, self.send_at, self.frequency)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What shows that a person agreed, beside when and how (GDPR art. 7.1)."""

    #: The network that it came from, without the part that names one machine; empty: not known.
    origin: str = ""
    #: The form or file that it was given by.
    form: str = ""
    #: The words that were agreed to.
    wording: str = ""


#: Nothing is known but when and how.
NO_EVIDENCE = Evidence()


class SuppressionReason(StrEnum):
    """Why an address is not mailed."""

    BOUNCE = "bounce"
    COMPLAINT = "complaint"
    MANUAL = "manual"
    ERASED = "erased"


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppression:
    """An address that is not mailed, and why; outlives the subscriber."""

    address: str
    reason: SuppressionReason
    evidence: str
    created_at: datetime
