"""Many readers at a time: how they stand, and those who are new entered in a few statements."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from digest.model import NO_EVIDENCE, Evidence, SubscriptionState, SuppressionReason, address_key
from digest.store.schema import consents, subscribers, subscriptions, suppressions
from digest.store.subscribers import Choices, columns, columns_of
from digest.store.upsert import insert_all, insert_all_missing


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How some addresses stand, each by its `address_key`."""

    suppressed: dict[str, SuppressionReason]
    #: (address, newsletter) -> the subscription and its state.
    known: dict[tuple[str, str], tuple[int, SubscriptionState]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Newcomer:
    """A subscription that is not there yet, perhaps of somebody who has another."""

    address: str
    name: str
    language: str
    newsletter: str
    choices: Choices
    state: SubscriptionState
    mark: int
    evidence: Evidence = NO_EVIDENCE
    #: When they agreed or left; None: now.
    decided_at: datetime | None = None


def standing(connection: Connection, addresses: Collection[str]) -> Standing:
    """How `addresses`, a few thousand at most, stand."""
    keys = {address_key(address) for address in addresses}
    barred = connection.execute(
        select(suppressions.c.address, suppressions.c.reason).where(suppressions.c.address.in_(keys)),
    )
    s = subscriptions.c
    rows = connection.execute(
        select(subscribers.c.key, s.newsletter, s.id, s.state)
        .join_from(subscriptions, subscribers, subscribers.c.id == s.subscriber)
        .where(subscribers.c.key.in_(keys)),
    )
    return Standing(
        suppressed={row.address: SuppressionReason(row.reason) for row in barred},
        known={(row.key, row.newsletter): (row.id, SubscriptionState(row.state)) for row in rows},
    )


def enter(connection: Connection, newcomers: Sequence[Newcomer], now: datetime, via: str) -> dict[int, Newcomer]:
    """Enters all of them, with consent and departure recorded; (address, newsletter) must be new and occur once.

    Of who is known from another newsletter, name and language stay as they are. Gives each subscription's number.
    """
    if not newcomers:
        return {}
    people = {address_key(it.address): it for it in reversed(newcomers)}
    insert_all_missing(
        connection,
        subscribers,
        [
            {
                "address": it.address,
                "key": address_key(it.address),
                "name": it.name,
                "language": it.language,
                "created_at": now,
            }
            for it in reversed(people.values())
        ],
    )
    found = connection.execute(
        select(subscribers.c.key, subscribers.c.id).where(subscribers.c.key.in_(people)),
    )
    ids = {row.key: row.id for row in found}
    insert_all(connection, subscriptions, [_row(it, ids[address_key(it.address)], now) for it in newcomers])
    return _record(connection, {(ids[address_key(it.address)], it.newsletter): it for it in newcomers}, now, via)


def _row(newcomer: Newcomer, subscriber: int, now: datetime) -> dict[str, object]:
    return {
        **columns(newcomer.choices),
        "subscriber": subscriber,
        "newsletter": newcomer.newsletter,
        "state": newcomer.state.value,
        "mark": newcomer.mark,
        "began": newcomer.mark,
        "since": now if newcomer.state is SubscriptionState.ACTIVE else None,
    }


def _record(
    connection: Connection, entered: dict[tuple[int, str], Newcomer], now: datetime, via: str
) -> dict[int, Newcomer]:
    s = subscriptions.c
    rows = connection.execute(
        select(s.id, s.subscriber, s.newsletter).where(s.subscriber.in_({who for who, _ in entered}))
    )
    numbered = {
        row.id: entered[row.subscriber, row.newsletter] for row in rows if (row.subscriber, row.newsletter) in entered
    }
    acts = [
        {
            "subscription": number,
            "at": it.decided_at or now,
            "act": it.state.value,
            "via": via,
            **columns_of(it.evidence),
        }
        for number, it in numbered.items()
        if it.state is not SubscriptionState.PENDING
    ]
    insert_all(connection, consents, acts)
    return numbered
