"""Who may call ingest."""

from __future__ import annotations

from tests.component.ingest.conftest import Caller


def test_an_owner_makes_a_key_that_reads_and_it_ends_when_revoked(owner: Caller) -> None:
    made = owner.told("POST", "/keys", {"name": "reader", "scopes": ["records:read"], "days": 30}, status=201)
    reader = Caller(owner.service, made["key"])
    assert reader.told("GET", "/records?kind=person")["items"] == []
    assert reader("POST", "/records", {"schema": "1", "records": []}).status_code == 403
    assert [key["name"] for key in owner.told("GET", "/keys")["items"]] == ["owner", "reader"]
    owner.told("DELETE", f"/keys/{made['id']}", status=204)
    assert reader("GET", "/records").status_code == 401


def test_a_token_made_from_a_key_ends_with_the_key(owner: Caller) -> None:
    made = owner.told("POST", "/keys", {"name": "laptop", "scopes": ["records:read"]}, status=201)
    laptop = Caller(owner.service, made["key"])
    token = Caller(owner.service, laptop.told("POST", "/token", {"audience": "ingest"})["token"])
    assert token("GET", "/records").status_code == 200
    assert token("POST", "/token", {"audience": "ingest"}).status_code == 403
    owner.told("DELETE", f"/keys/{made['id']}", status=204)
    assert token("GET", "/records").status_code == 401
