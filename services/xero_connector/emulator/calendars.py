"""Finds the pay periods of a calendar, in the past and in the future, from any one day on which a period begins."""

from __future__ import annotations

import calendar
from datetime import date, timedelta

from .options import Calendar

_DAYS = {"WEEKLY": 7, "FORTNIGHTLY": 14, "FOURWEEKLY": 28}
_MONTHS = {"MONTHLY": 1, "QUARTERLY": 3, "ANNUAL": 12}

Period = tuple[date, date]


def period_of(rule: Calendar, day: date) -> Period:
    """The first and last day of the period in which a day lies."""
    start = _start(rule, day)
    return start, _next(rule, start) - timedelta(days=1)


def after(rule: Calendar, period: Period) -> Period:
    return period_of(rule, period[1] + timedelta(days=1))


def is_period(rule: Calendar, start: date, end: date) -> bool:
    return period_of(rule, start) == (start, end)


def _start(rule: Calendar, day: date) -> date:
    if rule.type in _DAYS:
        return day - (day - rule.anchor) % timedelta(days=_DAYS[rule.type])
    if rule.type == "TWICEMONTHLY":
        return max(start for start in _halves(rule, day) if start <= day)
    step = _MONTHS[rule.type]
    turns = ((day.year - rule.anchor.year) * 12 + day.month - rule.anchor.month) // step
    start = _months_on(rule.anchor, turns * step)
    return start if start <= day else _months_on(rule.anchor, (turns - 1) * step)


def _next(rule: Calendar, start: date) -> date:
    if rule.type in _DAYS:
        return start + timedelta(days=_DAYS[rule.type])
    if rule.type == "TWICEMONTHLY":
        return min(other for other in _halves(rule, start) if other > start)
    passed = (start.year - rule.anchor.year) * 12 + start.month - rule.anchor.month
    return _months_on(rule.anchor, passed + _MONTHS[rule.type])


def _halves(rule: Calendar, day: date) -> list[date]:
    """Period starts of the month before, of this month, and of the next: the anchor's day, and the day 15 later."""
    first = rule.anchor.day if rule.anchor.day <= 15 else rule.anchor.day - 15
    months = [_months_on(day.replace(day=1), turn) for turn in (-1, 0, 1)]
    return [_clamped(month.year, month.month, start) for month in months for start in (first, first + 15)]


def _months_on(anchor: date, months: int) -> date:
    years, month = divmod(anchor.year * 12 + anchor.month - 1 + months, 12)
    return _clamped(years, month + 1, anchor.day)


def _clamped(year: int, month: int, day: int) -> date:
    return date(year, month, min(day, calendar.monthrange(year, month)[1]))
