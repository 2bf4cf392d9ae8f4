"""A layout is read strictly, written as it was read, and says what it lacks."""

import json
import re
from dataclasses import fields
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.ingest.sources.registry import FILES, file_source
from services.ingest.sources.worklog.layout import COLUMNS, OWN, Layout, dump, load
from services.ingest.sources.worklog.patterns import check_date_pattern, check_time_pattern, read_moment
from shared.kernel.errors import Invalid
from tests.sizes import size

SMALLEST = {"columns": {"date": "Day", "person": "Who", "duration": "Time"}}
FULL = {
    "columns": {"start": ["Day", "From"], "end": "To", "person": "Who", "tags": "Labels", "billable": "Bill"},
    "constants": {"currency": "EUR"},
    "skip": [{"Who": "", "Day": "Total"}],
    "date": "D.M.YY",
    "time": "h:mm a",
    "decimal": ",",
    "thousands": ".",
    "unit": "h",
    "headings": ["empleado"],
    "people": {"Ada Sample": "Ada Sample", "Semana 1": ""},
    "above": ["client"],
    "zone": "Europe/Madrid",
    "tags": "|",
    "yes": ["sí"],
    "no": ["no"],
    "delimiter": ";",
    "encoding": "cp1252",
    "header": 3,
    "sheet": "Marzo",
}


PAGE = Path(__file__).parents[3] / "docs/reference/layout.md"
ROW = re.compile(r"\| `(\w+)` \|.*\| (?:`(.*)`)? ?\|")


def test_every_key_of_a_layout_is_documented_with_its_default():
    table = PAGE.read_text().split("## A declared layout")[1].split("\n\n    {")[0]
    told = {match[1]: match[2] for line in table.splitlines() if (match := ROW.fullmatch(line))}
    smallest = Layout(columns={})
    keys = {each.name: getattr(smallest, each.name) for each in fields(Layout) if each.name not in ("columns", "closed")}
    assert told.pop("columns") is None
    assert {key: json.loads(value) for key, value in told.items()} == json.loads(json.dumps(keys))


@pytest.mark.parametrize("written", [SMALLEST, FULL])
def test_a_layout_is_written_as_it_was_read(written):
    layout = load(json.dumps(written))
    assert dump(layout) == written
    assert load(dump(layout)) == layout


def test_what_a_layout_leaves_out_is_as_in_our_own():
    layout = load(SMALLEST)
    assert (layout.date, layout.time, layout.unit, layout.zone, layout.closed) == (
        "YYYY-MM-DD",
        "H:mm[:ss]",
        "h:mm[:ss]",
        None,
        False,
    )
    assert tuple(OWN.columns) == COLUMNS


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"columns": {}}, "columns"),
        ({"columns": {"date": "Day", "duration": "Time"}}, "columns"),
        ({"columns": {"person": "Who", "duration": "Time"}}, "columns"),
        ({"columns": {"date": "Day", "person": "Who"}}, "columns"),
        ({"columns": {"date": "Day", "person": "Who", "hours": "Time"}}, "columns.hours"),
        ({"columns": {"date": [], "person": "Who", "duration": "Time"}}, "columns.date"),
        ({"columns": {"date": 3, "person": "Who", "duration": "Time"}}, "columns.date"),
        ({"columns": []}, "columns"),
        ({"date": "DD/MM"}, "date"),
        ({"date": ["DD/MM/YYYY"]}, "date"),
        ({"date": "Q/YYYY"}, "date"),
        ({"date": "DD/DD/YYYY"}, "date"),
        ({"time": "h:mm"}, "time"),
        ({"time": "HH:mm[:ss"}, "time"),
        ({"decimal": ";"}, "decimal"),
        ({"decimal": ",", "thousands": ","}, "thousands"),
        ({"unit": "days"}, "unit"),
        ({"zone": "CET+1"}, "zone"),
        ({"tags": "a"}, "tags"),
        ({"yes": "ja"}, "yes"),
        ({"delimiter": "\n"}, "delimiter"),
        ({"encoding": "utf-7"}, "encoding"),
        ({"header": 0}, "header"),
        ({"header": True}, "header"),
        ({"skip": {"Who": ""}}, "skip"),
        ({"closed": True}, "closed"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_what_is_wrong_in_a_layout_is_named(change, field):
    with pytest.raises(Invalid) as caught:
        load(json.dumps(SMALLEST | change))
    assert [error["field"] for error in caught.value.facts["errors"]] == [field]
    assert caught.value.remedy


@pytest.mark.parametrize("text", ["", "[]", "null", "{", '{"columns": {}, "columns": {}}', "[" * 100_000])
def test_what_is_no_object_is_no_layout(text):
    with pytest.raises(Invalid):
        load(text)


@pytest.mark.parametrize(
    ("day", "clock", "text", "found"),
    [
        ("DD/MM/YYYY", "HH:mm:ss", "30/09/2022 20:40:26", "2022-09-30 20:40:26"),
        ("DD.MM.YYYY", "HH:mm", "24.04.2018, 10:22", "2018-04-24 10:22:00"),
        ("YYYY-MM-DD", "H:mm[:ss]", "2024-03-01T9:05", "2024-03-01 09:05:00"),
        ("MMM D, YYYY", "h:mm[:ss] a", "mar 3, 2024 12:05 p.m.", "2024-03-03 12:05:00"),
        ("D-MMM-YY", "hh:mma", "3-Feb-24 12:00AM", "2024-02-03 00:00:00"),
        ("YYYYMMDD", "HHmm", "20240301", "2024-03-01 None"),
        ("M/D/YYYY", "H:mm", "12/9/2024", "2024-12-09 None"),
        ("M/D/YYYY", "H:mm", "7:09", "None 07:09:00"),
    ],
)
def test_a_moment_is_read_by_its_patterns(day, clock, text, found):
    assert "{} {}".format(*read_moment(text, check_date_pattern(day), check_time_pattern(clock))) == found


@pytest.mark.parametrize(
    "text",
    [
        "31/02/2024",
        "1/03/2024",
        "01/03/24",
        "01-03-2024",
        "٠١/٠x/2024",
        "24:00",
        "12:60",
        "9",
        "",
        "01/03/2024 01/03/2024",
        "01/03/1824",
    ],
)
def test_what_does_not_fit_the_patterns_is_refused(text):
    with pytest.raises(Invalid):
        read_moment(text, "DD/MM/YYYY", "H:mm")


@pytest.mark.parametrize("text", ["0:30 AM", "13:00 PM", "12:30"])
def test_half_days_have_twelve_hours(text):
    with pytest.raises(Invalid):
        read_moment(text, "YYYY-MM-DD", "h:mm a")


@given(st.dates(date(2000, 1, 1), date(2099, 12, 31)), st.times().map(lambda clock: clock.replace(microsecond=0)))
@settings(max_examples=size("money_examples"))
def test_every_moment_comes_back_in_every_pattern(day, clock):
    for day_pattern, time_pattern, date_form, time_form in [
        ("DD/MM/YYYY", "HH:mm:ss", "%d/%m/%Y", "%H:%M:%S"),
        ("MM.DD.YY", "hh:mm:ss a", "%m.%d.%y", "%I:%M:%S %p"),
        ("YYYY MMM DD", "HHmmss", "%Y %b %d", "%H%M%S"),
    ]:
        assert read_moment(f"{day:{date_form}} {clock:{time_form}}", day_pattern, time_pattern) == (day, clock)


@given(st.text(max_size=12))
@settings(max_examples=size("other_examples"))
def test_any_text_is_a_pattern_or_refused(text):
    for day, clock in ((text, "HH:mm"), ("YYYY-MM-DD", text)):
        try:
            read_moment("1", check_date_pattern(day), check_time_pattern(clock))
        except Invalid as problem:
            assert problem.remedy


def test_the_registry_knows_the_source_and_refuses_others():
    assert file_source("worklog").own is OWN
    assert list(FILES) == ["worklog"]
    with pytest.raises(Invalid):
        file_source("toggl")
