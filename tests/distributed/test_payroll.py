"""The second main job, distributed: a week is paid through Xero Payroll although its workers are killed in the middle."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
import requests

from services.cli import exits
from services.cli.door import opened
from tests.distributed.stack import PATIENCE

pytestmark = pytest.mark.xdist_group("distributed")
AU, NZ, UK = (f"a0000000-0000-4000-8000-00000000000{digit}" for digit in "123")
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


TODAY = datetime.now(UTC).date()
MONDAY = TODAY - timedelta(days=TODAY.weekday() + 14)
"""Two weeks ago: a plan shows what a rule makes of the last weeks."""


def day(number: int) -> str:
    return str(MONDAY + timedelta(days=number))


HEADER = "kind,source_id,date,duration,person,client,billable"
TWO_COUNTRIES = f"""{HEADER}
time,w1,{day(0)},7:36:00,Wanda Wattle,Harbour,no
time,w2,{day(1)},8:00:00,Wanda Wattle,Harbour,no
time,k1,{day(0)},9:30:00,Wilma Weekly,Harbour,no
time,k2,{day(1)},4:00:00,Wilma Weekly,Harbour,no
"""
LATE = f"""{HEADER}
time,w3,{day(2)},3:00:00,Wanda Wattle,Harbour,no
time,w4,{day(8)},5:00:00,Wanda Wattle,Harbour,no
"""


def test_a_clerk_with_two_countries_types_every_command_there_is_for_payroll(stack, run, typed, tmp_path):
    """Each numbered point of the payroll once more, at a running stack and by commands alone."""
    run('init "Two Countries" --zone Australia/Sydney --currency AUD')
    brought_in(run, tmp_path, TWO_COUNTRIES)
    au = run(f"connect xero --yes --company {AU}")["id"]
    uk = run(f"connect xero --yes --company {UK}")["id"]
    assert [run(f"payroll --books {one}")["region"] for one in (au, uk)] == ["au1", "uk"]
    for kind, one in (("employee", au), ("employee", uk), ("earnings_rate", au), ("earnings_rate", uk)):
        typed(f"references --books {one} --kind {kind} --accept")  # whoever is paid in the other country stays open

    # overtime by a rule: seen by day, left out while it has no earnings rate, never ordinary
    rule = tmp_path / "rule.json"
    rule.write_text('{"daily": [{"after": "8:00:00", "kind": "overtime"}]}')
    overtime = next(one["id"] for one in run(f"payroll --books {uk} --overtime {rule}")["rates"] if one["name"] == "Overtime 1.5")
    _, plan, _ = typed(f"plan --books {uk}")
    assert [(one["date"], one["after"]) for one in plan["overtime"]] == [
        (day(0), {"ordinary": "8:00:00", "overtime": "1:30:00"})
    ]
    assert "rate_unmapped" in {one["code"] for one in plan["left_out"]} and plan["items"] == []
    typed(f"references --books {uk} --kind earnings_rate --link overtime {overtime}")

    # written, corrected, approved there; approved is not changed in Australia
    for one in (au, uk):
        typed(f"push --books {one} --yes")
    assert units(stack, AU) == {day(0): ["7.60"], day(1): ["8.00"]}
    assert units(stack, UK) == {day(0): ["1.50", "8.00"], day(1): ["4.00"]}
    withdrawn(run, "w2")
    typed(f"push --books {au} --yes")
    assert units(stack, AU) == {day(0): ["7.60"]}
    [sheet] = stack.emulator("timesheets", provider="xero", tenant=AU)
    stack.emulator("approve", provider="xero", tenant=AU, timesheet=sheet["id"])
    run(f"sync --books {au}")
    stack.until(lambda: statuses(run, "au1") == ["approved"], "approved comes back")
    run("approve")
    _, plan, _ = typed(f"plan --books {au}")
    assert [(one["action"], one["problem"]["code"]) for one in plan["items"]] == [("blocked", "approved_there")]

    # a pay run: drafted, posted only when its id is given twice; not in the United Kingdom
    [calendar] = {sheet["calendar"]}
    [drafted] = [one for one in run(f"payruns --books {au} --draft {calendar}")["items"] if one["status"] == "draft"]
    code, told, _ = typed(f"payruns --books {au} --post {drafted['id']}")
    assert code != exits.DONE and told["error"]["code"] == "not_confirmed"
    posted = run(f"payruns --books {au} --post {drafted['id']} --confirm {drafted['id']}")["items"]
    assert [one["status"] for one in posted if one["id"] == drafted["id"]] == ["posted"]
    code, told, _ = typed(f"payruns --books {uk} --draft {calendar}")
    assert code != exits.DONE and told["error"]["code"] == "not_in_region"
    stack.emulator("pay", provider="xero", tenant=AU, timesheet=sheet["id"])  # the run was that of the period now under way
    run(f"sync --books {au}")
    stack.until(lambda: statuses(run, "au1") == ["processed"], "processed comes back")

    # late work goes into the next period; leaving one organisation leaves the other
    brought_in(run, tmp_path, LATE)
    _, plan, _ = typed(f"plan --books {au}")
    assert [(one["action"], one["number"], str(one["total"])) for one in plan["items"]] == [
        ("create", f"{day(7)}/{day(13)}", "16.00")  # 5 worked there, 3 late, and the 8 approved after it was paid
    ]
    run(f"disconnect --books {au} --yes")
    live = {one["tenant"] for one in stack.emulator("connections", provider="xero") if one["live"]}
    assert live & {AU, UK} == {UK}
    stack.emulator("approve", provider="xero", tenant=UK, timesheet=there(stack, UK)[0]["id"])
    run(f"sync --books {uk}")
    stack.until(lambda: statuses(run, "uk") == ["approved"], "approved comes back")


def statuses(run, region):
    """Of those that are there: one that was never sent is listed too, as withdrawn."""
    return [one["status"] for one in listed(run) if one["region"] == region and one["external_id"]]


def brought_in(run, folder, report):
    file = folder / "report.csv"
    file.write_text(report)
    assert run(f"import {file}")["totals"]["refused"] == 0
    run("approve")


def withdrawn(run, source_id):
    with opened() as door:
        [entry] = [one for one in door.ingest("GET", "/records", kind="time")["items"] if one["source_id"] == source_id]
    run(f"approve --withdraw {entry['id']}")


def units(stack, tenant):
    """Hours over there by day, of every line that has any."""
    found = {}
    for line in there(stack, tenant)[0]["lines"]:
        if Decimal(str(line["units"])):
            found.setdefault(line["day"], []).append(f"{Decimal(str(line['units'])):.2f}")
    return {day: sorted(hours) for day, hours in found.items()}


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


def there(stack, tenant=NZ):
    return stack.emulator("timesheets", provider="xero", tenant=tenant)


def listed(run):
    return run("timesheets")["items"]
