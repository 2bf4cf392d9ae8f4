"""Payroll AU 1.0: rows of units, whole periods, one timesheet for each of them, arrays in both modes."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from tests.component.xero_emulator.driver import AU, MONDAY, NZ, Australia, ms


def test_a_week_is_stored_and_read_back_in_capitals(au, emulator):
    made = au.stored(au.element(units=[Decimal("7.6"), 7, 0, 0, 0, 0, Decimal("0.25")]))
    assert made["StartDate"] == "/Date(1793577600000+0000)/"  # 2 November 2026
    assert made["EndDate"] == "/Date(1794096000000+0000)/"
    assert (made["Status"], made["Hours"]) == ("DRAFT", Decimal("14.85"))
    assert made["TimesheetLines"][0]["NumberOfUnits"] == [Decimal("7.6"), 7, 0, 0, 0, 0, Decimal("0.25")]
    assert au.read(made["TimesheetID"])["Hours"] == Decimal("14.85")
    listed = au.get("/payroll.xro/1.0/Timesheets").body
    assert [each["TimesheetID"] for each in listed["Timesheets"]] == [made["TimesheetID"]]
    assert {"Id", "Status", "ProviderName", "DateTimeUTC"} <= set(listed)
    entry = emulator.writes(tenant=AU, kind="timesheet")[0]
    assert (entry.actor, entry.operation, entry.result["hours"]) == ("api", "create", Decimal("14.85"))


def test_the_body_must_be_a_bare_array(au):
    answer = au.send("POST", "/payroll.xro/1.0/Timesheets", {"Timesheets": [au.element()]})
    assert answer.status == 400 and "deserialize" in answer.body["Message"]
    assert au.get("/payroll.xro/1.0/Timesheets").body["Timesheets"] == []


@pytest.mark.parametrize("count", [6, 8])
def test_the_units_are_one_for_each_day(au, count):
    assert au.post(au.element(units=[1] * count)).errors == ["Incorrect number of timesheet entries supplied for the pay period."]


def test_fortnights_and_months_have_as_many_units_as_days(au):
    fortnight = au.element("Fern Fortnight", [8] * 14, EndDate=ms(MONDAY + timedelta(days=13)))
    assert au.stored(fortnight)["Hours"] == 112
    month = au.element("Max Monthly", [1] * 30, StartDate=ms(date(2026, 11, 1)), EndDate=ms(date(2026, 11, 30)))
    assert au.stored(month)["Hours"] == 30


def test_only_a_whole_period_of_the_employees_calendar_is_taken(au):
    shifted = au.element(StartDate=ms(MONDAY + timedelta(days=1)), EndDate=ms(MONDAY + timedelta(days=7)))
    assert au.post(shifted).errors == ["The start date does not correspond with a pay period"]
    short = au.element(units=[1] * 5, EndDate=ms(MONDAY + timedelta(days=4)))
    assert au.post(short).errors == ["The end date does not correspond with a pay period"]
    weekly_for_fortnightly = au.element("Fern Fortnight")
    assert au.post(weekly_for_fortnightly).errors == ["The end date does not correspond with a pay period"]
    assert au.post(au.element("Nora Nocalendar")).errors == ["Employee does not have a payroll calendar"]


def test_a_local_midnight_is_the_day_before(au):
    sydney_midnight = 1793577600000 - 11 * 3600 * 1000
    answer = au.post(au.element(StartDate=f"/Date({sydney_midnight}+1100)/"))
    assert answer.errors == ["Incorrect number of timesheet entries supplied for the pay period."]


def test_a_second_timesheet_for_the_period_needs_the_id_of_the_first(au, emulator):
    first = au.stored()
    assert au.post(au.element()).errors == ["This timesheet already exists, please provide the timesheet ID"]
    changed = au.stored(au.element(units=[1] * 7, TimesheetID=first["TimesheetID"]))
    assert (changed["TimesheetID"], changed["Hours"]) == (first["TimesheetID"], 7)
    path = f"/payroll.xro/1.0/Timesheets/{first['TimesheetID']}"
    assert au.send("POST", path, [au.element(units=[0] * 7)]).body["Timesheets"][0]["Hours"] == 0
    assert [entry.operation for entry in emulator.writes(tenant=AU)] == ["create", "update", "update"]
    assert len(emulator.live_timesheets(AU, au.employee("Wanda Wattle"), "2026-11-02")) == 1


def test_it_is_approved_by_an_update_and_then_refuses_changes(au):
    first = au.stored()
    named = {"TimesheetID": first["TimesheetID"]}
    assert au.stored(au.element(Status="APPROVED", **named))["Status"] == "APPROVED"
    for status in ("DRAFT", "APPROVED"):
        assert au.post(au.element(Status=status, **named)).errors == ["Timesheet is not a Draft Timesheet"]
    assert au.send("DELETE", f"/payroll.xro/1.0/Timesheets/{first['TimesheetID']}").status == 404


@pytest.mark.parametrize("status", ["PROCESSED", "REQUESTED", "REJECTED"])
def test_some_states_are_not_an_apps_to_set(au, status):
    assert au.post(au.element(Status=status)).errors == [f"The status {status} cannot be set"]


def test_rates_and_units_are_looked_at(au, emulator):
    def units(rate: str, *values: object) -> dict:
        padded = [*values, *[0] * (7 - len(values))]
        return au.element(TimesheetLines=[{"EarningsRateID": rate, "NumberOfUnits": padded}])

    assert au.post(units("c0ffee00-0000-4000-8000-000000000000", 1)).errors == ["Earnings Rate does not exist"]
    assert au.post(units(au.rate("Retired Rate"), 1)).errors == ["Earnings Rate is not active"]
    assert au.post(units(au.rate(), Decimal("7.333"))).errors == ["The number of units may have two decimal places"]
    assert au.post(units(au.rate(), -1)).errors == ["The number of units must be positive"]
    assert au.post(units(au.rate(), Decimal("1E+400"))).status == 400
    emulator.configure(decimals="round")
    assert au.stored(units(au.rate(), Decimal("7.335")))["Hours"] == Decimal("7.34")


def test_an_organisation_may_ask_for_template_rates_and_tracking(au, emulator):
    emulator.change_template(AU, au.employee("Wanda Wattle"), [au.rate()])
    emulator.configure_organisation(AU, template_rates_only=True, tracking_required=True)
    line = {"EarningsRateID": au.rate("Overtime 1.5"), "NumberOfUnits": [1] * 7}
    assert set(au.post(au.element(TimesheetLines=[line])).errors) == {
        "Earnings Rate is not on the employee's pay template",
        "A tracking item must be chosen",
    }
    option = next(iter(emulator.settings(AU)["tracking"]))
    good = {"EarningsRateID": au.rate(), "NumberOfUnits": [1] * 7, "TrackingItemID": option}
    assert au.stored(au.element(TimesheetLines=[good]))["TimesheetLines"][0]["TrackingItemID"] == option


def test_one_bad_element_refuses_the_whole_array(au, emulator):
    answer = au.post(au.element(), au.element("Barney Billabong", units=[1] * 6))
    assert answer.status == 400 and answer.body["Type"] == "ValidationException"
    assert [len(each["ValidationErrors"]) for each in answer.body["Elements"]] == [0, 1]
    assert emulator.timesheets(AU) == [] and emulator.writes(tenant=AU) == []


def test_or_the_good_ones_are_stored_despite_the_400(au, emulator):
    emulator.configure(arrays="good_ones_stored")
    answer = au.post(au.element(), au.element("Barney Billabong", units=[1] * 6), au.element())
    assert [len(each["ValidationErrors"]) for each in answer.body["Elements"]] == [0, 1, 1]
    assert answer.status == 400
    assert [each["employee"] for each in emulator.timesheets(AU)] == [au.employee("Wanda Wattle")]


def test_an_array_that_cannot_be_read_stores_nothing_in_either_mode(au, emulator):
    emulator.configure(arrays="good_ones_stored")
    assert au.post(au.element(), au.element("Barney Billabong", StartDate="2026-11-02")).status == 400
    assert emulator.timesheets(AU) == []


def test_a_good_array_is_stored_in_one_call(au, emulator):
    before = len(emulator.requests)
    answer = au.post(au.element(), au.element("Barney Billabong"))
    assert len(answer.body["Timesheets"]) == 2 and len(emulator.requests) == before + 1


def test_lists_are_narrowed_by_where_time_and_page(au, emulator):
    first = au.stored()
    emulator.advance(60)
    au.stored(au.element("Barney Billabong", Status="APPROVED"))
    path = "/payroll.xro/1.0/Timesheets"
    drafts = au.get(path, where='Status=="DRAFT"').body["Timesheets"]
    assert [each["TimesheetID"] for each in drafts] == [first["TimesheetID"]]
    by_id = f'EmployeeID==Guid("{au.employee("Wanda Wattle")}") AND StartDate==DateTime(2026, 11, 2)'
    assert len(au.get(path, where=by_id).body["Timesheets"]) == 1
    late = au.get(path, headers={"If-Modified-Since": "2026-11-11T01:30:30+00:00"}).body["Timesheets"]
    assert [each["Status"] for each in late] == ["APPROVED"]
    emulator.configure(page_size=1)
    assert [len(au.get(path, page=number).body["Timesheets"]) for number in (1, 2, 3)] == [1, 1, 0]
    refused = au.get(path, where='hi=="x"')
    assert (refused.status, refused.body["ErrorNumber"]) == (400, 16)


def test_employees_calendars_pay_items_and_settings_are_shown(au, emulator):
    people = au.get("/payroll.xro/1.0/Employees").body["Employees"]
    assert [each["FirstName"] for each in people] == ["Wanda", "Barney", "Fern", "Max", "Nora"]
    assert "PayTemplate" not in people[0] and "PayrollCalendarID" not in people[4]
    whole = au.get(f"/payroll.xro/1.0/Employees/{people[0]['EmployeeID']}").body["Employees"][0]
    assert len(whole["PayTemplate"]["EarningsLines"]) == 4
    calendars = {each["Name"]: each for each in au.get("/payroll.xro/1.0/PayrollCalendars").body["PayrollCalendars"]}
    assert calendars["Weekly"]["StartDate"] == ms(date(2026, 11, 9))  # the week that runs now
    assert calendars["Weekly"]["ReferenceDate"] == ms(date(2024, 1, 1))
    rates = au.get("/payroll.xro/1.0/PayItems").body["PayItems"]["EarningsRates"]
    assert [each["EarningsType"] for each in rates][:2] == ["ORDINARYTIMEEARNINGS", "OVERTIMEEARNINGS"]
    assert "IsQualifyingEarnings" not in rates[4] and rates[4]["CurrentRecord"] is False
    settings = au.get("/payroll.xro/1.0/Settings").body["Settings"]
    assert settings["TrackingCategories"]["TimesheetCategories"]["TrackingCategoryName"] == "Crew"
    assert au.send("POST", "/payroll.xro/1.0/PayItems", []).status in (401, 501)


def test_refusals_come_as_xml_when_told_to(au, emulator):
    emulator.configure(first_errors="xml")
    answer = au.post(au.element(units=[1] * 3))
    assert (answer.status, answer.headers["Content-Type"]) == (400, "text/xml; charset=utf-8")
    assert b"Incorrect number of timesheet entries" in answer.raw


def test_a_terminated_employee_gets_no_later_timesheets(au, emulator):
    emulator.end_employment(AU, au.employee("Wanda Wattle"), "2026-10-30")
    assert au.post(au.element()).errors == ["The employee was terminated before this pay period"]
    whole = au.get(f"/payroll.xro/1.0/Employees/{au.employee('Wanda Wattle')}").body["Employees"][0]
    assert whole["Status"] == "TERMINATED"
    emulator.end_employment(AU, au.employee("Wanda Wattle"), "2026-11-03")
    assert au.post(au.element()).status == 200


def test_a_changed_calendar_changes_the_periods(au, emulator):
    emulator.change_calendar(AU, au.employee("Wanda Wattle"), au.calendar("Fortnightly"))
    assert au.post(au.element()).errors == ["The end date does not correspond with a pay period"]


def test_this_surface_is_not_there_for_other_regions(emulator):
    answer = Australia(emulator, NZ).get("/payroll.xro/1.0/Timesheets")
    assert (answer.status, answer.raw) == (404, b"The resource you're looking for cannot be found")
