"""Work that changes after it was billed: a new version while the books are open, else a correction on the next invoice."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from tests.journeys.lives import Ids, Life
from tests.journeys.product import US, Product
from tests.journeys.quiet import press_go
from tests.journeys.stage import Stage

HEADER = "source_id,date,duration,person,client,job,rate,currency,notes"
FIRST = "one,2026-03-02,2:00:00,Robin Sample,Harbour Bakery,Website,60,USD,Design"
SECOND = "two,2026-03-03,1:00:00,Robin Sample,Harbour Bakery,Website,60,USD,Review"
LATER = "three,2026-03-04,3:00:00,Robin Sample,Harbour Bakery,Website,60,USD,Launch"
MOVED = "one,2026-03-02,2:00:00,Robin Sample,Moon Garage,Till,60,USD,Design"


def morning(stage: Stage) -> tuple[str, Ids]:
    """Two entries (2 h and 1 h at 60.00) on one invoice of 180.00, in the books; the connection."""
    product = stage.product
    imports(product, FIRST, SECOND)
    bills(product)
    stage.told = (product.connects(), {})
    sends(stage)
    return stage.told


def imports(product: Product, *rows: str) -> None:
    product.uploads("report.csv", "\n".join([HEADER, *rows]).encode(), layout=LAYOUT)


LAYOUT = """{"columns": {"source_id": "source_id", "date": "date", "duration": "duration", "person": "person", "client": "client",
"job": "job", "rate": "rate", "currency": "currency", "notes": "notes"}}"""


def bills(product: Product) -> list[dict[str, Any]]:
    product.approves(**{"from": "2026-03-01", "to": "2026-03-31"})
    return list(product.composes()["invoices"])


def sends(stage: Stage) -> None:
    """Everything is heard, linked, planned and sent."""
    life = Life(stage)
    life.settle()
    assert press_go(life, "ours") == []
    life.settle()


def hears(stage: Stage) -> None:
    life = Life(stage)
    life.deliver()
    life.work()
    life.settle()


def entry(product: Product, source_id: str) -> str:
    return next(str(one["id"]) for one in product.get("ingest", "/records")["items"] if one["source_id"] == source_id)


# ---- what the books had made of it when the work changed


def as_it_was_sent(product: Product, external: str) -> None:
    """Open in the books."""


def partly_paid(product: Product, external: str) -> None:
    product.emulator.pay(US, external, Decimal("30"))


def paid(product: Product, external: str) -> None:
    product.emulator.pay(US, external)


def voided(product: Product, external: str) -> None:
    product.emulator.void(US, external)


def deleted(product: Product, external: str) -> None:
    product.emulator.delete(US, external)


# ---- what changed


def shortened(product: Product) -> None:
    imports(product, FIRST.replace("2:00:00", "1:30:00"))


def lengthened(product: Product) -> None:
    imports(product, FIRST.replace("2:00:00", "3:00:00"))


def dearer(product: Product) -> None:
    imports(product, FIRST.replace(",60,", ",75,"))


def unapproved(product: Product) -> None:
    product.post("ingest", "/approvals/withdraw", {"ids": [entry(product, "one")]})


def removed(product: Product) -> None:
    person = product.get("ingest", "/records", kind="person")["items"][0]["source_id"]
    gone = {"kind": "time", "source": "worklog", "source_id": "one", "date": "2026-03-02", "person": person, "seconds": 7200}
    told = product.post("ingest", "/records", {"schema": "1", "records": [gone | {"deleted": True}]})
    assert told["results"][0]["outcome"] == "changed"


CHANGES: list[tuple[Callable[[Product], None], str, list[tuple[str, str, str]], str]] = [
    # what changed, what the first entry is worth now, the lines that correct it (hours, rate, amount), what a re-bill comes to
    (shortened, "90.00", [("-0.50000", "60", "-30.00")], "150.00"),
    (lengthened, "180.00", [("1.00000", "60", "60.00")], "240.00"),
    (dearer, "150.00", [("-2.00000", "60", "-120.00"), ("2.00000", "75", "150.00")], "210.00"),
    (unapproved, "0.00", [("-2.00000", "60", "-120.00")], "60.00"),
    (removed, "0.00", [("-2.00000", "60", "-120.00")], "60.00"),
]
ON_FILES = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
"""The same statements run on PostgreSQL in the tests without this mark, and in tests/component/billing."""
BY_NAME = pytest.mark.parametrize("change, worth, lines, total", CHANGES, ids=[one[0].__name__ for one in CHANGES])


def live(product: Product) -> dict[str, Decimal]:
    """What our live invoices come to, and the books' alike."""
    here = {number: Decimal(one["total"]) for number, one in product.invoices().items() if not one["withdrawn"]}
    there = {one["DocNumber"]: one["TotalAmt"] for one in product.emulator.live_invoices(US)}
    assert here == there
    return here


@BY_NAME
def test_while_the_books_are_open_a_change_is_a_new_version_there(stage_of, change, worth, lines, total):
    stage = stage_of(morning)
    change(stage.product)
    sends(stage)
    [one] = stage.product.invoices().values()
    assert (one["status"], Decimal(one["total"]), one["version"]) == ("sent", Decimal(total), 2)
    assert live(stage.product) == {"INV-00001": Decimal(total)}
    assert stage.product.get("ingest", "/corrections")["items"] == []
    assert bills(stage.product) == [] or change is unapproved


@ON_FILES
@BY_NAME
def test_before_it_was_sent_a_change_is_a_new_version_that_is_sent_alone(stage_of, change, worth, lines, total):
    stage = stage_of(composed)
    change(stage.product)
    sends(stage)
    assert live(stage.product) == {"INV-00001": Decimal(total)}
    assert len(stage.product.emulator.writes(entity="Invoice", actor="api")) == 1


def composed(stage: Stage) -> tuple[str, Ids]:
    """The same invoice, composed and not sent."""
    imports(stage.product, FIRST, SECOND)
    bills(stage.product)
    return stage.product.connects(), {}


@ON_FILES
@pytest.mark.parametrize("there", [partly_paid, paid], ids=lambda one: one.__name__)
@BY_NAME
def test_once_money_has_moved_the_next_invoice_bears_the_difference(stage_of, there, change, worth, lines, total):
    stage = stage_of(morning)
    product = stage.product
    there(product, product.external_id("INV-00001"))
    hears(stage)
    change(product)
    sends(stage)
    assert live(product) == {"INV-00001": Decimal("180.00")}
    waiting = product.get("ingest", "/corrections")["items"]
    assert sorted(one["seconds"] for one in waiting) == sorted(int(Decimal(hours) * 3600) for hours, _, _ in lines)

    imports(product, LATER)
    product.post("ingest", "/approvals", {"ids": [entry(product, "three")]})
    [made] = product.composes()["invoices"]
    corrections = [line for line in made["lines"] if line["kind"] == "correction"]
    assert {(str(line["quantity"]), str(line["unit_price"]), str(line["amount"])) for line in corrections} == set(lines)
    assert all("INV-00001" in line["description"] for line in corrections)
    sends(stage)
    assert product.get("ingest", "/corrections")["items"] == []
    # 60.00 for the second entry and 180.00 for the third stand beside what the first is worth now
    assert sum(live(product).values()) == Decimal(worth) + Decimal("240.00")
    assert product.invoices()["INV-00001"]["version"] == 1


@ON_FILES
@pytest.mark.parametrize("there", [voided, deleted], ids=lambda one: one.__name__)
@BY_NAME
def test_what_is_gone_in_the_books_is_billed_anew_as_it_is_now(stage_of, there, change, worth, lines, total):
    stage = stage_of(morning)
    product = stage.product
    there(product, product.external_id("INV-00001"))
    Life(stage).wait(minutes=6)
    hears(stage)
    assert product.invoices()["INV-00001"]["status"] == {voided: "void", deleted: "void"}[there]
    change(product)
    assert product.get("ingest", "/corrections")["items"] == []
    [made] = product.composes()["invoices"]
    assert Decimal(made["total"]) == Decimal(total)
    sends(stage)
    assert live(product) == {"INV-00002": Decimal(total)}


def test_paid_work_that_moves_to_another_client_is_billed_there_and_given_back_here(stage_of):
    stage = stage_of(morning)
    product = stage.product
    paid(product, product.external_id("INV-00001"))
    hears(stage)
    imports(product, MOVED)
    moon = bills(product)
    assert [(one["client_name"], Decimal(one["total"])) for one in moon] == [("Moon Garage", Decimal("120.00"))]
    [waiting] = product.get("ingest", "/corrections")["items"]
    assert (waiting["seconds"], waiting["about"]) == (-7200, "INV-00001")

    imports(product, LATER)
    [bakery] = bills(product)
    assert (bakery["client_name"], Decimal(bakery["total"])) == ("Harbour Bakery", Decimal("60.00"))
    sends(stage)
    assert sum(live(product).values()) == Decimal("360.00")  # 2 h, 1 h and 3 h at 60.00
