"""What is still owed: timesheets that are shut, and the work that composing still looks at; at first all of it"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "open_work",
        sa.Column("connection", sa.String(length=36), nullable=False),
        sa.Column("person", sa.String(length=36), nullable=False),
        sa.Column("entry", sa.String(length=36), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("connection", "person", "entry", "day"),
    )
    with op.batch_alter_table("timesheet", schema=None) as batch_op:
        batch_op.add_column(sa.Column("shut", sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.drop_index("timesheet_person")
        batch_op.create_index("timesheet_person", ["connection", "person", "over", "shut"], unique=False)
    with op.batch_alter_table("work", schema=None) as batch_op:
        batch_op.drop_index("work_person")
        batch_op.create_index("work_person", ["organisation", "person", "date"], unique=False)
    op.execute(
        "INSERT INTO open_work (connection, person, entry, day)"
        " SELECT connection.id, work.person, work.entry, work.date FROM work"
        " JOIN connection ON connection.organisation = work.organisation WHERE connection.state <> 'disconnected'"
        " UNION SELECT timesheet.connection, pay_allocation.person, pay_allocation.entry, pay_allocation.worked"
        " FROM pay_allocation JOIN timesheet ON timesheet.id = pay_allocation.timesheet"
    )


def downgrade() -> None:
    with op.batch_alter_table("work", schema=None) as batch_op:
        batch_op.drop_index("work_person")
        batch_op.create_index("work_person", ["organisation", "person"], unique=False)
    with op.batch_alter_table("timesheet", schema=None) as batch_op:
        batch_op.drop_index("timesheet_person")
        batch_op.create_index("timesheet_person", ["connection", "person"], unique=False)
        batch_op.drop_column("shut")
    op.drop_table("open_work")
