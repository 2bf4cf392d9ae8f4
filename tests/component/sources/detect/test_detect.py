"""A report says itself how it is written, or one question is put; nothing is guessed."""

import json
from datetime import date
from decimal import Decimal

import pytest

from services.ingest.sources.detect.detect import detect
from shared.contract.records import Expense, Mileage
from shared.kernel.errors import Invalid
from tests.component.sources.detect.detecting import asked, days, detected, entries, options, results, said, table
from tests.component.sources.spreadsheet import workbook

HOURS = "Date,User,Hours"


# ---- the order of day, month and year


@pytest.mark.parametrize(
    ("first", "last", "read"),
    [
        ("03/04/2024", "31/05/2024", "2024-04-03"),
        ("03/04/2024", "05/31/2024", "2024-03-04"),
        ("2024-03-04", "2024-03-05", "2024-03-04"),
        ("3.4.2024", "31.5.2024", "2024-04-03"),
        ("03/04/24", "31/05/24", "2024-04-03"),
        ("4 Mar 2024", "5 Mar 2024", "2024-03-04"),
        ("March 4, 2024", "May 5, 2024", "2024-03-04"),
        ("Mon 03/04/2024", "Tue 03/05/2024", "2024-03-04"),
        ("2024年3月4日", "2024年3月5日", "2024-03-04"),
        ("20240304", "20240305", "2024-03-04"),
        ("04032024", "31032024", "2024-03-04"),
    ],
)
def test_one_date_settles_the_order_of_all(first, last, read):
    data = table(HOURS, f'"{first}",Ida,1', f'"{last}",Ida,2')
    assert days(entries(data))[0] == read


def test_the_evidence_names_the_row_and_the_value():
    data = table(HOURS, *(f"{day:02d}/05/2024,Ida,1" for day in (1, 2, 31)))
    assert said(data, "date_order") == {"DD/MM/YYYY": "31/05/2024 stands in row 4, so dates are DD/MM/YYYY"}


def test_dates_that_may_be_read_two_ways_are_asked_for_with_examples():
    data = table(HOURS, "03/04/2024,Ida,1", "05/06/2024,Ida,2")
    assert options(data, "date_order") == {
        "D-M-Y": "03/04/2024 is 3 April 2024",
        "M-D-Y": "03/04/2024 is 4 March 2024",
    }
    assert detected(data).layout is None
    assert days(entries(data, date_order="D-M-Y")) == ["2024-04-03", "2024-06-05"]
    assert days(entries(data, date_order="M-D-Y")) == ["2024-03-04", "2024-05-06"]


def test_eight_digits_with_the_year_behind_may_be_read_two_ways():
    assert asked(table(HOURS, "03042024,Ida,1")) == ["date_order"]
    assert days(entries(table(HOURS, "03042024,Ida,1"), date_order="M-D-Y")) == ["2024-03-04"]


def test_eight_digits_are_a_day_in_a_workbook_too():
    assert days(entries(workbook([["Date", "User", "Hours"], [20241231, "Ida", 1]]))) == ["2024-12-31"]


def test_a_year_of_two_digits_is_the_number_that_stays():
    assert days(entries(table(HOURS, "25/03/24,Ida,1", "26/03/24,Ida,1", "27/03/24,Ida,1")))[0] == "2024-03-25"
    assert days(entries(table(HOURS, "24/03/25,Ida,1", "24/03/26,Ida,1", "24/03/27,Ida,1")))[0] == "2024-03-25"
    assert asked(table(HOURS, "05/06/07,Ida,1")) == ["date_order"]
    assert set(options(table(HOURS, "05/06/07,Ida,1"), "date_order")) == {"D-M-Y", "M-D-Y", "Y-M-D"}


@pytest.mark.parametrize(
    ("above", "header", "row"),
    [
        ("Period: 2024-04-01 to 2024-04-30", HOURS, "03/04/2024,Ida,1"),
        ("April 2024", HOURS, "03/04/2024,Ida,1"),
        ("", "Weekday,Date,User,Hours", "Wednesday,03/04/2024,Ida,1"),
        ("", "Created,Date,User,Hours", "31/12/2023,03/04/2024,Ida,1"),
        ("", "Date,User,Hours,Start", "03/04/2024,Ida,1,2024-04-03 09:00"),
    ],
)
def test_what_stands_beside_or_above_settles_the_order(above, header, row):
    data = table(*filter(None, (above, header, row)))
    assert days(entries(data)) == ["2024-04-03"]


def test_dates_without_a_year_take_it_from_the_period_or_ask():
    rows = ("30.12.,Ida,1", "02.01.,Ida,1")
    assert asked(table(HOURS, *rows)) == ["year"]
    assert days(entries(table(HOURS, *rows), year="2023")) == ["2023-12-30", "2023-01-02"]
    assert days(entries(table(HOURS, *rows), year="2023-12-30")) == ["2023-12-30", "2024-01-02"]
    period = '"Period: 2023-12-24 - 2024-01-06",,'
    assert days(entries(table(period, HOURS, *rows))) == ["2023-12-30", "2024-01-02"]


# ---- numbers and units


@pytest.mark.parametrize(
    ("cells", "amounts"),
    [
        (("1.500,00", "3,5"), ["1500", "3.5"]),
        (("1,500.00", "3.5"), ["1500", "3.5"]),
        (("1 500,25", "12"), ["1500.25", "12"]),
        (("1'500.25", "12"), ["1500.25", "12"]),
        (("1.500", "2.000.000"), ["1500", "2000000"]),
        (("1,500", "0,120"), ["1.5", "0.12"]),
        (("(12.50)", "3"), ["-12.5", "3"]),
    ],
)
def test_one_number_settles_the_signs_of_all(cells, amounts):
    data = table("Date;User;Amount (EUR);Category", *(f"2024-03-04;Ida;{cell};Ferry" for cell in cells))
    found = entries(data)
    assert [entry.amount for entry in found] == [Decimal(amount) for amount in amounts]
    assert {(type(entry), entry.currency) for entry in found} == {(Expense, "EUR")}


def test_a_sign_before_three_digits_is_asked_for():
    data = table("Date;User;Amount (EUR)", "2024-03-04;Ida;1,500")
    assert options(data, "decimal") == {".": "1,500 is 1500", ",": "1,500 is 1.500"}
    assert entries(data, decimal=",")[0].amount == Decimal("1.5")
    assert entries(data, decimal=".")[0].amount == Decimal(1500)


def test_start_and_end_settle_the_decimal_sign_and_the_unit():
    data = table("Date;User;Start;End;Duration", "2024-03-04;Ida;09:00;10:30;1,500", "2024-03-04;Ida;11:00;12:00;1,000")
    assert [entry.seconds for entry in entries(data)] == [5400, 3600]
    assert said(data, "decimal") == {",": "1,500 in row 2 has , before its decimals"}


@pytest.mark.parametrize(
    ("header", "cell", "seconds"),
    [
        ("Hours", "1.5", 5400),
        ("Minutes", "90", 5400),
        ("Dauer (Std.)", "1.5", 5400),
        ("時間", "1.5", 5400),
        ("Duration (decimal)", "1.5", 5400),
        ("Time spent (seconds)", "5400", 5400),
        ("Duration", "1:30", 5400),
        ("Duration", "1h 30m", 5400),
        ("Duration", "90 min", 5400),
        ("Duration", "PT1H30M", 5400),
        ("Dauer", "1 Std. 30 Min.", 5400),
        ("Duration", "1:30:15", 5415),
        ("時間", "1時間30分", 5400),
    ],
)
def test_a_duration_is_read_as_its_header_or_itself_says(header, cell, seconds):
    assert [entry.seconds for entry in entries(table(f"Date,User,{header}", f"2024-03-04,Ida,{cell}"))] == [seconds]


def test_a_plain_duration_without_a_unit_is_asked_for():
    data = table("Date,User,Duration", "2024-03-04,Ida,90")
    assert list(options(data, "unit")) == ["h", "min", "s"]
    assert entries(data, unit="min")[0].seconds == 5400


@pytest.mark.parametrize("row", ["09:00,10:30,90", "09:00,10:30,1.5", "09:00,10:30,5400", "09:00,10:30,0.0625"])
def test_start_and_end_settle_the_unit(row):
    assert entries(table("Date,User,Start,End,Duration", f"2024-03-04,Ida,{row}"))[0].seconds == 5400


def test_rate_and_amount_settle_the_unit():
    data = table("Date,User,Duration,Rate,Amount,Currency", "2024-03-04,Ida,90,40,60.00,EUR")
    assert [(entry.seconds, entry.rate) for entry in entries(data)] == [(5400, Decimal(40))]


def test_a_rounded_duration_gives_way_to_start_and_end():
    data = table("Date,User,Start,End,Hours", "2024-03-04,Ida,09:00,10:20,1.33")
    assert entries(data)[0].seconds == 4800


def test_the_finer_of_two_durations_is_read():
    data = table("Date,User,Duration (decimal),Duration (h)", "2024-03-04,Ida,2.40,02:23:44")
    assert entries(data)[0].seconds == 8624


def test_whether_the_break_is_part_of_the_duration_is_told_by_start_and_end_or_asked():
    header = "Date,User,Start,End,Duration,Break"
    assert entries(table(header, "2024-03-04,Ida,09:00,17:00,7:30,0:30"))[0].seconds == 27_000
    assert entries(table(header, "2024-03-04,Ida,09:00,17:00,8:00,0:30"))[0].seconds == 27_000
    data = table("Date,User,Duration,Break", "2024-03-04,Ida,8:00,0:30")
    assert asked(data) == ["break"]
    assert entries(data, **{"break": "included"})[0].seconds == 27_000
    assert entries(data, **{"break": "excluded"})[0].seconds == 28_800


# ---- money, people, kinds


def test_the_currency_is_told_by_a_code_or_a_telling_sign_and_else_asked():
    assert entries(table("Date,User,Amount,Category", '2024-03-04,Ida,"€ 12.50",Ferry'))[0].currency == "EUR"
    assert entries(table("Date,User,Amount,Category", "2024-03-04,Ida,12.50 CHF,Ferry"))[0].currency == "CHF"
    assert entries(table("Date,User,Amount,Currency", "2024-03-04,Ida,12.50,NOK"))[0].currency == "NOK"
    dollars = table("Date,User,Amount,Category", "2024-03-04,Ida,$12.50,Ferry")
    assert "CAD" in options(dollars, "currency")
    assert entries(dollars, currency="CAD")[0].currency == "CAD"
    bare = table("Date,User,Amount,Category", "2024-03-04,Ida,12.50,Ferry")
    assert (asked(bare), entries(bare, currency="none")[0].currency) == (["currency"], None)


def test_who_it_was_is_told_by_a_title_or_asked():
    rows = ("Date,Hours", "2024-03-04,1")
    assert asked(table(*rows)) == ["person"]
    assert results(table(*rows), person="Ida Sample")[0].records[0].name == "Ida Sample"
    assert results(table("Employee: Ida Sample", *rows))[0].records[0].name == "Ida Sample"


@pytest.mark.parametrize(
    "header",
    ["Pay rate", "Cost Rate", "payRate", "Hourly wage", "Stundenlohn", "Kostensatz", "Salario por hora", "Tarifa de coste"]
    + ["Taux de paie", "Coût horaire", "Paga oraria", "Costo orario", "Uurloon", "Kostentarief", "Taxa salarial", "Taxa de custo"]
    + ["Ставка оплаты", "Себестоимость часа", "أجر الساعة", "معدل التكلفة", "支払単価", "原価単価", "Pay rate (EUR)"],
)
def test_what_the_worker_is_paid_is_told_and_never_billed(header):
    data = table(f"Date,User,Hours,{header}", "2024-03-04,Ida,1.5,20.00", "2024-03-05,Ida,2.25,20.00")
    assert [entry.rate for entry in entries(data)] == [None, None]
    assert header in said(data, "not_taken")
    billed = table(f"Date,User,Hours,{header},Rate (EUR)", "2024-03-04,Ida,1.5,20.00,80.00")
    assert [entry.rate for entry in entries(billed)] == [80]


def test_an_amount_that_is_the_pay_is_not_billed_either():
    data = table("Date,User,Hours,Pay rate,Pay", "2024-03-04,Ida,1.5,$20.00,$30.00", "2024-03-05,Ida,2,$20.00,$40.00")
    assert [entry.rate for entry in entries(data)] == [None, None]
    assert "$30.00 is Pay rate times the hours" in said(data, "not_taken")["Pay"]
    billed = table("Date,User,Hours,Pay rate,Amount (EUR)", "2024-03-04,Ida,1.5,20.00,120.00")
    assert [entry.rate for entry in entries(billed)] == [80]


@pytest.mark.parametrize("name", ["hourlyRate", "billable_rate", "costRate", "rates", "project.rate", "stundensatz"])
def test_the_amount_of_a_rate_is_not_the_amount_of_the_entry(name):
    nested = {"amount": 8000, "currency": "EUR"}
    for part in reversed(name.split(".")):
        nested = {part: nested}
    data = json.dumps([{"date": "2024-03-04", "user": "Ida", "hours": 1.5} | nested]).encode()
    assert [(entry.seconds, entry.rate) for entry in entries(data)] == [(5400, None)]
    assert f"{name}.amount" in "".join(said(data, "not_taken"))


def test_kinds_are_told_by_a_column_or_by_what_the_table_holds():
    data = table(
        "Type,Date,User,Hours,Amount,Currency",
        "Work,2024-03-04,Ida,1,,",
        "Expense,2024-03-04,Ida,,5,EUR",
        "Break,2024-03-04,Ida,1,,",
    )
    found = results(data)
    assert [type(each.entry).__name__ for each in found] == ["TimeEntry", "Expense", "NoneType"]
    assert found[2].left_out == "break"
    trip = entries(table("Date,Driver,Distance (km)", "2024-03-04,Ida,12.5"))[0]
    assert (type(trip), trip.unit, trip.distance) == (Mileage, "km", Decimal("12.5"))


# ---- rows that are no entries


def test_totals_are_left_out_and_kept_for_the_proof():
    data = table(HOURS, "2024-03-04,Ida,1", "2024-03-05,Ida,2", "Subtotal Ida,,3", "2024-03-04,Ole,4", "Total,,7")
    assert sum(entry.seconds for entry in entries(data)) == 7 * 3600
    assert [(total.column, total.value, total.row, total.first, total.last) for total in detected(data).totals] == [
        ("duration", "3", 4, 2, 3),
        ("duration", "7", 6, 2, 5),
    ]


def test_titles_a_summary_and_repeated_headers_are_no_entries():
    data = table(
        "Work report,,", "Total hours: 3:00,,", ",,", HOURS, "2024-03-04,Ida,1", HOURS, "2024-03-05,Ida,2", ",,", "VAT 20 %,,9.5"
    )
    assert days(entries(data)) == ["2024-03-04", "2024-03-05"]
    assert [each.reason for each in detected(data).left_out] == ["total", "repeated_header"]
    assert [(total.column, total.value) for total in detected(data).totals] == [("duration", "3:00")]


@pytest.mark.parametrize(
    "header, word",
    [("Status", "Rejected"), ("Approval status", "DELETED"), ("Status", "Storniert"), ("Statut", "Refusé"), ("Estado", "Anulada")]
    + [("Stato", "Annullato"), ("Status", "Afgekeurd"), ("Situação", "Excluído"), ("Статус", "Отклонено"), ("الحالة", "مرفوض")]
    + [("ステータス", "却下"), ("Deleted", "1"), ("Deleted", "true"), ("Gelöscht", "ja")],
)
def test_a_row_that_somebody_deleted_or_rejected_is_left_out_and_told(header, word):
    other = {"1": "0", "true": "false", "ja": "nein"}.get(word, "Open")
    data = table(f"Date,User,Hours,{header}", f"2024-03-04,Ida,1,{other}", f"2024-03-05,Ida,2,{word}")
    assert days(entries(data)) == ["2024-03-04"]
    assert any(word in evidence for evidence in said(data, "left_out").values())


@pytest.mark.parametrize("other", ["8.00", "8:00"])
def test_an_hour_with_raised_minutes_is_refused_not_read_as_a_hundred(other):
    rows = f"<tr><td>2024-03-04<td>Ida<td>{other}<tr><td>2024-03-05<td>Ida<td>1<sup>30</sup>"
    *_, last = results(f"<table><tr><th>Date<th>User<th>Hours{rows}</table>".encode())
    assert last.problem and not last.entry


def test_a_timer_that_runs_is_left_out_and_an_entry_without_length_is_kept():
    data = table(
        "Date,User,Start,End,Duration",
        "2024-03-04,Ida,09:00,10:00,1:00",
        "2024-03-04,Ida,11:00,11:00,0:00",
        "2024-03-04,Ida,12:00,,",
        "2024-03-04,Ida,13:00,running,0:12",
    )
    found = results(data)
    assert [each.entry.seconds if each.entry else each.left_out for each in found] == [3600, 0, "running", "running"]


def test_two_tables_of_one_file_are_both_read():
    data = table(
        "Date,User,Start,End,,",
        "2024-03-04,Ida,09:00,10:00,,",
        ",,,,,",
        "Date,User,Category,Amount (EUR),,",
        "2024-03-05,Ida,Ferry,12.50,,",
    )
    hours, ferry = entries(data)
    assert (hours.seconds, ferry.amount, ferry.date) == (3600, Decimal("12.5"), date(2024, 3, 5))


def test_twelve_hours_in_any_language():
    rows = ['2024-03-04,Ida,"9:15 PM","9:45 PM"', "2024-03-04,Ida,午後9:15,午後9:45", "2024-03-04,Ida,٩:١٥ م,٩:٤٥ م"]
    for row in rows:
        (entry,) = entries(table("Date,User,Start,End", row))
        assert (entry.start.isoformat(), entry.seconds) == ("2024-03-04T21:15:00", 1800)


INSTANTS = "User,Start,End,Duration"


def test_a_day_in_utc_may_be_another_one_for_the_worker_so_the_zone_is_asked():
    data = table(INSTANTS, "Ida,2026-03-02T22:30:00Z,2026-03-03T00:00:00Z,1:30:00")
    assert asked(data) == ["zone"]
    assert days(entries(data, zone="as written")) == ["2026-03-02"]
    (there,) = entries(data, zone="Pacific/Auckland")
    assert (there.date, there.start.isoformat(), there.seconds) == (date(2026, 3, 3), "2026-03-03T11:30:00+13:00", 5400)
    with pytest.raises(Invalid) as problem:
        detected(data, zone="Atlantis")
    assert problem.value.code == "bad_answer"


@pytest.mark.parametrize(
    ("header", "rows"),
    [
        (INSTANTS, ("Ida,2026-03-02T08:00:00+02:00,2026-03-02T09:00:00+02:00,1:00:00",)),
        (f"Date,{INSTANTS}", ("2026-03-02,Ida,2026-03-02T08:00:00Z,2026-03-02T09:00:00Z,1:00:00",)),
        (
            INSTANTS,
            (
                "Ida,2026-03-28T08:00:00+00:00,2026-03-28T09:00:00+00:00,1:00:00",
                "Ida,2026-03-30T08:00:00+01:00,2026-03-30T09:00:00+01:00,1:00:00",
            ),
        ),
    ],
)
def test_a_worker_s_own_offset_or_a_day_beside_it_leaves_nothing_to_ask_and_is_told(header, rows):
    assert list(said(table(header, *rows), "zone")) == ["as written"]
    assert entries(table(header, *rows))[0].start.isoformat()[10:] == "T08:00:00"


# ---- answers


def test_an_answer_that_was_not_asked_for_is_refused():
    with pytest.raises(Invalid) as problem:
        detected(table(HOURS, "2024-03-04,Ida,1"), unit="h")
    assert problem.value.code == "unknown_question"
    with pytest.raises(Invalid) as problem:
        detected(table(HOURS, "03/04/2024,Ida,1"), date_order="D-Y-M")
    assert problem.value.code == "bad_answer"


def test_a_file_without_entries_is_refused():
    for data in (b"hello\n", table("Project,Hours", "A,1")):
        with pytest.raises(Invalid):
            detected(data)
    assert detect


def test_a_distance_beside_hours_is_not_dropped_without_a_word():
    data = table("Date,User,Hours,Distance (km)", "2024-03-04,Ida,1,0", "2024-03-05,Ida,2,12")
    assert options(data, "distance") == {"leave_out": "12 in row 3 is not taken in"}
    assert [entry.seconds for entry in entries(data, distance="leave_out")] == [3600, 7200]
    assert asked(data.replace(b",12", b",0")) == []
