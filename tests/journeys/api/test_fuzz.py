"""Whatever is sent, no service fails, and every answer is one that its contract promises."""

from __future__ import annotations

import copy
import random
from contextlib import suppress

import pytest

from tests import sizes
from tests.journeys.api.contract import contract_of, plain
from tests.journeys.api.examples import Firm
from tests.journeys.api.mutants import Sending, mutate
from tests.journeys.product import Product

CALLS = 5_000  # after which the minute is over, and with it the limit on calls
ROUND = 20_000  # requests to one firm: what they delete is there again in the next
SHUT = ("sign_in_logout", "credentials_revoke_key")
"""Left out by name: with them the firm's own door would be shut, and all that follows be 401."""


def new_firm(make_database, clock):
    return Firm(Product(make_database, clock))


def operations(firm):
    """(service, contract, method, path, operation) of everything that may be sent."""
    for service in firm.product.services:
        contract = contract_of(service)
        yield from ((service, contract, *one) for one in contract.operations if one[2]["operationId"] not in SHUT)


def example_of(firm, operation, path, name):
    [(kind, content)] = operation.get("requestBody", {}).get("content", {None: {}}).items()
    body = copy.deepcopy(content.get("example")) if kind == "application/json" else (b"--x--" if kind else None)
    if isinstance(body, dict):
        with suppress(StopIteration, AssertionError):  # what this example speaks of may have been deleted by another
            body |= firm.words(name)
    return Sending(path, headers={"Content-Type": kind} if kind else {}, body=body)


def filled(firm, path, name):
    for place in [part[1:-1] for part in path.split("/") if part.startswith("{")]:
        path = path.replace(f"{{{place}}}", firm.known(path, place, name))
    return path


@pytest.mark.row("I5")
def test_mutants_of_every_example_break_nothing(make_database, clock):
    chance, wrong, sent = random.Random(sizes.seed()), [], 0
    while sent < sizes.size("mutant_requests"):
        firm = new_firm(make_database, clock)
        every = list(operations(firm))
        for number in range(min(ROUND, sizes.size("mutant_requests") - sent)):
            service, contract, method, path, operation = every[number % len(every)]
            name = operation["operationId"]
            one = example_of(firm, operation, filled(firm, path, name), name)
            mutate(chance, one, [each["name"] for each in operation["parameters"] if each["in"] == "query"])
            bearer = firm.bearer_of(name, operation["tags"][0], service.name)
            answer = plain(
                service.app.test_client().open(
                    one.path, method=method, query_string=one.query, data=one.data, headers={**bearer, **one.headers}
                )
            )
            sent += 1
            wrong += faults(contract, operation, answer, (method, one))
            clock.advance(seconds=61 if sent % CALLS == 0 else 0)
        assert not wrong, "\n".join(map(str, wrong[:20]))


def faults(contract, operation, answer, request):
    """A 5xx, or an answer that isn't promised. A mutated path may be another address, which answers as it promises."""
    if answer.status >= 500 and not (answer.status == 503 and "retry-after" in answer.headers):
        return [(request, answer.status, answer.body[:300])]
    found = [] if request[1].moved and answer.status < 400 else contract.faults(operation, answer)
    return [(request, answer.status, fault) for fault in found]


@pytest.mark.row("I5")
def test_schemathesis_finds_no_failure_and_no_broken_promise(make_database, clock):
    from tests.journeys.api import by_schemathesis  # it loads for a second, which every process that only collects would

    firm, wrong = new_firm(make_database, clock), []
    for service in firm.product.services:
        every, share = by_schemathesis.operations(service), sizes.size("schemathesis_requests") // 2
        step = max(1, len(every) // share)  # a short run asks some of the routes, and which is the seed's choice
        every = every[sizes.seed() % step :: step]
        each = max(1, share // len(every))
        for operation in every:
            raw = operation.definition.raw
            if raw["operationId"] not in SHUT:
                bearer = firm.bearer_of(raw["operationId"], raw["tags"][0], service.name)
                wrong += by_schemathesis.faults(operation, each, bearer, clock)
    assert not wrong, "\n".join(wrong)
