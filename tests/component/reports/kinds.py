"""Layouts in every kind of file: spreadsheets of three formats, pages, backups, objects, and text in other encodings."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal

from tests.component.reports import write
from tests.component.reports.biff import xls
from tests.component.reports.case import Case, Figures, table, text
from tests.component.sources.spreadsheet import Formula, workbook

moment = datetime.fromisoformat

WIDE_TEXT = """
Datum\tMitarbeiter\tProjekt\tStunden
02.03.2026\tJürgen Sample\tLeuchtturm\t1,50
13.03.2026\tJürgen Sample\tLeuchtturm\t0,25
"""

PIPES = """
Date|Employee|Project|Minutes|Billable|Tags
2026-03-02|Ada Sample|Lamp|90|Y|night, wind
2026-03-03|Ada Sample|Quay|30|N|
"""

TITLED = [
    ["Time report", "", "", "", "", ""],
    ["March 2026", "", "", "", "", ""],
    [],
    ["Employee", "Date", "Start", "End", "Hours", "Rate (GBP)"],
    ["Kim Sample", date(2026, 3, 2), time(8), time(9, 45), Decimal("1.75"), Decimal(40)],
    ["Kim Sample", date(2026, 3, 31), time(13), time(13, 30), Decimal("0.5"), Decimal(40)],
    ["Total", "", "", "", Formula("SUM(E5:E6)", Decimal("2.25")), ""],
]

SERIALS = [  # 46083 is 2 March 2026
    ["Employee", "Date", "Start", "End", "Hours"],
    ["Kim Sample", 46_083, Decimal("0.375"), Decimal("0.5"), 3],
    ["Kim Sample", 46_097, Decimal("0.75"), Decimal("0.8125"), Decimal("1.5")],
]

WORDED = table("""
Employee | Date | Project | Time spent
Kim Sample | Mar 2, 2026 | Lamp | 1h 30m
Kim Sample | Mar 3, 2026 | Lamp | 45m
Kim Sample | Apr 13, 2026 | Lamp | 2h
""")

SHEETS = {
    "Notes": [["Exported for a test"]],
    "Zeiten": [
        ["Datum", "Mitarbeiter", "Beginn", "Ende", "Dauer", "Betrag (EUR)"],
        [date(2026, 3, 2), "Jürgen Sample", time(8), time(10), timedelta(hours=2), Decimal("90.00")],
        [date(2026, 3, 3), "Jürgen Sample", time(8), time(8, 20), timedelta(minutes=20), Decimal("15.00")],
    ],
}

ODS_SHEET = [
    ["Data", "Dipendente", "Progetto", "Ore", "Durata"],
    [date(2026, 3, 2), "Ida Sample", "Faro", Decimal("1.5"), timedelta(hours=1, minutes=30)],
    [date(2026, 3, 31), "Ida Sample", "Faro", Decimal("26.25"), timedelta(hours=26, minutes=15)],
]

SPANNED = """
<html><head><title>Report</title><style>td { color: red }</style></head><body><h1>March 2026</h1>
<table><tr><th>Date</th><th>Employee</th><th>Project</th><th>Duration</th></tr>
<tr><td rowspan="2">2026-03-02</td><td rowspan="2">Ada Sample</td><td>Lamp &amp; wick</td><td>1:30</td></tr>
<tr><td>Quay</td><td>0:30</td></tr>
<tr><td>2026-03-03</td><td>Ada Sample</td><td>Quay</td><td>2:00</td></tr>
<tr><td colspan="3">Total</td><td>4:00</td></tr></table></body></html>
"""

NESTED_PAGE = """
<html><head><meta http-equiv="Content-Type" content="text/html; charset=windows-1252"></head>
<body><script>var t = "<table><tr><td>1</td></tr></table>";</script>
<table class="frame"><tr><td>Informe</td><td>
<table><tr><td>Fecha</td><td>Empleado</td><td>Proyecto</td><td>Duración</td></tr>
<tr><td>02/03/2026</td><td>Íñigo Sample</td><td>Lámpara</td><td>1:30</td></tr>
<tr><td>30/03/2026</td><td>Íñigo Sample</td><td>Lámpara</td><td>0:15</td></tr></table>
</td></tr></table></body></html>
"""

LISTS = {
    "time": [
        {"date": "2026-03-02", "employee": "Ada Sample", "project": "Lamp", "minutes": 90},
        {"date": "2026-03-04", "employee": "Ada Sample", "project": "Lamp", "minutes": 15},
    ],
    "expenses": [
        {"date": "2026-03-03", "employee": "Ada Sample", "category": "Oil", "amount": 12.5, "currency": "EUR"},
    ],
}

XLS_MILES = [
    ["Date", "Driver", "Client", "Purpose", "Miles", "Rate per mile (USD)"],
    [date(2026, 3, 2), "Kim Sample", "Beacon", "there and back", Decimal("12.5"), Decimal("0.67")],
    [date(2026, 3, 5), "Kim Sample", "Beacon", "there", Decimal("100"), Decimal("0.67")],
]

OLD_MOMENTS = [
    ["Nom", "Projet", "Début", "Fin"],
    ["Zoé Sample", "Phare", moment("2026-03-02T08:00"), moment("2026-03-02T09:15")],
    ["Zoé Sample", "Phare", moment("2026-03-02T22:00"), moment("2026-03-03T01:00")],
]

COSTS_BACKUP = [
    ["id", "expenseDate", "employee", "categoryName", "amount", "currency"],
    [1, "2026-03-02", "Kim Sample", "Parking", 4.5, "EUR"],
    [2, "2026-03-09", "Kim Sample", "Paint", 20, "EUR"],
]

CASES = [
    Case(
        name="tabs in UTF-16",
        kind="csv",
        language="de",
        rows="time",
        unusual="byte order mark, as a spreadsheet saves Unicode text",
        data=text(WIDE_TEXT, encoding="utf-16"),
        figures=Figures(entries=2, seconds=6_300, first="2026-03-02", last="2026-03-13", people=("Jürgen Sample",)),
    ),
    Case(
        name="UTF-16 without a mark",
        kind="csv",
        language="de",
        rows="time",
        unusual="no byte order mark, big end first",
        data=text(WIDE_TEXT, encoding="utf-16-be"),
        figures=Figures(entries=2, seconds=6_300, first="2026-03-02", last="2026-03-13", people=("Jürgen Sample",)),
    ),
    Case(
        name="bars between cells",
        kind="csv",
        language="en",
        rows="time",
        unusual="minutes by the header, Y and N, commas in cells",
        data=text(PIPES, end="\n"),
        figures=Figures(entries=2, seconds=7_200, first="2026-03-02", last="2026-03-03", people=("Ada Sample",)),
    ),
    Case(
        name="titles above a workbook's table",
        kind="xlsx",
        language="en",
        rows="time",
        unusual="typed cells, a total by formula",
        data=workbook(TITLED),
        figures=Figures(
            entries=2,
            seconds=8_100,
            first="2026-03-02",
            last="2026-03-31",
            people=("Kim Sample",),
            money={"GBP": "90.00"},
        ),
    ),
    Case(
        name="serial numbers",
        kind="xlsx",
        language="en",
        rows="time",
        unusual="dates and times of day as plain numbers",
        data=workbook(SERIALS),
        figures=Figures(entries=2, seconds=16_200, first="2026-03-02", last="2026-03-16", people=("Kim Sample",)),
    ),
    Case(
        name="durations in words",
        kind="xlsx",
        language="en",
        rows="time",
        unusual="1h 30m, 45m, 2h; Mar 2, 2026; all cells text",
        data=workbook(WORDED),
        figures=Figures(entries=3, seconds=15_300, first="2026-03-02", last="2026-04-13", people=("Kim Sample",)),
    ),
    Case(
        name="a workbook from before 2007",
        kind="xls",
        language="de",
        rows="time",
        unusual="a sheet of notes first, durations of their own type",
        data=xls(SHEETS),
        figures=Figures(
            entries=2,
            seconds=8_400,
            first="2026-03-02",
            last="2026-03-03",
            people=("Jürgen Sample",),
            money={"EUR": "105.00"},
        ),
    ),
    Case(
        name="start and end only",
        kind="xls",
        language="fr",
        rows="time",
        unusual="date and time in one typed cell, past midnight",
        data=xls({"Feuille1": OLD_MOMENTS}),
        figures=Figures(entries=2, seconds=15_300, first="2026-03-02", last="2026-03-02", people=("Zoé Sample",)),
    ),
    Case(
        name="miles",
        kind="xls",
        language="en",
        rows="mileage",
        unusual="unit and currency in the headers",
        data=xls({"Trips": XLS_MILES}),
        figures=Figures(
            entries=2,
            first="2026-03-02",
            last="2026-03-05",
            people=("Kim Sample",),
            money={"USD": "75.38"},
            distance={"mi": "112.5"},
        ),
    ),
    Case(
        name="hours beside durations",
        kind="ods",
        language="it",
        rows="time",
        unusual="a duration of more than a day",
        data=write.ods({"Foglio1": ODS_SHEET}),
        figures=Figures(entries=2, seconds=99_900, first="2026-03-02", last="2026-03-31", people=("Ida Sample",)),
    ),
    Case(
        name="cells over two rows",
        kind="html",
        language="en",
        rows="time",
        unusual="rowspan, colspan in the total, entities",
        data=SPANNED.encode(),
        figures=Figures(entries=3, seconds=14_400, first="2026-03-02", last="2026-03-03", people=("Ada Sample",)),
    ),
    Case(
        name="a table inside a table",
        kind="html",
        language="es",
        rows="time",
        unusual="windows-1252 by the page's own word, a script that holds a table",
        data=NESTED_PAGE.encode("cp1252"),
        figures=Figures(entries=2, seconds=6_300, first="2026-03-02", last="2026-03-30", people=("Íñigo Sample",)),
    ),
    Case(
        name="time and expenses as lists",
        kind="json",
        language="en",
        rows="time, expense",
        unusual="one object with two lists",
        data=write.objects(LISTS),
        figures=Figures(
            entries=3,
            seconds=6_300,
            first="2026-03-02",
            last="2026-03-04",
            people=("Ada Sample",),
            money={"EUR": "12.50"},
        ),
    ),
    Case(
        name="a backup of expenses",
        kind="sqlite",
        language="en",
        rows="expense",
        unusual="words run together in the columns",
        data=write.backup({"expense": COSTS_BACKUP}),
        figures=Figures(
            entries=2,
            first="2026-03-02",
            last="2026-03-09",
            people=("Kim Sample",),
            money={"EUR": "24.50"},
        ),
    ),
]
