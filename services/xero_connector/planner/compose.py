"""Makes timesheets: approved work in, one timesheet per employee and pay period out, with every second accounted for."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import partial
from itertools import groupby

from services.xero_connector.planner import overtime
from services.xero_connector.planner.calendars import Period
from services.xero_connector.planner.due import Books, Due, dues
from services.xero_connector.planner.placing import OUTSIDE, Placed, employee_of, netted, place
from services.xero_connector.planner.rates import Employee, check_rate
from services.xero_connector.planner.timesheet import Allocation, Cell, LeftOut, Line, Moved, Timesheet
from services.xero_connector.planner.units import residue, units
from services.xero_connector.planner.work import PayableWork, Piece, pieces
from shared.kernel.errors import Park
from shared.kernel.ids import document_id


@dataclass(slots=True)
class Composed:
    """Allocations and what was left out are together exactly what is owed. Versions are 0: whoever stores them counts."""

    timesheets: list[Timesheet] = field(default_factory=list)
    allocations: list[Allocation] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    effects: list[overtime.DayEffect] = field(default_factory=list)
    blocked: set[tuple[str, Period]] = field(default_factory=set)  # person, period: what their timesheet shall say isn't known


_NEGATIVE = Park(
    "negative_net",
    "More is to be taken back than there is pay at the same rate.",
    "It stays owed, and is taken back when there is enough; or settle it by hand in Xero.",
)
_NOTHING = Park(
    "nothing_to_pay",
    "All in all the timesheet would come to less than 0.01 hours.",
    "Nothing needs to be done: it stays owed, and goes with the next one.",
)
_WITH_OTHERS = Park(
    "timesheet_incomplete",
    "Other work of the same employee and period can't be sent yet, and half a timesheet is not sent.",
    "Mend what is said about the other work.",
)


def compose(
    books: Books,
    work: Iterable[PayableWork],
    zone_of: Callable[[str], str],
    *,
    paid: Iterable[Allocation] = (),
    rule: overtime.Rule | None = None,
    is_holiday: overtime.IsHoliday = lambda day: False,
    beside: Iterable[PayableWork] = (),
    weeks: Collection[tuple[str, date]] = (),
) -> Composed:
    """The timesheets of these entries.

    Whole people are composed: of each person give every entry that no closed timesheet pays in full, and those that changed
    since; as ``paid`` the allocations that closed timesheets have for them. With a rule also, as ``beside``, what else there is
    in the ``weeks`` (person, first day) in which these lie or lay: only those weeks of it are looked at.
    A timesheet in ``books.held`` of one of these people that nothing fills any more comes back withdrawn.
    """
    known, others, found = list(work), list(beside), Composed()
    parts: list[Piece] = [piece for one in known for piece in pieces(one, zone_of(one.person))]
    had = list(paid)
    if rule is not None:
        whole = partial(_within, rule, weeks)
        parts += _inside(whole, [piece for one in others for piece in pieces(one, zone_of(one.person))])
        parts, found.effects = overtime.applied(rule, parts, is_holiday)
        had = _had(whole, known, had)
    owed = dues(books, [*known, *others], parts, had)
    for person, mine in groupby(owed, key=lambda due: due.person):
        _person(books, person, list(mine), found)
    _withdraw_rest(books, {one.person for one in known} | {due.person for due in owed}, found)
    return found


Whole = Callable[[str, date], bool]
"""Whether a person's day lies in a week that is looked at whole."""


def _within(rule: overtime.Rule, weeks: Collection[tuple[str, date]], person: str, day: date) -> bool:
    return (person, overtime.week_of(rule, day)) in weeks


def _inside(whole: Whole, parts: Iterable[Piece]) -> list[Piece]:
    return [piece for piece in parts if whole(piece.person, piece.date)]


def _had(whole: Whole, known: Iterable[PayableWork], paid: Iterable[Allocation]) -> list[Allocation]:
    """All that was paid for the work itself, and for what there is beside it what was paid in the weeks that are looked at."""
    mine = {(one.person, one.entry) for one in known}
    return [one for one in paid if (one.person, one.entry) in mine or whole(one.person, one.worked)]


def _person(books: Books, person: str, mine: Sequence[Due], found: Composed) -> None:
    """One employee's timesheets; whatever is wrong with this one stays with this one."""
    try:
        employee = employee_of(books, person)
    except Park as failure:
        found.left_out += [_left(due, None, failure) for due in mine]
        found.blocked |= _held(books, person)
        return
    homeless = len(found.left_out)
    by_period = _by_period(books, employee, mine, found)
    if any(one.code != OUTSIDE for one in found.left_out[homeless:]):
        found.blocked |= _held(books, person)  # where work belongs isn't known, so nothing is taken back
    found.blocked |= {(person, period) for period in sorted(by_period) if not _period(books, employee, by_period[period], found)}


def _held(books: Books, person: str) -> set[tuple[str, Period]]:
    return {key for key in books.held if key[0] == person}


def _by_period(books: Books, employee: Employee, mine: Sequence[Due], found: Composed) -> dict[Period, list[Placed]]:
    by_period: dict[Period, list[Placed]] = {}
    for due in mine:
        try:
            placed = place(books, employee, due)
        except Park as failure:
            found.left_out.append(_left(due, None, failure))
            continue
        by_period.setdefault(placed.period, []).append(placed)
    return by_period


def _period(books: Books, employee: Employee, placed: Sequence[Placed], found: Composed) -> bool:
    """Add one timesheet, or all of its work to what is left out. False: it stays as the books have it."""
    period = placed[0].period
    failures = [_failure(books, employee, one) for one in placed]
    if any(failures):
        pairs = zip(placed, failures, strict=True)
        found.left_out += [_left(one.due, period, failure or _WITH_OTHERS) for one, failure in pairs]
        return False
    return _filled(books, period, placed, found)


def _filled(books: Books, period: Period, placed: Sequence[Placed], found: Composed) -> bool:
    good, held = netted(placed)
    found.left_out += [_left(due, period, _NEGATIVE) for due in held]
    sheet = _timesheet(books, good[0].due.person, period, good) if good else None
    if sheet is None or not sheet.hours:
        found.left_out += [_left(one.due, period, _NOTHING) for one in good]
        return True
    found.timesheets.append(sheet)
    found.allocations += [_allocation(sheet, one) for one in good]
    return True


def _failure(books: Books, employee: Employee, one: Placed) -> Park | None:
    """What keeps it from being sent; a correction looks for days that already have its rate, so it has nothing to fail by."""
    due = one.due
    if due.failure is not None or one.day is None:
        return due.failure
    try:
        check_rate(books.rates.get(due.rate), employee, books.rate_kinds)
    except Park as failure:
        return failure
    return None


def _timesheet(books: Books, person: str, period: Period, good: Sequence[Placed]) -> Timesheet:
    lines, over = _lines(good)
    cells = {(line.rate, line.tracking) for line in lines}
    return Timesheet(
        id=timesheet_id(books, person, period),
        organisation=books.organisation,
        version=0,
        person=person,
        period=period,
        lines=tuple(lines),
        residue=tuple(over),
        moved=tuple(_moved(good)),
        dropped=_sorted(cell for cell in books.held.get((person, period), ()) if cell not in cells),
        people=(person,),
    )


def timesheet_id(books: Books, person: str, period: Period) -> str:
    """One per connection, person and period of a calendar; another one once that is gone over there."""
    key = (books.connection, person, period.calendar, period.start.isoformat(), period.end.isoformat())
    turn = books.turns.get((person, period), 0)
    return document_id(books.organisation, "timesheet", *key, *([str(turn)] if turn else []))


def _lines(good: Iterable[Placed]) -> tuple[list[Line], list[tuple[str, int]]]:
    """Lines and residue: units are rounded once for each rate, over the whole period."""
    cells: dict[tuple[str, str, str | None], list[Placed]] = {}
    for one in good:
        cells.setdefault(((one.day or one.due.date).isoformat(), one.due.rate, one.due.tracking), []).append(one)
    ordered = sorted(cells, key=lambda cell: (cell[1], cell[0], cell[2] or ""))
    lines, over = [], []
    for rate, group in groupby(ordered, key=lambda cell: cell[1]):
        seconds = {cell: sum(one.due.seconds for one in cells[cell]) for cell in group}
        sent = units(seconds)
        over.append((rate, residue(seconds, sent)))
        lines += [_line(cells[cell], seconds[cell], sent[cell]) for cell in seconds]
    return sorted(lines, key=lambda line: (line.date, line.rate, line.tracking or "")), over


def _line(group: Sequence[Placed], seconds: int, sent: Decimal) -> Line:
    first = group[0]
    kinds = tuple(sorted({one.due.what.kind for one in group}))
    return Line(
        date=first.day or first.due.date,
        kinds=kinds,
        rate=first.due.rate,
        tracking=first.due.tracking,
        seconds=seconds,
        units=sent,
    )


def _moved(good: Iterable[Placed]) -> Iterator[Moved]:
    for one in good:
        if one.moved and one.day is not None:
            due = one.due
            yield Moved(entry=due.entry, kind=due.what.kind, seconds=due.seconds, worked=due.date, paid=one.day)


def _allocation(sheet: Timesheet, one: Placed) -> Allocation:
    due = one.due
    return Allocation(
        entry=due.entry,
        revision=due.revision,
        person=due.person,
        worked=due.date,
        kind=due.what.kind,
        seconds=due.seconds,
        rate=due.rate,
        tracking=due.tracking,
        timesheet=sheet.id,
        line_date=one.day or due.date,
        job=due.what.job or None,
        tags=due.what.tags,
    )


def _left(due: Due, period: Period | None, failure: Park) -> LeftOut:
    return LeftOut(
        entry=due.entry,
        person=due.person,
        worked=due.date,
        kind=due.what.kind,
        seconds=due.seconds,
        period=period,
        code=failure.code,
        cause=failure.cause,
        remedy=failure.remedy,
    )


def _withdraw_rest(books: Books, people: set[str], found: Composed) -> None:
    """Timesheets of these people that nothing fills any more shall go over there too; closed ones stay as they are."""
    made = {(sheet.person, sheet.period) for sheet in found.timesheets}
    for person, period in sorted(books.held):
        if person in people and (person, period) not in made | found.blocked and not books.closed(person, period):
            found.timesheets.append(_withdrawn(books, person, period))


def _withdrawn(books: Books, person: str, period: Period) -> Timesheet:
    return Timesheet(
        id=timesheet_id(books, person, period),
        organisation=books.organisation,
        version=0,
        person=person,
        period=period,
        lines=(),
        residue=(),
        dropped=_sorted(books.held[(person, period)]),
        people=(person,),
        withdrawn=True,
    )


def _sorted(cells: Iterable[Cell]) -> tuple[Cell, ...]:
    return tuple(sorted(cells, key=lambda cell: (cell[0], cell[1] or "")))


def reasons(left_out: Iterable[LeftOut]) -> Mapping[tuple[str, Period | None, str], int]:
    """Seconds left out by (person, period, code): one problem each."""
    found: dict[tuple[str, Period | None, str], int] = {}
    for one in left_out:
        key = (one.person, one.period, one.code)
        found[key] = found.get(key, 0) + one.seconds
    return found
