"""What the rules know beside the letter itself: what it should hold, and what came of asking its links."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class LinkStatus(StrEnum):
    """What came of asking for a link."""

    OK = "ok"
    #: For good, to another address; readers get there.
    MOVED = "moved"
    #: Nobody gets there.
    BROKEN = "broken"
    #: It lets no program in, or we may not ask: readers may get there.
    REFUSED = "refused"
    #: There was no answer in time, or it was not asked.
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class LinkResult:
    """A link that was asked for."""

    url: str
    status: LinkStatus
    #: Why, in plain words; of one that has moved, where to.
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What a letter is held to. What is empty is not known, and not asked for."""

    #: Bytes that the HTML part may have.
    budget: int = 95_000
    #: What the addresses begin with that a letter must lead to.
    leave_url: str = ""
    choose_url: str = ""
    read_url: str = ""
    #: Of the publisher, one line; empty: there is none; None: not known.
    postal_address: str | None = None
    #: Aware: when the letter is due, to compare its Date with.
    at: datetime | None = None
    #: What came of asking its links; empty: they were not asked for.
    links: tuple[LinkResult, ...] = ()
