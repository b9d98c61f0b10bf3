"""What a subscription's messages are made of: HTML with plain text beside it, as they were until now, or text alone."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    # In one statement, which both databases take: SQLite adds no constraint to a column that is there.
    op.execute(
        "ALTER TABLE subscriptions ADD COLUMN format TEXT DEFAULT 'html' NOT NULL"
        " CONSTRAINT ck_subscriptions_format CHECK (format IN ('html', 'text'))"
    )
