"""Timesheets out of approved work: who, when, at which rate, and what is left out and why."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from services.xero_connector.planner.calendars import Calendar, Period, period_of
from services.xero_connector.planner.compose import compose, reasons
from services.xero_connector.planner.overtime import Rule, Tier
from services.xero_connector.planner.rates import Links
from services.xero_connector.planner.work import ORDINARY, OVERTIME
from tests.unit.xero.making import HOUR, LINKS, WEEK, books, employee, entry, linked, shift, sydney

FIRST = period_of(WEEK, date(2026, 11, 2))
SECOND = period_of(WEEK, date(2026, 11, 9))


def run(work, known=None, **more):
    return compose(known or books(), work, sydney, **more)


def lines(sheet):
    return [(line.date.isoformat(), line.rate, str(line.units)) for line in sheet.lines]


def codes(result):
    return sorted({one.code for one in result.left_out})


def closed_first(person, period):
    return period == FIRST


def test_a_week_becomes_one_timesheet_of_the_whole_period():
    (sheet,) = run([entry("a", "2026-11-02"), entry("b", "2026-11-04", 7)]).timesheets
    assert (sheet.person, sheet.period) == ("ann", Period(date(2026, 11, 2), date(2026, 11, 8), "cal-week"))
    assert lines(sheet) == [("2026-11-02", "rate-ord", "8.00"), ("2026-11-04", "rate-ord", "7.00")]
    assert sheet.hours == Decimal("15.00")
    assert sheet.residue == (("rate-ord", 0),)


def test_the_same_work_gives_the_same_timesheet_in_any_order():
    work = [
        entry("a", "2026-11-02"),
        entry("b", "2026-11-04", 7),
        entry("c", "2026-11-10"),
        entry("d", "2026-11-02", person="bob"),
    ]
    assert run(work).timesheets == run(work[::-1]).timesheets
    assert len({sheet.id for sheet in run(work).timesheets}) == 3


def test_a_shift_over_the_end_of_a_period_is_paid_in_both():
    one, two = run([shift("a", "2026-11-08T22:00", "2026-11-09T06:00", "Australia/Sydney")]).timesheets
    assert (lines(one), lines(two)) == ([("2026-11-08", "rate-ord", "2.00")], [("2026-11-09", "rate-ord", "6.00")])


def test_units_are_rounded_once_per_rate_and_the_residue_is_shown():
    seconds = ((ORDINARY, 1200), (OVERTIME, 1199))
    (sheet,) = run([entry(day, f"2026-11-0{day}", seconds=seconds) for day in "234"]).timesheets
    by_rate = {rate: [str(line.units) for line in sheet.lines if line.rate == rate] for rate in ("rate-ord", "rate-ot")}
    assert by_rate == {"rate-ord": ["0.34", "0.33", "0.33"], "rate-ot": ["0.34", "0.33", "0.33"]}
    assert sheet.residue == (("rate-ord", 0), ("rate-ot", -3))


def test_kinds_that_share_a_rate_share_a_line():
    known = books(links=linked(travel="rate-ord"))
    (sheet,) = run([entry("a", "2026-11-02", seconds=((ORDINARY, 4 * HOUR), ("travel", HOUR)))], known).timesheets
    assert [(line.kinds, line.seconds) for line in sheet.lines] == [((ORDINARY, "travel"), 5 * HOUR)]


# ---- which rate


@pytest.mark.parametrize(
    ("links", "own", "rate"),
    [
        (linked(), None, "rate-ord"),
        (linked(), "rate-senior", "rate-senior"),
        (linked(t1__ordinary="rate-night"), "rate-senior", "rate-night"),
        (linked(t1__ordinary="rate-night", j1__ordinary="rate-tool"), "rate-senior", "rate-tool"),
        (linked(j1__ordinary="rate-tool", ann__ordinary="rate-ot"), "rate-senior", "rate-ot"),
    ],
)
def test_the_more_specific_rate_wins(links, own, rate):
    known = books(links=links, employees={"ann": employee(ordinary_rate=own)})
    (sheet,) = run([entry("a", "2026-11-02", job="j1", tags=("t0", "t1"))], known).timesheets
    assert sheet.lines[0].rate == rate


def test_an_unmapped_kind_is_a_problem_and_never_ordinary():
    known = books(employees={"ann": employee(ordinary_rate="rate-senior")})
    result = run([entry("a", "2026-11-02", seconds=((ORDINARY, HOUR), ("overtime:2", HOUR)))], known)
    assert result.timesheets == []
    assert {(one.kind, one.code) for one in result.left_out} == {
        (ORDINARY, "timesheet_incomplete"),
        ("overtime:2", "rate_unmapped"),
    }


def test_tags_that_disagree_are_a_problem():
    known = books(links=linked(t1__ordinary="rate-night", t2__ordinary="rate-senior"))
    assert codes(run([entry("a", "2026-11-02", tags=("t1", "t2"))], known)) == ["rate_ambiguous"]


def test_a_jobs_tracking_option_keeps_its_hours_apart():
    known = books(links=Links(rates=LINKS.rates, tracking={"j1": "opt-1"}))
    (sheet,) = run([entry("a", "2026-11-02", 3, job="j1"), entry("b", "2026-11-02", 4)], known).timesheets
    assert [(line.tracking, str(line.units)) for line in sheet.lines] == [(None, "4.00"), ("opt-1", "3.00")]


# ---- preflight


@pytest.mark.parametrize(
    ("known", "code"),
    [
        (books(employees={}), "not_linked"),
        (books(employees={"ann": employee(active=False)}), "employee_inactive"),
        (books(employees={"ann": employee(calendars=())}), "no_calendar"),
        (books(calendars={}), "calendar_gone"),
        (books(calendars={"cal-week": replace(WEEK, type="ANNUAL")}), "calendar_unsupported"),
        (books(rates={}), "rate_gone"),
        (books(links=linked(ordinary="rate-old")), "rate_inactive"),
        (books(links=linked(ordinary="rate-flat")), "rate_not_for_timesheets"),
        (books(links=linked(ordinary="rate-tool"), rate_kinds=frozenset({"regular", "overtime"})), "rate_not_for_timesheets"),
        (books(employees={"ann": employee(template=frozenset({"rate-ot"}))}), "rate_not_on_template"),
        (books(closed=lambda person, period: True), "no_open_period"),
        (books(employees={"ann": employee(started=date(2026, 11, 3))}), "outside_employment"),
        (books(employees={"ann": employee(ended=date(2026, 11, 1))}), "outside_employment"),
    ],
)
def test_each_refusal_names_person_reason_and_remedy(known, code):
    result = run([entry("a", "2026-11-02")], known)
    (left,) = result.left_out
    assert (left.person, left.code, left.seconds, result.timesheets) == ("ann", code, 8 * HOUR, [])
    assert left.cause
    assert left.remedy


def test_one_bad_employee_never_blocks_another():
    known = books(employees={"bob": employee("emp-bob")})
    result = run([entry("a", "2026-11-02"), entry("b", "2026-11-02", person="bob")], known)
    assert [sheet.person for sheet in result.timesheets] == ["bob"]
    assert reasons(result.left_out) == {("ann", None, "not_linked"): 8 * HOUR}


def test_one_bad_period_does_not_block_the_next():
    bad = entry("a", "2026-11-02", seconds=(("travel", HOUR),))
    result = run([bad, entry("b", "2026-11-09")])
    assert [sheet.period for sheet in result.timesheets] == [SECOND]
    assert result.left_out[0].period == FIRST


def test_employment_that_begins_inside_a_period_still_gets_the_whole_period():
    known = books(employees={"ann": employee(started=date(2026, 11, 4), ended=date(2026, 11, 5))})
    result = run([entry(day, f"2026-11-0{day}") for day in "23456"], known)
    assert lines(result.timesheets[0]) == [("2026-11-04", "rate-ord", "8.00"), ("2026-11-05", "rate-ord", "8.00")]
    assert result.timesheets[0].period == FIRST
    assert codes(result) == ["outside_employment"]


def test_a_timesheet_of_seconds_alone_is_left_out():
    result = run([entry("a", "2026-11-02", seconds=((ORDINARY, 17),))])
    assert (result.timesheets, codes(result)) == ([], ["nothing_to_pay"])


# ---- late work, corrections, calendars that change


def test_late_work_goes_into_the_next_open_period_and_is_shown():
    (sheet,) = run([entry("a", "2026-11-04", 3), entry("b", "2026-11-10")], books(closed=closed_first)).timesheets
    assert lines(sheet) == [("2026-11-09", "rate-ord", "3.00"), ("2026-11-10", "rate-ord", "8.00")]
    (moved,) = sheet.moved
    assert (moved.entry, moved.worked, moved.paid, moved.seconds) == ("a", date(2026, 11, 4), date(2026, 11, 9), 3 * HOUR)


def processed(work, **more):
    """The allocations of a first week that was composed and then processed."""
    return run(work, **more).allocations


def test_nothing_is_paid_twice_once_its_period_is_processed():
    work = [entry("a", "2026-11-04")]
    result = run(work, books(closed=closed_first), paid=processed(work))
    assert (result.timesheets, result.allocations, result.left_out) == ([], [], [])


def test_what_an_entry_grew_by_after_it_was_processed_is_late_work():
    paid = processed([entry("a", "2026-11-04", 8)])
    (sheet,) = run([entry("a", "2026-11-04", 9, revision=2)], books(closed=closed_first), paid=paid).timesheets
    assert lines(sheet) == [("2026-11-09", "rate-ord", "1.00")]


def test_what_an_entry_shrank_by_is_taken_from_days_that_have_it():
    paid = processed([entry("a", "2026-11-04", 8)])
    work = [entry("a", "2026-11-04", 3, revision=2), entry("b", "2026-11-10", 4), entry("c", "2026-11-11", 8)]
    result = run(work, books(closed=closed_first), paid=paid)
    assert lines(result.timesheets[0]) == [("2026-11-10", "rate-ord", "0.00"), ("2026-11-11", "rate-ord", "7.00")]
    assert [(one.entry, one.seconds, one.line_date.day) for one in result.allocations if one.entry == "a"] == [
        ("a", -4 * HOUR, 10),
        ("a", -1 * HOUR, 11),
    ]


def test_a_negative_net_is_held_back_and_stays_owed():
    paid = processed([entry("a", "2026-11-04", 8)])
    travel = entry("t", "2026-11-10", seconds=(("travel", HOUR),))
    work = [entry("a", "2026-11-04", deleted=True, revision=2), entry("b", "2026-11-10", 3), travel]
    links = linked(travel="rate-senior")
    result = run(work, books(closed=closed_first, links=links), paid=paid)
    assert [(one.code, one.seconds) for one in result.left_out] == [("negative_net", -5 * HOUR)]
    assert lines(result.timesheets[0]) == [("2026-11-10", "rate-ord", "0.00"), ("2026-11-10", "rate-senior", "1.00")]
    later = books(closed=lambda person, period: period in (FIRST, SECOND), links=links)
    again = run([*work, entry("c", "2026-11-18", 7)], later, paid=[*paid, *result.allocations])
    assert lines(again.timesheets[0]) == [("2026-11-18", "rate-ord", "2.00")]


def test_what_nets_to_nothing_waits_for_the_next_timesheet():
    paid = processed([entry("a", "2026-11-04", 3)])
    work = [entry("a", "2026-11-04", deleted=True, revision=2), entry("b", "2026-11-10", 3)]
    result = run(work, books(closed=closed_first), paid=paid)
    assert (result.timesheets, codes(result)) == ([], ["nothing_to_pay"])


def test_corrections_are_netted_by_day_and_a_day_below_zero_is_held_back_whole():
    work = [entry("a", "2026-11-02"), entry("b", "2026-11-02", -2), entry("c", "2026-11-03", 1), entry("d", "2026-11-03", -2)]
    result = run(work)
    assert lines(result.timesheets[0]) == [("2026-11-02", "rate-ord", "6.00")]
    assert {(one.entry, one.code) for one in result.left_out} == {("c", "negative_net"), ("d", "negative_net")}


def test_another_link_for_a_kind_of_pay_leaves_what_is_processed_alone():
    paid = processed([entry("a", "2026-11-04", 8)])
    known = books(closed=closed_first, links=linked(ordinary="rate-senior"))
    assert run([entry("a", "2026-11-04", 8, revision=2)], known, paid=paid).timesheets == []
    (grown,) = run([entry("a", "2026-11-04", 9, revision=2)], known, paid=paid).timesheets
    assert lines(grown) == [("2026-11-09", "rate-senior", "1.00")]
    shrunk = run([entry("a", "2026-11-04", 7, revision=2), entry("b", "2026-11-10", 4)], known, paid=paid)
    assert [(one.code, one.seconds) for one in shrunk.left_out] == [("negative_net", -HOUR)]  # it was paid at another rate


def test_another_job_for_processed_work_is_corrected_whole_or_not_at_all():
    paid = processed([entry("a", "2026-11-04", 8)])
    known = books(closed=closed_first, links=linked(j1__ordinary="rate-senior"))
    moved = entry("a", "2026-11-04", 8, job="j1", revision=2)
    (sheet,) = run([moved, entry("b", "2026-11-10", 10)], known, paid=paid).timesheets
    assert lines(sheet) == [("2026-11-09", "rate-senior", "8.00"), ("2026-11-10", "rate-ord", "2.00")]
    short = run([moved, entry("b", "2026-11-10", 6)], known, paid=paid)
    assert lines(short.timesheets[0]) == [("2026-11-10", "rate-ord", "6.00")]
    assert sorted((one.code, one.seconds) for one in short.left_out) == [("negative_net", -8 * HOUR), ("negative_net", 8 * HOUR)]


def test_moving_processed_work_to_another_person_corrects_both():
    paid = processed([entry("a", "2026-11-04", 8)])
    work = [entry("a", "2026-11-04", 8, person="bob", revision=2), entry("b", "2026-11-10", 10)]
    sheets = {sheet.person: sheet for sheet in run(work, books(closed=closed_first), paid=paid).timesheets}
    assert str(sheets["ann"].hours) == "2.00"
    assert lines(sheets["bob"]) == [("2026-11-09", "rate-ord", "8.00")]


def test_withdrawing_an_approval_leaves_what_is_processed_alone_until_it_is_decided():
    paid = processed([entry("a", "2026-11-04", 8)])
    result = run([entry("a", "2026-11-04", 8, approved=False, revision=2)], books(closed=closed_first), paid=paid)
    assert (result.timesheets, result.left_out) == ([], [])


def test_work_before_a_change_of_calendar_goes_into_the_new_calendars_next_open_period():
    """The books know today's calendar only; a timesheet for the old one's period would be refused."""
    monthly = Calendar(id="cal-month", name="Monthly", type="MONTHLY", start=date(2026, 11, 1))
    moved = employee(calendars=((None, "cal-week"), (date(2026, 11, 5), "cal-month")))
    known = books(employees={"ann": moved}, calendars={"cal-week": WEEK, "cal-month": monthly})
    (sheet,) = run([entry("a", "2026-11-03", 2), entry("b", "2026-11-05", 8)], known).timesheets
    assert sheet.period == Period(date(2026, 11, 1), date(2026, 11, 30), "cal-month")
    assert lines(sheet) == [("2026-11-01", "rate-ord", "2.00"), ("2026-11-05", "rate-ord", "8.00")]
    assert [one.entry for one in sheet.moved] == ["a"]


# ---- what was composed before


def test_a_timesheet_that_nothing_fills_any_more_is_withdrawn():
    known = books(held={("ann", FIRST): [("rate-ord", None)], ("bob", FIRST): [("rate-ord", None)]})
    before = run([entry("a", "2026-11-02")]).timesheets[0]
    (sheet,) = run([entry("a", "2026-11-02", deleted=True)], known).timesheets
    assert (sheet.id, sheet.withdrawn, sheet.lines, sheet.dropped) == (before.id, True, (), (("rate-ord", None),))


def test_a_timesheet_whose_work_has_a_problem_stays_as_it_was():
    held = {("ann", FIRST): [("rate-ord", None)]}
    for known in (
        books(held=held, employees={}),
        books(held=held, links=Links(rates={}, tracking={})),
        books(held=held, calendars={}),
    ):
        assert run([entry("a", "2026-11-02")], known).timesheets == []


def test_a_rate_that_an_earlier_version_had_is_remembered():
    known = books(held={("ann", FIRST): [("rate-ot", None), ("rate-ord", None)]})
    (sheet,) = run([entry("a", "2026-11-02")], known).timesheets
    assert sheet.dropped == (("rate-ot", None),)


def test_a_rule_for_overtime_changes_the_lines_and_shows_its_effect():
    rule = Rule(daily=(Tier(8 * HOUR, OVERTIME),))
    result = run([entry("a", "2026-11-02", 10)], rule=rule)
    assert lines(result.timesheets[0]) == [("2026-11-02", "rate-ord", "8.00"), ("2026-11-02", "rate-ot", "2.00")]
    assert [effect.date for effect in result.effects] == [date(2026, 11, 2)]
