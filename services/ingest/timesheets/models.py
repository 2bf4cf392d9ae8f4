"""The tables of timesheets: what each connection last said of one, the history of it, and whose seconds it pays."""

from __future__ import annotations

import sqlalchemy as sa

from services.ingest.tables import ID, metadata
from shared.platform.db import Exact, Instant

timesheet_status = sa.Table(
    "timesheet_status",
    metadata,
    sa.Column("timesheet", ID, primary_key=True),
    sa.Column("connection", ID, primary_key=True),
    sa.Column("organisation", ID, nullable=False),
    sa.Column("service", sa.String(40), nullable=False),  # whose feed told it
    sa.Column("binding", sa.String(64), nullable=False),  # the feed's subject; problems name it too
    sa.Column("version", sa.Integer, nullable=False),  # of the message
    sa.Column("generation", sa.Integer, nullable=False),
    sa.Column("person", ID, nullable=False),
    sa.Column("period_start", sa.Date, nullable=False),
    sa.Column("period_end", sa.Date, nullable=False),
    sa.Column("hours", Exact, nullable=False),  # as wanted
    sa.Column("region", sa.String(40), nullable=False),
    sa.Column("status", sa.String(12), nullable=False),
    sa.Column("binding_state", sa.String(10), nullable=False),
    sa.Column("wanted_version", sa.Integer, nullable=False),
    sa.Column("pushed_version", sa.Integer, nullable=False),
    sa.Column("external_id", sa.String(200)),
    sa.Column("deep_link", sa.Text),
    sa.Column("total", Exact),  # hours as the books have them
    sa.Column("payment_date", sa.Date),
    sa.Column("problem", sa.String(200)),
    sa.Column("at", Instant, nullable=False),
)
sa.Index("timesheet_status_binding", timesheet_status.c.binding)
sa.Index("timesheet_status_listed", timesheet_status.c.organisation, timesheet_status.c.period_start)

timesheet_entry = sa.Table(
    "timesheet_entry",
    metadata,
    sa.Column("timesheet", ID, primary_key=True),
    sa.Column("connection", ID, primary_key=True),
    sa.Column("entry", ID, primary_key=True),
    sa.Column("organisation", ID, nullable=False),
    sa.Column("seconds", sa.Integer, nullable=False),
)
sa.Index("timesheet_entry_entry", timesheet_entry.c.entry)

timesheet_history = sa.Table(
    "timesheet_history",
    metadata,
    sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
    sa.Column("organisation", ID, nullable=False),
    sa.Column("timesheet", ID, nullable=False),
    sa.Column("connection", ID, nullable=False),
    sa.Column("generation", sa.Integer, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("status", sa.String(12), nullable=False),
    sa.Column("total", Exact),
    sa.Column("payment_date", sa.Date),
    sa.Column("at", Instant, nullable=False),
    sa.UniqueConstraint("timesheet", "connection", "generation", "version", name="timesheet_history_once"),
)
