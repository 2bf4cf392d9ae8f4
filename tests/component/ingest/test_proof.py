"""Sums that a file states are held against its rows: as exactly as it writes them, and never over two currencies."""

from __future__ import annotations

import json
from typing import Any

import pytest

from services.ingest.imports.held import Place
from services.ingest.imports.proof import Compared, Proof
from services.ingest.imports.stated import Stated
from services.ingest.sources.detect.findings import LeftOut, StatedTotal
from services.ingest.sources.worklog.layout import OWN as OWN_LAYOUT
from services.ingest.sources.worklog.layout import Layout
from services.ingest.sources.worklog.normalize import RowResult, normalize_rows
from services.ingest.sources.worklog.read import rows
from services.ingest.sources.worklog.rows import Row
from tests.component.ingest.conftest import Caller

HEAD = "kind,date,duration,person,rate,currency,amount,distance,unit\n"
COLUMNS = {name: (name,) for name in HEAD.strip().split(",")}
HOURS = Layout(columns=COLUMNS, unit="h")
A, B = "time,2026-03-02,1.33,Ann,60,EUR,,,\n", "time,2026-03-03,2.67,Ann,60,EUR,,,\n"


def _total(column: str, value: str, *, row: int = 9, first: int = 2, last: int = 8) -> StatedTotal:
    return StatedTotal(column, value, row, "Total", first, last)


def _compared(text: str, *totals: StatedTotal, layout: Layout = HOURS, left_out: tuple[int, ...] = (), **how: Any) -> Compared:
    proof = Proof(totals, layout, left_out=(LeftOut("total", left_out, len(left_out), ""),), **how)
    for result in normalize_rows(rows((HEAD + text).encode(), "log.csv", layout), layout, "org", "worklog"):
        assert result.entry is not None, result.problem
        proof.add(Place("", result.row), result.entry)
    return proof.compare()


def _sorts(found: Compared) -> tuple[int, int, int]:
    return len(found.faults), len(found.rounded), len(found.not_compared)


@pytest.mark.parametrize(
    "value, sorts",
    [
        ("4.00", (0, 0, 0)),
        ("4.01", (0, 1, 0)),  # three halves of a hundredth, of two rows and of itself, are 0.015
        ("4.02", (1, 0, 0)),
        ("3.98", (1, 0, 0)),
        ("4", (0, 0, 0)),
        ("5", (0, 1, 0)),  # in whole hours three halves are an hour and a half
        ("6", (1, 0, 0)),
        ("4:00", (0, 0, 0)),
        ("4:02", (1, 0, 0)),
        ("4:00:01", (0, 1, 0)),
        ("4 h", (0, 0, 0)),
        ("many", (0, 0, 1)),
    ],
)
def test_a_stated_duration_may_differ_by_its_own_rounding(value: str, sorts: tuple[int, int, int]) -> None:
    assert _sorts(_compared(A + B, _total("duration", value))) == sorts


def test_a_stated_amount_is_of_time_and_expenses_together() -> None:
    text = A + B + "expense,2026-03-03,,Ann,,EUR,12.50,,\nmileage,2026-03-03,,Ann,0.30,EUR,,10,km\n"
    assert _sorts(_compared(text, _total("amount", "252.50"))) == (0, 0, 0)  # 79.80 + 160.20 + 12.50
    [fault] = _compared(text, _total("amount", "252.60")).faults
    assert (fault.ours, fault.told()["stated"]) == ("252.50 EUR", "252.60")
    assert _sorts(_compared(text, _total("distance", "10"))) == (0, 0, 0)
    assert _sorts(_compared(text, _total("distance", "12"))) == (1, 0, 0)


def test_a_sum_over_two_currencies_is_not_compared() -> None:
    assert _sorts(_compared(A + B.replace("EUR", "USD"), _total("amount", "240.00"))) == (0, 0, 1)


def test_each_sum_is_of_its_own_rows() -> None:
    each = (_total("duration", "1.33", first=2, last=2), _total("duration", "2.67", first=3, last=3))
    assert _sorts(_compared(A + B, *each, _total("duration", "4.00"))) == (0, 0, 0)
    [fault] = _compared(A + B, _total("duration", "2.67", first=2, last=2)).faults
    assert fault.ours == "1:19:48"


def test_a_sum_below_others_may_hold_the_tax_but_no_more_hours() -> None:
    below = {"left_out": (9, 10)}
    assert _sorts(_compared(A + B, _total("amount", "288.00", row=11), **below)) == (0, 0, 1)
    assert _sorts(_compared(A + B, _total("amount", "200.00", row=11), **below)) == (1, 0, 0)
    assert _sorts(_compared(A + B, _total("duration", "5.00", row=11), **below)) == (1, 0, 0)
    assert _sorts(_compared(A + B, _total("duration", "4.00", row=11, first=11), **below)) == (0, 0, 0)


def test_numbers_of_a_workbook_have_a_point_whatever_its_texts_have() -> None:
    comma = Layout(columns=COLUMNS, unit="h", decimal=",")
    text = "time,2026-03-02,\"1,5\",Ann,60,EUR,,,\n"
    assert _sorts(_compared(text, _total("duration", "1.5"), layout=comma, typed=True)) == (0, 0, 0)
    assert _sorts(_compared(text, _total("duration", "1,5"), layout=comma)) == (0, 0, 0)


def test_a_duration_that_includes_the_break_is_summed_with_it() -> None:
    columns = {**COLUMNS, "break": ("unit",)}
    gross = Layout(columns={name: header for name, header in columns.items() if name != "unit"}, unit="h", gross=True)
    text = "time,2026-03-02,8,Ann,60,EUR,,,0:30\n"
    assert _sorts(_compared(text, _total("duration", "8.00"), _total("break", "0:30"), layout=gross)) == (0, 0, 0)


OWN = "date,duration,person,rate,currency,amount\n2026-03-02,1:30,Ann,60,EUR,\n2026-03-03,2:00,Ann,60,EUR,\n"
LAID = {"columns": {"date": "Day", "person": "Who", "duration": "Time"}, "unit": "h", "totals": ["Summe", "Wk"]}
SENT = "Who,Day,Time\nAnn,2026-03-02,1.50\nWk 1,,{}\nAnn,2026-03-09,2.00\nWk 2,,{}\nSumme,,{}\n"


def _imports(owner: Caller, text: str, status: int, **fields: str) -> dict[str, Any]:
    answer: dict[str, Any] = owner.imports(text.encode(), status=status, **fields)
    return answer


@pytest.mark.parametrize("total", ["Total,3:30,,,,", "Gesamt,3:30,,,,210.00"])
def test_a_sum_in_our_own_layout_is_left_out_where_it_is_ours(owner: Caller, total: str) -> None:
    answer = _imports(owner, f"{OWN}{total}\n", 200)
    assert (answer["read_by"], answer["totals"]["new"], answer["totals"]["seconds"]) == ("own", 2, 12_600)


@pytest.mark.parametrize(
    "total, column, ours", [("Total,3:33,,,,", "duration", "3:30:00"), ("Sum,,,,,240.00", "amount", "210.00 EUR")]
)
def test_a_sum_in_our_own_layout_that_is_not_ours_keeps_the_file_out(owner: Caller, total: str, column: str, ours: str) -> None:
    [told] = _imports(owner, f"{OWN}{total}\n", 422)["problem"]["totals"]
    assert (told["row"], told["column"], told["ours"], told["first"], told["last"]) == (4, column, ours, 2, 3)
    assert owner.told("GET", "/records?kind=time")["total"] == 0


@pytest.mark.parametrize("sums, wrong", [("1.50 2.00 3.50", None), ("1.50 2.50 3.50", 5), ("1.50 2.00 5.50", 6)])
def test_sums_in_a_layout_that_was_sent_are_held_against_their_rows(owner: Caller, sums: str, wrong: int | None) -> None:
    answer = _imports(owner, SENT.format(*sums.split()), 422 if wrong else 200, layout=json.dumps(LAID))
    assert [one["row"] for one in (answer["problem"] or {"totals": []})["totals"]] == ([wrong] if wrong else [])


def test_a_layout_that_skips_a_sum_takes_the_rows_as_they_are(owner: Caller) -> None:
    skipping = {**LAID, "skip": [{"Who": "Summe"}]}
    assert _imports(owner, SENT.format("1.50", "2.00", "9.00"), 200, layout=json.dumps(skipping))["totals"]["new"] == 2


@pytest.mark.parametrize("number, held", [(2_000, 2_000), (2_001, 0)])
def test_of_more_sums_than_memory_should_hold_none_is_held_against_the_rows(number: int, held: int) -> None:
    stated = Stated(OWN_LAYOUT, "")
    for at in range(number):
        line = ["Total", "1:00"]
        stated.note(Row(at + 2, {"date": "Total", "duration": "1:00"}, line=line), RowResult(at + 2, [], left_out="total"))
    assert len(stated.totals()) == held
