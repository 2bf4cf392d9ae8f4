"""Every error carries a stable code that the page of codes lists, and whoever is turned away comes back as it advises."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from shared.platform import jobs, schedule
from shared.platform.db import reading
from tests.journeys.product import Product

FOLLOW = "follow"  # the job that reads another service's feed
PAGE = (Path(__file__).parents[3] / "docs/reference/errors.md").read_text("utf-8")


@pytest.mark.row("F2")
@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("GET", "/invoices/nowhere", None, 404, "no_such_invoice"),
        ("GET", "/nowhere", None, 404, "no_such_route"),
        ("POST", "/health", b"{}", 405, "method_not_allowed"),
        ("GET", "/usage?month=March", None, 422, "bad_argument"),
        ("POST", "/webhooks", b'{"url": 1}', 422, "bad_text"),
        ("POST", "/webhooks", b'{"url"', 400, "bad_json"),
        ("POST", "/approvals", b"[]", 400, "bad_json"),
    ],
)
def test_an_error_has_a_code_that_the_page_lists(make_database, clock, method, path, body, status, code):
    product = Product(make_database, clock)
    answer = product.send(method, "ingest", path, body=body, headers={"Content-Type": "application/json"})
    error = json.loads(answer.body)["error"]
    assert (answer.status, error["code"]) == (status, code)
    assert f"| `{code}` | " in PAGE


@pytest.mark.row("F3")
@pytest.mark.parametrize(("headers", "waits"), [([("Retry-After", "30")], [30, 30, 30]), ([], [1, 2, 4, 8, 16, 32, 60])])
def test_our_own_services_come_back_as_callers_are_advised_to(make_database, clock, headers, waits):
    product = Product(make_database, clock)
    books, waited = product.quickbooks, []

    def turns_away(environ, start):
        start("429 Too Many Requests", [("Content-Type", "application/problem+json"), *headers])
        return [b'{"error": {"code": "rate_limited", "message": "Too many calls in 60s window"}}']

    product.network.mount("http://ingest.internal/", turns_away)
    schedule.ring(books.db, [tick for tick in books.ticks if tick.kind == FOLLOW])
    mine = sa.select(jobs.job.c.id, jobs.job.c.due_at).where(jobs.job.c.kind == FOLLOW, jobs.job.c.state == "ready")
    for _ in waits:
        with reading(books.db) as session:
            number = session.execute(mine).one().id
        assert jobs.run(books.db, number, books.handlers) == "again"
        with reading(books.db) as session:
            due = session.execute(mine).one().due_at
        waited.append((due - clock.now) // timedelta(seconds=1))
        clock.now = due
    assert waited == waits
