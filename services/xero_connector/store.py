"""Every query and write of payroll's own tables; each names the organisation, or a connection that was found by it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any

import sqlalchemy as sa

from services.xero_connector.documents import load_payroll
from services.xero_connector.models import (
    dirty,
    left_out,
    overtime_effect,
    pay_allocation,
    pay_rule,
    payroll,
    timesheet,
    timesheet_version,
    work,
)
from services.xero_connector.payroll import Payroll
from services.xero_connector.planner.calendars import Period
from services.xero_connector.planner.overtime import DayEffect
from services.xero_connector.planner.timesheet import Allocation, Cell, LeftOut, Timesheet
from services.xero_connector.planner.work import PayableWork
from shared.connector.models import binding, reference
from shared.contract.messages import WorkMessage
from shared.contract.statuses import BindingState, TimesheetStatus
from shared.platform.session import Session, dialect, insert, insert_in, prepared, put

Row = Mapping[str, Any]
Place = tuple[str, Period]
"""Person and period."""

# ---- work


def keep_work(session: Session, organisation: str, message: WorkMessage) -> Row | None:
    """The present state of one entry; gives the one before."""
    before = session.execute(*_entry(organisation, message.entry)).mappings().first()
    names = ("entry", "revision", "person", "date", "zone", "person_zone", "break_seconds", "job", "approved", "deleted")
    values = {name: getattr(message, name) for name in names} | {
        "organisation": organisation,
        "seconds": message.seconds,
        "tags": message.tags,
        "start": message.start.isoformat() if message.start else None,
        "end": message.end.isoformat() if message.end else None,
    }
    put(session, work, values, *(name for name in values if name not in ("organisation", "entry")))
    return before


@prepared
def _entry(organisation: Any, entry: Any) -> sa.Select[Any]:
    return sa.select(work).where(work.c.organisation == organisation, work.c.entry == entry)


def drop_work(session: Session, organisation: str, entry: str) -> Row | None:
    """Nothing is told of an entry any more: whoever had it has it no more; gives what it was."""
    mine = (work.c.organisation == organisation, work.c.entry == entry)
    return session.execute(sa.update(work).where(*mine).values(deleted=True).returning(work)).mappings().first()


def payees(session: Session, connection: str, entry: str) -> list[str]:
    """Whose timesheets pay an entry, whoever has worked it."""
    return list(session.execute(*_payees(connection, entry)).scalars())


@prepared
def _payees(connection: Any, entry: Any) -> sa.Select[Any]:
    parts = sa.select(pay_allocation.c.person).join_from(pay_allocation, timesheet).distinct()
    return parts.where(timesheet.c.connection == connection, pay_allocation.c.entry == entry)


def payable(row: Row) -> PayableWork:
    """A row of work as the planner takes it."""
    same = ("entry", "revision", "person", "date", "zone", "break_seconds", "job", "approved", "deleted")
    return PayableWork(
        seconds=tuple((kind, seconds) for kind, seconds in row["seconds"]),
        start=datetime.fromisoformat(row["start"]) if row["start"] else None,
        end=datetime.fromisoformat(row["end"]) if row["end"] else None,
        tags=tuple(row["tags"]),
        **{name: row[name] for name in same},
    )


def workers(session: Session, organisation: str) -> list[str]:
    """Everybody who ever logged anything."""
    mine = sa.select(work.c.person).where(work.c.organisation == organisation).distinct()
    return sorted(session.execute(mine).scalars())


# ---- what has to be composed anew


def mark(session: Session, connection: str, people: Iterable[str]) -> None:
    """Have these people's timesheets composed anew."""
    rows = [{"connection": connection, "person": person, "marks": 1} for person in sorted(set(people))]
    if rows:
        session.execute(_marking(dialect(session)), rows)


@cache
def _marking(dialect: str) -> Any:
    again = {"marks": dirty.c.marks + 1}
    return insert_in(dialect, dirty).on_conflict_do_update(index_elements=["connection", "person"], set_=again)


def marked(session: Session, connection: str, limit: int) -> list[str]:
    return list(session.execute(*_marked(connection, limit)).scalars())


@prepared
def _marked(connection: Any, limit: Any) -> sa.Select[Any]:
    mine = sa.select(dirty.c.person).where(dirty.c.connection == connection)
    return mine.order_by(dirty.c.person).limit(limit).with_for_update()


def unmark(session: Session, connection: str, people: Collection[str]) -> None:
    session.execute(*_people_in(dirty, connection, list(people)))


@prepared
def _people_in(table: sa.Table, /, connection: Any, people: Any) -> sa.Delete:
    return sa.delete(table).where(table.c.connection == connection, table.c.person.in_(people))


# ---- links


def links(session: Session, connection: str, kind: str) -> dict[str, str]:
    """Their ids by our locals."""
    return {row.local: row.remote for row in session.execute(*_links(connection, kind))}


@prepared
def _links(connection: Any, kind: Any) -> sa.Select[Any]:
    mine = (reference.c.connection == connection, reference.c.kind == kind, reference.c.remote.is_not(None))
    return sa.select(reference.c.local, reference.c.remote).where(*mine)


def linked_elsewhere(session: Session, organisation: str, connection: str, kind: str) -> set[str]:
    """Our locals of a kind that another connection has a link for."""
    return set(session.execute(*_elsewhere(organisation, connection, kind)).scalars())


@prepared
def _elsewhere(organisation: Any, connection: Any, kind: Any) -> sa.Select[Any]:
    mine = sa.select(reference.c.local).where(reference.c.organisation == organisation, reference.c.kind == kind)
    return mine.where(reference.c.connection != connection, reference.c.remote.is_not(None))


# ---- payroll facts


def keep_payroll(session: Session, organisation: str, connection: str, body: Row, now: datetime) -> None:
    row = {"connection": connection, "organisation": organisation, "body": body, "read_at": now}
    put(session, payroll, row, "body", "read_at")


def read_payroll(session: Session, connection: str) -> tuple[Payroll, datetime] | None:
    """The facts as last read, and when."""
    row = session.execute(*_payroll(connection)).first()
    return None if row is None else (load_payroll(row.body), row.read_at)


@prepared
def _payroll(connection: Any) -> sa.Select[Any]:
    return sa.select(payroll).where(payroll.c.connection == connection)


def age_payroll(session: Session, connection: str) -> None:
    """Have the facts read again before they are used."""
    session.execute(_AGE, {"of": connection})


_AGE = sa.update(payroll).where(payroll.c.connection == sa.bindparam("of")).values(read_at=datetime(1970, 1, 1, tzinfo=UTC))


# ---- timesheets of ours


def bindings_of(session: Session, connection: str, numbers: Collection[str]) -> list[Row]:
    """The bindings of these periods' timesheets, as ``<first day>/<last day>``."""
    return list(session.execute(*_numbered(connection, numbers)).mappings().all())


@prepared
def _numbered(connection: Any, numbers: Any) -> sa.Select[Any]:
    return sa.select(binding).where(binding.c.connection == connection, binding.c.number.in_(numbers))


def timesheets(
    session: Session, connection: str, *which: sa.ColumnElement[bool], people: Sequence[str] | None = None
) -> list[Row]:
    """Timesheets composed for a connection, each with its binding's state as ``b_…``; None where it has none.

    ``which`` are constants of a module.
    """
    return list(session.execute(*_timesheets(which, people is None, connection, people)).mappings().all())


@prepared
def _timesheets(which: Sequence[sa.ColumnElement[bool]], every: bool, /, connection: Any, people: Any) -> sa.Select[Any]:
    shown = ("id", "state", "status", "wanted_version", "pushed_version", "wanted_withdrawn", "external_id", "total")
    named = [binding.c[name].label(f"b_{name}") for name in shown]
    both = sa.select(timesheet, *named).join_from(timesheet, binding, binding.c.local == timesheet.c.id, isouter=True)
    whose = sa.true() if every else timesheet.c.person.in_(people)
    return both.where(timesheet.c.connection == connection, *which, whose).order_by(timesheet.c.id)


MAY_CHANGE = (timesheet.c.over.is_(sa.false()), timesheet.c.shut.is_(sa.false()))
"""Which timesheets composing has to look at."""


def turns(session: Session, connection: str, people: Collection[str]) -> dict[Place, int]:
    """How many timesheets of a person and period are over."""
    rows = session.execute(*_turns(connection, people))
    return {(row.person, Period(row.start, row.end, row.calendar)): row.many for row in rows}


@prepared
def _turns(connection: Any, people: Any) -> sa.Select[Any]:
    place = (timesheet.c.person, timesheet.c.start, timesheet.c.end, timesheet.c.calendar)
    mine = (timesheet.c.connection == connection, timesheet.c.person.in_(people), timesheet.c.over.is_(sa.true()))
    return sa.select(*place, sa.func.count().label("many")).where(*mine).group_by(*place)


def shut_places(session: Session, connection: str, people: Collection[str], since: date) -> set[Place]:
    """Whose timesheets of which periods are shut, of those that end on a day or later."""
    rows = session.execute(*_shut(connection, list(people), since))
    return {(row.person, Period(row.start, row.end, row.calendar)) for row in rows}


@prepared
def _shut(connection: Any, people: Any, since: Any) -> sa.Select[Any]:
    mine = (timesheet.c.connection == connection, timesheet.c.person.in_(people), timesheet.c.end >= since)
    return sa.select(timesheet).where(*mine, timesheet.c.over.is_(sa.false()), timesheet.c.shut.is_(sa.true()))


def bodies(session: Session, versions: Mapping[str, int | None]) -> dict[str, dict[str, Any]]:
    """These versions of timesheets as they were composed."""
    rows = session.execute(*_of_timesheets(timesheet_version, list(versions)))
    return {row.timesheet: row.body for row in rows if row.version == versions[row.timesheet]}


@prepared
def _of_timesheets(table: sa.Table, /, some: Any) -> sa.Select[Any]:
    return sa.select(table).where(table.c.timesheet.in_(some))


def keep_timesheet(session: Session, connection: str, one: Timesheet, parts: Sequence[Allocation], cells: Iterable[Cell]) -> None:
    """A new version of a timesheet with what it pays. Versions between what the books have and what is wanted are forgotten."""
    period = one.period
    fixed = {"id": one.id, "organisation": one.organisation, "connection": connection, "person": one.person}
    placed = {"calendar": period.calendar, "start": period.start, "end": period.end}
    changing = {"version": one.version, "cells": list(cells), "over": False}
    put(session, timesheet, fixed | placed | changing, *changing)
    session.execute(insert(session, timesheet_version), {"timesheet": one.id, "version": one.version, "body": asdict(one)})
    rows = [_allocation(one, position, part) for position, part in enumerate(parts)]
    if rows:
        session.execute(insert(session, pay_allocation), rows)


def _allocation(one: Timesheet, position: int, part: Allocation) -> dict[str, Any]:
    numbers = {"timesheet": one.id, "version": one.version, "position": position}
    return asdict(part) | numbers | {"tracking": part.tracking or ""}


def forget_versions(session: Session, number: str, kept: Collection[int]) -> None:
    for table in (pay_allocation, timesheet_version):
        session.execute(*_forgetting(table, number, list(kept)))


@prepared
def _forgetting(table: sa.Table, /, number: Any, kept: Any) -> sa.Delete:
    return sa.delete(table).where(table.c.timesheet == number, table.c.version.not_in(kept))


def end_timesheets(session: Session, numbers: Collection[str]) -> None:
    """These are gone over there: they pay nothing, and another takes their place."""
    if numbers:
        session.execute(sa.delete(pay_allocation).where(pay_allocation.c.timesheet.in_(numbers)))
        session.execute(sa.update(timesheet).where(timesheet.c.id.in_(numbers)).values(over=True))


def ended(session: Session, connection: str) -> list[str]:
    """Whose timesheets are over there without our knowing: gone, or dropped, while they still count here as what pays their
    work; or processed, while a change of them was on its way that was refused for it."""
    return list(session.execute(*_ended(connection)).scalars())


@prepared
def _ended(connection: Any) -> sa.Select[Any]:
    open_ = sa.and_(binding.c.wanted_version > binding.c.pushed_version, binding.c.state == BindingState.PARKED)
    late = sa.and_(binding.c.status == TimesheetStatus.PROCESSED, open_)
    over = (timesheet.c.connection == connection, *MAY_CHANGE, sa.or_(binding.c.state == BindingState.VOID, late))
    mine = sa.select(timesheet.c.person).join_from(timesheet, binding, binding.c.local == timesheet.c.id)
    return mine.where(*over).distinct()


def allocations(session: Session, versions: Mapping[str, int | None]) -> list[Allocation]:
    """What these versions of timesheets pay; none and 0 pay nothing."""
    if not versions:
        return []
    rows = session.execute(*_of_timesheets(pay_allocation, list(versions))).mappings().all()
    return [load_allocation(row) for row in rows if row["version"] == versions[row["timesheet"]]]


def load_allocation(row: Row) -> Allocation:
    """A part of what a timesheet pays, as the planner takes it."""
    names = Allocation.__slots__
    same = {name: row[name] for name in names if name not in ("tags", "tracking")}
    return Allocation(**same, tags=tuple(row["tags"]), tracking=row["tracking"] or None)


# ---- overtime


def keep_rule(session: Session, organisation: str, connection: str, body: Row, now: datetime) -> None:
    row = {"connection": connection, "organisation": organisation, "body": body, "set_at": now}
    put(session, pay_rule, row, "body", "set_at")


def rule(session: Session, connection: str) -> dict[str, Any]:
    """The overtime rule as it was written; empty: none."""
    found = session.execute(_RULE, {"of": connection}).scalar()
    return dict(found or {})


_RULE = sa.select(pay_rule.c.body).where(pay_rule.c.connection == sa.bindparam("of"))


def forget_effects(session: Session, connection: str, people: Collection[str]) -> None:
    """No rule makes anything of these people's days."""
    session.execute(*_people_in(overtime_effect, connection, list(people)))


def keep_effects(session: Session, connection: str, weeks: Collection[tuple[str, date]], effects: Iterable[DayEffect]) -> None:
    """What the rule made of people's weeks (person, first day)."""
    t, (first, last) = overtime_effect.c, (sa.bindparam(name, type_=sa.Date) for name in ("week", "last"))
    mine = (t.connection == connection, t.person == sa.bindparam("whose"), t.date.between(first, last))
    rows = [{"whose": person, "week": first, "last": first + timedelta(days=6)} for person, first in sorted(weeks)]
    if rows:
        session.execute(sa.delete(overtime_effect).where(*mine), rows)
    rows = [asdict(one) | {"connection": connection} for one in effects]
    if rows:
        session.execute(sa.insert(overtime_effect), rows)


def effects(session: Session, connection: str, since: date) -> list[Row]:
    """Its effects from a day on."""
    mine = (overtime_effect.c.connection == connection, overtime_effect.c.date >= since)
    order = (overtime_effect.c.date, overtime_effect.c.person)
    return list(session.execute(sa.select(overtime_effect).where(*mine).order_by(*order)).mappings().all())


# ---- what could not be put on a timesheet


def keep_left_out(session: Session, organisation: str, connection: str, people: Collection[str], rest: Iterable[LeftOut]) -> None:
    """What of these people's work no timesheet pays, one row for each reason."""
    session.execute(*_people_in(left_out, connection, list(people)))
    groups: dict[tuple[str, str, str], list[LeftOut]] = {}
    for one in rest:
        groups.setdefault((one.person, one.code, one.cause), []).append(one)
    rows = [_left(organisation, connection, position, group) for position, group in enumerate(groups.values())]
    if rows:
        session.execute(sa.insert(left_out), rows)


def _left(organisation: str, connection: str, position: int, group: Sequence[LeftOut]) -> dict[str, Any]:
    first, days = group[0], [one.worked for one in group]
    said = {"code": first.code, "cause": first.cause, "remedy": first.remedy}
    span: dict[str, date | int] = {"since": min(days), "until": max(days), "seconds": sum(one.seconds for one in group)}
    named = {"connection": connection, "person": first.person, "position": position, "organisation": organisation}
    return named | span | said


def left_outs(session: Session, connection: str) -> list[Row]:
    return list(session.execute(*_left_outs(connection)).mappings().all())


@prepared
def _left_outs(connection: Any) -> sa.Select[Any]:
    mine = sa.select(left_out).where(left_out.c.connection == connection)
    return mine.order_by(left_out.c.since, left_out.c.person, left_out.c.position)
