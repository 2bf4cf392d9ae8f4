"""Quota: how long to wait before the next call of a provider, shared by all processes through one row per bucket.

GCRA: the row holds the theoretical arrival time of the next call, one statement moves it on. Spaced like that, the calls
stay under a limit that counts strictly in a sliding window. The arrival time is in microseconds, since a millisecond per
call would lose a seventh of 10,000 calls a minute; waits are answered in whole milliseconds.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import cache
from typing import Any

import sqlalchemy as sa

from shared.kernel.errors import Retry
from shared.platform import clock
from shared.platform.db import Database, Instant, metadata, reading, transaction
from shared.platform.session import Session, dialect, insert, insert_in

JITTER = 500_000  # microseconds that a call may take longer on its way than another
_ANY = 10**15  # microseconds: longer than anybody waits
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

quota_bucket = sa.Table(
    "quota_bucket",
    metadata,
    sa.Column("bucket", sa.String(120), primary_key=True),
    sa.Column("arrival", sa.BigInteger, nullable=False),
    sa.Column("closed_until", sa.BigInteger, nullable=False),  # after a 429
)
quota_slot = sa.Table(
    "quota_slot",
    metadata,
    sa.Column("bucket", sa.String(120), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("holder", sa.String(32), nullable=False),
    sa.Column("lease_until", Instant, nullable=False),
)


class Lane(StrEnum):
    """A person waits for interactive calls; ``reserved`` of the rate is theirs alone, so that a backlog can't starve them."""

    BULK = "bulk"
    INTERACTIVE = "interactive"


class Limited(Retry):
    """Over the limit for longer than the caller wants to wait."""

    status = 429


def take(
    db: Database,
    bucket: str,
    *,
    rate: int,
    per_seconds: int,
    burst: int,
    lane: str = Lane.BULK,
    reserved: int = 0,
    patience: int | None = None,
) -> int:
    """Take the next place in a bucket of ``rate`` calls per ``per_seconds``; give the milliseconds to wait before calling.

    ``burst`` calls may go at once. ``patience``: the longest wait in seconds that makes sense; beyond it nothing is taken
    and Limited is raised, telling when to try again.
    """
    with transaction(db) as session:
        how = {"rate": rate, "per_seconds": per_seconds, "burst": burst, "reserved": reserved}
        return take_in(session, bucket, **how, lane=lane, patience=patience)


def take_in(
    session: Session,
    bucket: str,
    *,
    rate: int,
    per_seconds: int,
    burst: int,
    lane: str = Lane.BULK,
    reserved: int = 0,
    patience: int | None = None,
) -> int:
    """The same in the running transaction, for whoever has several buckets to take from: all of them or none."""
    step, lag = _pace(rate - reserved, per_seconds, burst)
    most = None if patience is None else patience * 1_000_000
    now = _now(session)
    if lane == Lane.INTERACTIVE and reserved:
        wait = _advance(session, bucket, now, step, lag, 0)
        if wait is None:
            step, lag = _pace(reserved, per_seconds, max(1, min(burst, reserved // 2)))
            wait = _advance(session, _own(bucket), now, step, lag, most)
    else:
        wait = _advance(session, bucket, now, step, lag, most)
    if wait is None:
        after = _later(session, bucket, now, lag, most)
        raise Limited("rate_limited", f"The limit of {rate} calls in {per_seconds} s is used up.", after=after)
    return -(-wait // 1000)


def penalise(db: Database, bucket: str, until: datetime) -> None:
    """Close a bucket, both lanes, until the instant that the provider named; then calls start again one by one."""
    moment = _microseconds(until)
    with transaction(db) as session:
        for name in (bucket, _own(bucket)):
            new = insert(session, quota_bucket).values(bucket=name, arrival=0, closed_until=moment)
            longer = sa.case((quota_bucket.c.closed_until > moment, quota_bucket.c.closed_until), else_=moment)
            session.execute(new.on_conflict_do_update(index_elements=["bucket"], set_={"closed_until": longer}))


@contextmanager
def slot(db: Database, bucket: str, limit: int, lease: timedelta = timedelta(seconds=60)) -> Iterator[None]:
    """Hold one of ``limit`` places while calling; raises Retry when all are held. A dead holder's place frees itself."""
    holder = secrets.token_hex(8)
    with transaction(db) as session:
        taken = _take_slot(session, bucket, limit, holder, clock.lease_now(session) + lease)
    if not taken:
        raise Limited("all_slots_held", f"{limit} calls are under way already.", after=1)
    try:
        yield
    finally:
        with transaction(db) as session:
            session.execute(_LET_GO, {"of": bucket, "mine": holder})


def held(db: Database, bucket: str) -> int:
    """How many places of a bucket are held now."""
    with reading(db) as session:
        live = sa.and_(quota_slot.c.bucket == bucket, quota_slot.c.lease_until > clock.lease_now(session))
        return int(session.execute(sa.select(sa.func.count()).where(live)).scalar_one())


def _take_slot(session: Session, bucket: str, limit: int, holder: str, until: datetime) -> bool:
    told = {"of": bucket, "now": clock.lease_now(session)}
    busy = set(session.execute(_HELD, told).scalars())
    hold = _holding(dialect(session))
    for number in sorted(set(range(limit)) - busy):
        if session.execute(hold, {**told, "place": number, "mine": holder, "until": until}).first():
            return True
    return False


_NOW = sa.bindparam("now", type_=Instant)
_HELD = sa.select(quota_slot.c.number).where(quota_slot.c.bucket == sa.bindparam("of"), quota_slot.c.lease_until > _NOW)
_LET_GO = sa.delete(quota_slot).where(quota_slot.c.bucket == sa.bindparam("of"), quota_slot.c.holder == sa.bindparam("mine"))


@cache
def _holding(dialect: str) -> Any:
    until = sa.bindparam("until", type_=Instant)
    held = {"holder": sa.bindparam("mine"), "lease_until": until}
    new = insert_in(dialect, quota_slot).values(bucket=sa.bindparam("of"), number=sa.bindparam("place"), **held)
    free = quota_slot.c.lease_until <= _NOW
    mine = new.on_conflict_do_update(index_elements=["bucket", "number"], set_=held, where=free)
    return mine.returning(quota_slot.c.number)


def _pace(rate: int, per_seconds: int, burst: int) -> tuple[int, int]:
    """Microseconds between calls, and how far a burst may run ahead of that: burst + window / step stays within the rate."""
    if not 1 <= burst < rate:
        raise ValueError(f"a burst of {burst} does not fit a rate of {rate}")
    step = -(-(per_seconds * 1_000_000 + JITTER) // (rate - burst))
    return step, step * (burst - 1)


def _advance(session: Session, bucket: str, now: int, step: int, lag: int, most: int | None) -> int | None:
    """Move the arrival time on by one call; give the wait in microseconds, None when it would be longer than ``most``."""
    told = {"of": bucket, "now": now, "step": step, "lag": lag, "last": now + lag + (_ANY if most is None else most)}
    arrival = session.execute(_advancing(dialect(session)), told).scalar()
    return None if arrival is None else max(0, arrival - step - lag - now)


@cache
def _advancing(dialect: str) -> Any:
    """Every call of a provider goes by this statement, so it is put together once."""
    t = quota_bucket.c
    now, step, lag, last = (sa.bindparam(name, type_=sa.BigInteger) for name in ("now", "step", "lag", "last"))
    new = insert_in(dialect, quota_bucket).values(bucket=sa.bindparam("of"), arrival=now + step, closed_until=0)
    opened = sa.case((t.closed_until > now, t.closed_until + lag), else_=now)
    begin = sa.case((t.arrival > opened, t.arrival), else_=opened)
    changed = new.on_conflict_do_update(index_elements=["bucket"], set_={"arrival": begin + step}, where=begin <= last)
    return changed.returning(t.arrival)


def _later(session: Session, bucket: str, now: int, lag: int, most: int | None) -> int:
    """Seconds until a call would be let in again."""
    row = session.execute(sa.select(quota_bucket).where(quota_bucket.c.bucket == bucket)).one()
    begin = max(row.arrival, row.closed_until + lag)
    return max(1, -(-(begin - lag - now - (most or 0)) // 1_000_000))


def _own(bucket: str) -> str:
    return f"{bucket}/interactive"


def _now(session: Session) -> int:
    return _microseconds(clock.lease_now(session))


def _microseconds(instant: datetime) -> int:
    return (instant - _EPOCH) // timedelta(microseconds=1)
