"""No route of any service opens without a credential, without its scope, or onto another organisation's things."""

from __future__ import annotations

import re

import pytest

from shared.kernel import canonical
from shared.platform import auth
from shared.platform.web import routes, workers_routes
from tests.journeys.payroll import Payroll
from tests.journeys.product import PREFIXES, Product

OUTSIDE = {"/health", "/identity/keys", "/connect/callback", "/connect/page.css", "/callbacks/webhook"}
INSIDE = {"/health", "/identity/keys", "/auth/login", "/auth/refresh", "/invitations/accept"}
OPEN = {"ingest": INSIDE, "quickbooks": OUTSIDE, "xero": OUTSIDE}
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
    return {"connection": connection, "number": plan, "invoice": made["invoice_id"], "key": key}


def every_route(product):
    for service in product.services:
        for method, rule, scope in routes(service.app):
            yield service.name, method, rule.removeprefix(service.prefix), scope


def open_to(product, role):
    """The routes, as every_route names them, that this role may use."""
    for service in product.services:
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


def test_every_route_but_the_open_ones_refuses_a_stranger(product, things):
    for service, method, rule, scope in every_route(product):
        for token in (None, "nonsense", "tbk_aaaaaaaaaaaa_" + "a" * 43):
            status = call(product, service, method, filled(rule, things), token).status
            assert (status == 401) is (scope is not None or rule == "/callbacks/webhook"), (service, method, rule, status)
        assert scope is not None or rule in OPEN[service], (service, rule)


@pytest.mark.parametrize("role", sorted(set(auth.ROLES) - {"service", "operator"}))
def test_every_route_opens_for_exactly_the_roles_that_hold_its_scope(product, things, role):
    key = product.post("ingest", "/keys", {"name": role, "role": role, "scopes": sorted(auth.ROLES[role])})["key"]
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
    for service, method, rule, scope in every_route(product):
        if scope is None or "<" not in rule:
            continue
        answer = call(product, service, method, filled(rule, things), product.bearer(service, rival))
        refused_before_looking = answer.status == 422 and method != "GET"
        assert answer.status == 404 or refused_before_looking, (service, method, rule, answer.status, answer.body)
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
