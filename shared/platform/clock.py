"""What time it is: the one place that asks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session


def _system() -> datetime:
    return datetime.now(UTC)


_source: Callable[[], datetime] = _system


def now() -> datetime:
    """The present instant, aware, in UTC."""
    return _source()


def lease_now(session: Session) -> datetime:
    """The instant that leases and quota go by: the database's own clock where workers run on several hosts."""
    if _source is _system and session.get_bind().dialect.name == "postgresql":
        return session.execute(select(func.clock_timestamp())).scalar_one().astimezone(UTC)
    return now()


@contextmanager
def use(source: Callable[[], datetime]) -> Iterator[None]:
    """Replace the time for a while; for tests."""
    global _source
    before, _source = _source, source
    try:
        yield
    finally:
        _source = before
