"""Finds the pay periods of a calendar, in the past and in the future, from the one period start that it names."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

from shared.kernel.errors import Park

_DAY = timedelta(days=1)
_DAYS = {"weekly": 7, "fortnightly": 14, "fourweekly": 28}
_MONTHS = {"monthly": 1, "quarterly": 3}
TWICE = "twicemonthly"
TYPES = (*_DAYS, TWICE, *_MONTHS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """A pay calendar as the books describe it. ``type`` is their word, in any case."""

    id: str
    name: str
    type: str
    start: date  # first day of one of its periods, the upcoming one as a rule
    end: date | None = None  # last day of that period, where the books say it
    reference: date | None = None  # another period's first day, kept for calendars that begin late in the month
    payment: date | None = None  # payday of the period that begins on ``start``


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """One pay period, both days included."""

    start: date
    end: date
    calendar: str

    def __contains__(self, day: date) -> bool:
        return self.start <= day <= self.end

    @property
    def days(self) -> tuple[date, ...]:
        """Every day of it, in order."""
        return tuple(self.start + _DAY * n for n in range((self.end - self.start).days + 1))


def period_of(calendar: Calendar, day: date) -> Period:
    """The period in which a day lies. Raises Park naming the calendar when its periods aren't known to follow a rule."""
    check(calendar)
    return _containing(calendar, day)


def following(calendar: Calendar, period: Period) -> Period:
    """The period after this one."""
    return period_of(calendar, period.end + _DAY)


def preceding(calendar: Calendar, period: Period) -> Period:
    """The period before this one."""
    return period_of(calendar, period.start - _DAY)


def payday(calendar: Calendar, period: Period) -> date | None:
    """When a period is paid: as long after its end as the calendar's own period is; None where the books don't say."""
    if calendar.payment is None:
        return None
    return period.end + (calendar.payment - period_of(calendar, calendar.start).end)


def check(calendar: Calendar) -> None:
    """Raise Park naming a calendar whose type has no timesheets, or whose own period is not as our rule has it."""
    if _type(calendar) not in TYPES:
        raise Park(
            "calendar_unsupported",
            f"The pay calendar “{calendar.name}” is of the type “{calendar.type}”, for which no timesheets are made.",
            "Put the employee on a weekly to quarterly calendar in Xero, or enter the hours there by hand.",
            calendar=calendar.id,
        )
    own = _containing(calendar, calendar.start)
    if own.start != calendar.start or calendar.end not in (None, own.end):
        raise Park(
            "calendar_not_understood",
            f"The pay calendar “{calendar.name}” has a period from {calendar.start} to {calendar.end or own.end}; "
            f"by its rule it would be {own.start} to {own.end}.",
            "Look at the calendar in Xero; if it is right there, report this text.",
            calendar=calendar.id,
        )


def _containing(calendar: Calendar, day: date) -> Period:
    starts = _starts_around(calendar, day)
    first, after = next((one, other) for one, other in pairwise(starts) if one <= day < other)
    return Period(first, after - _DAY, calendar.id)


def _starts_around(calendar: Calendar, day: date) -> list[date]:
    """Period starts, in order, from before a day to after it."""
    kind = _type(calendar)
    if kind in _DAYS:
        first = day - (day - calendar.start) % timedelta(days=_DAYS[kind])
        return [first, first + timedelta(days=_DAYS[kind])]
    if kind == TWICE:
        months = [_month(day) + turn for turn in (-1, 0, 1)]
        return [_clamped(month, dom) for month in months for dom in _halves(calendar)]
    step = _MONTHS[kind]
    near = _month(day) - (_month(day) - _month(calendar.start)) % step
    return [_clamped(near + turn * step, _day_of_month(calendar)) for turn in (-1, 0, 1)]


def _type(calendar: Calendar) -> str:
    return calendar.type.casefold().replace("_", "").replace("-", "")


def _halves(calendar: Calendar) -> tuple[int, int]:
    """The days of the month on which the halves begin: 15 days apart, so that the 1st goes with the 16th."""
    evidence = calendar.reference if _fits(calendar) else None
    named = evidence.day if evidence else _day_of_month(calendar)
    return (named, named + 15) if named <= 15 else (named - 15, named)


def _fits(calendar: Calendar) -> bool:
    """Whether the calendar's start is one of the halves that its reference date means."""
    if calendar.reference is None:
        return False
    day = calendar.reference.day
    low = day if day <= 15 else day - 15
    return calendar.start in (_clamped(_month(calendar.start), low), _clamped(_month(calendar.start), low + 15))


def _day_of_month(calendar: Calendar) -> int:
    """The day of the month on which periods begin; counted from it each time, so that no February makes the 31st a 28th for ever.

    A start on a month's last day may mean a later day that this month hasn't got: the reference date, or the day after the
    period's end, tells.
    """
    start = calendar.start
    if start.day < _length(_month(start)):
        return start.day
    hints = [calendar.reference, calendar.end + _DAY if calendar.end else None]
    return max([start.day, *(hint.day for hint in hints if hint)])


def _month(day: date) -> int:
    """Months since year 0."""
    return day.year * 12 + day.month - 1


def _length(month: int) -> int:
    return monthrange(month // 12, month % 12 + 1)[1]


def _clamped(month: int, day: int) -> date:
    """This day of the month, or its last day when it has fewer."""
    return date(month // 12, month % 12 + 1, min(day, _length(month)))
