"""Holds timesheets to their rules: whole periods, one for each employee and period, allowed rates, who may change what."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from . import calendars
from .books import APPROVED, DRAFT, PROCESSED, REJECTED, REQUESTED, Books, Line, Sheet, new_id
from .journal import Act
from .options import Employee
from .wire import Broken, Reason, broken, not_there

_CENT = Decimal("0.01")
_BRITISH_KINDS = ("RegularEarnings", "OvertimeEarnings")
_NOT_DRAFT = "Timesheet is not a Draft Timesheet"


@dataclass(frozen=True)
class Wanted:
    """What a request wants a timesheet to be."""

    employee: str
    start: date
    end: date
    lines: tuple[Line, ...]
    calendar: str | None = None  # named by the 2.0 surfaces only


def create(books: Books, act: Act, wanted: Wanted, status: str = DRAFT) -> Sheet:
    reasons = [*_person(books, wanted), *_lines(books, wanted)]
    if not reasons:
        reasons = list(_period_free(books, wanted))
    if reasons:
        raise Broken(*reasons)
    calendar = books.employees[wanted.employee].calendar or ""
    sheet = Sheet(new_id(), wanted.employee, calendar, wanted.start, wanted.end, status, wanted.lines, act.at)
    return books.keep(act, "create", sheet)


def change(books: Books, act: Act, sheet: Sheet, wanted: Wanted, status: str = DRAFT) -> Sheet:
    """The older surface's update: all of it again, perhaps approved with it."""
    if sheet.status != DRAFT:
        raise broken("_default", _NOT_DRAFT)
    if (wanted.employee, wanted.start, wanted.end) != (sheet.employee, sheet.start, sheet.end):
        raise broken("_default", "The employee and the period of a timesheet cannot be changed")
    reasons = list(_lines(books, wanted))
    if reasons:
        raise Broken(*reasons)
    operation = "approve" if status == APPROVED else "update"
    return books.keep(act, operation, replace(sheet, lines=wanted.lines, status=status))


def set_lines(books: Books, act: Act, operation: str, sheet: Sheet, lines: tuple[Line, ...], touched: Line | None) -> Sheet:
    """Adds, changes or removes a line; `touched` is the one that is held to the rules."""
    _in(sheet, DRAFT)
    if touched is not None:
        _refuse_bad_line(books, sheet, lines, touched)
    return books.keep(act, operation, replace(sheet, lines=lines))


def _refuse_bad_line(books: Books, sheet: Sheet, lines: tuple[Line, ...], touched: Line) -> None:
    wanted = Wanted(sheet.employee, sheet.start, sheet.end, (touched,))
    reasons = list(_lines(books, wanted))
    place = (touched.day, touched.rate, touched.tracking)
    if any(line.id != touched.id and line.units and (line.day, line.rate, line.tracking) == place for line in lines):
        reasons.append(Reason("date", "A timesheet line for this date and earnings rate already exists"))
    if reasons:
        raise Broken(*reasons)


def approve(books: Books, act: Act, sheet: Sheet) -> Sheet:
    _in(sheet, DRAFT, REQUESTED)
    return books.keep(act, "approve", replace(sheet, status=APPROVED))


def revert(books: Books, act: Act, sheet: Sheet) -> Sheet:
    if sheet.status not in (APPROVED, REQUESTED, REJECTED):
        raise broken("_default", f"A {sheet.status.lower()} timesheet cannot be reverted to draft")
    return books.keep(act, "revert", replace(sheet, status=DRAFT))


def reject(books: Books, act: Act, sheet: Sheet) -> Sheet:
    _in(sheet, DRAFT, REQUESTED)
    return books.keep(act, "reject", replace(sheet, status=REJECTED))


def request(books: Books, act: Act, sheet: Sheet) -> Sheet:
    _in(sheet, DRAFT, REJECTED)
    return books.keep(act, "request", replace(sheet, status=REQUESTED))


def delete(books: Books, act: Act, sheet: Sheet, *, only_draft: bool = True) -> None:
    if sheet.status == PROCESSED:
        raise broken("_default", "A timesheet that has been paid cannot be deleted")
    if only_draft:
        _in(sheet, DRAFT, REJECTED)
    books.drop(act, sheet)


def _in(sheet: Sheet, *allowed: str) -> None:
    if sheet.status not in allowed:
        raise broken("_default", _NOT_DRAFT)


def line_of(sheet: Sheet, line_id: str) -> Line:
    for line in sheet.lines:
        if line.id == line_id.lower():
            return line
    raise not_there()


def rounded(units: Decimal, decimals: str) -> Decimal:
    """Units as they are kept where the organisation rounds; where it refuses, `_units` sees them as they came."""
    return units.quantize(_CENT, ROUND_HALF_UP) if decimals == "round" else units


def _person(books: Books, wanted: Wanted) -> Iterator[Reason]:
    person = books.employees.get(wanted.employee)
    if person is None:
        yield Reason("employeeID", "Employee does not exist")
        return
    if person.calendar is None:
        yield Reason("employeeID", "Employee does not have a payroll calendar")
        return
    if wanted.calendar is not None and wanted.calendar != person.calendar:
        yield Reason("payrollCalendarID", "The payroll calendar is not the employee's")
    yield from _whole_period(books, person, wanted)


def _whole_period(books: Books, person: Employee, wanted: Wanted) -> Iterator[Reason]:
    start, end = calendars.period_of(books.calendars[person.calendar or ""], wanted.start)
    if wanted.start != start:
        yield Reason("startDate", "The start date does not correspond with a pay period")
    elif wanted.end != end:
        yield Reason("endDate", "The end date does not correspond with a pay period")
    if person.end is not None and wanted.start > person.end:
        yield Reason("employeeID", "The employee was terminated before this pay period")
    if wanted.end < person.start:
        yield Reason("employeeID", "The employee starts after this pay period")


def _period_free(books: Books, wanted: Wanted) -> Iterator[Reason]:
    for other in books.of_employee(wanted.employee):
        if (other.start, other.end) == (wanted.start, wanted.end):
            yield Reason("_default", "This timesheet already exists, please provide the timesheet ID")
            return
    if books.organisation.posted_periods == "refuse" and _posted(books, wanted):
        yield Reason("_default", "The pay run of this pay period has already been posted")


def _posted(books: Books, wanted: Wanted) -> bool:
    calendar = books.employees[wanted.employee].calendar
    period = (calendar, wanted.start, wanted.end)
    return any(run.posted and (run.calendar, run.start, run.end) == period for run in books.runs.values())


def _lines(books: Books, wanted: Wanted) -> Iterator[Reason]:
    person = books.employees.get(wanted.employee)
    for line in wanted.lines:
        if not wanted.start <= line.day <= wanted.end:
            yield Reason("date", "The date of a timesheet line is outside the timesheet's period")
        yield from _rate(books, person, line)
        yield from _tracking(books, line)
        if line.units < 0:
            yield Reason("numberOfUnits", "The number of units must be positive")
        if line.units != line.units.quantize(_CENT, ROUND_HALF_UP):
            yield Reason("numberOfUnits", "The number of units may have two decimal places")


def _rate(books: Books, person: Employee | None, line: Line) -> Iterator[Reason]:
    rate = books.rates.get(line.rate)
    if rate is None:
        yield Reason("earningsRateID", "Earnings Rate does not exist")
        return
    if not rate.current:
        yield Reason("earningsRateID", "Earnings Rate is not active")
    if books.organisation.region == "UK" and rate.kind not in _BRITISH_KINDS:
        yield Reason("earningsRateID", "The earning rate is not valid for timesheets")
    if books.organisation.template_rates_only and person is not None and rate.id not in person.template:
        yield Reason("earningsRateID", "Earnings Rate is not on the employee's pay template")


def _tracking(books: Books, line: Line) -> Iterator[Reason]:
    if line.tracking is None and books.organisation.tracking_required:
        yield Reason("trackingItemID", "A tracking item must be chosen")
    if line.tracking is not None and line.tracking not in books.organisation.tracking:
        yield Reason("trackingItemID", "Tracking item does not exist")
