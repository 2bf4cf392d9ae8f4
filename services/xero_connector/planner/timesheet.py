"""The timesheet as a document: one employee, one pay period; frozen once written, a change is a new version."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from services.xero_connector.planner.calendars import Period

Cell = tuple[str, str | None]
"""Earnings rate and tracking option: what the books keep apart on one day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What is paid for one day at one rate. ``seconds`` is the truth, ``units`` what is sent for it."""

    date: date
    kinds: tuple[str, ...]  # kinds of pay that this rate stands for, sorted
    rate: str  # id over there
    tracking: str | None  # id over there
    seconds: int
    units: Decimal  # hours, 2 decimals


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """Work of another period that is paid in this one: late, or the difference to what was processed."""

    entry: str
    kind: str
    seconds: int
    worked: date
    paid: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Timesheet:
    id: str
    organisation: str
    version: int
    person: str  # record id
    period: Period
    lines: tuple[Line, ...]  # by day, rate and tracking; each combination once
    residue: tuple[tuple[str, int], ...]  # by rate: seconds that the rounded units leave over (or, negative, pay too much)
    moved: tuple[Moved, ...] = ()
    dropped: tuple[Cell, ...] = ()  # what an earlier version had and this one hasn't: zeros where lines can't go
    people: tuple[str, ...] = ()  # record ids of everybody named on it, for erasure
    withdrawn: bool = False

    @property
    def hours(self) -> Decimal:
        """The units of the whole period."""
        return sum((line.units for line in self.lines), Decimal("0.00"))

    # ---- what the shared algorithm asks of every document

    @property
    def number(self) -> str:
        """How it is told from others of the same person; names nobody."""
        return f"{self.period.start}/{self.period.end}"

    @property
    def client(self) -> str:
        """Whom it is for."""
        return self.person

    @property
    def currency(self) -> str:
        """What its total counts: hours."""
        return "h"

    @property
    def total(self) -> Decimal:
        return self.hours


@dataclass(frozen=True, slots=True, kw_only=True)
class Allocation:
    """Which seconds of an entry a timesheet pays, and on which of its lines."""

    entry: str
    revision: int
    person: str
    worked: date  # civil day of the work
    kind: str
    seconds: int
    rate: str
    tracking: str | None
    timesheet: str
    line_date: date  # day of the line that pays it
    job: str | None = None  # of the entry when it was composed, as its tags:
    tags: tuple[str, ...] = ()  # while they stay, what was paid keeps its rate whatever is linked later


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """Seconds that no timesheet pays yet, and why. Texts name nobody: ``person`` is an id for the reader's page to name."""

    entry: str
    person: str
    worked: date
    kind: str
    seconds: int
    period: Period | None  # of the timesheet on which they would be
    code: str
    cause: str
    remedy: str
