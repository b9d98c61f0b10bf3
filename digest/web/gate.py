"""Keeps forms from being used to fill somebody's inbox, or to keep the service busy."""

import ipaddress
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from starlette.requests import Request

#: One mail that somebody asked for goes to an address in this time, and so many in a day.
ONE_WITHIN, A_DAY = timedelta(minutes=10), 3
#: So many to all of them in a minute, and so many for one network in an hour, unless it is set.
A_MINUTE, AN_HOUR = 30, 20
#: Networks and addresses that are remembered.
_MOST = 100_000
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)


@dataclass(slots=True)
class Gate:
    """Counts mails that go out because somebody filled in a form; forgets when the process ends."""

    #: How many, in how long, for one network; and for all.
    network: tuple[int, timedelta] = (AN_HOUR, _HOUR)
    everybody: tuple[int, timedelta] = (A_MINUTE, timedelta(minutes=1))
    _asked: dict[str, deque[datetime]] = field(default_factory=dict)
    _networks: dict[str, deque[datetime]] = field(default_factory=dict)
    _lately: deque[datetime] = field(default_factory=deque)

    def is_full(self, now: datetime, network: str = "") -> bool:
        """Whether too many have asked lately: all together, or those of one network (empty: not known)."""
        most, within = self.everybody
        _drop(self._lately, now - within)
        if len(self._lately) >= most:
            return True
        found = self._networks.get(network, deque()) if network else deque[datetime]()
        _drop(found, now - self.network[1])
        return len(found) >= self.network[0]

    def admits(self, address: str, now: datetime, network: str = "") -> bool:
        """Whether a mail may go to `address`; counts it as gone."""
        self._lately.append(now)
        if network:
            _room(self._networks, now - self.network[1]).setdefault(network, deque()).append(now)
        found = _room(self._asked, now - _DAY).setdefault(address.lower(), deque())
        _drop(found, now - _DAY)
        if len(found) >= A_DAY or (found and now - found[-1] < ONE_WITHIN):
            return False
        found.append(now)
        return True

    def forget(self, address: str) -> None:
        """The mail to `address` did not go out: it may be asked for at once."""
        found = self._asked.get(address.lower())
        if found:
            found.pop()


def network_of(request: Request, trusted: Sequence[str]) -> str:
    """The network that a request comes from, /24 or /48 of IPv6; empty where that is not known.

    Of what is in X-Forwarded-For counts what the first proxy that is not in `trusted` has said: the rest is anybody's.
    """
    hops = [each.strip() for each in request.headers.get("x-forwarded-for", "").split(",") if each.strip()]
    hops.append(request.client.host if request.client else "")
    known = [ipaddress.ip_network(each, strict=False) for each in trusted]
    for hop in reversed(hops[-20:]):
        try:
            address = ipaddress.ip_address(hop)
        except ValueError:
            return ""
        if not any(address in each for each in known if each.version == address.version):
            bits = 24 if address.version == 4 else 48
            return str(ipaddress.ip_network(f"{address}/{bits}", strict=False))
    return ""


def _drop(moments: deque[datetime], before: datetime) -> None:
    while moments and moments[0] <= before:
        moments.popleft()


def _room(known: dict[str, deque[datetime]], before: datetime) -> dict[str, deque[datetime]]:
    """`known`, without what is long ago once it has grown large; without the oldest where that does not do."""
    if len(known) >= _MOST:
        for key in [key for key, moments in known.items() if not moments or moments[-1] <= before]:
            del known[key]
        while len(known) >= _MOST:
            del known[next(iter(known))]
    return known
