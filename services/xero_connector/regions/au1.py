"""Payroll Australia 1.0: units as one array per rate with an entry per day, approval by an update, no delete and no revert."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

from services.xero_connector.planner.timesheet import Cell, Timesheet
from services.xero_connector.regions.dates import civil_date, milliseconds, ms_date
from services.xero_connector.regions.picture import UnitLine, number, picture
from services.xero_connector.regions.region import Can, Region, Step
from services.xero_connector.statuses import timesheet_status
from shared.connector.provider import Seen, Wire

_NOTHING = Decimal("0.00")


def to_payload(timesheet: Timesheet, employee: str, known: str | None) -> Wire:
    """The element of the array that creates a timesheet, or with ``known`` changes it. Always a draft; see ``approved``."""
    cells = sorted({(line.rate, line.tracking or "") for line in timesheet.lines} | _named(timesheet.dropped))
    units = {(line.rate, line.tracking or "", line.date): line.units for line in timesheet.lines}
    lines = [_line(cell, [units.get((*cell, day), _NOTHING) for day in timesheet.period.days]) for cell in cells]
    return ({"TimesheetID": known} if known else {}) | {
        "EmployeeID": employee,
        "StartDate": ms_date(timesheet.period.start),
        "EndDate": ms_date(timesheet.period.end),
        "Status": "DRAFT",
        "TimesheetLines": lines,
    }


def _named(cells: tuple[Cell, ...]) -> set[tuple[str, str]]:
    return {(rate, tracking or "") for rate, tracking in cells}


def _line(cell: tuple[str, str], units: list[Decimal]) -> Wire:
    rate, tracking = cell
    return {"EarningsRateID": rate} | ({"TrackingItemID": tracking} if tracking else {}) | {"NumberOfUnits": units}


def approved(payload: Wire) -> Wire:
    """The same timesheet approved: there is no call for it, only a change that carries everything again."""
    return payload | {"Status": "APPROVED"}


def edits(there: Wire, wanted: Wire) -> tuple[Step, ...]:
    """One payload says all."""
    return ()


def read_status(remote: Wire) -> Seen:
    """What a timesheet is now. ``total`` is in hours, added up from its lines."""
    shown = _picture(remote)
    return Seen(
        external_id=remote["TimesheetID"],
        remote_version=str(remote.get("UpdatedDateUTC") or ""),
        order=milliseconds(remote["UpdatedDateUTC"]) if remote.get("UpdatedDateUTC") else 0,
        status=timesheet_status(remote["Status"]),
        number=None,
        total=sum((units for *_, units in _lines(remote)), _NOTHING),
        balance=None,
        picture=shown,
    )


def _picture(wire: Wire) -> dict[str, str]:
    return picture(wire["EmployeeID"], civil_date(wire["StartDate"]), civil_date(wire["EndDate"]), _lines(wire))


def _lines(wire: Wire) -> Iterator[UnitLine]:
    start: date = civil_date(wire["StartDate"])
    for line in wire.get("TimesheetLines") or ():
        for offset, units in enumerate(line.get("NumberOfUnits") or ()):
            yield start + timedelta(days=offset), line["EarningsRateID"], line.get("TrackingItemID"), number(units)


REGION = Region(
    key="au1",
    title="Australia (Payroll API 1.0)",
    country="AU",
    version="1.0",
    path="/payroll.xro/1.0",
    can=frozenset({Can.APPROVE, Can.ZERO, Can.MANY_AT_ONCE, Can.CHANGED_SINCE, Can.CREATE_PAY_RUN, Can.POST_PAY_RUN}),
    rate_kinds=None,
    limits=(
        "An approved timesheet can't be set back to draft from here: that is a click in Xero.",
        "A timesheet can't be deleted: what is withdrawn here stands there with zero hours.",
        "A posted pay run can't be undone from here.",
    ),
    to_payload=to_payload,
    to_retire=to_payload,
    edits=edits,
    read_status=read_status,
    picture=_picture,
)
