"""Rows of one number are an invoice only if all that they say of it agrees: figures worked out by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from services.ingest.sources.invoices.adding import Refused, Written, invoices
from services.ingest.sources.invoices.rows import Place, Told
from shared.domain.given import Given
from shared.kernel.errors import Invalid

_AMOUNTS = ("quantity", "price", "line", "net", "tax", "percent", "total")


def _added(*rows: dict[str, Any]) -> Written | Refused:
    """What becomes of one invoice of these rows; amounts as texts."""
    every = []
    for at, row in enumerate(rows, 2):
        said = {"client": "Beacon", "currency": "EUR", "date": date(2026, 3, 2), **row}
        place = Place("", at)
        every.append((place, Told(place=place, number="7", **{k: Decimal(v) if k in _AMOUNTS else v for k, v in said.items()})))
    [one] = invoices(every, 10)
    return one


def _given(*rows: dict[str, Any]) -> Given:
    one = _added(*rows)
    assert isinstance(one, Written), one
    return one.given


def _refusal(*rows: dict[str, Any]) -> Invalid:
    one = _added(*rows)
    assert isinstance(one, Refused), one
    assert [place.row for place in one.places] == list(range(2, 2 + len(rows)))
    return one.problem


@pytest.mark.parametrize(
    ("row", "percent", "total"),
    [
        ({"net": "100", "tax": "19", "total": "119"}, "19", "119"),
        ({"net": "200", "tax": "16.50", "total": "216.50"}, "8.25", "216.50"),
        ({"net": "1000", "tax": "88.75"}, "8.875", "1088.75"),
        ({"net": "100", "percent": "0.19", "total": "119"}, "19", "119"),  # as a spreadsheet holds 19 %
        ({"net": "1000", "percent": "0.5", "total": "1005"}, "0.5", "1005"),
        ({"total": "119", "percent": "19"}, "19", "119"),
        ({"total": "119", "tax": "19"}, "19", "119"),
        ({"total": "50"}, None, "50"),
        ({"net": "50", "tax": "0", "total": "50"}, None, "50"),
    ],
)
def test_the_percentage_of_the_tax_follows_from_its_amounts(row: dict[str, str], percent: str | None, total: str):
    given = _given(row)
    assert given.total == Decimal(total)
    assert (given.tax.percent if given.tax else None) == (Decimal(percent) if percent else None)
    assert [line.taxable for line in given.lines] == [percent is not None]


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        ([{"net": "1", "tax": "0.08", "total": "1.08"}], None),
        ([{"net": "0.10", "tax": "0.01", "total": "0.11"}], "tax_unclear"),  # 5 % to 14 %
        ([{"net": "100", "tax": "19", "total": "118"}], "does_not_add_up"),
        ([{"net": "100", "tax": "19", "percent": "20", "total": "119"}], "tax_unclear"),
        ([{"net": "100", "total": "119"}], "does_not_add_up"),
        ([{"quantity": "2", "price": "50", "line": "99", "total": "99"}], "does_not_add_up"),
        ([{"net": "-20", "total": "-20"}], "credit_note"),
        ([{"description": "Lamp"}], "no_amount"),
        ([{"client": None, "total": "1"}], "incomplete_invoice"),
        ([{"currency": None, "total": "1"}], "incomplete_invoice"),
        ([{"due": date(2026, 3, 1), "total": "1"}], "bad_period"),
        # payments, statuses, copies: the total of an invoice is not to count twice
        ([{"total": "100"}, {"total": "100"}], "rows_unclear"),
        ([{"total": "100"}, {"total": "40"}], "rows_unclear"),
        ([{"description": "a", "total": "100"}, {"description": "b", "total": "100"}], "rows_unclear"),
        ([{"line": "100", "description": "a"}, {"line": "100", "description": "a"}], "rows_unclear"),
        ([{"line": "100", "tax": "10"}, {"line": "50", "tax": "10"}], "rows_unclear"),  # 10 of tax, or 20
        ([{"line": "100", "percent": "19", "total": "226"}, {"line": "100", "percent": "7", "total": "226"}], "several_taxes"),
        ([{"line": "1", "client": "Beacon"}, {"line": "2", "client": "Quayside"}], "rows_differ"),
    ],
)
def test_what_does_not_agree_or_may_count_twice_is_refused_with_all_its_rows(rows: list[dict[str, Any]], code: str | None):
    if code is None:
        assert _given(*rows).total == Decimal("1.08")
    else:
        assert _refusal(*rows).code == code


@pytest.mark.parametrize(
    ("more", "why"),
    [
        (({"tax": "15", "total": "165"}, {"tax": "15", "total": "165"}), "the invoice's, in each row"),
        (({"tax": "15", "total": "165"}, {}), "the invoice's, in its first row"),
        (({"tax": "10", "total": "110"}, {"tax": "5", "total": "55"}), "each line's"),
        (({"tax": "10", "total": "165"}, {"tax": "5", "total": "165"}), "the tax each line's, the total the invoice's"),
    ],
)
def test_whose_tax_and_total_a_column_holds_is_told_by_what_adds_up(more: tuple[dict[str, str], dict[str, str]], why: str):
    given = _given({"line": "100", "description": "Lamp", **more[0]}, {"line": "50", "description": "Wick", **more[1]})
    assert (given.total, given.tax_amount, given.tax and given.tax.percent) == (165, 15, 10), why
    assert [(line.description, line.amount) for line in given.lines] == [("Lamp", 100), ("Wick", 50)]


def test_lines_without_tax_stand_beside_those_with_it():
    given = _given({"line": "100", "percent": "10", "total": "160"}, {"line": "50", "percent": "0", "total": "160"})
    assert (given.tax_amount, [line.taxable for line in given.lines]) == (10, [True, False])
