"""Suppressions: addresses that are not mailed, whoever imports them again and in whatever case."""

from datetime import datetime

from sqlalchemy import Connection, delete, select

from digest.model import Suppression, SuppressionReason, address_key
from digest.store.schema import suppressions
from digest.store.upsert import insert_missing


def add(connection: Connection, suppression: Suppression) -> bool:
    """False where the address was suppressed already; the first reason stands."""
    values = {
        "address": address_key(suppression.address),
        "reason": suppression.reason.value,
        "evidence": suppression.evidence,
        "created_at": suppression.created_at,
    }
    return insert_missing(connection, suppressions, values)


def remove(connection: Connection, address: str) -> bool:
    """False where it was not suppressed."""
    return bool(connection.execute(delete(suppressions).where(suppressions.c.address == address_key(address))).rowcount)


def find(connection: Connection, address: str) -> Suppression | None:
    """The suppression of this address."""
    row = connection.execute(select(suppressions).where(suppressions.c.address == address_key(address))).one_or_none()
    return _suppression(row.address, row.reason, row.evidence, row.created_at) if row else None


def everything(connection: Connection) -> list[Suppression]:
    """By address."""
    rows = connection.execute(select(suppressions).order_by(suppressions.c.address))
    return [_suppression(row.address, row.reason, row.evidence, row.created_at) for row in rows]


def _suppression(address: str, reason: str, evidence: str, created_at: datetime) -> Suppression:
    return Suppression(
        address=address,
        reason=SuppressionReason(reason),
        evidence=evidence,
        created_at=created_at,
    )
