"""The tables of what is collected: feeds and articles."""

from sqlalchemy import JSON, BigInteger, Boolean, Column, ForeignKey, Index, Integer, Table, Text, false, text

from digest.store.columns import UtcDateTime, count, words
from digest.store.metadata import metadata

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
    words("url"),
    words("address"),
    words("moving_to"),
    count("moving_polls"),
    Column("moving_since", UtcDateTime),
    Column("gone", Boolean, nullable=False, server_default=false()),
    words("title"),
    words("etag"),
    words("last_modified"),
    words("body_sha256"),
    Column("next_poll_at", UtcDateTime),
    Column("polled_at", UtcDateTime),
    Column("succeeded_at", UtcDateTime),
    count("failures"),
    words("last_error"),
    words("remark"),
    # As the model's Wishes; NULL: it has none.
    Column("wishes", JSON(none_as_null=True)),
    count("gap_s"),
    Column("newest_at", UtcDateTime),
    # Joined by spaces.
    words("fingerprints"),
    Column("misses", Boolean, nullable=False, server_default=false()),
    # Whoever polls it has it until then: two processes never poll one feed at once.
    Column("claimed_until", UtcDateTime),
)

articles = Table(
    "articles",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    words("source"),
    words("title"),
    words("url"),
    words("author"),
    Column("published_at", UtcDateTime),
    Column("arrived_at", UtcDateTime, nullable=False),
    words("excerpt"),
    Column("image", JSON),
    Column("tags", JSON, nullable=False),
    words("language"),
    count("words"),
    Column("backlog", Boolean, nullable=False, server_default=false()),
    Column("changed_at", UtcDateTime),
    Column("held", Boolean, nullable=False, server_default=false()),
    Index("ix_articles_arrived_at", "arrived_at"),
    Index("ix_articles_held", "held", sqlite_where=text("held"), postgresql_where=text("held")),
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
    # Who carries an article later has it arrive once more, by the same counter.
    Column("arrival", BigInteger, nullable=False, server_default="0"),
    # Of the item by which the feed carries it, as the feed last had it.
    words("fingerprint"),
    # In how many looks in a row it was missing; from 2 on the feed has withdrawn it.
    count("missed"),
    Index("ix_article_feeds_feed", "feed", "article"),
)
