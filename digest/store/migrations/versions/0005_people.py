"""Evidence of consent, lists that can be undone, changes of address, mail that comes back, and who was forgotten."""

import sqlalchemy as sa
from alembic import op

from digest.store.columns import Id, UtcDateTime

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    for name in ("origin", "form", "wording"):
        op.add_column("consents", _words(name))
    op.add_column("subscriptions", _words("left_reason"))
    _lists()
    op.create_table(
        "erasures",
        sa.Column("hash", sa.Text, nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("hash", name="pk_erasures"),
    )
    _bounces()
    op.create_table(
        "address_changes",
        sa.Column("id", Id, nullable=False),
        sa.Column("subscriber", Id, nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("asked_at", UtcDateTime, nullable=False),
        sa.Column("done_at", UtcDateTime),
        sa.ForeignKeyConstraint(["subscriber"], ["subscribers.id"], name="fk_address_changes_subscriber"),
        sa.PrimaryKeyConstraint("id", name="pk_address_changes"),
    )
    op.create_index("ix_address_changes_subscriber", "address_changes", ["subscriber"])


def _lists() -> None:
    op.create_table(
        "imports",
        sa.Column("id", Id, nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("undone_at", UtcDateTime),
        sa.PrimaryKeyConstraint("id", name="pk_imports"),
    )
    op.create_table(
        "import_changes",
        sa.Column("import_id", Id, nullable=False),
        sa.Column("subscription", Id, nullable=False),
        _words("before"),
        sa.Column("after", sa.Text, nullable=False),
        sa.ForeignKeyConstraint(["import_id"], ["imports.id"], name="fk_import_changes_import_id"),
        sa.ForeignKeyConstraint(["subscription"], ["subscriptions.id"], name="fk_import_changes_subscription"),
        sa.UniqueConstraint("import_id", "subscription", name="uq_import_changes_import_id_subscription"),
    )
    op.create_index("ix_import_changes_subscription", "import_changes", ["subscription"])


def _bounces() -> None:
    op.create_table(
        "bounces",
        sa.Column("id", Id, nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("delivery", Id),
        sa.Column("permanence", sa.Text, nullable=False),
        _words("code"),
        _words("reason"),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("external_id", sa.Text, nullable=False),
        sa.ForeignKeyConstraint(["delivery"], ["deliveries.id"], name="fk_bounces_delivery"),
        sa.PrimaryKeyConstraint("id", name="pk_bounces"),
        sa.UniqueConstraint("source", "external_id", name="uq_bounces_source_external_id"),
    )
    op.create_index("ix_bounces_address", "bounces", ["address", "at"])


def _words(name: str) -> "sa.Column[str]":
    return sa.Column(name, sa.Text, nullable=False, server_default=sa.text("''"))
