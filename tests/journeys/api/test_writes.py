"""Records are written one by one or a thousand at once: every kind, with the revision that was seen, and nothing twice."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from shared.kernel import canonical
from tests.component.ingest.conftest import Caller
from tests.journeys.api.contract import contract_of, plain
from tests.journeys.api.people import People
from tests.journeys.product import HEADER

PATHS = {
    "person": "/people", "client": "/clients", "job": "/jobs", "tag": "/tags", "time": "/time-entries", "expense": "/expenses",
    "mileage": "/mileage",
}  # fmt: skip
REPORT = HEADER + (
    "\n"
    "time,t1,2026-03-02,09:00,17:00,7:30:00,0:30:00,0:45:00,Robin Sample,Harbour Bakery,Website,a;b,48,USD,,,,,yes,Plan\n"
    "expense,x1,2026-03-02,,,,,,Robin Sample,Harbour Bakery,Website,,,USD,-12.34,,,travel,no,Refund\n"
    "mileage,m1,2026-03-03,,,,,,Robin Sample,Harbour Bakery,Website,,0.67,USD,,12.5,km,,yes,To the site\n"
)
NOT_SENT = {"id", "organisation", "source", "source_id", "revision", "content_hash", "origin", "approval", "approved_revision",
          "approved_there"}  # fmt: skip


def stored(owner: Caller) -> dict[str, list[dict[str, Any]]]:
    return {kind: owner.told("GET", f"/records?kind={kind}")["items"] for kind in PATHS}


def by_door(held: dict[str, list[dict[str, Any]]]) -> list[dict[str, Any]]:
    """Stored records as somebody sends them: what they refer to by its source id."""
    names = {one["id"]: one["source_id"] for some in held.values() for one in some}
    return [{name: _named(value, names) for name, value in one.items() if name not in NOT_SENT - {"source", "source_id"}}
            for some in held.values() for one in some]  # fmt: skip


def _named(value: Any, names: dict[str, str]) -> Any:
    return sorted(names.get(one, one) for one in value) if isinstance(value, list) else names.get(value, value)


def test_what_the_importer_stores_the_door_stores_alike_whatever_its_kind(owner: Caller, new_owner: Any) -> None:
    owner.imports(REPORT.encode(), changes="accept")
    sent = by_door(stored(owner))
    assert {one["kind"] for one in sent} == set(PATHS)
    other = new_owner("Other")
    told = other.told("POST", "/records", {"schema": "1", "records": sent}, status=202)
    assert {one["outcome"] for one in told["results"]} == {"new"}
    assert sorted(map(str, by_door(stored(other)))) == sorted(map(str, sent))
    again = other.told("POST", "/records", {"schema": "1", "records": sent}, status=202)
    assert {one["outcome"] for one in again["results"]} == {"unchanged"}


def makes(owner: Caller, kind: str, **fields: Any) -> dict[str, Any]:
    made: dict[str, Any] = owner.told("POST", PATHS[kind], fields, status=201)
    return made


def every(owner: Caller) -> dict[str, dict[str, Any]]:
    """One record of each kind, made one by one."""
    made = {"person": makes(owner, "person", name="Robin Sample"), "tag": makes(owner, "tag", name="urgent")}
    made["client"] = makes(owner, "client", name="Harbour Bakery", currency="USD")
    card = [{"rate": "48", "user_id": made["person"]["id"]}]
    made["job"] = makes(owner, "job", name="Website", client_id=made["client"]["id"], rates=card)
    named = {"user_id": made["person"]["id"], "job_id": made["job"]["id"], "tag_ids": [made["tag"]["id"]]}
    work = {"date": "2026-03-02", **named}
    made["time"] = makes(owner, "time", seconds=27_000, **work)
    made["expense"] = makes(owner, "expense", amount="12.34", category="travel", **work)
    made["mileage"] = makes(owner, "mileage", distance="12.5", unit="km", **work)
    return made


CHANGES = {
    "person": {"name": "Robin Vale"}, "client": {"address": "1 Sea Street"}, "job": {"name": "Booking site"},
    "tag": {"name": "night"}, "time": {"seconds": 28_800}, "expense": {"amount": "12.35"}, "mileage": {"distance": "13"},
}  # fmt: skip


def test_a_write_is_answered_with_what_a_read_gives_however_its_values_were_written(owner: Caller) -> None:
    made = every(owner)
    named = {"user_id": made["person"]["id"], "tag_ids": [made["tag"]["id"]] * 2, "currency": "EUR"}
    card = [{"rate": "48.50", "since": "2026-02-01", "user_id": named["user_id"]}, {"rate": 48, "overtime_rate": "72.00"}]
    for kind, fields in {
        "person": {"name": "Zoë  Sample", "zone": "Pacific/Auckland"},
        "job": {"name": "Café", "rates": card},
        "time": {**named, "date": "2026-03-02", "seconds": 3600, "start": "2026-03-02T09:00:00", "zone": "Europe/Berlin",
                 "rate": "48.500", "notes": " two\r\nlines "},
        "expense": {**named, "date": "2026-03-02", "amount": "-12.30"},
        "mileage": {**named, "date": "2026-03-02", "distance": "12.50", "unit": "mi", "billable": False},
    }.items():  # fmt: skip
        answer = makes(owner, kind, **fields)
        assert owner("GET", f"{PATHS[kind]}/{answer['id']}").text == canonical.dumps(answer).decode()
        wanted = {**answer, **({"amount": "-12.3"} if kind == "expense" else {"deleted": False})}
        assert owner.told("PUT", f"{PATHS[kind]}/{answer['id']}", wanted) == answer  # the same content, told as it is stored


@pytest.mark.row("D1", "D2", "D3", "D4", "D5")
def test_every_kind_is_made_shown_changed_and_deleted_at_its_own_address(owner: Caller) -> None:
    for kind, made in every(owner).items():
        address = f"{PATHS[kind]}/{made['id']}"
        assert owner.told("GET", address) == made
        assert owner("GET", address).headers["ETag"] == '"1"'
        changed = owner.told("PUT", address, {**made, **CHANGES[kind]})
        assert changed == {**made, **{name: _as_shown(value) for name, value in CHANGES[kind].items()}, "revision": 2}
        assert owner.told("GET", address) == changed
        assert owner.told("PUT", address, changed)["revision"] == 2  # the same content: nothing new
        assert owner.told("DELETE", address, If_Match='"2"') == {**changed, "revision": 3, "deleted": True}
        assert owner.told("DELETE", address)["revision"] == 3
        assert owner.told("GET", address, status=404)["error"]["code"] == "deleted"
        assert owner.told("GET", f"/records?kind={kind}")["total"] == 0
        assert owner.told("PUT", address, {**changed, "revision": 3})["revision"] == 4
        assert owner.told("GET", address)["deleted"] is False


def _as_shown(value: Any) -> Any:
    return Decimal(value) if isinstance(value, str) and value[0].isdigit() and " " not in value else value


def test_a_write_that_has_not_seen_the_present_revision_is_refused_and_told_which_it_is(owner: Caller) -> None:
    made = makes(owner, "client", name="Harbour Bakery")
    address, body = f"/clients/{made['id']}", {"name": "Harbour Bakery Ltd"}
    assert owner.told("PUT", address, body, status=428)["error"]["facts"] == {"revision": 1}
    assert owner.told("PUT", address, body, If_Match='"1"')["revision"] == 2
    assert owner.told("PUT", address, body, If_Match='"1"')["revision"] == 2  # sent again: it is done already
    other = {"name": "Harbour"}
    refused = owner.told("PUT", address, other, If_Match='"1"', status=412)["error"]
    assert (refused["code"], refused["facts"]) == ("revision_moved", {"revision": 2})
    assert owner.told("PUT", address, {**other, "revision": 1}, status=409)["error"]["facts"] == {"revision": 2}
    assert owner.told("DELETE", address, If_Match='"1"', status=412)["error"]["facts"] == {"revision": 2}
    assert owner.told("PUT", address, {**other, "revision": 1}, If_Match='"2"', status=422)["error"]["code"] == "contradiction"
    assert owner.told("PUT", address, other, If_Match="2", status=400)["error"]["code"] == "bad_if_match"
    assert owner.told("GET", address)["name"] == "Harbour Bakery Ltd"
    assert owner.told("PUT", address, other, If_Match="*")["revision"] == 3


def test_what_cannot_be_taken_is_refused_naming_the_field_and_stores_nothing(owner: Caller) -> None:
    made = every(owner)
    entry = made["time"]
    address = f"/time-entries/{entry['id']}"
    for change, code in (
        ({"secnds": 5}, "unknown_field"), ({"seconds": -1}, "bad_number"), ({"job_id": made["client"]["id"]}, "unknown_job"),
        ({"approval": "approved"}, "read_only"), ({"id": made["job"]["id"]}, "read_only"), ({"kind": "expense"}, "read_only"),
        ({"source": "toggl"}, "read_only"), ({"overtime_seconds": 99_999}, "overtime_exceeds_duration"),
    ):  # fmt: skip
        assert owner.told("PUT", address, {**entry, **change}, status=422)["error"]["code"] == code, change
    assert owner.told("GET", address) == entry
    for wrong, field in (({"client_id": "nobody"}, "client_id"), ({"client": made["client"]["id"]}, "client")):
        error = owner.told("POST", "/jobs", {"name": "x", **wrong}, status=422)["error"]
        assert (error["message"].split(":")[0], error["facts"]["field"]) == (field, field)
    sent = {"date": "2026-03-02", "seconds": 60, "tag_ids": [5]}
    error = owner.told("POST", "/time-entries", sent, status=422)["error"]
    assert {one["field"] for one in error["facts"]["errors"]} == {"user_id", "tag_ids.0"}
    assert owner.told("POST", "/people", {}, status=422)["error"]["code"] == "missing_field"
    assert owner("GET", "/people/unknown").status_code == 404
    assert owner("GET", f"/jobs/{entry['id']}").status_code == 404


def test_a_source_id_names_one_record_for_ever(owner: Caller) -> None:
    sent = {"source": "worklog", "source_id": "c-7", "name": "Harbour Bakery"}
    made = makes(owner, "client", **sent)
    contract = contract_of(owner.service)
    again = owner("POST", "/clients", sent)
    assert (again.status_code, again.json) == (200, made)
    [operation] = (one for method, path, one in contract.operations if (method, path[-8:]) == ("POST", "/clients"))
    assert contract.faults(operation, plain(again)) == []
    refused = owner.told("POST", "/clients", {**sent, "name": "Moon Garage"}, status=409)["error"]
    assert (refused["code"], refused["facts"]) == ("already_there", {"id": made["id"], "revision": 1})
    batch = {"schema": "1", "records": [{"kind": "client", **sent}]}
    assert owner.told("POST", "/records", batch, status=202)["results"][0]["id"] == made["id"]


@pytest.mark.row("F4")
def test_a_write_sent_again_under_its_key_is_answered_again_and_marked(owner: Caller) -> None:
    sent = {"name": "Harbour Bakery"}
    first = owner("POST", "/clients", sent, Idempotency_Key="k")
    again = owner("POST", "/clients", sent, Idempotency_Key="k")
    assert (first.status_code, again.status_code, again.data) == (201, 201, first.data)
    assert ("Idempotent-Replayed" in first.headers, again.headers["Idempotent-Replayed"]) == (False, "true")
    assert again.headers["ETag"] == '"1"'
    assert owner.told("GET", "/records?kind=client")["total"] == 1
    reused = owner.told("POST", "/clients", {"name": "Moon"}, status=422, Idempotency_Key="k")["error"]
    assert reused["code"] == "idempotency_key_reused"
    address = f"/clients/{first.json['id']}"
    for _ in range(2):
        assert owner.told("PUT", address, {"name": "Moon"}, If_Match='"1"', Idempotency_Key="p")["revision"] == 2
    assert owner("PUT", address, {"name": "Moon"}, If_Match='"2"', Idempotency_Key="p").status_code == 422
    for _ in range(2):
        assert owner.told("DELETE", address, Idempotency_Key="d")["revision"] == 3


def test_an_edit_of_billed_work_makes_the_invoice_anew(owner: Caller) -> None:
    entry = every(owner)["time"]
    owner.told("POST", "/approvals", {"ids": [entry["id"]]})
    march = {"from": "2026-03-01", "to": "2026-03-31", "grouping": "job"}
    [invoice] = owner.told("POST", "/invoices/compose", march)["invoices"]
    assert str(invoice["total"]) == "360.00"  # 7.5 h at 48
    shown = owner.told("GET", f"/time-entries/{entry['id']}")
    assert (shown["approval"], shown["approved_revision"]) == ("approved", 1)
    owner.told("PUT", f"/time-entries/{entry['id']}", {**shown, "seconds": 28_800})
    assert str(owner.told("GET", f"/invoices/{invoice['invoice_id']}")["total"]) == "384.00"


def test_a_worker_writes_their_own_work_and_nothing_else(make_database: Any, clock: Any) -> None:
    people = People(make_database, clock)
    robin, other = people.person("robin"), people.person("other", "Nina Sample")
    people.joins(role="worker", person=robin)
    worker, day = people.signed_in(), {"date": "2026-03-02", "amount": "12.34"}
    mine = makes(worker, "expense", user_id=robin, **day)
    theirs = makes(people.owner, "expense", user_id=other, **day)
    assert worker.told("PUT", f"/expenses/{mine['id']}", {**mine, "amount": "13"})["revision"] == 2
    assert worker.told("POST", "/expenses", {**day, "user_id": other}, status=403)["error"]["code"] == "own_only"
    for person in (other, robin):  # neither given away nor taken over
        assert worker.told("PUT", f"/expenses/{theirs['id']}", {**day, "user_id": person}, If_Match="*", status=404)
    worker.told("PUT", f"/expenses/{mine['id']}", {**day, "user_id": other}, If_Match="*", status=403)
    for method, path in (("GET", ""), ("DELETE", ""), ("POST", "/receipt"), ("GET", "/receipt/x"), ("DELETE", "/receipt/x")):
        assert worker(method, f"/expenses/{theirs['id']}{path}", {} if method == "POST" else None).status_code == 404, path
    assert worker("POST", "/clients", {"name": "x"}).status_code == 403
    assert worker.told("DELETE", f"/expenses/{mine['id']}")["deleted"] is True
    assert people.owner.told("GET", f"/expenses/{theirs['id']}")["revision"] == 1
