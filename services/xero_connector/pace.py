"""How fast Xero may be asked: by the minute, at once and by the day for an organisation, by the minute for the whole app."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from datetime import datetime, timedelta

from services.xero_connector import day
from shared.kernel.errors import Retry
from shared.platform import clock, quota
from shared.platform.db import Database

A_MINUTE, AT_ONCE, APP_A_MINUTE = 60, 5, 10_000
BURST = 1
"""Calls of an organisation without a pause between them; with each more, fewer fit into a minute."""
PATIENCE = 15
"""Seconds that a call may wait for its turn. One write is a row of calls a second apart; to break it off costs more of them."""
LEASE = timedelta(seconds=150)  # longer than any answer may take
APP = "xero-app"

_BOOKED: ContextVar[tuple[datetime, ...]] = ContextVar("booked_calls", default=())
"""When the calls were counted that this thread of work has still to make."""


def between_calls() -> timedelta:
    """The time from one call of an organisation to the next, at full pace."""
    return (timedelta(minutes=1) + timedelta(microseconds=quota.JITTER)) / (A_MINUTE - BURST)


def take_turn(db: Database, tenant: str, calls_per_day: int) -> None:
    """Wait for the next place. Raises Retry when it is further off than makes sense to wait for."""
    wait = quota.take(db, APP, rate=APP_A_MINUTE, per_seconds=60, burst=200, patience=PATIENCE)
    if tenant:
        bucket = _minute(tenant)
        wait = max(wait, quota.take(db, bucket, rate=A_MINUTE, per_seconds=60, burst=BURST, patience=PATIENCE))
        _count(db, tenant, calls_per_day, timedelta(milliseconds=wait))
    if wait:
        clock.sleep(wait / 1000)


def _count(db: Database, tenant: str, calls_per_day: int, wait: timedelta) -> None:
    """Count a call at the time at which it is made; one that was booked is not counted twice."""
    booked = _BOOKED.get()
    if booked:
        _BOOKED.set(booked[1:])
        day.move(db, tenant, booked[0], wait)
    else:
        day.count(db, tenant, 1, calls_per_day, wait)


@contextmanager
def booked(db: Database, tenant: str, calls: int, calls_per_day: int) -> Iterator[None]:
    """Take so many of the day's calls together, so that the day doesn't end in the middle of a write; what is left goes back."""
    at = day.count(db, tenant, min(calls, calls_per_day), calls_per_day, timedelta(0))
    mark = _BOOKED.set((at,) * min(calls, calls_per_day))
    try:
        yield
    finally:
        left = len(_BOOKED.get())
        _BOOKED.reset(mark)
        if left:
            day.give_back(db, tenant, at, left)


def under_way(db: Database, tenant: str) -> AbstractContextManager[None]:
    """One of the calls that an organisation answers at once."""
    return quota.slot(db, f"xero-at-once:{tenant}", AT_ONCE, LEASE)


def slow_down(db: Database, tenant: str, failure: Retry) -> None:
    """After a refusal for a limit: nobody asks this organisation, or with this app, until the time that Xero named."""
    if "limit" not in failure.facts:
        return
    bucket = _minute(tenant) if failure.facts.get("whole_tenant") else APP
    quota.penalise(db, bucket, clock.now() + timedelta(seconds=failure.after or 60))


def _minute(tenant: str) -> str:
    return f"xero:{tenant}"
