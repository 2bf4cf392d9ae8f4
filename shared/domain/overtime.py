"""How the seconds of an entry fall into ordinary time and overtime, and what each part costs."""

from __future__ import annotations

from decimal import Decimal

from shared.contract.documents import LineKind
from shared.contract.records import TimeEntry
from shared.domain.rates import Hourly

Part = tuple[LineKind, int, Decimal]
"""Kind of line, seconds, price per hour."""


def parts(entry: TimeEntry, prices: Hourly) -> tuple[Part, ...]:
    """One or two parts that together are the entry's seconds; overtime that costs no more is ordinary time on a bill."""
    overtime = entry.overtime_seconds if prices.overtime != prices.ordinary else 0
    split = (
        (LineKind.TIME, entry.seconds - overtime, prices.ordinary),
        (LineKind.OVERTIME, overtime, prices.overtime),
    )
    return tuple(part for part in split if part[1])
