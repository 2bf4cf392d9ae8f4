"""Turns the older surface's rows of daily units into dated lines, and back."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from .books import Line, Sheet, new_id
from .timesheets import rounded
from .wire import Body, Malformed, broken, ms_date, ms_moment, number, shown

LARGEST = 100_000


def lines_of(sent: Any, start: date, end: date, decimals: str) -> tuple[Line, ...]:
    """Every row, every day of it: zeros too, for they are how this surface takes hours away."""
    if not isinstance(sent, list) or not all(isinstance(row, dict) for row in sent):
        raise Malformed("Cannot deserialize the current JSON: TimesheetLines is an array of objects")
    days = [start + timedelta(days=place) for place in range((end - start).days + 1)]
    return tuple(line for place, row in enumerate(sent) for line in _row(place, row, days, decimals))


def _row(place: int, row: Body, days: list[date], decimals: str) -> list[Line]:
    units = row.get("NumberOfUnits")
    if not isinstance(units, list) or len(units) != len(days):
        raise broken("numberOfUnits", "Incorrect number of timesheet entries supplied for the pay period.")
    tracking = str(row["TrackingItemID"]).lower() if row.get("TrackingItemID") else None
    rate = str(row.get("EarningsRateID", "")).lower()
    return [Line(new_id(), day, rate, counted(each, decimals), tracking, place) for day, each in zip(days, units, strict=True)]


def counted(value: Any, decimals: str) -> Decimal:
    found = number(value, "numberOfUnits")
    if abs(found) > LARGEST:
        raise broken("numberOfUnits", "The number of units is out of range")
    return rounded(found, decimals)


def sheet_view(sheet: Sheet) -> Body:
    return {
        "TimesheetID": sheet.id,
        "EmployeeID": sheet.employee,
        "StartDate": ms_date(sheet.start),
        "EndDate": ms_date(sheet.end),
        "Status": sheet.status,
        "Hours": shown(sheet.hours),
        "TimesheetLines": _rows(sheet),
        "UpdatedDateUTC": ms_moment(sheet.updated),
    }


def _rows(sheet: Sheet) -> list[Body]:
    """Lines of one row together; lines that came dated make a row for each rate and tracking option."""
    groups: dict[tuple[int, str, str | None], dict[date, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for line in sheet.lines:
        groups[line.row, line.rate, line.tracking][line.day] += line.units
    days = [sheet.start + timedelta(days=place) for place in range((sheet.end - sheet.start).days + 1)]
    updated = ms_moment(sheet.updated)
    return [
        {
            "EarningsRateID": rate,
            **({"TrackingItemID": tracking} if tracking else {}),
            "NumberOfUnits": [shown(units.get(day, Decimal(0))) for day in days],
            "UpdatedDateUTC": updated,
        }
        for (_, rate, tracking), units in groups.items()
    ]
