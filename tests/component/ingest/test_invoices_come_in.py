"""A list of invoices comes in by the door: as invoices made elsewhere, once, to the coin, and never beside the work they bill."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from services.ingest.app import build
from shared.platform.db import Database
from shared.platform.http import Network
from shared.platform.settings import Settings
from shared.platform.vault import Vault
from tests.component.ingest.conftest import Caller
from tests.component.reports import lists
from tests.component.reports.case import Case, text
from tests.component.reports.lists import CONTRADICTED, LINES, PLAIN
from tests.sizes import size

WRITE = json.dumps({"invoices": "write"})
HEAD = "Invoice No.,Invoice date,Due date,Client,Net,VAT,Total,Currency\n"
MARCH = HEAD + "A-1,2026-03-31,2026-04-30,Beacon Sample,100.00,20.00,120.00,EUR"
SOME = lists.CASES[:: max(1, len(lists.CASES) // size("layouts_imported"))]
TWO = MARCH + "\nA-2,2026-04-30,2026-05-30,Beacon Sample,200.00,40.00,240.00,EUR"


def _sends(owner: Caller, content: str, **fields: str) -> Any:
    return owner.sends(text(content), "invoices.csv", **({"answers": WRITE} | fields))


def _stored(owner: Caller) -> dict[str, Any]:
    return {one["number"]: one for one in owner.told("GET", "/invoices?page_size=200")["items"]}


def _totals(owner: Caller) -> dict[str, str]:
    return {number: f"{one['total']} {one['currency']}" for number, one in _stored(owner).items()}


def _outcomes(answer: Any) -> dict[str, int]:
    return {name: number for name in ("new", "changed", "unchanged", "refused") if (number := answer["totals"][name])}


def test_nothing_is_written_before_somebody_says_that_the_books_lack_them(owner: Caller) -> None:
    asked = owner.sends(text(PLAIN), "invoices.csv")
    [question] = asked["questions"]
    assert (question["id"], [one["value"] for one in question["options"]]) == ("invoices", ["there", "unpaid", "write"])
    assert "Paid in 1 rows, Sent in 1 rows" in question["text"]
    there = _sends(owner, PLAIN, answers=json.dumps({"invoices": "there"}))
    assert there["error"]["code"] == "already_in_books"
    assert _stored(owner) == {}
    assert _sends(owner, PLAIN)["stored"]
    assert owner.sends(text(PLAIN), "invoices.csv")["questions"] == asked["questions"]  # no profile answers for the next file


def test_a_list_becomes_drafts_once_however_often_and_in_whichever_order_it_comes(owner: Caller) -> None:
    first = _sends(owner, PLAIN)
    assert (first["stored"], _outcomes(first), first["totals"]["invoices"]) == (True, {"new": 2}, 2)
    assert [(one["code"], one["rows"]) for one in first["warnings"]] == [("said_paid", [2])]
    stored = _stored(owner)
    assert {one["status"] for one in stored.values()} == {"draft"}  # how it stands is told by the books
    assert _totals(owner) == {"INV-0007": "480.00 EUR", "INV-0008": "180.00 EUR"}
    head, one, other, _ = PLAIN.strip().splitlines()
    moved = _sends(owner, "\n".join([head, other, one]))
    assert (moved["stored"], _outcomes(moved)) == (True, {"unchanged": 2})
    assert _stored(owner) == stored


def test_those_that_the_file_says_are_paid_stay_out_and_still_prove_its_sums(owner: Caller) -> None:
    lines = TWO.splitlines()
    content = "\n".join([f"{lines[0]},Open", f"{lines[1]},0.00", f"{lines[2]},240.00", "Total,,,,300.00,60.00,360.00,,240.00"])
    answer = _sends(owner, content, answers=json.dumps({"invoices": "unpaid"}))
    assert (answer["stored"], _outcomes(answer)) == (True, {"new": 1}), answer
    assert [(one["code"], one["rows"]) for one in answer["warnings"]] == [("paid_left_out", [2])]
    assert _totals(owner) == {"A-2": "240.00 EUR"}


@pytest.mark.parametrize("case", SOME, ids=lambda case: case.name)
def test_a_layout_comes_in_with_its_totals_and_again_changes_nothing(new_owner: Callable[[str], Caller], case: Case) -> None:
    owner, figures = new_owner("Acme"), case.figures
    asked = owner.sends(case.data, case.file)["questions"]
    answers = {one["id"]: str(case.asks[one["topic"]]) for one in asked}
    fields = {"answers": json.dumps(answers), "partial": "true"}
    first = owner.sends(case.data, case.file, **fields)
    assert first["stored"], first
    stored, sums = _stored(owner), Counter[str]()
    for one in stored.values():
        sums[one["currency"]] += one["total"]
    assert figures and {currency: str(total) for currency, total in sums.items()} == figures.money
    assert (len(stored), first["totals"]["refused"]) == (figures.entries, figures.refused)
    again = owner.sends(case.data, case.file, **fields)
    assert (again["totals"]["new"], again["totals"]["changed"]) == (0, 0)
    assert _stored(owner) == stored


def test_several_rows_of_a_number_are_the_lines_of_one_invoice(owner: Caller) -> None:
    assert _outcomes(_sends(owner, LINES)) == {"new": 3}
    shown = _stored(owner)["1001"]
    lines = [(one["desc"], str(one["rate"]), str(one["amount"])) for one in shown["lines"]]
    assert lines == [("Design", "48", "360.00"), ("Print", "11", "55.00")]
    assert (shown["issued"], shown["due"], str(shown["tax"])) == ("2026-03-31", "2026-04-30", "83.00")


def test_an_invoice_that_does_not_come_to_its_total_is_refused_naming_its_rows(owner: Caller) -> None:
    whole = _sends(owner, CONTRADICTED)
    assert (whole["problem"]["code"], _stored(owner)) == ("rows_refused", {})
    refused = [row for row in whole["rows"] if row["outcome"] == "refused"]
    assert [(row["row"], row["problem"]["code"]) for row in refused] == [(2, "does_not_add_up"), (3, "does_not_add_up")]
    assert "invoice A-1 (rows 2, 3): its lines come to 120.00 USD, the file says 130.00" in refused[0]["problem"]["cause"]
    assert _sends(owner, CONTRADICTED, partial="true")["stored"]
    assert _totals(owner) == {"A-2": "20.00 USD"}


def test_a_row_of_sums_that_is_not_ours_stores_nothing(owner: Caller) -> None:
    answer = _sends(owner, TWO + "\nTotal,,,,300.00,60.00,380.00,")
    assert (answer["problem"]["code"], _stored(owner)) == ("totals_differ", {})
    [told] = answer["problem"]["totals"]
    assert (told["column"], told["stated"], told["ours"]) == ("total", "380.00", "360.00 EUR")
    assert _sends(owner, TWO + "\nTotal,,,,300.00,60.00,360.00,")["stored"]


def test_a_preview_stores_nothing_not_even_a_client(owner: Caller) -> None:
    shown = _sends(owner, TWO, preview="true")
    assert (shown["stored"], _outcomes(shown)) == (False, {"new": 2})
    assert (_stored(owner), owner.told("GET", "/clients")["items"]) == ({}, [])


def test_a_changed_invoice_is_shown_before_it_becomes_the_next_version(owner: Caller) -> None:
    _sends(owner, TWO)
    edited = TWO.replace("100.00,20.00,120.00", "110.00,22.00,132.00")
    shown = _sends(owner, edited)
    assert (shown["problem"]["code"], _totals(owner)["A-1"]) == ("changes_to_accept", "120.00 EUR")
    [change] = shown["difference"]["changed"]
    assert (change["row"], change["number"], change["kind"], change["client"]) == (2, "A-1", "invoice", "Beacon Sample")
    fields = {one["field"]: (one["was"], one["now"]) for one in change["fields"]}
    assert {name: (str(was), str(now)) for name, (was, now) in fields.items() if name in ("total", "tax")} == {
        "total": ("120.00", "132.00"),
        "tax": ("20.00", "22.00"),
    }
    assert fields["lines"] == (["Invoice A-1: 1 x 100 = 100.00"], ["Invoice A-1: 1 x 110 = 110.00"])
    moved = _sends(owner, edited.replace("110.00,22.00,132.00", "120.00,24.00,144.00"), accept=shown["difference"]["fingerprint"])
    assert moved["problem"]["code"] == "difference_moved"
    taken = _sends(owner, edited, accept=shown["difference"]["fingerprint"])
    assert (taken["stored"], _outcomes(taken)) == (True, {"changed": 1, "unchanged": 1})
    assert (_totals(owner)["A-1"], _stored(owner)["A-1"]["version"]) == ("132.00 EUR", 2)
    assert _outcomes(_sends(owner, edited)) == {"unchanged": 2}


def test_what_an_invoice_keeps_can_not_be_changed_by_a_file(owner: Caller) -> None:
    _sends(owner, TWO)
    answer = _sends(owner, TWO.replace("A-1,2026-03-31", "A-1,2026-03-30"))
    assert [row["problem"]["code"] for row in answer["rows"] if row["outcome"] == "refused"] == ["fixed"]


def test_one_that_was_voided_here_stays_so_when_its_list_comes_again(owner: Caller) -> None:
    _sends(owner, TWO)
    owner.told("POST", f"/invoices/{_stored(owner)['A-1']['invoice_id']}/void", {})
    assert _outcomes(_sends(owner, TWO)) == {"unchanged": 2}
    assert _stored(owner)["A-1"]["status"] == "void"


# ---- the work that they bill


def _logs(owner: Caller, *days: str) -> list[str]:
    """An hour of approved work at 50 EUR for the client on each day."""
    whole: list[dict[str, Any]] = [
        {"kind": "person", "source_id": "robin", "name": "Robin Sample"},
        {"kind": "client", "source_id": "beacon", "name": "Beacon Sample"},
        {"kind": "job", "source_id": "lamp", "name": "Lamp", "client": "beacon", "rates": [{"rate": "50"}]},
        *({"kind": "time", "source_id": day, "date": day, "job": "lamp", "person": "robin", "seconds": 3600} for day in days),
    ]
    sent = owner.told("POST", "/records", {"schema": "1", "records": [{"source": "worklog", **one} for one in whole]}, status=202)
    ids = [one["id"] for one in sent["results"][3:]]
    owner.told("POST", "/approvals", {"ids": ids})
    return ids


def _composes(owner: Caller) -> dict[str, str]:
    """Why entries were left out, once all of the spring is billed."""
    done = owner.told("POST", "/invoices/compose", {"from": "2025-01-01", "to": "2026-06-30", "grouping": "job"})
    return {one["entry"]: one["why"] for one in done["skipped"]} | {one["number"]: str(one["total"]) for one in done["invoices"]}


def _beside(owner: Caller, number: str) -> list[str]:
    address = f"/invoices/{_stored(owner)[number]['invoice_id']}/left-out"
    return [one["id"] for one in owner.told("GET", address)["items"]]


def test_work_of_the_same_client_and_days_is_not_billed_beside_them(owner: Caller) -> None:
    _, march, april, _ = _logs(owner, "2025-03-01", "2026-03-02", "2026-04-15", "2026-05-04")
    answer = _sends(owner, TWO)
    assert [(one["code"], one["count"]) for one in answer["warnings"]] == [("waiting_beside", 2)]
    done = _composes(owner)
    assert {entry: why for entry, why in done.items() if entry in (march, april)} == {
        march: "not_on_the_invoice",
        april: "not_on_the_invoice",
    }
    assert [total for number, total in done.items() if number.startswith("INV-")] == ["100.00"]  # of May, and of a year ago
    assert (_beside(owner, "A-1"), _beside(owner, "A-2")) == ([march], [april])
    owner.told("POST", f"/invoices/{_stored(owner)['A-1']['invoice_id']}/left-out", {"decision": "covered"})
    assert _composes(owner)[march] == "covered"
    assert _outcomes(_sends(owner, TWO)) == {"unchanged": 2}


def test_days_that_the_file_names_are_those_that_it_covers(owner: Caller) -> None:
    march, april = _logs(owner, "2026-03-02", "2026-04-15")
    head = "Invoice number,Invoice date,Period from,Period to,Client,Total,Currency\n"
    assert _sends(owner, f"{head}P-1,2026-05-01,2026-04-01,2026-04-30,Beacon Sample,50.00,EUR")["stored"]
    done = _composes(owner)
    assert (done.pop(april), list(done.values())) == ("not_on_the_invoice", ["50.00"])
    assert march not in done


def test_an_invoice_that_names_its_work_is_not_overwritten_by_a_list(owner: Caller) -> None:
    [_] = _logs(owner, "2026-03-02")
    _composes(owner)
    [(number, one)] = _stored(owner).items()
    row = f"{number},{one['issued']},{one['due']},Beacon Sample,50.00,0,{{}},EUR"
    assert _outcomes(_sends(owner, HEAD + row.format("50.00"))) == {"unchanged": 1}
    answer = _sends(owner, HEAD + row.replace("50.00,0,", "60.00,0,").format("60.00"))
    assert [each["problem"]["code"] for each in answer["rows"]] == ["names_entries"]


# ---- who may, and how many


def test_who_may_not_give_invoices_may_not_import_them(owner: Caller) -> None:
    key = owner.told("POST", "/keys", {"name": "logger", "role": "owner", "scopes": ["records:write"]}, status=201)["key"]
    answer = _sends(Caller(owner.service, key), MARCH)
    assert (answer["error"]["code"], _stored(owner)) == ("scope_missing", {})


def test_a_file_of_too_many_invoices_is_refused_naming_the_setting(
    db: Database, vault: Vault, tmp_path: Path, owner: Caller
) -> None:
    environ = {"TIMEBOOKS_DATA": str(tmp_path), "TIMEBOOKS_IMPORT_INVOICES": "1"}
    few = Caller(build(Settings.load(environ, ("ingest",)), db, vault, Network()), owner.key)
    answer = _sends(few, TWO)
    assert (answer["error"]["code"], "TIMEBOOKS_IMPORT_INVOICES" in answer["error"]["remedy"]) == ("too_many_invoices", True)
    assert _sends(few, MARCH)["stored"]
