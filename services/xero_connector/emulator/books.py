"""Holds one organisation's payroll: employees, calendars, rates, timesheets, pay runs, and what is known of each."""

from __future__ import annotations

import uuid
from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from typing import Any

from .calendars import Period, after, period_of
from .journal import Act, Journal
from .options import Calendar, Employee, Organisation, Rate
from .wire import Body, moment, not_there, shown

DRAFT, REQUESTED, APPROVED, REJECTED, PROCESSED = "DRAFT", "REQUESTED", "APPROVED", "REJECTED", "PROCESSED"


@dataclass(frozen=True)
class Line:
    """Units of one rate on one day. `row` keeps apart what the older surface sent as separate rows."""

    id: str
    day: date
    rate: str
    units: Decimal
    tracking: str | None = None
    row: int = 0


@dataclass(frozen=True)
class Sheet:
    """A timesheet: one employee, one whole pay period."""

    id: str
    employee: str
    calendar: str
    start: date
    end: date
    status: str
    lines: tuple[Line, ...]
    updated: datetime

    @property
    def hours(self) -> Decimal:
        return sum((line.units for line in self.lines), Decimal(0))

    def as_json(self) -> Body:
        """In plain words, for tests."""
        return {
            **{name: value for name, value in vars(self).items() if name not in ("lines", "updated")},
            "start": self.start.isoformat(),
            "end": self.end.isoformat(),
            "hours": self.hours,
            "updated": moment(self.updated),
            "lines": [{**vars(line), "day": line.day.isoformat()} for line in self.lines if line.units],
        }


@dataclass(frozen=True)
class Run:
    """A pay run: every employee of one calendar, one period."""

    id: str
    calendar: str
    start: date
    end: date
    payment: date
    posted: bool
    updated: datetime
    posted_at: datetime | None = None
    drawn: tuple[str, ...] = ()  # the timesheets that were paid with it

    def as_json(self) -> Body:
        return {
            "id": self.id,
            "calendar": self.calendar,
            "start": self.start.isoformat(),
            "end": self.end.isoformat(),
            "payment": self.payment.isoformat(),
            "status": "POSTED" if self.posted else "DRAFT",
            "timesheets": list(self.drawn),
        }


@dataclass
class Books:
    """One organisation. Writing goes through `keep`, `drop` and `keep_run`, which tell the journal."""

    organisation: Organisation
    journal: Journal
    opened: datetime
    employees: dict[str, Employee] = field(default_factory=dict)
    calendars: dict[str, Calendar] = field(default_factory=dict)
    rates: dict[str, Rate] = field(default_factory=dict)
    sheets: dict[str, Sheet] = field(default_factory=dict)
    runs: dict[str, Run] = field(default_factory=dict)
    by_employee: dict[str, set[str]] = field(default_factory=partial(defaultdict, set))

    @classmethod
    def opened_for(cls, organisation: Organisation, journal: Journal, now: datetime) -> Books:
        return cls(
            organisation,
            journal,
            now,
            {each.id: each for each in organisation.employees},
            {each.id: each for each in organisation.calendars},
            {each.id: each for each in organisation.rates},
        )

    @property
    def tenant(self) -> str:
        return self.organisation.tenant

    def sheet(self, sheet_id: str) -> Sheet:
        if sheet_id.lower() not in self.sheets:
            raise not_there()
        return self.sheets[sheet_id.lower()]

    def run(self, run_id: str) -> Run:
        if run_id.lower() not in self.runs:
            raise not_there()
        return self.runs[run_id.lower()]

    def of_employee(self, employee: str) -> list[Sheet]:
        return [self.sheets[each] for each in self.by_employee.get(employee, ())]

    def keep(self, act: Act, operation: str, sheet: Sheet) -> Sheet:
        kept = replace(sheet, updated=act.at)
        self.sheets[kept.id] = kept
        self.by_employee[kept.employee].add(kept.id)
        self.journal.record(act, self.tenant, "timesheet", operation, kept.id, kept.as_json())
        return kept

    def drop(self, act: Act, sheet: Sheet) -> None:
        del self.sheets[sheet.id]
        self.by_employee[sheet.employee].discard(sheet.id)
        self.journal.record(act, self.tenant, "timesheet", "delete", sheet.id, sheet.as_json())

    def keep_run(self, act: Act, operation: str, run: Run) -> Run:
        kept = replace(run, updated=act.at)
        self.runs[kept.id] = kept
        self.journal.record(act, self.tenant, "pay_run", operation, kept.id, kept.as_json())
        return kept

    def change_employee(self, act: Act, operation: str, employee: str, **changes: Any) -> Employee:
        changed = replace(self.employees[employee], updated=act.at, **changes)
        self.employees[employee] = changed
        self.journal.record(act, self.tenant, "employee", operation, employee, {"name": changed.name})
        return changed

    def upcoming(self, calendar: Calendar) -> Period:
        """The calendar's next period to be paid: after the last posted run, else the one that ran when the books were opened."""
        posted = [(run.start, run.end) for run in self.runs.values() if run.calendar == calendar.id and run.posted]
        return after(calendar, max(posted)) if posted else period_of(calendar, self.opened.date())

    def pay_of(self, employee: Employee, lines: tuple[Line, ...]) -> Decimal:
        """What the lines earn; multiples are of the employee's ordinary rate."""
        return sum((line.units * self.price(employee, line.rate) for line in lines), Decimal(0)).quantize(Decimal("0.01"))

    def price(self, employee: Employee, rate_id: str) -> Decimal:
        rate = self.rates[rate_id]
        if rate.multiple is None or employee.rate not in self.rates:
            return rate.per_unit or Decimal(0)
        return (self.rates[employee.rate].per_unit or Decimal(0)) * rate.multiple


def new_id() -> str:
    return str(uuid.uuid4())


def units_shown(lines: tuple[Line, ...]) -> Decimal:
    return shown(sum((line.units for line in lines), Decimal(0)))
