"""No route of any service opens without a credential, without its scope, or onto another organisation's things."""

from __future__ import annotations

import re

import pytest

from shared.kernel import canonical
from shared.platform import auth
from shared.platform.web import routes, workers_routes
from tests.journeys.payroll import Payroll
from tests.journeys.product import PREFIXES, Product

CONTRACT = {"/openapi.json", "/docs", "/docs/<name>"}
OUTSIDE = CONTRACT | {"/health", "/identity/keys", "/connect/callback", "/connect/page.css", "/callbacks/webhook"}
INSIDE = CONTRACT | {"/health", "/identity/keys", "/exports/<number>/file", "/auth/login", "/auth/refresh", "/invitations/accept"}
OPEN = {"ingest": INSIDE, "quickbooks": OUTSIDE, "xero": OUTSIDE}
PEOPLE = sorted(set(auth.ROLES) - {"service", "operator"})
WORK = "time,a1,2026-03-02,09:00,17:00,7:30:00,0:30:00,,Robin Sample,Harbour Bakery,Website,,48,USD,,,,,yes,Planning\n"


@pytest.fixture(params=[Product, Payroll], ids=lambda made: made.BOOKS)
def product(request, make_database, clock):
    return request.param(make_database, clock)


@pytest.fixture
def things(product):
    """Ids of one organisation's things, by the name that a route gives them."""
    product.imports(WORK)
    product.approves(**{"from": "2026-03-01", "to": "2026-03-31"})
    made = product.composes()["invoices"][0]
    connection = product.connects()
    product.work()
    plan = product.post(product.BOOKS, f"/connections/{connection}/plans", {})["plan"]
    key = product.post("ingest", "/keys", {"name": "reader", "scopes": ["records:read"]})["id"]
    return {"connection": connection, "plan": plan, "invoice": made["invoice_id"], "key": key}


def every_route(product):
    for service in product.looked_at:
        for method, rule, scope in routes(service.app):
            yield service.name, method, rule.removeprefix(service.prefix), scope


def open_to(product, role):
    """The routes, as every_route names them, that this role may use."""
    for service in product.looked_at:
        own = {(method, rule.removeprefix(service.prefix)) for method, rule in workers_routes(service.app)}
        yield from (
            (name, method, rule)
            for name, method, rule, scope in every_route(product)
            if name == service.name and scope in auth.ROLES[role] and (role != "worker" or (method, rule) in own)
        )


def filled(rule, things):
    return re.sub(r"<([^>]*)>", lambda found: things.get(found[1], things["invoice"]), rule)


def call(product, service, method, path, token):
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"} if token else {}
    body = None if method == "GET" else canonical.dumps({})
    return product.network.send(method, PREFIXES[service] + path, headers=headers, body=body)


def before_looking(answer, method):
    """Refused for its empty body, before anything is looked for."""
    return answer.status == 422 and method != "GET"


def test_every_route_but_the_open_ones_refuses_a_stranger(product, things):
    for service, method, rule, scope in every_route(product):
        for token in (None, "nonsense", "tbk_aaaaaaaaaaaa_" + "a" * 43):
            status = call(product, service, method, filled(rule, things), token).status
            assert (status == 401) is (scope is not None or rule == "/callbacks/webhook"), (service, method, rule, status)
        assert scope is not None or rule in OPEN[service], (service, rule)


@pytest.mark.parametrize("role", PEOPLE)
def test_every_route_opens_for_exactly_the_roles_that_hold_its_scope(product, things, role):
    tied = {"person": product.get("ingest", "/records", kind="person")["items"][0]["id"]} if role == "worker" else {}
    key = product.post("ingest", "/keys", {"name": role, "role": role, "scopes": sorted(auth.ROLES[role]), **tied})["key"]
    allowed = set(open_to(product, role))
    for service, method, rule, scope in every_route(product):
        if scope in (None, auth.ANY):
            continue
        path = filled(rule, dict.fromkeys(things, "0" * 36))  # things that are nobody's: nothing is changed by asking
        status = call(product, service, method, path, product.bearer(service, key)).status
        assert (status == 403) is ((service, method, rule) not in allowed), (service, method, rule, role, status)


def test_a_token_made_for_one_service_is_refused_by_the_other(product, things):
    token = product.bearer(product.BOOKS, product.owner)
    assert call(product, product.BOOKS, "GET", "/connections", token).status == 200
    assert call(product, "ingest", "GET", "/invoices", token).status == 401


def test_what_another_organisation_has_is_not_there(product, things):
    rival = product.organisation("rival@sample.example")
    for role in PEOPLE:
        key = product.post("ingest", "/keys", {"name": role, "role": role, "scopes": sorted(auth.ROLES[role])}, key=rival)["key"]
        allowed = set(open_to(product, role))
        for service, method, rule, scope in every_route(product):
            if scope is None or "<" not in rule:
                continue
            answer = call(product, service, method, filled(rule, things), product.bearer(service, key))
            shut = scope != auth.ANY and (service, method, rule) not in allowed
            refused = answer.status == 403 if shut else answer.status == 404 or before_looking(answer, method)
            for_who_signed_in = scope == auth.ANY and answer.status == 403
            assert refused or for_who_signed_in, (role, service, method, rule, answer.status, answer.body)
    lists = [("ingest", path) for path in ("/invoices", "/timesheets", "/problems")]
    lists += [(product.BOOKS, path) for path in ("/connections", "/problems")]
    for service, path in lists:
        assert product.get(service, path, key=rival)["items"] == []
    for service in ("ingest", product.BOOKS):
        assert product.get(service, "/feed", key=rival)["rows"] == []
        token = product.bearer(service, rival)
        owners = product.get("ingest", "/feed")["rows"][0]["organisation"]
        assert call(product, service, "GET", f"/feed?organisation={owners}", token).status == 403
    assert product.get(product.BOOKS, "/connections")["items"][0]["state"] == "live"


@pytest.mark.parametrize("product", [Product], indirect=True, ids=lambda made: made.BOOKS)
@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_what_another_worker_has_is_not_there(product, things):
    """A new route is closed to workers until it says that it keeps them to their own, and is asked here then."""
    things |= others(product)
    ola = {"kind": "person", "source": "w", "source_id": "ola", "name": "Ola Sample"}
    [made] = product.post("ingest", "/records", {"schema": "1", "records": [ola]})["results"]
    asked = {(method, rule.removeprefix(product.ingest.prefix)) for method, rule in workers_routes(product.ingest.app)}
    assert len(asked) > 10
    tied = {"name": "Ola Sample", "role": "worker", "person": made["id"]}
    key = product.post("ingest", "/keys", {**tied, "scopes": sorted(auth.ROLES["worker"])})["key"]
    for token in (signs_in(product, "ola@sample.example", **tied)["access_token"], key):
        for service, method, rule, scope in every_route(product):
            if scope is None or rule == "/auth/logout":
                continue
            answer = call(product, service, method, filled(rule, things), product.bearer(service, token))
            if service != "ingest" or (method, rule) not in asked:
                assert answer.status == 403, (service, method, rule, answer.status)
            elif "<" in rule:
                refused = answer.status in (404, 403 if token == key else 404)
                assert refused or before_looking(answer, method), (method, rule, answer.body)
            else:
                assert answer.status >= 400 or method == "GET", (method, rule, answer.body)
                assert not [name for name in (*things.values(), "Robin") if name in answer.body.decode()], (method, rule)


def signs_in(product, email, **invited):
    """Somebody is invited, joins, and signs in."""
    password = "three dull otters"
    invitation = product.post("ingest", "/invitations", {"email": email, **invited})
    joined = product.post("ingest", "/invitations/accept", {"token": invitation["token"], "password": password})
    return joined | product.post("ingest", "/auth/login", {"email": email, "password": password, "device_id": "phone"})


def others(product):
    """Ids of what belongs to somebody else in the same organisation."""
    records = [product.get("ingest", "/records", kind=kind)["items"][0]["id"] for kind in ("time", "person")]
    rae = signs_in(product, "rae@sample.example", name="Rae Sample", role="manager")
    asked = {"purpose": "pay", "document": "notice", "version": "1"}
    consent = product.post("ingest", "/consents", asked, key=rae["access_token"])
    device = product.get("ingest", "/devices", user=rae["user"])["items"][0]["id"]
    return {"entry": records[0], "person": records[1], "user": rae["user"], "consented": consent["id"], "device": device}
