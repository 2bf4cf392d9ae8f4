"""Every door of every service, and every hostile thing that may come through it: a clear error, nothing stored, never a 5xx."""

from __future__ import annotations

import json
import re

import pytest
import sqlalchemy as sa

from shared.platform.db import reading
from shared.platform.web import routes
from tests.journeys.payroll import Payroll
from tests.journeys.product import PREFIXES, Product

BODIES = {
    "empty": b"",
    "truncated": b'{"kind": "customer", "loc',
    "not utf-8": b'{"name": "caf\xe9"}',
    "utf-16": '{"name": "x"}'.encode("utf-16"),
    "a byte order mark": b"\xef\xbb\xbf{}",
    "nul": b'{"kind": "\\u0000"}',
    "raw nul": b'{"kind": "\x00"}',
    "nan": b'{"amount": NaN, "percent": NaN}',
    "infinity": b'{"amount": -Infinity}',
    "a huge exponent": b'{"amount": 1E+999999999, "days": 1E+999999999, "due_days": 1e400}',
    "a huge integer": b'{"days": ' + b"9" * 5000 + b', "page": 1}',
    "deep": b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
    "deep lists": b"[" * 100_000,
    "duplicate keys": b'{"kind": "customer", "kind": "item"}',
    "half a surrogate pair": b'{"kind": "\\ud800", "name": "\\udfff"}',
    "a list": b"[1, 2, 3]",
    "a number": b"12",
    "null": b"null",
    "everything null": b'{"kind": null, "local": null, "name": null, "scopes": null, "records": null, "ids": null}',
    "wrong types": b'{"kind": 1, "name": [], "scopes": "x", "records": {}, "ids": 7, "from": 5, "to": {}, "schema": 1}',
    "over the limit": b'{"name": "' + b"x" * 1_100_000 + b'"}',
    "another schema": b'{"schema": "99", "records": []}',
    "controls": json.dumps({"name": "a\x1b[31m", "kind": "\u202e", "audience": "\x07"}).encode(),
}
ARGUMENTS = ("page=0", "page=-1", "page=1e9", "page=%00", "page_size=99999", "after=-1", "after=9" * 30, "limit=x", "kinds=%ff",
             "kind=%F0%9F%92%A9", "status=" + "x" * 5000, "page=1&page=2", "organisation=%27%20OR%201=1")  # fmt: skip


@pytest.fixture(params=[Product, Payroll], ids=lambda made: made.BOOKS)
def product(request, make_database, clock):
    made = request.param(make_database, clock)
    made.connects()
    made.work()
    return made


def doors(product, methods):
    for service in product.looked_at:
        for method, rule, scope in routes(service.app):
            if method in methods:
                path = re.sub(r"<[^>]*>", "0" * 36, rule.removeprefix(service.prefix))
                yield service.name, method, path, scope


def counts(product):
    """Rows of every table, those apart that only note that somebody asked."""
    passing = {"audit", "audit_first_use", "idempotency", "signing_key", "job", "schedule", "usage_month", "usage_window"}
    found = {}
    for service in product.services:
        with reading(service.db) as session:
            for name in set(sa.inspect(session.engine).get_table_names()) - passing:
                found[service.name, name] = session.execute(sa.text(f'SELECT count(*) FROM "{name}"')).scalar()
    return found


def assert_refused(answer, where):
    assert 400 <= answer.status < 500, (where, answer.status, answer.body[:300])
    error = json.loads(answer.body)["error"]
    assert error["code"], where
    assert error["message"], where
    assert error["remedy"], (where, error)


def test_no_body_breaks_a_door(product):
    for what in BODIES:
        knock(product, what)


def knock(product, what):
    before = counts(product)
    tokens = {service: product.bearer(service, product.owner) for service in (one.name for one in product.services)}
    for service, method, path, scope in doors(product, {"POST", "PUT"}):
        headers = {"Authorization": f"Bearer {tokens[service]}", "Content-Type": "application/json"}
        answer = product.network.send(method, PREFIXES[service] + path, headers=headers, body=BODIES[what])
        if path == "/callbacks/webhook":
            assert answer.status in (401, 413), (what, answer.status)
        elif scope == "accounts:write":
            assert answer.status == 403
        elif answer.status >= 400:
            assert_refused(answer, (what, method, path))
        else:  # a door that takes no body at all, or for which these are no bad words
            assert (method, path) in (("POST", "/connect"), ("POST", "/approvals")), (what, method, path, answer.status)
    changed = {key for key, rows in counts(product).items() if rows != before[key]}
    assert changed <= {(product.BOOKS, "connect_state")}, what


def test_no_argument_breaks_a_list(product):
    tokens = {service: product.bearer(service, product.owner) for service in (one.name for one in product.services)}
    for service, method, path, scope in doors(product, {"GET"}):
        for argument in ARGUMENTS:
            headers = {"Authorization": f"Bearer {tokens[service]}"}
            answer = product.network.send(method, f"{PREFIXES[service]}{path}?{argument}", headers=headers)
            assert answer.status < 500, (service, path, argument, answer.body[:300])
            if answer.status >= 400 and scope is not None:
                assert_refused(answer, (path, argument))


def test_no_callback_of_a_stranger_breaks_the_way_back(product):
    for query in ("", "state=", "state=x&code=y", "error=access_denied", "code=1&realmId=2", "state=%00", "state=" + "x" * 3000):
        answer = product.network.send("GET", f"{PREFIXES[product.BOOKS]}/connect/callback?{query}")
        assert answer.status == 400, query
        assert b"not connected" in answer.body or b'"error"' in answer.body, query


def test_a_file_is_no_json_and_json_no_file(product):
    for kind in ("application/json", "text/csv", "multipart/form-data", "multipart/form-data; boundary=x", ""):
        token = product.bearer("ingest", product.owner)
        for path in ("/import", "/records"):
            headers = {"Authorization": f"Bearer {token}", "Content-Type": kind}
            answer = product.network.send("POST", PREFIXES["ingest"] + path, headers=headers, body=b"kind,date\n")
            assert_refused(answer, (kind, path))
