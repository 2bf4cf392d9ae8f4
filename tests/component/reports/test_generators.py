"""What the made reports are: enough of every kind, read by others as written, and ambiguous exactly where they say so."""

from __future__ import annotations

import io
import itertools
from datetime import date, datetime, time, timedelta
from decimal import Decimal

import pytest
from python_calamine import CalamineWorkbook

from tests.component.reports import write
from tests.component.reports.ambiguous import make
from tests.component.reports.biff import xls
from tests.component.reports.layouts import CASES
from tests.component.reports.locales import LOCALES
from tests.component.reports.plan import YEAR
from tests.component.reports.ways import OPEN, SETTLED

SHEET = [
    ["Datum", "Übung", "日", ""],
    [date(2026, 3, 2), time(9, 30), timedelta(hours=20, minutes=15), Decimal("12.5")],
    ["x", 3, datetime.fromisoformat("2026-03-02T08:15"), ""],
]


def test_there_are_enough_layouts_of_every_kind():
    assert len(CASES) >= 40
    assert len({case.name for case in CASES}) == len(CASES)
    assert {case.kind for case in CASES} == {"csv", "xlsx", "xls", "ods", "html", "sqlite", "json"}
    assert {case.language for case in CASES} >= {"en", "de", "fr", "es", "pt", "it", "nl", "ru", "ar", "ja"}
    assert {kind for case in CASES for kind in case.rows.split(", ")} == {"time", "expense", "mileage", "invoice"}
    assert len({locale.name for locale in LOCALES}) == 12


@pytest.mark.parametrize("writer", [xls, write.ods], ids=["xls", "ods"])
def test_a_workbook_is_read_as_it_was_written(writer):
    book = CalamineWorkbook.from_filelike(io.BytesIO(writer({"Eins": SHEET, "Zwei": [["q"]]})))
    assert book.sheet_names == ["Eins", "Zwei"]
    found = book.get_sheet_by_name("Eins").to_python()
    assert [*found[1][:2], found[1][3], *found[2]] == [date(2026, 3, 2), time(9, 30), 12.5, "x", 3, SHEET[2][2], ""]
    assert found[0] == SHEET[0]
    assert found[1][2] in (SHEET[1][2], time(20, 15))  # a duration below a day is a time of day in ODS


def test_every_way_to_settle_or_leave_open_occurs_and_half_of_the_files_are_settled():
    made = [make(number) for number in range(600)]
    assert sum(not each.open for each in made) == 300
    assert {(point, way) for each in made for point, way in each.settled.items()} == {
        (point, way) for point, ways in SETTLED.items() for way in ways
    }
    assert {point for each in made for point in each.open} == set(OPEN)


def test_the_same_number_and_seed_make_the_same_file():
    assert make(7).data == make(7).data != make(7, seed=2).data
    assert make(7, again=True).open == make(7).open


def test_an_open_order_of_dates_reads_otherwise_in_another_order():
    for each in map(make, range(300)):
        swapped = [_swapped(truth.day) for truth in each.truth]
        if "date_order" in each.open:
            assert all(swapped)
            assert swapped != [truth.day for truth in each.truth]
        elif each.settled["date_order"] == "day":
            assert not all(swapped)
        elif each.settled["date_order"] == "weekday":
            assert any(_weekday(other) != _weekday(truth.day) for other, truth in zip(swapped, each.truth, strict=True))


def _weekday(day: date | None) -> int | None:
    return day and day.weekday()


def _swapped(day: date) -> date | None:
    try:
        return date(YEAR, day.day, day.month)
    except ValueError:
        return None


def test_no_two_numbers_make_the_same_file():
    made = [make(number).data for number in range(300)]
    assert len(set(made)) > 295
    assert not any(one == other for one, other in itertools.pairwise(made))
