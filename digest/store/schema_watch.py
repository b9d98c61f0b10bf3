"""The table of what operators are told."""

from sqlalchemy import Column, Index, Table, text

from digest.store.columns import Id, UtcDateTime, words
from digest.store.metadata import metadata

__all__ = ["incidents"]

_OPEN = text("closed_at IS NULL")

#: What goes wrong, from when until when, and what operators know of it.
incidents = Table(
    "incidents",
    metadata,
    Column("id", Id, primary_key=True),
    words("kind", default=None),
    # The feed, newsletter or edition; empty: there is only one of its kind.
    words("subject", default=None),
    words("detail"),
    Column("opened_at", UtcDateTime, nullable=False),
    Column("seen_at", UtcDateTime, nullable=False),
    Column("closed_at", UtcDateTime),
    Column("told_at", UtcDateTime),
    Column("over_told_at", UtcDateTime),
    # Somebody is telling it.
    Column("claimed_until", UtcDateTime),
    # Several processes find the same at once.
    Index("ix_incidents_open", "kind", "subject", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN),
)
