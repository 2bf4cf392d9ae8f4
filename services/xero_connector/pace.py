"""How fast Xero may be asked: by the minute, at once and by the day for an organisation, by the minute for the whole app."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.kernel.errors import Retry
from shared.platform import clock, daily, quota
from shared.platform.db import Database, transaction
from shared.platform.session import Session

AT_ONCE, APP_A_MINUTE = 5, 10_000
BURST = 1
"""Calls of an organisation without a pause between them; with each more, fewer fit into a minute."""
PATIENCE = 15
"""Seconds that a call may wait for its turn. One write is a row of calls a second apart; to break it off costs more of them."""
LEASE = timedelta(seconds=150)  # longer than any answer may take
APP = "xero-app"

_BOOKED: ContextVar[tuple[datetime, ...]] = ContextVar("booked_calls", default=())
"""When the calls were counted that this thread of work has still to make."""


@dataclass(frozen=True, slots=True)
class Granted:
    """How often one organisation may be asked."""

    per_day: int = 1000
    per_minute: int = 60


SMALLEST = Granted()
"""What Xero grants its smallest tier."""


def between_calls(granted: Granted) -> timedelta:
    """The time from one call of an organisation to the next, at full pace."""
    return (timedelta(minutes=1) + timedelta(microseconds=quota.JITTER)) / (granted.per_minute - BURST)


def take_turn(db: Database, tenant: str, granted: Granted) -> None:
    """Wait for the next place. Raises Retry when it is further off than makes sense to wait for; then nothing is taken."""
    wait = 0
    with transaction(db) as session:
        if tenant:
            rate = granted.per_minute
            wait = quota.take_in(session, _minute(tenant), rate=rate, per_seconds=60, burst=BURST, patience=PATIENCE)
        wait = max(wait, quota.take_in(session, APP, rate=APP_A_MINUTE, per_seconds=60, burst=200, patience=PATIENCE))
        if tenant:
            _count(session, tenant, granted.per_day, timedelta(milliseconds=wait))
    if tenant:
        _BOOKED.set(_BOOKED.get()[1:])
    if wait:
        clock.sleep(wait / 1000)


def _count(session: Session, tenant: str, calls_per_day: int, wait: timedelta) -> None:
    """Count a call at the time at which it is made; one that was booked is not counted twice."""
    if booked := _BOOKED.get():
        daily.move_in(session, _day(tenant), booked[0], wait)
        return
    with _told(calls_per_day):
        daily.count_in(session, _day(tenant), 1, calls_per_day, wait)


@contextmanager
def booked(db: Database, tenant: str, calls: int, granted: Granted) -> Iterator[None]:
    """Take so many of the day's calls together, so that the day doesn't end in the middle of a write; what is left goes back."""
    calls = min(calls, granted.per_day)
    with _told(granted.per_day):
        at = daily.count(db, _day(tenant), calls, granted.per_day)
    mark = _BOOKED.set((at,) * calls)
    try:
        yield
    finally:
        left = len(_BOOKED.get())
        _BOOKED.reset(mark)
        if left:
            daily.give_back(db, _day(tenant), at, left)


@contextmanager
def _told(calls_per_day: int) -> Iterator[None]:
    """Who has used up a day hears what can be done about it."""
    try:
        yield
    except Retry as used_up:
        why = f"This organisation's {calls_per_day} calls of 24 hours are used up."
        remedy = f"{used_up.remedy} A greater number can be set as XERO_CALLS_PER_DAY if Xero grants it."
        raise Retry(used_up.code, why, remedy, after=used_up.after, **used_up.facts) from None


def made(db: Database, tenant: str) -> Sequence[tuple[datetime, int]]:
    """An organisation's calls that still count: until when they do, and how many there were."""
    return daily.made(db, _day(tenant))


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


def _day(tenant: str) -> str:
    return f"xero-day:{tenant}"
