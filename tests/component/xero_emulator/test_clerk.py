"""The payroll clerk's page and buttons: what a person does in the books while the app is away."""

from __future__ import annotations

from decimal import Decimal

import pytest

from services.xero_connector.emulator.wire import Broken
from tests.component.xero_emulator.driver import AU, NZ, UK, Australia


@pytest.fixture
def http(emulator):
    return emulator.wsgi.test_client()


def press(http, tenant, kind, thing, **form):
    return http.post(f"/clerk/{tenant}/{kind}/{thing}", data=form)


def test_the_pages_need_no_script_and_know_the_dark(http, emulator, au):
    au.stored()
    front, desk = http.get("/clerk").text, http.get(f"/clerk/{AU}").text
    assert "Invented Billabong Pty Ltd" in front and f"/clerk/{NZ}" in front
    assert "Wanda Wattle" in desk and "2026-11-02 to 2026-11-08" in desk and "Ordinary Hours" in desk
    assert "<script" not in front + desk and "prefers-color-scheme: dark" in desk
    assert http.get("/clerk/nowhere").status_code == 404


def test_links_carry_the_prefix_the_application_is_mounted_under(http):
    page = http.get("/clerk", environ_overrides={"SCRIPT_NAME": "/emulator/xero"}).text
    assert f'href="/emulator/xero/clerk/{AU}"' in page


def test_a_week_goes_from_draft_to_paid_by_buttons(http, emulator, nz):
    sheet = nz.stored(nz.week("Kiri Kowhai"))
    line = sheet["timesheetLines"][0]["timesheetLineID"]
    assert press(http, NZ, "timesheet", sheet["timesheetID"], action="edit", line=line, units="6").status_code == 303
    for action, status in (("reject", "REJECTED"), ("revert", "DRAFT"), ("approve", "APPROVED")):
        assert press(http, NZ, "timesheet", sheet["timesheetID"], action=action).status_code == 303
        assert emulator.timesheet(NZ, sheet["timesheetID"])["status"] == status
    assert press(http, NZ, "calendar", nz.calendar(), action="draft", start="2026-11-02").status_code == 303
    run = emulator.pay_runs(NZ)[0]["id"]
    assert press(http, NZ, "run", run, action="post").status_code == 303
    paid = emulator.timesheet(NZ, sheet["timesheetID"])
    assert (paid["status"], paid["hours"]) == ("PROCESSED", 6)
    assert "posted" in http.get(f"/clerk/{NZ}").text
    by_hand = [entry.operation for entry in emulator.writes(tenant=NZ, actor="clerk")]
    assert by_hand == ["update_line", "reject", "revert", "approve", "create", "process", "post"]


def test_what_cannot_be_done_is_said_on_the_page(http, emulator, nz):
    sheet = nz.stored(nz.week("Kiri Kowhai"))
    emulator.pay(NZ, sheet["timesheetID"])
    answer = press(http, NZ, "timesheet", sheet["timesheetID"], action="delete")
    assert answer.status_code == 409 and "has been paid" in answer.text
    assert press(http, NZ, "timesheet", sheet["timesheetID"], action="explode").status_code == 400
    assert press(http, NZ, "timesheet", "nothing", action="approve").status_code == 404


def test_by_hand_an_approved_timesheet_is_edited_only_as_a_draft_and_deleted_at_once(emulator, nz):
    sheet = nz.stored(nz.week("Kiri Kowhai"))["timesheetID"]
    emulator.edit(NZ, sheet, [{"day": "2026-11-03", "units": "3.25"}, {"day": "2026-11-04", "units": 1}])
    assert emulator.timesheet(NZ, sheet)["hours"] == Decimal("4.25")
    emulator.approve(NZ, sheet)
    with pytest.raises(Broken, match="not a Draft"):
        emulator.edit(NZ, sheet, [])
    emulator.delete(NZ, sheet)
    assert emulator.timesheets(NZ) == []


def test_a_clerk_may_be_first_to_make_the_timesheet(emulator, uk):
    made = emulator.add(UK, uk.employee("Penny Pretend"), "2026-11-17", [{"day": "2026-11-17", "units": 5}])
    assert (made["start"], made["end"], made["hours"]) == ("2026-11-01", "2026-11-30", 5)
    assert len(emulator.live_timesheets(UK, uk.employee("Penny Pretend"), "2026-11-01")) == 1


def test_people_come_move_and_are_renamed(emulator):
    app = Australia(emulator, AU)
    new = emulator.hire(AU, "Quentin", "Quoll", app.calendar("Monthly"), "2026-11-09")
    emulator.rename_employee(AU, new, "Quentin", "Quokka")
    emulator.archive_rate(AU, app.rate("Overtime 2.0"))
    found = app.get(f"/payroll.xro/1.0/Employees/{new}").body["Employees"][0]
    assert found["LastName"] == "Quokka" and emulator.employees(AU)["Quentin Quokka"] == new
    rates = {
        each["Name"]: each["CurrentRecord"] for each in app.get("/payroll.xro/1.0/PayItems").body["PayItems"]["EarningsRates"]
    }
    assert rates["Overtime 2.0"] is False
    assert [entry.operation for entry in emulator.writes(kind="employee")] == ["create", "rename"]
