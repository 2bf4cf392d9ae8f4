"""An invoice that Work Log itself made is taken as it is, billed once, pushed like any other, and paid in the books."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from services.ingest.billing import left_out
from services.ingest.status import beside
from tests.component.ingest.conftest import Caller
from tests.journeys.product import US, Product

BOTH = pytest.mark.parametrize("backend", ["sqlite", "postgresql"], indirect=True)
MARCH = {"from": "2026-03-01", "to": "2026-03-31", "grouping": "job"}
CARD = [{"rate": "50", "overtime_rate": "75"}]
RECORDS: list[dict[str, Any]] = [
    {"kind": "person", "source_id": "robin", "name": "Robin Sample"},
    {"kind": "client", "source_id": "bakery", "name": "Harbour Bakery", "currency": "USD"},
    {"kind": "client", "source_id": "garage", "name": "Moon Garage", "currency": "USD"},
    {"kind": "job", "source_id": "site", "name": "Website", "client": "bakery", "rates": CARD},
    {"kind": "job", "source_id": "till", "name": "Till", "client": "garage", "rates": CARD},
    {"kind": "time", "source_id": "t1", "date": "2026-03-02", "job": "site", "seconds": 27_000},
    {"kind": "time", "source_id": "t2", "date": "2026-03-03", "job": "site", "seconds": 32_400, "overtime_seconds": 3_600},
    {"kind": "time", "source_id": "t3", "date": "2026-03-03", "job": "site", "seconds": 3_600},
    {"kind": "time", "source_id": "t4", "date": "2026-03-09", "job": "site", "seconds": 7_200},
    {"kind": "time", "source_id": "g1", "date": "2026-03-02", "job": "till", "seconds": 3_600},
    {"kind": "expense", "source_id": "x1", "date": "2026-03-02", "job": "site", "amount": "12.34", "currency": "USD"},
    {"kind": "mileage", "source_id": "m1", "date": "2026-03-03", "job": "site", "distance": "12.5", "currency": "USD"},
]


def stored(send: Any) -> dict[str, str]:
    """The records, stored; their ids by source id."""
    batch = [{"source": "worklog", **({"person": "robin"} if "date" in one else {}), **one} for one in RECORDS]
    told = send("POST", "/records", {"schema": "1", "records": batch})["results"]
    assert all(one["problem"] is None for one in told), told
    return {one["source_id"]: result["id"] for one, result in zip(RECORDS, told, strict=True)}


def invoice(ids: dict[str, str], **changes: Any) -> dict[str, Any]:
    """7.5 h at 48, 8 h at 48 and 1 h overtime at 72, an expense, 12.5 mi at 0.67; 10 off; 8.25 % tax on all but the expense."""
    lines = [
        {"description": "Design", "hours": Decimal("7.5"), "rate": 48, "amount": 360, "entries": [ids["t1"]]},
        {"description": "Launch", "hours": 8, "rate": "48.00", "amount": "384.00", "entries": [ids["t2"]]},
        {"description": "Launch, late", "hours": 1, "overtime": True, "rate": 72, "amount": 72, "entries": [ids["t2"]]},
        {"description": "Train", "quantity": 1, "rate": "12.34", "amount": "12.34", "taxable": False, "entries": [ids["x1"]]},
        {"description": "Drive", "quantity": "12.5", "unit": "mi", "rate": "0.67", "amount": "8.38", "entries": [ids["m1"]]},
    ]
    whole = {
        "number": "WL-7", "client_id": ids["bakery"], "currency": "USD", "issued": "2026-03-04", "due": "2026-04-03",
        "lines": lines,
        "tax": {"name": "Sales tax", "percent": "8.25", "amount": "67.19"}, "subtotal": "826.72", "total": "893.91",
        "deductions": [{"description": "Thanks", "amount": 10}],
    }  # fmt: skip
    return {**whole, **changes}


class Told:
    """Ingest, told things by an owner."""

    def __init__(self, owner: Caller) -> None:
        self.owner = owner
        self.ids = stored(lambda method, path, value: owner.told(method, path, value, status=202))

    def approves(self, *names: str) -> None:
        self.owner.told("POST", "/approvals", {"ids": [self.ids[name] for name in names]} if names else {"from": "2026-03-01"})

    def gives(self, status: int = 201, **changes: Any) -> Any:
        return self.owner.told("POST", "/invoices", invoice(self.ids, **changes), status=status)

    def composes(self) -> Any:
        return self.owner.told("POST", "/invoices/compose", {**MARCH, "mileage_rate": "0.70", "mileage_currency": "USD"})

    def problems(self) -> list[tuple[str, int]]:
        return [(one["code"], one["blocks"]) for one in self.owner.told("GET", "/problems")["items"]]


@pytest.fixture
def told(owner: Caller) -> Told:
    return Told(owner)


@pytest.mark.row("C5", "E1")
def test_an_invoice_made_elsewhere_is_taken_to_the_cent_and_its_entries_are_billed(told: Told) -> None:
    told.approves()
    made = told.gives()
    # 360.00 + 384.00 + 72.00 + 8.38 = 824.38 taxed, less 10.00: 814.38 x 8.25 % = 67.186
    assert (made["number"], made["version"], made["status"]) == ("WL-7", 1, "draft")
    assert [str(made[name]) for name in ("subtotal", "tax", "total")] == ["826.72", "67.19", "893.91"]
    shown = told.owner.told("GET", f"/invoices/{made['invoice_id']}")
    billed = {(one["entry"], one["kind"]): (one["seconds"], str(one["amount"])) for one in shown["allocations"]}
    ids = told.ids
    assert billed == {
        (ids["t1"], "time"): (27_000, "360.00"), (ids["t2"], "time"): (28_800, "384.00"),
        (ids["t2"], "overtime"): (3_600, "72.00"), (ids["x1"], "expense"): (0, "12.34"), (ids["m1"], "mileage"): (0, "8.38"),
    }  # fmt: skip


@BOTH
def test_what_it_leaves_out_of_its_client_and_days_waits_until_a_person_decides(told: Told) -> None:
    told.approves()
    made = told.gives()
    assert [one["id"] for one in made["left_out"]] == [told.ids["t3"]]
    assert told.problems() == [("not_on_the_invoice", 1)]
    done = told.composes()
    # the day after and the other client are billed: 2 h and 1 h at 50
    assert sorted(str(one["total"]) for one in done["invoices"]) == ["100.00", "50.00"]
    assert [one["why"] for one in done["skipped"] if one["entry"] == told.ids["t3"]] == ["not_on_the_invoice"]
    address = f"/invoices/{made['invoice_id']}/left-out"
    wrong = told.owner.told("POST", address, {"decision": "bill", "ids": [told.ids["t4"]]}, status=409)
    assert wrong["error"]["code"] == "not_left_out"
    assert told.owner.told("POST", address, {"decision": "bill"}) == {"decision": "bill", "ids": [told.ids["t3"]], "waiting": 0}
    assert told.problems() == []
    assert [str(one["total"]) for one in told.composes()["invoices"]] == ["50.00"]


def test_what_it_covers_is_billed_no_more_unless_it_is_voided(told: Told) -> None:
    told.approves()
    made = told.gives()
    told.owner.told("POST", f"/invoices/{made['invoice_id']}/left-out", {"decision": "covered", "ids": [told.ids["t3"]]})
    skipped = {one["entry"]: one["why"] for one in told.composes()["skipped"]}
    assert (skipped[told.ids["t3"]], skipped[told.ids["t1"]]) == ("covered", "already_billed")
    refused = told.gives(422, number="WL-8", lines=[
        {"description": "More", "hours": 1, "rate": 50, "amount": 50, "entries": [told.ids["t3"]]}])  # fmt: skip
    assert refused["error"]["code"] == "covered"
    assert told.owner.told("POST", f"/invoices/{made['invoice_id']}/void", {})["status"] == "void"
    # all of it at the card's prices: (7.5 + 8 + 1) h at 50, 1 h at 75, the expense, 12.5 mi at 0.70
    assert [str(one["total"]) for one in told.composes()["invoices"]] == ["921.09"]


def test_the_list_of_problems_counts_what_waits_beside_each_invoice_without_reading_it(
    told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    told.approves()
    made = told.gives()
    more = [{"description": "More", "hours": 2, "rate": 50, "amount": 100, "entries": [told.ids["t4"]]}]
    plain = {"subtotal": "100.00", "total": "100.00", "tax": None, "deductions": []}
    told.gives(number="WL-8", lines=more, **plain, **{"from": "2026-03-01", "to": "2026-03-31"})
    with monkeypatch.context() as patch:
        patch.setattr(left_out, "LeftOut", None)
        assert told.problems() == [("not_on_the_invoice", 1)] * 2  # beside both
    told.owner.told("POST", f"/invoices/{made['invoice_id']}/left-out", {"decision": "covered"})
    assert told.problems() == []


def test_work_that_comes_later_onto_its_days_waits_too(told: Told) -> None:
    told.approves()
    told.gives(**{"from": "2026-03-01", "to": "2026-03-31"})
    assert told.problems() == [("not_on_the_invoice", 2)]
    late = {"kind": "time", "source": "worklog", "source_id": "t9", "date": "2026-03-20", "person": "robin", "client": "bakery",
            "seconds": 60, "rate": "60"}  # fmt: skip
    batch = {"schema": "1", "records": [late, {**late, "source_id": "e9", "currency": "EUR"}]}
    told.owner.told("POST", "/records", batch, status=202)
    assert told.problems() == [("not_on_the_invoice", 3)]  # not the one in euros: it would be on another invoice anyway


def test_who_listens_hears_when_something_begins_to_wait_and_when_nothing_does(told: Told, db: Any, vault: Any) -> None:
    def heard() -> list[str]:
        beside.tell(db, vault)
        return [row["kind"] for row in told.owner.told("GET", "/feed?kinds=problem.opened,problem.closed")["rows"]]

    told.approves()
    made = told.gives()
    assert [heard(), heard(), told.problems()] == [["problem.opened"], ["problem.opened"], [("not_on_the_invoice", 1)]]
    told.owner.told("POST", f"/invoices/{made['invoice_id']}/left-out", {"decision": "bill"})
    assert [heard(), heard(), told.problems()] == [["problem.opened", "problem.closed"]] * 2 + [[]]


def refusals(ids: dict[str, str]) -> list[tuple[dict[str, Any], str, str]]:
    """(what is wrong, the code, the field)"""
    lines = invoice(ids)["lines"]

    def with_line(at: int, **change: Any) -> dict[str, Any]:
        return {"lines": [{**line, **change} if at == place else line for place, line in enumerate(lines)]}

    return [
        (with_line(0, amount="360.01"), "line_does_not_add_up", "lines.0.amount"),
        (with_line(4, amount="8.37"), "line_does_not_add_up", "lines.4.amount"),
        ({"total": "893.92"}, "does_not_add_up", ""),
        ({"subtotal": "826.71"}, "does_not_add_up", ""),
        ({"tax": {"name": "Sales tax", "percent": "8.25", "amount": "67.18"}}, "does_not_add_up", ""),
        (with_line(0, hours=8, amount=384), "quantity_differs", "lines.0.hours"),
        (with_line(3, rate="12.35", amount="12.35"), "amount_differs", "lines.3.rate"),
        ({"lines": lines[:1] + lines[2:]}, "part_left_out", "lines.1.entries"),
        (with_line(0, entries=[ids["t1"], ids["t1"]]), "quantity_differs", "lines.0.hours"),
        (with_line(0, entries=[ids["x1"]]), "other_kind", "lines.0.entries"),
        (with_line(0, entries=[ids["g1"]], hours=1, amount=48), "other_client", "lines.0.entries"),
        (with_line(0, entries=[ids["site"]]), "no_such_entry", "lines.0.entries"),
        (with_line(0, quantity=1), "bad_line", ""),
        (with_line(0, rat=1), "unknown_field", "lines.0.rat"),
        ({"currency": "EUR"}, "other_client", "lines.0.entries"),
        ({"client_id": ids["site"]}, "unknown_client", ""),
        ({"due": "2026-03-03"}, "bad_period", ""),
        ({"lines": []}, "bad_field", "lines"),
        ({"deductions": [{"description": "All", "amount": 9_999}]}, "deduction_too_large", ""),
    ]


def test_an_invoice_that_does_not_fit_is_refused_naming_the_line_and_nothing_is_stored(told: Told) -> None:
    told.approves()
    for change, code, field in refusals(told.ids):
        error = told.gives(422, **change)["error"]
        assert error["code"] == code, (change, error)
        assert not field or field in [one["field"] for one in error["facts"]["errors"]], (field, error)
    assert told.owner.told("GET", "/invoices")["total"] == 0
    assert told.gives()["total"] == Decimal("893.91")


def test_what_is_not_approved_or_billed_already_is_not_taken(told: Told) -> None:
    told.approves("t1", "x1", "m1")
    error = told.gives(422)["error"]
    assert (error["code"], [one["field"] for one in error["facts"]["errors"]]) == ("not_approved", ["lines.1.entries"])
    [composed] = told.composes()["invoices"]
    told.approves("t2")
    error = told.gives(409)["error"]
    assert (error["code"], error["facts"]["invoice_id"], error["facts"]["line"]) == ("already_billed", composed["invoice_id"], 0)
    assert composed["number"] in error["message"]


def test_hours_may_differ_from_what_was_logged_when_that_was_agreed(told: Told) -> None:
    told.approves()
    line = {"description": "Flat", "hours": 10, "rate": 48, "amount": 480, "entries": [told.ids["t1"], told.ids["t3"]]}
    alone = {"tax": None, "deductions": [], "subtotal": None, "total": 480}
    assert told.gives(422, lines=[line], **alone)["error"]["code"] == "quantity_differs"
    made = told.gives(lines=[{**line, "as_agreed": True}], **alone)
    shown = told.owner.told("GET", f"/invoices/{made['invoice_id']}")["allocations"]
    assert sorted((one["seconds"], str(one["amount"])) for one in shown) == [(3_600, "56.47"), (27_000, "423.53")]


def test_its_number_is_its_own(told: Told) -> None:
    told.approves()
    made = told.gives(number="INV-00001")
    assert told.gives(409, number="INV-00001")["error"]["facts"] == {"invoice_id": made["invoice_id"]}
    assert sorted(one["number"] for one in told.composes()["invoices"]) == ["INV-00002", "INV-00003"]


def test_its_next_version_bills_what_that_names_and_frees_what_it_named_no_more(told: Told) -> None:
    told.approves()
    made = told.gives()
    address, shorter = f"/invoices/{made['invoice_id']}", invoice(told.ids)["lines"][:1]
    again = invoice(told.ids, lines=shorter, tax=None, deductions=[], subtotal=360, total=360)
    assert told.owner.told("PUT", address, again, status=428)["error"]["facts"] == {"revision": 1}
    changed = told.owner.told("PUT", address, again, If_Match='"1"')
    assert (changed["version"], str(changed["total"])) == (2, "360.00")
    assert told.owner.told("PUT", address, again, If_Match='"1"')["version"] == 2
    assert told.owner.told("PUT", address, invoice(told.ids), If_Match='"1"', status=412)["error"]["facts"] == {"revision": 2}
    assert told.owner.told("PUT", address, {**again, "number": "WL-8"}, If_Match='"2"', status=422)["error"]["code"] == "fixed"
    assert told.problems() == [("not_on_the_invoice", 1)]  # the expense: the others lie on other days by now
    # 8 + 1 + 2 h at 50, 1 h at 75, 12.5 mi at 0.70; the garage's hour
    assert sorted(str(one["total"]) for one in told.composes()["invoices"]) == ["50.00", "633.75"]


def test_an_entry_edited_after_it_was_billed_is_corrected_at_the_price_of_that_invoice(told: Told) -> None:
    told.approves()
    made = told.gives()
    entry = told.owner.told("GET", f"/time-entries/{told.ids['t1']}")
    told.owner.told("PUT", f"/time-entries/{told.ids['t1']}", {**entry, "seconds": 28_800})
    [waits] = told.owner.told("GET", "/corrections")["items"]
    assert (waits["seconds"], str(waits["unit_price"]), waits["about"]) == (1_800, "48", "WL-7")
    assert told.owner.told("GET", f"/invoices/{made['invoice_id']}")["version"] == 1
    lines = invoice(told.ids)["lines"]
    longer = [{**lines[0], "hours": 8, "amount": 384}, *lines[1:]]
    # 24.00 more, taxed: 838.38 x 8.25 % = 69.166
    again = invoice(told.ids, lines=longer, tax={"name": "Sales tax", "percent": "8.25"}, subtotal="850.72", total="919.89")
    assert told.owner.told("PUT", f"/invoices/{made['invoice_id']}", {**again, "version": 1})["version"] == 2
    assert told.owner.told("GET", "/corrections")["items"] == []


@pytest.mark.row("F4")
def test_given_twice_under_one_key_it_is_taken_once(told: Told) -> None:
    told.approves()
    first, again = (told.owner("POST", "/invoices", invoice(told.ids), Idempotency_Key="k") for _ in range(2))
    assert (first.status_code, again.status_code, first.data) == (201, 201, again.data)
    assert (again.headers["Idempotent-Replayed"], again.headers["ETag"]) == ("true", '"1"')
    reused = told.owner.told("POST", "/invoices", invoice(told.ids, total=1), Idempotency_Key="k", status=422)
    assert reused["error"]["code"] == "idempotency_key_reused"
    address = f"/invoices/{first.json['invoice_id']}/void"
    voided = [told.owner("POST", address, {}, Idempotency_Key="v") for _ in range(2)]
    assert [one.headers.get("Idempotent-Replayed") for one in voided] == [None, "true"]


@BOTH
@pytest.mark.row("E1", "E3")
def test_it_is_pushed_and_paid_like_any_other(make_database, clock) -> None:
    product = Product(make_database, clock)
    ids = stored(lambda method, path, value: product.post("ingest", path, value, method=method))
    product.approves(**{"from": "2026-03-01", "to": "2026-03-31"})
    made = product.post("ingest", "/invoices", invoice(ids))
    connection = product.connects()
    product.work()
    product.links(connection)
    product.pushes(connection)
    [there] = product.emulator.live_invoices(US)
    assert (there["DocNumber"], there["TotalAmt"]) == ("WL-7", Decimal("893.91"))
    assert [line["Amount"] for line in there["Line"] if line["DetailType"] == "SalesItemLineDetail"] == [
        Decimal(amount) for amount in ("360.00", "384.00", "72.00", "12.34", "8.38", "-10.00")
    ]
    product.emulator.pay(US, there["Id"])
    product.hears()
    [shown] = product.invoices().values()
    assert (shown["status"], shown["invoice_id"]) == ("paid", made["invoice_id"])
    assert shown["external"][0]["external_id"] == there["Id"]
