"""Vehicles, odometer readings and places of trips"""

import sqlalchemy as sa
from alembic import op

import shared.platform.db

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_TABLES = ("mileage", "mileage_past")
_SEALED = ("vehicle", "from_place", "to_place")
_READ = ("odometer_start", "odometer_end")


def upgrade() -> None:
    for table in _TABLES:
        for name in _SEALED:
            op.add_column(table, sa.Column(name, sa.LargeBinary(), nullable=True))
        for name in _READ:
            op.add_column(table, sa.Column(name, shared.platform.db.Exact(), nullable=True))


def downgrade() -> None:
    for name in _TABLES:
        with op.batch_alter_table(name) as table:
            for column in (*_SEALED, *_READ):
                table.drop_column(column)
