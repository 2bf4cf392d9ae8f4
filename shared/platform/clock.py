"""What time it is: the one place that asks."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from sqlalchemy import func, select

from shared.platform.session import Session


def _system() -> datetime:
    return datetime.now(UTC)


_source: Callable[[], datetime] = _system
_sleep: Callable[[float], object] = time.sleep


def now() -> datetime:
    """The present instant, aware, in UTC."""
    return _source()


def lease_now(session: Session) -> datetime:
    """The instant that leases and quota go by: the database's own clock where workers run on several hosts."""
    if _source is _system and session.dialect.name == "postgresql":
        return session.execute(select(func.clock_timestamp())).scalar_one().astimezone(UTC)
    return now()


def sleep(seconds: float) -> None:
    """Wait for a moment; with a replaced clock, however long that takes there."""
    _sleep(seconds)


@contextmanager
def use(source: Callable[[], datetime], sleeping: Callable[[float], object] = time.sleep) -> Iterator[None]:
    """Replace the time, and what sleeping does, for a while; for tests."""
    global _source, _sleep
    before = _source, _sleep
    _source, _sleep = source, sleeping
    try:
        yield
    finally:
        _source, _sleep = before
