"""Sync runs: one execution of push or pull, with counts, for whoever waits for it or looks back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import uuid4

import sqlalchemy as sa

from shared.connector import store
from shared.connector.context import Connection, Connector
from shared.connector.models import sync_run as table
from shared.platform import clock, http
from shared.platform.db import reading, transaction
from shared.platform.jobs import job
from shared.platform.session import Session, insert, prepared


@dataclass(slots=True)
class Run:
    """The counts of a run under way: create, update, retire, blocked, refused, seen, changed; calls, once it has ended."""

    id: str
    counts: Counter[str] = field(default_factory=Counter)

    def count(self, what: str, how_many: int = 1) -> None:
        self.counts[what] += how_many


_END = sa.update(table).where(table.c.id == sa.bindparam("of"))


@contextmanager
def recorded(c: Connector, connection: Connection, kind: str) -> Iterator[Run]:
    """Record a run from its beginning; one that was killed shows no end."""
    run = Run(str(uuid4()))
    with transaction(c.db) as session:
        named = {"id": run.id, "organisation": connection.organisation, "connection": connection.id, "kind": kind}
        session.execute(insert(session, table), named | {"started_at": clock.now(), "counts": {}})
    try:
        with http.counted() as sent:
            yield run
    finally:
        run.counts["calls"] = sent()
        with transaction(c.db) as session:
            session.execute(_END, {"of": run.id, "ended_at": clock.now(), "counts": dict(run.counts)})


def last(session: Session, kind: str) -> dict[str, tuple[datetime, int]]:
    """When the last run of a kind that came to an end began, by connection, and the calls it took."""
    rows = session.execute(*_last(kind))
    return {row.connection: (row.started_at, int(row.counts.get("calls", 0))) for row in rows}


@prepared
def _last(kind: Any) -> sa.Select[Any]:
    ended = (table.c.kind == kind, table.c.ended_at.is_not(None))
    newest = sa.select(table.c.connection, sa.func.max(table.c.started_at).label("at")).where(*ended).group_by(table.c.connection)
    found = newest.subquery()
    both = sa.and_(table.c.connection == found.c.connection, table.c.started_at == found.c.at)
    return sa.select(table.c.connection, table.c.started_at, table.c.counts).join(found, both).where(*ended)


def latest(c: Connector, connection: Connection, *, limit: int = 20) -> list[dict[str, Any]]:
    """The newest runs of a connection, the newest first."""
    with reading(c.db) as session:
        mine = sa.select(table).where(table.c.connection == connection.id, store.of(table, connection.organisation))
        rows = session.execute(mine.order_by(table.c.started_at.desc()).limit(limit)).mappings().all()
    shown = ("id", "kind", "started_at", "ended_at", "counts")
    return [{name: row[name] for name in shown} for row in rows]


def busy(c: Connector, connection: Connection) -> bool:
    """Whether work for this connection is due or under way, so that whoever waits for it knows when to look."""
    with reading(c.db) as session:
        mine = (job.c.subject == connection.id, job.c.state.in_(("ready", "running")), job.c.due_at <= clock.now())
        return session.execute(sa.select(job.c.id).where(*mine).limit(1)).first() is not None
