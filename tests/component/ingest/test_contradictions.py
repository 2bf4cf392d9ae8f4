"""A profile is held against what each later file shows of itself: what it would misread is refused whole, not taken."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from tests.component.ingest.conftest import Caller
from tests.component.sources.spreadsheet import Formula, Shown, workbook

TIMED = "Date,Person,Project,Start,End,Duration,Break\n"
FIRST = "16/03/2026,Ann Ames,Site,{}\n17/03/2026,Ann Ames,Site,{}\n"
LATER = "18/03/2026,Ann Ames,Site,{}\n19/03/2026,Ann Ames,Site,{}\n"
HALVES = "Date,Person,Project,Start,End\n"
KINDS = "Date,Person,Kind,Hours,Amount,Currency\n"


@pytest.fixture(params=["sqlite"])
def backend(request: pytest.FixtureRequest) -> str:
    """Nothing here asks a database for more than a profile."""
    return str(request.param)


def _file(head: str, rows: str, *values: str) -> bytes:
    return (head + rows.format(*values)).encode()


MISREAD: dict[str, Any] = {
    # what: (header, answers, the confirmed file's rows, rows that fit, rows that do not, part of the reason)
    "minutes, then hours": (
        TIMED,
        {"unit": "min"},
        (",,90,", ",,45,"),
        (",,30,", ",,60,"),
        ("08:00,16:00,8,", "08:00,12:00,4,"),
        "8 in row 2 agrees with its start and end in hours",
    ),
    "hours, then minutes": (
        TIMED,
        {},
        ("08:00,16:00,8,", "08:00,12:00,4,"),
        ("08:00,10:00,2,", ",,3,"),
        ("08:00,09:00,60,", ",,45,"),
        "60 in row 2 agrees with its start and end in minutes",
    ),
    "a break in minutes, then in hours": (
        TIMED,
        {"unit:break": "min", "break": "excluded"},
        (",,4:00,30", ",,4:00,15"),
        ("08:00,12:30,4:00,30", "08:00,12:15,4:00,15"),
        ("08:00,13:00,4:00,1", "08:00,14:00,4:00,2"),
        "1 in row 2 agrees with its start and end in hours",
    ),
    "without the break, then with it": (
        TIMED,
        {"break": "excluded"},
        (",,8:00,0:30", ",,7:30,0:30"),
        (",,4:00,0:15", ",,4:00,0:30"),
        ("08:00,16:00,8:00,0:30", "08:00,15:00,7:00,0:30"),
        "agree with the break included",
    ),
    "a clock of twelve, then one of twenty-four": (
        HALVES,
        {"clock": "12"},
        ("9:00,5:00", "8:30,4:30"),
        ("10:00,4:00", "9:00,11:00"),
        ("9:00,5:00", "8:00,21:00"),
        "21:00 is of a clock of 24 hours",
    ),
    "decimal commas, then points": (
        TIMED,
        {"decimal": ",", "unit": "h"},
        (',,"1,500",', ',,"2,250",'),
        (',,"1,750",', ',,"0,250",'),
        ('08:00,09:30,"1.500",', '08:00,10:15,"2.250",'),
        "1.500 in row 2 has . before its decimals",
    ),
    "no breaks, then some": (
        TIMED,
        {},
        ("08:00,12:00,,", "08:00,10:00,,"),
        ("08:00,09:00,,", "08:00,11:00,,"),
        ("08:00,12:00,,0:30", "08:00,10:00,,"),
        "its rows say their break in the column Break, which it does not read",
    ),
    "one currency for all, then one in each row": (
        "Date,Person,Project,Hours,Rate,Currency\n",
        {"currency": "EUR"},
        ("1.50,40.00,", "2.50,40.00,"),
        ("3.50,40.00,", "2.25,40.00,"),
        ("1.50,40.00,EUR", "2.00,40.00,USD"),
        "its rows say their currency in the column Currency",
    ),
    "pay of an hour, then of the entry": (
        "Date,Person,Project,Hours,Pay,Currency\n",
        {"pay": "rate"},
        ("1.50,40.00,EUR", "2.00,40.00,EUR"),
        ("3.00,40.00,EUR", "2.00,40.00,EUR"),
        ("1.50,60.00,EUR", "2.00,80.00,EUR"),
        "60.00 in row 2 and 80.00 in row 3 come to the same for an hour",
    ),
    "only time, then expenses too": (
        KINDS,
        {},
        ("x,1.5,,EUR", "y,2.5,,EUR"),
        ("x,0.5,,EUR", "y,0.25,,EUR"),
        ("Work,1.5,,EUR", "Expense,2.5,7.00,EUR"),
        "the column Kind names it in each row",
    ),
}


@pytest.mark.parametrize("what", MISREAD)
def test_what_the_rows_themselves_show_contradicts_a_profile(owner: Caller, what: str) -> None:
    head, answers, first, fits, misread, reason = MISREAD[what]
    rows = FIRST if head is not KINDS else "16/03/2026,Ann Ames,{}\n17/03/2026,Ann Ames,{}\n"
    owner.imports(_file(head, rows, *first), answers=json.dumps(answers))
    later = rows.replace("16/", "18/").replace("17/", "19/")
    assert owner.imports(_file(head, later, *fits))["read_by"] == "profile"
    error = owner.imports(_file(head, rows.replace("16/", "20/").replace("17/", "21/"), *misread), status=409, partial="true")[
        "error"
    ]
    assert error["code"] == "profile_contradicted"
    assert reason in error["message"]
    assert owner.told("GET", "/records?kind=time")["total"] == 4


def test_an_order_of_dates_that_a_weekday_beside_them_shows_contradicts_a_profile(owner: Caller) -> None:
    report = "Date,Weekday,Person,Project,Hours\n{},Ann Ames,Site,1.50\n"
    owner.imports(report.format("01/04/2026,").encode(), answers='{"date_order": "D-M-Y"}')
    assert owner.imports(report.format("02/04/2026,Thursday").encode())["totals"]["from"] == "2026-04-02"
    error = owner.imports(report.format("04/03/2026,Friday").encode(), status=409)["error"]
    assert error["code"] == "profile_contradicted" and "Friday stands beside Date in row 2" in error["message"]


def test_an_order_of_dates_that_the_period_above_shows_contradicts_a_profile(owner: Caller) -> None:
    report = "{}\nDate,Person,Project,Hours\n{},Ann Ames,Site,1.50\n"
    owner.imports(report.format("", "01/04/2026").encode(), answers='{"date_order": "D-M-Y"}')
    error = owner.imports(report.format("Period: 2026-04-01 - 2026-04-30", "04/03/2026").encode(), status=409)["error"]
    assert error["code"] == "profile_contradicted" and "the period 2026-04-01 to 2026-04-30" in error["message"]


def test_dates_that_a_spreadsheet_may_have_turned_are_not_taken_by_a_profile(owner: Caller) -> None:
    def report(*days: Any) -> bytes:
        return workbook([["Date", "Person", "Project", "Duration"], *([day, "Ann Ames", "Site", "1:00"] for day in days)])

    owner.imports(report(date(2026, 3, 4), "31/03/2026"), "report.xlsx", answers='{"date_order:mixed": "right"}')
    assert owner.imports(report(date(2026, 5, 14)), "report.xlsx")["totals"]["new"] == 1
    error = owner.imports(report(date(2026, 4, 3), "31/03/2026"), "report.xlsx", status=409)["error"]
    assert error["code"] == "profile_contradicted" and "it may have turned day and month" in error["message"]


def test_a_rate_that_nobody_computed_is_not_none_to_a_profile(owner: Caller) -> None:
    def report(day: int, rate: Any) -> bytes:
        head = ["Date", "Person", "Project", "Duration", "Rate", "Currency"]
        return workbook([head, [date(2026, 3, day), "Ann Ames", "Site", "1:00", rate, "EUR"]])

    owner.imports(report(16, Formula("20*2", Decimal(40))), "report.xlsx")
    error = owner.imports(report(17, Formula("20*2", None)), "report.xlsx", status=409)["error"]
    assert error["code"] == "profile_contradicted" and "formula without a result in the column Rate" in error["message"]


BREAKS = "Date,Person,{0},Duration\n{1}/03/2026,Ann Ames,{2},1:30\n{1}/03/2026,Ann Ames,{3},0:30\n"


@pytest.mark.parametrize("column, word", [("Task", "Lunch"), ("Project", "break"), ("Notes", "Pause"), ("Type", "Unpaid break")])
def test_breaks_are_left_out_though_the_profile_has_met_none(owner: Caller, column: str, word: str) -> None:
    owner.imports(BREAKS.format(column, 16, "Roof", "Wall").encode())
    answer = owner.imports(BREAKS.format(column, 17, "Roof", word).encode())
    assert (answer["read_by"], answer["totals"]["new"], answer["totals"]["seconds"]) == ("profile", 1, 5_400)


def test_breaks_in_one_of_several_tables_contradict_a_profile_that_has_met_none(owner: Caller) -> None:
    def report(day: int, task: str) -> bytes:
        office = {"date": f"2026-03-{day}", "person": "Ann Ames", "task": task, "hours": "1.50"}
        home = {"date": f"2026-03-{day}", "person": "Bob Bell", "task": "Wall", "minutes": "90"}
        return json.dumps({"office": [office], "home": [home]}).encode()

    owner.imports(report(16, "Roof"), "backup.json", answers='{"table": "all"}')
    assert owner.imports(report(17, "Roof"), "backup.json")["read_by"] == "profile"
    error = owner.imports(report(18, "Break"), "backup.json", status=409)["error"]
    assert error["code"] == "profile_contradicted" and "breaks" in error["message"]


def test_kinds_that_a_profile_knows_are_no_news_to_it(owner: Caller) -> None:
    rows = "{0}/03/2026,Ann Ames,Work,1.5,,EUR\n{0}/03/2026,Ann Ames,Pause,0.5,,EUR\n{0}/03/2026,Ann Ames,Expense,,7.00,EUR\n"
    for day in (16, 17):
        answer = owner.imports((KINDS + rows.format(day)).encode())
        assert (answer["totals"]["new"], answer["totals"]["seconds"]) == (2, 5_400)
    assert answer["read_by"] == "profile"


def test_each_report_is_in_the_currency_that_its_own_cells_show(owner: Caller) -> None:
    def report(day: int, code: str) -> bytes:
        row = [date(2026, 3, day), "Ann Ames", "Site", "1:00", Shown("40.0")]
        return workbook([["Date", "Person", "Project", "Duration", "Rate"], row], formats=(code,))

    owner.imports(report(16, "[$KYD] 0.00"), "report.xlsx")
    assert owner.imports(report(17, "[$EUR] 0.00"), "report.xlsx")["read_by"] == "profile"
    entries = owner.told("GET", "/records?kind=time")["items"]
    assert {(one["date"], one["currency"]) for one in entries} == {("2026-03-16", "KYD"), ("2026-03-17", "EUR")}
    error = owner.imports(report(18, "0.00"), "report.xlsx", status=409)["error"]
    assert error["code"] == "profile_contradicted" and "does not say its currency" in error["message"]


def test_people_whom_the_rows_name_are_not_the_one_of_the_profile(owner: Caller) -> None:
    report = "Date,Person,Project,Hours\n{}/03/2026,{},Site,1.50\n"
    owner.imports(report.format(16, "").encode(), answers='{"person": "Ann Ames"}')
    assert owner.imports(report.format(17, "").encode())["read_by"] == "profile"
    error = owner.imports(report.format(18, "Bob Bell").encode(), status=409)["error"]
    assert error["code"] == "profile_contradicted" and "their person in the column Person" in error["message"]
