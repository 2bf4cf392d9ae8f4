"""What comes round by itself: due times are rows, a beat only rings, so two beats or a late one change nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from shared.platform import clock, jobs
from shared.platform.db import Database, Instant, metadata, reading, transaction
from shared.platform.session import Session, dialect, insert_in, prepared

due_row = sa.Table(
    "schedule",
    metadata,
    sa.Column("kind", sa.String(40), primary_key=True),
    sa.Column("subject", sa.String(80), primary_key=True),
    sa.Column("next_at", Instant, nullable=False),
)


@dataclass(frozen=True, slots=True)
class Tick:
    """A job that is asked for every so often; ``every`` is in seconds. ``wanted``, where given, says by a short read
    whether there is anything to do at all."""

    kind: str
    every: int
    subject: str = "*"
    queue: str = "bulk"
    wanted: Callable[[Session], bool] | None = None


def ring(db: Database, ticks: Sequence[Tick]) -> int:
    """Ask for the jobs whose time has come; give how many. Nothing is written while nothing is due."""
    with reading(db) as session:
        waiting = {tuple(row) for row in session.execute(*_later(clock.lease_now(session)))}
        due = [tick for tick in ticks if (tick.kind, tick.subject) not in waiting]
        due = [tick for tick in due if tick.wanted is None or tick.wanted(session)]
    return sum(_ring(db, tick) for tick in due)


@prepared
def _later(now: Any) -> sa.Select[Any]:
    return sa.select(due_row.c.kind, due_row.c.subject).where(due_row.c.next_at > now)


@prepared
def _moving(dialect: str, /, of_kind: Any, of_subject: Any, now: Any, later: Any) -> Any:
    new = insert_in(dialect, due_row).values(kind=of_kind, subject=of_subject, next_at=later)
    due = due_row.c.next_at <= now
    moved = new.on_conflict_do_update(index_elements=["kind", "subject"], set_={"next_at": later}, where=due)
    return moved.returning(due_row.c.kind)


def _ring(db: Database, tick: Tick) -> int:
    with transaction(db) as session:
        now = clock.lease_now(session)
        moving = _moving(dialect(session), tick.kind, tick.subject, now, now + timedelta(seconds=tick.every))
        if session.execute(*moving).first() is None:
            return 0
        jobs.ask(session, tick.kind, tick.subject, organisation="*", queue=tick.queue)
        return 1
