"""The tables of what readers and their servers do: lists taken over, addresses changed, mail that came back."""

from sqlalchemy import Column, Index, Table, Text, UniqueConstraint

from digest.store.columns import Id, UtcDateTime, reference, words
from digest.store.metadata import metadata

__all__ = ["address_changes", "bounces", "erasures", "import_changes", "imports"]

#: Lists of readers that were taken over.
imports = Table(
    "imports",
    metadata,
    Column("id", Id, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    # The file's name.
    words("source", default=None),
    Column("undone_at", UtcDateTime),
)

#: What each of them did, for it to be undone.
import_changes = Table(
    "import_changes",
    metadata,
    reference("import_id", "imports.id"),
    reference("subscription", "subscriptions.id", index=True),
    # The state before; empty: it was added.
    words("before"),
    # The state that it was given.
    words("after", default=None),
    UniqueConstraint("import_id", "subscription"),
)

#: Who was forgotten, as a keyed hash of `model.address_key`: enough to know them in a list, and to tell nobody.
erasures = Table(
    "erasures",
    metadata,
    Column("hash", Text, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
)

#: Messages that came back after they had been accepted.
bounces = Table(
    "bounces",
    metadata,
    Column("id", Id, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    # `model.address_key` of the recipient.
    words("address", default=None),
    reference("delivery", "deliveries.id", nullable=True),
    # permanent or temporary.
    words("permanence", default=None),
    # RFC 3463; empty: none was given.
    words("code"),
    words("reason"),
    # Which intake it came by, and what that knows it as: one report counts once, however often it is delivered.
    words("source", default=None),
    words("external_id", default=None),
    UniqueConstraint("source", "external_id"),
    Index("ix_bounces_address", "address", "at"),
)

#: A reader's wish to be written to elsewhere, until the one who reads there confirms it.
address_changes = Table(
    "address_changes",
    metadata,
    Column("id", Id, primary_key=True),
    reference("subscriber", "subscribers.id", index=True),
    words("address", default=None),
    Column("asked_at", UtcDateTime, nullable=False),
    Column("done_at", UtcDateTime),
)
