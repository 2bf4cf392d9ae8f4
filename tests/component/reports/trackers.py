"""Layouts like the real exports of other trackers, and like the vendor's backup."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal

from tests.component.reports import write
from tests.component.reports.case import Case, Figures, text
from tests.component.sources.spreadsheet import Formula, Shown, workbook

DETAILED = '''
"Project","Client","Description","Task","User","Group","Email","Tags","Start Date","Start Time","End Date","End Time",\
"Duration (h)","Duration (decimal)"
"Beacon","","[BC-11]: wick, ""upper deck""","BC-11","Ida Sample","Crew","ida@sample.example","Task","28/02/2026","08:15:20",\
"28/02/2026","11:45:00","03:29:40","3.49"
"Beacon","","[BC-12]: night watch","BC-12","Ida Sample","Crew","ida@sample.example","Task, Night","05/02/2026","22:30:00",\
"06/02/2026","01:00:30","02:30:30","2.51"
"Quay","","[BC-13]: nothing done","BC-13","Ida Sample","Crew","ida@sample.example","","05/02/2026","07:00:00","05/02/2026",\
"07:00:00","00:00:00","0.00"
"Quay","","[BC-13]: knots","BC-13","Ida Sample","Crew","ida@sample.example","","05/02/2026","09:00:00","05/02/2026","09:00:36",\
"00:00:36","0.01"
'''

SUMMARY = """
"Date","Project","Client","Description","Time (h)","Time (decimal)"
"2026-01-05","Pier A","Quayside Sample","Lorem","00:38:20","0.6389"
"2026-01-05","Pier A","Quayside Sample","Lorem","00:38:20","0.6389"
"2026-01-31","Pier B","Quayside Sample","Ipsum","01:35:51","1.5975"
"""

DOTTED = """
"Job","Clocked In","Clocked Out","Duration","Comment","Breaks","Adjustments","Mileage"
"Pier","24.04.2026 10:22","24.04.2026 12:05","1:43","","","",""
"Pier","30.04.2026 22:30","01.05.2026 06:45","8:15","night, windy","","",""
"""

MULTILINE = """
Project,Client,Note,Team Member,Date,Hours Logged
PTO,HR,PTO,Kim Sample,02.19.2026,8:00
Internal- Ops,HR,"Bank payment
Health insurance task \n",Lee Sample,02.19.2026,7:30
Blog,HR,"- draft
# second reading",Kim Sample,02.03.2026,0:45
"""


def formulas() -> bytes:
    moment = datetime.fromisoformat
    head = "Date,From,To,Duration,Rate,Internal rate,User,Name,Customer,Project,Activity,Description,Exported,Billable,Tags,"
    head += "Hourly rate,Fixed rate,Type"
    more = ("admin", "admin", "Flatwater Sample", "Dolore", "Ea illo")
    return workbook(
        [
            head.split(","),
            [moment("2026-03-30T14:32"), moment("2026-03-30T14:32"), moment("2026-03-30T15:00"), _worked(1_680), Shown("10.0")]
            + [Shown("0.0"), *more, "test", "No", "Yes", "a1,v2", Shown("12.0"), Shown("10.0"), "timesheet"],
            [moment("2026-03-30T13:29"), moment("2026-03-30T13:29"), moment("2026-03-30T13:32"), _worked(180), Shown("0.0", 1)]
            + [Decimal(0), *more, "", "No", "Yes", "", Decimal(0), "", "timesheet"],
            [moment("2026-03-20T00:00"), moment("2026-03-20T00:00"), moment("2026-03-28T18:00"), _worked(756_000), Decimal(0)]
            + [Decimal(0), *more, "", "No", "Yes", "", Decimal(0), "", "timesheet"],
            ["", "", "", Formula("SUBTOTAL(9,D2:D4)", timedelta(seconds=757_860)), Formula("SUBTOTAL(9,E2:E4)", Decimal(10))]
            + [Formula("SUBTOTAL(9,F2:F4)", Decimal(0)), *[""] * 12],
        ],
        formats=(_ACCOUNTED.format("KYD"), _ACCOUNTED.format("ANG")),
    )


_ACCOUNTED = '_("{0}"* #,##0.00_);_("{0}"* -#,##0.00;_("{0}"* "-"??_);_(@_)'


def _worked(seconds: int) -> Formula:
    return Formula(f"{seconds}/86400", timedelta(seconds=seconds))


_TIMES = [
    *("clientName", "projectName", "project", "amountperhour", "date1", "date2", "working"),
    *("breaks", "overtime", "amount", "notes", "methodid", "status"),
]


def _times(*rows: str) -> list[list[object]]:
    """Rows such as ``client;project;rate;start;end;working;breaks;amount``, typed as the backup types them."""
    split = (row.split(";") for row in rows)
    return [
        [client, project, "1", float(rate), start, end, int(working), int(breaks), 0, float(amount), "", 0, 0]
        for client, project, rate, start, end, working, breaks, amount in split
    ]


_LESS = _times(
    "Harbour Sample;Wick;30;2026-03-02 08:00;2026-03-02 12:30;240;30;120",
    ";Quay;24;2026-03-03 13:00;2026-03-03 13:00;0;0;0",
    "Harbour Sample;Wick;30;2026-03-31 15:48;2026-03-31 17:10;82;0;41",
)
_WITH = _times(
    "Harbour Sample;Wick;0;2026-03-02 08:00;2026-03-02 12:30;270;30;0",
    "Harbour Sample;Wick;0;2026-03-31 15:48;2026-03-31 17:10;82;0;0",
)
_PLAIN = _times(
    ";;0;2026-03-21 15:00;2026-03-21 15:00;0;0;0",
    ";Wick;0;2026-03-31 15:48;2026-03-31 17:10;82;0;0",
    "Harbour Sample;Wick;0;2026-04-01 09:00;2026-04-01 12:50;230;0;0",
)
_OTHER = [["id", "name"], [1, "Wick"], [2, "Quay"]]


def json_rows() -> bytes:
    rows = [dict(zip(_TIMES, row, strict=True)) for row in _PLAIN]
    return write.objects({"_about": "Made for a test.", "table": "times", "rows": rows})


TRACKED = (
    "User,Email,Client,Project,Task,Description,Billable,Start date,Start time,End date,End time,Duration,Tags,Amount (USD)\n"
    "Ada Sample,ada@sample.example,Beacon,Lamp,,oil,Yes,2026-03-02,09:00:00,2026-03-02,10:30:00,01:30:00,,60.00\n"
    'Ada Sample,ada@sample.example,Beacon,Lamp,,oil,Yes,2026-03-13,13:00:00,2026-03-13,13:45:00,00:45:00,"a, b",30.00\n'
    "Kim Sample,kim@sample.example,Beacon,,,,No,2026-03-05,08:00:00,2026-03-05,12:00:00,04:00:00,,0.00\n"
)

ROUNDED = """
Date,Client,Project,Project Code,Task,Notes,Hours,Billable?,Invoiced?,First Name,Last Name,Roles,Billable Rate,\
Billable Amount,Cost Rate,Cost Amount,Currency
2026-03-02,Beacon,Lamp,L1,Oil,"wick, oil",1.25,Yes,No,Ada,Sample,,80,100.0,30,37.5,US Dollar - USD
2026-03-16,Beacon,Lamp,L1,Oil,,0.5,Yes,No,Kim,Sample,,60,30.0,20,10.0,US Dollar - USD
"""

NESTED = {
    "time_entries": [
        {
            "id": number,
            "spent_date": day,
            "hours": hours,
            "notes": None,
            "is_running": running,
            "billable": True,
            "billable_rate": 80,
            "user": {"id": 7, "name": "Ada Sample"},
            "client": {"id": 8, "name": "Beacon", "currency": "EUR"},
            "project": {"id": 9, "name": "Lamp", "code": "L1"},
        }
        for number, day, hours, running in (
            (501, "2026-03-02", 1.5, False),
            (502, "2026-03-03", 0.25, False),
            (503, "2026-03-03", 0.4, True),
        )
    ],
    "per_page": 100,
    "total_entries": 3,
    "next_page": None,
}

STREAMED = [
    {"id": number, "user_name": "Ada Sample", "project_name": "Lamp", "start": f"2026-03-{start}+01:00", "duration": seconds}
    | {"stop": stop and f"2026-03-{stop}+01:00", "description": "oil", "tags": ["a", "b"], "billable": True}
    for number, start, stop, seconds in (
        (11, "02T08:00:00", "02T09:30:00", 5_400),
        (12, "02T10:00:00", "02T10:01:01", 61),
        (13, "04T08:00:00", None, -1_772_608_800),
    )
]

EXCEL_TYPED = [
    ["Project", "Client", "User", "Start Date", "Start Time", "End Date", "End Time", "Duration (h)", "Duration (decimal)"],
    ["Lamp", "Beacon", "Ada Sample", date(2026, 3, 3), time(9), date(2026, 3, 3), time(9, 50)]
    + [timedelta(minutes=50), Decimal("0.83")],
    ["Lamp", "Beacon", "Ada Sample", date(2026, 3, 4), time(23), date(2026, 3, 5), time(1, 20)]
    + [timedelta(hours=2, minutes=20), Decimal("2.33")],
]

ME = {"person": "Ada Sample"}
CASES = [
    Case(
        name="detailed report, every cell quoted",
        kind="csv",
        language="en",
        rows="time",
        unusual="dd/mm/yyyy settled in one row, seconds on the clock, overnight, zero-length, a decimal twin that is rounded",
        data=text(DETAILED),
        figures=Figures(entries=4, seconds=21_646, first="2026-02-05", last="2026-02-28", people=("Ida Sample",)),
    ),
    Case(
        name="summary by day, project and client",
        kind="csv",
        language="en",
        rows="time",
        unusual="two entries alike, no person",
        data=text(SUMMARY),
        asks=ME,
        figures=Figures(entries=3, seconds=10_351, first="2026-01-05", last="2026-01-31", people=("Ada Sample",)),
    ),
    Case(
        name="clocked in and out",
        kind="csv",
        language="en",
        rows="time",
        unusual="dd.mm.yyyy and time in one cell, h:mm, empty columns, overnight, no person",
        data=text(DOTTED),
        asks=ME,
        figures=Figures(entries=2, seconds=35_880, first="2026-04-24", last="2026-04-30", people=("Ada Sample",)),
    ),
    Case(
        name="notes over several lines",
        kind="csv",
        language="en",
        rows="time",
        unusual="mm.dd.yyyy, paid time off booked as a project",
        data=text(MULTILINE),
        figures=Figures(
            entries=3,
            seconds=58_500,
            first="2026-02-03",
            last="2026-02-19",
            people=("Kim Sample", "Lee Sample"),
        ),
    ),
    Case(
        name="durations as formulas",
        kind="xlsx",
        language="en",
        rows="time",
        unusual="one entry of 210 hours, subtotals by formula, a fixed price, the currency only in the cells' looks",
        data=formulas(),
        figures=Figures(
            entries=3,
            seconds=757_860,
            first="2026-03-20",
            last="2026-03-30",
            people=("admin",),
            money={"KYD": "10.00"},
        ),
    ),
    Case(
        name="backup, work without its breaks",
        kind="sqlite",
        language="en",
        rows="time",
        unusual="minutes; start and end show that `working` leaves breaks out; another table; zero-length",
        data=write.backup({"projects": _OTHER, "times": [_TIMES, *_LESS]}),
        asks=ME | {"currency": "EUR"},
        figures=Figures(
            entries=3,
            seconds=19_320,
            first="2026-03-02",
            last="2026-03-31",
            people=("Ada Sample",),
            money={"EUR": "161.00"},
        ),
    ),
    Case(
        name="backup, work with its breaks",
        kind="sqlite",
        language="en",
        rows="time",
        unusual="start and end show that `working` counts breaks",
        data=write.backup({"times": [_TIMES, *_WITH]}),
        asks=ME,
        figures=Figures(
            entries=2, seconds=19_320, first="2026-03-02", last="2026-03-31", people=("Ada Sample",), money={"": "0.00"}
        ),
    ),
    Case(
        name="rows of the backup as JSON",
        kind="json",
        language="en",
        rows="time",
        unusual="a list inside an object, no money, no breaks",
        data=json_rows(),
        asks=ME,
        figures=Figures(
            entries=3, seconds=18_720, first="2026-03-21", last="2026-04-01", people=("Ada Sample",), money={"": "0.00"}
        ),
    ),
    Case(
        name="tracked, with amounts",
        kind="csv",
        language="en",
        rows="time",
        unusual="currency in the header, amounts, no rates",
        data=TRACKED.encode("utf-8-sig"),
        figures=Figures(
            entries=3,
            seconds=22_500,
            first="2026-03-02",
            last="2026-03-13",
            people=("Ada Sample", "Kim Sample"),
            money={"USD": "90.00"},
        ),
    ),
    Case(
        name="billable and cost rates side by side",
        kind="csv",
        language="en",
        rows="time",
        unusual="first and last name apart, currency by name and code, what it costs beside what it is worth",
        data=text(ROUNDED),
        figures=Figures(
            entries=2,
            seconds=6_300,
            first="2026-03-02",
            last="2026-03-16",
            people=("Ada Sample", "Kim Sample"),
            money={"USD": "130.00"},
        ),
    ),
    Case(
        name="nested objects",
        kind="json",
        language="en",
        rows="time",
        unusual="names inside objects, an entry still running",
        data=write.objects(NESTED),
        figures=Figures(
            entries=2,
            seconds=6_300,
            first="2026-03-02",
            last="2026-03-03",
            people=("Ada Sample",),
            money={"EUR": "140.00"},
        ),
    ),
    Case(
        name="instants with an offset",
        kind="json",
        language="en",
        rows="time",
        unusual="seconds, settled by start and stop; a running entry with a negative duration",
        data=write.objects(STREAMED),
        figures=Figures(entries=2, seconds=5_461, first="2026-03-02", last="2026-03-02", people=("Ada Sample",)),
    ),
    Case(
        name="detailed report as a workbook",
        kind="xlsx",
        language="en",
        rows="time",
        unusual="dates, times and durations of their own types, overnight",
        data=workbook(EXCEL_TYPED),
        figures=Figures(entries=2, seconds=11_400, first="2026-03-03", last="2026-03-04", people=("Ada Sample",)),
    ),
]
