"""Editions on the desk: how far each is, why it waits, and what may be done with it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from digest.app.house import House
from digest.app.sayings import counted, lasting
from digest.model import Edition, EditionState
from digest.store import Connection, editions, guarding, overview, standing
from digest.store.standing import Standing

#: The acts that a state allows, and what each button says.
ACTS: Mapping[EditionState, Mapping[str, str]] = {
    EditionState.SENDING: {"pause": "Pause", "cancel": "Call off"},
    EditionState.PAUSED: {"resume": "Send it", "cancel": "Call off"},
}
_SHOWN = 20


@dataclass(slots=True)
class Ledger:
    """Remembers what does not change any more, so that a page costs what is open."""

    house: House
    _over: dict[int, Standing] = field(default_factory=dict)

    async def latest(self) -> list[dict[str, object]]:
        """The last editions, the newest first."""
        found = await self.house.database.run(editions.latest, "", _SHOWN)
        return [await self.row(each) for each in found]

    async def row(self, edition: Edition) -> dict[str, object]:
        """What a line of the table says of `edition`."""
        now = self.house.clock()
        stands = await self.standing(edition, now)
        why = await self.house.database.run(_waits, edition, self.house)
        return row(self.house, edition, stands, why)

    async def standing(self, edition: Edition, now: datetime) -> Standing:
        """One edition in one transaction: nobody waits for all of them."""
        if edition.id in self._over:
            return self._over[edition.id]
        found = await self.house.database.run(standing.standing, edition.id, now)
        if edition.state in (EditionState.DONE, EditionState.SKIPPED, EditionState.CANCELLED) and not found.open:
            self._over[edition.id] = found
        return found


def row(house: House, edition: Edition, stands: Standing, why: str) -> dict[str, object]:
    done = stands.total - stands.open
    return {
        "id": edition.id,
        "newsletter": title_of(house, edition),
        "number": edition.number,
        "slot": f"{edition.slot.astimezone(house.zone):%a %d %b, %H:%M}",
        "state": edition.state.value,
        "total": stands.total,
        "done": done,
        "share": f"{100 * done / stands.total:.0f} %" if stands.total else "",
        "sent": f"{stands.sent:,}",
        "failed": f"{stands.failed:,}",
        "open": f"{stands.open + stands.deferred:,}",
        "in_doubt": f"{stands.in_doubt:,}",
        "said": "; ".join(filter(None, (_pace(stands) if edition.state is EditionState.SENDING else "", why))),
        "url": f"/desk/editions/{edition.id}",
    }


def title_of(house: House, edition: Edition) -> str:
    newsletter = house.newsletters.get(edition.newsletter)
    return newsletter.title if newsletter else edition.newsletter


def closely(connection: Connection, edition: Edition, stands: Standing, now: datetime) -> dict[str, object]:
    """All that the page of one edition shows beside its line."""
    letters = overview.letters_of(connection, edition.id)
    replies = standing.said(connection, edition.id, now, stands.counts)
    return {
        "letters": [
            {"subject": each.subject, "readers": counted(each.readers, "reader"), "url": f"/read/{each.nonce}"}
            for each in letters
        ],
        "replies": [
            {"state": each.state, "count": f"{'about ' if each.about else ''}{each.count:,}", "reply": each.reply}
            for each in replies
        ],
        "counts": [{"state": state, "count": f"{count:,}"} for state, count in stands.counts.items()],
    }


def act(connection: Connection, edition: Edition, what: str, now: datetime) -> bool:
    """Pauses, resumes or calls off; False where its state does not allow that any more."""
    if what == "pause":
        return editions.move(connection, edition.id, EditionState.SENDING, EditionState.PAUSED)
    if what == "resume":
        return guarding.resume(connection, edition.id)
    editions.cancel(connection, edition.id, now)
    return True


def _waits(connection: Connection, edition: Edition, house: House) -> str:
    if edition.state is not EditionState.SENDING:
        return edition.reason
    guard = guarding.guard(connection, edition.id)
    if guard.canary_last is None:
        return ""
    settled, total = guarding.first(connection, edition.id) or (0, 0)
    others = f"the others at {guard.release_at.astimezone(house.zone):%H:%M}" if guard.release_at else "then the others"
    return f"{settled:,} of the {total:,} that go first are settled, {others}"


def _pace(stands: Standing) -> str:
    parts = []
    if stands.open and stands.rate:
        fast = stands.rate >= 1
        parts.append(f"{stands.rate:,.0f} a second" if fast else f"{stands.rate * 60:,.0f} a minute")
    if stands.left is not None:
        parts.append(f"{lasting(stands.left)} left")
    if stands.deferred:
        parts.append(f"{counted(stands.deferred, 'delivery', 'deliveries')} put off")
    return ", ".join(parts)
