"""Receipts of expenses, and invoices that were made elsewhere"""

import sqlalchemy as sa
from alembic import op

import shared.platform.db

revision = "0006"
down_revision = "0005"
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
    op.add_column("invoice", sa.Column("given_from", sa.Date(), nullable=True))
    op.add_column("invoice", sa.Column("given_to", sa.Date(), nullable=True))
    given = sa.text("given_from IS NOT NULL")
    op.create_index("invoice_given", "invoice", ["organisation", "client"], sqlite_where=given, postgresql_where=given)
    op.create_table(
        "left_out",
        sa.Column("document", sa.String(length=36), nullable=False),
        sa.Column("entry", sa.String(length=36), nullable=False),
        sa.Column("organisation", sa.String(length=36), nullable=False),
        sa.Column("decision", sa.String(length=8), nullable=False),
        sa.Column("actor", sa.String(length=80), nullable=False),
        sa.Column("at", shared.platform.db.Instant(), nullable=False),
        sa.PrimaryKeyConstraint("document", "entry"),
    )


def downgrade() -> None:
    op.drop_table("left_out")
    op.drop_index("invoice_given", "invoice")
    with op.batch_alter_table("invoice") as table:
        table.drop_column("given_to")
        table.drop_column("given_from")
    op.drop_table("receipt")
