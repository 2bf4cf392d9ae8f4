"""Approving, composing, voiding and looking, over HTTP."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from services.ingest.accounts.operator import operator_token
from services.ingest.app import build
from shared.platform.db import Database
from shared.platform.http import Network
from shared.platform.settings import Settings
from shared.platform.vault import Vault
from tests.component.billing.conftest import MARCH
from tests.component.ingest.conftest import Caller
from tests.conftest import VirtualClock


@pytest.fixture
def owner(db: Database, clock: VirtualClock, tmp_path: Path) -> Caller:
    """The owner of a firm that has logged eight hours at 60 EUR and two of an unknown price."""
    vault = Vault(b"m" * 32)
    service = build(Settings.load({"TIMEBOOKS_DATA": str(tmp_path)}, ("ingest",)), db, vault, Network())
    asked = {"organisation": "Firm", "owner": "Olive", "zone": "Europe/Berlin", "currency": "EUR"}
    made = Caller(service, operator_token(vault)).told("POST", "/accounts", asked, status=201)
    owner = Caller(service, made["key"], made["organisation"])
    records = [
        {"kind": "person", "source_id": "p", "name": "Ann"},
        {"kind": "client", "source_id": "c", "name": "Blue"},
        log("t1", seconds=28_800, rate="60", notes="Plan"),
        log("t2", seconds=7_200),
    ]
    stores(owner, *records)
    return owner


def log(name: str, **fields: Any) -> dict[str, Any]:
    return {"kind": "time", "source_id": name, "date": "2026-03-02", "person": "p", "client": "c", **fields}


def stores(owner: Caller, *records: dict[str, Any]) -> list[dict[str, Any]]:
    sent = {"schema": "1", "records": [{"source": "w", **record} for record in records]}
    results: list[dict[str, Any]] = owner.told("POST", "/records", sent, status=202)["results"]
    assert [one["problem"] for one in results] == [None] * len(records)
    return results


def bills(owner: Caller, **asked: Any) -> Any:
    owner.told("POST", "/approvals", MARCH)
    return owner.told("POST", "/invoices/compose", {**MARCH, **asked})


@pytest.mark.row("C4")
def test_work_is_approved_composed_listed_and_shown(owner):
    assert owner.told("POST", "/approvals", MARCH) == {"approved": 2, "unchanged": 0, "held": []}
    made = owner.told("POST", "/invoices/compose", {**MARCH, "grouping": "detailed", "due_days": 14})
    assert [one["why"] for one in made["skipped"]] == ["no_rate"]
    (listed,) = owner.told("GET", "/invoices?status=draft")["items"]
    assert (listed["number"], str(listed["total"]), listed["due"]) == ("INV-00001", "480.00", "2026-03-16")
    assert (listed["client_name"], listed["balance"], listed["external"]) == ("Blue", None, [])
    (line,) = listed["lines"]
    assert (line["desc"], str(line["hours"]), str(line["rate"])) == ("2026-03-02 · Plan", "8.00000", "60")
    shown = owner.told("GET", f"/invoices/{listed['invoice_id']}")
    assert (shown["history"], [one["cause"] for one in shown["versions"]]) == ([], ["composed"])
    assert [(one["seconds"], one["line"]) for one in shown["allocations"]] == [(28_800, 1)]


def test_the_same_compose_request_sent_again_gets_the_same_answer(owner):
    owner.told("POST", "/approvals", MARCH)
    first = owner.told("POST", "/invoices/compose", MARCH, Idempotency_Key="once")
    assert owner.told("POST", "/invoices/compose", MARCH, Idempotency_Key="once") == first
    assert owner.told("GET", "/invoices")["total"] == 1


def test_an_edit_over_http_makes_a_new_version_and_withdrawing_approval_withdraws(owner):
    (invoice,) = bills(owner)["invoices"]
    (changed,) = stores(owner, log("t1", seconds=3_600, rate="60"))
    after = owner.told("GET", f"/invoices/{invoice['invoice_id']}")
    assert (after["version"], str(after["total"])) == (2, "60.00")
    assert owner.told("POST", "/approvals/withdraw", {"ids": [changed["id"]]}) == {"withdrawn": 1}
    assert owner.told("GET", f"/invoices/{invoice['invoice_id']}")["withdrawn"] is True
    assert owner.told("GET", "/corrections") == {"items": []}


def test_voiding_keeps_its_reason_and_leaves_the_number_used(owner):
    (invoice,) = bills(owner)["invoices"]
    path = f"/invoices/{invoice['invoice_id']}"
    done = owner.told("POST", f"{path}/void", {"reason": "Wrong month"})
    assert (done["version"], done["withdrawn"], done["status"]) == (2, True, "void")
    assert [one["reason"] for one in owner.told("GET", path)["versions"]] == [None, "Wrong month"]
    assert bills(owner)["invoices"][0]["number"] == "INV-00002"
    assert [one["status"] for one in owner.told("GET", "/invoices")["items"]] == ["draft", "void"]


def test_numbers_look_as_set(owner):
    owner.told("PUT", "/numbering", {"prefix": "2026/", "width": 3, "next": 12})
    assert bills(owner)["invoices"][0]["number"] == "2026/012"


@pytest.mark.parametrize(
    ("path", "sent", "status"),
    [
        ("/approvals", {"ids": ["x"]}, 404),
        ("/approvals", {"ids": ["x"], "from": "2026-03-01"}, 422),
        ("/approvals", {"everything": True}, 422),
        ("/approvals/withdraw", {"ids": []}, 422),
        ("/invoices/compose", {"from": "2026-03-01"}, 422),
        ("/invoices/compose", {**MARCH, "tax": {"name": "VAT", "percent": "NaN"}}, 422),
        ("/invoices/compose", {**MARCH, "deductions": [[]]}, 422),
        ("/invoices/nothing/void", {}, 404),
        ("/invoices/nothing/void", {"reason": 7}, 422),
    ],
)
def test_a_request_that_cannot_be_met_says_what_is_wrong(owner, path, sent, status):
    error = owner.told("POST", path, sent, status=status)["error"]
    assert error["code"] and error["message"]


@pytest.mark.parametrize("path", ["/invoices?status=lost", "/invoices?page=0"])
def test_a_list_that_makes_no_sense_is_refused(owner, path):
    owner.told("GET", path, status=422)
