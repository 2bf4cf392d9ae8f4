"""Sync runs: one execution of push or pull, with counts, for whoever waits for it or looks back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import sqlalchemy as sa

from shared.connector import store
from shared.connector.context import Connection, Connector
from shared.connector.models import sync_run as table
from shared.platform import clock
from shared.platform.db import reading, transaction
from shared.platform.jobs import job


@dataclass(slots=True)
class Run:
    """The counts of a run under way: create, update, retire, blocked, refused, seen, changed."""

    id: str
    counts: Counter[str] = field(default_factory=Counter)

    def count(self, what: str, how_many: int = 1) -> None:
        self.counts[what] += how_many


@contextmanager
def recorded(c: Connector, connection: Connection, kind: str) -> Iterator[Run]:
    """Record a run from its beginning; one that was killed shows no end."""
    run = Run(str(uuid4()))
    with transaction(c.db) as session:
        named = {"id": run.id, "organisation": connection.organisation, "connection": connection.id, "kind": kind}
        session.execute(sa.insert(table).values(**named, started_at=clock.now(), counts={}))
    try:
        yield run
    finally:
        with transaction(c.db) as session:
            ended = {"ended_at": clock.now(), "counts": dict(run.counts)}
            session.execute(sa.update(table).where(table.c.id == run.id).values(ended))


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
