"""What mail that comes back means for those whom it was for.

    a report ─▶ notices ─▶ whose they are ─▶ recorded once ─▶ suppressed, or counted, or left

A permanent bounce and a complaint suppress at once, and for all newsletters; others when they have come on several
days; who answers that they want to leave has left.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from digest.mail.returns import Kind, Notice, Verp, read
from digest.mail.returns.verp import subscription_in
from digest.model import Suppression, SuppressionReason
from digest.store import Connection, Database, bounces, fence, subscribers, suppressions
from digest.store.bounces import Bounce
from digest.store.fence import Fence

_EVIDENCE = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Returns:
    """Takes reports in."""

    database: Database
    #: None: return paths are not signed, and a report is believed by the address that it names.
    verp: Verp | None = None
    #: On so many days within this time: given up.
    after: int = 5
    within: timedelta = timedelta(days=30)

    def take(self, raw: bytes, now: datetime, *, source: str, sent_to: tuple[str, ...] = ()) -> list[str]:
        """Takes in a message that came back; what became of it, in words without the address."""
        notices = read(raw, self.verp, sent_to)
        return self.act(notices, now, source=source, external_id=sha256(raw).hexdigest())

    def act(
        self, notices: tuple[Notice, ...], now: datetime, *, source: str, external_id: str, proven: bool = False
    ) -> list[str]:
        """Does what the notices of one report ask for. `proven`: the provider has shown that it is theirs."""
        fates = []
        for place, notice in enumerate(notices):
            own = f"{external_id}/{place}"
            fates.append(self.database.call(self._one, notice, now, (source, own), proven))
        if any(notice.kind in (Kind.COMPLAINT, Kind.LEAVE) for notice in notices):
            self.database.call(Fence(self.database).write)
        return fates

    def _one(
        self, connection: Connection, notice: Notice, now: datetime, known_as: tuple[str, str], proven: bool
    ) -> str:
        if notice.kind in (Kind.OTHER, Kind.AUTO_REPLY, Kind.DELAY):
            return f"{notice.kind}: nothing to do"
        if notice.kind is Kind.BOUNCE and self.verp and notice.delivery is None and not proven:
            return "bounce: not to a signed return path, so not believed"
        address = self._address(connection, notice)
        readers = subscribers.by_address(connection, address) if address else []
        if not readers:
            return f"{notice.kind}: of nobody that we know"
        if notice.kind is Kind.LEAVE:
            return self._leave(connection, [it.subscription.id for it in readers], now)
        if notice.kind is Kind.COMPLAINT:
            fence.advance(connection, now)
            return self._suppress(connection, address, SuppressionReason.COMPLAINT, notice.reason, now)
        return self._bounced(connection, address, notice, now, known_as)

    def _bounced(
        self, connection: Connection, address: str, notice: Notice, now: datetime, known_as: tuple[str, str]
    ) -> str:
        source, external_id = known_as
        bounce = Bounce(
            at=now,
            address=address,
            delivery=None if subscription_in(notice.delivery) is not None else notice.delivery,
            permanent=notice.permanent,
            code=notice.code,
            reason=notice.reason,
            source=source,
            external_id=external_id,
        )
        if not bounces.record(connection, bounce):
            return "bounce: known already"
        if notice.permanent:
            return self._suppress(connection, address, SuppressionReason.BOUNCE, notice.reason, now)
        days = bounces.days(connection, address, now, self.within)
        if days >= self.after:
            evidence = f"came back on {days} days: {notice.reason}"
            return self._suppress(connection, address, SuppressionReason.BOUNCE, evidence, now)
        return f"bounce: not for good, on {days} of {self.after} days"

    def _address(self, connection: Connection, notice: Notice) -> str:
        """What is signed counts more than what is said."""
        subscription = subscription_in(notice.delivery)
        if subscription is not None:
            reader = subscribers.reader(connection, subscription)
            return reader.subscriber.address if reader else ""
        if notice.delivery is not None:
            return bounces.recipient(connection, notice.delivery) or ""
        return notice.recipient

    def _suppress(
        self, connection: Connection, address: str, reason: SuppressionReason, evidence: str, now: datetime
    ) -> str:
        bar = Suppression(address=address, reason=reason, evidence=evidence[:_EVIDENCE], created_at=now)
        added = suppressions.add(connection, bar)
        return f"{reason}: {'suppressed' if added else 'was suppressed already'}"

    def _leave(self, connection: Connection, owned: list[int], now: datetime) -> str:
        left = sum(subscribers.leave(connection, each, now, "answer by mail") for each in owned)
        fence.advance(connection, now)
        return f"leave: {'has left' if left else 'had left already'}"
