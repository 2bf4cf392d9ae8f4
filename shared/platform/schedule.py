"""What comes round by itself: due times are rows, a beat only rings, so two beats or a late one change nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa

from shared.platform import clock, jobs
from shared.platform.db import Database, Instant, metadata, reading, transaction
from shared.platform.session import insert

due_row = sa.Table(
    "schedule",
    metadata,
    sa.Column("kind", sa.String(40), primary_key=True),
    sa.Column("subject", sa.String(80), primary_key=True),
    sa.Column("next_at", Instant, nullable=False),
)


@dataclass(frozen=True, slots=True)
class Tick:
    """A job that is asked for every so often; ``every`` is in seconds."""

    kind: str
    every: int
    subject: str = "*"
    queue: str = "bulk"


def ring(db: Database, ticks: Sequence[Tick]) -> int:
    """Ask for the jobs whose time has come; give how many. Nothing is written while nothing is due."""
    with reading(db) as session:
        later = sa.select(due_row.c.kind, due_row.c.subject).where(due_row.c.next_at > clock.lease_now(session))
        waiting = {tuple(row) for row in session.execute(later)}
    return sum(_ring(db, tick) for tick in ticks if (tick.kind, tick.subject) not in waiting)


def _ring(db: Database, tick: Tick) -> int:
    with transaction(db) as session:
        now = clock.lease_now(session)
        key = {"kind": tick.kind, "subject": tick.subject}
        session.execute(insert(session, due_row).values(**key, next_at=now).on_conflict_do_nothing())
        mine = (due_row.c.kind == tick.kind, due_row.c.subject == tick.subject, due_row.c.next_at <= now)
        moved = session.execute(sa.update(due_row).where(*mine).values(next_at=now + timedelta(seconds=tick.every)))
        if moved.rowcount:
            jobs.ask(session, tick.kind, tick.subject, organisation="*", queue=tick.queue)
        return int(moved.rowcount)
