"""How fast Xero may be asked: by the minute, at once and by the day for an organisation, by the minute for the whole app."""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import UTC, datetime, time, timedelta

from shared.kernel.errors import Retry
from shared.platform import clock, quota
from shared.platform.db import Database

A_MINUTE, AT_ONCE, APP_A_MINUTE = 60, 5, 10_000
PATIENCE = 15
"""Seconds that a call may wait for its turn. One write is a row of calls a second apart; to break it off costs more of them."""
LEASE = timedelta(seconds=150)  # longer than any answer may take
APP = "xero-app"


def take_turn(db: Database, tenant: str, calls_per_day: int) -> None:
    """Wait for the next place. Raises Retry when it is further off than makes sense to wait for."""
    waits = [quota.take(db, APP, rate=APP_A_MINUTE, per_seconds=60, burst=200, patience=PATIENCE)]
    if tenant:
        waits.append(quota.take(db, _minute(tenant), rate=A_MINUTE, per_seconds=60, burst=2, patience=PATIENCE))
        _count_day(db, tenant, calls_per_day)
    if max(waits):
        clock.sleep(max(waits) / 1000)


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


def _count_day(db: Database, tenant: str, calls_per_day: int) -> None:
    """Count the calls of the day in UTC: a bucket of its own that lets all of them through at once, and no more."""
    now = clock.now()
    bucket = f"xero-day:{tenant}:{now:%Y-%m-%d}"
    try:
        quota.take(db, bucket, rate=calls_per_day + 1, per_seconds=86_400, burst=calls_per_day, patience=0)
    except quota.Limited:
        tomorrow = datetime.combine(now.date() + timedelta(days=1), time(), UTC)
        raise Retry(
            "day_limit",
            f"This organisation's {calls_per_day} calls of the day are used up.",
            "It goes on by itself tomorrow; a greater number can be set as XERO_CALLS_PER_DAY if Xero grants it.",
            after=int((tomorrow - now).total_seconds()) + 1,
            limit="day",
            whole_tenant=True,
        ) from None
