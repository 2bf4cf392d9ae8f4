"""An organisation's calls of the last 24 hours, counted: its day over there begins nobody knows when, so any 24 hours will do.

The counts are rows of the quota's own table, one for each few seconds in which there were calls.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from shared.kernel.errors import Retry
from shared.platform import clock
from shared.platform import db as database
from shared.platform.db import Database, reading, transaction
from shared.platform.quota import quota_bucket as table

DAY = timedelta(hours=24)
GRAIN = 4  # seconds
SLACK = timedelta(seconds=2)  # that one call may take longer on its way than another
COUNTS = DAY + SLACK + timedelta(seconds=GRAIN)  # from a row's beginning
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def count(db: Database, tenant: str, calls: int, most: int, wait: timedelta) -> datetime:
    """Count calls that are made ``wait`` from now; gives that time. Raises Retry when the last 24 hours had too many."""
    with transaction(db) as session:
        at = clock.lease_now(session) + wait
        _alone(session, tenant)
        if _sum(session, tenant, at) + calls > most:
            raise _used_up(_rows(session, tenant, at), calls, most, clock.lease_now(session))
        _add(session, tenant, at, calls)
        session.execute(sa.delete(table).where(*_between(tenant, _EPOCH, at - COUNTS)))
    return at


def move(db: Database, tenant: str, counted: datetime, wait: timedelta) -> None:
    """A call that was counted earlier is made ``wait`` from now."""
    with transaction(db) as session:
        _alone(session, tenant)
        _add(session, tenant, counted, -1)
        _add(session, tenant, clock.lease_now(session) + wait, 1)


def give_back(db: Database, tenant: str, counted: datetime, calls: int) -> None:
    """Calls that were counted and not made."""
    with transaction(db) as session:
        _alone(session, tenant)
        _add(session, tenant, counted, -calls)


def made(db: Database, tenant: str) -> Sequence[tuple[datetime, int]]:
    """The calls of the last 24 hours, the oldest first: until when they count, and how many there were."""
    with reading(db) as session:
        return _rows(session, tenant, clock.lease_now(session))


def _sum(session: Session, tenant: str, at: datetime) -> int:
    added = sa.select(sa.func.coalesce(sa.func.sum(table.c.arrival), 0))
    return int(session.execute(added.where(*_counting(tenant, at))).scalar_one())


def _rows(session: Session, tenant: str, at: datetime) -> list[tuple[datetime, int]]:
    mine = sa.select(table.c.bucket, table.c.arrival).where(*_counting(tenant, at), table.c.arrival > 0)
    found: Any = session.execute(mine.order_by(table.c.bucket))
    return [(_begin(row.bucket) + COUNTS, int(row.arrival)) for row in found]


def _counting(tenant: str, at: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    return _between(tenant, at - COUNTS, at + DAY)


def _between(tenant: str, after: datetime, until: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    return table.c.bucket > _name(tenant, after), table.c.bucket <= _name(tenant, until)


def _used_up(rows: Sequence[tuple[datetime, int]], calls: int, most: int, now: datetime) -> Retry:
    """When enough of them are 24 hours old."""
    over = sum(made for _, made in rows) + calls - most
    sums = accumulate(made for _, made in rows)
    until = next((until for (until, _), freed in zip(rows, sums, strict=True) if freed >= over), now + DAY)
    return Retry(
        "day_limit",
        f"This organisation's {most} calls of 24 hours are used up.",
        "It goes on by itself when they are over; a greater number can be set as XERO_CALLS_PER_DAY if Xero grants it.",
        after=max(1, -(-(until - now) // timedelta(seconds=1))),
        limit="day",
        whole_tenant=True,
    )


def _alone(session: Session, tenant: str) -> None:
    """Whoever counts for this organisation waits for the one before."""
    new = database.insert(session, table).values(bucket=_name(tenant), arrival=0, closed_until=0)
    session.execute(new.on_conflict_do_update(index_elements=["bucket"], set_={"arrival": 0}))


def _add(session: Session, tenant: str, at: datetime, calls: int) -> None:
    new = database.insert(session, table).values(bucket=_name(tenant, at), arrival=calls, closed_until=0)
    session.execute(new.on_conflict_do_update(index_elements=["bucket"], set_={"arrival": table.c.arrival + calls}))


def _name(tenant: str, at: datetime | None = None) -> str:
    """A row's key, in the order of time; without a time, that of the row that is held while counting."""
    if at is None:
        return f"xero-day:{tenant}"
    seconds = int(at.timestamp()) // GRAIN * GRAIN
    return f"xero-day:{tenant}:{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}"


def _begin(name: str) -> datetime:
    return datetime.fromisoformat(name[-19:]).replace(tzinfo=UTC)
