"""The tables. Where a rule can be a key or a constraint, it is one.

Time is stored in UTC. Text that may be absent is empty, not NULL, so that it compares alike on both databases.
"""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    false,
    text,
)

from digest.model import DeliveryState, EditionState, SubscriptionState


class UtcDateTime(TypeDecorator[datetime]):
    """An aware moment; stored in UTC. Refuses a naive one."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a moment without a zone: {value!r}")
        moment = value.astimezone(UTC)
        # SQLite keeps text: without a zone it sorts and compares as it should.
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


#: SQLite numbers rows by itself only where the key is INTEGER.
Id = BigInteger().with_variant(Integer, "sqlite")

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    },
)


def _words(name: str, *, default: str | None = "") -> Column[str]:
    return Column(name, Text, nullable=False, server_default=None if default is None else text(f"'{default}'"))


def _one_of(column: str, values: Any) -> CheckConstraint:
    allowed = ", ".join(f"'{value.value}'" for value in values)
    return CheckConstraint(f"{column} IN ({allowed})", name=column)


def _reference(name: str, target: str, *, nullable: bool = False, index: bool = False) -> Column[int]:
    return Column(name, Id, ForeignKey(target), nullable=nullable, index=index)


#: One row a sequence that must follow the order of commits; the row's lock is held until the commit.
counters = Table(
    "counters",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", BigInteger, nullable=False),
)

feeds = Table(
    "feeds",
    metadata,
    Column("name", Text, primary_key=True),
    _words("url"),
    _words("title"),
    _words("etag"),
    _words("last_modified"),
    _words("body_sha256"),
    Column("next_poll_at", UtcDateTime),
    Column("polled_at", UtcDateTime),
    Column("succeeded_at", UtcDateTime),
    Column("failures", Integer, nullable=False, server_default=text("0")),
    _words("last_error"),
    # Whoever polls it has it until then: two processes never poll one feed at once.
    Column("claimed_until", UtcDateTime),
)

articles = Table(
    "articles",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    _words("source"),
    _words("title"),
    _words("url"),
    _words("author"),
    Column("published_at", UtcDateTime),
    Column("arrived_at", UtcDateTime, nullable=False),
    _words("excerpt"),
    Column("image", JSON),
    Column("tags", JSON, nullable=False),
    _words("language"),
    Column("words", Integer, nullable=False, server_default=text("0")),
    Column("backlog", Boolean, nullable=False, server_default=false()),
    Index("ix_articles_arrived_at", "arrived_at"),
)

#: Every name under which an article has ever been recognised; kept for ever, so that nothing old is new again.
article_keys = Table(
    "article_keys",
    metadata,
    Column("key", Text, primary_key=True),
    Column("article", BigInteger, ForeignKey("articles.number"), nullable=False, index=True),
)

article_feeds = Table(
    "article_feeds",
    metadata,
    Column("article", BigInteger, ForeignKey("articles.number"), primary_key=True),
    Column("feed", Text, primary_key=True),
    # 0 for the feed that brought it.
    Column("place", Integer, nullable=False),
)

subscribers = Table(
    "subscribers",
    metadata,
    Column("id", Id, primary_key=True),
    _words("address", default=None),
    # `model.address_key` of the address.
    Column("key", Text, nullable=False, unique=True),
    _words("name"),
    _words("language"),
    Column("created_at", UtcDateTime, nullable=False),
)

subscriptions = Table(
    "subscriptions",
    metadata,
    Column("id", Id, primary_key=True),
    _reference("subscriber", "subscribers.id"),
    _words("newsletter", default=None),
    _words("state", default=None),
    Column("mark", BigInteger, nullable=False),
    # Names joined by commas; empty: all.
    _words("categories"),
    _words("frequency", default=None),
    _words("timezone"),
    # "HH:MM"; empty: the newsletter's.
    _words("send_at"),
    Column("paused_until", UtcDateTime),
    Column("since", UtcDateTime),
    _one_of("state", SubscriptionState),
    UniqueConstraint("subscriber", "newsletter"),
    Index("ix_subscriptions_newsletter", "newsletter", "state"),
)

#: What a person agreed to or took back, when and how.
consents = Table(
    "consents",
    metadata,
    Column("id", Id, primary_key=True),
    _reference("subscription", "subscriptions.id", index=True),
    Column("at", UtcDateTime, nullable=False),
    _words("act", default=None),
    _words("via", default=None),
)

#: Outlives the subscriber; an address is written as its `model.address_key`.
suppressions = Table(
    "suppressions",
    metadata,
    Column("address", Text, primary_key=True),
    _words("reason", default=None),
    _words("evidence"),
    Column("created_at", UtcDateTime, nullable=False),
)

#: Since when a newsletter is known: no slot before that is missed.
newsletters = Table(
    "newsletters",
    metadata,
    Column("name", Text, primary_key=True),
    Column("known_since", UtcDateTime, nullable=False),
)

editions = Table(
    "editions",
    metadata,
    Column("id", Id, primary_key=True),
    _words("newsletter", default=None),
    Column("slot", UtcDateTime, nullable=False),
    # The wall time that was wished for; editions of one wall time in several zones share their number.
    _words("wall", default=None),
    Column("number", Integer, nullable=False),
    Column("upto", BigInteger, nullable=False),
    _words("state", default=None),
    _words("reason"),
    Column("frozen_at", UtcDateTime, nullable=False),
    _one_of("state", EditionState),
    # One edition a slot, however many processes tick.
    UniqueConstraint("newsletter", "slot"),
)

letters = Table(
    "letters",
    metadata,
    Column("id", Id, primary_key=True),
    _reference("edition", "editions.id", index=True),
    Column("nonce", Text, nullable=False, unique=True),
    _words("subject", default=None),
    _words("html", default=None),
    _words("text", default=None),
    _words("language", default=None),
)

letter_articles = Table(
    "letter_articles",
    metadata,
    Column("letter", Id, ForeignKey("letters.id"), primary_key=True),
    Column("article", BigInteger, ForeignKey("articles.number"), primary_key=True),
    Index("ix_letter_articles_article", "article"),
)

#: Which letter a readership gets: all readers of an edition with one key get one letter.
views = Table(
    "views",
    metadata,
    Column("edition", Id, ForeignKey("editions.id"), primary_key=True),
    Column("key", Text, primary_key=True),
    _reference("letter", "letters.id"),
    # For whoever did not get the letter before this one after all.
    _reference("fallback", "letters.id", nullable=True),
)

_OPEN = text("state IN ('queued', 'sending', 'deferred')")

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", Id, primary_key=True),
    _reference("edition", "editions.id"),
    _words("view", default=None),
    _reference("subscription", "subscriptions.id"),
    _reference("subscriber", "subscribers.id"),
    _words("state", default=DeliveryState.QUEUED.value),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("next_attempt_at", UtcDateTime, nullable=False),
    # The reader's delivery before this one, while nobody knows yet whether it arrived.
    Column("waits_for", Id, ForeignKey("deliveries.id")),
    # That one did not arrive: this reader gets the view's fallback.
    Column("fallback", Boolean, nullable=False, server_default=false()),
    _words("lease"),
    Column("lease_until", UtcDateTime),
    # How often it was found in doubt.
    Column("doubts", Integer, nullable=False, server_default=text("0")),
    # In doubt, and left so until the operator decides.
    Column("held", Boolean, nullable=False, server_default=false()),
    Column("code", Integer, nullable=False, server_default=text("0")),
    _words("reply"),
    Column("settled_at", UtcDateTime),
    _one_of("state", DeliveryState),
    # One delivery a reader, however often an edition is frozen.
    UniqueConstraint("edition", "subscriber"),
    Index("ix_deliveries_due", "next_attempt_at", "id", sqlite_where=_OPEN, postgresql_where=_OPEN),
    Index("ix_deliveries_open", "edition", sqlite_where=_OPEN, postgresql_where=_OPEN),
    Index("ix_deliveries_open_of", "subscription", sqlite_where=_OPEN, postgresql_where=_OPEN),
    Index(
        "ix_deliveries_waits_for",
        "waits_for",
        sqlite_where=text("waits_for IS NOT NULL"),
        postgresql_where=text("waits_for IS NOT NULL"),
    ),
)
