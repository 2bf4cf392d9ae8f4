"""Our sums against those that the file states itself, as far as its own rounding goes. Pure, in little memory.

A report that says 41:30 and whose rows come to less has rows that were not read, or were read wrongly.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NamedTuple

from services.ingest.imports.held import Place
from services.ingest.sources.detect.findings import LeftOut, StatedTotal
from services.ingest.sources.worklog import cells
from services.ingest.sources.worklog.layout import Layout
from services.ingest.sources.worklog.stretches import SECONDS, stretch, with_unit
from shared.contract.records import Expense, Mileage, TimeEntry
from shared.kernel.duration import format_hms, hours
from shared.kernel.errors import Invalid
from shared.kernel.money import round_money

_PLAIN = re.compile(r"-?[0-9]+(?:\.[0-9]+)?", re.ASCII)
_LENGTHS = ("duration", "break", "overtime")


@dataclass(frozen=True, slots=True)
class Fault:
    """A sum of the file that its rows do not come to."""

    total: StatedTotal
    ours: str

    def told(self) -> dict[str, Any]:
        """As answers tell it."""
        total = self.total
        place = Place(total.table, total.row).told()
        rows = {"first": total.first, "last": total.last}
        return {**place, "label": total.scope, "column": total.column, "stated": total.value, "ours": self.ours, **rows}


@dataclass(frozen=True, slots=True)
class Amounts:
    """What an invoice, or a row of one, adds to the columns of a list of invoices."""

    currency: str | None
    by_column: Mapping[str, Decimal]


@dataclass(slots=True)
class _Sums:
    """What the rows so far come to."""

    rows: Counter[str] = field(default_factory=Counter)  # column -> rows with something in it
    units: Counter[tuple[str, str | None]] = field(default_factory=Counter)  # (column, currency or unit) -> seconds, amounts

    def copy(self) -> _Sums:
        return _Sums(self.rows.copy(), self.units.copy())


class _Span(NamedTuple):
    """What some rows come to in one column."""

    rows: int
    ours: Decimal
    unit: str | None


class _Table:
    """Sums of one table, kept at each row where a stated sum begins or ends."""

    def __init__(self, totals: Iterable[StatedTotal]) -> None:
        self.cuts = sorted({0, *(cut for total in totals for cut in (total.first, total.last + 1))})
        self.at: list[_Sums] = []  # before the first rows of ``cuts``
        self.now = _Sums()

    def reach(self, row: int) -> None:
        while len(self.at) < len(self.cuts) and self.cuts[len(self.at)] <= row:
            self.at.append(self.now.copy())

    def before(self, row: int) -> _Sums:
        place = bisect_left(self.cuts, row)
        return self.at[place] if place < len(self.at) else self.now

    def span(self, column: str, first: int, last: int) -> _Span | None:
        """What these rows come to; None where they are in several currencies or units, which have no sum."""
        since, until = self.before(first), self.before(last + 1)
        units = [unit for of, unit in until.units if of == column and until.units[column, unit] != since.units[column, unit]]
        if len(units) > 1:
            return None
        unit = units[0] if units else None
        ours = Decimal(until.units[column, unit] - since.units[column, unit])
        return _Span(until.rows[column] - since.rows[column], ours, unit)


@dataclass(slots=True)
class Compared:
    """What came of the stated sums that are not simply ours."""

    faults: list[Fault] = field(default_factory=list)
    rounded: list[StatedTotal] = field(default_factory=list)  # apart by no more than rounding explains
    not_compared: list[StatedTotal] = field(default_factory=list)


class Proof:
    """Takes in the entries of a file in its order, then tells which of its sums they do not come to."""

    def __init__(
        self, totals: Sequence[StatedTotal], layout: Layout, *, left_out: Sequence[LeftOut] = (), typed: bool = False
    ) -> None:
        self._typed = typed  # the file has numbers, not texts
        self._left_out = left_out
        self._several = bool(layout.more)
        self._layouts = {part.sheet or "": part for part in reversed(layout.parts())} if self._several else {"": layout}
        self._totals = [one for one in totals if self._is_read(one, layout)]
        self._tables = {name: _Table(one for one in self._totals if self._name(one) == name) for name in self._layouts}

    def _name(self, total: StatedTotal) -> str:
        return total.table if self._several else ""

    def _is_read(self, total: StatedTotal, layout: Layout) -> bool:
        """Whether the sum stands in a table that the layout reads."""
        return self._name(total) in self._layouts and (self._several or not layout.sheet or total.table in ("", layout.sheet))

    def add(self, place: Place, entry: Any) -> None:
        if not self._totals or place.table not in self._tables:
            return
        table = self._tables[place.table]
        table.reach(place.row)
        for key, value in _worth(entry, self._layouts[place.table]):
            table.now.rows[key[0]] += 1
            table.now.units[key] += value  # type: ignore[assignment]

    def compare(self) -> Compared:
        """Which of the stated sums are ours, and which are not."""
        found = Compared()
        for total in self._totals:
            self._compare(total, self._name(total), found)
        return found

    def _compare(self, total: StatedTotal, name: str, found: Compared) -> None:
        read = total.column in self._layouts[name].columns
        value, step = _stated(total, self._layouts[name], self._typed) if read else (None, Decimal(0))
        spans = self._spans(total, name) if value is not None else []
        near = [one for one in spans if abs(one.ours - value) <= step * (one.rows + 1) / 2]
        if any(one.ours == value for one in near):
            return
        if near:
            found.rounded.append(total)
        elif not spans or self._unclear(total, value, spans[0]):
            found.not_compared.append(total)
        else:
            found.faults.append(Fault(total, _shown(total, spans[0].ours, spans[0].unit)))

    def _spans(self, total: StatedTotal, name: str) -> list[_Span]:
        """What the rows come to that the sum may be of: those above it, or below another sum all of the table's."""
        bounds = [(total.first, total.last)] * (total.first <= total.last) + [(0, total.last)] * self._below(total)
        spans = [self._tables[name].span(total.column, *each) for each in bounds]
        return [one for one in spans if one is not None]

    def _unclear(self, total: StatedTotal, value: Any, span: _Span) -> bool:
        """Whether a sum below other ones may be of something else: it has no rows of its own, or holds the tax as well."""
        taxed = total.column == "amount" and value > span.ours
        return self._below(total) and (total.first > total.last or taxed)

    def _below(self, total: StatedTotal) -> bool:
        """Whether other sums stand between the entries and this one, such as the tax and what it is of."""
        return any(total.last < row < total.row for one in self._left_out if one.table == total.table for row in one.rows)


def _worth(entry: Any, layout: Layout) -> list[tuple[tuple[str, str | None], Any]]:
    """(column, currency or unit) and how much of it an entry adds."""
    if isinstance(entry, Amounts):
        return [((column, entry.currency), value) for column, value in entry.by_column.items()]
    if isinstance(entry, Expense):
        return [(("amount", entry.currency), entry.amount)]
    if isinstance(entry, Mileage):
        return [(("distance", entry.unit), entry.distance)]
    return _of_time(entry, layout)


def _of_time(entry: TimeEntry, layout: Layout) -> list[tuple[tuple[str, str | None], Any]]:
    worked = entry.seconds + (entry.break_seconds if layout.gross else 0)
    found = zip(_LENGTHS, (worked, entry.break_seconds, entry.overtime_seconds), strict=True)
    sums: list[tuple[tuple[str, str | None], Any]] = [((column, None), seconds) for column, seconds in found]
    if entry.rate is not None:
        price = round_money(entry.rate * hours(entry.seconds), entry.currency or "USD")
        sums.append((("amount", entry.currency), price))
    return sums


def _stated(total: StatedTotal, layout: Layout, typed: bool) -> tuple[Decimal | None, Decimal]:
    """The sum as a number, lengths in seconds, and the step in which it is written; None when it can't be read."""
    cell: Any = Decimal(total.value) if typed and _PLAIN.fullmatch(total.value) else total.value
    try:
        if total.column not in _LENGTHS:
            written = cells.number([cell], layout)
            return Decimal(written), _step(written)
        return Decimal(cells.duration([cell], layout, total.column)), _step_of_length(total, cell, layout)
    except Invalid:
        return None, Decimal(0)


def _step_of_length(total: StatedTotal, cell: Any, layout: Layout) -> Decimal:
    if stretch(total.value) is not None:
        return Decimal(1 if total.value.count(":") == 2 else 60)
    worded = with_unit(total.value)
    number, unit = worded or (cell, layout.units.get(total.column, layout.unit))
    return _step(cells.number([number], layout)) * SECONDS.get(unit, 1)


def _step(written: str) -> Decimal:
    return Decimal(1).scaleb(-len(written.partition(".")[2]))


def _shown(total: StatedTotal, value: Any, unit: str | None) -> str:
    if total.column in _LENGTHS:
        return format_hms(int(value))
    return f"{value} {unit}" if unit else str(value)
