"""What deliveries are made with, and what they came to."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from digest.deliver.meter import Meter
from digest.mail.destinations import Destinations
from digest.mail.mailer import Mailer
from digest.mail.sender import Sender
from digest.model import DeliveryState, Newsletter
from digest.store import Database
from digest.store.fence import Fence


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """All that deliveries are made with."""

    database: Database
    mailer: Mailer
    sender: Sender
    newsletters: Mapping[str, Newsletter]
    clock: Callable[[], datetime]
    #: Drawn evenly from -1 to 1.
    jitter: Callable[[], float]
    #: Unguessable; another one each time.
    nonce: Callable[[], str]
    destinations: Destinations = field(default_factory=lambda: Destinations({}))
    lease: timedelta = timedelta(seconds=60)
    #: What is deferred for longer than this since it was frozen has failed.
    give_up_after: timedelta = timedelta(hours=48)
    #: Whether what is in doubt waits for the operator.
    hold: bool = False
    #: What keeps a restored or copied store from sending; None: nothing does.
    fence: Fence | None = None
    meter: Meter = field(default_factory=Meter)


@dataclass(slots=True)
class Report:
    """What one run over the outbox came to."""

    outcomes: Counter[str] = field(default_factory=Counter)
    #: The relay refused us as a whole, or the store fails; what was leased went back to the outbox.
    trouble: str = ""
    #: Editions that were paused meanwhile because too much of them was refused.
    paused: list[int] = field(default_factory=list)

    @property
    def sent(self) -> int:
        return self.outcomes[DeliveryState.SENT]
