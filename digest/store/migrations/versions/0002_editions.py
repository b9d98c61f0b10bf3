"""What editions are decided by: arrivals of articles by each feed, what is owed to readers, verdicts, plans."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _feeds_and_articles()
    _editions()
    _readers()
    _views()


def _feeds_and_articles() -> None:
    op.add_column("feeds", sa.Column("misses", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("articles", sa.Column("changed_at", sa.DateTime(timezone=True)))
    op.add_column("articles", sa.Column("held", sa.Boolean(), server_default=sa.false(), nullable=False))
    held = sa.text("held")
    op.create_index("ix_articles_held", "articles", ["held"], sqlite_where=held, postgresql_where=held)
    op.add_column("article_feeds", sa.Column("arrival", sa.BigInteger(), server_default=sa.text("0"), nullable=False))
    op.add_column("article_feeds", sa.Column("fingerprint", sa.Text(), server_default=sa.text("''"), nullable=False))
    op.add_column("article_feeds", sa.Column("missed", sa.Integer(), server_default=sa.text("0"), nullable=False))
    op.create_index("ix_article_feeds_feed", "article_feeds", ["feed", "article"], unique=False)
    op.execute("UPDATE article_feeds SET arrival = article")
    # Each body is read once more, and its items noted with the articles that were made of them.
    op.execute("UPDATE feeds SET fingerprints = '', body_sha256 = '', etag = '', last_modified = ''")


def _editions() -> None:
    op.add_column("editions", sa.Column("not_before", sa.DateTime(timezone=True)))
    op.add_column("editions", sa.Column("fresh", sa.Integer(), server_default=sa.text("0"), nullable=False))
    op.add_column("editions", sa.Column("unreached", sa.JSON(none_as_null=True)))
    op.add_column("letters", sa.Column("linked", sa.Text(), server_default=sa.text("''"), nullable=False))
    op.add_column("letters", sa.Column("carried", sa.Text(), server_default=sa.text("''"), nullable=False))
    op.create_table(
        "edition_articles",
        sa.Column("edition", ID, nullable=False),
        sa.Column("article", sa.BigInteger(), nullable=False),
        sa.Column("verdict", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("detail", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("categories", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("story", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["article"], ["articles.number"], name=op.f("fk_edition_articles_article")),
        sa.ForeignKeyConstraint(["edition"], ["editions.id"], name=op.f("fk_edition_articles_edition")),
        sa.PrimaryKeyConstraint("edition", "article", name=op.f("pk_edition_articles")),
    )
    op.create_table(
        "edition_plans",
        sa.Column("newsletter", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("note", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("pins", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("newsletter", "number", name=op.f("pk_edition_plans")),
    )


def _readers() -> None:
    op.add_column("subscriptions", sa.Column("began", sa.BigInteger(), server_default=sa.text("0"), nullable=False))
    op.add_column("subscriptions", sa.Column("rhythm_since", sa.DateTime(timezone=True)))
    # In one statement, which both databases take: SQLite adds no constraint to a column that is there, and a table to
    # which others refer cannot be made anew.
    number = ID.compile(dialect=op.get_bind().dialect)
    op.execute(
        f"ALTER TABLE subscriptions ADD COLUMN owed {number} CONSTRAINT fk_subscriptions_owed REFERENCES letters (id)"
    )
    # What was chosen before is not known; what has been told until now counts as told by another choice, and so does
    # what is under way.
    op.execute("UPDATE subscriptions SET began = mark")
    op.execute(
        """
        UPDATE subscriptions SET began = u.upto FROM (
            SELECT d.subscription, max(e.upto) AS upto FROM deliveries d JOIN editions e ON e.id = d.edition
            WHERE d.state IN ('queued', 'sending', 'deferred') GROUP BY d.subscription
        ) AS u WHERE u.subscription = subscriptions.id AND u.upto > subscriptions.began
        """
    )


def _views() -> None:
    """View keys ``mark|pending|categories|language|zone`` become ``mark|0|pending|0|categories|language|zone|0``."""
    find = sa.func.instr if op.get_bind().dialect.name == "sqlite" else sa.func.strpos
    for table, name in (("views", "key"), ("deliveries", "view")):
        key = sa.column(name, sa.Text())
        after_mark = sa.func.substr(key, find(key, "|") + 1, type_=sa.Text())
        after_pending = sa.func.substr(after_mark, find(after_mark, "|") + 1, type_=sa.Text())
        mark = sa.func.substr(key, 1, find(key, "|"), type_=sa.Text())
        pending = sa.func.substr(after_mark, 1, find(after_mark, "|"), type_=sa.Text())
        op.execute(sa.update(sa.table(table, key)).values({name: mark + "0|" + pending + "0|" + after_pending + "|0"}))
