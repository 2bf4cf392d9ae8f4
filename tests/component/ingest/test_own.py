"""A worker sees and changes their own records, whatever they ask for."""

from __future__ import annotations

from typing import Any

import pytest

from tests.component.ingest.conftest import Caller

DAY = {"kind": "time", "source": "w", "date": "2026-03-02", "seconds": 3600}
NAMES = [
    {"kind": "person", "source": "w", "source_id": "ann", "name": "Ann Sample"},
    {"kind": "person", "source": "w", "source_id": "bob", "name": "Bob Sample"},
    {"kind": "client", "source": "w", "source_id": "blue", "name": "Blue", "email": "blue@sample.example", "currency": "EUR"},
    {"kind": "job", "source": "w", "source_id": "web", "name": "Website", "client": "blue", "rates": [{"rate": "90"}]},
    {**DAY, "source_id": "a1", "person": "ann"},
    {**DAY, "source_id": "b1", "person": "bob"},
]


def sends(caller: Caller, *records: dict[str, Any]) -> list[str]:
    told = caller.told("POST", "/records", {"schema": "1", "records": list(records)}, status=202)["results"]
    return [one["outcome"] if one["outcome"] == "refused" else one["id"] for one in told]


@pytest.fixture
def ids(owner: Caller) -> dict[str, str]:
    return dict(zip((one["source_id"] for one in NAMES), sends(owner, *NAMES), strict=True))


@pytest.fixture
def ann(owner: Caller, ids: dict[str, str]) -> Caller:
    scopes = ["records:read", "records:write", "timesheets:read"]
    wanted = {"name": "ann's phone", "role": "worker", "scopes": scopes, "person": ids["ann"]}
    return Caller(owner.service, owner.told("POST", "/keys", wanted, status=201)["key"])


def test_a_worker_is_shown_their_own_work_and_of_others_the_names_only(ann: Caller, ids: dict[str, str]) -> None:
    assert [one["id"] for one in ann.told("GET", "/records?kind=time")["items"]] == [ids["a1"]]
    assert ann.told("GET", f"/records?kind=time&person={ids['ann']}")["total"] == 1
    ann.told("GET", f"/records?kind=time&person={ids['bob']}", status=404)
    assert [one["name"] for one in ann.told("GET", "/records?kind=person")["items"]] == ["Ann Sample"]
    [client] = ann.told("GET", "/records?kind=client")["items"]
    [job] = ann.told("GET", "/records?kind=job")["items"]
    assert (client["name"], client.get("email"), job["name"], job["rates"]) == ("Blue", None, "Website", [])
    token = Caller(ann.service, ann.told("POST", "/token", {"audience": "ingest"})["token"])
    assert [one["id"] for one in token.told("GET", "/records?kind=time")["items"]] == [ids["a1"]]


def test_a_worker_logs_their_own_work_and_touches_nobody_elses(owner: Caller, ann: Caller, ids: dict[str, str]) -> None:
    new = {**DAY, "source_id": "a2", "person": "ann", "job": "web"}
    of_bob, taken, name = {**DAY, "source_id": "b2", "person": "bob"}, {**DAY, "source_id": "b1", "person": "ann"}, NAMES[1]
    stored, *others = sends(ann, new, of_bob, taken, name)
    assert others == ["refused"] * 3
    mine = {one["id"]: one["person"] for one in owner.told("GET", "/records?kind=time")["items"]}
    assert mine == {ids["a1"]: ids["ann"], ids["b1"]: ids["bob"], stored: ids["ann"]}


def test_a_workers_key_that_names_nobody_opens_nothing(owner: Caller, ids: dict[str, str]) -> None:
    made = owner.told("POST", "/keys", {"name": "new", "role": "worker", "scopes": ["records:read"]}, status=201)
    assert Caller(owner.service, made["key"]).told("GET", "/records?kind=time")["items"] == []


@pytest.mark.parametrize(
    ("role", "person", "code"),
    [("worker", "nobody", "no_such_person"), ("worker", "blue", "no_such_person"), ("auditor", "ann", "person_not_worker")],
)
def test_a_key_is_tied_to_a_person_of_the_organisation_and_for_a_worker_only(
    owner: Caller, ids: dict[str, str], role: str, person: str, code: str
) -> None:
    wanted = {"name": "k", "role": role, "scopes": ["records:read"], "person": ids.get(person, person)}
    assert owner.told("POST", "/keys", wanted, status=422)["error"]["code"] == code
