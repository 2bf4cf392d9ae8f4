"""With several books connected a command acts on all of them, or says which to name; timesheets are listed like invoices."""

from __future__ import annotations

import json
import socket
import threading
from datetime import date
from decimal import Decimal

import pytest

from services import catalog, embedded
from services.cli import books, exits
from services.ingest.timesheets import project
from shared.contract.messages import TimesheetStatusMessage
from shared.kernel.ids import record_id
from shared.platform.db import transaction

HARBOR, GARDEN = "9341450000000001", "9341450000000003"
ROWS = (
    "kind,source_id,date,duration,person,client,job,rate,currency,billable\n"
    "time,t1,2026-03-02,3:00:00,Robin Sample,Moon Garage,Till,60,USD,yes\n"
)


@pytest.fixture(scope="module")
def product(tmp_path_factory):
    """An embedded product that serves on loopback, reachable from the inside as well."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    folder = tmp_path_factory.mktemp("several")
    settings = catalog.settings_from({"TIMEBOOKS_DATA": str(folder), "TIMEBOOKS_PORT": str(port)})
    ready, stopping = threading.Event(), threading.Event()
    with embedded.opened(settings, address=settings.public_url) as opened:
        server = threading.Thread(target=embedded.serve, args=(opened,), kwargs={"ready": ready.set, "stopping": stopping})
        server.start()
        assert ready.wait(10)
        yield opened
        stopping.set()
        server.join(10)


@pytest.fixture
def firm(run, product, tmp_path, monkeypatch):
    """Runs commands for an organisation of this test's own; ``firm.id`` is which."""
    monkeypatch.setenv("TIMEBOOKS_URL", product.settings.public_url)
    monkeypatch.setenv("TIMEBOOKS_MASTER_KEY_FILE", str(product.settings.master_key_file))
    run.id = json.loads(run("init", "Vale", "--json")[1])["organisation"]
    path = tmp_path / "report.csv"
    path.write_text(ROWS)
    assert run("import", str(path))[0] == exits.DONE
    return run


def told(run, *words):
    code, out, err = run(*words, "--json")
    assert code in (exits.DONE, exits.PARTLY), f"{words}: {out}{err}"
    return json.loads(out)


def test_a_command_acts_on_all_books_or_on_those_named_and_asks_for_a_name_where_one_is_needed(firm):
    here, there = (told(firm, "connect", "quickbooks", "--yes", "--company", company)["id"] for company in (HARBOR, GARDEN))
    firm("approve")
    firm("compose", "--from", "2026-03-01", "--to", "2026-03-31")
    both = told(firm, "plan")["connections"]
    assert {one["connection"] for one in both} == {here, there}
    assert [item["number"] for one in both for item in one["items"]] == ["INV-00001"]
    assert told(firm, "plan", "--books", here)["connection"] == here
    code, _, err = firm("references")
    assert (code, "--books" in err, here in err) == (exits.FAILED, True, True)
    told(firm, "references", "--books", here, "--create")
    pushed = told(firm, "push", "--yes")["connections"]
    assert {one["connection"]: one["written"] for one in pushed} == {here: 1, there: 0}
    seen = told(firm, "sync")["connections"]
    assert {one["connection"] for one in seen} == {here, there}
    code, out, _ = firm("push", "--plan", "nobody's")
    assert (code, out) == (exits.FAILED, "")
    for one in (here, there):
        assert firm("disconnect", "--connection", one, "--yes")[0] == exits.DONE
    assert firm("plan")[0] == exits.SIGN_IN


def test_books_that_nobody_connected_are_said_not_to_be_there(firm):
    told(firm, "connect", "--yes", "--company", HARBOR)
    code, _, err = firm("plan", "--books", "abacus")
    assert (code, "(quickbooks)" in err) == (exits.FAILED, True)
    firm("disconnect", "--yes")


def test_doctor_passes_where_everything_answers(firm):
    code, out, _ = firm("doctor")
    assert (code, "quickbooks" in out) == (exits.DONE, True)


def sheet(firm, number, status, **said):
    values = {
        "timesheet": f"00000000-0000-4000-8000-00000000000{number}", "version": 1, "connection": "c1", "generation": 1,
        "person": record_id(firm.id, "person", "crm", "p1"), "period_start": date(2026, 3, 2),
        "period_end": date(2026, 3, 8), "hours": Decimal("38.00"), "region": "nz", "status": status, "binding_state": "confirmed",
        "wanted_version": 1, "pushed_version": 1, "external_id": f"T-{number}", "deep_link": None, "total": Decimal("38.00"),
        "payment_date": None, "problem": None, "entries": (),
    }  # fmt: skip
    return TimesheetStatusMessage(**{**values, **said})


def test_timesheets_are_listed_with_whose_they_are_and_where_they_stand(firm, product):
    assert firm("timesheets") == (exits.DONE, "No timesheets.\n", "")
    sheets = [
        sheet(firm, 1, "approved"),
        sheet(firm, 2, "planned", period_start=date(2026, 3, 9), period_end=date(2026, 3, 15), external_id=None),
    ]
    with transaction(product.services["ingest"].db) as session:
        for one in sheets:
            project.status(session, firm.id, "xero", f"b-{one.timesheet}", one)
    code, out, _ = firm("timesheets")
    assert (code, out.splitlines()) == (
        exits.DONE,
        [
            "person    region  period                    hours  in the books  status",
            "(erased)  nz      2026-03-09 to 2026-03-15  38.00                planned",
            "(erased)  nz      2026-03-02 to 2026-03-08  38.00  xero T-1      approved",
        ],
    )
    assert [one["external_id"] for one in told(firm, "timesheets", "--status", "approved")["items"]] == ["T-1"]
    assert firm("timesheets", "--status", "paid")[0] == exits.USAGE


def test_a_plan_of_timesheets_counts_hours_and_says_whom_they_are_for():
    item = {"number": "T-7", "action": "create", "total": "1038.50", "currency": "h", "fields": [], "problem": None}
    made = {"plan": "p1", "items": [{**item, "name": "Robin Sample"}]}
    lines = books._planned({"provider": "quickbooks"}, made).splitlines()
    assert lines[:2] == ["create T-7  Robin Sample  1,038.50 h", "in all 1,038.50 h"]
