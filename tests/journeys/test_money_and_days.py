"""To the cent and to the day: what the books hold is what was worked, in every currency they can hold."""

from __future__ import annotations

import random
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

import pytest

from shared.kernel.duration import format_hms
from tests import sizes
from tests.journeys.product import GB, Product

DECIMALS = {"GBP": "0.01", "EUR": "0.01", "USD": "0.01", "JPY": "1"}
PLACES = {"GBP": 3, "EUR": 4, "USD": 7, "JPY": 2}  # decimals of the hourly rates


@pytest.fixture
def product(make_database, clock):
    return Product(make_database, clock)


def entries(pick):
    """Random entries as rows of our layout, and what each is worth by itself: seconds, rate, currency, day."""
    rows = []
    for number in range(sizes.size("money_entries")):
        currency = pick.choice(list(DECIMALS))
        rate = Decimal(pick.randrange(1, 10**6)).scaleb(-PLACES[currency]) + 1
        day = date(2026, 3, 1) + timedelta(days=pick.randrange(31))
        rows.append((number, day, pick.randrange(1, 12 * 3600), rate, currency))
    return rows


def test_every_line_is_quantity_times_price_and_every_day_stays(product):
    pick = random.Random(sizes.seed())
    rows = entries(pick)
    text = "\n".join(
        f"time,e{number},{day},,,{format_hms(seconds)},,,Person {number},Client {number % 3},Job,,{rate},{currency},,,,,yes,"
        for number, day, seconds, rate, currency in rows
    )
    product.imports(text)
    product.approves(**{"from": "2026-03-01", "to": "2026-03-31"})
    product.composes(grouping="detailed", issued="2026-03-31")
    connection = product.connects(GB)
    product.work()
    product.links(connection)
    product.pushes(connection)
    there = product.emulator.live_invoices(GB)
    ours = {one["external"][0]["external_id"]: one for one in product.invoices().values()}
    assert set(ours) == {str(invoice["Id"]) for invoice in there}
    lines = [(invoice, line) for invoice in there for line in invoice["Line"] if line["DetailType"] == "SalesItemLineDetail"]
    assert len(lines) == len(rows)
    worked: dict[tuple, int] = {}
    for invoice, line in lines:
        detail, currency = line["SalesItemLineDetail"], invoice["CurrencyRef"]["value"]
        quantity, price = Decimal(str(detail["Qty"])), Decimal(str(detail["UnitPrice"]))
        assert Decimal(str(line["Amount"])) == (quantity * price).quantize(Decimal(DECIMALS[currency]), ROUND_HALF_UP)
        key = (detail["ServiceDate"], int((quantity * 3600).quantize(Decimal(1), ROUND_HALF_UP)), price.normalize(), currency)
        worked[key] = worked.get(key, 0) + 1
    expected: dict[tuple, int] = {}
    for _, day, seconds, rate, currency in rows:
        key = (day.isoformat(), seconds, rate.normalize(), currency)
        expected[key] = expected.get(key, 0) + 1
    assert worked == expected  # every second, price and civil day, each once
    for invoice in there:
        assert Decimal(str(invoice["TotalAmt"])) == Decimal(str(ours[str(invoice["Id"])]["total"]))
        assert invoice["TxnDate"] == "2026-03-31"


def test_a_currency_that_the_books_would_round_is_refused_and_said(product):
    product.imports("time,k1,2026-03-02,,,1:00:00,,,Kim Sample,Desert Rose,Job,,12.345,KWD,,,,,yes,\n")
    product.approves(**{"from": "2026-03-01", "to": "2026-03-31"})
    made = product.composes()["invoices"]
    assert Decimal(str(made[0]["total"])) == Decimal("12.345")
    connection = product.connects(GB)
    product.work()
    product.links(connection)
    [item] = product.pushes(connection)["items"]
    assert (item["action"], item["problem"]["code"]) == ("blocked", "too_fine")
    assert product.emulator.live_invoices(GB) == []
