"""To forget a person: all that is known goes, and a keyed hash of the address stays, so that no list brings it back."""

import hmac
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from hashlib import sha256

from sqlalchemy import Connection, delete, select, update

from digest.model import SubscriptionState, address_key
from digest.store.schema import (
    address_changes,
    bounces,
    consents,
    deliveries,
    erasures,
    subscribers,
    subscriptions,
)
from digest.store.subscribers import Choices, columns
from digest.store.upsert import insert_missing


class Eraser:
    """Knows erased addresses again. The hashes say nothing to whoever has the store without the secrets."""

    def __init__(self, secrets: Sequence[str]) -> None:
        """`secrets`, newest first: the first makes new hashes, all are recognised."""
        self._keys = [hmac.new(secret.encode(), b"digest.erasure", sha256).digest() for secret in secrets]

    def erase(self, connection: Connection, address: str, now: datetime) -> bool:
        """Erases everything that is known of the person; False where nothing was. What was sent remains counted."""
        insert_missing(connection, erasures, {"hash": _hash(self._keys[0], address), "at": now})
        return _erase(connection, address)

    def erased(self, connection: Connection, addresses: Collection[str]) -> set[str]:
        """The `model.address_key` of those of `addresses`, some hundreds, whose owners were forgotten."""
        known = {_hash(key, each): address_key(each) for each in addresses for key in self._keys}
        rows = connection.scalars(select(erasures.c.hash).where(erasures.c.hash.in_(known)))
        return {known[row] for row in rows}

    def readmit(self, connection: Connection, address: str) -> None:
        """The person has come back by their own act."""
        hashes = [_hash(key, address) for key in self._keys]
        connection.execute(delete(erasures).where(erasures.c.hash.in_(hashes)))


def anybody(connection: Connection) -> bool:
    """Whether anybody was ever forgotten."""
    return connection.scalar(select(erasures.c.hash).limit(1)) is not None


def _hash(key: bytes, address: str) -> str:
    return hmac.new(key, address_key(address).encode(), sha256).hexdigest()


def _erase(connection: Connection, address: str) -> bool:
    found = connection.scalar(select(subscribers.c.id).where(subscribers.c.key == address_key(address)))
    connection.execute(delete(bounces).where(bounces.c.address == address_key(address)))
    if found is None:
        return False
    own = select(subscriptions.c.id).where(subscriptions.c.subscriber == found)
    connection.execute(delete(consents).where(consents.c.subscription.in_(own)))
    connection.execute(delete(address_changes).where(address_changes.c.subscriber == found))
    connection.execute(update(deliveries).where(deliveries.c.subscriber == found).values(reply=""))
    connection.execute(
        update(subscriptions)
        .where(subscriptions.c.subscriber == found)
        .values(state=SubscriptionState.LEFT.value, left_reason="", **columns(Choices())),
    )
    # The row stays, nameless: the ledger's figures refer to it.
    connection.execute(
        update(subscribers)
        .where(subscribers.c.id == found)
        .values(address=f"erased-{found}", key=f"erased-{found}", name="", language=""),
    )
    return True


def eraser(secrets: Iterable[str]) -> Eraser | None:
    """None where there is no secret to make a hash with."""
    kept = [secret for secret in secrets if secret]
    return Eraser(kept) if kept else None
