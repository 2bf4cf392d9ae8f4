"""Pay runs: drafts and posts where a region allows them, and what they do to timesheets."""

from __future__ import annotations

from datetime import date

from tests.component.xero_emulator.driver import AU, NZ, UK, ms

RUNS = "/payroll.xro/1.0/PayRuns"


def draft(au, **facts):
    return au.send("POST", RUNS, [{"PayrollCalendarID": au.calendar("Weekly"), "PayRunStatus": "DRAFT", **facts}])


def test_an_australian_run_is_drafted_for_the_next_period_and_posted(au, emulator):
    week = {"StartDate": ms(date(2026, 11, 9)), "EndDate": ms(date(2026, 11, 15))}
    sheet = au.stored(au.element(Status="APPROVED", **week))
    left = au.stored(au.element("Barney Billabong", **week))
    run = draft(au).body["PayRuns"][0]
    assert run["PayRunPeriodStartDate"] == week["StartDate"] and run["PaymentDate"] == ms(date(2026, 11, 18))
    assert (run["PayRunStatus"], run["Wages"]) == ("DRAFT", 1400)  # 35 hours at 40
    whole = au.get(f"{RUNS}/{run['PayRunID']}").body["PayRuns"][0]
    assert sorted(slip["Wages"] for slip in whole["Payslips"]) == [0, 1400]
    posted = au.send("POST", f"{RUNS}/{run['PayRunID']}", [{"PayRunStatus": "POSTED"}]).body["PayRuns"][0]
    assert posted["PayRunStatus"] == "POSTED"
    assert au.read(sheet["TimesheetID"])["Status"] == "PROCESSED"
    assert au.read(left["TimesheetID"])["Status"] == "DRAFT"
    calendar = au.get(f"/payroll.xro/1.0/PayrollCalendars/{au.calendar('Weekly')}").body["PayrollCalendars"][0]
    assert calendar["StartDate"] == ms(date(2026, 11, 16))
    slip = next(each for each in whole["Payslips"] if each["Wages"])
    lines = au.get(f"/payroll.xro/1.0/Payslip/{slip['PayslipID']}").body["Payslip"]["TimesheetEarningsLines"]
    assert [line["NumberOfUnits"] for line in lines] == [7, 7, 7, 7, 7]
    assert [entry.operation for entry in emulator.writes(tenant=AU, kind="pay_run")] == ["create", "post"]


def test_one_draft_for_a_calendar_and_no_second_run_for_a_period(au):
    run = draft(au).body["PayRuns"][0]["PayRunID"]
    assert draft(au).errors == ["There is already a draft pay run for this payroll calendar"]
    post = [{"PayRunStatus": "POSTED"}]
    assert au.send("POST", f"{RUNS}/{run}", post).status == 200
    assert au.send("POST", f"{RUNS}/{run}", post).errors == ["This pay run has already been posted"]
    again = {"PayRunPeriodStartDate": ms(date(2026, 11, 9)), "PayRunPeriodEndDate": ms(date(2026, 11, 15))}
    assert draft(au, **again).errors == ["A pay run for this period has already been posted"]
    odd = {"PayRunPeriodStartDate": ms(date(2026, 11, 10))}
    assert draft(au, **odd).errors == ["The dates do not correspond with a pay period"]


def test_after_posting_the_period_is_closed_for_new_timesheets(au, emulator):
    emulator.post_pay_run(AU, emulator.draft_pay_run(AU, au.calendar("Weekly"), "2026-11-02")["id"])
    assert au.post(au.element()).errors == ["The pay run of this pay period has already been posted"]
    emulator.configure_organisation(AU, posted_periods="accept")
    assert au.post(au.element()).status == 200


def test_new_zealand_drafts_and_the_clerk_posts(nz, emulator):
    sheet = nz.stored(nz.week("Kiri Kowhai"))["timesheetID"]
    nz.do(sheet, "Approve")
    body = {"payrollCalendarID": nz.calendar(), "periodStartDate": "2026-11-02", "periodEndDate": "2026-11-08"}
    run = nz.send("POST", "/payroll.xro/2.0/PayRuns", body).body["payRun"]
    assert (run["payRunStatus"], run["calendarType"], run["totalPay"]) == ("Draft", "Weekly", 300)
    assert nz.send("PUT", f"/payroll.xro/2.0/PayRuns/{run['payRunID']}", {"payRunStatus": "Posted"}).status == 404
    emulator.post_pay_run(NZ, run["payRunID"])
    assert nz.read(sheet)["status"] == "Completed"
    assert nz.do(sheet, "RevertToDraft").status == 400
    posted = nz.get("/payroll.xro/2.0/PayRuns", status="Posted").body["payRuns"]
    assert [each["payRunID"] for each in posted] == [run["payRunID"]] and posted[0]["postedDateTime"]
    slips = nz.get("/payroll.xro/2.0/PaySlips", PayRunID=run["payRunID"]).body["paySlips"]
    assert sorted(slip["totalPay"] for slip in slips) == [0, 300]


def test_the_uk_reads_pay_runs_and_writes_none(uk, emulator):
    assert uk.send("POST", "/payroll.xro/2.0/PayRuns", {"payrollCalendarID": uk.calendar()}).status == 404
    emulator.draft_pay_run(UK, uk.calendar("Weekly"))
    run = uk.get("/payroll.xro/2.0/PayRuns").body["payRuns"][0]
    assert run["payRunStatus"] == "Draft"
    assert uk.get(f"/payroll.xro/2.0/PayRuns/{run['payRunID']}").body["payRun"]["paySlips"]


def test_pay_does_it_all_and_a_run_can_be_taken_back_by_hand(nz, emulator):
    sheet = nz.stored(nz.week("Kiri Kowhai"))["timesheetID"]
    run = emulator.pay(NZ, sheet)
    assert emulator.timesheet(NZ, sheet)["status"] == "PROCESSED" and run["timesheets"] == [sheet]
    emulator.reopen_pay_run(NZ, run["id"])
    assert emulator.timesheet(NZ, sheet)["status"] == "APPROVED"
    emulator.delete_pay_run(NZ, run["id"])
    assert emulator.pay_runs(NZ) == []
