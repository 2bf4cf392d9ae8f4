"""What the books hold, whoever made it: kept as pulls see it, so that it is changed, not made twice, and what is closed stays."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any

import sqlalchemy as sa

from services.xero_connector import owing, store
from services.xero_connector.intake import COMPOSE, EMPLOYEE
from services.xero_connector.models import sheet
from services.xero_connector.payroll import PayRun
from services.xero_connector.planner.calendars import Period
from services.xero_connector.statuses import PayRunStatus
from shared.connector import problems, references
from shared.connector import store as connections
from shared.connector.context import Connection, Connector
from shared.connector.models import binding
from shared.connector.provider import Seen
from shared.contract.statuses import BindingState, TimesheetStatus
from shared.kernel.errors import Park
from shared.platform import jobs
from shared.platform.session import Session, dialect, insert_in, prepared

Row = Mapping[str, Any]
LEFT_OUT = "left_out_of_pay_run"
"""Code of the problem that a timesheet was not paid with the pay run of its period."""
OVER = (TimesheetStatus.PROCESSED, TimesheetStatus.DELETED)


def pulled(c: Connector, session: Session, connection: Connection, seen: Sequence[Seen], gone: Collection[str]) -> None:
    """Keep what a pull saw; a timesheet that came, went, was processed or opened again changes what is composed."""
    rows = [_row(connection, one) for one in seen if "employee" in one.picture]
    moved = _kept(session, connection, rows, gone)
    _tell_left_out(c, session, connection, {row["external_id"]: row for row in rows}, gone)
    links = store.links(session, connection.id, EMPLOYEE)
    ours = sa.select(binding.c.client).where(binding.c.connection == connection.id, binding.c.external_id.in_(gone))
    concerned = {person for person, employee in links.items() if employee in moved} | set(session.execute(ours).scalars())
    concerned |= set(store.ended(session, connection.id))  # a write found it gone
    if concerned:
        store.mark(session, connection.id, concerned)
        store.age_payroll(session, connection.id)  # what was processed went with a pay run that we haven't read
        jobs.ask(session, COMPOSE, connection.id, organisation=connection.organisation)


def _kept(session: Session, connection: Connection, rows: Sequence[Row], gone: Collection[str]) -> set[str]:
    """Keep these, and drop what is gone; gives the employees for whom something came, went, was processed or opened again."""
    ids = [row["external_id"] for row in rows]
    these = session.execute(*_sheets(sheet.c.external_id, connection.id, list({row["employee"] for row in rows}), ids))
    known = {row["external_id"]: row for row in these.mappings()}
    moved = {row["employee"] for row in rows if _matters(known.get(row["external_id"]), row)}
    if rows:
        session.execute(_keeping(dialect(session)), rows)
    changeable = {row["external_id"] for row in rows if row["status"] != TimesheetStatus.PROCESSED}
    owing.reopen_seen(session, connection.id, changeable.union(gone))
    return moved.union(session.execute(*_dropping(connection.id, list(gone))).scalars())


@prepared
def _sheets(column: sa.Column[Any], /, connection: Any, employees: Any, some: Any) -> sa.Select[Any]:
    mine = sa.select(sheet).where(sheet.c.connection == connection, sheet.c.employee.in_(employees), column.in_(some))
    return mine.order_by(sheet.c.start)


@cache
def _keeping(dialect: str) -> Any:
    """Timesheets over there, whoever made them; older news of one changes nothing."""
    new = insert_in(dialect, sheet)
    changed = {name: new.excluded[name] for name in ("status", "remote_version", "remote_order", "hours")}
    newer = sheet.c.remote_order <= new.excluded.remote_order
    return new.on_conflict_do_update(index_elements=["connection", "external_id"], set_=changed, where=newer)


@prepared
def _dropping(connection: Any, externals: Any) -> Any:
    gone = sa.delete(sheet).where(sheet.c.connection == connection, sheet.c.external_id.in_(externals))
    return gone.returning(sheet.c.employee)


def _tell_left_out(
    c: Connector, session: Session, connection: Connection, seen: Mapping[str, Row], gone: Collection[str]
) -> None:
    """Timesheets that are not processed though the pay run of their period was posted: nobody is paid for them."""
    left = _unpaid(session, connection, seen, gone)
    for subject in problems.open_subjects(session, connection.id, LEFT_OUT) - {row["b_id"] for row in left}:
        problems.close(c, session, connection.id, subject=subject, codes=[LEFT_OUT])
    names = references.locals_(c, session, connection, EMPLOYEE) if left else {}
    for row in left:
        failure = _left_out(row, names.get(row["person"], "Somebody"))
        problems.open_(c, session, connection.organisation, connection.id, row["b_id"], failure, about=row["person"])


_THERE = (*store.MAY_CHANGE, binding.c.external_id.is_not(None))


def _unpaid(session: Session, connection: Connection, seen: Mapping[str, Row], gone: Collection[str]) -> list[Row]:
    known = store.read_payroll(session, connection.id)
    posted = _posted(known[0].runs) if known else frozenset()
    sheets = store.timesheets(session, connection.id, *_THERE)
    there = (_as_seen(row, seen.get(row["b_external_id"])) for row in sheets if row["b_external_id"] not in gone)
    return [row for row in there if row["status"] not in OVER and row["hours"] and _period(row) in posted]


def _as_seen(row: Row, news: Row | None) -> Row:
    """A timesheet of ours as it is there: by what was just seen of it, else as it was known."""
    now = news or {"status": row["b_status"], "hours": row["b_total"] or 0}
    return {**row, "status": now["status"], "hours": Decimal(now["hours"])}


def _left_out(row: Row, name: str) -> Park:
    return Park(
        LEFT_OUT,
        f"{name}: the pay run of {row['start']} to {row['end']} was posted in Xero without this timesheet, which is"
        f" {row['status']} there. Its {row['hours']:.2f} hours are not paid.",
        "Delete the timesheet in Xero, and the next plan has its hours in the next open period;"
        " or set the pay run back there, approve the timesheet, and post the run again.",
    )


def _period(row: Row) -> Period:
    return Period(row["start"], row["end"], row["calendar"])


def _posted(runs: Sequence[PayRun]) -> frozenset[Period]:
    """The periods whose timesheets a posted pay run has drawn in."""
    over = (run for run in runs if run.status is PayRunStatus.POSTED and run.scheduled)
    return frozenset(Period(run.start, run.end, run.calendar) for run in over)


def _row(connection: Connection, one: Seen) -> dict[str, Any]:
    start, end = one.picture["period"].split(" to ")
    return {
        "connection": connection.id,
        "external_id": one.external_id,
        "employee": one.picture["employee"],
        "start": date.fromisoformat(start),
        "end": date.fromisoformat(end),
        "status": one.status,
        "remote_version": one.remote_version,
        "remote_order": one.order,
        "hours": str(one.total or 0),
    }


def _matters(before: Row | None, now: Row) -> bool:
    processed = TimesheetStatus.PROCESSED
    return before is None or (before["status"] == processed) != (now["status"] == processed)


def adopt(c: Connector, session: Session, connection: Connection, people: Collection[str]) -> None:
    """A wished timesheet whose employee has one for the period already becomes a change of that one, shown in the plan."""
    rows = session.execute(*_unsent(connection.id, list(people))).mappings().all()
    if not rows:
        return
    employees = store.links(session, connection.id, EMPLOYEE)
    theirs, starts = {employees.get(row["client"], "") for row in rows}, {_start(row) for row in rows}
    seen = session.execute(*_sheets(sheet.c.start, connection.id, list(theirs), list(starts))).mappings().all()
    ours = session.execute(*_ours(connection.id, [row["external_id"] for row in seen]))
    known = set(ours.scalars())  # timesheets of ours, gone or not: one that we deleted is seen for a while
    there = {(row["employee"], f"{row['start']}/{row['end']}"): row for row in seen if row["external_id"] not in known}
    for row in rows:
        found = there.get((employees.get(row["client"], ""), row["number"]))
        if found is not None:
            same = {name: found[name] for name in ("external_id", "remote_version", "remote_order", "status")}
            as_is = {"total": Decimal(found["hours"]), "state": BindingState.CONFIRMED, "problem": None}
            connections.change(session, row, **same, **as_is)


@prepared
def _unsent(connection: Any, people: Any) -> sa.Select[Any]:
    unsent = (binding.c.external_id.is_(None), binding.c.state.in_([BindingState.RESERVED, BindingState.PARKED]))
    mine = sa.select(binding).where(binding.c.connection == connection, binding.c.client.in_(people), *unsent)
    return mine.with_for_update()


@prepared
def _ours(connection: Any, externals: Any) -> sa.Select[Any]:
    mine = (binding.c.connection == connection, binding.c.external_id.in_(externals))
    return sa.select(binding.c.external_id).where(*mine)


def _start(row: Row) -> date:
    return date.fromisoformat(row["number"].split("/")[0])


@prepared
def _processed(connection: Any, employees: Any, since: Any) -> sa.Select[Any]:
    mine = (sheet.c.connection == connection, sheet.c.employee.in_(employees))
    return sa.select(sheet).where(*mine, sheet.c.status == TimesheetStatus.PROCESSED, sheet.c.end >= since)


@dataclass(frozen=True, slots=True)
class Closed:
    """Whether a person's period is closed: its timesheet is processed, or its pay run posted."""

    employees: Mapping[str, str]  # by person
    processed: frozenset[tuple[str, date, date]]  # employee, first and last day
    posted: frozenset[Period]
    shut: frozenset[store.Place]

    def __call__(self, person: str, period: Period) -> bool:
        processed = (self.employees.get(person, ""), period.start, period.end) in self.processed
        return processed or period in self.posted or (person, period) in self.shut


def closed(session: Session, connection: str, employees: Mapping[str, str], runs: Sequence[PayRun], since: date) -> Closed:
    """What is closed for these people, as last seen, of the periods that end on a day or later."""
    seen = session.execute(*_processed(connection, list(set(employees.values())), since))
    return Closed(
        employees=employees,
        processed=frozenset((row.employee, row.start, row.end) for row in seen),
        posted=_posted(runs),
        shut=frozenset(store.shut_places(session, connection, employees, since)),
    )
