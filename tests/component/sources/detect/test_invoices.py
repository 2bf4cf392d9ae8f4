"""Which tables list invoices, and what one has to say to be taken in."""

from __future__ import annotations

import pytest

from shared.kernel.errors import Invalid
from tests.component.sources.detect.detecting import detected, table


def test_invoices_are_recognised_and_whether_the_books_have_them_is_asked():
    found = detected(table("Invoice No,Client,Date,Due Date,Amount,Status", "R-1,Acme,2024-03-04,2024-04-04,100 EUR,paid"))
    assert (found.invoices, [question.id for question in found.questions]) == (True, ["invoices"])


@pytest.mark.parametrize(
    ("header", "row", "code"),
    [
        ("Invoice No,Invoice date,Due Date,Amount", "R-1,2024-03-04,2024-04-04,100 EUR", "only_invoices"),  # whose?
        ("Invoice No,Client,Due Date,Amount", "R-1,Acme,2024-04-04,100 EUR", "only_invoices"),  # of which day?
        ("Invoice No,Supplier,Invoice date,Amount", "R-1,Acme,2024-03-04,100 EUR", "only_bills"),
    ],
)
def test_a_list_without_what_makes_an_invoice_is_refused_and_so_are_bills(header: str, row: str, code: str):
    with pytest.raises(Invalid) as problem:
        detected(table(header, row))
    assert problem.value.code == code


@pytest.mark.parametrize(
    "header",
    ["Date,Employee,Invoice number,Hours,Amount", "Date,Invoice no,Start,End,Client,Amount", "Date,Invoice,Category,Amount"],
)
def test_work_that_names_its_invoice_is_no_list_of_invoices(header: str):
    values = {"Date": "2024-03-04", "Start": "08:00", "End": "09:00", "Hours": "1", "Amount": "100 EUR"}
    found = detected(table(header, ",".join(values.get(name, "Acme") for name in header.split(","))))
    assert not found.invoices
