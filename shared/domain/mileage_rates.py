"""What tax authorities allow for a business mile in one's own car, by date, each rate with its source."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

LIMIT = 10_000
"""Miles of a British tax year at the first rate."""
KM = Decimal("1.609344")
"""Kilometres in a mile."""


@dataclass(frozen=True, slots=True)
class Allowed:
    """A rate per mile from one day to another, inclusive; ``beyond``: for miles past the year's limit, if there is one."""

    since: date
    until: date
    rate: Decimal
    source: str
    beyond: Decimal | None = None


def _year(year: int, cents: str, source: str) -> Allowed:
    return Allowed(date(year, 1, 1), date(year, 12, 31), Decimal(cents) / 100, source)


IRS: Sequence[Allowed] = (
    _year(2015, "57.5", "IRS Notice 2014-79"),
    _year(2016, "54", "IRS Notice 2016-1"),
    _year(2017, "53.5", "IRS Notice 2016-79"),
    _year(2018, "54.5", "IRS Notice 2018-3"),
    _year(2019, "58", "IRS Notice 2019-2"),
    _year(2020, "57.5", "IRS Notice 2020-5"),
    _year(2021, "56", "IRS Notice 2021-2"),
    Allowed(date(2022, 1, 1), date(2022, 6, 30), Decimal("0.585"), "IRS Notice 2022-3"),
    Allowed(date(2022, 7, 1), date(2022, 12, 31), Decimal("0.625"), "IRS Announcement 2022-13"),
    _year(2023, "65.5", "IRS Notice 2023-3"),
    _year(2024, "67", "IRS Notice 2024-8"),
    _year(2025, "70", "IRS Notice 2025-5"),
    Allowed(date(2026, 1, 1), date(2026, 6, 30), Decimal("0.725"), "IRS Notice 2026-10"),
    Allowed(date(2026, 7, 1), date(2026, 12, 31), Decimal("0.76"), "IRS Announcement 2026-11"),
)
"""The standard rate for business use, US dollars."""

HMRC: Sequence[Allowed] = (
    Allowed(date(2011, 4, 6), date(2026, 4, 5), Decimal("0.45"), "ITEPA 2003 s. 230, SI 2011/896", Decimal("0.25")),
    Allowed(date(2026, 4, 6), date(2027, 4, 5), Decimal("0.55"), "HMRC approved rates from 6 April 2026", Decimal("0.25")),
)
"""Approved payments for cars and vans, pounds."""


def allowed(rates: Sequence[Allowed], day: date) -> Allowed | None:
    """The rate of a day; None for a day whose rate this version does not know."""
    return next((one for one in rates if one.since <= day <= one.until), None)


def miles(distance: Decimal, unit: str) -> Decimal:
    """A distance in miles, to a thousandth."""
    return distance if unit == "mi" else (distance / KM).quantize(Decimal("0.001"))


def split(before: Decimal, driven: Decimal) -> tuple[Decimal, Decimal]:
    """Which part of a trip lies within the year's limit and which beyond, after so many miles of the year."""
    within = min(driven, max(Decimal(0), LIMIT - before))
    return within, driven - within
