"""How much mail came back lately, and how many complained. Changes nothing."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from digest.model import SuppressionReason
from digest.store.schema import suppressions
from digest.store.schema_people import bounces


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """Of how many addresses mail came back, and how many complained."""

    bounces: int
    complaints: int


def since(connection: Connection, at: datetime) -> Returned:
    """From `at` on."""
    s = suppressions.c
    complained = select(func.count()).where(s.reason == SuppressionReason.COMPLAINT.value, s.created_at >= at)
    back = select(func.count(bounces.c.address.distinct())).where(bounces.c.at >= at)
    return Returned(bounces=connection.scalar(back) or 0, complaints=connection.scalar(complained) or 0)
