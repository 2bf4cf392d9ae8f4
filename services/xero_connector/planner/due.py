"""What is owed for each entry: the work as it is now, minus what a processed timesheet has already paid for it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date

from services.xero_connector.planner.calendars import Calendar, Period
from services.xero_connector.planner.rates import EarningsRate, Employee, Links, rate_for, tracking_for
from services.xero_connector.planner.timesheet import Allocation, Cell
from services.xero_connector.planner.work import PayableWork, Piece
from shared.kernel.errors import Park


@dataclass(frozen=True, slots=True, kw_only=True)
class Books:
    """What one connection knows of the books when a plan is made."""

    organisation: str
    connection: str
    employees: Mapping[str, Employee]  # by person of ours
    calendars: Mapping[str, Calendar]
    rates: Mapping[str, EarningsRate]
    links: Links
    rate_kinds: frozenset[str] | None  # kinds of rates that the region takes on timesheets; None: all
    closed: Callable[[str, Period], bool]  # (person, period): its timesheet is processed, or its pay run posted
    held: Mapping[tuple[str, Period], Iterable[Cell]]  # timesheets composed earlier and still live, with what they had


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """Seconds owed for one entry, day, kind and rate; negative when too much was paid. ``failure``: why they can't be sent."""

    entry: str
    revision: int
    person: str
    date: date
    kind: str
    seconds: int
    rate: str = ""
    tracking: str | None = None
    failure: Park | None = None


_Key = tuple[str, str, date, str, str, str | None]


def dues(books: Books, work: Iterable[PayableWork], pieces: Iterable[Piece], paid: Iterable[Allocation]) -> list[Due]:
    """Everything owed, by person and day.

    An entry that is neither approved nor deleted is undecided: what was paid for it stays as it is until somebody decides.
    """
    state = {one.entry: one for one in work}
    owed: dict[_Key, Due] = {}
    for piece in pieces:
        _add(owed, _due(books, piece))
    for row in paid:
        now = state.get(row.entry)
        if now is not None and (now.approved or now.deleted):
            _add(owed, _back(row, now.revision))
    return sorted((due for due in owed.values() if due.seconds), key=_order)


def _due(books: Books, piece: Piece) -> Due:
    due = Due(
        entry=piece.entry,
        revision=piece.revision,
        person=piece.person,
        date=piece.date,
        kind=piece.kind,
        seconds=piece.seconds,
    )
    try:
        rate = rate_for(books.links, books.employees.get(piece.person), piece)
    except Park as failure:
        return replace(due, failure=failure)
    return replace(due, rate=rate, tracking=tracking_for(books.links, piece))


def _back(row: Allocation, revision: int) -> Due:
    return Due(
        entry=row.entry,
        revision=revision,
        person=row.person,
        date=row.worked,
        kind=row.kind,
        seconds=-row.seconds,
        rate=row.rate,
        tracking=row.tracking,
    )


def _add(owed: dict[_Key, Due], due: Due) -> None:
    key = (due.person, due.entry, due.date, due.kind, due.rate, due.tracking)
    known = owed.get(key)
    owed[key] = due if known is None else replace(known, seconds=known.seconds + due.seconds)


def _order(due: Due) -> tuple[str, date, str, str, str, str]:
    return (due.person, due.date, due.entry, due.kind, due.rate, due.tracking or "")
