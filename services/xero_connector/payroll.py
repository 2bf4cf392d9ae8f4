"""What the books know that planning needs: employees, calendars, earnings rates, pay runs. No names of people in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from services.xero_connector.planner.calendars import Calendar
from services.xero_connector.planner.rates import EarningsRate, Employee
from services.xero_connector.statuses import PayRunStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class PayRun:
    """One pay run over there."""

    id: str
    calendar: str
    start: date
    end: date
    payment: date | None
    status: PayRunStatus
    scheduled: bool = True  # an unscheduled one draws no timesheets in


@dataclass(frozen=True, slots=True, kw_only=True)
class Payroll:
    """One organisation's payroll as it was read."""

    employees: Mapping[str, Employee]  # by their id
    calendars: Mapping[str, Calendar]
    rates: Mapping[str, EarningsRate]
    runs: tuple[PayRun, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A timesheet over there as a list shows it, with or without its lines."""

    id: str
    employee: str
    start: date
    end: date
    status: str  # statuses.TimesheetStatus
    changed: datetime | None
