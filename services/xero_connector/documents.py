"""Timesheets and payroll facts as plain values to be stored, and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from decimal import Decimal
from typing import Any

from services.xero_connector.payroll import Payroll, PayRun
from services.xero_connector.planner.calendars import Calendar, Period
from services.xero_connector.planner.rates import EarningsRate, Employee
from services.xero_connector.planner.timesheet import Line, Moved, Timesheet
from services.xero_connector.statuses import PayRunStatus

Plain = Mapping[str, Any]


def load_timesheet(body: Plain) -> Timesheet:
    """A timesheet out of its stored body."""
    period = body["period"]
    return Timesheet(
        id=body["id"],
        organisation=body["organisation"],
        version=body["version"],
        person=body["person"],
        period=Period(_day(period["start"]), _day(period["end"]), period["calendar"]),
        lines=tuple(_line(one) for one in body["lines"]),
        residue=tuple((rate, seconds) for rate, seconds in body["residue"]),
        moved=tuple(_moved(one) for one in body["moved"]),
        dropped=tuple((rate, tracking) for rate, tracking in body["dropped"]),
        people=tuple(body["people"]),
        withdrawn=body["withdrawn"],
    )


def _line(body: Plain) -> Line:
    return Line(
        date=_day(body["date"]),
        kinds=tuple(body["kinds"]),
        rate=body["rate"],
        tracking=body["tracking"],
        seconds=body["seconds"],
        units=Decimal(body["units"]).quantize(Decimal("0.01")),
    )


def _moved(body: Plain) -> Moved:
    return Moved(**{**body, "worked": _day(body["worked"]), "paid": _day(body["paid"])})


def dump_payroll(payroll: Payroll) -> dict[str, Any]:
    """Payroll facts as a plain value."""
    return {
        "employees": {key: _employee(one) for key, one in payroll.employees.items()},
        "calendars": {key: asdict(one) for key, one in payroll.calendars.items()},
        "rates": {key: asdict(one) for key, one in payroll.rates.items()},
        "runs": [asdict(one) for one in payroll.runs],
    }


def _employee(one: Employee) -> dict[str, Any]:
    return asdict(one) | {"template": None if one.template is None else sorted(one.template)}


def load_payroll(body: Plain) -> Payroll:
    """Payroll facts as they were stored."""
    return Payroll(
        employees={key: _load_employee(one) for key, one in body["employees"].items()},
        calendars={key: _calendar(one) for key, one in body["calendars"].items()},
        rates={key: EarningsRate(**one) for key, one in body["rates"].items()},
        runs=tuple(_run(one) for one in body["runs"]),
    )


def _calendar(body: Plain) -> Calendar:
    return Calendar(**_dated(body, "start", "end", "reference", "payment"))


def _load_employee(body: Plain) -> Employee:
    template, held = body["template"], body["calendars"]
    calendars = tuple((_day(since) if since else None, calendar) for since, calendar in held)
    other = {"calendars": calendars, "template": None if template is None else frozenset(template)}
    return Employee(**(_dated(body, "started", "ended") | other))


def _run(body: Plain) -> PayRun:
    return PayRun(**(_dated(body, "start", "end", "payment") | {"status": PayRunStatus(body["status"])}))


def _dated(body: Plain, *names: str) -> dict[str, Any]:
    return {**body, **{name: _day(body[name]) if body[name] else None for name in names}}


def _day(text: str) -> date:
    return date.fromisoformat(text)
