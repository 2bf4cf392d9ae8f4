"""What goes out to each region and what is read back, against objects as Xero documents them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.xero_connector.planner.calendars import Period
from services.xero_connector.planner.compose import compose
from services.xero_connector.planner.rates import Links
from services.xero_connector.planner.timesheet import Timesheet
from services.xero_connector.planner.work import ORDINARY, OVERTIME
from services.xero_connector.regions import au1, dated, reading
from services.xero_connector.regions.dates import civil_date, milliseconds, ms_date
from services.xero_connector.regions.region import Can
from services.xero_connector.regions.registry import REGIONS, for_country
from services.xero_connector.statuses import PAY_RUN, PayRunStatus, TimesheetStatus, timesheet_status
from shared.kernel import canonical
from shared.kernel.errors import Invalid, Park, Unsupported
from tests.sizes import size
from tests.unit.xero.making import HOUR, LINKS, books, entry, sydney

NO_HOURS = Decimal("0.00")


def sheet(*work, **more) -> Timesheet:
    given = work or (entry("a", "2026-11-02", seconds=((ORDINARY, 27_360),)), entry("b", "2026-11-03", 7))
    known = books(links=Links(rates=LINKS.rates, tracking={"j1": "opt-1"}), **more)
    return compose(known, given, sydney).timesheets[0]


def units(*numbers):
    return [Decimal(number).quantize(Decimal("0.01")) for number in numbers]


# ---- Australia 1.0


def test_australia_sends_one_number_per_day_from_the_first_day_on():
    assert au1.to_payload(sheet(), "emp-1", None) == {
        "EmployeeID": "emp-1",
        "StartDate": "/Date(1793577600000+0000)/",
        "EndDate": "/Date(1794096000000+0000)/",
        "Status": "DRAFT",
        "TimesheetLines": [{"EarningsRateID": "rate-ord", "NumberOfUnits": units("7.6", 7, 0, 0, 0, 0, 0)}],
    }


def test_australia_names_the_timesheet_to_change_and_zeroes_what_it_had_before():
    held = {("ann", Period(date(2026, 11, 2), date(2026, 11, 8), "cal-week")): [("rate-ot", None), ("rate-ord", "opt-1")]}
    wire = au1.to_payload(sheet(held=held), "emp-1", "ts-1")
    assert wire["TimesheetID"] == "ts-1"
    assert [
        (line["EarningsRateID"], line.get("TrackingItemID"), sum(line["NumberOfUnits"])) for line in wire["TimesheetLines"]
    ] == [
        ("rate-ord", None, Decimal("14.60")),
        ("rate-ord", "opt-1", NO_HOURS),
        ("rate-ot", None, NO_HOURS),
    ]


def test_australia_withdraws_by_zeros():
    held = {("ann", Period(date(2026, 11, 2), date(2026, 11, 8), "cal-week")): [("rate-ord", None)]}
    wire = au1.REGION.to_retire(sheet(entry("a", "2026-11-02", deleted=True), held=held), "emp-1", "ts-1")
    assert wire["TimesheetLines"] == [{"EarningsRateID": "rate-ord", "NumberOfUnits": [NO_HOURS] * 7}]


def test_australia_approves_by_sending_everything_again():
    wire = au1.to_payload(sheet(), "emp-1", "ts-1")
    assert au1.approved(wire) == wire | {"Status": "APPROVED"}


def test_what_goes_out_has_numbers_and_no_nulls():
    for region in REGIONS.values():
        text = canonical.dumps(region.to_payload(sheet(), "emp-1", None)).decode()
        assert "7.60" in text
        assert "null" not in text


def test_an_australian_timesheet_is_read():
    remote = {
        "TimesheetID": "ts-1",
        "EmployeeID": "emp-1",
        "StartDate": "/Date(1793577600000+0000)/",
        "EndDate": "/Date(1794096000000+0000)/",
        "Status": "PROCESSED",
        "Hours": 14.6,
        "TimesheetLines": [{"EarningsRateID": "rate-ord", "NumberOfUnits": [Decimal("7.6"), 7, 0, 0, 0, 0, 0]}],
        "UpdatedDateUTC": "/Date(1573171200123+0000)/",
    }
    seen = au1.read_status(remote)
    assert (seen.external_id, seen.status, seen.order, seen.total) == ("ts-1", "processed", 1573171200123, Decimal("14.6"))
    assert seen.picture == au1.REGION.picture(au1.to_payload(sheet(), "emp-1", None))


# ---- 2.0


def test_the_others_send_dated_lines_and_no_zeros():
    work = (entry("a", "2026-11-02", 7, job="j1"), entry("b", "2026-11-03", seconds=((ORDINARY, HOUR), (OVERTIME, 10))))
    assert dated.to_payload(sheet(*work), "emp-1", None) == {
        "payrollCalendarID": "cal-week",
        "employeeID": "emp-1",
        "startDate": "2026-11-02",
        "endDate": "2026-11-08",
        "timesheetLines": [
            {"date": "2026-11-02", "earningsRateID": "rate-ord", "numberOfUnits": Decimal("7.00"), "trackingItemID": "opt-1"},
            {"date": "2026-11-03", "earningsRateID": "rate-ord", "numberOfUnits": Decimal("1.00")},
        ],
    }


def remote(*lines, **more):
    shown = [
        {"timesheetLineID": number, "date": f"{day}T00:00:00", "earningsRateID": rate, "numberOfUnits": given}
        for number, day, rate, given in lines
    ]
    head = {"timesheetID": "ts-1", "payrollCalendarID": "cal-week", "employeeID": "emp-1", "status": "Draft"}
    span = {"startDate": "2026-11-02T00:00:00", "endDate": "2026-11-08T00:00:00", "updatedDateUTC": "2026-11-09T01:02:03"}
    return head | span | {"timesheetLines": shown} | more


def test_a_dated_timesheet_is_read():
    seen = dated.read_status(remote(("1", "2026-11-02", "rate-ord", 7.6), ("2", "2026-11-03", "rate-ord", 7), status="Completed"))
    assert (seen.status, seen.total, seen.order) == ("processed", Decimal("14.6"), 1794186123000)
    assert seen.picture == dated.read_picture(dated.to_payload(sheet(), "emp-1", None))
    assert dated.read_status(remote(totalHours=Decimal("3.5"), timesheetLines=None)).total == Decimal("3.5")


def test_a_change_goes_line_by_line():
    there = remote(("1", "2026-11-02", "rate-ord", 8), ("2", "2026-11-04", "rate-ord", 5), ("3", "2026-11-02", "rate-ord", 8))
    steps = dated.edits(there, dated.to_payload(sheet(), "emp-1", "ts-1"))
    assert [(step.does, step.method, step.path) for step in steps] == [
        ("line_removed", "DELETE", "/Lines/2"),
        ("line_removed", "DELETE", "/Lines/3"),
        ("line_changed", "PUT", "/Lines/1"),
        ("line_added", "POST", "/Lines"),
    ]
    assert steps[2].body == {"date": "2026-11-02", "earningsRateID": "rate-ord", "numberOfUnits": Decimal("7.60")}
    assert (
        dated.edits(
            remote(("1", "2026-11-02", "rate-ord", 7.60), ("2", "2026-11-03", "rate-ord", 7)), dated.to_payload(sheet(), "e", "t")
        )
        == ()
    )


SOME_LINES = st.lists(st.tuples(st.integers(2, 8), st.sampled_from(("r1", "r2")), st.integers(1, 2400)), max_size=8)


@settings(max_examples=size("other_examples"))
@given(SOME_LINES, SOME_LINES, st.integers(0, 20))
def test_the_calls_of_a_change_lead_to_what_is_wanted_wherever_they_were_interrupted(before, after, stop):
    there = remote(*((str(n), f"2026-11-{day:02}", rate, Decimal(part)) for n, (day, rate, part) in enumerate(before)))
    wanted = {"timesheetLines": [{"date": f"2026-11-{day:02}", "earningsRateID": rate, "numberOfUnits": Decimal(part)}
              for (day, rate), part in {(day, rate): part for day, rate, part in after}.items()]}  # fmt: skip
    perform(there, dated.edits(there, wanted)[:stop])
    perform(there, dated.edits(there, wanted))
    found = sorted((line["date"][:10], line["earningsRateID"], line["numberOfUnits"]) for line in there["timesheetLines"])
    assert found == sorted((line["date"], line["earningsRateID"], line["numberOfUnits"]) for line in wanted["timesheetLines"])


def perform(there, steps):
    for step in steps:
        number = step.path.rpartition("/")[2]
        rest = [line for line in there["timesheetLines"] if line["timesheetLineID"] != number]
        new = (
            [{**step.body, "timesheetLineID": number if step.method == "PUT" else f"new{len(rest)}{step.body['date']}"}]
            if step.body
            else []
        )
        there["timesheetLines"] = rest + new


# ---- words, dates, calendars, rates


@pytest.mark.parametrize(
    ("word", "ours"),
    [
        ("DRAFT", "draft"), ("Draft", "draft"), ("REQUESTED", "requested"), ("Requested", "requested"), ("APPROVED", "approved"),
        ("Approved", "approved"), ("REJECTED", "rejected"), ("Declined", "rejected"),
        ("PROCESSED", "processed"), ("Completed", "processed"),
    ],
)  # fmt: skip
def test_a_status_in_our_words(word, ours):
    assert timesheet_status(word) == TimesheetStatus(ours)


def test_an_unknown_status_is_never_guessed():
    with pytest.raises(Park):
        timesheet_status("Pending")
    assert PAY_RUN == {"draft": PayRunStatus.DRAFT, "posted": PayRunStatus.POSTED}


def test_dates_in_both_spellings():
    assert ms_date(date(2019, 11, 8)) == "/Date(1573171200000+0000)/"
    assert (
        civil_date("/Date(1573171200000+0000)/")
        == civil_date("2019-11-08T00:00:00")
        == civil_date("2019-11-08")
        == date(2019, 11, 8)
    )
    assert civil_date("/Date(-86400000)/") == date(1969, 12, 31)
    assert milliseconds("2019-11-08 00:00:01.5") == 1573171201500
    with pytest.raises(Invalid):
        milliseconds("soon")


def test_a_calendar_is_read_from_both_versions():
    old = {
        "PayrollCalendarID": "c",
        "Name": "n",
        "CalendarType": "WEEKLY",
        "StartDate": "/Date(1573171200000+0000)/",
        "PaymentDate": None,
    }
    new = {"payrollCalendarID": "c", "name": "n", "calendarType": "Monthly", "periodStartDate": "2026-01-31T00:00:00"}
    assert (reading.calendar(old).start, reading.calendar(old).payment) == (date(2019, 11, 8), None)
    known = reading.calendar(new | {"periodEndDate": "2026-02-27T00:00:00", "paymentDate": "2026-03-02T00:00:00"})
    assert (known.type, known.start, known.end, known.payment) == (
        "Monthly",
        date(2026, 1, 31),
        date(2026, 2, 27),
        date(2026, 3, 2),
    )


def test_an_earnings_rate_is_read_from_both_versions():
    old = {
        "EarningsRateID": "r",
        "Name": "n",
        "EarningsType": "ORDINARYTIMEEARNINGS",
        "RateType": "RATEPERUNIT",
        "CurrentRecord": False,
    }
    new = {
        "earningsRateID": "r",
        "name": "n",
        "earningsType": "OvertimeEarnings",
        "rateType": "FixedAmount",
        "currentRecord": True,
    }
    assert (reading.earnings_rate(old).kind, reading.earnings_rate(old).active, reading.earnings_rate(old).hourly) == (
        "regular",
        False,
        True,
    )
    assert (reading.earnings_rate(new).kind, reading.earnings_rate(new).active, reading.earnings_rate(new).hourly) == (
        "overtime",
        True,
        False,
    )
    assert reading.earnings_rate({"earningsRateID": "r", "earningsType": "Backpay"}).kind == "other"


# ---- what regions can do


def test_a_region_follows_from_the_country_and_in_australia_from_the_version_chosen():
    assert [for_country(code).key for code in ("AU", "NZ", "GB")] == ["au1", "nz", "uk"]
    assert for_country("AU", "2.0").key == "au2"
    with pytest.raises(Unsupported):
        for_country("US")


def test_what_each_region_can_do():
    assert Can.DELETE not in au1.REGION.can
    assert Can.REVERT not in au1.REGION.can
    assert all(REGIONS[key].can >= {Can.APPROVE, Can.REVERT, Can.DELETE} for key in ("au2", "nz", "uk"))
    runs = {key: sorted(can for can in region.can if "pay_run" in can) for key, region in REGIONS.items()}
    assert runs == {
        "au1": [Can.CREATE_PAY_RUN, Can.POST_PAY_RUN],
        "au2": [Can.CREATE_PAY_RUN, Can.POST_PAY_RUN],
        "nz": [Can.CREATE_PAY_RUN],
        "uk": [],
    }
    assert REGIONS["uk"].rate_kinds == {"regular", "overtime"}
