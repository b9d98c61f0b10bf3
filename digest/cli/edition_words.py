"""What is said of an edition: what it waits for, why it is paused, and what an operator may do."""

from __future__ import annotations

from datetime import datetime, tzinfo
from typing import TYPE_CHECKING

from digest.app.sayings import counted, lasting
from digest.cli.show import cell
from digest.errors import UnknownName
from digest.model import Edition, EditionState

if TYPE_CHECKING:
    from digest.store import Connection
    from digest.store.guarding import Guard
    from digest.store.standing import Standing


def ways_out(edition: Edition) -> str:
    """What an operator may do with an edition that is paused, and why it is."""
    return (
        f"{edition.reason or 'paused'}; look at it with `digest preview {edition.newsletter} --at "
        f"{edition.slot.isoformat()}`, send it with `digest editions resume {edition.id}`, or call it off with "
        f"`digest editions cancel {edition.id}`"
    )


def found(connection: Connection, edition: int) -> Edition:
    """Raises UnknownName."""
    from digest.store import editions as store

    it = store.find(connection, edition)
    if it is None:
        known = [str(each.id) for each in store.latest(connection, most=8)]
        raise UnknownName("edition", str(edition), known)
    return it


def waits(edition: Edition, guard: Guard, first: tuple[int, int] | None, zone: tzinfo) -> str:
    """What keeps it, other than the mail server; empty: nothing does. `first`: how many of its canary are settled."""
    if edition.state is EditionState.PAUSED:
        itself = f"leaves by itself at {_clock(guard.release_at, zone)}" if guard.review and guard.release_at else ""
        return "; ".join(filter(None, (edition.reason or "paused by the operator", itself)))
    if edition.state is not EditionState.SENDING or guard.canary_last is None:
        return ""
    settled, total = first or (0, 0)
    others = f"the others at {_clock(guard.release_at, zone)}" if guard.release_at else "the others after them"
    return f"{settled:,} of the {total:,} that go first are settled, {others}"


def pace(standing: Standing, waiting: str = "") -> str:
    """How far it is, and where it is not `waiting`: how fast it goes, and how long it takes."""
    done = standing.total - standing.open
    parts = [f"{done:,} of {counted(standing.total, 'delivery', 'deliveries')}"]
    if standing.open and standing.rate and not waiting:
        parts.append(f"{standing.rate:,.0f} a second" if standing.rate >= 1 else f"{standing.rate * 60:,.0f} a minute")
    if standing.left is not None and not waiting:
        parts.append(f"{lasting(standing.left)} left")
    return ", ".join(parts)


def figures(standing: Standing) -> str:
    """Those that are not nought."""
    named = {
        "sent": standing.sent,
        "open": standing.open,
        "deferred": standing.deferred,
        "failed": standing.failed,
        "in doubt": standing.in_doubt,
        "other": standing.other,
    }
    return ", ".join(f"{count:,} {name}" for name, count in named.items() if count)


def next_attempts(standing: Standing, zone: tzinfo) -> str:
    """When what was put off is tried again; empty: nothing was."""
    if not (standing.next_at and standing.last_at):
        return ""
    first, last = cell(standing.next_at, zone), cell(standing.last_at, zone)
    return f"{standing.deferred:,} {f'at {first}' if first == last else f'from {first} to {last}'}"


def deliveries(count: int) -> str:
    return counted(count, "delivery", "deliveries")


def _clock(moment: datetime | None, zone: tzinfo) -> str:
    return f"{moment.astimezone(zone):%H:%M}" if moment else "-"
