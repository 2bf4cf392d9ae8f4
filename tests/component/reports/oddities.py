"""Layouts with odd rows and odd ways to write durations, money and days."""

from __future__ import annotations

from decimal import Decimal

from tests.component.reports import write
from tests.component.reports.biff import xls
from tests.component.reports.case import Case, Figures, text
from tests.component.sources.spreadsheet import workbook

OWN = """
kind,source_id,date,start,end,duration,break,overtime,person,client,job,tags,rate,currency,amount,distance,unit,category,billable,notes
time,A-1,2026-03-02,08:00,12:30,4:00:00,0:30:00,,Ada Sample,Beacon,Lamp,,40,EUR,,,,,yes,
expense,A-2,2026-03-03,,,,,,Ada Sample,Beacon,Lamp,,,EUR,12.50,,,Oil,yes,
mileage,A-3,2026-03-04,,,,,,Kim Sample,Beacon,Lamp,,0.30,EUR,,100,km,,yes,
"""

ISO = """
Date,Employee,Project,Duration
2026-03-02,Ada Sample,Lamp,PT1H30M
2026-03-03,Ada Sample,Lamp,PT45M
2026-03-04,Ada Sample,Lamp,PT26H
"""

SPELLED = """
Date,Employee,Project,Time spent
2026-03-02,Ada Sample,Lamp,90 min
2026-03-03,Ada Sample,Lamp,1 h 15 min
2026-03-04,Ada Sample,Lamp,30 min
"""

SECONDS = """
Date,Employee,Project,Duration (seconds)
2026-03-02,Ada Sample,Lamp,5400
2026-03-03,Ada Sample,Lamp,61
"""

BY_CLOCK = """
Date,Employee,Project,Start,End,Duration
2026-03-02,Ada Sample,Lamp,08:00,09:30,90
2026-03-03,Ada Sample,Lamp,08:00,08:07,7
"""

BY_RATE = """
Date;Employee;Project;Duration;Rate EUR;Amount EUR
2026-03-02;Ada Sample;Lamp;90;40,00;60,00
2026-03-03;Ada Sample;Lamp;45;40,00;30,00
"""

ALIKE = """
Date,Employee,Project,Duration
2026-03-02,Ada Sample,Lamp,1:00
2026-03-02,Ada Sample,Lamp,1:00
2026-03-02,Ada Sample,Lamp,1:00
"""

TWO_MONEYS = """
Date,Employee,Client,Hours,Rate,Currency
2026-03-02,Ada Sample,Beacon,2.00,40.00,EUR
2026-03-03,Ada Sample,Quayside,1.50,50.00,USD
"""

BAD_ROW = """
Date,Employee,Project,Duration
2026-03-02,Ada Sample,Lamp,1:00
2026-02-30,Ada Sample,Lamp,2:00
2026-03-04,Ada Sample,Lamp,0:30
"""

LESS_TIME = """
Date,Employee,Project,Hours
2026-03-02,Ada Sample,Lamp,2.00
2026-03-03,Ada Sample,Lamp,-0.50
2026-03-04,Ada Sample,Lamp,1.25
"""

PERIOD_YEAR = """
Stundenzettel 2026
Zeitraum: 01.02.2026 - 28.02.2026
Datum;Mitarbeiter;Projekt;Dauer
03.02.;Ida Sample;Docht;1:30
20.02.;Ida Sample;Docht;0:30
"""

MILES = """
Date,Employee,Client,Distance,Rate,Notes
2026-03-02,Kim Sample,Beacon,12.5 mi,USD 0.67,there
2026-03-03,Kim Sample,Beacon,8 mi,USD 0.67,back
"""

BLANKS = """

,,,,
,Employee,Date,,Hours,
,Ada Sample,2026-03-02,,1.5,

,Ada Sample,2026-03-03,,0.5,
,,,,,
"""

UTC = """
Employee,Start,End,Duration
Ada Sample,2026-03-02T08:00:00Z,2026-03-02T09:00:00Z,1:00:00
Ada Sample,2026-03-02T22:30:00Z,2026-03-03T00:00:00Z,1:30:00
"""

SEMICOLON_NAMES = '''
Date;Employee;Client;Hours
2026-03-02;"Sample; Ada";"Beacon ""North""";1,5
2026-03-03;"Sample; Ada";"Beacon
South";0,25
'''

ADA = ("Ada Sample",)
CASES = [
    Case(
        name="our own layout",
        kind="csv",
        language="en",
        rows="time, expense, mileage",
        unusual="needs no detection",
        data=text(OWN),
        figures=Figures(
            entries=3,
            seconds=14_400,
            first="2026-03-02",
            last="2026-03-04",
            people=("Ada Sample", "Kim Sample"),
            money={"EUR": "202.50"},
            distance={"km": "100"},
        ),
    ),
    Case(
        name="ISO durations",
        kind="csv",
        language="en",
        rows="time",
        unusual="PT1H30M",
        data=text(ISO),
        figures=Figures(entries=3, seconds=101_700, first="2026-03-02", last="2026-03-04", people=ADA),
    ),
    Case(
        name="units beside each duration",
        kind="csv",
        language="en",
        rows="time",
        unusual="90 min, 1 h 15 min",
        data=text(SPELLED, end="\r"),
        figures=Figures(entries=3, seconds=11_700, first="2026-03-02", last="2026-03-04", people=ADA),
    ),
    Case(
        name="seconds by the header",
        kind="csv",
        language="en",
        rows="time",
        unusual="whole seconds",
        data=text(SECONDS),
        figures=Figures(entries=2, seconds=5_461, first="2026-03-02", last="2026-03-03", people=ADA),
    ),
    Case(
        name="minutes by start and end",
        kind="csv",
        language="en",
        rows="time",
        unusual="no unit in the header",
        data=text(BY_CLOCK),
        figures=Figures(entries=2, seconds=5_820, first="2026-03-02", last="2026-03-03", people=ADA),
    ),
    Case(
        name="minutes by rate and amount",
        kind="csv",
        language="en",
        rows="time",
        unusual="90 x 40 an hour = 60",
        data=text(BY_RATE),
        figures=Figures(entries=2, seconds=8_100, first="2026-03-02", last="2026-03-03", people=ADA, money={"EUR": "90.00"}),
    ),
    Case(
        name="three entries alike",
        kind="csv",
        language="en",
        rows="time",
        unusual="genuine repetitions",
        data=text(ALIKE),
        figures=Figures(entries=3, seconds=10_800, first="2026-03-02", last="2026-03-02", people=ADA),
    ),
    Case(
        name="two currencies",
        kind="csv",
        language="en",
        rows="time",
        unusual="a currency column",
        data=text(TWO_MONEYS),
        figures=Figures(
            entries=2,
            seconds=12_600,
            first="2026-03-02",
            last="2026-03-03",
            people=ADA,
            money={"EUR": "80.00", "USD": "75.00"},
        ),
    ),
    Case(
        name="a day that doesn't exist",
        kind="csv",
        language="en",
        rows="time",
        unusual="30 February: the row is named",
        data=text(BAD_ROW),
        figures=Figures(entries=2, seconds=5_400, first="2026-03-02", last="2026-03-04", people=ADA, refused=1),
    ),
    Case(
        name="negative hours",
        kind="csv",
        language="en",
        rows="time",
        unusual="a correction: the row is named, not taken",
        data=text(LESS_TIME),
        figures=Figures(entries=2, seconds=11_700, first="2026-03-02", last="2026-03-04", people=ADA, refused=1),
    ),
    Case(
        name="the year in the title",
        kind="csv",
        language="de",
        rows="time",
        unusual="dd.mm. below a stated period",
        data=text(PERIOD_YEAR),
        figures=Figures(entries=2, seconds=7_200, first="2026-02-03", last="2026-02-20", people=("Ida Sample",)),
    ),
    Case(
        name="units beside each distance",
        kind="csv",
        language="en",
        rows="mileage",
        unusual="12.5 mi, the code before the rate",
        data=text(MILES),
        figures=Figures(
            entries=2,
            first="2026-03-02",
            last="2026-03-03",
            people=("Kim Sample",),
            money={"USD": "13.74"},
            distance={"mi": "20.5"},
        ),
    ),
    Case(
        name="blank rows and columns",
        kind="csv",
        language="en",
        rows="time",
        unusual="the table starts in its second column",
        data=text(BLANKS),
        figures=Figures(entries=2, seconds=7_200, first="2026-03-02", last="2026-03-03", people=ADA),
    ),
    Case(
        name="instants in UTC",
        kind="csv",
        language="en",
        rows="time",
        unusual="Z behind each instant, past midnight",
        data=text(UTC),
        asks={"zone": "as written"},
        figures=Figures(entries=2, seconds=9_000, first="2026-03-02", last="2026-03-02", people=ADA),
    ),
    Case(
        name="separators inside cells",
        kind="csv",
        language="en",
        rows="time",
        unusual="quoted separators, quotes and line breaks",
        data=text(SEMICOLON_NAMES),
        figures=Figures(entries=2, seconds=6_300, first="2026-03-02", last="2026-03-03", people=("Sample; Ada",)),
    ),
    Case(
        name="nothing but a header",
        kind="xls",
        language="en",
        rows="time",
        unusual="no entries",
        data=xls({"Report": [["Date", "Employee", "Project", "Hours"]]}),
    ),
    Case(
        name="not a report",
        kind="html",
        language="en",
        rows="time",
        unusual="a page without a table",
        data=b"<html><body><p>Dear Ada, the report is on its way.</p></body></html>",
    ),
    Case(
        name="a letter",
        kind="csv",
        language="en",
        rows="time",
        unusual="text that is no table",
        data=text("Dear Ada,\n\nthe report is on its way.\nIt has 3 pages.\n"),
    ),
    Case(
        name="prices of goods",
        kind="xlsx",
        language="en",
        rows="time",
        unusual="a table about something else",
        data=workbook([["Article", "Colour", "Weight"], ["Lamp", "red", Decimal("1.5")], ["Rope", "blue", Decimal(3)]]),
    ),
    Case(
        name="a database of something else",
        kind="sqlite",
        language="en",
        rows="time",
        unusual="no table of work",
        data=write.backup({"songs": [["title", "stars"], ["Lanterns", 5]]}),
    ),
]
