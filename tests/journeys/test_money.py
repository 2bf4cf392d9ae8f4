"""Any hours, rates and currencies: every line is quantity times price, every total is the books' total, no date moves."""

from __future__ import annotations

import random
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest

from tests.journeys.lives import Ids, Life
from tests.journeys.product import GB, Product
from tests.journeys.quiet import press_go
from tests.journeys.stage import Stage
from tests.sizes import seed, size

COIN = {"GBP": Decimal("0.01"), "EUR": Decimal("0.01"), "JPY": Decimal(1), "KWD": Decimal("0.001")}
TAX = {"name": "VAT", "percent": "20"}


def abroad(stage: Stage) -> tuple[str, Ids]:
    """A British company that keeps several currencies; its connection."""
    return stage.product.connects(GB), {}


def rows(choose: random.Random, number: int) -> list[str]:
    """Time of every odd length at every odd price, on every day of a month in which clocks change."""
    clients = ["Harbour", "Moon", *(f"Client {at}" for at in range(number // 250))]  # an invoice takes 750 lines at most
    return [_row(choose, at, clients) for at in range(number)]


def _row(choose: random.Random, at: int, clients: list[str]) -> str:
    seconds = choose.choice([1, 7, 59, 3_599, choose.randrange(1, 40_000)])
    currency = "KWD" if at % 50 == 0 else choose.choice(["GBP", "GBP", "EUR", "JPY"])
    whole, part = choose.randrange(1, 9_000), choose.randrange(10**7)
    price = choose.choice([f"{whole}.{part:07}", f"{whole % 300}.{part % 100:02}", str(whole)])
    length = f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    overtime = length if at % 9 == 0 else ""
    person, client = choose.choice(["Robin", "Kim", "Lee"]), choose.choice(clients)
    day = choose.randrange(1, 32)
    return f"time,e{at},2026-03-{day:02},,,{length},,{overtime},{person},{client},,,{price},{currency},,,,,yes,Work {at}"


def link_taxes(product: Product, connection: str) -> None:
    codes = {code["Name"]: code["Id"] for code in product.emulator.objects(GB, "TaxCode")}
    for percent, name in (("20", "20.0% S"), ("0", "0.0% Z")):
        named = {"kind": "tax_code", "local": percent, "currency": "", "remote": codes[name]}
        listed = product.get("quickbooks", f"/connections/{connection}/references", kind="tax_code")["items"]
        if percent in {row["local"] for row in listed}:
            product.post("quickbooks", f"/connections/{connection}/references", named, method="PUT")


def half_up(value: Decimal, currency: str) -> Decimal:
    return value.quantize(COIN[currency], ROUND_HALF_UP)


@pytest.mark.parametrize("grouping", ["detailed", "day"])
def test_lines_totals_and_dates_are_the_same_on_both_sides(stage_of, grouping):
    stage = stage_of(abroad)
    product, connection, life = stage.product, stage.told[0], Life(stage, GB)
    product.imports("\n".join(rows(random.Random(seed()), size("money_examples"))))
    product.approves(**{"from": "2026-03-01", "to": "2026-03-31"}, confirm=True)
    made = product.composes(grouping=grouping, tax=TAX)["invoices"]
    assert {one["currency"] for one in made} == set(COIN)
    life.settle()
    link_taxes(product, connection)
    blocked = press_go(life, "ours")
    life.settle()
    check_refused(blocked)
    for one in product.invoices().values():
        check_sums(one)
        if one["currency"] == "KWD":
            assert (one["status"], one["number"] in {item["number"] for item in blocked}) == ("draft", True)
        else:
            check_there(product, one)


def check_sums(one: dict[str, Any]) -> None:
    """By hand: round half-up(quantity x price), their sum, a fifth of it as tax."""
    currency = one["currency"]
    for line in one["lines"]:
        assert Decimal(line["amount"]) == half_up(Decimal(line["quantity"]) * Decimal(line["rate"]), currency)
    subtotal = sum((Decimal(line["amount"]) for line in one["lines"]), Decimal(0))
    assert Decimal(one["subtotal"]) == subtotal
    assert Decimal(one["tax"]) == half_up(subtotal / 5, currency)
    assert Decimal(one["total"]) == Decimal(one["subtotal"]) + Decimal(one["tax"])


def check_there(product: Product, one: dict[str, Any]) -> None:
    there = product.emulator.object(GB, "Invoice", one["external"][0]["external_id"])
    assert there is not None and there["CurrencyRef"]["value"] == one["currency"]
    assert (there["TxnDate"], there["TotalAmt"]) == (one["issued"], Decimal(one["total"])), one["number"]
    theirs = [line for line in there["Line"] if line["DetailType"] == "SalesItemLineDetail"]
    for line, other in zip(one["lines"], theirs, strict=True):
        detail = other["SalesItemLineDetail"]
        assert (detail["Qty"], detail["UnitPrice"], other["Amount"]) == tuple(
            Decimal(line[name]) for name in ("quantity", "rate", "amount")
        )
        assert detail.get("ServiceDate") == line["date"]


def check_refused(blocked: list[dict[str, Any]]) -> None:
    """Three decimals can't be said there, so nothing is: a person is told what to do instead."""
    assert blocked and {item["currency"] for item in blocked} == {"KWD"}
    for item in blocked:
        assert item["action"] == "blocked" and item["problem"]["code"] == "too_fine"
        assert "three decimals" in item["problem"]["cause"] and item["problem"]["remedy"]


def test_every_entry_keeps_its_day_and_its_seconds_on_the_way(stage_of):
    stage = stage_of(abroad)
    product, life = stage.product, Life(stage, GB)
    logged = rows(random.Random(seed() + 1), 60)
    product.imports("\n".join(logged))
    product.approves(confirm=True)
    product.composes(grouping="detailed")
    life.settle()
    link_taxes(product, stage.told[0])
    press_go(life, "ours")
    life.settle()
    days = {f"Work {at}": row.split(",")[2] for at, row in enumerate(logged)}
    seen = 0
    for invoice in product.emulator.live_invoices(GB):
        for line in invoice["Line"]:
            named = [note for note in days if str(line.get("Description", "")).endswith(note)]
            if named:
                assert line["SalesItemLineDetail"]["ServiceDate"] == days[max(named, key=len)]
                seen += 1
    assert seen >= 50
