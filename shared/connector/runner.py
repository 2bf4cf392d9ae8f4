"""Running a connection's work in the background: the one place that turns a lost authorisation into a state."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta

import sqlalchemy as sa

from shared.connector import follow, problems, runs, store
from shared.connector.context import Connection, Connector
from shared.connector.models import connection as table
from shared.connector.pull import pull
from shared.connector.push import push
from shared.connector.runs import Run
from shared.contract.statuses import ConnectionState
from shared.kernel.errors import Missing, Reconnect
from shared.platform import audit, clock, jobs
from shared.platform.db import reading, transaction
from shared.platform.jobs import Job
from shared.platform.schedule import Tick

FOLLOW_EVERY = 2  # seconds
PULL_EVERY = 300  # seconds; callbacks make it sooner, and reads are metered
ROUNDS_SHARE = 4
"""Rounds take a fourth of a tenant's calls of the day; the rest is for writing, and for people who wait."""

Work = Callable[[Connector, Job, Connection, Run], None]


def handlers(c: Connector) -> Mapping[str, Callable[[Job], None]]:
    """What a connector's workers can do, by job kind."""
    return {
        "follow": lambda job: follow.follow(c, job),
        "catch_up": lambda job: follow.catch_up_connection(c, job),
        "rounds": lambda job: _rounds(c, job),
        "push": lambda job: _connection_work(c, job, push),
        "pull": lambda job: _connection_work(c, job, pull),
        "audit.chain": lambda job: audit.chain(c.db),
    }


def own(c: Connector, handlers: Mapping[str, Callable[[Job], None]]) -> Mapping[str, Callable[[Job], None]]:
    """A connector's own work on its connections, which loses an authorisation like any other."""

    def watched(handler: Callable[[Job], None]) -> Callable[[Job], None]:
        return lambda job: _while_connected(c, job, lambda connection: handler(job))

    return {kind: watched(handler) for kind, handler in handlers.items()}


def ticks() -> tuple[Tick, ...]:
    """What comes round by itself."""
    return Tick("follow", FOLLOW_EVERY), Tick("rounds", PULL_EVERY), Tick("audit.chain", 60)


def _rounds(c: Connector, job: Job) -> None:
    """Ask for a pull of every live connection, as often as its calls of the day allow."""
    now = clock.now()
    with transaction(c.db) as session:
        before = runs.last(session, "pull")
        for row in store.live(session):
            began, calls = before.get(row["id"], (None, 0))
            if began is None or began + _pause(c, calls) <= now:
                jobs.ask(session, "pull", row["id"], organisation=row["organisation"])


def _pause(c: Connector, calls: int) -> timedelta:
    """How long to leave a tenant alone after a pull that took so many calls: all rounds together take a share of its day."""
    most = c.provider.info.calls_per_day
    return timedelta(days=1) * calls * ROUNDS_SHARE / most if most else timedelta(0)


def _connection_work(c: Connector, job: Job, work: Work) -> None:
    def recorded(connection: Connection) -> None:
        with runs.recorded(c, connection, job.kind) as run:
            work(c, job, connection, run)

    _while_connected(c, job, recorded)


def _while_connected(c: Connector, job: Job, work: Callable[[Connection], None]) -> None:
    try:
        with reading(c.db) as session:
            connection = store.connection(c, session, job.subject, job.organisation)
    except Missing:
        return
    if connection.state != ConnectionState.LIVE:
        return  # connecting again asks for it anew; what is wanted stays wanted
    try:
        work(connection)
    except Reconnect as failure:
        ask_to_reconnect(c, connection, failure)


def ask_to_reconnect(c: Connector, connection: Connection, failure: Reconnect) -> None:
    """A lost authorisation becomes the connection's state, and a problem, at once."""
    with transaction(c.db) as session:
        mine = sa.update(table).where(table.c.id == connection.id, table.c.state != ConnectionState.DISCONNECTED)
        session.execute(mine.values(state=ConnectionState.NEEDS_RECONNECT))
        store.tell_connection(session, connection.organisation, connection.id)
        problems.open_(c, session, connection.organisation, connection.id, connection.id, failure)
