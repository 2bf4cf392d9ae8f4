"""One unit of work on SQLite or PostgreSQL: how a transaction opens, numbers its feed rows, commits and wakes its jobs."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from shared.kernel import canonical
from shared.platform import bulk
from shared.platform.faultpoint import faultpoint
from shared.platform.session import Session

metadata = sa.MetaData()
"""Tables of the platform itself; every service's database has them all."""

FEED_LOCK = 0x7EED  # any constant: PostgreSQL advisory locks are per database, and each service has its own
LOCK_PATIENCE = "2s"
_HOLD_FEED = (
    f"SELECT set_config('idle_in_transaction_session_timeout', '{LOCK_PATIENCE}', true), pg_advisory_xact_lock({FEED_LOCK})"
)
IDLE = 2
"""Seconds after which a connection is asked whether it still is one."""
MOST_FEED_ROWS = 5_000
"""Feed rows in one transaction; more would hold the lock, and so every other writer, too long."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_OPEN: ContextVar[tuple[Database | None, ...]] = ContextVar("open_transactions", default=())
"""What this thread of work holds open: a database for a transaction, None for a read."""


class Span(sa.types.TypeDecorator[timedelta]):
    """A length of time to add to an Instant in SQL; microseconds on SQLite."""

    impl = sa.Interval
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> Any:
        return dialect.type_descriptor(sa.BigInteger() if dialect.name == "sqlite" else postgresql.INTERVAL())

    def process_bind_param(self, value: timedelta | None, dialect: sa.Dialect) -> Any:
        return value // _MICROSECOND if value is not None and dialect.name == "sqlite" else value


class Instant(sa.types.TypeDecorator[datetime]):
    """An aware UTC datetime. SQLite, which knows no zones, keeps microseconds since 1970."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> Any:
        return dialect.type_descriptor(sa.BigInteger() if dialect.name == "sqlite" else sa.DateTime(timezone=True))

    def coerce_compared_value(self, op: Any, value: Any) -> Any:
        return Span() if isinstance(value, timedelta) else self

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> Any:
        if value is not None and value.tzinfo is None:
            raise ValueError(f"{value} has no zone, so it is no instant")  # the server would take it in its own zone
        return (value - _EPOCH) // _MICROSECOND if value is not None and dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> datetime | None:
        return _EPOCH + value * _MICROSECOND if isinstance(value, int) else value and value.astimezone(UTC)


class Exact(sa.types.TypeDecorator[Decimal]):
    """A Decimal that comes back as it went in. SQLite, whose numbers are binary, keeps text: don't sum or sort by it there."""

    impl = sa.Numeric
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> Any:
        return dialect.type_descriptor(sa.String(40) if dialect.name == "sqlite" else sa.Numeric())

    def process_bind_param(self, value: Decimal | int | None, dialect: sa.Dialect) -> Any:
        if value is None:
            return None
        if not isinstance(value, Decimal | int) or not Decimal(value).is_finite():
            raise ValueError(f"{value!r} is no exact number")  # PostgreSQL would round a binary one, and store NaN
        return format(Decimal(value), "f") if dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> Decimal | None:
        return Decimal(value) if isinstance(value, str) else value


class Json(sa.types.TypeDecorator[Any]):
    """A small plain value as canonical JSON text; numbers come back as Decimal or int."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: sa.Dialect) -> str | None:
        return None if value is None else canonical.dumps(value).decode()

    def process_result_value(self, value: str | None, dialect: sa.Dialect) -> Any:
        return None if value is None else canonical.loads(value)


feed = sa.Table(
    "feed",
    metadata,
    sa.Column("position", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
    sa.Column("organisation", sa.String(64), nullable=False),
    sa.Column("kind", sa.String(40), nullable=False),
    sa.Column("subject", sa.String(64), nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sqlite_autoincrement=True,
)
FEED_ROW = ("organisation", "kind", "subject", "version", "at")
"""What a collected row says, in this order."""

audit = sa.Table(
    "audit",
    metadata,
    sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
    sa.Column("organisation", sa.String(64), nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("actor", sa.String(80), nullable=False),
    sa.Column("action", sa.String(80), nullable=False),
    sa.Column("subject", sa.String(80), nullable=False),
    sa.Column("facts", Json, nullable=False),
    sa.Column("position", sa.BigInteger),  # NULL: not sealed yet
    sa.Column("hash", sa.String(64)),  # SHA-256 of the row before and this row
    sa.UniqueConstraint("organisation", "position", name="audit_position"),
    sqlite_autoincrement=True,
)
sa.Index("audit_unsealed", audit.c.id, sqlite_where=audit.c.position.is_(None), postgresql_where=audit.c.position.is_(None))
AUDIT_ROW = ("organisation", "at", "actor", "action", "subject", "facts")
"""The same of an audit row; ``audit`` seals them later."""


@dataclass(slots=True)
class Database:
    """One service's database. ``ring`` is told the ids of jobs just committed; it must not raise.

    ``lease`` is how long a taken job stays with a worker that no longer answers, ``resend`` how long a job's message may
    be on its way before anybody asks whether it is lost.
    """

    engine: sa.Engine
    sqlite: bool
    write_lock: AbstractContextManager[Any]
    lease: timedelta
    resend: timedelta
    ring: Callable[[Sequence[int]], None] = field(default=lambda ids: None)

    def dispose(self, *, close: bool = True) -> None:
        self.engine.dispose(close=close)


def open_database(url: str, *, pool_size: int = 10, lease_seconds: int = 30, resend_seconds: int = 5) -> Database:
    """Open ``sqlite:///PATH`` or ``postgresql+psycopg://…``. SQLite writers of one process queue on one lock."""
    lease, resend = timedelta(seconds=lease_seconds), timedelta(seconds=resend_seconds)
    if url.startswith("sqlite"):
        engine = sa.create_engine(url, connect_args={"timeout": 30})
        sa.event.listen(engine, "connect", _sqlite_connect)
        return Database(engine, True, threading.RLock(), lease, resend)
    engine = sa.create_engine(url, pool_size=pool_size, max_overflow=pool_size)
    sa.event.listen(engine, "connect", _postgresql_connect)
    sa.event.listen(engine, "checkout", partial(_postgresql_checkout, engine.dialect.loaded_dbapi.Error))
    sa.event.listen(engine, "checkin", _postgresql_checkin)
    return Database(engine, False, nullcontext(), lease, resend)


_PRAGMAS = (
    *("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", "busy_timeout=30000", "secure_delete=ON"),
    "cache_size=-32768",  # KiB; ids come in no order, so a large table's index needs room while it is written
)


def _sqlite_connect(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # a Session says BEGIN
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _postgresql_connect(connection: Any, _record: Any) -> None:
    # A killed client's locks must go: checked while a statement runs, and when a transaction is left idle.
    with connection.cursor() as cursor:
        cursor.execute("SET client_connection_check_interval = '200ms'")
        cursor.execute("SET idle_in_transaction_session_timeout = '30s'")
        # The driver prepares what runs often. Planned once for all values, while a table was small, it would be slow later.
        cursor.execute("SET plan_cache_mode = force_custom_plan")
    connection.commit()


def _postgresql_checkout(broken: type[Exception], connection: Any, record: Any, _proxy: Any) -> None:
    """Ask a connection that has lain idle whether it still is one: if each unit of work did, it would be one round trip of
    the four that a short read takes.

    The server may have been restarted. Where that happens between two units of work, the next one fails, and with it every
    pooled connection is given up: a caller is told to come again, a job is done again.
    """
    if time.monotonic() - record.info.get("used", -IDLE) >= IDLE:
        try:
            connection.execute("SELECT 1")
            connection.commit()  # a ROLLBACK would lose its prepared statements
        except broken as error:
            raise sa.exc.DisconnectionError from error


def _postgresql_checkin(connection: Any, record: Any) -> None:
    record.info["used"] = time.monotonic()
    if connection is not None and not connection.closed and connection.autocommit:
        connection.autocommit = False  # a Session read through it


@contextmanager
def transaction(db: Database) -> Iterator[Session]:
    """The only way to write: feed rows are inserted last, under one lock, and jobs are rung after the commit.

    Never suspend a generator inside it, and never call the network: ``platform.http`` refuses while one is open.
    """
    if any(mine is db for mine in _OPEN.get()):
        raise RuntimeError("a transaction inside a transaction of the same database: they would wait for each other")
    with db.write_lock, Session(db.engine) as session:
        mark = _OPEN.set((*_OPEN.get(), db))
        try:
            feed_rows = session.feed = []
            session.begin()
            yield session
            _write_last(session, db)
            if feed_rows:
                faultpoint("feed.before_commit")
            session.commit()
        finally:
            _OPEN.reset(mark)
    if feed_rows:
        faultpoint("feed.committed")
    if session.jobs:
        db.ring(session.jobs)


def _write_last(session: Session, db: Database) -> None:
    """Insert the collected rows; those of the feed have positions in commit order, since nothing but COMMIT comes after."""
    rows = session.feed or []
    if len(rows) > MOST_FEED_ROWS:
        raise ValueError(f"{len(rows)} feed rows in one transaction; at most {MOST_FEED_ROWS}")
    bulk.insert(session, audit, AUDIT_ROW, session.audit)
    if rows and not db.sqlite:  # every writer waits for this lock, so whoever stops while holding it is cut off soon
        session.drive(_HOLD_FEED, [()])
    bulk.insert(session, feed, FEED_ROW, rows)


@contextmanager
def reading(db: Database) -> Iterator[Session]:
    """A short read; nothing written in it stays."""
    with Session(db.engine) as session:
        mark = _OPEN.set((*_OPEN.get(), None))
        try:
            session.begin()
            yield session
        finally:
            session.rollback()
            _OPEN.reset(mark)


@contextmanager
def savepoint(session: Session) -> Iterator[None]:
    """Part of a transaction that may be undone alone; undone, it takes its feed rows, audit rows and jobs with it."""
    collected: list[list[Any]] = [session.jobs, session.audit, *([] if session.feed is None else [session.feed])]
    before = [len(rows) for rows in collected]
    keyrings, session.keyrings = session.keyrings, {}
    try:
        with session.begin_nested():
            yield
    except BaseException:
        for rows, count in zip(collected, before, strict=True):
            del rows[count:]
        raise
    finally:
        session.keyrings = keyrings


def in_transaction() -> bool:
    """Whether the present thread of work holds a transaction open, and so must not wait for a network."""
    return bool(_OPEN.get())
