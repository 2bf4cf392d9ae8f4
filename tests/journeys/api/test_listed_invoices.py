"""A list of last year's invoices reaches the books only if somebody says so; what goes there is paid, and comes again unseen."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from tests.component.reports.case import text
from tests.journeys.product import US, Product, Refused

HEAD = "Invoice no,Invoice date,Due date,Client,Item,Qty,Unit price,Line total,Tax,Total,Currency,Status\n"
ROWS = """
L-1,2026-03-31,2026-04-30,Harbour Bakery,Design,2,50.00,100.00,12.00,162.00,USD,paid
L-1,2026-03-31,2026-04-30,Harbour Bakery,Print,1,50.00,50.00,12.00,162.00,USD,paid
L-2,2026-04-30,2026-05-30,Harbour Bakery,Design,1,50.00,50.00,4.00,54.00,USD,sent
""".lstrip()


def _answers(answer: str) -> str:
    return json.dumps({"invoices": answer})


@pytest.mark.parametrize("backend", ["sqlite", "postgresql"], indirect=True)
def test_a_list_goes_to_the_books_only_as_somebody_says_and_comes_again_unseen(make_database, clock) -> None:
    product = Product(make_database, clock)
    connection, data = product.connects(), text(HEAD + ROWS)
    for fields in ({}, {"answers": _answers("there")}):
        with pytest.raises(Refused):
            product.uploads("list.csv", data, **fields)
    assert not product.uploads("list.csv", data, answers=_answers("write"), preview="true")["stored"]
    product.work()
    assert (product.emulator.live_invoices(US), product.invoices()) == ([], {})
    assert product.uploads("list.csv", data, answers=_answers("unpaid"))["stored"]
    product.work()
    assert product.emulator.live_invoices(US) == []  # a person presses go
    product.links(connection)
    product.pushes(connection)
    [there] = product.emulator.live_invoices(US)
    assert (there["DocNumber"], there["TotalAmt"], there["TxnDate"]) == ("L-2", Decimal("54.00"), "2026-04-30")
    product.emulator.pay(US, there["Id"])
    product.hears()
    assert product.invoices()["L-2"]["status"] == "paid"
    again = product.uploads("list.csv", data, answers=_answers("unpaid"))
    assert (again["stored"], again["totals"]["unchanged"], again["totals"]["new"]) == (True, 1, 0)
    whole = product.uploads("list.csv", data, answers=_answers("write"))
    assert (whole["totals"]["unchanged"], whole["totals"]["new"]) == (1, 2)
    product.pushes(connection)
    assert sorted((one["DocNumber"], one["TotalAmt"]) for one in product.emulator.live_invoices(US)) == [
        ("L-1", Decimal("162.00")),
        ("L-2", Decimal("54.00")),
    ]
    with pytest.raises(Refused) as paid:
        edited = ROWS.replace("50.00,50.00,4.00,54.00", "60.00,60.00,4.80,64.80")
        product.uploads("list.csv", text(HEAD + edited), answers=_answers("write"))
    assert [row["problem"]["code"] for row in paid.value.value["rows"] if row["outcome"] == "refused"] == ["not_open"]
