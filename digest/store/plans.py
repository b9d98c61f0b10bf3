"""What the operator has set down for an edition that is still to be made: a note, and what is to stand first."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, select, update

from digest.store.schema import edition_plans, editions
from digest.store.upsert import insert_missing


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """For all editions of one number."""

    note: str = ""
    #: Numbers of articles, the first one first.
    pins: tuple[int, ...] = ()


def next_number(connection: Connection, newsletter: str) -> int:
    """The number of the edition that is made next, in whichever zone first.

    Other zones may still get the last one, which has its number already.
    """
    last = connection.scalar(select(func.max(editions.c.number)).where(editions.c.newsletter == newsletter))
    return (last or 0) + 1


def find(connection: Connection, newsletter: str, number: int) -> Plan:
    """What is set down for the edition of this number; an empty plan where nothing is."""
    own = (edition_plans.c.newsletter == newsletter, edition_plans.c.number == number)
    row = connection.execute(select(edition_plans.c.note, edition_plans.c.pins).where(*own)).one_or_none()
    return Plan(note=row.note, pins=tuple(row.pins)) if row else Plan()


def save(connection: Connection, newsletter: str, number: int, plan: Plan) -> None:
    """Replaces what is set down."""
    values: dict[str, Any] = {"note": plan.note, "pins": list(plan.pins)}
    row = {"newsletter": newsletter, "number": number, **values}
    if not insert_missing(connection, edition_plans, row):
        own = (edition_plans.c.newsletter == newsletter, edition_plans.c.number == number)
        connection.execute(update(edition_plans).where(*own).values(**values))
