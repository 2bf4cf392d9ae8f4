"""What the services say of themselves is complete, valid, and true: every example of it is sent, and the answers fit."""

from __future__ import annotations

import pytest
from openapi_spec_validator import validate

from tests.journeys.api.contract import contract_of
from tests.journeys.api.examples import LAST, PROVIDERS, REFUSED, WEIGHT, Firm
from tests.journeys.payroll import Payroll
from tests.journeys.product import PREFIXES, Product

pytestmark = pytest.mark.row("I1")


@pytest.fixture(params=[Product, Payroll], ids=lambda made: made.BOOKS)
def product(request, make_database, clock):
    return request.param(make_database, clock)


def good(operation):
    return [int(status) for status in operation["responses"] if status[0] == "2"]


def in_order(product):
    """(service, contract, method, path, operation) of every route: what reads first, what ends something last."""
    contracts = [(service, contract_of(service)) for service in reversed(product.services)]
    every = [(service, contract, *one) for service, contract in contracts for one in contract.operations]
    return sorted(every, key=lambda one: (one[4]["operationId"] in LAST, WEIGHT[one[2]]))


def test_every_route_is_described_with_what_it_answers_and_an_example(product):
    for service in product.looked_at:
        contract, seen = contract_of(service), set()
        validate(contract.document)
        for method, path, operation in contract.operations:
            where = (method, path)
            assert len(operation["summary"]) > 10, where
            assert operation["operationId"] not in seen, where
            seen.add(operation["operationId"])
            told = [operation["responses"][str(status)].get("content", {}) for status in good(operation)]
            assert all(told) or good(operation) == [204], where
            contents = [content for one in told for content in one.values()]
            contents += [*operation.get("requestBody", {}).get("content", {}).values()]
            for content in contents:
                schema = contract.resolved(content["schema"])
                assert "example" in content or schema["type"] == "string" or "file" in schema["properties"], where
                assert "example" not in content or contract.unfitting(content["example"], content["schema"]) == [], where


def test_every_example_can_be_sent_and_the_answer_is_what_was_promised(product):
    firm, wrong = Firm(product), []
    for service, contract, method, path, operation in in_order(product):
        name = operation["operationId"]
        if name == "profiles_create":  # the same once more
            product.send("DELETE", "ingest", f"/import/profiles/{firm.ids['profile']}")
        answer = firm.sends(service, method, path, operation)
        firm.hears(name, answer)
        otherwise = {**PROVIDERS, **REFUSED[product.BOOKS]}.get(name)
        if answer.status not in ([otherwise] if otherwise else good(operation)):
            wrong.append((name, answer.status, answer.body))
        wrong += [(name, fault) for fault in contract.faults(operation, answer)]
    assert not wrong, "\n".join(map(str, wrong))


def test_what_is_refused_is_refused_in_the_promised_form(product):
    for service in product.looked_at:
        contract = contract_of(service)
        for method, path, operation in contract.operations:
            if operation["security"]:
                rest = path.removeprefix("/" + PREFIXES[service.name].split("/", 3)[3])
                answer = product.network.send(method, PREFIXES[service.name] + rest, headers={})
                assert answer.status == 401, path
                assert contract.faults(operation, answer) == [], path
