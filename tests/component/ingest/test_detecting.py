"""A report without a declared layout: asked once what it leaves open, stored by its evidence, held against its own sums."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.component.ingest.conftest import Caller

OPEN = "Date;Person;Project;Duration\n01/02/2026;Ann Ames;Site;7,5\n02/02/2026;Ann Ames;Site;1,25\n"
ANSWERS = {"date_order": "D-M-Y", "unit": "h"}
SETTLED = "Date,Person,Client,Project,Hours,Rate,Currency\n"
ROWS = "31/01/2026,Ann Ames,Blue,Site,1.50,80.00,EUR\n02/02/2026,Bob Bell,Blue,Site,2.25,60.00,EUR\n"


@pytest.fixture(params=["sqlite"])
def backend(request: pytest.FixtureRequest) -> str:
    """Detection asks nothing of a database."""
    return str(request.param)


def _read(answer: dict[str, Any]) -> tuple[Any, ...]:
    totals = answer["totals"]
    return totals["new"], totals["seconds"], totals["from"], totals["to"]


def test_what_a_report_leaves_open_is_asked_and_nothing_is_stored(owner: Caller) -> None:
    asked = owner.imports(OPEN.encode(), status=409)
    assert sorted(one["topic"] for one in asked["questions"]) == ["date_order", "unit"]
    assert (asked["stored"], asked["problem"]["code"]) == (False, "questions_open")
    order = next(one for one in asked["questions"] if one["topic"] == "date_order")
    assert [(one["value"], one["example"]) for one in order["options"]] == [
        ("D-M-Y", "01/02/2026 is 1 February 2026"),
        ("M-D-Y", "01/02/2026 is 2 January 2026"),
    ]
    assert {"topic": "decimal", "value": ",", "evidence": "7,5 in row 2 has , before its decimals"} in asked["findings"]
    assert owner.told("GET", "/records?kind=person")["total"] == 0


def test_answers_store_the_report_and_later_ones_are_not_asked(owner: Caller) -> None:
    stored = owner.imports(OPEN.encode(), "zeiten.csv", answers=json.dumps(ANSWERS))
    assert _read(stored) == (2, 31500, "2026-02-01", "2026-02-02")
    assert stored["profile"] == "zeiten"
    later = OPEN.replace("01/02/2026", "03/02/2026").replace("02/02/2026", "04/02/2026")
    again = owner.imports(later.encode(), "april.csv")
    assert (_read(again), again["profile"]) == ((2, 31500, "2026-02-03", "2026-02-04"), "zeiten")
    american = OPEN.replace("02/02/2026", "02/13/2026")
    error = owner.imports(american.encode(), status=409)["error"]
    assert error["code"] == "profile_contradicted" and "02/13/2026" in error["message"]
    assert owner.told("GET", "/records?kind=time")["total"] == 4


def test_whose_work_a_profile_takes_it_for_is_said_each_time(owner: Caller) -> None:
    nameless = "Date;Project;Hours\n31/01/2026;Site;7,50\n"
    first = owner.imports(nameless.encode(), "hours.csv", answers='{"person": "Ann Ames"}')
    assert "person_of_profile" not in {one["code"] for one in first["warnings"]}  # it was just asked
    later = owner.imports(nameless.replace("31/01", "30/01").encode(), "bobs.csv")
    [said] = [one["text"] for one in later["warnings"] if one["code"] == "person_of_profile"]
    assert "Ann Ames" in said and "detect" in said
    anew = {"detect": "true", "answers": '{"person": "Bob Bell"}'}
    owner.imports(nameless.replace("31/01", "29/01").encode(), "bobs.csv", **anew)
    assert sorted(one["name"] for one in owner.told("GET", "/records?kind=person")["items"]) == ["Ann Ames", "Bob Bell"]


def test_looked_at_anew_a_report_mends_its_profile(owner: Caller) -> None:
    owner.imports(OPEN.encode(), "zeiten.csv", answers=json.dumps(ANSWERS))
    american = OPEN.replace("02/02/2026", "02/13/2026")
    answer = owner.imports(american.encode(), "other.csv", detect="true", answers='{"unit": "h"}', changes="accept")
    assert (answer["totals"]["from"], answer["totals"]["to"], answer["profile"]) == ("2026-01-02", "2026-02-13", "zeiten")
    assert len(owner.told("GET", "/import/profiles")["items"]) == 1


@pytest.mark.parametrize(
    "answers, code",
    [('{"unit": "days"}', "bad_answer"), ('{"person": "Ann"}', "unknown_question"), ("[]", "bad_answers"), ("{", "bad_json")],
)
def test_an_answer_that_fits_no_question_is_refused(owner: Caller, answers: str, code: str) -> None:
    assert owner.imports(OPEN.encode(), status=422, answers=answers)["error"]["code"] == code


def test_a_report_that_settles_everything_is_stored_at_once_with_its_evidence(owner: Caller) -> None:
    answer = owner.imports((SETTLED + ROWS).encode())
    assert _read(answer) == (2, 13500, "2026-01-31", "2026-02-02")
    [order] = [one for one in answer["findings"] if one["topic"] == "date_order"]
    assert order["evidence"] == "31/01/2026 stands in row 2, so dates are DD/MM/YYYY"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_our_own_layout_may_come_in_another_encoding(owner: Caller, encoding: str) -> None:
    text = "kind,date,duration,person,rate,currency\ntime,2026-03-31,1:30,Jörg Böhm,80,EUR\n"
    assert _read(owner.imports(text.encode(encoding)))[:2] == (1, 5400)
    assert [one["name"] for one in owner.told("GET", "/records?kind=person")["items"]] == ["Jörg Böhm"]


def test_a_preview_of_a_report_keeps_no_profile(owner: Caller) -> None:
    owner.imports((SETTLED + ROWS).encode(), preview="true")
    assert owner.told("GET", "/import/profiles")["items"] == []


@pytest.mark.parametrize("total", ["Total,,,,3.75,,", "Total,,,,3.76,,"])
def test_a_sum_of_the_report_that_is_ours_lets_it_in(owner: Caller, total: str) -> None:
    answer = owner.imports((SETTLED + ROWS + total + "\n").encode())
    assert (_read(answer)[1], answer["left_out"][0]["reason"]) == (13500, "total")
    assert [one["code"] for one in answer["warnings"] if one["code"].startswith("total")] == ["total_rounded"] * ("6" in total)


@pytest.mark.parametrize(
    "rows, total, ours, first, last",
    [
        (ROWS, "Total,,,,4.75,,", "3:45:00", 2, 3),
        (ROWS.replace("Bob Bell", "Ann Ames"), "Total,,,,3.25,,", "3:45:00", 2, 3),
    ],
)
def test_a_sum_of_the_report_that_is_not_ours_keeps_it_out(
    owner: Caller, rows: str, total: str, ours: str, first: int, last: int
) -> None:
    problem = owner.imports((SETTLED + rows + total + "\n").encode(), status=422)["problem"]
    assert problem["code"] == "totals_differ"
    [told] = problem["totals"]
    assert (told["row"], told["ours"], told["first"], told["last"]) == (4, ours, first, last)
    assert owner.told("GET", "/records?kind=time")["total"] == 0


def test_each_subtotal_is_held_against_its_own_rows(owner: Caller) -> None:
    rows = ROWS.splitlines(keepends=True)
    text = SETTLED + rows[0] + "Subtotal,,,,1.50,,\n" + rows[1] + "Subtotal,,,,9.00,,\n" + "Total,,,,3.75,,\n"
    [told] = owner.imports(text.encode(), status=422)["problem"]["totals"]
    assert (told["row"], told["stated"], told["ours"], told["first"], told["last"]) == (5, "9.00", "2:15:00", 4, 4)


def test_rows_of_the_same_number_in_two_tables_of_a_file_are_kept_apart(owner: Caller) -> None:
    entry = {"date": "2026-03-03", "person": "Ann Ames", "project": "Site"}
    office = [{**entry, "hours": "1.50"}, {**entry, "hours": "2.50"}]
    home = [{**entry, "minutes": "90"}, {**entry, "minutes": "30"}]  # the first as long as the office's first
    file = json.dumps({"office": office, "home": home}).encode()
    answer = owner.imports(file, "backup.json", answers='{"table": "all"}')
    assert _read(answer)[:2] == (4, 21600)
    assert {(row["table"], row["row"]) for row in answer["rows"]} == {("office", 2), ("office", 3), ("home", 2), ("home", 3)}
    assert owner.imports(file, "backup.json")["totals"]["unchanged"] == 4


def test_what_stands_above_the_table_is_read_anew_though_a_profile_knows_the_rest(owner: Caller) -> None:
    report = (
        "Employee: {}\nCurrency: {}\nPeriod: {}-03-01 - {}-03-31\n\n"
        "Date,Project,Duration,Amount\n05.03.,Site,1:00,40.00\n16.03.,Site,2:00,80.00\n"
    )
    owner.imports(report.format("Ann Ames", "EUR", 2026, 2026).encode(), "ann.csv")
    answer = owner.imports(report.format("Bob Bell", "USD", 2025, 2025).encode(), "bob.csv")
    assert (answer["profile"], *_read(answer)) == ("ann", 2, 10_800, "2025-03-05", "2025-03-16")
    entries = owner.told("GET", "/records?kind=time")["items"]
    assert sorted((one["date"], one["currency"]) for one in entries if one["date"] < "2026") == [
        ("2025-03-05", "USD"),
        ("2025-03-16", "USD"),
    ]
    assert sorted(one["name"] for one in owner.told("GET", "/records?kind=person")["items"]) == ["Ann Ames", "Bob Bell"]


REPORT = (
    "Employee: Ann Ames\nClient: Blue\nJob: Site\nCurrency: CAD\nPeriod: 2026-03-01 - 2026-03-31\n\n"
    "Date,Duration,Amount\n05.03.,1:00,{}40.00\n16.03.,2:00,{}80.00\n"
)


@pytest.mark.parametrize("sign", ["", "$"])
def test_what_the_last_report_said_of_itself_is_not_taken_for_one_that_does_not(owner: Caller, sign: str) -> None:
    report = REPORT.format(sign, sign)
    owner.imports(report.encode(), "ann.csv")
    assert owner.imports(report.encode(), "ann.csv")["totals"]["unchanged"] == 2
    for line in report.splitlines()[:5]:
        silent = report.replace(f"{line}\n", "").replace("05.03.", "06.03.")
        assert owner.imports(silent.encode(), "bob.csv", status=409)["error"]["code"] == "profile_contradicted", line
    assert owner.told("GET", "/records?kind=time")["total"] == 2


def test_a_sign_of_several_currencies_is_what_each_report_says(owner: Caller) -> None:
    owner.imports(REPORT.format("$", "$").encode(), "ann.csv")
    owner.imports(REPORT.format("$", "$").replace("CAD", "AUD").replace("2026", "2025").encode(), "ann.csv")
    entries = owner.told("GET", "/records?kind=time")["items"]
    assert {(one["date"][:4], one["currency"]) for one in entries} == {("2026", "CAD"), ("2025", "AUD")}


@pytest.mark.parametrize("kind", ["csv", "json"])
def test_decimals_contradict_a_profile_of_whole_minutes(owner: Caller, kind: str) -> None:
    def report(day: str, *lengths: str) -> bytes:
        if kind == "json":
            rows = [f'{{"date": "2026-03-{day}", "user": "Ann Ames", "job": "Site", "duration": {one}}}' for one in lengths]
            return f"[{', '.join(rows)}]".encode()
        return "\n".join(["Date,Person,Job,Duration", *(f"{day}/03/2026,Ann Ames,Site,{one}" for one in lengths), ""]).encode()

    assert owner.imports(report("16", "90", "45"), answers='{"unit": "min"}')["totals"]["seconds"] == 8_100
    assert owner.imports(report("17", "30.00"))["totals"]["seconds"] == 1_800
    for fields in ({}, {"partial": "true"}):
        error = owner.imports(report("18", "8", "7.25"), status=409, **fields)["error"]
        assert error["code"] == "profile_contradicted" and "row 3" in error["message"] and "7.25" in error["message"]
    assert owner.told("GET", "/records?kind=time")["total"] == 3


def test_minutes_with_decimals_from_the_start_are_not_asked_again(owner: Caller) -> None:
    report = "Date,Person,Job,Duration\n{}/03/2026,Ann Ames,Site,7.5\n"
    owner.imports(report.format(16).encode(), answers='{"unit": "min"}')
    assert owner.imports(report.format(17).encode())["totals"]["seconds"] == 450


def test_amounts_without_the_sign_that_a_profile_knows_are_in_no_known_currency(owner: Caller) -> None:
    report = "Date,Person,Job,Hours,Amount\n2026-03-{}0,Ann Ames,Site,1.50,{}12.50\n2026-03-{}1,Ann Ames,Site,0.50,{}7.50\n"
    owner.imports(report.format(1, "$", 1, "$").encode(), answers='{"currency": "CAD"}')
    for signs in ((2, "", 2, ""), (2, "$", 2, "")):
        error = owner.imports(report.format(*signs).encode(), status=409, partial="true")["error"]
        assert error["code"] == "profile_contradicted" and "no sign" in error["message"]
    assert owner.told("GET", "/records?kind=time")["total"] == 2


def test_rows_that_were_rejected_are_left_out_though_the_profile_has_met_none(owner: Caller) -> None:
    report = "Date,Person,Job,Hours,Status\n{0}/03/2026,Ann Ames,Site,1.50,Approved\n{0}/03/2026,Ann Ames,Site,2.25,{1}\n"
    assert owner.imports(report.format(16, "Approved").encode())["totals"]["new"] == 2
    answer = owner.imports(report.format(17, "Rejected").encode())
    assert (answer["read_by"], answer["totals"]["new"], answer["totals"]["seconds"]) == ("profile", 1, 5_400)
    assert "row 3 has Rejected as Status, so such rows are left out" in {one["evidence"] for one in answer["findings"]}


def test_an_answered_year_holds_for_a_year(owner: Caller, clock: Any) -> None:
    text = "Date,Person,Project,Hours\n{} Mar,Ann Ames,Site,1.50\n31 Mar,Ann Ames,Site,2.25\n"
    clock.now = clock.now.replace(year=2026, month=4, day=1)
    asked = owner.imports(text.format(2).encode(), status=409)
    assert [one["id"] for one in asked["questions"]] == ["year"]
    first = owner.imports(text.format(2).encode(), answers='{"year": "2026"}')
    assert _read(first) == (2, 13500, "2026-03-02", "2026-03-31")
    clock.now = clock.now.replace(month=5)
    april = owner.imports(text.format(9).replace("31 Mar", "30 Apr").replace("Mar", "Apr").encode())
    assert (_read(april)[2:], april["read_by"]) == (("2026-04-09", "2026-04-30"), "profile")
    clock.now = clock.now.replace(year=2027)
    assert [one["id"] for one in owner.imports(text.format(9).encode(), status=409)["questions"]] == ["year"]


@pytest.mark.parametrize("until, vanished", [("31/03/2026", 1), ("29/03/2026", 0)])
def test_a_period_that_the_report_states_is_covered_to_its_last_day(owner: Caller, until: str, vanished: int) -> None:
    """Without it nobody could say whether the report goes as far as the 30th."""
    head = f"Work report,,,\nPeriod: 01/03/2026 - {until},,,\nDate,Person,Project,Hours\n"
    row = "{}/03/2026,Ann Ames,Site,1.50\n"
    owner.imports((head.replace(until, "31/03/2026") + row.format(17) + row.format(18) + row.format(30)).encode())
    answer = owner.imports((head + row.format(17) + row.format(18)).encode(), preview="true")
    assert answer["difference"]["counts"]["vanished"] == vanished
