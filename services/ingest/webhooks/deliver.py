"""Telling one endpoint what waits for it, until it has heard it or a day is over.

One job per endpoint at a time, and of the receivers that failed or were slow last time one at a time, so a dead receiver
delays nobody else; events go in their order as long as none fails;
one that failed is tried again later, and those after it don't wait. Each attempt is noted when it has ended: a process
that is killed before that sends the same event with the same id once more.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import sqlalchemy as sa

from services.ingest.tables import within
from services.ingest.webhooks import signing
from services.ingest.webhooks.client import Answer, Outlet
from services.ingest.webhooks.models import attempt, delivery, endpoint, event
from services.ingest.webhooks.store import DELIVER, TRIED_FOR
from shared.platform import clock, jobs
from shared.platform.db import Database, reading
from shared.platform.jobs import Job
from shared.platform.session import Session, insert, prepared
from shared.platform.vault import Keyring, Vault

WAITS = (5, 300, 1800, 7200, 18_000, 36_000, 21_600)
"""Seconds between the eight attempts, counted from the first's due time, so that what delays one doesn't push the last,
at 23 h 35 min, out of the day."""
MOST_JITTER = 600  # seconds
SOONEST = 5  # seconds from one attempt to the next
LAST_CHANCE = timedelta(minutes=5)  # before the deadline, for a receiver that wants to be asked after it
REST = (5, 900)
"""Seconds to leave alone a receiver that doesn't answer: the first, doubled each time, up to the second."""
DISABLED_AFTER = timedelta(days=5)  # of nothing but failures
AT_ONCE, LONGEST = 20, 10
"""Deliveries read together; seconds after which a run lets others have its place."""
LATER = timedelta(seconds=2)  # when another receiver that fails or is slow has its turn
SLOW = 2_000  # milliseconds; who took longer last time is waited for apart
_APART = threading.BoundedSemaphore(1)
_slow: set[str] = set()  # endpoints that were slow when this process asked them last
HEARD = 1_000  # characters of an answer that are kept
_GONE = 410
_THROTTLED = (429, 502, 503, 504)

Report = Callable[[Session, str, str, str, int], None]
"""Open a problem of an endpoint, or close it: session, organisation, endpoint, code ("" closes), deliveries it blocks."""


@dataclass(frozen=True, slots=True)
class _Receiver:
    id: str
    url: str
    secrets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Waiting:
    number: int
    id: str
    body: bytes
    attempts: int
    deadline: datetime


def deliver(db: Database, vault: Vault, outlet: Outlet, report: Report, job: Job) -> None:
    """Send what is due to the job's endpoint; what is due later, or left, gets a job of its own."""
    with reading(db) as session:
        row = session.execute(*_endpoint(job.organisation, job.subject)).mappings().first()
    with _turn(apart=job.subject in _slow or (row is not None and row["failures"] > 0)) as mine:
        if mine:
            _send(db, vault, outlet, report, job)
    with jobs.fenced(db, job) as session:
        _ask_again(session, job, timedelta(0) if mine else LATER)


@contextmanager
def _turn(*, apart: bool) -> Iterator[bool]:
    """Whether to send now: of the receivers that failed or were slow last time a process waits for one only, so that however
    many there are, its other workers are there for those that answer."""
    mine = not apart or _APART.acquire(blocking=False)
    try:
        yield mine
    finally:
        if mine and apart:
            _APART.release()


def _send(db: Database, vault: Vault, outlet: Outlet, report: Report, job: Job) -> None:
    end = time.monotonic() + LONGEST
    while True:
        with reading(db) as session:
            receiver, due = _due(session, vault, job)
        if receiver is None or not due:
            return
        for one in due:
            answer = outlet.post(receiver.url, *_signed(receiver, one))
            (_slow.add if answer.milliseconds > SLOW else _slow.discard)(job.subject)
            with jobs.fenced(db, job) as session:
                go_on = _note(session, vault.keyring(session, job.organisation), report, job, one, answer)
            if not go_on or time.monotonic() >= end:
                return


def _signed(receiver: _Receiver, one: _Waiting) -> tuple[dict[str, str], bytes]:
    headers = {"Content-Type": "application/json", "User-Agent": "timebooks-webhooks/1"}
    return headers | signing.headers(one.id, clock.now(), one.body, receiver.secrets), one.body


# ---- what is due; these statements run for every delivery, so each is made once


@prepared
def _endpoint(organisation: Any, number: Any) -> Any:
    return sa.select(endpoint).where(within(endpoint, organisation), endpoint.c.id == number)


@prepared
def _page(number: Any, now: Any, organisation: Any) -> Any:
    d = delivery.c
    shown = sa.select(event.c.number, event.c.id, event.c.body, d.attempts, d.deadline)
    joined = shown.join_from(delivery, event, event.c.number == d.event).where(within(delivery, organisation))
    due = joined.where(d.endpoint == number, d.state == sa.literal_column("'waiting'"), d.due_at <= now, d.deadline > now)
    return due.order_by(d.due_at, d.event).limit(AT_ONCE)


def _due(session: Session, vault: Vault, job: Job) -> tuple[_Receiver | None, list[_Waiting]]:
    row = session.execute(*_endpoint(job.organisation, job.subject)).mappings().first()
    now = clock.lease_now(session)
    if row is None or row["state"] != "live" or (row["rest_until"] is not None and row["rest_until"] > now):
        return None, []
    keyring = vault.keyring(session, job.organisation)
    rows = session.execute(*_page(job.subject, now, job.organisation)).all()
    return _receiver(keyring, row, now), [_waiting(keyring, one) for one in rows]


def _waiting(keyring: Keyring, row: Any) -> _Waiting:
    body = _open(keyring, "webhook_event.body", row.id, row.body).encode()
    return _Waiting(row.number, row.id, body, row.attempts, row.deadline)


def _receiver(keyring: Keyring, row: Mapping[str, Any], now: datetime) -> _Receiver:
    keys = [_open(keyring, "webhook_endpoint.secret", row["id"], row["secret"])]
    if row["old_secret"] is not None and row["old_secret_until"] > now:
        keys.append(_open(keyring, "webhook_endpoint.old_secret", row["id"], row["old_secret"]))
    return _Receiver(row["id"], _open(keyring, "webhook_endpoint.url", row["id"], row["url"]), tuple(keys))


def _open(keyring: Keyring, place: str, row: str, sealed: bytes) -> str:
    return keyring.open(None, place, row, sealed) or ""


# ---- what became of it


def _note(session: Session, keyring: Keyring, report: Report, job: Job, one: _Waiting, answer: Answer) -> bool:
    """Keep how an attempt ended and what follows; gives whether to go on with this endpoint."""
    now = clock.lease_now(session)
    _log(session, keyring, job, one, answer, now)
    end = partial(_ended, job.organisation, job.subject, one.number)
    if answer.taken:
        session.execute(*end("delivered", now, now, answer.status, None))
        _well(session, report, job)
        return True
    due = _next(one, answer, now)
    why = answer.why or f"answered_{answer.status}"
    session.execute(*end("waiting" if due else "failed", due or now, None if due else now, answer.status, why))
    if due is None:
        report(session, job.organisation, job.subject, "webhook_undelivered", failed(session, job.organisation, job.subject))
    return _ill(session, report, job, answer, now)


def _log(session: Session, keyring: Keyring, job: Job, one: _Waiting, answer: Answer, now: datetime) -> None:
    heard = answer.text[:HEARD]
    row = {"organisation": job.organisation, "endpoint": job.subject, "event": one.number, "at": now}
    row |= {"milliseconds": answer.milliseconds, "status": answer.status, "why": answer.why}
    sealed = keyring.seal(None, "webhook_attempt.answer", one.id, heard) if heard else None
    session.execute(insert(session, attempt), row | {"answer": sealed})


@prepared
def _ended(ours: Any, number: Any, of_event: Any, become: Any, due: Any, ended: Any, answered: Any, because: Any) -> Any:
    mine = (within(delivery, ours), delivery.c.endpoint == number, delivery.c.event == of_event)
    told = {"state": become, "due_at": due, "ended_at": ended, "status": answered, "why": because}
    return sa.update(delivery).where(*mine).values(told | {"attempts": delivery.c.attempts + 1})


def _next(one: _Waiting, answer: Answer, now: datetime) -> datetime | None:
    """When to try again, a little sooner by chance, and not before the receiver wants it; None: never."""
    if one.attempts >= len(WAITS):
        return None
    jitter = secrets.randbelow(min(WAITS[one.attempts] // 5, MOST_JITTER) + 1)
    planned = one.deadline - TRIED_FOR + timedelta(seconds=sum(WAITS[: one.attempts + 1]) - jitter)
    due = max(planned, now + timedelta(seconds=max(SOONEST, answer.retry_after or 0)))
    last = one.deadline - LAST_CHANCE
    return min(due, last) if last > now else None


def _well(session: Session, report: Report, job: Job) -> None:
    mine = sa.update(endpoint).where(within(endpoint, job.organisation), endpoint.c.id == job.subject, endpoint.c.failures > 0)
    healed = mine.values(failures=0, failing_since=None, rest_until=None)
    if session.execute(healed).rowcount:
        report(session, job.organisation, job.subject, "", 0)


def _ill(session: Session, report: Report, job: Job, answer: Answer, now: datetime) -> bool:
    """Count the failure: a receiver that is away rests, one that is gone or fails for days is disabled."""
    mine = sa.and_(within(endpoint, job.organisation), endpoint.c.id == job.subject)
    row = session.execute(sa.select(endpoint.c.failures, endpoint.c.failing_since).where(mine).with_for_update()).first()
    if row is None:
        return False
    since = row.failing_since or now
    if answer.status == _GONE or now - since >= DISABLED_AFTER:
        disable(session, report, job.organisation, job.subject, "gone" if answer.status == _GONE else "failed_for_days")
        return False
    away = answer.status is None or answer.status in _THROTTLED
    rest = max(min(REST[0] << min(row.failures, 10), REST[1]), answer.retry_after or 0)
    until = now + timedelta(seconds=min(rest, 86_400)) if away else None
    session.execute(sa.update(endpoint).where(mine).values(failures=row.failures + 1, failing_since=since, rest_until=until))
    return not away


def disable(session: Session, report: Report, organisation: str, number: str, why: str) -> None:
    """Send no more to an endpoint until somebody resumes it; what waits for it has failed, and can be replayed."""
    mine = sa.and_(within(endpoint, organisation), endpoint.c.id == number)
    session.execute(sa.update(endpoint).where(mine).values(state="disabled", why=why))
    give_up(session, "webhook_disabled", delivery.c.endpoint == number)
    report(session, organisation, number, f"webhook_{why}", failed(session, organisation, number))


def give_up(session: Session, why: str, *where: sa.ColumnElement[bool]) -> set[tuple[str, str]]:
    """Mark what still waits as failed; gives the organisations and endpoints that it was for."""
    waiting = sa.update(delivery).where(delivery.c.state == "waiting", *where)
    failed = waiting.values(state="failed", why=why, ended_at=clock.lease_now(session))
    rows = session.execute(failed.returning(delivery.c.organisation, delivery.c.endpoint))
    return {(row.organisation, row.endpoint) for row in rows}


def failed(session: Session, organisation: str, number: str) -> int:
    """How many deliveries to an endpoint have failed for good."""
    mine = (within(delivery, organisation), delivery.c.endpoint == number, delivery.c.state == "failed")
    return int(session.execute(sa.select(sa.func.count()).select_from(delivery).where(*mine)).scalar_one())


# ---- when again


@prepared
def _earliest(number: Any, now: Any, organisation: Any) -> Any:
    here = (within(delivery, organisation), delivery.c.endpoint == number, delivery.c.state == sa.literal_column("'waiting'"))
    return sa.select(sa.func.min(delivery.c.due_at)).where(*here, delivery.c.deadline > now)


def _ask_again(session: Session, job: Job, wait: timedelta) -> None:
    now = clock.lease_now(session)
    row = session.execute(*_endpoint(job.organisation, job.subject)).mappings().first()
    due = session.execute(*_earliest(job.subject, now, job.organisation)).scalar()
    if row is None or row["state"] != "live" or due is None:
        return
    jobs.ask(session, DELIVER, job.subject, organisation=job.organisation, due=max(due, row["rest_until"] or due, now + wait))
