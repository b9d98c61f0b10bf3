"""Recipient domains that are held back: by the operator's limits, or because they ask for it.

Only those are kept in mind. Times are seconds of a clock that never goes back.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import NamedTuple

from digest.mail.pace import Pace

#: A domain that asks for it is left alone for so long, twice as long each time.
_REST, _LONGEST_REST = 60.0, 3600.0
#: Who cannot go for want of a connection asks again after so long.
_LOOK_AGAIN = 0.2
#: A turn that is further away than this is not reserved: what waits for it goes back to the outbox.
PATIENCE = 2.0
#: Domains that rest, at most: more than these ask for it only if the trouble is ours.
_MOST = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """What one domain gets, at most."""

    #: So many messages in so long, all of them at once.
    rates: tuple[tuple[int, timedelta], ...] = ()
    #: At the same time; 0: no limit.
    connections: int = 0


class Hold(NamedTuple):
    """How long a message has to wait."""

    #: 0: it goes now.
    seconds: float
    #: Its turn comes then; otherwise it has to ask again.
    reserved: bool


@dataclass(slots=True)
class _Domain:
    limit: Limit
    pace: Pace
    #: Spreads what goes back to the outbox over the time that it will take.
    later: Pace
    busy: int = 0


@dataclass(slots=True)
class _Rest:
    until: float
    length: float = field(default=_REST)


_GO = Hold(0.0, reserved=True)


class Destinations:
    """What is known of recipient domains in one process. Domains are in lower case, in A-labels."""

    def __init__(self, limits: Mapping[str, Limit]) -> None:
        self._limited = {
            domain: _Domain(limit=limit, pace=Pace(*limit.rates), later=Pace(*limit.rates))
            for domain, limit in limits.items()
        }
        self._resting: dict[str, _Rest] = {}

    def hold(self, domain: str, now: float) -> Hold:
        """How long a message to `domain` has to wait; one that may go now has its turn."""
        rest = self._resting.get(domain)
        if rest and rest.until > now:
            return Hold(rest.until - now, reserved=False)
        known = self._limited.get(domain)
        if known is None:
            return _GO
        if known.limit.connections and known.busy >= known.limit.connections:
            return Hold(_LOOK_AGAIN, reserved=False)
        if known.pace.earliest(now) - now > PATIENCE:
            return Hold(known.later.reserve(now + PATIENCE) - now, reserved=False)
        return Hold(known.pace.reserve(now) - now, reserved=True)

    def begun(self, domain: str) -> None:
        """A message goes there."""
        if known := self._limited.get(domain):
            known.busy += 1

    def ended(self, domain: str) -> None:
        """It has ended, in whichever way."""
        if known := self._limited.get(domain):
            known.busy -= 1

    def accepted(self, domain: str) -> None:
        """A message was taken: nothing is the matter there."""
        if self._resting:
            self._resting.pop(domain, None)

    def throttled(self, domain: str, now: float) -> None:
        """It asks us to come more slowly: it is left alone, longer each time."""
        rest = self._resting.get(domain)
        if rest is None:
            while len(self._resting) >= _MOST:
                self._resting.pop(next(iter(self._resting)))
            self._resting[domain] = _Rest(now + _REST)
        elif rest.until <= now:
            rest.length = min(_LONGEST_REST, 2 * rest.length)
            rest.until = now + rest.length
