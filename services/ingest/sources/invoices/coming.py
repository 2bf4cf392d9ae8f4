"""What the rows of one invoice come to, proven by all that the file says of it itself. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

from services.ingest.sources.invoices.rows import Told
from services.ingest.sources.invoices.taxes import ZERO, before_tax, reckoned
from shared.kernel.errors import Invalid
from shared.kernel.money import round_money

_REMEDY = "compare it with the invoice, and mend the row that is wrong"


def amounts(rows: Sequence[Told], currency: str) -> list[Decimal]:
    """What each row bills without tax. One of several rows has to be a line plainly, lest a total counts twice."""
    found = [_amount(row, currency) for row in rows]
    plain = all(row.line is not None or row.price is not None for row in rows)
    named = all(row.description for row in rows) and len(set(found)) > 1
    if len(rows) > 1 and not (plain or named):
        cause = "its number stands in several rows, and nothing tells whether they are lines of it"
        raise Invalid("rows_unclear", cause, "leave one row for each invoice, or give its rows the amounts of their lines")
    return found


def _amount(row: Told, currency: str) -> Decimal:
    if row.price is not None:
        return _priced(row, row.price, currency)
    if row.line is not None:
        return row.line
    if row.net is not None:
        return row.net
    if row.total is None:
        raise Invalid("no_amount", "a row of it has no amount", "write what it comes to into the row")
    return before_tax(row, currency)


def _priced(row: Told, price: Decimal, currency: str) -> Decimal:
    quantity = Decimal(1) if row.quantity is None else row.quantity
    made = round_money(quantity * price, currency)
    if row.line not in (None, made):
        raise Invalid("does_not_add_up", f"{quantity} x {price} is {made} {currency}, the line says {row.line}", _REMEDY)
    return made


def tax_and_total(rows: Sequence[Told], lines: Sequence[Decimal], currency: str) -> tuple[Decimal, Decimal]:
    """The tax and the total with which all that the file says of the invoice agrees."""
    net, nets, totals = sum(lines, ZERO), _stated(rows, "net"), _stated(rows, "total")
    if nets and net not in nets:
        cause = f"its lines come to {net} {currency}, the file says {_shown(nets)} without tax"
        raise Invalid("does_not_add_up", cause, _REMEDY)
    taxes = _stated(rows, "tax") or reckoned(rows, lines, currency) or [ZERO]
    fitting = [tax for tax in taxes if not totals or net + tax in totals]
    if not fitting:
        raise _against(net, taxes, totals, currency)
    if not totals:
        _check_plain(rows, fitting)
    return fitting[0], net + fitting[0]


def _against(net: Decimal, taxes: Sequence[Decimal], totals: Sequence[Decimal], currency: str) -> Invalid:
    with_tax = f", with tax {_shown(taxes)} to {_shown(net + tax for tax in taxes)}" if any(taxes) else ""
    cause = f"its lines come to {net}{with_tax} {currency}, the file says {_shown(totals)}"
    return Invalid("does_not_add_up", cause, _REMEDY)


def _check_plain(rows: Sequence[Told], taxes: Sequence[Decimal]) -> None:
    """Where no total proves it, refuse what may be counted twice or can be meant in two ways."""
    told = {(row.description, row.quantity, row.price, row.line, row.net) for row in rows}
    if len(taxes) > 1 or len(told) < len(rows):
        cause = "nothing proves what it comes to: two of its rows are alike, or its tax can be meant in two ways"
        raise Invalid("rows_unclear", cause, "export the list with a column for the total of each invoice")


def _stated(rows: Sequence[Told], name: str) -> list[Decimal]:
    """What a column says of the whole invoice: the one value that its rows repeat or that stands once, or their sum."""
    found = [value for row in rows if (value := getattr(row, name)) is not None]
    repeated = found[:1] if len(set(found)) == 1 else []
    return list(dict.fromkeys([*repeated, sum(found, ZERO)])) if found else []


def _shown(values: Iterable[Decimal]) -> str:
    return " or ".join(dict.fromkeys(map(str, values)))
