"""The shape that the 2.0 payroll APIs share: dated lines without zeros, changed one by one, with calls to approve and revert."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal

from services.xero_connector.planner.timesheet import Line, Timesheet
from services.xero_connector.regions.dates import civil_date, milliseconds
from services.xero_connector.regions.picture import UnitLine, number, picture
from services.xero_connector.regions.region import Step
from services.xero_connector.statuses import timesheet_status
from shared.connector.provider import Seen, Wire

APPROVE = Step(does="approved", method="POST", path="/Approve")
REVERT = Step(does="reverted", method="POST", path="/RevertToDraft")
DELETE = Step(does="deleted", method="DELETE", path="")


def to_payload(timesheet: Timesheet, employee: str, known: str | None) -> Wire:
    """The whole timesheet, as a creation takes it; a change is its ``edits`` against what is there."""
    return ({"timesheetID": known} if known else {}) | {
        "payrollCalendarID": timesheet.period.calendar,
        "employeeID": employee,
        "startDate": timesheet.period.start.isoformat(),
        "endDate": timesheet.period.end.isoformat(),
        "timesheetLines": [_line(line) for line in timesheet.lines if line.units],
    }


def _line(line: Line) -> Wire:
    wire: Wire = {"date": line.date.isoformat(), "earningsRateID": line.rate, "numberOfUnits": line.units}
    return wire | ({"trackingItemID": line.tracking} if line.tracking else {})


_Key = tuple[str, str, str]


def edits(there: Wire, wanted: Wire) -> tuple[Step, ...]:
    """The fewest calls that make a draft's lines as wanted; none when they are. Each leaves a state to go on from.

    Of lines that say the same day, rate and tracking twice, all but the first are removed. Lines go before others come, so that
    a line of another rate on the same day is never beside the one it replaces.
    """
    shall = {_key(line): line for line in wanted.get("timesheetLines") or ()}
    kept: dict[_Key, Wire] = {}
    removed, changed = [], []
    for line in there.get("timesheetLines") or ():
        key, path = _key(line), f"/Lines/{line['timesheetLineID']}"
        if key in kept or key not in shall:
            removed.append(Step(does="line_removed", method="DELETE", path=path))
            continue
        kept[key] = line
        if number(line["numberOfUnits"]) != number(shall[key]["numberOfUnits"]):
            changed.append(Step(does="line_changed", method="PUT", path=path, body=shall[key]))
    added = [Step(does="line_added", method="POST", path="/Lines", body=shall[key]) for key in shall if key not in kept]
    return (*removed, *changed, *added)


def _key(line: Mapping[str, str]) -> _Key:
    return civil_date(line["date"]).isoformat(), line["earningsRateID"], line.get("trackingItemID") or ""


def read_status(remote: Wire) -> Seen:
    """What a timesheet is now; one out of a list has no lines and so no picture of them."""
    changed = remote.get("updatedDateUTC")
    return Seen(
        external_id=remote["timesheetID"],
        remote_version=changed or "",
        order=milliseconds(changed) if changed else 0,
        status=timesheet_status(remote["status"]),
        number=None,
        total=_hours(remote),
        balance=None,
        picture=read_picture(remote),
    )


def _hours(remote: Wire) -> Decimal:
    given = remote.get("totalHours")
    return number(given) if given is not None else sum((units for *_, units in _lines(remote)), Decimal("0.00"))


def read_picture(wire: Wire) -> dict[str, str]:
    return picture(wire["employeeID"], civil_date(wire["startDate"]), civil_date(wire["endDate"]), _lines(wire))


def _lines(wire: Wire) -> Iterator[UnitLine]:
    for line in wire.get("timesheetLines") or ():
        yield civil_date(line["date"]), line["earningsRateID"], line.get("trackingItemID"), number(line["numberOfUnits"])
