"""Reads the rows of a list of invoices as a layout declares them: each says something of one invoice."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from services.ingest.sources.files.book import Book
from services.ingest.sources.files.cells import Cell
from services.ingest.sources.invoices.headers import MONEY, is_invoice, is_paid
from services.ingest.sources.words.vocabulary import fold, grouped
from services.ingest.sources.worklog import cells
from services.ingest.sources.worklog.layout import Layout
from services.ingest.sources.worklog.leaving import Passing, reason
from services.ingest.sources.worklog.read import parts
from services.ingest.sources.worklog.rows import Row, cells_of
from services.ingest.sources.worklog.signs import currency_of
from shared.contract import fields as f
from shared.kernel.canonical import clean_text
from shared.kernel.errors import Invalid
from shared.kernel.money import check_currency, parse_decimal, round_money
from shared.kernel.quote import quoted

LONGEST_NUMBER, LONGEST_TEXT = 21, 4_000
_MOST_DIGITS = 12  # of an amount, before its point
_SIGNED = (*MONEY, "price")


class Place(NamedTuple):
    """The table, "" where the file has but one, and the row."""

    table: str
    row: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What one row says of an invoice; None where it says nothing."""

    place: Place
    number: str
    date: date | None = None
    due: date | None = None
    since: date | None = None
    until: date | None = None
    client: str | None = None
    currency: str | None = None
    description: str = ""
    quantity: Decimal | None = None
    unit: str = "each"
    price: Decimal | None = None
    line: Decimal | None = None
    net: Decimal | None = None
    tax: Decimal | None = None
    percent: Decimal | None = None
    tax_name: str = "Tax"
    total: Decimal | None = None
    paid: bool = False

    @property
    def amounts(self) -> dict[str, Decimal]:
        """By column, those that stand in the row."""
        return {name: value for name in MONEY if (value := getattr(self, name)) is not None}


def told(book: Book, layout: Layout) -> Iterator[tuple[Place, Told | Invalid]]:
    """Each row of each table that is no sum and not left out, or why it can't be read."""
    several = bool(layout.more)
    for part, rows in parts(book, layout):
        passing = Passing()
        for row in rows:
            place = Place((part.sheet or "") if several else "", row.number)
            if row.problem:
                yield place, row.problem
            elif reason(row, part, passing) is None:
                yield place, _told(row, part, place)


def _told(row: Row, layout: Layout, place: Place) -> Told | Invalid:
    values: dict[str, Any] = {}
    errors: list[dict[str, str]] = []
    for column in (*layout.columns, *(layout.constants.keys() - layout.columns.keys())):
        found = cells_of(row, layout, column)
        try:
            if found and (read := _READ.get(column)):
                values[column] = read(found, layout, column)
        except Invalid as problem:
            errors.append(_error(layout, column, problem, found))
    if not errors and "number" not in values:
        cause = "the row names no invoice"
        errors = [_error(layout, "number", Invalid("no_number", cause, "write the number of its invoice into each row"), ())]
    if errors:
        return f.refusal(errors)
    try:
        values.pop("document", None)
        stated = values.get("currency")
        values["currency"] = currency_of(row, layout, _SIGNED, stated) or stated
        return Told(place=place, paid=_paid(row, layout), **(values | _coins(row, layout, values)))
    except Invalid as problem:
        return problem


def _error(layout: Layout, column: str, problem: Invalid, found: Sequence[Cell]) -> dict[str, str]:
    header = " + ".join(layout.columns.get(column, (column,)))
    return f.problem_of(header, problem, cells.joined(found) or None) | {"column": header}


# ---- cells


def _day(found: Sequence[Cell], layout: Layout, column: str) -> date:
    day, _ = cells.moment(found, layout, column)
    if day is None:
        raise Invalid("bad_date", f"{quoted(cells.joined(found))} is no date", "write the date in the way of the other rows")
    return day


def _number(found: Sequence[Cell], layout: Layout, column: str) -> Decimal:
    """A spreadsheet's own number may end in the digits of its binary arithmetic, which it does not show."""
    places = 7 if column == "price" else 10
    own = found[0]
    few = isinstance(own, Decimal) and own.adjusted() < _MOST_DIGITS  # of more, which are refused below, none could be rounded
    text = format(round(own, places), "f") if few else cells.number(found, layout, column)  # type: ignore[call-overload]
    return parse_decimal(text, places=places, digits=_MOST_DIGITS, negative=True)


def _quantity(found: Sequence[Cell], layout: Layout, column: str) -> Decimal:
    return parse_decimal(cells.number(found, layout, column), places=5, digits=9)


def _percent(found: Sequence[Cell], layout: Layout, column: str) -> Decimal:
    """19 %, 19, or 0.19 as a spreadsheet has it: which of the two is told by the amounts."""
    texts = [cell.replace("%", " ").replace("\u066a", " ") if isinstance(cell, str) else cell for cell in found]
    return parse_decimal(cells.number(texts, layout, column), places=10, digits=3)


def _name(found: Sequence[Cell], layout: Layout, column: str) -> str:
    return cells.name(cells.joined(found))


def _text(found: Sequence[Cell], layout: Layout, column: str) -> str:
    limit = LONGEST_NUMBER if column == "number" else 100 if column == "tax_name" else LONGEST_TEXT
    return clean_text(cells.joined(found).strip(), limit=limit, multiline=column == "description")


def _document(found: Sequence[Cell], layout: Layout, column: str) -> str:
    """Raises Invalid for an offer, a credit, a payment, or what is not known to be an invoice."""
    text = cells.joined(found)
    if not is_invoice(text):
        raise Invalid("no_invoice", f"{quoted(text)} is no invoice", "leave rows of other documents out of the file")
    return text


def _unit(found: Sequence[Cell], layout: Layout, column: str) -> str:
    return {"h": "hour", "mi": "mi", "km": "km"}.get(grouped("units").get(fold(cells.joined(found)), ""), "each")


def _currency(found: Sequence[Cell], layout: Layout, column: str) -> str:
    return check_currency(cells.currency(found, layout))


_READ: dict[str, Callable[[Sequence[Cell], Layout, str], Any]] = {
    **dict.fromkeys(("date", "due", "since", "until"), _day),
    **dict.fromkeys(_SIGNED, _number),
    **dict.fromkeys(("number", "description", "tax_name"), _text),
    "quantity": _quantity,
    "percent": _percent,
    "client": _name,
    "unit": _unit,
    "document": _document,
    "currency": _currency,
}


def _coins(row: Row, layout: Layout, values: dict[str, Any]) -> dict[str, Any]:
    """The amounts in the coins of their currency: a spreadsheet's number may have more decimals than it shows."""
    currency, found = values.get("currency"), {}
    for name in MONEY if currency else ():
        if name in values:
            found[name] = round_money(values[name], currency)
            if found[name] != values[name] and isinstance(cells_of(row, layout, name)[0], str):
                cause = f"{values[name]} has more decimals than {currency} has"
                raise Invalid("bad_number", cause, "write the amount to the smallest coin")
    return found


def _paid(row: Row, layout: Layout) -> bool:
    """Whether the row says that its invoice is paid: by a word, or since nothing is open."""
    if is_paid(cells.joined(cells_of(row, layout, "status"))):
        return True
    with suppress(Invalid):
        return bool(found := cells_of(row, layout, "balance")) and not _number(found, layout, "balance")
    return False
