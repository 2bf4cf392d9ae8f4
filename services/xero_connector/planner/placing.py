"""Into which pay period owed seconds go, and on which of its days: their own while it is open, else the next open one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from services.xero_connector.planner.calendars import Calendar, Period, following, period_of
from services.xero_connector.planner.due import Books, Due
from services.xero_connector.planner.rates import Employee
from shared.kernel.errors import Park

OUTSIDE = "outside_employment"
_FURTHEST = 120
"""Periods that are looked through for an open one: more than two years of weeks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """Owed seconds on a day of a period; ``day`` is None while it still has to be found."""

    due: Due
    period: Period
    day: date | None

    @property
    def moved(self) -> bool:
        return self.due.date not in self.period or self.day != self.due.date


def employee_of(books: Books, person: str) -> Employee:
    """The employee of a person. Raises Park when nothing of that person's can be sent at all."""
    employee = books.employees.get(person)
    if employee is None:
        why = "This person is not linked to an employee in Xero."
        raise Park("not_linked", why, "Link them: timebooks references --kind employee")
    if not employee.active:
        raise Park("employee_inactive", "This employee is not active in Xero.", "Activate them there, or link another employee.")
    if not employee.calendars:
        raise Park("no_calendar", "This employee is on no pay calendar.", "Give the employee a pay calendar in Xero.")
    return employee


def place(books: Books, employee: Employee, due: Due) -> Placed:
    """Where one due goes. Raises Park when it can't go anywhere.

    A calendar that the employee has left takes no timesheets any more, so its periods count as closed.
    """
    _check_employed(employee, due)
    calendar = _calendar(books, employee.calendar_on(due.date))
    own = period_of(calendar, due.date)
    today = _calendar(books, employee.calendars[-1][1])
    if calendar.id == today.id and not books.closed(due.person, own):
        return Placed(due=due, period=own, day=due.date)
    target = _next_open(books, due.person, today, period_of(today, due.date))
    if employee.ended is not None and target.start > employee.ended:
        raise Park(
            "no_open_period",
            f"The period of {due.date} is closed, and the employment ended on {employee.ended}.",
            "Pay it by hand in Xero, or take it back there: no timesheet of this employee is open any more.",
        )
    return Placed(due=due, period=target, day=_first_day(employee, target) if due.seconds > 0 else None)


def _check_employed(employee: Employee, due: Due) -> None:
    """What was paid once may be taken back whatever the dates say now; new pay needs a day of employment."""
    before = employee.started is not None and due.date < employee.started
    after = employee.ended is not None and due.date > employee.ended
    if due.seconds > 0 and (before or after):
        limit = f"began on {employee.started}" if before else f"ended on {employee.ended}"
        raise Park(
            OUTSIDE,
            f"The work is of {due.date}, and the employment {limit}.",
            "Mend the date of the work here or of the employment in Xero.",
        )


def _calendar(books: Books, number: str) -> Calendar:
    if number not in books.calendars:
        why = "The employee's pay calendar is not among those of Xero."
        raise Park("calendar_gone", why, "Give the employee a pay calendar in Xero.", calendar=number)
    return books.calendars[number]


def _next_open(books: Books, person: str, calendar: Calendar, period: Period) -> Period:
    for _ in range(_FURTHEST):
        if not books.closed(person, period):
            return period
        period = following(calendar, period)
    raise Park("no_open_period", "No later pay period is open.", "See the pay calendar in Xero.", calendar=calendar.id)


def _first_day(employee: Employee, period: Period) -> date:
    return max(period.start, employee.started) if employee.started else period.start


def netted(placed: Sequence[Placed]) -> tuple[list[Placed], list[Due]]:
    """One period's dues with every day of every rate at 0 or more, and what had to be held back for that.

    A day whose own entries net below 0 is held back whole. A correction from another period takes from the days that have
    something at its rate, the earliest first; what they can't cover is held back and stays owed. So does what the same entry
    gains elsewhere by the correction, at another rate, say: else it would be paid twice meanwhile.
    """
    good, held = _netted(placed)
    short = {due.entry for due in held}
    apart = [one for one in placed if one.moved and one.due.entry in short]
    if not any(one.due.seconds > 0 for one in apart):
        return good, held
    good, held = netted([one for one in placed if one not in apart])
    return good, [*held, *(one.due for one in apart)]


def _netted(placed: Iterable[Placed]) -> tuple[list[Placed], list[Due]]:
    fixed, corrections = _parted(placed)
    sums = _sums(fixed)
    good = [one for one in fixed if sums[_cell(one)] >= 0]
    held = [one.due for one in fixed if sums[_cell(one)] < 0]
    room = dict(sorted(sums.items(), key=lambda item: item[0][-1]))
    for one in corrections:
        taken = _taken(one, room)
        rest = one.due.seconds - sum(part.due.seconds for part in taken)
        good += taken
        held += [replace(one.due, seconds=rest)] if rest else []
    return good, held


def _parted(placed: Iterable[Placed]) -> tuple[list[Placed], list[Placed]]:
    """Those with a day, and the corrections that look for one."""
    known = list(placed)
    return [one for one in known if one.day is not None], [one for one in known if one.day is None]


_Cell = tuple[str, str | None, date]


def _cell(one: Placed) -> _Cell:
    return (one.due.rate, one.due.tracking, one.day or one.due.date)


def _sums(placed: Iterable[Placed]) -> dict[_Cell, int]:
    found: dict[_Cell, int] = {}
    for one in placed:
        found[_cell(one)] = found.get(_cell(one), 0) + one.due.seconds
    return found


def _taken(correction: Placed, room: dict[_Cell, int]) -> list[Placed]:
    left, found = -correction.due.seconds, []
    for cell in [cell for cell in room if cell[:2] == (correction.due.rate, correction.due.tracking)]:
        part = min(left, room[cell])
        if part > 0:
            room[cell], left = room[cell] - part, left - part
            due = replace(correction.due, seconds=-part)
            found.append(replace(correction, due=due, day=cell[2]))
    return found
