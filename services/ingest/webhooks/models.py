"""The tables of webhooks: endpoints, what happened, whom it is told to, and every attempt to."""

from __future__ import annotations

import sqlalchemy as sa

from services.ingest.tables import ID, metadata
from shared.platform.db import Instant, Json

NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")
"""Ids that count up: events in the order in which they happened."""

endpoint = sa.Table(
    "webhook_endpoint",
    metadata,
    sa.Column("id", ID, primary_key=True),
    sa.Column("organisation", ID, nullable=False),
    sa.Column("url", sa.LargeBinary, nullable=False),  # sealed: it may carry a password of theirs
    sa.Column("description", sa.LargeBinary),  # sealed
    sa.Column("events", Json, nullable=False),  # names, families such as "invoice.*", or "*"
    sa.Column("state", sa.String(8), nullable=False),  # live | paused | disabled
    sa.Column("why", sa.String(40)),  # code of why it is disabled
    sa.Column("secret", sa.LargeBinary, nullable=False),  # sealed
    sa.Column("old_secret", sa.LargeBinary),  # sealed; signs as well
    sa.Column("old_secret_until", Instant),
    sa.Column("created", Instant, nullable=False),
    sa.Column("failures", sa.Integer, nullable=False),  # attempts without an answer of 2xx since the last one with it
    sa.Column("failing_since", Instant),
    sa.Column("rest_until", Instant),  # nothing is sent before
)
sa.Index("webhook_endpoint_organisation", endpoint.c.organisation, endpoint.c.state)

event = sa.Table(
    "webhook_event",
    metadata,
    sa.Column("number", NUMBER, primary_key=True, autoincrement=True),
    sa.Column("id", sa.String(40), nullable=False),  # follows from what it tells, so nothing is told twice
    sa.Column("organisation", ID, nullable=False),
    sa.Column("event", sa.String(40), nullable=False),
    sa.Column("subject", sa.String(80), nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),  # sealed
    sa.UniqueConstraint("id", name="webhook_event_once"),
    sqlite_autoincrement=True,
)
sa.Index("webhook_event_at", event.c.at)
sa.Index("webhook_event_organisation", event.c.organisation, event.c.at)

delivery = sa.Table(
    "webhook_delivery",
    metadata,
    sa.Column("endpoint", ID, primary_key=True),
    sa.Column("event", NUMBER, primary_key=True),
    sa.Column("organisation", ID, nullable=False),
    sa.Column("state", sa.String(9), nullable=False),  # waiting | delivered | failed
    sa.Column("attempts", sa.Integer, nullable=False),  # of the present 24 hours
    sa.Column("due_at", Instant, nullable=False),
    sa.Column("deadline", Instant, nullable=False),
    sa.Column("ended_at", Instant),
    sa.Column("status", sa.Integer),  # of the last answer
    sa.Column("why", sa.String(40)),  # code of the last failure
)
_waiting = delivery.c.state == "waiting"
sa.Index("webhook_delivery_due", delivery.c.endpoint, delivery.c.due_at, sqlite_where=_waiting, postgresql_where=_waiting)
sa.Index("webhook_delivery_deadline", delivery.c.deadline, sqlite_where=_waiting, postgresql_where=_waiting)

attempt = sa.Table(
    "webhook_attempt",
    metadata,
    sa.Column("id", NUMBER, primary_key=True, autoincrement=True),
    sa.Column("organisation", ID, nullable=False),
    sa.Column("endpoint", ID, nullable=False),
    sa.Column("event", NUMBER, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("milliseconds", sa.Integer, nullable=False),
    sa.Column("status", sa.Integer),
    sa.Column("why", sa.String(40)),
    sa.Column("answer", sa.LargeBinary),  # sealed: the beginning of what they said
)
sa.Index("webhook_attempt_of", attempt.c.endpoint, attempt.c.event)
sa.Index("webhook_attempt_at", attempt.c.at)
