"""Payroll 2.0 of New Zealand, the UK and Australia's timesheets: envelopes, dated lines, approve, revert, delete."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from tests.component.xero_emulator.driver import AU, MONDAY, NZ, UK, Second


@pytest.fixture
def week(nz):
    return nz.week("Kiri Kowhai", timesheetLines=[nz.line(MONDAY), nz.line(MONDAY + timedelta(days=2), "8.25")])


def test_a_week_is_a_draft_with_dated_lines(nz, week, emulator):
    answer = nz.post({**week, "status": "Approved"})
    sheet = answer.body["timesheet"]
    assert (answer.body["httpStatusCode"], answer.body["problem"], answer.body["pagination"]) == ("OK", None, None)
    assert (sheet["status"], sheet["totalHours"]) == ("Draft", Decimal("15.75"))
    assert (sheet["startDate"], sheet["endDate"]) == ("2026-11-02T00:00:00", "2026-11-08T00:00:00")
    assert [line["date"] for line in sheet["timesheetLines"]] == ["2026-11-02T00:00:00", "2026-11-04T00:00:00"]
    assert nz.read(sheet["timesheetID"]) == sheet
    assert len(emulator.writes(tenant=NZ, operation="create")) == 1


def test_lists_have_no_lines_and_narrow_by_person_state_and_dates(nz, week):
    sheet = nz.stored(week)
    nz.stored(nz.week("Moana Manuka"))
    rows = nz.get("/payroll.xro/2.0/Timesheets", filter=f"employeeId=={sheet['employeeID']}", status="Draft").body
    assert [row["timesheetID"] for row in rows["timesheets"]] == [sheet["timesheetID"]]
    assert "timesheetLines" not in rows["timesheets"][0]
    assert rows["pagination"] == {"page": 1, "pageSize": 100, "pageCount": 1, "itemCount": 1}
    count = {name: len(nz.get("/payroll.xro/2.0/Timesheets", **args).body["timesheets"]) for name, args in _NARROWED.items()}
    assert count == {"within": 2, "later": 0, "ends": 0, "completed": 0}
    assert nz.get("/payroll.xro/2.0/Timesheets", filter="name==x").reasons[0][0] == "filter"


_NARROWED = {
    "within": {"startDate": "2026-11-02", "endDate": "2026-11-08"},
    "later": {"startDate": "2026-11-03"},
    "ends": {"endDate": "2026-11-07"},
    "completed": {"status": "Completed"},
}


def test_the_whole_period_of_the_employees_own_calendar(nz):
    short = nz.wanted("Kiri Kowhai", MONDAY, MONDAY + timedelta(days=4))
    assert nz.post(short).reasons == [("endDate", "The end date does not correspond with a pay period")]
    other = nz.wanted("Kiri Kowhai", MONDAY, MONDAY + timedelta(days=6), "Fortnightly")
    assert nz.post(other).reasons == [("payrollCalendarID", "The payroll calendar is not the employee's")]
    month = Second(nz.emulator, UK)
    good = month.wanted("Penny Pretend", date(2026, 11, 1), date(2026, 11, 30), "Monthly")
    assert month.post(good).status == 200


def test_one_timesheet_for_an_employee_and_period(nz, week):
    nz.stored(week)
    answer = nz.post(week)
    assert answer.reasons == [("_default", "This timesheet already exists, please provide the timesheet ID")]
    assert answer.body["problem"]["status"] == 400 and answer.body["timesheet"] is None


@pytest.mark.parametrize("units", ["0", "-1"])
def test_units_are_above_zero(nz, units):
    assert nz.post(nz.week("Kiri Kowhai", timesheetLines=[nz.line(MONDAY, units)])).reasons == [
        ("numberOfUnits", "The number of units must be greater than zero")
    ]


def test_lines_have_two_decimals_a_day_in_the_period_and_no_twin(nz):
    def reasons(*lines):
        return nz.post(nz.week("Kiri Kowhai", timesheetLines=list(lines))).reasons

    assert reasons(nz.line(MONDAY, "1.005")) == [("numberOfUnits", "The number of units may have two decimal places")]
    assert reasons(nz.line(MONDAY + timedelta(days=7)))[0][0] == "date"
    assert reasons(nz.line(MONDAY), nz.line(MONDAY))[0][0] == "timesheetLines"
    assert reasons({"date": "2026-11-02", "numberOfUnits": 1}) == [("earningsRateID", "The earningsRateID is required")]


def test_lines_are_added_changed_and_taken_away_one_by_one(nz, week):
    sheet = nz.stored(week)
    at = f"/payroll.xro/2.0/Timesheets/{sheet['timesheetID']}/Lines"
    added = nz.send("POST", at, nz.line(MONDAY + timedelta(days=4), "1")).body["timesheetLine"]
    put = nz.send("PUT", f"{at}/{added['timesheetLineID']}", nz.line(MONDAY + timedelta(days=4), "2"))
    assert put.body["timesheetLine"]["numberOfUnits"] == 2
    assert nz.read(sheet["timesheetID"])["totalHours"] == Decimal("17.75")
    twin = nz.send("POST", at, nz.line(MONDAY))
    assert twin.reasons == [("date", "A timesheet line for this date and earnings rate already exists")]
    gone = nz.send("DELETE", f"{at}/{sheet['timesheetLines'][0]['timesheetLineID']}")
    assert gone.status == 200 and "timesheetLine" not in gone.body
    assert nz.read(sheet["timesheetID"])["totalHours"] == Decimal("10.25")
    assert nz.send("PUT", f"{at}/{gone.body['id']}", nz.line(MONDAY)).status == 404


def test_approved_is_closed_until_it_is_reverted(nz, week):
    sheet = nz.stored(week)["timesheetID"]
    assert nz.do(sheet, "Approve").body["timesheet"]["status"] == "Approved"
    line = nz.send("POST", f"/payroll.xro/2.0/Timesheets/{sheet}/Lines", nz.line(MONDAY + timedelta(days=4)))
    assert line.reasons == [("_default", "Timesheet is not a Draft Timesheet")]
    assert nz.send("DELETE", f"/payroll.xro/2.0/Timesheets/{sheet}").status == 400
    assert nz.do(sheet, "Approve").status == 400
    assert nz.do(sheet, "RevertToDraft").body["timesheet"]["status"] == "Draft"
    assert nz.do(sheet, "RevertToDraft").status == 400
    deleted = nz.send("DELETE", f"/payroll.xro/2.0/Timesheets/{sheet}")
    assert deleted.status == 200 and set(deleted.body) == {
        "id",
        "providerName",
        "dateTimeUTC",
        "httpStatusCode",
        "pagination",
        "problem",
    }
    assert nz.get(f"/payroll.xro/2.0/Timesheets/{sheet}").status == 404
    assert nz.stored(week)["timesheetID"] != sheet


def test_the_uk_takes_regular_and_overtime_rates_only(uk, nz):
    def with_rate(app, name, rate):
        body = app.week(name, timesheetLines=[app.line(MONDAY, "1", rate)])
        return app.post(body)

    refused = with_rate(uk, "Wilma Weekly", "Tool Allowance")
    assert refused.reasons == [("earningsRateID", "The earning rate is not valid for timesheets")]
    assert with_rate(uk, "Wilma Weekly", "Overtime 1.5").status == 200
    assert with_rate(nz, "Kiri Kowhai", "Tool Allowance").status == 200


def test_australia_has_timesheets_here_and_nothing_else(au2, au, emulator):
    sheet = au2.stored(au2.week("Wanda Wattle", timesheetLines=[au2.line(MONDAY), au2.line(MONDAY + timedelta(days=1), "1")]))
    first = au.read(sheet["timesheetID"])
    assert first["TimesheetLines"][0]["NumberOfUnits"] == [Decimal("7.5"), 1, 0, 0, 0, 0, 0]
    assert au2.do(sheet["timesheetID"], "Approve").status == 200
    assert au.read(sheet["timesheetID"])["Status"] == "APPROVED"
    for path in ("Employees", "EarningsRates", "PayRunCalendars", "PayRuns"):
        assert au2.get(f"/payroll.xro/2.0/{path}").status == 404
    emulator.configure_organisation(AU, second_version=False)
    assert au2.get("/payroll.xro/2.0/Timesheets").status == 404


def test_zeros_of_the_first_version_are_no_lines_of_the_second(au, au2):
    sheet = au.stored(au.element(units=[1, 0, 0, 0, 0, 0, 2]))["TimesheetID"]
    assert [line["numberOfUnits"] for line in au2.read(sheet)["timesheetLines"]] == [1, 2]
    at = f"/payroll.xro/2.0/Timesheets/{sheet}/Lines"
    assert au2.send("POST", at, au2.line(MONDAY + timedelta(days=1), "3")).status == 200
    assert au.read(sheet)["Hours"] == 6


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31", "2026-02-30", "soon"])
def test_days_that_are_none_are_refused(nz, day):
    assert nz.post({**nz.week("Kiri Kowhai"), "startDate": day}).reasons[0][0] == "startDate"


def test_bodies_of_the_wrong_shape_are_refused(nz):
    for body in ([], [nz.week("Kiri Kowhai")], nz.week("Kiri Kowhai", timesheetLines={}), b"{", b"\xff"):
        assert nz.post(body).status == 400


def test_employees_rates_calendars_and_tracking_are_shown(nz, uk):
    people = nz.get("/payroll.xro/2.0/Employees").body
    assert people["pagination"]["itemCount"] == 3 and people["employees"][0]["address"] is None
    one = nz.get(f"/payroll.xro/2.0/Employees/{nz.employee('Kiri Kowhai')}").body["employee"]
    assert one["payrollCalendarID"] == nz.calendar("Weekly") and one["address"]["city"] == "Sampleton"
    rates = uk.get("/payroll.xro/2.0/EarningsRates").body["earningsRates"]
    assert [each["earningsType"] for each in rates[:4]] == [
        "RegularEarnings",
        "OvertimeEarnings",
        "OvertimeEarnings",
        "Allowance",
    ]
    calendars = {each["name"]: each for each in uk.get("/payroll.xro/2.0/PayRunCalendars").body["payRunCalendars"]}
    assert (calendars["Monthly"]["periodStartDate"], calendars["Monthly"]["periodEndDate"]) == (
        "2026-11-01T00:00:00",
        "2026-11-30T00:00:00",
    )
    for app, name in ((uk, "trackingCategories"), (nz, "TrackingCategories")):
        found = app.get(f"/payroll.xro/2.0/Settings/{name}").body["trackingCategories"]
        assert found["timesheetTrackingCategoryID"]
    wage = uk.get(f"/payroll.xro/2.0/Employees/{uk.employee('Penny Pretend')}/SalaryAndWages").body["salaryAndWages"][0]
    assert wage["earningsRateID"] == uk.rate()
    template = nz.get(f"/payroll.xro/2.0/Employees/{nz.employee('Kiri Kowhai')}/PayTemplates").body["payTemplate"]
    assert len(template["earningTemplates"]) == 4


def test_a_requested_one_waits_for_the_clerk(nz, emulator):
    made = emulator.add(NZ, nz.employee("Kiri Kowhai"), "2026-11-04", [{"day": "2026-11-04", "units": 8}], requested=True)
    assert nz.read(made["id"])["status"] == "Requested"
    line = nz.send("POST", f"/payroll.xro/2.0/Timesheets/{made['id']}/Lines", nz.line(MONDAY))
    assert line.reasons == [("_default", "Timesheet is not a Draft Timesheet")]
    emulator.reject(NZ, made["id"])
    assert nz.read(made["id"])["status"] == "Declined"
