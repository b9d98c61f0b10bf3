"""Keeps forms from being used to fill somebody's inbox, or to keep the service busy."""

import ipaddress
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from starlette.requests import Request

#: Networks and addresses that are remembered.
_MOST = 100_000

#: So many in so long.
Rate = tuple[int, timedelta]


@dataclass(slots=True, kw_only=True)
class Gate:
    """Counts mails that go out because somebody filled in a form; forgets when the process ends."""

    #: Between two mails to one address.
    pause: timedelta
    address: Rate
    network: Rate
    everybody: Rate
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
        most, within = self.address
        found = _room(self._asked, now - within).setdefault(address.lower(), deque())
        _drop(found, now - within)
        if len(found) >= most or (found and now - found[-1] < self.pause):
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
