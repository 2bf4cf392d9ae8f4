"""The tables that only payroll needs: work, the timesheets made of it, what they pay, and what the books were seen to hold."""

from __future__ import annotations

import sqlalchemy as sa

from shared.platform.db import Instant, Json

metadata = sa.MetaData()


def _text(name: str, length: int = 64, **options: bool) -> sa.Column[str]:
    return sa.Column(name, sa.String(length), **({"nullable": False} | options))


work = sa.Table(
    "work",
    metadata,
    _text("organisation", primary_key=True),
    _text("entry", 36, primary_key=True),
    sa.Column("revision", sa.Integer, nullable=False),
    _text("person", 36),
    sa.Column("date", sa.Date, nullable=False),  # civil day of the worker
    sa.Column("seconds", Json, nullable=False),  # [[kind of pay, whole seconds]]
    _text("start", 40, nullable=True),  # ISO 8601, with an offset when the zone is known
    _text("end", 40, nullable=True),
    _text("zone", nullable=True),
    _text("person_zone"),
    sa.Column("break_seconds", sa.Integer, nullable=False),
    _text("job", 36, nullable=True),
    sa.Column("tags", Json, nullable=False),
    sa.Column("approved", sa.Boolean, nullable=False),
    sa.Column("deleted", sa.Boolean, nullable=False),
)
sa.Index("work_person", work.c.organisation, work.c.person, work.c.date)

open_work = sa.Table(
    "open_work",
    metadata,
    _text("connection", 36, primary_key=True),
    _text("person", 36, primary_key=True),  # who has worked the entry, or is paid for it
    _text("entry", 36, primary_key=True),
    sa.Column("day", sa.Date, primary_key=True),  # on which it lies, or lay: of a long one each but the last
)
"""What composing a person still has to look at: all but the entries that shut timesheets pay in full."""

dirty = sa.Table(
    "dirty",
    metadata,
    _text("connection", 36, primary_key=True),
    _text("person", 36, primary_key=True),
    sa.Column("marks", sa.Integer, nullable=False),  # counts up, so that one that comes while composing is not lost
)

timesheet = sa.Table(
    "timesheet",
    metadata,
    _text("id", 36, primary_key=True),
    _text("organisation"),
    _text("connection", 36),
    _text("person", 36),
    _text("calendar"),
    sa.Column("start", sa.Date, nullable=False),
    sa.Column("end", sa.Date, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),  # the newest
    sa.Column("cells", Json, nullable=False),  # [[earnings rate, tracking option]]: all that it ever had
    sa.Column("over", sa.Boolean, nullable=False),  # gone over there or never sent: another one takes its place
    sa.Column("shut", sa.Boolean, nullable=False, server_default=sa.false()),  # closed over there, and what it pays is settled
)
sa.Index("timesheet_person", timesheet.c.connection, timesheet.c.person, timesheet.c.over, timesheet.c.shut)

timesheet_version = sa.Table(
    "timesheet_version",
    metadata,
    sa.Column("timesheet", sa.String(36), sa.ForeignKey("timesheet.id"), primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True),
    sa.Column("body", Json, nullable=False),  # the document: ids, days, units
)

pay_allocation = sa.Table(
    "pay_allocation",
    metadata,
    sa.Column("timesheet", sa.String(36), sa.ForeignKey("timesheet.id"), primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True),
    _text("entry", 36),
    sa.Column("revision", sa.Integer, nullable=False),
    _text("person", 36),
    sa.Column("worked", sa.Date, nullable=False),
    _text("kind"),
    sa.Column("seconds", sa.Integer, nullable=False),  # negative: taken back
    _text("rate"),
    _text("tracking"),  # empty: none
    sa.Column("line_date", sa.Date, nullable=False),
    _text("job", 36, nullable=True),
    sa.Column("tags", Json, nullable=False),
)
sa.Index("pay_allocation_entry", pay_allocation.c.entry)
sa.Index(
    "pay_allocation_once",
    pay_allocation.c.timesheet,
    pay_allocation.c.version,
    pay_allocation.c.entry,
    pay_allocation.c.worked,
    pay_allocation.c.kind,
    pay_allocation.c.rate,
    pay_allocation.c.tracking,
    pay_allocation.c.line_date,
    unique=True,
)

left_out = sa.Table(
    "left_out",
    metadata,
    _text("connection", 36, primary_key=True),
    _text("person", 36, primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True),
    _text("organisation"),
    sa.Column("since", sa.Date, nullable=False),  # first and last day of the work
    sa.Column("until", sa.Date, nullable=False),
    sa.Column("seconds", sa.Integer, nullable=False),
    _text("code", 40),
    sa.Column("cause", sa.Text, nullable=False),  # names nobody
    sa.Column("remedy", sa.Text, nullable=False),
)

overtime_effect = sa.Table(
    "overtime_effect",
    metadata,
    _text("connection", 36, primary_key=True),
    _text("person", 36, primary_key=True),
    sa.Column("date", sa.Date, primary_key=True),
    sa.Column("before", Json, nullable=False),  # [[kind of pay, seconds]]
    sa.Column("after", Json, nullable=False),
    _text("why"),
)

pay_rule = sa.Table(
    "pay_rule",
    metadata,
    _text("connection", 36, primary_key=True),
    _text("organisation"),
    sa.Column("body", Json, nullable=False),  # rules.FIELDS, as somebody wrote them
    sa.Column("set_at", Instant, nullable=False),
)

payroll = sa.Table(
    "payroll",
    metadata,
    _text("connection", 36, primary_key=True),
    _text("organisation"),
    sa.Column("body", Json, nullable=False),  # payroll.Payroll; no names of people
    sa.Column("read_at", Instant, nullable=False),
)

sheet = sa.Table(
    "sheet",
    metadata,
    _text("connection", 36, primary_key=True),
    _text("external_id", primary_key=True),
    _text("employee"),
    sa.Column("start", sa.Date, nullable=False),
    sa.Column("end", sa.Date, nullable=False),
    _text("status", 12),
    _text("remote_version", 40),
    sa.Column("remote_order", sa.BigInteger, nullable=False),
    sa.Column("hours", sa.String(20), nullable=False),
)
sa.Index("sheet_period", sheet.c.connection, sheet.c.employee, sheet.c.start)
