"""A row becomes its entry and what it names, the same ones every time, or every reason why not."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.ingest.sources.worklog.layout import OWN, Layout
from services.ingest.sources.worklog.normalize import normalize
from services.ingest.sources.worklog.rows import Row
from shared.contract.records import Client, Expense, Job, Mileage, Origin, Person, Tag, TimeEntry
from shared.kernel.duration import format_hms, hours
from shared.kernel.ids import record_id
from shared.kernel.money import round_money
from tests.component.sources.reading import entries, entry, own, problem, results
from tests.sizes import size


def test_a_row_gives_its_entry_and_what_it_names():
    (result,) = results(
        own({"duration": "1:30", "client": "Acme", "job": "Site", "tags": "b; a,b", "rate": "85.50", "currency": "USD"})
    )
    person, client, job, tag_b, tag_a, found = result.records
    assert [type(record) for record in result.records] == [Person, Client, Job, Tag, Tag, TimeEntry]
    assert (person.name, client.name, job.name, tag_b.name, tag_a.name) == ("Ada Sample", "Acme", "Site", "b", "a")
    assert (person.source_id, client.source_id, job.source_id) == ("Ada Sample", "Acme", "Acme / Site")
    assert (found.person, found.client, found.job, job.client) == (person.id, client.id, job.id, client.id)
    assert found.tags == tuple(sorted((tag_a.id, tag_b.id)))
    assert (found.date, found.seconds, found.rate, found.currency) == (date(2026, 3, 2), 5400, Decimal("85.50"), "USD")
    assert {record.origin for record in result.records} == {Origin(via="file", ref="hash", row=2)}
    assert {(record.organisation, record.source) for record in result.records} == {("org", "worklog")}


def test_everything_that_is_not_said_has_its_default():
    found = entry(duration="0:00:01")
    assert (found.client, found.job, found.tags, found.start, found.end, found.zone, found.rate) == (
        None,
        None,
        (),
        None,
        None,
        None,
        None,
    )
    assert (found.billable, found.notes, found.break_seconds, found.overtime_seconds, found.currency) == (True, "", 0, 0, None)


def test_an_expense_and_a_trip_are_read():
    spent = entry(kind="expense", amount="-12.50", category="Meals", currency="EUR", billable="no")
    assert isinstance(spent, Expense)
    assert (spent.amount, spent.category, spent.billable) == (Decimal("-12.50"), "Meals", False)
    driven = entry(kind="mileage", distance="31.4", unit="km", rate="0.45")
    assert isinstance(driven, Mileage)
    assert (driven.distance, driven.unit, driven.rate) == (Decimal("31.4"), "km", Decimal("0.45"))


@pytest.mark.parametrize(
    ("line", "start", "end", "seconds"),
    [
        ({"start": "9:00", "end": "17:30", "break": "0:30"}, "02T09:00:00", "02T17:30:00", 28_800),
        ({"start": "9:00", "end": "17:30", "break": "0:30", "duration": "8:00"}, "02T09:00:00", "02T17:30:00", 28_800),
        ({"start": "22:00", "end": "6:00", "duration": "8:00"}, "02T22:00:00", "03T06:00:00", 28_800),
        ({"start": "22:00", "end": "6:00", "duration": "7:30", "break": "0:30"}, "02T22:00:00", "03T06:00:00", 27_000),
        ({"start": "9:00", "end": "9:00", "duration": "24:00"}, "02T09:00:00", "03T09:00:00", 86_400),
        ({"start": "9:00", "end": "9:00", "duration": "0:00"}, "02T09:00:00", "02T09:00:00", 0),
        ({"start": "9:00", "end": "9:00"}, "02T09:00:00", "02T09:00:00", 0),
        ({"start": "0:00", "end": "18:00", "duration": "210:00"}, "02T00:00:00", "10T18:00:00", 756_000),
        ({"start": "22:00", "end": "2026-03-03 6:00"}, "02T22:00:00", "03T06:00:00", 28_800),
        ({"start": "2026-03-02 22:00", "end": "6:00", "duration": "8:00", "date": ""}, "02T22:00:00", "03T06:00:00", 28_800),
        ({"start": "9:00", "duration": "1:00"}, "02T09:00:00", None, 3600),
    ],
)
def test_start_end_and_duration_are_settled_together(line, start, end, seconds):
    found = entry(**line)
    assert found.start.isoformat() == f"2026-03-{start}"
    assert (found.end.isoformat() if found.end else None) == (f"2026-03-{end}" if end else None)
    assert (found.seconds, found.date) == (seconds, date(2026, 3, 2))


@pytest.mark.parametrize(
    ("line", "column", "code"),
    [
        ({}, "duration", "missing_field"),
        ({"start": "9:00"}, "duration", "missing_field"),
        ({"start": "9:00", "end": "8:00"}, "end", "end_before_start"),
        ({"start": "9:00", "end": "8:00", "duration": "1:00"}, "end", "end_before_start"),
        ({"start": "9:00", "end": "2026-03-01 10:00"}, "end", "end_before_start"),
        ({"start": "9:00", "end": "17:00", "duration": "7:59:59"}, "end", "duration_contradicts"),
        ({"start": "9:00", "end": "10:00", "break": "1:30"}, "break", "break_too_long"),
        ({"duration": "1:00", "overtime": "1:00:01"}, "overtime", "overtime_exceeds_duration"),
        ({"start": "2026-03-03 9:00", "duration": "1:00"}, "start", "date_contradicts_start"),
        ({"duration": "745:00"}, "duration", "out_of_range"),
        ({"duration": "1.5"}, "duration", "bad_duration"),
        ({"duration": "1:75"}, "duration", "bad_duration"),
        ({"duration": "-1:00"}, "duration", "negative_duration"),
        ({"duration": "NaN"}, "duration", "bad_duration"),
        ({"duration": "1:00", "date": ""}, "date", "missing_field"),
        ({"duration": "1:00", "date": "02/03/2026"}, "date", "bad_time"),
        ({"duration": "1:00", "date": "2026-02-30"}, "date", "bad_date"),
        ({"duration": "1:00", "date": "9:00"}, "date", "bad_date"),
        ({"duration": "1:00", "start": "25:00"}, "start", "bad_time"),
        ({"duration": "1:00", "start": "2026-03-02"}, "start", "bad_time"),
        ({"duration": "1:00", "person": ""}, "person", "missing_field"),
        ({"duration": "1:00", "person": "Ada\u202eelpmaS"}, "person", "bad_text"),
        ({"duration": "1:00", "rate": "1E+999999999"}, "rate", "bad_number"),
        ({"duration": "1:00", "rate": "1e400"}, "rate", "bad_number"),
        ({"duration": "1:00", "rate": "NaN"}, "rate", "bad_number"),
        ({"duration": "1:00", "rate": "Infinity"}, "rate", "bad_number"),
        ({"duration": "1:00", "rate": "-0"}, "rate", "bad_number"),
        ({"duration": "1:00", "rate": "1_000"}, "rate", "bad_number"),
        ({"duration": "1:00", "rate": "١x٢"}, "rate", "bad_number"),
        ({"duration": "1:00", "rate": "9" * 5_000}, "rate", "bad_number"),
        ({"duration": "1:00", "rate": "$85"}, "rate", "bad_number"),
        ({"duration": "1:00", "currency": "usd"}, "currency", "unknown_currency"),
        ({"duration": "1:00", "billable": "maybe"}, "billable", "bad_flag"),
        ({"duration": "1:00", "notes": "x" * 4_001}, "notes", "too_long"),
        ({"duration": "1:00", "source_id": "x" * 201}, "source_id", "too_long"),
        ({"duration": "1:00", "kind": "Time"}, "kind", "unknown_kind"),
        ({"duration": "1:00", "kind": "person"}, "kind", "unknown_kind"),
        ({"duration": "1:00", "distance": "3"}, "distance", "misplaced"),
        ({"kind": "expense", "amount": "1", "duration": "1:00"}, "duration", "misplaced"),
        ({"kind": "expense"}, "amount", "missing_field"),
        ({"kind": "expense", "amount": "1.005", "currency": "USD"}, "amount", "bad_amount"),
        ({"kind": "mileage"}, "distance", "missing_field"),
        ({"kind": "mileage", "distance": "1", "unit": "furlongs"}, "unit", "bad_choice"),
        ({"duration": "1:00", "amount": "10", "rate": "11"}, "amount", "amount_contradicts"),
        ({"duration": "0:00", "amount": "10"}, "amount", "amount_contradicts"),
        ({"duration": "1:00", "amount": "-10"}, "amount", "bad_number"),
        ({"duration": "1:00", "amount": "10", "rate": "-10"}, "rate", "bad_number"),
        ({"duration": "1:00", "amount": "10", "rate": "10", "currency": "XXX"}, "currency", "unknown_currency"),
    ],
)
def test_what_is_wrong_in_a_row_is_told_by_its_column(line, column, code):
    error = problem(**line)
    assert (error["column"], error["code"]) == (column, code)
    assert len(error["value"]) < 100


def test_every_wrong_cell_of_a_row_is_told():
    (result,) = results(own({"date": "2.3.2026", "duration": "x", "rate": "1,5", "tags": "a\x07b", "billable": "?"}))
    assert [error["column"] for error in result.problem.facts["errors"]] == ["date", "duration", "tags", "rate", "billable"]
    assert result.problem.facts["errors"][1] == {
        "row": 2,
        "column": "duration",
        "value": "'x'",
        "code": "bad_duration",
        "cause": "'x' is not a duration",
        "remedy": "write h:mm:ss or h:mm, for example 1:30:00",
    }
    assert result.problem.cause.startswith("'report.csv', row 2, column 'date': '2.3.2026' is neither a date YYYY-MM-DD nor")
    assert result.problem.cause.endswith("; and 2 more")


def test_the_files_own_headers_are_named():
    layout = Layout(columns={"date": ("Day",), "start": ("Day", "From"), "end": ("To",), "person": ("Who",)})
    (result,) = results(b"Day,From,To,Who\n2026-03-02,9:00,8:00,Ada\n", layout)
    assert [error["column"] for error in result.problem.facts["errors"]] == ["To"]
    (result,) = results(b"Day,From,To,Who\n2026-03-02,nine,8:00,Ada\n", layout)
    assert [(error["column"], error["value"]) for error in result.problem.facts["errors"]] == [
        ("Day + From", "'2026-03-02 nine'")
    ]


def test_good_rows_around_a_bad_one_are_read():
    found = results(own({"duration": "1:00"}, {"duration": "x"}, {"duration": "2:00"}))
    assert [(result.row, bool(result.entry), bool(result.problem)) for result in found] == [
        (2, True, False),
        (3, False, True),
        (4, True, False),
    ]


# ---- identity

TWICE = [
    {"duration": "1:00", "notes": "one"},
    {"duration": "1:00", "notes": "one"},
    {"duration": "1:30"},
    {"start": "9:00", "end": "10:00"},
    {"start": "9:00", "end": "9:00", "duration": "0:00"},
    {"kind": "expense", "amount": "5", "currency": "USD"},
    {"kind": "expense", "amount": "5", "currency": "USD"},
    {"kind": "mileage", "distance": "5"},
    {"source_id": "A-1", "duration": "1:00"},
]


def test_the_same_file_gives_the_same_ids_and_alike_entries_are_different_ones():
    first, again = entries(own(*TWICE)), entries(own(*TWICE))
    assert first == again
    assert len({found.source_id for found in first}) == len(TWICE)
    assert first[-1].source_id == "A-1"
    assert first[0].source_id.removesuffix("-1") == first[1].source_id.removesuffix("-2")


def test_other_rows_around_an_entry_do_not_change_its_id():
    alone = entries(own(TWICE[2]))[0]
    assert alone.source_id in {found.source_id for found in entries(own(*reversed(TWICE)))}


@pytest.mark.parametrize(
    ("line", "change", "same"),
    [
        ({"start": "9:00", "end": "10:00"}, {"end": "11:00"}, True),
        ({"start": "9:00", "end": "10:00"}, {"start": "9:30"}, False),
        ({"duration": "1:00"}, {"duration": "2:00"}, False),
        (
            {"duration": "1:00"},
            {"notes": "x", "tags": "y", "rate": "5", "billable": "no", "overtime": "0:30", "break": "0:10"},
            True,
        ),
        ({"duration": "1:00"}, {"client": "Acme"}, False),
        ({"kind": "expense", "amount": "5"}, {"amount": "6"}, False),
        ({"kind": "expense", "amount": "5"}, {"notes": "x"}, True),
        ({"kind": "mileage", "distance": "5"}, {"rate": "1"}, True),
    ],
)
def test_an_entry_keeps_its_id_while_only_its_description_changes(line, change, same):
    assert (entry(**line).source_id == entry(**line | change).source_id) == same


def test_an_id_that_the_file_gives_twice_is_refused_the_second_time():
    lines = [
        {"source_id": "A", "duration": "1:00"},
        {"source_id": "A", "duration": "2:00"},
        {"source_id": "A", "kind": "expense", "amount": "1"},
    ]
    first, second, other_kind = results(own(*lines))
    assert (bool(first.entry), bool(other_kind.entry)) == (True, True)
    assert (second.problem.code, second.problem.facts["errors"][0]["column"]) == ("id_twice", "source_id")
    assert "row 2" in second.problem.cause


def test_a_name_is_known_by_its_clean_form():
    rows = own(
        {"duration": "1:00", "client": " Cafe\u0301  Luna "},
        {"duration": "1:00", "client": "Café Luna"},
        {"duration": "1:00", "client": "café luna"},
    )
    one, same, other = entries(rows)
    assert one.client == same.client != other.client


def test_two_clients_may_each_have_a_job_of_one_name():
    one, other, alone = entries(own(*({"duration": "1:00", "job": "Support", "client": client} for client in ("A", "B", ""))))
    assert len({one.job, other.job, alone.job}) == 3


def test_a_long_name_has_a_short_id_of_its_own():
    (one,), (other,) = (results(own({"duration": "1:00", "client": "x" * 499 + end})) for end in "ab")
    assert len(one.records[1].source_id) == len(other.records[1].source_id) == 200
    assert one.entry.client != other.entry.client


def test_a_row_has_fifty_tags_and_no_more():
    fifty = [f"tag {number}" for number in range(50)]
    assert len(entry(duration="1:00", tags=";".join(fifty)).tags) == 50
    assert problem(duration="1:00", tags=";".join([*fifty, "one more"]))["code"] == "too_many"


def test_a_row_alone_gives_what_it_gives_in_its_file():
    row = Row(2, {"date": "2026-03-02", "person": "Ada Sample", "duration": "1:00"}, "report.csv")
    assert normalize(row, OWN, "org", "worklog", file="hash").records == results(own({"duration": "1:00"}))[0].records


# ---- what a layout says

BARE = Layout(columns={"date": ("d",), "person": ("p",), "duration": ("t",), "rate": ("r",), "billable": ("b",), "tags": ("g",)})


def declared(line: str, **said) -> TimeEntry:
    layout = Layout(columns=BARE.columns, delimiter=";", **said)
    return entries(f"d;p;t;r;b;g\n{line}\n".encode(), layout)[0]


@pytest.mark.parametrize(
    ("text", "said", "seconds"),
    [
        ("1,5", {"unit": "h", "decimal": ","}, 5400),
        ("0.33", {"unit": "h"}, 1188),
        ("90", {"unit": "min"}, 5400),
        ("0.5", {"unit": "s"}, 1),
        ("1.234,5", {"unit": "min", "decimal": ",", "thousands": "."}, 74_070),
        ("5400", {"unit": "s"}, 5400),
        ("1:30", {"unit": "h"}, 5400),
    ],
)
def test_a_plain_duration_is_in_the_layouts_unit(text, said, seconds):
    assert declared(f"2026-03-02;Ada;{text};;;", **said).seconds == seconds


def test_numbers_words_and_tags_are_read_as_the_layout_says():
    found = declared("2026-03-02;Ada;1:00;1.234,5;NEIN;a/b c", decimal=",", thousands=".", yes=("ja",), no=("nein",), tags="/")
    assert (found.rate, found.billable, len(found.tags)) == (Decimal("1234.5"), False, 2)
    assert found.tags == tuple(sorted(record_id("org", "tag", "worklog", tag) for tag in ("a", "b c")))


@pytest.mark.parametrize("text", ["1.5", "1,23,4", "12.34,5", "1.2345,6"])
def test_a_number_grouped_in_another_way_is_refused(text):
    layout = Layout(columns=BARE.columns, delimiter=";", decimal=",", thousands=".")
    (result,) = results(f"d;p;t;r;b;g\n2026-03-02;Ada;1:00;{text};;\n".encode(), layout)
    assert [error["column"] for error in result.problem.facts["errors"]] == ["r"]


def test_a_constant_stands_where_the_row_has_nothing():
    layout = Layout(columns={"date": ("d",), "duration": ("t",), "person": ("p",)}, constants={"person": "Me", "currency": "EUR"})
    first, second = results(b"d,t,p\n2026-03-02,1:00,\n2026-03-02,1:00,Ada\n", layout)
    assert [result.records[0].name for result in (first, second)] == ["Me", "Ada"]
    assert first.entry.currency == "EUR"


def test_rows_to_skip_are_neither_records_nor_problems():
    layout = Layout(columns={"date": ("d",), "person": ("p",), "duration": ("t",)}, skip=({"d": "", "p": "Total"}, {"p": "-"}))
    found = results(b"d,p,t\n2026-03-02,Ada,1:00\n,Total,1:00\n,Ada,1:00\n2026-03-02,-,x\n", layout)
    assert [(result.row, bool(result.records), bool(result.problem)) for result in found] == [
        (2, True, False),
        (3, False, False),
        (4, False, True),
        (5, False, False),
    ]


@pytest.mark.parametrize(("day", "seconds"), [("2026-10-31", 9 * 3600), ("2026-03-07", 7 * 3600), ("2026-06-01", 8 * 3600)])
def test_a_zone_makes_a_night_shift_as_long_as_it_was(day, seconds):
    layout = Layout(columns=dict(OWN.columns), zone="America/New_York", closed=True)
    (told,) = entries(own({"date": day, "start": "22:00", "end": "6:00", "duration": format_hms(seconds)}), layout)
    later = date.fromisoformat(day) + timedelta(days=1)
    (computed,) = entries(own({"date": day, "start": f"{day} 22:00", "end": f"{later} 6:00"}), layout)
    assert told.seconds == computed.seconds == seconds
    assert (told.date.isoformat(), told.zone) == (day, "America/New_York")
    assert told.end - told.start == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("line", "column", "code"),
    [
        ({"date": "2026-03-08", "start": "2:30", "duration": "1:00"}, "start", "dst_gap"),
        ({"date": "2026-03-08", "start": "0:30", "end": "2:30"}, "end", "dst_gap"),
        ({"date": "2026-11-01", "start": "0:30", "end": "1:30"}, "duration", "ambiguous_time"),
    ],
)
def test_what_the_clocks_of_a_zone_skip_or_show_twice_is_told(line, column, code):
    layout = Layout(columns=dict(OWN.columns), zone="America/New_York", closed=True)
    (result,) = results(own(line), layout)
    assert [(error["column"], error["code"]) for error in result.problem.facts["errors"]] == [(column, code)]


# ---- money and time

SECONDS = st.integers(1, 2_000_000)


@given(SECONDS, st.integers(0, 10_000_000), st.sampled_from([("USD", 2), ("JPY", 0), ("KWD", 3)]))
@settings(max_examples=size("other_examples"))
def test_the_price_of_an_entry_comes_back_from_its_hourly_rate(seconds, units, currency):
    code, places = currency
    amount = Decimal(units).scaleb(-places)
    line = {"duration": format_hms(seconds), "amount": format(amount, "f"), "currency": code}
    (result,) = results(own(line))
    if result.entry is None:  # a rate of more than nine digits
        assert amount / hours(seconds) > 999_999_999
    else:
        assert round_money(hours(result.entry.seconds) * result.entry.rate, code) == amount


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.integers(0, 86_399), SECONDS, st.integers(0, 7200))
@settings(max_examples=size("other_examples"))
def test_no_date_moves_and_no_second_is_lost(day, start, seconds, pause):
    end = (start + seconds + pause) % 86_400
    line = {
        "date": day.isoformat(),
        "start": format_hms(start),
        "end": format_hms(end),
        "duration": format_hms(seconds),
        "break": format_hms(pause),
    }
    found = entry(**line)
    assert (found.date, found.start.date(), found.seconds, found.break_seconds) == (day, day, seconds, pause)
    assert found.end - found.start == timedelta(seconds=seconds + pause)


@pytest.mark.parametrize(
    ("money", "code"),
    [
        ("$10,€15,", "two_currencies"),  # two signs, and no column says which one holds
        ("€10,€15,USD", "two_currencies"),
        ("€10,15,", None),
    ],
)
def test_signs_name_the_currency_unless_they_contradict_each_other_or_the_column(money, code):
    columns = ("date", "person", "duration", "rate", "amount", *(["currency"] if money[-1] != "," else []))
    layout = replace(OWN, columns={column: (column,) for column in columns}, signs={"€": "EUR", "$": "USD"}, closed=False)
    [result] = results(f"{','.join(columns)}\n2026-03-02,Ada,1:30,{money.rstrip(',')}\n".encode(), layout)
    if code is None:
        assert (result.entry.currency, result.entry.rate) == ("EUR", Decimal(10))
    else:
        assert result.problem.code == code
