"""Exports that are written in the background"""

import sqlalchemy as sa
from alembic import op

import shared.platform.db

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "export",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("organisation", sa.String(length=36), nullable=False),
        sa.Column("actor", sa.String(length=80), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("asked", shared.platform.db.Json(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("done", sa.BigInteger(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=True),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("file", sa.String(length=36), nullable=True),
        sa.Column("failure", shared.platform.db.Json(), nullable=True),
        sa.Column("created", shared.platform.db.Instant(), nullable=False),
        sa.Column("finished", shared.platform.db.Instant(), nullable=True),
        sa.Column("expires", shared.platform.db.Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("export_recent", "export", ["organisation", "created"])
    op.create_index("export_expiring", "export", ["expires"])


def downgrade() -> None:
    op.drop_table("export")
