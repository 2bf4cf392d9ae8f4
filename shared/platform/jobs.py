"""Jobs: what is to be done, as rows. A broker or a thread pool only says "now"; the row is the truth.

Of one (kind, subject) at most one row is ready and at most one is running, so two workers never write for one subject
at once, and the fence of the running row covers all that is written for it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import sqlalchemy as sa

from shared.kernel.errors import Failure, Retry
from shared.platform import clock
from shared.platform.db import Database, Instant, Json, metadata, reading, transaction
from shared.platform.faultpoint import faultpoint, works
from shared.platform.logs import log
from shared.platform.session import Session, dialect, insert_in, prepared, ready

QUEUES = ("interactive", "bulk")
ENDED = ("done", "parked")
MOST_TAKES = 3
"""Leases that may run out without an end (a killed process each time) before a job is parked as poisonous."""
BACK_OFF = (1, 2, 4, 8, 16, 32, 60, 300, 900, 3600)  # seconds; the last one repeats

job = sa.Table(
    "job",
    metadata,
    sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
    sa.Column("organisation", sa.String(64), nullable=False),
    sa.Column("kind", sa.String(40), nullable=False),
    sa.Column("subject", sa.String(80), nullable=False),
    sa.Column("queue", sa.String(12), nullable=False),
    sa.Column("state", sa.String(8), nullable=False),  # ready | running | done | parked
    sa.Column("due_at", Instant, nullable=False),
    sa.Column("sent_at", Instant),
    sa.Column("lease_until", Instant),
    sa.Column("fence", sa.Integer, nullable=False, default=0),
    sa.Column("crashes", sa.Integer, nullable=False, default=0),
    sa.Column("attempts", sa.Integer, nullable=False, default=0),
    sa.Column("failure", Json),
    sa.Column("ended_at", Instant),
    sqlite_autoincrement=True,
)
for _state in ("ready", "running"):
    _where = job.c.state == _state
    sa.Index(f"job_one_{_state}", job.c.kind, job.c.subject, unique=True, sqlite_where=_where, postgresql_where=_where)
sa.Index("job_subject", job.c.kind, job.c.subject)
sa.Index("job_due", job.c.state, job.c.queue, job.c.due_at)


class LeaseLost(Failure):
    """Another worker holds this job now; whatever this one still wanted to write is refused."""


@dataclass(frozen=True, slots=True)
class Job:
    """A job as taken: ``fence`` is this taking's number, and every write made for it checks it."""

    id: int
    organisation: str
    kind: str
    subject: str
    queue: str
    fence: int
    attempts: int  # failed tries before this one


Handlers = Mapping[str, Callable[[Job], None]]


def ask(session: Session, kind: str, subject: str, *, organisation: str, queue: str = "bulk", due: datetime | None = None) -> int:
    """Ask in the running transaction for a job; a ready one of the same kind and subject is brought forward instead.

    The update waits for a worker that is taking the row right now, so nothing is left behind between its look and ours.
    One that is running does not count: it may have looked already, so this one runs after it.
    """
    now = clock.lease_now(session)
    at = due or now
    values = {"organisation": organisation, "kind": kind, "subject": subject, "queue": queue, "state": "ready", "due_at": at}
    number = int(session.execute(_asking(dialect(session)), values | _NEW).scalar_one())
    if at <= now and number not in session.jobs:
        session.jobs.append(number)
    return number


_NEW = {"fence": 0, "crashes": 0, "attempts": 0}


@cache
def _asking(dialect: str) -> Any:
    new = insert_in(dialect, job)
    sooner = sa.and_(new.excluded.queue == "interactive", job.c.queue != "interactive")  # its message is in the slow queue
    changed = {
        "due_at": sa.case((job.c.due_at < new.excluded.due_at, job.c.due_at), else_=new.excluded.due_at),
        "queue": sa.case((sooner, "interactive"), else_=job.c.queue),
        "sent_at": sa.case((sooner, sa.null()), else_=job.c.sent_at),
    }
    ready = job.c.state == sa.literal_column("'ready'")  # a parameter would not match the index in a prepared plan
    return new.on_conflict_do_update(index_elements=["kind", "subject"], index_where=ready, set_=changed).returning(job.c.id)


def _blocked() -> sa.ColumnElement[bool]:
    other = job.alias()
    same = (other.c.kind == job.c.kind, other.c.subject == job.c.subject, other.c.id != job.c.id)
    return sa.exists().where(*same, other.c.state == "running")


# Statements that every job needs are made once: SQLAlchemy takes longer to put one together than a database to do it.
_NOW: sa.BindParameter[datetime] = sa.bindparam("now", type_=Instant)
_LAPSED = sa.and_(job.c.state == "running", job.c.lease_until < _NOW)
_FREE = sa.or_(sa.and_(job.c.state == "ready", job.c.due_at <= _NOW, ~_blocked()), _LAPSED)
"""What could be taken: due and the only one of its subject, or left behind by a worker that died."""
_TAKE = (
    sa.update(job)
    .where(job.c.id == sa.bindparam("number"), _FREE)
    .values(
        state="running",
        lease_until=sa.bindparam("until", type_=Instant),
        fence=job.c.fence + 1,
        crashes=job.c.crashes + sa.case((_LAPSED, 1), else_=0),
    )
    .returning(*job.c)
)
_SAME = (job.c.kind == sa.bindparam("of_kind"), job.c.subject == sa.bindparam("of_subject"))
_FORGET = sa.delete(job).where(*_SAME, job.c.state.in_(ENDED), job.c.id < sa.bindparam("before"))
_WAITING = ready(sa.select(job.c.id).where(*_SAME, job.c.state == "ready", job.c.due_at <= _NOW))
_TAKEN = (job.c.id == sa.bindparam("number"), job.c.fence == sa.bindparam("of_fence"), job.c.state == "running")
_HELD = ready(sa.select(job.c.id).where(*_TAKEN).with_for_update())
_DUE = ready(
    sa.select(job.c.id)
    .where(_FREE, job.c.queue.in_(sa.bindparam("queues", expanding=True)))
    .order_by(job.c.due_at, job.c.id)
    .limit(sa.bindparam("most"))
)


def take(db: Database, number: int) -> Job | None:
    """Lease a job that is due; None when somebody else has it or its subject, it has ended, or it is not time yet."""
    with transaction(db) as session:
        now = clock.lease_now(session)
        row = session.execute(_TAKE, {"number": number, "now": now, "until": now + db.lease}).mappings().first()
        if row is None:
            return None
        taken = Job(*(row[name] for name in Job.__slots__))
        if row["crashes"] < MOST_TAKES:
            return taken
        failure = {"code": "crash_loop", "cause": f"The process died {row['crashes']} times while doing this."}
        _end(session, taken, "parked", failure)
    log("job.parked", job=number, kind=taken.kind, code="crash_loop")
    return None


@prepared
def _ending(number: Any, of_fence: Any, now: Any, end: Any, why: Any) -> sa.Update:
    fence = job.c.fence == of_fence if works("lease_fence") else sa.true()
    mine = sa.update(job).where(job.c.id == number, job.c.state == "running", fence)
    return mine.values(lease_until=None, ended_at=now, state=end, failure=why)


def _end(session: Session, taken: Job, state: str, failure: Mapping[str, Any] | None) -> bool:
    """End a job, unless another worker has it by now; forget how its subject's earlier ones ended, and ring the next."""
    now = clock.lease_now(session)
    if session.execute(*_ending(taken.id, taken.fence, now, state, failure)).rowcount != 1:
        return False
    same = {"of_kind": taken.kind, "of_subject": taken.subject}
    session.execute(_FORGET, same | {"before": taken.id})
    session.jobs.extend(session.execute(_WAITING, same | {"now": now}).scalars())
    return True


def hold(session: Session, taken: Job) -> None:
    """First statement of every transaction that a job makes; raises LeaseLost when another worker has taken over."""
    if not works("lease_fence"):
        return
    if session.execute(_HELD, {"number": taken.id, "of_fence": taken.fence}).first() is None:
        raise LeaseLost("lease_lost", f"Job {taken.id} was taken over by another worker.")


@contextmanager
def fenced(db: Database, taken: Job) -> Iterator[Session]:
    """A transaction in which a job may write."""
    with transaction(db) as session:
        hold(session, taken)
        yield session


def run(db: Database, number: int, handlers: Handlers) -> str:
    """Take one job and do it; give ``done``, ``again``, ``parked``, ``lost`` or ``gone`` (nothing to take).

    The one catcher for background work: a Retry comes again later, any other failure parks the job, where it is seen.
    """
    taken = take(db, number)
    if taken is None:
        return "gone"
    faultpoint("job.taken")
    with _HEART.beating(db, taken):
        try:
            handlers[taken.kind](taken)
        except LeaseLost:
            return "lost"
        except Retry as failure:
            return _again(db, taken, failure)
        except Failure as failure:
            return _park(db, taken, {"code": failure.code, "cause": failure.cause, "remedy": failure.remedy})
        except Exception as error:
            log("job.crashed", job=taken.id, kind=taken.kind, error=type(error).__name__)
            return _again(db, taken, Retry("internal_error", f"{type(error).__name__} while doing {taken.kind}."))
    faultpoint("job.ended")
    with transaction(db) as session:
        return "done" if _end(session, taken, "done", None) else "lost"


def _again(db: Database, taken: Job, failure: Retry) -> str:
    """Put the job back for later; when somebody has meanwhile asked for it anew, that one stands for both."""
    wait = failure.after if failure.after is not None else BACK_OFF[min(taken.attempts, len(BACK_OFF) - 1)]
    with transaction(db) as session:
        due = clock.lease_now(session) + timedelta(seconds=wait)
        why = {"code": failure.code, "cause": failure.cause}
        if not _end(session, taken, "done", why):
            return "lost"
        number = ask(session, taken.kind, taken.subject, organisation=taken.organisation, queue=taken.queue, due=due)
        session.execute(*_trying(number, taken.attempts + 1, why))
    log("job.again", job=taken.id, kind=taken.kind, code=failure.code, after=wait)
    return "again"


@prepared
def _trying(number: Any, tries: Any, why: Any) -> sa.Update:
    return sa.update(job).where(job.c.id == number).values(attempts=tries, failure=why)


def _park(db: Database, taken: Job, failure: Mapping[str, str]) -> str:
    with transaction(db) as session:
        ended = _end(session, taken, "parked", dict(failure))
    log("job.parked", job=taken.id, kind=taken.kind, code=failure["code"])
    return "parked" if ended else "lost"


def due(db: Database, *, limit: int = 100, queues: Sequence[str] = QUEUES) -> list[int]:
    """Ids of jobs that could be taken now, the longest due first."""
    with reading(db) as session:
        asked = {"now": clock.lease_now(session), "queues": list(queues), "most": limit}
        return list(session.execute(_DUE, asked).scalars())


def run_ready(db: Database, handlers: Handlers, *, limit: int = 1000) -> int:
    """Do what is due, one after the other, until nothing is or ``limit`` jobs were done; give how many."""
    done = 0
    while done < limit and (numbers := due(db, limit=1)):
        run(db, numbers[0], handlers)
        done += 1
    return done


def sweep(db: Database, *, limit: int = 500) -> list[tuple[int, str]]:
    """Ids and queues of due jobs without a message that could still be heard; they are marked as sent now.

    That is: never sent, or taken by a worker whose lease has run out since, or sent and surely lost. A queue is first in,
    first out, so a message is lost only if a later one of its queue was taken, or if nobody works there. So a mere
    backlog is never sent again, neither while it waits nor when one of its workers is killed.
    """
    if not works("sweep"):
        return []
    with transaction(db) as session:
        now = clock.lease_now(session)
        deaf = sa.or_(job.c.sent_at.is_(None), job.c.sent_at < job.c.lease_until, _lost(session, now, db.resend))
        wanted = sa.select(job.c.id, job.c.queue).where(_FREE, deaf).order_by(job.c.due_at, job.c.id).limit(limit)
        rows = session.execute(wanted.with_for_update(skip_locked=True), {"now": now}).all()  # another sweep may be at it
        session.execute(sa.update(job).where(job.c.id.in_([row.id for row in rows])).values(sent_at=now))
    return [(row.id, row.queue) for row in rows]


def _lost(session: Session, now: datetime, resend: timedelta) -> sa.ColumnElement[bool]:
    working = sa.and_(job.c.state == "running", job.c.lease_until >= now)
    stirs = sa.case((sa.or_(working, job.c.ended_at > now - resend), 1), else_=0)
    seen = sa.select(job.c.queue, sa.func.max(job.c.sent_at).label("last"), sa.func.max(stirs).label("stirs"))
    taken = session.execute(seen.where(sa.or_(working, job.c.state.in_(ENDED))).group_by(job.c.queue)).all()
    last_taken = {row.queue: row.last for row in taken if row.stirs}
    lost: list[sa.ColumnElement[bool]] = [sa.false()]
    for queue in QUEUES:
        before = last_taken.get(queue, now)
        if before is not None:
            lost.append(sa.and_(job.c.queue == queue, job.c.sent_at < before - resend))
    return sa.or_(*lost)


def mark_sent(db: Database, numbers: Sequence[int]) -> list[tuple[int, str]]:
    """Note that messages for these jobs are being sent now; give ids and queues of those that need one.

    One that has a message on its way needs none, and one whose subject is being worked for is rung when that ends.
    """
    with transaction(db) as session:
        mine = (job.c.id.in_(numbers), job.c.state == "ready", job.c.sent_at.is_(None), ~_blocked())
        marked = sa.update(job).where(*mine).values(sent_at=clock.lease_now(session)).returning(job.c.id, job.c.queue)
        return [(row.id, row.queue) for row in session.execute(marked).all()]


def mark_unsent(db: Database, numbers: Sequence[int]) -> None:
    """Note that no message went out for these after all, so that the next sweep sends them at once."""
    with transaction(db) as session:
        session.execute(sa.update(job).where(job.c.id.in_(numbers)).values(sent_at=None))


class _Heart:
    """Keeps the leases of this process's running jobs alive, from one thread that runs only while there are any."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._beating: dict[tuple[int, int, int], tuple[Database, Job]] = {}
        self._pause = threading.Event()
        self._thread: threading.Thread | None = None
        self.enabled = True  # a warm parent of forked children holds no threads

    @contextmanager
    def beating(self, db: Database, taken: Job) -> Iterator[None]:
        key = (id(db), taken.id, taken.fence)
        with self._lock:
            self._beating[key] = (db, taken)
            if self.enabled and (self._thread is None or not self._thread.is_alive()):
                self._thread = threading.Thread(target=self._beat, name="lease-heartbeat", daemon=True)
                self._thread.start()
        try:
            yield
        finally:
            with self._lock:
                self._beating.pop(key, None)

    def _beat(self) -> None:
        held = self._held()
        while held:
            self._pause.wait(min(db.lease for db, _ in held).total_seconds() / 3)
            held = self._held()
            for db, taken in held:
                self._renew(db, taken)

    def _held(self) -> list[tuple[Database, Job]]:
        with self._lock:
            if not self._beating:
                self._thread = None
            return list(self._beating.values())

    @staticmethod
    def _renew(db: Database, taken: Job) -> None:
        try:
            with transaction(db) as session:
                mine = sa.update(job).where(job.c.id == taken.id, job.c.fence == taken.fence, job.c.state == "running")
                session.execute(mine.values(lease_until=clock.lease_now(session) + db.lease))
        except sa.exc.SQLAlchemyError as error:  # the next beat tries again; a lease that runs out is the sweep's business
            log("lease.beat_failed", job=taken.id, error=type(error).__name__)


_HEART = _Heart()


def heart() -> _Heart:
    """This process's heartbeat."""
    return _HEART
