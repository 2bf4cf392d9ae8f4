"""The tables of status: what each connection last said of an invoice, the history of it, and open problems."""

from __future__ import annotations

import sqlalchemy as sa

from services.ingest.tables import ID, metadata
from shared.platform.db import Exact, Instant

invoice_status = sa.Table(
    "invoice_status",
    metadata,
    sa.Column("invoice", ID, primary_key=True),
    sa.Column("connection", ID, primary_key=True),
    sa.Column("organisation", ID, nullable=False),
    sa.Column("service", sa.String(40), nullable=False),  # whose feed told it
    sa.Column("binding", sa.String(64), nullable=False),  # the feed's subject; problems name it too
    sa.Column("version", sa.Integer, nullable=False),  # of the message
    sa.Column("generation", sa.Integer, nullable=False),
    sa.Column("status", sa.String(12), nullable=False),
    sa.Column("binding_state", sa.String(10), nullable=False),
    sa.Column("wanted_version", sa.Integer, nullable=False),
    sa.Column("pushed_version", sa.Integer, nullable=False),
    sa.Column("external_id", sa.String(200)),
    sa.Column("external_number", sa.String(200)),
    sa.Column("deep_link", sa.Text),
    sa.Column("total", Exact),
    sa.Column("balance", Exact),
    sa.Column("problem", sa.String(200)),
    sa.Column("at", Instant, nullable=False),
)
sa.Index("invoice_status_binding", invoice_status.c.binding)

status_history = sa.Table(
    "status_history",
    metadata,
    sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
    sa.Column("organisation", ID, nullable=False),
    sa.Column("invoice", ID, nullable=False),
    sa.Column("connection", ID, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("status", sa.String(12), nullable=False),
    sa.Column("total", Exact),
    sa.Column("balance", Exact),
    sa.Column("at", Instant, nullable=False),
    sa.UniqueConstraint("invoice", "connection", "version", name="status_history_once"),
)

problem = sa.Table(
    "problem",
    metadata,
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("organisation", ID, nullable=False),
    sa.Column("service", sa.String(40), nullable=False),
    sa.Column("connection", sa.String(64)),
    sa.Column("code", sa.String(200), nullable=False),
    sa.Column("subject", sa.String(200), nullable=False),
    sa.Column("about", ID),  # the person or client whose key seals the cause; null: the organisation's
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("cause", sa.LargeBinary, nullable=False),  # sealed: a provider's text may name somebody
    sa.Column("remedy", sa.Text, nullable=False),
    sa.Column("blocks", sa.Integer, nullable=False),
    sa.Column("open", sa.Boolean, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("at", Instant, nullable=False),
)
sa.Index("problem_open", problem.c.organisation, problem.c.open)

connection_state = sa.Table(
    "connection_state",
    metadata,
    sa.Column("connection", ID, primary_key=True),
    sa.Column("organisation", ID, nullable=False),
    sa.Column("service", sa.String(40), nullable=False),  # whose feed told it
    sa.Column("state", sa.String(16), nullable=False),  # statuses.ConnectionState
    sa.Column("changes", sa.Integer, nullable=False),  # counts up
    sa.Column("at", Instant, nullable=False),
)
