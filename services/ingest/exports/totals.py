"""What the lines of an export come to, for each currency by itself."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from services.ingest.exports.columns import Column, Row, hours_text
from services.ingest.exports.lines import Line
from shared.contract.records import Kind
from shared.kernel.money import round_money


@dataclass(slots=True)
class _Sum:
    """Of one currency."""

    seconds: int = 0
    overtime_seconds: int = 0
    unpriced_seconds: int = 0
    amounts: dict[Kind, Decimal] = field(default_factory=dict)


class Totals:
    """Adds lines up; an entry without a rate counts its time and is said to be without one."""

    def __init__(self, asked: frozenset[str]) -> None:
        self._asked, self._sums, self.lines = asked, dict[str, _Sum](), 0

    def add(self, lines: Iterable[Line]) -> None:
        for line in lines:
            found = self._sums.get(line.currency)
            if found is None:
                found = self._sums[line.currency] = _Sum()
            self.lines += 1
            found.seconds += line.seconds
            found.overtime_seconds += line.overtime_seconds
            if line.amount is None:
                found.unpriced_seconds += line.seconds
            else:
                found.amounts[line.kind] = found.amounts.get(line.kind, Decimal(0)) + line.amount

    def summary(self) -> dict[str, Any]:
        """As the answer shows it: the one currency's figures, and those of each; hours alone are added across."""
        each = [self._shown(currency) for currency in sorted(self._sums)]
        only = each[0] if len(each) == 1 else {"earnings": None, "currency": None} if each else {}
        hours = Decimal(hours_text(sum(one.seconds for one in self._sums.values())))
        return {"earnings": Decimal("0.0"), "currency": None, **only, "hours": hours, "by_currency": each}

    def table(self) -> tuple[Sequence[Column], Sequence[Row]]:
        """The same as a table with a row for each currency."""
        shown = [self._shown(currency) for currency in sorted(self._sums)]
        names = [name for name in (shown or [self._shown("USD")])[0] if name != "currency"]
        columns = [Column("currency", "word"), *(Column(name, "number", _TITLES.get(name, "")) for name in names)]
        rows = [[one["currency"], *(format(one[name], "f") for name in names)] for one in shown]
        return columns, rows

    def _shown(self, currency: str) -> dict[str, Any]:
        found = self._sums.get(currency) or _Sum()
        told: dict[str, Any] = {"currency": currency, "hours": _hours(found.seconds)}
        if "overtime" in self._asked:
            told["overtime_h"] = _hours(found.overtime_seconds)
        told["earnings"] = round_money(found.amounts.get(Kind.TIME, Decimal(0)), currency)
        for kind, name in ((Kind.EXPENSE, "expenses"), (Kind.MILEAGE, "mileage")):
            if name in self._asked:
                told[name] = round_money(found.amounts.get(kind, Decimal(0)), currency)
        return told | {"hours_without_rate": _hours(found.unpriced_seconds)}


def _hours(seconds: int) -> Decimal:
    return Decimal(hours_text(seconds))


_TITLES = {"overtime_h": "Overtime hours"}
