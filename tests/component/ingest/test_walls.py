"""No route of ingest opens without a credential, with the wrong scope, or onto another organisation's things."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from services.ingest.accounts.operator import operator_token
from shared.platform import auth
from shared.platform.faultpoint import Rig
from shared.platform.vault import Vault
from shared.platform.web import routes
from tests.component.ingest.conftest import PREFIX, Caller

CONTRACT = {"/openapi.json", "/docs", "/docs/x"}
OPEN = CONTRACT | {"/exports/x/file", "/health", "/identity/keys", "/auth/login", "/auth/refresh", "/invitations/accept"}


def _addresses(caller: Caller, named: str) -> list[tuple[str, str, str | None]]:
    """Every route as (method, path, scope), the ids in its path being ``named``."""
    every = routes(caller.service.app)
    return [(method, re.sub(r"<[^>]*>", named, rule.removeprefix(PREFIX)), scope) for method, rule, scope in every]


def test_every_route_but_the_open_ones_refuses_a_caller_without_a_credential(owner: Caller) -> None:
    for method, path, scope in _addresses(owner, "x"):
        status = Caller(owner.service, "nonsense")(method, path, {} if method != "GET" else None).status_code
        assert (status == 401) is (scope is not None), (method, path, status)
        assert scope is not None or path in OPEN


def test_every_route_refuses_a_key_that_has_every_scope_but_its_own(owner: Caller) -> None:
    for method, path, scope in _addresses(owner, "x"):
        if scope in (None, auth.ANY):
            continue
        others = sorted(auth.ROLES["owner"] - {scope})
        key = owner.told("POST", "/keys", {"name": "all but one", "scopes": others}, status=201)["key"]
        answer = Caller(owner.service, key)(method, path, {} if method != "GET" else None)
        assert answer.status_code == 403, (method, path)


def test_an_operator_makes_organisations_and_sees_nothing_of_theirs(owner: Caller, vault: Vault) -> None:
    operator = Caller(owner.service, operator_token(vault))
    for method, path, scope in _addresses(owner, "x"):
        if scope is not None and scope not in auth.ROLES["operator"]:
            assert operator(method, path, {} if method != "GET" else None).status_code == 403, (method, path)


def _walls_hold(owner: Caller, rival: Caller) -> None:
    sent = [
        {"kind": "person", "source": "w", "source_id": "p", "name": "Ann"},
        {"kind": "client", "source": "w", "source_id": "c", "name": "Blue", "currency": "EUR"},
        {"kind": "time", "source": "w", "source_id": "t", "date": "2026-03-02", "person": "p", "client": "c", "seconds": 60,
         "rate": "60"},
    ]  # fmt: skip
    ids = [one["id"] for one in owner.told("POST", "/records", {"schema": "1", "records": sent}, status=202)["results"]]
    key = owner.told("POST", "/keys", {"name": "k", "scopes": ["records:read"]}, status=201)["id"]
    owner.told("POST", "/approvals", {"from": "2026-03-01", "to": "2026-03-31"})
    invoices = owner.told("POST", "/invoices/compose", {"from": "2026-03-01", "to": "2026-03-31", "grouping": "job"})
    invoice = invoices["invoices"][0]["invoice_id"]

    for kind in ("person", "client", "job", "tag", "time", "expense", "mileage"):
        assert rival.told("GET", f"/records?kind={kind}")["total"] == 0
    assert rival.told("GET", "/invoices")["items"] == []
    assert rival.told("GET", "/feed")["rows"] == []
    assert rival("GET", f"/feed?organisation={owner.organisation}").status_code == 403
    for method, path in (("DELETE", f"/keys/{key}"), ("GET", f"/invoices/{invoice}"), ("POST", f"/invoices/{invoice}/void")):
        assert rival(method, path, {} if method == "POST" else None).status_code == 404, path
    assert rival("POST", "/erasures", {"person": ids[0]}).status_code == 404
    assert rival("POST", "/erasures", {"client": ids[1]}).status_code == 404
    assert rival("POST", "/approvals/withdraw", {"ids": [ids[2]]}).status_code == 404
    assert rival("POST", "/approvals", {"ids": [ids[2]]}).status_code == 404
    assert [one["name"] for one in owner.told("GET", "/records?kind=person")["items"]] == ["Ann"]


def test_another_organisations_things_are_not_there(owner: Caller, new_owner: Callable[[str], Caller]) -> None:
    _walls_hold(owner, new_owner("Rival"))


def test_without_the_organisation_filter_another_organisations_things_are_there(
    owner: Caller, new_owner: Callable[[str], Caller]
) -> None:
    rival = new_owner("Rival")
    with Rig(off=frozenset({"organisation_filter"})), pytest.raises(AssertionError):
        _walls_hold(owner, rival)


def test_a_record_sent_by_one_organisation_never_touches_the_same_record_of_another(
    owner: Caller, new_owner: Callable[[str], Caller]
) -> None:
    rival = new_owner("Rival")
    sent = {"kind": "person", "source": "w", "source_id": "p", "name": "Ann"}
    for caller, name in ((owner, "Ann"), (rival, "Rob")):
        caller.told("POST", "/records", {"schema": "1", "records": [{**sent, "name": name}]}, status=202)
    assert [one["name"] for one in owner.told("GET", "/records?kind=person")["items"]] == ["Ann"]
