"""The same journey, distributed: web processes, Celery workers, PostgreSQL and Valkey, driven by the same commands."""

from __future__ import annotations

import pytest

from tests.distributed import compose

pytestmark = pytest.mark.xdist_group("distributed")
US = "9341450000000001"
PERIOD = "--from 2026-03-01 --to 2026-03-31"


def test_a_report_becomes_paid_partly_paid_and_void_invoices(stack, run):
    run('init "Vale & Ferreira" --zone America/New_York')
    assert run("import samples/worklog-march.csv")["totals"]["refused"] == 0
    run(f"approve {PERIOD}")
    run(f"compose {PERIOD} --due-days 30")
    run("connect --yes")
    run("references --accept --create")
    assert run("push --yes")["written"] == 3
    external = {one["number"]: one["external"][0]["external_id"] for one in run("status")["invoices"]}
    stack.emulator("pay", realm=US, invoice_id=external["INV-00001"])
    stack.emulator("pay", realm=US, invoice_id=external["INV-00002"], amount="100.00")
    stack.emulator("void", realm=US, invoice_id=external["INV-00003"])
    wanted = {"INV-00001": "paid", "INV-00002": "partly_paid", "INV-00003": "void"}
    stack.until(lambda: statuses(run) == wanted, "the statuses come back by webhook")
    writes = len(stack.emulator("writes", actor="api"))
    again = run("import samples/worklog-march.csv")["totals"]
    assert (again["new"], again["changed"], run("push --yes")["written"]) == (0, 0, 0)
    assert len(stack.emulator("writes", actor="api")) == writes


def statuses(run):
    return {one["number"]: one["status"] for one in run("status")["invoices"]}


def test_compose_names_a_command_for_every_role():
    assert set(compose.commands()) == {
        "migrate",
        "emulator-quickbooks",
        "emulator-xero",
        *(f"{service}{role}" for service in ("ingest", "quickbooks", "xero") for role in ("", "-interactive", "-bulk", "-beat")),
    }
