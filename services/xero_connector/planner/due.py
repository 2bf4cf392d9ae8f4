"""What is owed for each entry: the work as it is now, minus what a processed timesheet has already paid for it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
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
    turns: Mapping[tuple[str, Period], int] = field(default_factory=dict)  # how many are over: each next one is another


@dataclass(frozen=True, slots=True, order=True)
class What:
    """What is paid for: while all of this stays the same, seconds that were paid keep the rate at which they were."""

    person: str
    worked: date
    entry: str
    kind: str
    job: str
    tags: tuple[str, ...]

    @classmethod
    def of(cls, one: Piece | Allocation, day: date) -> What:
        return cls(one.person, day, one.entry, one.kind, one.job or "", one.tags)


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """Seconds owed for one entry, day, kind and rate; negative when too much was paid. ``failure``: why they can't be sent."""

    what: What
    revision: int
    seconds: int
    rate: str = ""
    tracking: str | None = None
    failure: Park | None = None

    @property
    def entry(self) -> str:
        return self.what.entry

    @property
    def person(self) -> str:
        return self.what.person

    @property
    def date(self) -> date:
        return self.what.worked


def dues(books: Books, work: Iterable[PayableWork], pieces: Iterable[Piece], paid: Iterable[Allocation]) -> list[Due]:
    """Everything owed, by person and day.

    An entry that is neither approved nor deleted is undecided: what was paid for it stays as it is until somebody decides.
    """
    state = {one.entry: one for one in work}
    wanted: dict[What, Piece] = {}
    for piece in pieces:
        what = What.of(piece, piece.date)
        known = wanted.get(what)
        wanted[what] = replace(piece, seconds=piece.seconds + known.seconds) if known else piece
    had = _had(state, paid)
    revisions = {what: state[what.entry].revision for what in (*wanted, *had)}
    owed = [due for what in revisions for due in _difference(books, what, revisions[what], wanted.get(what), had.get(what, {}))]
    return sorted((due for due in owed if due.seconds), key=lambda due: (due.what, due.rate, due.tracking or ""))


def _had(state: Mapping[str, PayableWork], paid: Iterable[Allocation]) -> dict[What, dict[Cell, int]]:
    """Seconds that decided entries were paid, by rate and tracking."""
    had: dict[What, dict[Cell, int]] = {}
    for row in paid:
        now = state.get(row.entry)
        if now is not None and (now.approved or now.deleted):
            cells, cell = had.setdefault(What.of(row, row.worked), {}), (row.rate, row.tracking)
            cells[cell] = cells.get(cell, 0) + row.seconds
    return had


def _difference(books: Books, what: What, revision: int, piece: Piece | None, had: Mapping[Cell, int]) -> Iterator[Due]:
    """What is missing, at the present rate; what is too much, at the rates at which it was paid."""
    missing = (piece.seconds if piece else 0) - sum(had.values())
    for (rate, tracking), seconds in had.items():
        back = min(-missing, seconds)
        if back > 0:
            missing += back
            yield Due(what=what, revision=revision, seconds=-back, rate=rate, tracking=tracking)
    if missing and piece is not None:
        yield _due(books, piece, Due(what=what, revision=revision, seconds=missing))


def _due(books: Books, piece: Piece, due: Due) -> Due:
    try:
        rate = rate_for(books.links, books.employees.get(piece.person), piece)
    except Park as failure:
        return replace(due, failure=failure)
    return replace(due, rate=rate, tracking=tracking_for(books.links, piece))
