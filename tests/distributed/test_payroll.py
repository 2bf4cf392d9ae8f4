"""The second main job, distributed: a week is paid through Xero Payroll although its workers are killed in the middle."""

from __future__ import annotations

import pytest
import requests

from services.cli.door import opened
from tests.distributed.stack import PATIENCE

pytestmark = pytest.mark.xdist_group("distributed")
NZ = "a0000000-0000-4000-8000-000000000002"
WEEK = """kind,date,duration,person,client,billable
time,2026-03-16,7:45:00,Kiri Kowhai,Harbour,no
time,2026-03-17,8:15:00,Kiri Kowhai,Harbour,no
time,2026-03-18,6:30:00,Kiri Kowhai,Harbour,no
"""
GROUPS = ("xero-interactive", "xero-bulk")


@pytest.fixture
def slow_payroll(stack):
    """The payroll thinks for a while before it takes a new timesheet in."""
    stack.emulator("fault", provider="xero", kind="delay", resource="timesheets", operation="create", seconds=2)
    yield
    stack.emulator("clear_faults", provider="xero")


def test_a_week_is_written_once_and_processed_although_the_workers_are_killed_in_the_middle(stack, run, tmp_path, slow_payroll):
    connection = connected(run, tmp_path)
    with opened() as door:
        plan = door.books("xero", "POST", f"/connections/{connection}/plans", {})
        assert [(item["action"], item["number"], str(item["total"])) for item in plan["items"]] == [
            ("create", "2026-03-16/2026-03-22", "22.50")
        ]
        door.books("xero", "POST", f"/plans/{plan['plan']}/apply", {})
        stack.until(lambda: asked(stack), "the payroll is asked to take the timesheet")
        stack.kill(*GROUPS)
        assert not there(stack)
        for group in GROUPS:
            stack.start(group)
        stack.until(lambda: [one["status"] for one in listed(run)] == ["draft"], "the timesheet is known to be there")
        [sheet] = there(stack)
        assert (sheet["start"], sheet["status"]) == ("2026-03-16", "DRAFT")
        stack.emulator("pay", provider="xero", tenant=NZ, timesheet=sheet["id"])
        run("sync")
        stack.until(lambda: [one["status"] for one in listed(run)] == ["processed"], "processed comes back")
    [one] = listed(run)
    assert (one["external_id"], str(one["hours"])) == (sheet["id"], "22.5")
    writes = stack.emulator("writes", provider="xero", tenant=NZ, actor="api")
    assert [write["operation"] for write in writes] == ["create"]


def connected(run, folder):
    """An organisation with an approved week, connected to the emulated payroll, everybody linked; the connection's id."""
    run('init "Vale & Ferreira" --zone Pacific/Auckland --currency NZD')
    report = folder / "week.csv"
    report.write_text(WEEK)
    assert run(f"import {report}")["totals"]["refused"] == 0
    run("approve")
    made = run(f"connect xero --yes --company {NZ}")
    run("references --books xero --kind employee --accept")
    run("references --books xero --kind earnings_rate --accept")
    return made["id"]


def asked(stack):
    """Whether a timesheet is on its way, even if it is not there yet."""
    made = requests.get(f"{stack.url('emulator-xero')}/_control/requests", timeout=PATIENCE).json()
    return ["POST", "/payroll.xro/2.0/Timesheets"] in made


def there(stack):
    return stack.emulator("timesheets", provider="xero", tenant=NZ)


def listed(run):
    return run("timesheets")["items"]
