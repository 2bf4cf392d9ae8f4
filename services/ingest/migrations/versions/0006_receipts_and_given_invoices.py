"""Receipts of expenses, and invoices that were made elsewhere"""

import sqlalchemy as sa
from alembic import op

import shared.platform.db

revision = "0006"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "receipt",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("organisation", sa.String(length=36), nullable=False),
        sa.Column("expense", sa.String(length=36), nullable=False),
        sa.Column("blob", sa.String(length=64), nullable=False),
        sa.Column("media_type", sa.String(length=40), nullable=False),
        sa.Column("at", shared.platform.db.Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("organisation", "expense", "blob", name="receipt_once"),
    )
    op.create_index("receipt_blob", "receipt", ["organisation", "blob"])


def downgrade() -> None:
    op.drop_table("receipt")
