"""Who may call ingest."""

from __future__ import annotations

import sqlalchemy as sa

from shared.platform import audit
from shared.platform.db import Database, reading
from tests.component.ingest.conftest import Caller
from tests.conftest import VirtualClock


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


def test_nobody_hands_out_more_than_they_hold(owner: Caller) -> None:
    made = owner.told("POST", "/keys", {"name": "clerk", "role": "manager", "scopes": ["keys:write", "records:read"]}, status=201)
    clerk = Caller(owner.service, made["key"])
    assert clerk("POST", "/keys", {"name": "k", "scopes": ["records:write"]}).status_code == 403
    assert clerk("POST", "/keys", {"name": "k", "role": "owner", "scopes": ["records:read"]}).status_code == 403
    assert clerk("POST", "/keys", {"name": "k", "role": "auditor", "scopes": ["keys:write"]}).status_code == 422
    assert clerk("POST", "/keys", {"name": "k", "role": "operator", "scopes": []}).status_code == 422
    assert clerk("POST", "/keys", {"name": "k", "role": "auditor", "scopes": ["records:read"]}).status_code == 201


def test_a_key_ends_on_its_day_and_its_first_use_in_an_hour_is_on_the_audit_trail(
    owner: Caller, clock: VirtualClock, db: Database
) -> None:
    made = owner.told("POST", "/keys", {"name": "week", "scopes": ["records:read"], "days": 7}, status=201)
    week = Caller(owner.service, made["key"])
    for minutes in (0, 20, 20, 20):
        clock.advance(minutes=minutes)
        week.told("GET", "/records")
    with reading(db) as session:
        used = sa.select(audit.audit.c.id).where(audit.audit.c.action == "key.used", audit.audit.c.subject == made["id"])
        assert len(session.execute(used).all()) == 2
    clock.advance(days=7)
    assert week("GET", "/records").status_code == 401


def test_a_key_with_another_secret_opens_nothing(owner: Caller) -> None:
    assert Caller(owner.service, owner.key[:-1] + ("A" if owner.key[-1] != "A" else "B"))("GET", "/records").status_code == 401
