"""What the services say of themselves is complete, valid, and true: every example of it is sent, and the answers fit."""

from __future__ import annotations

import json
import re

import pytest
from openapi_spec_validator import validate
from urllib3.filepost import encode_multipart_formdata

from services.ingest.accounts.operator import operator_token
from services.ingest.imports import answers
from shared.contract.answers import example_id
from tests.journeys.api.contract import contract_of
from tests.journeys.payroll import Payroll
from tests.journeys.product import HEADER, PREFIXES, Product

pytestmark = pytest.mark.row("I1")
WEEK = (
    "time,a1,2026-02-23,09:00,17:00,7:30:00,0:30:00,,Wanda Wattle,Harbour Bakery,Website,press,48,AUD,,,,,yes,Planning\n"
    "expense,e1,2026-02-24,,,,,,Wanda Wattle,Harbour Bakery,Website,,,AUD,12.50,,,Travel,yes,Train\n"
    "mileage,m1,2026-02-24,,,,,,Wanda Wattle,Harbour Bakery,Website,,0.72,AUD,,12.5,km,,yes,Site\n"
)
PROVIDERS = {"connections_finish": 400, "callbacks_webhook": 401}
"""What only a provider calls, with its own state or signature; shown with the journeys. Without them it is refused."""
REFUSED = {"quickbooks": {"work_keep": 409, "timesheets_show_timesheet": 404}, "xero": {"work_keep": 409}}
"""What isn't so here: nothing was changed on both sides, which is shown with the journeys, and invoices are no timesheets."""
LAST = ("billing_void_invoice", "privacy_create_erasure", "connections_end", "credentials_revoke_key", "profiles_delete")
KIND = {"quickbooks": "customer", "xero": "employee"}  # of what is linked
OPERATORS = ("accounts_create_account",)


@pytest.fixture(params=[Product, Payroll], ids=lambda made: made.BOOKS)
def product(request, make_database, clock):
    return request.param(make_database, clock)


@pytest.fixture
def backend():
    return "sqlite"


def week(product):
    return WEEK.replace("AUD", "AUD" if product.BOOKS == "xero" else "USD")


def things(product):
    """Ids of one organisation's things, by the names that examples have for them."""
    product.imports(week(product))
    product.approves(confirm=True)
    connection = product.connects()
    made = product.composes("2026-02-01", "2026-02-28")["invoices"][0]
    product.work()
    product.links(connection)
    product.work()
    product.pushes(connection)
    product.later(minutes=30)
    lists = {kind: product.get("ingest", "/records", kind=kind)["items"] for kind in ("client", "person", "job", "tag", "time")}
    sheets = product.get("ingest", "/timesheets")["items"]
    found = {
        **{kind: items[0]["id"] for kind, items in lists.items()},
        "document": made["invoice_id"],
        "connection": connection,
        "entry": lists["time"][0]["id"],
        "key": product.post("ingest", "/keys", {"name": "reader", "scopes": ["records:read"]})["id"],
        "plan": product.post(product.BOOKS, f"/connections/{connection}/plans", {})["plan"],
        "timesheet": sheets[0]["timesheet_id"] if sheets else "none",
        "name": "swagger-ui.css",
    }
    if product.BOOKS == "xero":
        path = f"/connections/{connection}"
        found["calendar"] = product.get("xero", f"{path}/payroll")["calendars"][0]["id"]
        found["payrun"] = product.post("xero", f"{path}/payruns", {"calendar": found["calendar"]})["id"]
    return found


def in_order(product):
    """(service, contract, method, path, operation) of every route: what reads first, what ends something last."""
    weight = {"GET": 0, "PUT": 1, "POST": 2, "DELETE": 3}
    contracts = [(service, contract_of(service)) for service in product.services]
    every = [(service, contract, *one) for service, contract in contracts for one in contract.operations]
    return sorted(every, key=lambda one: (one[4]["operationId"] in LAST, weight[one[2]]))


def own_words(product, name, ids):
    """What of an example depends on the connector."""
    if name == "credentials_create_token":
        return {"audience": product.BOOKS}
    if name == "work_keep":
        return {"document": ids["timesheet" if product.BOOKS == "xero" else "document"]}
    if name == "linking_link":
        path = f"/connections/{ids['connection']}/references"
        row = product.get(product.BOOKS, path, kind=KIND[product.BOOKS])["items"][0]
        return {"items": [{name: row[name] for name in ("kind", "local", "currency", "remote")}]}
    return {}


def sent(product, service, method, path, operation, ids):
    """The answer to an operation's own example."""
    for name, value in ids.items():
        path = path.replace(f"{{{name}}}", value)
    headers, body = {}, None
    [(kind, content)] = operation.get("requestBody", {}).get("content", {None: {}}).items()
    if kind == "multipart/form-data":
        report = f"{HEADER}\n{week(product)}".encode()
        body, kind = encode_multipart_formdata({"file": ("week.csv", report, "text/csv"), "source": "worklog"})
    elif kind:
        real = {example_id(name): value for name, value in ids.items()}
        value = content["example"] | own_words(product, operation["operationId"], ids)
        body = re.sub("|".join(real), lambda found: real[found[0]], json.dumps(value)).encode()
    if kind:
        headers["Content-Type"] = kind
    needed = [one["name"] for one in operation["parameters"] if one["in"] == "query" and one.get("required")]
    query = dict.fromkeys(needed, KIND[product.BOOKS])
    if operation["operationId"] in OPERATORS:
        headers["Authorization"] = f"Bearer {operator_token(product.vault)}"
    path = path.removeprefix(f"/{service.name}" if service.name != "ingest" else "/api/v1/worklog")
    return product.send(method, service.name, path, headers=headers, body=body, params=query)


def test_every_route_is_described_with_what_it_answers_and_an_example(product):
    for service in product.services:
        contract, seen = contract_of(service), set()
        validate(contract.document)
        for method, path, operation in contract.operations:
            where = (method, path)
            assert len(operation["summary"]) > 10, where
            assert operation["operationId"] not in seen, where
            seen.add(operation["operationId"])
            [good] = [told for status, told in operation["responses"].items() if status[0] == "2"]
            contents = [*good.get("content", {"": {"example": None}}).values()]
            contents += operation.get("requestBody", {}).get("content", {}).values()
            for content in contents:
                schema = contract.resolved(content.get("schema", {}))
                assert "example" in content or schema.get("type") == "string" or "file" in schema["properties"], where
                if content.get("example") is not None:
                    assert contract.unfitting(content["example"], content["schema"]) == [], where


def test_every_example_can_be_sent_and_the_answer_is_what_was_promised(product):
    ids, wrong = things(product), []
    for service, contract, method, path, operation in in_order(product):
        name = operation["operationId"]
        usual = next(int(status) for status in operation["responses"] if status[0] == "2")
        if name == "profiles_show":
            ids["profile"] = product.post("ingest", "/import/profiles", answers.EXAMPLE)["id"]
        if name == "profiles_create":  # once more
            product.send("DELETE", "ingest", f"/import/profiles/{ids['profile']}")
        answer = sent(product, service, method, path, operation, ids)
        if answer.status != {**PROVIDERS, **REFUSED[product.BOOKS]}.get(name, usual):
            wrong.append((name, answer.status, answer.body))
        if name == "profiles_create":
            ids["profile"] = json.loads(answer.body).get("id", "")
        wrong += [(name, fault) for fault in contract.faults(operation, answer)]
    assert not wrong, "\n".join(map(str, wrong))


def test_what_is_refused_is_refused_in_the_promised_form(product):
    for service in product.services:
        contract = contract_of(service)
        for method, path, operation in contract.operations:
            if operation["security"]:
                answer = product.network.send(method, PREFIXES[service.name] + "/" + path.split("/", 2)[2], headers={})
                assert answer.status in (401, 404), path
                assert contract.faults(operation, answer) == [], path
