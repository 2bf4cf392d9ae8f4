"""What comes round by itself: deliveries whose day is over are marked, lost jobs asked for again, old events removed."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from services.ingest.webhooks.deliver import Report, failed, give_up
from services.ingest.webhooks.models import delivery, endpoint
from services.ingest.webhooks.store import DELIVER, forget
from shared.platform import clock, jobs
from shared.platform.db import Database, transaction
from shared.platform.session import Session

KIND = "webhook.tidy"  # job kind
EVERY = 600  # seconds
KEPT = timedelta(days=30)
"""How long an event, its body and its attempts are kept, and can be replayed."""
OVERDUE = timedelta(minutes=10)


def tidy(db: Database, report: Report) -> None:
    """All of it."""
    with transaction(db) as session:
        now = clock.lease_now(session)
        over = give_up(session, "webhook_day_over", delivery.c.deadline <= now)
        for organisation, number in sorted(over):
            report(session, organisation, number, "webhook_undelivered", failed(session, organisation, number))
        _wake(session)
    while True:
        with transaction(db) as session:
            if not forget(session, clock.now() - KEPT):
                return


def _wake(session: Session) -> None:
    """Ask again for what is long due: a job that a fault of ours parked would be missed."""
    late = sa.and_(delivery.c.state == "waiting", delivery.c.due_at < clock.lease_now(session) - OVERDUE)
    waiting = sa.select(delivery.c.endpoint).where(late)
    live = sa.select(endpoint.c.id, endpoint.c.organisation).where(endpoint.c.state == "live", endpoint.c.id.in_(waiting))
    for row in session.execute(live).all():
        jobs.ask(session, DELIVER, row.id, organisation=row.organisation)
