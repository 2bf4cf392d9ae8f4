"""A Work Log report becomes invoices in QuickBooks, and what became of them comes back by itself."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.journeys.product import US, Product

MARCH = """\
time,a1,2026-03-02,09:00,17:00,7:30:00,0:30:00,,Robin Sample,Harbour Bakery,Website,,48,USD,,,,,yes,Sprint planning
time,a2,2026-03-03,09:00,11:20,2:20:00,,,Robin Sample,Harbour Bakery,Website,,48,USD,,,,,yes,Review
time,b1,2026-03-04,10:00,12:00,2:00:00,,,Robin Sample,Moon Garage,Till,,60,USD,,,,,yes,Till repair
time,c1,2026-03-05,22:00,02:00,4:00:00,,,Kim Sample,Paper Lantern,Night shift,,50.50,USD,,,,,yes,Overnight
"""


@pytest.fixture
def product(make_database, clock):
    return Product(make_database, clock)


@pytest.mark.row("I4")
def test_a_report_becomes_paid_partly_paid_and_void_invoices(product):
    taken = product.imports(MARCH)
    assert taken["totals"]["new"] > 0
    product.approves(**{"from": "2026-03-01", "to": "2026-03-31"})
    made = sorted(product.composes()["invoices"], key=lambda one: Decimal(one["total"]))
    assert [Decimal(one["total"]) for one in made] == [Decimal("120.00"), Decimal("202.00"), Decimal("472.00")]
    connection = product.connects()
    product.work()
    product.links(connection)
    plan = product.pushes(connection)
    assert [item["action"] for item in plan["items"]] == ["create"] * 3

    numbers = [one["number"] for one in made]
    product.emulator.pay(US, product.external_id(numbers[0]))
    product.emulator.pay(US, product.external_id(numbers[1]), Decimal("20"))
    product.emulator.void(US, product.external_id(numbers[2]))
    assert set(product.hears()) == {200}
    statuses = {number: one["status"] for number, one in product.invoices().items()}
    assert statuses == dict(zip(numbers, ["paid", "partly_paid", "void"], strict=True))

    writes = len(product.emulator.writes(actor="api"))
    again = product.imports(MARCH)
    assert again["totals"]["new"] == again["totals"]["changed"] == 0
    assert product.pushes(connection)["items"] == []
    assert len(product.emulator.writes(actor="api")) == writes
