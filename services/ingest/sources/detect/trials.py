"""Reads the kept rows under a trial layout, so that start, end, break, rate and amount can be held against the duration."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import chain
from typing import Any

from services.ingest.sources.detect.roles import Assigned
from services.ingest.sources.detect.scan import Numbered, Table
from services.ingest.sources.files.cells import Cell, text_of
from services.ingest.sources.worklog import cells
from services.ingest.sources.worklog.layout import Layout
from shared.kernel.errors import Invalid

_ANY = date(2000, 1, 1)
MOST = 1_000  # rows that are looked at
_CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Trial:
    """One row under a layout; what can't be read is None."""

    row: int
    span: int | None  # seconds from start to end
    turned: bool  # the end lies before the start on the clock
    spare: int  # by how much the span may be off: its times have no seconds
    texts: dict[str, str]
    lengths: dict[str, int]  # duration, break, overtime in seconds
    numbers: dict[str, Decimal]  # rate, amount, fixed


def trials(table: Table, assigned: Assigned, layout: Layout) -> Iterator[Trial]:
    """The kept rows of one table, read as far as the layout reads them."""
    for number, row in table.sample[:MOST] + table.sample[-MOST:][: max(len(table.sample) - MOST, 0)]:
        yield _trial((number, row), assigned, layout)


def _trial(numbered: Numbered, assigned: Assigned, layout: Layout) -> Trial:
    number, row = numbered
    found = {
        role: _cells(row, assigned, role) for role in ("start", "end", "duration", "break", "overtime", "rate", "amount", "fixed")
    }
    span, turned, spare = _span(found["start"], found["end"], layout)
    lengths = {role: _read(cells.duration, found[role], layout, role) for role in ("duration", "break", "overtime")}
    numbers = {role: _read(cells.number, found[role], layout, role) for role in ("rate", "amount", "fixed")}
    return Trial(
        number,
        span,
        turned,
        spare,
        {role: cells.joined(each).strip() for role, each in found.items()},
        {role: each for role, each in lengths.items() if each is not None},
        {role: Decimal(each) for role, each in numbers.items() if each is not None},
    )


def _cells(row: list[Cell], assigned: Assigned, role: str) -> list[Cell]:
    return [row[column.place] for column in assigned.roles.get(role, []) if row[column.place] != ""]


def _read(read: Any, found: list[Cell], layout: Layout, role: str) -> Any:
    try:
        return read(found, layout, role) if found else None
    except Invalid:
        return None


def _span(start: list[Cell], end: list[Cell], layout: Layout) -> tuple[int | None, bool, int]:
    first, last = _read(cells.clock, start, layout, "start"), _read(cells.clock, end, layout, "end")
    if not first or not last:
        return None, False, 0
    begin = datetime.combine(first[0] or last[0] or _ANY, first[1])
    until = datetime.combine(last[0] or begin.date(), last[1])
    turned = until < begin
    if turned and None in (first[0], last[0]):
        until += timedelta(days=1)
    seconds = (until - begin) // timedelta(seconds=1)
    fine = any(text_of(cell).count(":") > 1 for cell in chain(start, end))
    return None if seconds < 0 else seconds, turned, 59 * (not fine)


# ---- whether an amount is the price of the hours


def comes_to(table: Table, assigned: Assigned, layout: Layout) -> Trial | None:
    """A row that shows the amount to be the rate times the hours, where none shows the contrary."""
    told = [each for each in trials(table, assigned, layout) if hours_of(each) and all(map(each.numbers.get, ("rate", "amount")))]
    return told[0] if told and not any(contradicts(each) and not nearly(each) for each in told) else None


def hours_of(trial: Trial) -> Decimal | None:
    seconds = trial.lengths.get("duration", trial.span)
    return None if seconds is None else Decimal(seconds) / 3600


def contradicts(trial: Trial) -> bool:
    hours, rate, amount = hours_of(trial), trial.numbers.get("rate"), trial.numbers.get("amount")
    return hours is not None and rate is not None and amount is not None and abs(hours * rate - amount) >= _CENT / 2


def nearly(trial: Trial) -> bool:
    """Whether the amount is off by what rounding the hours or the price does."""
    hours, rate, amount = hours_of(trial) or Decimal(0), trial.numbers["rate"], trial.numbers["amount"]
    return abs(hours * rate - amount) <= _CENT + rate / 200
