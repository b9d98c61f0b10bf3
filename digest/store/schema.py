"""The tables. Where a rule can be a key or a constraint, it is one."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
)

from digest.model import DeliveryState, EditionState, Format, SubscriptionState
from digest.store.columns import Id, UtcDateTime, count, one_of, reference, words
from digest.store.metadata import metadata
from digest.store.schema_news import article_feeds, article_keys, articles, counters, feeds
from digest.store.schema_people import address_changes, bounces, erasures, import_changes, imports
from digest.store.schema_watch import incidents

__all__ = [
    "address_changes",
    "article_feeds",
    "article_keys",
    "articles",
    "bounces",
    "consents",
    "corrections",
    "counters",
    "deliveries",
    "edition_articles",
    "edition_plans",
    "editions",
    "erasures",
    "feeds",
    "import_changes",
    "imports",
    "incidents",
    "instance",
    "letter_articles",
    "letters",
    "metadata",
    "newsletters",
    "subscribers",
    "subscriptions",
    "suppressions",
    "views",
]

subscribers = Table(
    "subscribers",
    metadata,
    Column("id", Id, primary_key=True),
    words("address", default=None),
    # `model.address_key` of the address.
    Column("key", Text, nullable=False, unique=True),
    words("name"),
    words("language"),
    Column("created_at", UtcDateTime, nullable=False),
)

subscriptions = Table(
    "subscriptions",
    metadata,
    Column("id", Id, primary_key=True),
    reference("subscriber", "subscribers.id"),
    words("newsletter", default=None),
    words("state", default=None),
    Column("mark", BigInteger, nullable=False),
    # Names joined by commas; empty: all.
    words("categories"),
    words("frequency", default=None),
    words("timezone"),
    # "HH:MM"; empty: the newsletter's.
    words("send_at"),
    Column("paused_until", UtcDateTime),
    words("format", default="html"),
    Column("since", UtcDateTime),
    Column("began", BigInteger, nullable=False, server_default="0"),
    Column("rhythm_since", UtcDateTime),
    # The letter whose carried articles the reader is still to be told.
    reference("owed", "letters.id", nullable=True),
    # Ids of the corrections that the reader's next letter is to tell, ascending, joined by commas.
    words("corrections"),
    # What the reader said on leaving.
    words("left_reason"),
    one_of("state", SubscriptionState),
    one_of("format", Format),
    UniqueConstraint("subscriber", "newsletter"),
    Index("ix_subscriptions_newsletter", "newsletter", "state"),
)

#: What a person agreed to or took back, when and how.
consents = Table(
    "consents",
    metadata,
    Column("id", Id, primary_key=True),
    reference("subscription", "subscriptions.id", index=True),
    Column("at", UtcDateTime, nullable=False),
    words("act", default=None),
    words("via", default=None),
    # As `model.Evidence` has them.
    words("origin"),
    words("form"),
    words("wording"),
)

#: Outlives the subscriber; an address is written as its `model.address_key`.
suppressions = Table(
    "suppressions",
    metadata,
    Column("address", Text, primary_key=True),
    words("reason", default=None),
    words("evidence"),
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
    words("newsletter", default=None),
    Column("slot", UtcDateTime, nullable=False),
    # The wall time that was wished for; editions of one wall time in several zones share their number.
    words("wall", default=None),
    Column("number", Integer, nullable=False),
    Column("upto", BigInteger, nullable=False),
    words("state", default=None),
    words("reason"),
    Column("frozen_at", UtcDateTime, nullable=False),
    Column("not_before", UtcDateTime),
    count("fresh"),
    Column("unreached", JSON(none_as_null=True)),
    # Paused until the operators have seen it; and when they were asked to.
    Column("review", Boolean, nullable=False, server_default=false()),
    Column("review_sent_at", UtcDateTime),
    # The last delivery of the canary: those after it wait. NULL: none waits.
    Column("canary_last", Id),
    # When it leaves by itself, or those behind the canary do; NULL: not by itself, or not known yet.
    Column("release_at", UtcDateTime),
    # So many results are watched, and so many refusals among them stop it; 0: they are not.
    count("watched"),
    count("stop_after"),
    # How many results there were while they were watched, and how many of them were refusals.
    count("counted"),
    count("refused"),
    one_of("state", EditionState),
    # One edition a slot, however many processes tick.
    UniqueConstraint("newsletter", "slot"),
)

letters = Table(
    "letters",
    metadata,
    Column("id", Id, primary_key=True),
    reference("edition", "editions.id", index=True),
    Column("nonce", Text, nullable=False, unique=True),
    words("subject", default=None),
    words("html", default=None),
    words("text", default=None),
    words("language", default=None),
    # Numbers of articles, each but the first as its distance from the one before; joined by spaces.
    words("linked"),
    words("carried"),
)

#: What each letter tells.
letter_articles = Table(
    "letter_articles",
    metadata,
    Column("letter", Id, ForeignKey("letters.id"), primary_key=True),
    Column("article", BigInteger, ForeignKey("articles.number"), primary_key=True),
    Index("ix_letter_articles_article", "article"),
)

#: What an edition judged of each article that was new to any of its readers.
edition_articles = Table(
    "edition_articles",
    metadata,
    Column("edition", Id, ForeignKey("editions.id"), primary_key=True),
    Column("article", BigInteger, ForeignKey("articles.number"), primary_key=True),
    # Empty: fit to be told.
    words("verdict"),
    words("detail"),
    # Names joined by commas.
    words("categories"),
    # The number of the first article of the story that it belongs to.
    Column("story", BigInteger, nullable=False),
)

#: What the operator has set down for an edition that is still to be made.
edition_plans = Table(
    "edition_plans",
    metadata,
    Column("newsletter", Text, primary_key=True),
    Column("number", Integer, primary_key=True),
    words("note"),
    # Numbers of articles, the first one first.
    Column("pins", JSON, nullable=False),
)

#: Which letter a readership gets: all readers of an edition with one key get one letter.
views = Table(
    "views",
    metadata,
    Column("edition", Id, ForeignKey("editions.id"), primary_key=True),
    Column("key", Text, primary_key=True),
    reference("letter", "letters.id"),
    # For whoever did not get the letter before this one after all.
    reference("fallback", "letters.id", nullable=True),
)

_OPEN, _WAITS = text("state IN ('queued', 'sending', 'deferred')"), text("waits_for IS NOT NULL")
_WAITING, _LEASED = text("state IN ('queued', 'deferred')"), text("state = 'sending'")

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", Id, primary_key=True),
    reference("edition", "editions.id"),
    words("view", default=None),
    reference("subscription", "subscriptions.id"),
    reference("subscriber", "subscribers.id"),
    words("state", default=DeliveryState.QUEUED.value),
    count("attempts"),
    Column("next_attempt_at", UtcDateTime, nullable=False),
    # The reader's delivery before this one, while nobody knows yet whether it arrived.
    Column("waits_for", Id, ForeignKey("deliveries.id")),
    # That one did not arrive: this reader gets the view's fallback.
    Column("fallback", Boolean, nullable=False, server_default=false()),
    # The letter that it had brought, or begun to, when the view got another one without what was withdrawn from it.
    reference("own_letter", "letters.id", nullable=True),
    words("lease"),
    Column("lease_until", UtcDateTime),
    # When the final dot was about to be written: from then on nobody knows whether the message was accepted.
    Column("dot_at", UtcDateTime),
    # How often it was found in doubt.
    count("doubts"),
    # In doubt, and left so until the operator decides.
    Column("held", Boolean, nullable=False, server_default=false()),
    count("code"),
    words("reply"),
    Column("settled_at", UtcDateTime),
    one_of("state", DeliveryState),
    # One delivery a reader, however often an edition is frozen.
    UniqueConstraint("edition", "subscriber"),
    Index("ix_deliveries_due", "edition", "next_attempt_at", "id", sqlite_where=_WAITING, postgresql_where=_WAITING),
    Index("ix_deliveries_leased", "edition", "lease", sqlite_where=_LEASED, postgresql_where=_LEASED),
    Index("ix_deliveries_open_of", "subscription", sqlite_where=_OPEN, postgresql_where=_OPEN),
    Index("ix_deliveries_waits_for", "waits_for", sqlite_where=_WAITS, postgresql_where=_WAITS),
)

#: What was withdrawn from an edition after some readers had got it, and what these are told.
corrections = Table(
    "corrections",
    metadata,
    Column("id", Id, primary_key=True),
    reference("edition", "editions.id", index=True),
    Column("article", BigInteger, ForeignKey("articles.number"), nullable=False),
    # The operator's words; empty: that it was withdrawn.
    words("text"),
    Column("created_at", UtcDateTime, nullable=False),
    UniqueConstraint("edition", "article"),
)

#: The one row that says which store this is, and how far it has sent: see `digest.store.fence`.
instance = Table(
    "instance",
    metadata,
    Column("id", Text, primary_key=True),
    # Grows while deliveries are made.
    Column("epoch", BigInteger, nullable=False),
    # Where this store lives: a copy of it lives elsewhere.
    words("place"),
    # Nothing is sent until the operator says so, and why; empty: all is well.
    words("held"),
    # What was published before has been told by editions that this store knows nothing of.
    Column("told_until", UtcDateTime),
)
