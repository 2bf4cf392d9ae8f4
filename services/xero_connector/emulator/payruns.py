"""Makes, fills and posts pay runs: posting pays the approved timesheets of the period and cannot be taken back by an app."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from . import calendars
from .books import APPROVED, PROCESSED, Books, Run, Sheet, new_id
from .journal import Act
from .options import Calendar, Employee
from .seeds import key
from .wire import Body, broken

NOTHING = Decimal(0)


def payment_day(calendar: Calendar, end: date) -> date:
    return end + timedelta(days=calendar.pays_after)


def draft(books: Books, act: Act, calendar_id: str, start: date | None = None, end: date | None = None) -> Run:
    """A draft for one period of a calendar: the next one if none is named."""
    calendar = books.calendars.get(calendar_id)
    if calendar is None:
        raise broken("payrollCalendarID", "Payroll calendar does not exist")
    begin, last = calendars.period_of(calendar, start) if start else books.upcoming(calendar)
    if start is not None and (start != begin or end not in (None, last)):
        raise broken("periodStartDate", "The dates do not correspond with a pay period")
    _refuse_second(books, calendar_id, begin)
    run = Run(new_id(), calendar_id, begin, last, payment_day(calendar, last), False, act.at)
    return books.keep_run(act, "create", run)


def _refuse_second(books: Books, calendar_id: str, begin: date) -> None:
    for run in books.runs.values():
        if run.calendar == calendar_id and not run.posted:
            raise broken("_default", "There is already a draft pay run for this payroll calendar")
        if (run.calendar, run.start) == (calendar_id, begin):
            raise broken("_default", "A pay run for this period has already been posted")


def post(books: Books, act: Act, run: Run) -> Run:
    if run.posted:
        raise broken("_default", "This pay run has already been posted")
    drawn = approved(books, run)
    for sheet in drawn:
        books.keep(act, "process", replace(sheet, status=PROCESSED))
    return books.keep_run(act, "post", replace(run, posted=True, posted_at=act.at, drawn=tuple(sheet.id for sheet in drawn)))


def reopen(books: Books, act: Act, run: Run) -> Run:
    """A person, in the books themselves, takes a posted run back: its timesheets are approved ones again."""
    if not run.posted:
        raise broken("_default", "This pay run is not posted")
    for sheet_id in run.drawn:
        books.keep(act, "revert", replace(books.sheets[sheet_id], status=APPROVED))
    return books.keep_run(act, "reopen", replace(run, posted=False, posted_at=None, drawn=()))


def delete(books: Books, act: Act, run: Run) -> None:
    if run.posted:
        raise broken("_default", "A posted pay run cannot be deleted")
    del books.runs[run.id]
    books.journal.record(act, books.tenant, "pay_run", "delete", run.id, run.as_json())


def approved(books: Books, run: Run) -> list[Sheet]:
    """The timesheets a run pays: of its calendar and period, approved by now."""
    period = (run.calendar, run.start, run.end)
    return [each for each in books.sheets.values() if each.status == APPROVED and (each.calendar, each.start, each.end) == period]


def payslips(books: Books, run: Run) -> list[Body]:
    """One for each employee of the calendar who works in the period: what the timesheets earn."""
    sheets = [books.sheets[each] for each in run.drawn if each in books.sheets] if run.posted else approved(books, run)
    of_employee = {sheet.employee: sheet for sheet in sheets}
    return [
        _payslip(books, run, person, of_employee.get(person.id))
        for person in books.employees.values()
        if person.calendar == run.calendar or person.id in of_employee
    ]


def _payslip(books: Books, run: Run, person: Employee, sheet: Sheet | None) -> Body:
    lines = tuple(line for line in sheet.lines if line.units) if sheet else ()
    return {"id": key(run.id, "payslip", person.id), "employee": person, "lines": lines, "pay": books.pay_of(person, lines)}
