"""Files that invite a wrong reading: each may be asked about or refused, but what is taken unasked has to be what is true."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal

from tests.component.reports import write
from tests.component.reports.case import Figures, text
from tests.component.sources.spreadsheet import workbook

_ADA = ("Ada Sample",)


@dataclass(frozen=True, slots=True)
class Trap:
    """``truth``: what it is known to mean, or None when nobody can know without asking."""

    name: str
    file: str
    data: bytes
    truth: Figures | None = None


def _days(entries: int, seconds: int = 0, *, last: str = "2026-03-03", **more: object) -> Figures:
    return Figures(entries=entries, seconds=seconds, first="2026-03-02", last=last, people=_ADA, **more)


def _csv(name: str, lines: str, truth: Figures | None = None) -> Trap:
    return Trap(name, "report.csv", text(lines), truth)


def _sheet(name: str, rows: write.Rows, truth: Figures | None = None) -> Trap:
    return Trap(name, "report.xlsx", workbook(rows), truth)


def _json(name: str, rows: list[dict[str, object]], truth: Figures | None = None) -> Trap:
    return Trap(name, "report.json", write.objects(rows), truth)


TRAPS = [
    _sheet(
        "days that a spreadsheet of another country turned into dates, and those that it could not",
        [
            ["Date", "Employee", "Project", "Duration"],
            [date(2026, 4, 3), "Ada Sample", "Lamp", "1:00"],  # 4 March, written 04/03/2026
            [date(2026, 5, 3), "Ada Sample", "Lamp", "1:00"],
            ["31/03/2026", "Ada Sample", "Lamp", "1:00"],
        ],
    ),
    _csv(
        "hours and minutes with a point between",
        """
Date,Employee,Project,Start,End,Hours
2026-03-02,Ada Sample,Lamp,08:00,09:30,1.30
2026-03-03,Ada Sample,Lamp,08:00,10:45,2.45
""",
        _days(2, 15_300),
    ),
    _csv(
        "hours that may be hours and minutes",
        """
Date,Employee,Project,Duration
2026-03-02,Ada Sample,Lamp,1.30
2026-03-03,Ada Sample,Lamp,2.45
""",
    ),
    _csv(
        "a break in minutes beside work in h:mm",
        """
Date,Employee,Project,Start,End,Break,Duration
2026-03-02,Ada Sample,Lamp,08:00,12:30,30,4:00
2026-03-03,Ada Sample,Lamp,08:00,10:15,15,2:00
""",
        _days(2, 21_600),
    ),
    _csv(
        "a break without a unit, and nothing to tell by",
        """
Date,Employee,Project,Break,Duration
2026-03-02,Ada Sample,Lamp,30,4:00
2026-03-03,Ada Sample,Lamp,15,2:00
""",
    ),
    _csv(
        "regular hours, overtime and their total",
        """
Date,Employee,Project,Regular hours,Overtime hours,Total hours
2026-03-02,Ada Sample,Lamp,8.00,1.50,9.50
2026-03-03,Ada Sample,Lamp,8.00,0.00,8.00
""",
        _days(2, 63_000),
    ),
    _csv(
        "net, tax and gross",
        """
Date,Employee,Category,Net,VAT,Gross,Currency
2026-03-02,Ada Sample,Oil,10.00,2.00,12.00,EUR
2026-03-03,Ada Sample,Oil,20.00,4.00,24.00,EUR
""",
    ),
    _csv(
        "two amounts in two currencies",
        """
Date,Employee,Category,Amount USD,Amount EUR
2026-03-02,Ada Sample,Oil,10.00,9.20
2026-03-03,Ada Sample,Oil,20.00,18.40
""",
    ),
    _sheet(
        "parts of a day as plain numbers",
        [
            ["Date", "Employee", "Project", "Duration"],
            [date(2026, 3, 2), "Ada Sample", "Lamp", Decimal("0.0625")],
            [date(2026, 3, 3), "Ada Sample", "Lamp", Decimal("0.09375")],
        ],
    ),
    _sheet(
        "a duration of more than a day in a cell that looks like a time",
        [
            ["Date", "Employee", "Project", "Duration"],
            [date(2026, 3, 2), "Ada Sample", "Lamp", datetime.fromisoformat("1899-12-31T07:30")],
            [date(2026, 3, 3), "Ada Sample", "Lamp", time(7, 30)],
        ],
        _days(2, 31 * 3_600 + 1_800 + 27_000),
    ),
    _csv(
        "a minus behind, and the other minus",
        """
Date,Employee,Category,Amount,Currency
2026-03-02,Ada Sample,Oil,12.50-,EUR
2026-03-03,Ada Sample,Oil,\u22122.50,EUR
""",
        _days(2, money={"EUR": "-15.00"}),
    ),
    _csv(
        "a distance without a unit",
        """
Date,Employee,Client,Distance
2026-03-02,Ada Sample,Beacon,12.5
2026-03-03,Ada Sample,Beacon,8.0
""",
    ),
    _csv(
        "three digits after every point of a distance",
        """
Date,Employee,Client,Distance (km)
2026-03-02,Ada Sample,Beacon,1.250
2026-03-03,Ada Sample,Beacon,2.500
""",
    ),
    _csv(
        "who approved before who worked",
        """
Approved by,Created on,Date,Employee,Project,Duration
Kim Sample,2026-04-01,2026-03-02,Ada Sample,Lamp,1:00
Lee Sample,2026-04-01,2026-03-03,Ada Sample,Lamp,2:00
""",
        _days(2, 10_800),
    ),
    _csv(
        "a week in one row",
        """
Week starting,Employee,Project,Mon,Tue,Wed,Thu,Fri,Sat,Sun,Total hours
2026-03-02,Ada Sample,Lamp,8.00,8.00,8.00,8.00,8.00,0.00,0.00,40.00
2026-03-09,Ada Sample,Lamp,8.00,8.00,8.00,8.00,4.00,0.00,0.00,36.00
""",
    ),
    _csv(
        "days as headers",
        """
Employee,Project,02/03/2026,03/03/2026,Total
Ada Sample,Lamp,8.00,7.50,15.50
Ada Sample,Quay,0.00,0.50,0.50
""",
    ),
    _csv(
        "hours rounded beside start and end",
        """
Date,Employee,Project,Start,End,Hours
2026-03-02,Ada Sample,Lamp,08:00,08:50,0.83
2026-03-03,Ada Sample,Lamp,08:00,10:20,2.33
""",
        _days(2, 11_400),
    ),
    _json(
        "seconds since 1970",
        [
            {"user": "Ada Sample", "project": "Lamp", "start": 1_772_434_800, "end": 1_772_440_200},
            {"user": "Ada Sample", "project": "Lamp", "start": 1_772_521_200, "end": 1_772_524_800},
        ],
    ),
    _json(
        "thousandths of a second",
        [
            {"user": "Ada Sample", "start": "2026-03-02T08:00:00", "end": "2026-03-02T09:30:00", "duration": 5_400_000},
            {"user": "Ada Sample", "start": "2026-03-03T08:00:00", "end": "2026-03-03T08:30:00", "duration": 1_800_000},
        ],
        _days(2, 7_200),
    ),
    _csv(
        "two columns of one name",
        """
Date,Employee,Project,Hours,Hours
2026-03-02,Ada Sample,Lamp,1.50,2.00
2026-03-03,Ada Sample,Lamp,2.25,2.50
""",
    ),
    _csv(
        "people as lines between their rows",
        """
Date,Project,Duration
Ada Sample,,
2026-03-02,Lamp,1:00
Kim Sample,,
2026-03-03,Lamp,2:00
""",
    ),
    _csv(
        "people as lines above their tables",
        """
Ada Sample
Date,Project,Duration
2026-03-02,Lamp,1:00

Kim Sample
Date,Project,Duration
2026-03-03,Lamp,2:00
""",
    ),
    _csv(
        "kilometres beside each distance",
        """
Date,Employee,Client,Distance
2026-03-02,Ada Sample,Beacon,12.5 km
2026-03-03,Ada Sample,Beacon,8 km
""",
        _days(2, distance={"km": "20.5"}),
    ),
    _csv(
        "a clock turned forward between start and end",
        """
Employee,Start,End
Ada Sample,2026-03-29T00:30:00+01:00,2026-03-29T03:30:00+02:00
Ada Sample,2026-03-30T08:00:00+02:00,2026-03-30T09:00:00+02:00
""",
        Figures(entries=2, seconds=10_800, first="2026-03-29", last="2026-03-30", people=_ADA),
    ),
    _csv(
        "hours in one column and minutes in the next",
        """
Date,Employee,Project,Hours,Minutes
2026-03-02,Ada Sample,Lamp,1,30
2026-03-03,Ada Sample,Lamp,2,15
""",
        _days(2, 13_500),
    ),
    _csv(
        "a rate in cents",
        """
Date,Employee,Project,Hours,Rate (cents),Currency
2026-03-02,Ada Sample,Lamp,1.5,4000,EUR
2026-03-03,Ada Sample,Lamp,0.5,4000,EUR
""",
        _days(2, 7_200, money={"EUR": "80.00"}),
    ),
    _json(
        "an amount in cents",
        [
            {"user": "Ada Sample", "date": "2026-03-02", "hours": 1.5, "billable_amount_in_cents": 6_000, "currency": "EUR"},
            {"user": "Ada Sample", "date": "2026-03-03", "hours": 0.5, "billable_amount_in_cents": 2_000, "currency": "EUR"},
        ],
        _days(2, 7_200),  # the amounts are told as not taken
    ),
    _csv(
        "two columns that differ in row 3,000 only",
        "Date,Employee,Client,Customer,Duration\n"
        + "".join(f"2026-03-{at % 28 + 1:02},Ada Sample,Beacon {at % 7},Beacon {at % 7},1:00\n" for at in range(3_000))
        + "2026-03-02,Ada Sample,Beacon,Harbour,1:00\n",
    ),
    _csv(
        "from winter into the new year, without years",
        """
Date,Employee,Project,Duration
28.12.,Ada Sample,Lamp,1:00
30.12.,Ada Sample,Lamp,1:00
02.01.,Ada Sample,Lamp,1:00
""",
    ),
    _csv(
        "an end before its start on a 24-hour clock",
        """
Date,Employee,Project,Start,End
2026-03-02,Ada Sample,Lamp,22:00,06:00
2026-03-03,Ada Sample,Lamp,13:00,15:00
""",
        _days(2, 36_000),
    ),
    _csv(
        "a total that has a date and no word",
        """
Date,Employee,Project,Duration
2026-03-02,Ada Sample,Lamp,1:00
2026-03-03,Ada Sample,Lamp,2:00
,,,3:00
""",
        _days(2, 10_800),
    ),
    _csv(
        "planned hours beside those worked",
        """
Date,Employee,Project,Planned hours,Actual hours
2026-03-02,Ada Sample,Lamp,8.00,1.50
2026-03-03,Ada Sample,Lamp,8.00,2.25
""",
        _days(2, 13_500),
    ),
    _csv(
        "hours that are billed beside those worked",
        """
Date,Employee,Project,Hours,Billable hours
2026-03-02,Ada Sample,Lamp,1.50,1.00
2026-03-03,Ada Sample,Lamp,2.25,0.00
""",
        _days(2, 13_500),
    ),
    _csv(
        "a pay that is the same for any length",
        """
Date,Employee,Project,Hours,Pay (EUR)
2026-03-02,Ada Sample,Lamp,2.00,40.00
2026-03-03,Ada Sample,Lamp,1.50,40.00
""",
    ),
    _csv(
        "a pay that grows with the hours",
        """
Date,Employee,Project,Hours,Pay (EUR)
2026-03-02,Ada Sample,Lamp,2.00,80.00
2026-03-03,Ada Sample,Lamp,1.50,60.00
""",
        _days(2, 12_600, money={"EUR": "140.00"}),
    ),
    _csv(
        "a pay that the rate makes of the hours",
        """
Date,Employee,Project,Minutes,Rate (EUR),Pay
2026-03-02,Ada Sample,Lamp,90,40.00,60.00
2026-03-03,Ada Sample,Lamp,90,30.00,45.00
""",
        _days(2, 10_800, money={"EUR": "105.00"}),
    ),
    _csv(
        "a pay that makes the amount of the hours",
        """
Date,Employee,Project,Hours,Pay,Amount (EUR)
2026-03-02,Ada Sample,Lamp,2.00,40.00,80.00
2026-03-03,Ada Sample,Lamp,1.50,40.00,60.00
""",
        _days(2, 12_600, money={"EUR": "140.00"}),
    ),
    _csv(
        "a pay beside what is billed",
        """
Date,Employee,Project,Hours,Rate (EUR),Amount (EUR),Pay (EUR)
2026-03-02,Ada Sample,Lamp,2.00,40.00,80.00,50.00
2026-03-03,Ada Sample,Lamp,1.50,40.00,60.00,25.00
""",
        _days(2, 12_600, money={"EUR": "140.00"}),
    ),
    _csv(
        "a rate for a day",
        """
Date,Employee,Project,Hours,Day rate (EUR)
2026-03-02,Ada Sample,Lamp,8.00,400.00
2026-03-03,Ada Sample,Lamp,4.00,400.00
""",
        _days(2, 43_200),
    ),
    _csv(
        "a tax rate beside the hourly rate",
        """
Date,Employee,Project,Hours,Rate (EUR),Tax rate
2026-03-02,Ada Sample,Lamp,8.00,40.00,20
2026-03-03,Ada Sample,Lamp,4.00,40.00,20
""",
        _days(2, 43_200, money={"EUR": "480.00"}),
    ),
]
