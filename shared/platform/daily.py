"""A caller's calls of the last 24 hours, counted: a provider's day begins nobody knows when, so any 24 hours will do.

The counts are rows of the quota's own table, one for each few seconds in which there were calls.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import accumulate
from typing import Any

import sqlalchemy as sa

from shared.kernel.errors import Retry
from shared.platform import clock
from shared.platform.db import Database, reading, transaction
from shared.platform.quota import quota_bucket as table
from shared.platform.session import Session, dialect, insert_in

DAY = timedelta(hours=24)
GRAIN = 4  # seconds
SLACK = timedelta(seconds=2)  # that one call may take longer on its way than another
COUNTS = DAY + SLACK + timedelta(seconds=GRAIN)  # from a row's beginning
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def count(db: Database, bucket: str, calls: int, most: int) -> datetime:
    """Count calls that are made now; gives that time. Raises Retry when the last 24 hours had too many."""
    with transaction(db) as session:
        return count_in(session, bucket, calls, most, timedelta(0))


def count_in(session: Session, bucket: str, calls: int, most: int, wait: timedelta) -> datetime:
    """The same in the running transaction, for calls that are made ``wait`` from now."""
    at = clock.lease_now(session) + wait
    _alone(session, bucket)
    if session.execute(_SUM, _between(bucket, at - COUNTS, at + DAY)).scalar_one() + calls > most:
        raise _used_up(_rows(session, bucket, at), calls, most, clock.lease_now(session))
    if _add(session, bucket, at, calls) == calls:  # a new row: an old one may have had its day
        session.execute(_DROP, _between(bucket, _EPOCH, at - COUNTS))
    return at


def move_in(session: Session, bucket: str, counted: datetime, wait: timedelta) -> None:
    """A call that was counted earlier is made ``wait`` from now."""
    _alone(session, bucket)
    _add(session, bucket, counted, -1)
    _add(session, bucket, clock.lease_now(session) + wait, 1)


def give_back(db: Database, bucket: str, counted: datetime, calls: int) -> None:
    """Calls that were counted and not made."""
    with transaction(db) as session:
        _alone(session, bucket)
        _add(session, bucket, counted, -calls)


def made(db: Database, bucket: str) -> Sequence[tuple[datetime, int]]:
    """The calls of the last 24 hours, the oldest first: until when they count, and how many there were."""
    with reading(db) as session:
        return _rows(session, bucket, clock.lease_now(session))


# ---- rows; every call goes by these statements, so each is put together once

_NAMES = (table.c.bucket > sa.bindparam("after"), table.c.bucket <= sa.bindparam("until"))
_SUM = sa.select(sa.cast(sa.func.coalesce(sa.func.sum(table.c.arrival), 0), sa.BigInteger)).where(*_NAMES)
_DROP = sa.delete(table).where(*_NAMES)
_MADE = sa.select(table.c.bucket, table.c.arrival).where(*_NAMES, table.c.arrival > 0).order_by(table.c.bucket)


def _between(bucket: str, after: datetime, until: datetime) -> dict[str, str]:
    return {"after": _name(bucket, after), "until": _name(bucket, until)}


def _rows(session: Session, bucket: str, at: datetime) -> list[tuple[datetime, int]]:
    found: Any = session.execute(_MADE, _between(bucket, at - COUNTS, at + DAY))
    return [(_begin(row.bucket) + COUNTS, int(row.arrival)) for row in found]


def _used_up(rows: Sequence[tuple[datetime, int]], calls: int, most: int, now: datetime) -> Retry:
    """When enough of them are 24 hours old."""
    over = sum(made for _, made in rows) + calls - most
    sums = accumulate(made for _, made in rows)
    until = next((until for (until, _), freed in zip(rows, sums, strict=True) if freed >= over), now + DAY)
    return Retry(
        "day_limit",
        f"The {most} calls of 24 hours are used up.",
        "It goes on by itself when they are over.",
        after=max(1, -(-(until - now) // timedelta(seconds=1))),
        limit="day",
        whole_tenant=True,
    )


def _alone(session: Session, bucket: str) -> None:
    """Whoever counts in this bucket waits for the one before."""
    session.execute(_adding(dialect(session)), {"of": bucket, "calls": 0})


def _add(session: Session, bucket: str, at: datetime, calls: int) -> int:
    """Gives what its row then has."""
    return int(session.execute(_adding(dialect(session)), {"of": _name(bucket, at), "calls": calls}).scalar_one())


@cache
def _adding(dialect: str) -> Any:
    calls = sa.bindparam("calls", type_=sa.BigInteger)
    new = insert_in(dialect, table).values(bucket=sa.bindparam("of"), arrival=calls, closed_until=0)
    more = new.on_conflict_do_update(index_elements=["bucket"], set_={"arrival": table.c.arrival + calls})
    return more.returning(table.c.arrival)


def _name(bucket: str, at: datetime) -> str:
    """A row's key, in the order of time."""
    seconds = int(at.timestamp()) // GRAIN * GRAIN
    return f"{bucket}:{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}"


def _begin(name: str) -> datetime:
    return datetime.fromisoformat(name[-19:]).replace(tzinfo=UTC)
