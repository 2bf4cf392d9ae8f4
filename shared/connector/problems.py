"""Problems: what a person can mend. Opened once per cause and subject, closed when the cause is gone, told on the feed."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import uuid4

import sqlalchemy as sa

from shared.connector.context import Connector
from shared.connector.models import binding
from shared.connector.models import problem as table
from shared.contract.messages import PROBLEM_CHANGED, ProblemMessage
from shared.kernel.errors import Failure
from shared.platform import clock, feed
from shared.platform.session import Session, insert, prepared

TITLES = {
    "grant_ended": "The connection has to be renewed",
    "token_refused": "The connection has to be renewed",
    "not_connected": "The connection has to be renewed",
    "reference_missing": "Something is not linked yet",
    "number_taken": "The number is taken in the books",
    "diverged": "Changed here and in the books",
    "total_differs": "The books computed another total",
    "closed_there": "Settled in the books, changed here",
    "gone_there": "Deleted in the books",
    "asks_first": "Changed there only when somebody says so",
    "not_linked": "Somebody is not linked yet",
    "rate_unmapped": "A kind of pay is not linked yet",
    "negative_net": "More is to be taken back than there is to pay",
    "left_out_of_pay_run": "Not paid with its pay run",
    "timesheet_incomplete": "Waits for other work of the same timesheet",
}


def open_(
    c: Connector,
    session: Session,
    organisation: str,
    connection: str,
    subject: str,
    failure: Failure,
    *,
    about: str | None = None,
) -> None:
    """Open a problem, or bring an open one up to date. ``about`` is the person or client whom its text may name."""
    if _erased(c, session, organisation, about):
        about = None
    row = session.execute(*_open_one(connection, failure.code, subject)).mappings().first()
    number = row["id"] if row else str(uuid4())
    keys = c.vault.keyring(session, organisation, [about])
    text = keys.seal(about, "problem.cause", number, failure.cause)
    if row is not None and keys.open(row["about"], "problem.cause", number, row["cause"]) == failure.cause:
        return
    if row is None:
        values = {"id": number, "organisation": organisation, "connection": connection, "code": failure.code, "subject": subject}
        fixed = {"about": about, "cause": text, "remedy": failure.remedy, "version": 1, "opened_at": clock.now()}
        session.execute(insert(session, table), values | fixed)
    else:
        changed = {"about": about, "cause": text, "remedy": failure.remedy, "version": row["version"] + 1}
        session.execute(_CHANGE, changed | {"of": number})
    feed.publish(session, organisation, PROBLEM_CHANGED, number, row["version"] + 1 if row else 1)


@prepared
def _open_one(connection: Any, code: Any, subject: Any) -> sa.Select[Any]:
    mine = (table.c.connection == connection, table.c.code == code, table.c.subject == subject)
    return sa.select(table).where(*mine, table.c.closed_at.is_(None))


_CHANGE = sa.update(table).where(table.c.id == sa.bindparam("of"))


def _erased(c: Connector, session: Session, organisation: str, about: str | None) -> bool:
    return about is not None and c.vault.erased(session, organisation, about)


def close(c: Connector, session: Session, connection: str, *, subject: str, codes: Sequence[str] = ()) -> int:
    """Close a subject's open problems, all or those of ``codes``; give how many."""
    rows = session.execute(*_closing(not codes, connection, subject, codes, clock.now())).all()
    for row in rows:
        feed.publish(session, row.organisation, PROBLEM_CHANGED, row.id, row.version)
    return len(rows)


@prepared
def _closing(every: bool, /, of: Any, about_it: Any, codes: Any, now: Any) -> Any:
    mine = (table.c.connection == of, table.c.subject == about_it, table.c.closed_at.is_(None))
    which = sa.true() if every else table.c.code.in_(codes)
    done = sa.update(table).where(*mine, which).values(closed_at=now, version=table.c.version + 1)
    return done.returning(table.c.id, table.c.organisation, table.c.version)


def open_subjects(session: Session, connection: str, code: str) -> set[str]:
    """What a problem of this code is open about."""
    mine = (table.c.connection == connection, table.c.code == code, table.c.closed_at.is_(None))
    return set(session.execute(sa.select(table.c.subject).where(*mine)).scalars())


def open_codes(session: Session, connection: str, subject: str) -> set[str]:
    """What is open about a subject."""
    return open_codes_of(session, connection, [subject]).get(subject, set())


def open_codes_of(session: Session, connection: str, subjects: Collection[str]) -> dict[str, set[str]]:
    """What is open about each of these subjects."""
    found: dict[str, set[str]] = {}
    for row in session.execute(*_codes(connection, list(subjects))):
        found.setdefault(row.subject, set()).add(row.code)
    return found


@prepared
def _codes(connection: Any, subjects: Any) -> sa.Select[Any]:
    mine = (table.c.connection == connection, table.c.subject.in_(subjects), table.c.closed_at.is_(None))
    return sa.select(table.c.subject, table.c.code).where(*mine)


def bodies(c: Connector, session: Session, rows: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """The feed's bodies for problem.changed: the present state of each."""
    found = session.execute(*_named([row["subject"] for row in rows])).mappings().all()
    return {message.problem: _dump(message) for message in read(c, session, found)}


@prepared
def _named(numbers: Any) -> sa.Select[Any]:
    return sa.select(table).where(table.c.id.in_(numbers))


def listed(c: Connector, session: Session, organisation: str) -> list[dict[str, Any]]:
    """An organisation's open problems, the oldest first."""
    wanted = sa.select(table).where(table.c.organisation == organisation, table.c.closed_at.is_(None))
    return [_dump(message) for message in read(c, session, session.execute(wanted.order_by(table.c.opened_at)).mappings().all())]


def read(c: Connector, session: Session, rows: Sequence[Mapping[str, Any]]) -> list[ProblemMessage]:
    """Table rows as messages, causes opened; one whose person was erased says only that."""
    counts = _blocked(session, [row["id"] for row in rows])
    rings = {
        organisation: c.vault.keyring(
            session, organisation, {row["about"] for row in rows if row["organisation"] == organisation}
        )
        for organisation in {row["organisation"] for row in rows}
    }
    return [
        ProblemMessage(
            problem=row["id"],
            version=row["version"],
            connection=row["connection"],
            code=row["code"],
            subject=row["subject"],
            about=row["about"],
            title=TITLES.get(row["code"], "The books refused it"),
            cause=rings[row["organisation"]].open(row["about"], "problem.cause", row["id"], row["cause"]) or "(erased)",
            remedy=row["remedy"],
            blocks=counts.get(row["id"], 1),
            open=row["closed_at"] is None,
        )
        for row in rows
    ]


def _blocked(session: Session, ids: Sequence[str]) -> dict[str, int]:
    """How many documents wait for each problem: those parked on its connection with its code."""
    return {row[0]: row[1] for row in session.execute(*_blocking(ids))}


@prepared
def _blocking(numbers: Any) -> sa.Select[Any]:
    parked = sa.and_(binding.c.connection == table.c.connection, binding.c.problem == table.c.code)
    counted = sa.select(table.c.id, sa.func.count()).join(binding, parked)
    return counted.where(table.c.id.in_(numbers)).group_by(table.c.id)


def _dump(message: ProblemMessage) -> dict[str, Any]:
    return {name: getattr(message, name) for name in ProblemMessage.__slots__}
