"""To send once, stop in time and take back: the final dot, canaries, reviews, corrections, the instance."""

import sqlalchemy as sa
from alembic import op

from digest.store.columns import Id, UtcDateTime

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    _editions()
    _deliveries()
    op.add_column("subscriptions", sa.Column("corrections", sa.Text, nullable=False, server_default=sa.text("''")))
    op.create_table(
        "corrections",
        sa.Column("id", Id, nullable=False),
        sa.Column("edition", Id, nullable=False),
        sa.Column("article", sa.BigInteger, nullable=False),
        sa.Column("text", sa.Text, nullable=False, server_default=sa.text("''")),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.ForeignKeyConstraint(["edition"], ["editions.id"], name="fk_corrections_edition"),
        sa.ForeignKeyConstraint(["article"], ["articles.number"], name="fk_corrections_article"),
        sa.PrimaryKeyConstraint("id", name="pk_corrections"),
        sa.UniqueConstraint("edition", "article", name="uq_corrections_edition_article"),
    )
    op.create_index("ix_corrections_edition", "corrections", ["edition"])
    op.create_table(
        "instance",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("epoch", sa.BigInteger, nullable=False),
        sa.Column("place", sa.Text, nullable=False, server_default=sa.text("''")),
        sa.Column("held", sa.Text, nullable=False, server_default=sa.text("''")),
        sa.Column("told_until", UtcDateTime),
        sa.PrimaryKeyConstraint("id", name="pk_instance"),
    )


def _editions() -> None:
    op.add_column("editions", sa.Column("review", sa.Boolean, nullable=False, server_default=sa.false()))
    for name in ("review_sent_at", "release_at"):
        op.add_column("editions", sa.Column(name, UtcDateTime))
    op.add_column("editions", sa.Column("canary_last", Id))
    for name in ("watched", "stop_after", "counted", "refused"):
        op.add_column("editions", sa.Column(name, sa.Integer, nullable=False, server_default=sa.text("0")))


def _deliveries() -> None:
    op.add_column("deliveries", sa.Column("dot_at", UtcDateTime))
    # In one statement, which both databases take: SQLite adds no constraint to a column that is there.
    kind = Id.compile(dialect=op.get_bind().dialect)
    op.execute(
        f"ALTER TABLE deliveries ADD COLUMN own_letter {kind}"
        " CONSTRAINT fk_deliveries_own_letter REFERENCES letters (id)"
    )
    op.drop_index("ix_deliveries_due", "deliveries")
    op.drop_index("ix_deliveries_open", "deliveries")
    for name, columns, condition in (
        ("ix_deliveries_due", ["edition", "next_attempt_at", "id"], "state IN ('queued', 'deferred')"),
        ("ix_deliveries_leased", ["edition", "lease"], "state = 'sending'"),
    ):
        where = sa.text(condition)
        op.create_index(name, "deliveries", columns, sqlite_where=where, postgresql_where=where)
    # What was being sent when this version took over may have been accepted.
    op.execute("UPDATE deliveries SET dot_at = lease_until WHERE state = 'sending'")
