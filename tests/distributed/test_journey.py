"""The same journey, distributed: web processes, Celery workers, PostgreSQL and Valkey, driven by the same commands."""

from __future__ import annotations

import json
import os
import shlex

import pytest
from celery import Celery

from services.cli import exits, main
from services.cli.demo import agree
from services.cli.door import opened
from tests.distributed import compose
from tests.distributed.stack import Stack, command_line

pytestmark = pytest.mark.xdist_group("distributed")
US, SECOND = "9341450000000001", "9341450000000002"
PERIOD = "--from 2026-03-01 --to 2026-03-31"


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    one = Stack(tmp_path_factory.mktemp("stack"), TIMEBOOKS_LEASE_SECONDS="2")
    try:
        one.up()
        one.emulator("configure", limits=None)
        yield one
    finally:
        one.stop()


@pytest.fixture
def run(stack, monkeypatch, capsys):
    for name in [name for name in os.environ if name.startswith(("TIMEBOOKS_", "QUICKBOOKS_"))]:
        monkeypatch.delenv(name)
    for name, value in command_line(stack).items():
        monkeypatch.setenv(name, value)

    def command(line: str):
        code = main([*shlex.split(line), "--json"])
        told = capsys.readouterr()
        assert code == exits.DONE, f"{line}: exit {code}\n{told.out}{told.err}\n{stack.logs()}"
        return json.loads(told.out)

    return command


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


HEADER = (
    "kind,source_id,date,start,end,duration,break,overtime,person,client,job,tags,rate,currency,amount,distance,unit,category,"
    "billable,notes"
)
SLOW = 8
"""Seconds that the books take to write an invoice: long enough for somebody to look."""


def test_two_workers_share_the_work_of_two_connections_and_inspect_names_the_jobs(stack, run, tmp_path, monkeypatch):
    stack.start("quickbooks-interactive", hostname="second@%h")
    ours = stack.environment["TIMEBOOKS_DATA"]
    begin(run, monkeypatch, str(tmp_path / "another"), SECOND)
    control = Celery(broker=stack.valkey.broker_url).control
    stack.until(lambda: any(name.startswith("second@") for name in control.inspect().ping() or ()), "the second worker answers")
    for realm in (US, SECOND):
        stack.emulator("fault", kind="delay", path="/(batch|invoice)$", realm=realm, seconds=SLOW, times=None)
    for day in range(1, 6):  # a queue gives no promise who takes what: some day both are at it
        for folder in (ours, str(tmp_path / "another")):
            monkeypatch.setenv("TIMEBOOKS_DATA", folder)
            press_go(run, tmp_path, day)
        if any(len(at_work(control.inspect().active())) == 2 for _ in range(3)):  # each waits a second for answers
            break
    busy = at_work(json.loads(stack.celery("quickbooks", "inspect", "active", "--json")))
    stack.emulator("clear_faults")
    assert len(busy) == len(set(busy.values())) == 2, stack.logs()
    for realm in (US, SECOND):
        stack.until(lambda realm=realm: len(numbers(stack, realm)) >= day, f"every invoice is in {realm}")
        assert len(numbers(stack, realm)) == len(set(numbers(stack, realm)))


def numbers(stack, realm):
    """Of the invoices that are in the books and not void."""
    return [row["DocNumber"] for row in stack.emulator("live_invoices", realm=realm)]


def begin(run, monkeypatch, folder, realm):
    """Another organisation, connected to a company of its own, with what one invoice needs already linked."""
    monkeypatch.setenv("TIMEBOOKS_DATA", folder)
    run("init Another")
    with opened() as door:
        agree(door.network.send, door.books("quickbooks", "POST", "/connect", {})["authorize_url"], realm)


def press_go(run, folder, day):
    """One more invoice, let go and not waited for."""
    row = f"time,late-{day},2026-04-{day:02},,,3:00:00,,,Robin Vale,Moon Garage,Till,,60,USD,,,,,yes,"
    (folder / "more.csv").write_text(f"{HEADER}\n{row}\n")
    run(f"import {folder / 'more.csv'}")
    run("approve")
    run(f"compose --from 2026-04-{day:02} --to 2026-04-{day:02}")
    run("references --accept --create")
    with opened() as door:
        one = door.connection(None)
        plan = door.books("quickbooks", "POST", f"/connections/{one['id']}/plans", {})
        assert plan["items"]
        door.books("quickbooks", "POST", f"/plans/{plan['plan']}/apply", {})


def at_work(active):
    """Interactive worker of the connector -> the job that it is at, out of what `celery inspect active` says."""
    ours = {worker: tasks for worker, tasks in active.items() if worker.startswith(("quickbooks-interactive@", "second@"))}
    return {worker: task["id"] for worker, tasks in ours.items() for task in tasks if task["id"].startswith("job-")}


def test_compose_names_a_command_for_every_role():
    assert set(compose.commands()) == {
        "migrate",
        "emulator",
        *(f"{service}{role}" for service in ("ingest", "quickbooks") for role in ("", "-interactive", "-bulk", "-beat")),
    }
