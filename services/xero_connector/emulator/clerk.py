"""Does what a payroll clerk does in the books by hand: approves, corrects, rejects, pays, ends employments."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from . import calendars, payruns, timesheets
from .books import Books, Line, new_id
from .options import Employee
from .wire import Body, broken
from .world import World

Dated = Iterable[Mapping[str, Any]]
"""Lines by hand: {"day": "2026-11-02", "units": "7.5", "rate": id or nothing for the ordinary one, "tracking": id or nothing}."""


def approve(world: World, tenant: str, timesheet: str) -> Body:
    with world.as_clerk(tenant) as (books, act):
        return timesheets.approve(books, act, books.sheet(timesheet)).as_json()


def revert(world: World, tenant: str, timesheet: str) -> Body:
    with world.as_clerk(tenant) as (books, act):
        return timesheets.revert(books, act, books.sheet(timesheet)).as_json()


def reject(world: World, tenant: str, timesheet: str) -> Body:
    with world.as_clerk(tenant) as (books, act):
        return timesheets.reject(books, act, books.sheet(timesheet)).as_json()


def request(world: World, tenant: str, timesheet: str) -> Body:
    """The employee hands it in."""
    with world.as_clerk(tenant) as (books, act):
        return timesheets.request(books, act, books.sheet(timesheet)).as_json()


def delete(world: World, tenant: str, timesheet: str) -> None:
    """By hand also one that is approved; never one that is paid."""
    with world.as_clerk(tenant) as (books, act):
        timesheets.delete(books, act, books.sheet(timesheet), only_draft=False)


def edit(world: World, tenant: str, timesheet: str, lines: Dated) -> Body:
    """Other hours in a draft: these lines and no others."""
    entered = [dict(line) for line in lines]
    with world.as_clerk(tenant, lines=entered) as (books, act):
        sheet = books.sheet(timesheet)
        new = _lines(books, sheet.employee, entered)
        wanted = timesheets.Wanted(sheet.employee, sheet.start, sheet.end, new)
        return timesheets.change(books, act, sheet, wanted).as_json()


def edit_units(world: World, tenant: str, timesheet: str, line: str, units: Any) -> Body:
    """Another number of units on one line; none takes the line away."""
    with world.as_clerk(tenant, line=line, units=str(units)) as (books, act):
        sheet = books.sheet(timesheet)
        new = replace(timesheets.line_of(sheet, line), units=_number(units))
        lines = tuple(new if each.id == new.id else each for each in sheet.lines)
        return timesheets.set_lines(books, act, "update_line", sheet, lines, new).as_json()


def add(world: World, tenant: str, employee: str, day: Any, lines: Dated = (), *, requested: bool = False) -> Body:
    """A timesheet made by hand for the period a day lies in; `requested`: by the employee."""
    entered = [dict(line) for line in lines]
    with world.as_clerk(tenant, lines=entered) as (books, act):
        person = books.employees[employee]
        start, end = calendars.period_of(books.calendars[person.calendar or ""], _day(day))
        wanted = timesheets.Wanted(employee, start, end, _lines(books, employee, entered))
        sheet = timesheets.create(books, act, wanted)
        return (timesheets.request(books, act, sheet) if requested else sheet).as_json()


def draft_pay_run(world: World, tenant: str, calendar: str, start: Any = None) -> Body:
    """For the period that begins on a day, or the next one."""
    with world.as_clerk(tenant) as (books, act):
        return payruns.draft(books, act, calendar, _day(start) if start else None).as_json()


def post_pay_run(world: World, tenant: str, pay_run: str) -> Body:
    with world.as_clerk(tenant) as (books, act):
        return payruns.post(books, act, books.run(pay_run)).as_json()


def reopen_pay_run(world: World, tenant: str, pay_run: str) -> Body:
    with world.as_clerk(tenant) as (books, act):
        return payruns.reopen(books, act, books.run(pay_run)).as_json()


def delete_pay_run(world: World, tenant: str, pay_run: str) -> None:
    with world.as_clerk(tenant) as (books, act):
        payruns.delete(books, act, books.run(pay_run))


def pay(world: World, tenant: str, timesheet: str) -> Body:
    """Approves a timesheet if need be, drafts its pay run if there is none, and posts it."""
    with world.as_clerk(tenant) as (books, act):
        sheet = books.sheet(timesheet)
        if sheet.status != "APPROVED":
            sheet = timesheets.approve(books, act, sheet)
        drafts = [run for run in books.runs.values() if run.calendar == sheet.calendar and not run.posted]
        run = next((each for each in drafts if each.start == sheet.start), None)
        run = run or payruns.draft(books, act, sheet.calendar, sheet.start)
        return payruns.post(books, act, run).as_json()


def end_employment(world: World, tenant: str, employee: str, day: Any) -> None:
    with world.as_clerk(tenant) as (books, act):
        books.change_employee(act, "end", employee, end=_day(day))


def start_employment(world: World, tenant: str, employee: str, day: Any) -> None:
    with world.as_clerk(tenant) as (books, act):
        books.change_employee(act, "start", employee, start=_day(day), end=None)


def change_calendar(world: World, tenant: str, employee: str, calendar: str | None) -> None:
    with world.as_clerk(tenant) as (books, act):
        if calendar is not None and calendar not in books.calendars:
            raise broken("payrollCalendarID", "Payroll calendar does not exist")
        books.change_employee(act, "change_calendar", employee, calendar=calendar)


def change_template(world: World, tenant: str, employee: str, rates: Iterable[str], ordinary: str | None = None) -> None:
    """Other earnings rates on the pay template, and perhaps another ordinary one."""
    with world.as_clerk(tenant) as (books, act):
        named = {"rate": ordinary} if ordinary else {}
        books.change_employee(act, "change_template", employee, template=tuple(rates), **named)


def rename_employee(world: World, tenant: str, employee: str, first: str, last: str) -> None:
    with world.as_clerk(tenant) as (books, act):
        books.change_employee(act, "rename", employee, first=first, last=last)


def hire(
    world: World, tenant: str, first: str, last: str, calendar: str | None, start: Any = "2020-01-06", email: str = ""
) -> str:
    """A new person on a calendar, with every current rate on the pay template."""
    with world.as_clerk(tenant) as (books, act):
        rates = tuple(rate.id for rate in books.rates.values() if rate.current)
        mail = email or f"{first}.{last}@example.invalid".lower()
        person = Employee(str(uuid.uuid4()), first, last, mail, calendar, rates[0] if rates else None, rates, _day(start))
        books.employees[person.id] = person
        books.change_employee(act, "create", person.id)
        return person.id


def archive_rate(world: World, tenant: str, rate: str) -> None:
    with world.as_clerk(tenant) as (books, act):
        books.rates[rate] = replace(books.rates[rate], current=False)
        books.journal.record(act, tenant, "rate", "archive", rate, {"name": books.rates[rate].name})


def _lines(books: Books, employee: str, entered: list[dict[str, Any]]) -> tuple[Line, ...]:
    ordinary = books.employees[employee].rate or ""
    return tuple(
        Line(new_id(), _day(line["day"]), line.get("rate") or ordinary, _number(line["units"]), line.get("tracking"))
        for line in entered
    )


def _day(value: Any) -> date:
    return value if isinstance(value, date) else date.fromisoformat(value)


def _number(value: Any) -> Decimal:
    try:
        found = Decimal(str(value))
    except ArithmeticError:
        raise broken("numberOfUnits", f"{value or 'Nothing'} is not a number of units") from None
    if not found.is_finite():
        raise broken("numberOfUnits", f"{value} is not a number of units")
    return found
