"""Reports that came, and the layouts that people confirmed"""

import sqlalchemy as sa
from alembic import op

import shared.platform.db

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "import_report",
        sa.Column("organisation", sa.String(length=36), nullable=False),
        sa.Column("ref", sa.String(length=64), nullable=False),
        sa.Column("family", sa.String(length=64), nullable=False),
        sa.Column("at", shared.platform.db.Instant(), nullable=False),
        sa.PrimaryKeyConstraint("organisation", "ref", "family"),
    )
    op.create_table(
        "import_profile",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("organisation", sa.String(length=36), nullable=False),
        sa.Column("name", sa.LargeBinary(), nullable=False),
        sa.Column("name_hash", sa.String(length=64), nullable=False),
        sa.Column("sign", sa.String(length=64), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("changed", shared.platform.db.Instant(), nullable=False),
        sa.Column("used", shared.platform.db.Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("organisation", "name_hash", name="import_profile_name"),
        sa.UniqueConstraint("organisation", "sign", name="import_profile_sign"),
    )


def downgrade() -> None:
    op.drop_table("import_profile")
    op.drop_table("import_report")
