"""Rows of one number become an invoice, if its own figures agree to the coin: lines plus tax are the total. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from services.ingest.sources.invoices.coming import amounts, tax_and_total
from services.ingest.sources.invoices.rows import Place, Told
from services.ingest.sources.invoices.taxes import bearing, tax_of
from shared.contract.documents import LineKind
from shared.domain.given import Given, GivenLine
from shared.kernel.errors import Invalid

MOST_LINES = 750
_OF_ALL = ("date", "due", "since", "until", "client", "currency")
_NEEDED = ("date", "client", "currency")
_SHOWN = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """An invoice as the file writes it; ``given`` names its client as the file does, since nobody looked that client up yet."""

    rows: tuple[Told, ...]
    given: Given

    @property
    def places(self) -> tuple[Place, ...]:
        return tuple(row.place for row in self.rows)

    @property
    def paid(self) -> bool:
        """Whether the file says that it is paid."""
        return any(row.paid for row in self.rows)

    @property
    def sums(self) -> dict[str, Decimal]:
        """What it adds to the sums of the file's columns."""
        net = sum((line.amount for line in self.given.lines), Decimal(0))
        return {"line": net, "net": net, "tax": self.given.total - net, "total": self.given.total}


@dataclass(frozen=True, slots=True)
class Refused:
    """Rows that are no invoice, and why."""

    places: tuple[Place, ...]
    problem: Invalid
    paid: bool = False


def invoices(rows: Iterable[tuple[Place, Told | Invalid]], most: int) -> list[Written | Refused]:
    """The invoices of a file in its order, and the rows that are none. Raises Invalid beyond ``most`` invoices."""
    by_number: dict[str, list[Told]] = {}
    refused: list[Written | Refused] = []
    for place, told in rows:
        if isinstance(told, Invalid):
            refused.append(Refused((place,), told))
        else:
            by_number.setdefault(told.number, []).append(told)
            if len(by_number) + len(refused) > most:
                cause = f"the file lists more than {most} invoices"
                remedy = "split it by dates, or raise TIMEBOOKS_IMPORT_INVOICES"
                raise Invalid("too_many_invoices", cause, remedy, limit=most)
    return [*refused, *map(_written, by_number.values())]


def _written(rows: list[Told]) -> Written | Refused:
    try:
        return Written(rows=tuple(rows), given=_given(rows))
    except Invalid as problem:
        places = tuple(row.place for row in rows)
        cause = f"invoice {rows[0].number} ({_named(places)}): {problem.cause}"
        return Refused(places, Invalid(problem.code, cause, problem.remedy, **problem.facts), any(row.paid for row in rows))


def _named(places: Sequence[Place]) -> str:
    shown = ", ".join(f"{place.table} {place.row}".strip() for place in places[:_SHOWN])
    return f"{'row' if len(places) == 1 else 'rows'} {shown}{', …' if len(places) > _SHOWN else ''}"


def _given(rows: list[Told]) -> Given:
    if len(rows) > MOST_LINES:
        raise Invalid("too_many_lines", f"it has {len(rows)} lines, an invoice at most {MOST_LINES}", "split it")
    of_all = {name: _said(rows, name) for name in _OF_ALL}
    _check_days(of_all)
    currency = of_all["currency"]
    lines = amounts(rows, currency)
    tax_amount, total = tax_and_total(rows, lines, currency)
    if total < 0:
        cause = f"it comes to {total} {currency}: a credit, which is no invoice"
        raise Invalid("credit_note", cause, "leave it out, and give the credit in the books")
    tax = tax_of(rows, lines, tax_amount, currency)
    return Given(
        number=rows[0].number,
        issued=of_all.pop("date"),
        lines=tuple(map(_line, rows, lines, bearing(rows, tax_amount))),
        tax=tax,
        tax_amount=tax_amount if tax else None,
        deductions=(),
        subtotal=None,
        total=total,
        **of_all,
    )


def _said(rows: list[Told], name: str) -> Any:
    """What holds for the whole invoice, in whichever of its rows it stands."""
    told = list(dict.fromkeys(value for row in rows if (value := getattr(row, name)) is not None))
    title = "invoice date" if name == "date" else name
    if len(told) > 1:
        cause = f"its rows say {told[0]} and {told[1]} as its {title}"
        raise Invalid("rows_differ", cause, "mend these rows, or give one of the invoices another number")
    if not told and name in _NEEDED:
        raise Invalid("incomplete_invoice", f"it has no {title}", f"write its {title} into the row")
    return told[0] if told else None


def _check_days(of_all: dict[str, Any]) -> None:
    for first, last in (("date", "due"), ("since", "until")):
        if of_all[first] and of_all[last] and of_all[first] > of_all[last]:
            raise Invalid("bad_period", f"its {first} {of_all[first]} is after its {last} {of_all[last]}", "mend its dates")


def _line(row: Told, amount: Decimal, taxable: bool) -> GivenLine:
    quantity = row.quantity if row.price is not None else None
    unit = "each" if quantity is None else row.unit
    return GivenLine(
        description=row.description or f"Invoice {row.number}",
        kind={"hour": LineKind.TIME, "each": LineKind.EXPENSE}.get(unit, LineKind.MILEAGE),
        unit=unit,
        quantity=Decimal(1) if quantity is None else quantity,
        unit_price=amount if row.price is None else row.price,
        amount=amount,
        taxable=taxable,
    )
