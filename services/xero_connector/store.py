"""Every query and write of payroll's own tables; each names the organisation, or a connection that was found by it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
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
    sheet,
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
from shared.contract.statuses import BindingState
from shared.platform.session import Session, insert

Row = Mapping[str, Any]
Place = tuple[str, Period]
"""Person and period."""

# ---- work


def keep_work(session: Session, organisation: str, message: WorkMessage) -> Row | None:
    """The present state of one entry; gives the one before."""
    mine = sa.select(work).where(work.c.organisation == organisation, work.c.entry == message.entry)
    before = session.execute(mine).mappings().first()
    names = ("entry", "revision", "person", "date", "zone", "person_zone", "break_seconds", "job", "approved", "deleted")
    values = {name: getattr(message, name) for name in names} | {
        "organisation": organisation,
        "seconds": message.seconds,
        "tags": message.tags,
        "start": message.start.isoformat() if message.start else None,
        "end": message.end.isoformat() if message.end else None,
    }
    new = insert(session, work).values(values)
    changed = {name: new.excluded[name] for name in values if name not in ("organisation", "entry")}
    session.execute(new.on_conflict_do_update(index_elements=["organisation", "entry"], set_=changed))
    return before


def drop_work(session: Session, organisation: str, entry: str) -> Row | None:
    """Nothing is told of an entry any more: whoever had it has it no more; gives what it was."""
    mine = (work.c.organisation == organisation, work.c.entry == entry)
    return session.execute(sa.update(work).where(*mine).values(deleted=True).returning(work)).mappings().first()


def payees(session: Session, connection: str, entry: str) -> list[str]:
    """Whose timesheets pay an entry, whoever has worked it."""
    parts = sa.select(pay_allocation.c.person).join_from(pay_allocation, timesheet).distinct()
    return list(session.execute(parts.where(timesheet.c.connection == connection, pay_allocation.c.entry == entry)).scalars())


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
        new = insert(session, dirty).values(rows)
        again = {"marks": dirty.c.marks + 1}
        session.execute(new.on_conflict_do_update(index_elements=["connection", "person"], set_=again))


def marked(session: Session, connection: str, limit: int) -> list[str]:
    mine = sa.select(dirty.c.person).where(dirty.c.connection == connection)
    return list(session.execute(mine.order_by(dirty.c.person).limit(limit).with_for_update()).scalars())


def unmark(session: Session, connection: str, people: Collection[str]) -> None:
    session.execute(sa.delete(dirty).where(dirty.c.connection == connection, dirty.c.person.in_(people)))


# ---- links


def links(session: Session, connection: str, kind: str) -> dict[str, str]:
    """Their ids by our locals."""
    mine = sa.select(reference.c.local, reference.c.remote).where(reference.c.connection == connection, reference.c.kind == kind)
    return {row.local: row.remote for row in session.execute(mine.where(reference.c.remote.is_not(None)))}


def linked_elsewhere(session: Session, organisation: str, connection: str, kind: str) -> set[str]:
    """Our locals of a kind that another connection has a link for."""
    mine = sa.select(reference.c.local).where(reference.c.organisation == organisation, reference.c.kind == kind)
    other = mine.where(reference.c.connection != connection, reference.c.remote.is_not(None))
    return set(session.execute(other).scalars())


# ---- payroll facts


def keep_payroll(session: Session, organisation: str, connection: str, body: Row, now: datetime) -> None:
    values = {"connection": connection, "organisation": organisation, "body": body, "read_at": now}
    new = insert(session, payroll).values(values)
    session.execute(new.on_conflict_do_update(index_elements=["connection"], set_={"body": body, "read_at": now}))


def read_payroll(session: Session, connection: str) -> tuple[Payroll, datetime] | None:
    """The facts as last read, and when."""
    row = session.execute(sa.select(payroll).where(payroll.c.connection == connection)).first()
    return None if row is None else (load_payroll(row.body), row.read_at)


def age_payroll(session: Session, connection: str) -> None:
    """Have the facts read again before they are used."""
    session.execute(sa.update(payroll).where(payroll.c.connection == connection).values(read_at=datetime(1970, 1, 1, tzinfo=UTC)))


# ---- timesheets of ours


def bindings_of(session: Session, connection: str, numbers: Collection[str]) -> list[Row]:
    """The bindings of these periods' timesheets, as ``<first day>/<last day>``."""
    mine = sa.select(binding).where(binding.c.connection == connection, binding.c.number.in_(numbers))
    return list(session.execute(mine).mappings().all())


def timesheets(session: Session, connection: str, *which: sa.ColumnElement[bool]) -> list[Row]:
    """Timesheets composed for a connection, each with its binding's state as ``b_…``; None where it has none."""
    shown = ("id", "state", "status", "wanted_version", "pushed_version", "wanted_withdrawn", "external_id", "total")
    named = [binding.c[name].label(f"b_{name}") for name in shown]
    both = sa.select(timesheet, *named).join_from(timesheet, binding, binding.c.local == timesheet.c.id, isouter=True)
    mine = both.where(timesheet.c.connection == connection, *which)
    return list(session.execute(mine.order_by(timesheet.c.id)).mappings().all())


MAY_CHANGE = (timesheet.c.over.is_(sa.false()), timesheet.c.shut.is_(sa.false()))
"""Which timesheets composing has to look at."""


def turns(session: Session, connection: str, people: Collection[str]) -> dict[Place, int]:
    """How many timesheets of a person and period are over."""
    place = (timesheet.c.person, timesheet.c.start, timesheet.c.end, timesheet.c.calendar)
    mine = (timesheet.c.connection == connection, timesheet.c.person.in_(people), timesheet.c.over.is_(sa.true()))
    rows = session.execute(sa.select(*place, sa.func.count().label("many")).where(*mine).group_by(*place))
    return {(row.person, Period(row.start, row.end, row.calendar)): row.many for row in rows}


def shut_places(session: Session, connection: str, people: Collection[str], since: date) -> set[Place]:
    """Whose timesheets of which periods are shut, of those that end on a day or later."""
    mine = (timesheet.c.connection == connection, timesheet.c.person.in_(people), timesheet.c.end >= since)
    rows = session.execute(sa.select(timesheet).where(*mine, timesheet.c.over.is_(sa.false()), timesheet.c.shut.is_(sa.true())))
    return {(row.person, Period(row.start, row.end, row.calendar)) for row in rows}


def bodies(session: Session, versions: Mapping[str, int | None]) -> dict[str, dict[str, Any]]:
    """These versions of timesheets as they were composed."""
    rows = session.execute(sa.select(timesheet_version).where(timesheet_version.c.timesheet.in_(versions)))
    return {row.timesheet: row.body for row in rows if row.version == versions[row.timesheet]}


def keep_timesheet(session: Session, connection: str, one: Timesheet, parts: Sequence[Allocation], cells: Iterable[Cell]) -> None:
    """A new version of a timesheet with what it pays. Versions between what the books have and what is wanted are forgotten."""
    period = one.period
    fixed = {"id": one.id, "organisation": one.organisation, "connection": connection, "person": one.person}
    placed = {"calendar": period.calendar, "start": period.start, "end": period.end}
    changing = {"version": one.version, "cells": list(cells), "over": False}
    new = insert(session, timesheet).values(**fixed, **placed, **changing)
    session.execute(new.on_conflict_do_update(index_elements=["id"], set_=changing))
    session.execute(sa.insert(timesheet_version).values(timesheet=one.id, version=one.version, body=asdict(one)))
    rows = [_allocation(one, position, part) for position, part in enumerate(parts)]
    if rows:
        session.execute(sa.insert(pay_allocation), rows)


def _allocation(one: Timesheet, position: int, part: Allocation) -> dict[str, Any]:
    numbers = {"timesheet": one.id, "version": one.version, "position": position}
    return asdict(part) | numbers | {"tracking": part.tracking or ""}


def forget_versions(session: Session, number: str, kept: Collection[int]) -> None:
    for table in (pay_allocation, timesheet_version):
        session.execute(sa.delete(table).where(table.c.timesheet == number, table.c.version.not_in(kept)))


def end_timesheets(session: Session, numbers: Collection[str]) -> None:
    """These are gone over there: they pay nothing, and another takes their place."""
    if numbers:
        session.execute(sa.delete(pay_allocation).where(pay_allocation.c.timesheet.in_(numbers)))
        session.execute(sa.update(timesheet).where(timesheet.c.id.in_(numbers)).values(over=True))


def ended(session: Session, connection: str) -> list[str]:
    """Whose timesheets are gone over there, or were dropped, while they still count here as what pays their work."""
    gone = (timesheet.c.connection == connection, *MAY_CHANGE, binding.c.state == BindingState.VOID)
    mine = sa.select(timesheet.c.person).join_from(timesheet, binding, binding.c.local == timesheet.c.id)
    return list(session.execute(mine.where(*gone).distinct()).scalars())


def allocations(session: Session, versions: Mapping[str, int | None]) -> list[Allocation]:
    """What these versions of timesheets pay; none and 0 pay nothing."""
    if not versions:
        return []
    rows = session.execute(sa.select(pay_allocation).where(pay_allocation.c.timesheet.in_(versions))).mappings().all()
    return [load_allocation(row) for row in rows if row["version"] == versions[row["timesheet"]]]


def load_allocation(row: Row) -> Allocation:
    """A part of what a timesheet pays, as the planner takes it."""
    names = Allocation.__slots__
    same = {name: row[name] for name in names if name not in ("tags", "tracking")}
    return Allocation(**same, tags=tuple(row["tags"]), tracking=row["tracking"] or None)


# ---- overtime


def keep_rule(session: Session, organisation: str, connection: str, body: Row, now: datetime) -> None:
    values = {"connection": connection, "organisation": organisation, "body": body, "set_at": now}
    new = insert(session, pay_rule).values(values)
    session.execute(new.on_conflict_do_update(index_elements=["connection"], set_={"body": body, "set_at": now}))


def rule(session: Session, connection: str) -> dict[str, Any]:
    """The overtime rule as it was written; empty: none."""
    found = session.execute(sa.select(pay_rule.c.body).where(pay_rule.c.connection == connection)).scalar()
    return dict(found or {})


def forget_effects(session: Session, connection: str, people: Collection[str]) -> None:
    """No rule makes anything of these people's days."""
    mine = (overtime_effect.c.connection == connection, overtime_effect.c.person.in_(people))
    session.execute(sa.delete(overtime_effect).where(*mine))


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


# ---- what the books were seen to hold


def keep_sheets(session: Session, rows: Sequence[Row]) -> None:
    """Timesheets over there, whoever made them; older news of one changes nothing."""
    if not rows:
        return
    new = insert(session, sheet).values(list(rows))
    changed = {name: new.excluded[name] for name in ("status", "remote_version", "remote_order", "hours")}
    newer = sheet.c.remote_order <= new.excluded.remote_order
    session.execute(new.on_conflict_do_update(index_elements=["connection", "external_id"], set_=changed, where=newer))


def sheets(session: Session, connection: str, employees: Collection[str], *which: sa.ColumnElement[bool]) -> list[Row]:
    mine = sa.select(sheet).where(sheet.c.connection == connection, sheet.c.employee.in_(employees), *which)
    return list(session.execute(mine.order_by(sheet.c.start)).mappings().all())


def known(session: Session, connection: str, externals: Collection[str]) -> set[str]:
    """Those of them that are timesheets of ours, gone or not."""
    mine = (binding.c.connection == connection, binding.c.external_id.in_(externals))
    return set(session.execute(sa.select(binding.c.external_id).where(*mine)).scalars())


def drop_sheets(session: Session, connection: str, externals: Collection[str]) -> list[str]:
    """These are gone over there; gives whose they were."""
    gone = sa.delete(sheet).where(sheet.c.connection == connection, sheet.c.external_id.in_(externals))
    return list(session.execute(gone.returning(sheet.c.employee)).scalars()) if externals else []


# ---- what could not be put on a timesheet


def keep_left_out(session: Session, organisation: str, connection: str, people: Collection[str], rest: Iterable[LeftOut]) -> None:
    """What of these people's work no timesheet pays, one row for each reason."""
    session.execute(sa.delete(left_out).where(left_out.c.connection == connection, left_out.c.person.in_(people)))
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
    mine = sa.select(left_out).where(left_out.c.connection == connection)
    return list(session.execute(mine.order_by(left_out.c.since, left_out.c.person, left_out.c.position)).mappings().all())
