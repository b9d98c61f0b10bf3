"""Looks every minute whether anything is wrong, and tells the operators."""

import asyncio
import logging
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from time import monotonic

from digest import deliver
from digest.app import certificates
from digest.app.alerts import telling
from digest.app.alerts.conditions import Limits, wrong
from digest.app.alerts.figures import gather
from digest.app.alerts.telling import Poster, posted
from digest.app.house import House
from digest.app.vitals import Vitals
from digest.errors import StoreError
from digest.store import incidents
from digest.store.incidents import Incident

log = logging.getLogger("digest")

#: How long operators are left alone after they could not be reached; how long the store may be silent.
_REST, _PATIENCE = timedelta(minutes=5), timedelta(minutes=5)
#: How often the certificate is looked at, and seconds that it may take.
_CERTIFICATE_EVERY, _CERTIFICATE_S = timedelta(hours=12), 10.0


def certificate_end(url: str) -> datetime:
    """Raises OSError and ValueError."""
    return certificates.ends(url, ssl.create_default_context(), _CERTIFICATE_S)


@dataclass(slots=True)
class Watch:
    """One of these in each process that keeps the rounds; which of them tells, the store decides."""

    house: House
    post: deliver.Post
    vitals: Vitals
    poster: Poster = posted
    examine: Callable[[str], datetime] = certificate_end
    _examined: datetime | None = None
    #: The clock, and time that nobody sets.
    _before: tuple[datetime, float] | None = None
    #: How far it was set last, and until when that is worth a word.
    _set: tuple[timedelta, float] = (timedelta(), 0.0)
    #: The store's own failures cannot be written into it.
    _silent_since: datetime | None = None
    _silence: Incident | None = field(default=None)

    async def look(self) -> None:
        """One look; never raises for what it looks at."""
        house, now = self.house, self.house.clock()
        if not telling.is_configured(house):
            return
        step = self._step(now)
        await self._look_at_certificate(now)
        try:
            known = await house.database.run(gather, house, self.vitals, step)
            await house.database.run(incidents.observe, wrong(known, limits_of(house)), now)
            due = await house.database.run(incidents.claim, now)
        except StoreError as error:
            await self._silent(str(error), now)
            return
        await self._speaks_again(now)
        if due:
            await self._tell(due, now)

    async def _look_at_certificate(self, now: datetime) -> None:
        url = self.house.site.url
        if not certificates.is_askable(url) or (self._examined and now - self._examined < _CERTIFICATE_EVERY):
            return
        self._examined = now
        try:
            self.vitals.certificate_ends = await asyncio.to_thread(self.examine, url)
        except (OSError, ValueError) as error:
            # From here it may not be reached at all; what was known before still holds.
            log.warning("the certificate of %s could not be looked at: %s", url, error)

    async def _tell(self, due: list[Incident], now: datetime) -> None:
        ways, troubles = await telling.tell(self.house, self.post, due, self.poster)
        for trouble in troubles:
            log.warning("operators could not be told by %s", trouble)
        if not ways:
            await self.house.database.run(incidents.give_back, due, now + _REST)
            return
        await self.house.database.run(incidents.told, due, now)
        for each in due:
            log.warning("%s%s: %s", "over: " if each.closed_at else "", telling.title(each), each.detail)

    async def _silent(self, error: str, now: datetime) -> None:
        """From memory, and by whatever way needs no store."""
        self._silent_since = self._silent_since or now
        if self._silence or now - self._silent_since < _PATIENCE:
            return
        self._silence = Incident(
            id=0, kind="database", subject="", detail=error, opened_at=self._silent_since, closed_at=None
        )
        await self._post_alone(self._silence)

    async def _speaks_again(self, now: datetime) -> None:
        silence, self._silence, self._silent_since = self._silence, None, None
        if silence:
            over = Incident(
                id=0, kind=silence.kind, subject="", detail="it answers", opened_at=silence.opened_at, closed_at=now
            )
            await self._post_alone(over)

    async def _post_alone(self, incident: Incident) -> None:
        log.error("%s: %s", telling.title(incident), incident.detail)
        try:
            _, troubles = await telling.tell(self.house, self.post, [incident], self.poster)
        except StoreError as error:
            troubles = [str(error)]
        for trouble in troubles:
            log.warning("operators could not be told by %s", trouble)

    def _step(self, now: datetime) -> timedelta:
        """How much more the clock has gone on than time; for some minutes, so that it is not taken for a slip."""
        at = monotonic()
        before, self._before = self._before, (now, at)
        step = (now - before[0]) - timedelta(seconds=at - before[1]) if before else timedelta()
        if abs(step) > abs(self._set[0]) or at > self._set[1]:
            self._set = step, at + _REST.total_seconds()
        return self._set[0]


def limits_of(house: House) -> Limits:
    """As configured."""
    known = house.settings.alerts
    return Limits(**{name: getattr(known, name) for name in Limits.__slots__})
