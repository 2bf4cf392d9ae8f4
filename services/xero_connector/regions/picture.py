"""A timesheet as named texts, alike for every region: what is shown in a plan and compared to find changes made over there."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

UnitLine = tuple[date, str, str | None, Decimal]
"""Day, earnings rate, tracking option, units."""


def picture(employee: str, start: date, end: date, lines: Iterable[UnitLine]) -> dict[str, str]:
    """The fields that are ours. Days without units aren't shown: one API leaves them out, the other sends zeros."""
    sums: dict[str, Decimal] = {}
    for day, rate, tracking, units in lines:
        name = f"line {day.isoformat()} {rate}{'/' + tracking if tracking else ''}"
        sums[name] = sums.get(name, Decimal(0)) + units
    shown = {name: f"{units:.2f}" for name, units in sorted(sums.items()) if units}
    return {"employee": employee, "period": f"{start.isoformat()} to {end.isoformat()}"} | shown


def number(value: object) -> Decimal:
    """A wire number; none counts as zero."""
    return Decimal(str(value)) if value not in (None, "") else Decimal(0)
