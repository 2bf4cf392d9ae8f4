"""What a key did is counted for whoever bills it, and a key that calls too often is told when to come back."""

from __future__ import annotations

import json

import pytest

from services.ingest.accounts.operator import operator_token
from shared.kernel import canonical
from tests.journeys.product import PREFIXES, Product

WORK = "time,a{n},2026-03-02,,,1:00:00,,,Robin Sample,Harbour Bakery,Website,,48,USD,,,,,yes,\n"


@pytest.fixture
def product(make_database, clock):
    return Product(make_database, clock, extra={"TIMEBOOKS_LIMIT_CALLS": "40"})


def key_of(product, name, *scopes):
    made = product.post("ingest", "/keys", {"name": name, "scopes": list(scopes)})
    return made["id"], made["key"]


def usage(product, month="2026-03"):
    return {one["name"]: one for one in product.get("ingest", "/usage", month=month)["items"]}


@pytest.mark.row("I19")
def test_calls_rows_and_documents_are_counted_by_key_and_month(product):
    number, key = key_of(product, "=warehouse", "records:write", "approvals:write", "invoices:write", "invoices:read")
    records = [
        {"kind": "person", "source_id": "p1", "name": "Robin Sample"},
        {"kind": "client", "source_id": "c1", "name": "Harbour Bakery"},
        {"kind": "time", "source_id": "t1", "person": "p1", "client": "c1", "date": "2026-03-02", "seconds": 3600, "rate": "48",
         "currency": "USD", "billable": True},
    ]  # fmt: skip
    told = [{"source": "worklog", **record} for record in records]
    product.post("ingest", "/records", {"schema": "1", "records": told}, key=key)
    product.post("ingest", "/approvals", {"from": "2026-03-01", "to": "2026-03-31"}, key=key)
    product.post("ingest", "/invoices/compose", {"from": "2026-03-01", "to": "2026-03-31", "grouping": "job"}, key=key)
    product.get("ingest", "/invoices", key=key)
    told = usage(product)["=warehouse"]
    assert told == {"key_id": number, "name": "=warehouse", "calls": 4, "rows": 4, "documents": 1}  # 3 records in, 1 invoice out
    product.clock.advance(days=31)
    product.get("ingest", "/invoices", key=key)
    assert usage(product, "2026-04")["=warehouse"]["calls"] == 1
    text = product.send("GET", "ingest", "/usage.csv", params={"month": "2026-03"}).body.decode()
    assert f"2026-03,{number},'=warehouse,4,4,1\r\n" in text
    assert text.startswith("month,key_id,name,calls,rows,documents\r\n")


def test_whoever_runs_the_installation_sees_sums_by_organisation_and_nobody_else_does(product):
    rival = product.organisation("rival@sample.example")
    product.get("ingest", "/invoices", key=rival)
    headers = {"Authorization": f"Bearer {operator_token(product.vault)}"}
    found = product.network.send("GET", PREFIXES["ingest"] + "/usage/organisations", headers=headers, params={"month": "2026-03"})
    assert {tuple(sorted(one)) for one in json.loads(found.body)["items"]} == {("calls", "documents", "organisation", "rows")}
    assert product.send("GET", "ingest", "/usage/organisations").status == 403
    assert [one["calls"] for one in product.get("ingest", "/usage", month="2026-03", key=rival)["items"]] == [1]


def test_what_a_killed_process_loses_is_less_than_two_seconds_of_calls(product):
    _, key = key_of(product, "reader", "invoices:read")
    for _ in range(3):
        product.get("ingest", "/invoices", key=key)
    product.clock.advance(seconds=2)
    product.get("ingest", "/invoices", key=key)  # adds the four
    product.get("ingest", "/invoices", key=key)  # waits, and is lost
    with product.ingest.db.engine.connect() as connection:
        [calls] = connection.exec_driver_sql(f"SELECT calls FROM usage_month WHERE caller = '{key.split('_')[1]}'").one()
    assert calls == 4


@pytest.mark.row("F1", "I14")
def test_too_many_calls_are_refused_in_the_promised_words_and_the_next_minute_is_open_again(product):
    _, key = key_of(product, "reader", "invoices:read")
    answers = [product.send("GET", "ingest", "/invoices", key=key) for _ in range(41)]
    assert [answer.status for answer in answers] == [200] * 40 + [429]
    assert answers[0].headers["ratelimit-policy"] == '"default";q=40;w=60'
    assert answers[0].headers["ratelimit"] == '"default";r=39;t=60'
    last = answers[-1]
    assert json.loads(last.body)["error"] == {
        "code": "rate_limited",
        "message": "Too many calls in 60s window",
        "retry_after_s": 60,
    }
    assert (last.headers["retry-after"], last.headers["ratelimit"]) == ("60", '"default";r=0;t=60')
    assert product.send("GET", "ingest", "/invoices").status == 200  # another key
    product.clock.advance(seconds=60)
    assert product.send("GET", "ingest", "/invoices", key=key).status == 200
    assert usage(product)["reader"]["calls"] == 41  # what was refused is nobody's bill


def test_two_processes_keep_a_small_limit_together(product):
    """Another process counts in the same row; each hears of the other's calls when it adds its own."""
    _, key = key_of(product, "reader", "invoices:read")
    number = key.split("_")[1]
    for _ in range(10):
        assert product.send("GET", "ingest", "/invoices", key=key).status == 200
    with product.ingest.db.engine.begin() as connection:
        connection.exec_driver_sql(f"UPDATE usage_window SET calls = calls + 29 WHERE caller = '{number}'")
    statuses = [product.send("GET", "ingest", "/invoices", key=key).status for _ in range(4)]
    assert statuses[0] == 200
    assert statuses[-1] == 429


def test_the_rows_of_files_in_and_out_count_however_they_travel(product):
    product.imports(WORK.format(n=1) + WORK.format(n=2) + WORK.format(n=3))
    before = usage(product)["owner"]["rows"]
    asked = {"from_date": "2026-03-01", "to_date": "2026-03-31", "format": "csv"}
    product.send("POST", "ingest", "/timesheet/export", headers={"Content-Type": "application/json"}, body=canonical.dumps(asked))
    assert before >= 3
    assert usage(product)["owner"]["rows"] - before == 3 + 1  # and the one row of the usage shown before
