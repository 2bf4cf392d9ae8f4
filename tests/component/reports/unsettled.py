"""Layouts that leave something open: each is asked exactly that, and reads right once it is answered."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from tests.component.reports import write
from tests.component.reports.case import Case, Figures, text
from tests.component.sources.spreadsheet import Formula, workbook

ORDER = """
Date,Employee,Project,Duration
03/04/2026,Ada Sample,Lamp,1:30
05/04/2026,Ada Sample,Lamp,2:00
"""

MARK = """
Date,Employee,Category,Amount,Currency
2026-03-02,Ada Sample,Oil,"1,500",KWD
2026-03-03,Ada Sample,Oil,"2,250",KWD
"""

UNIT = """
Date,Employee,Project,Duration
2026-03-02,Ada Sample,Lamp,90
2026-03-03,Ada Sample,Lamp,45
2026-03-04,Ada Sample,Lamp,8
"""

YEAR = """
Datum;Mitarbeiter;Projekt;Dauer
05.03.;Ida Sample;Docht;1:30
16.03.;Ida Sample;Docht;0:30
"""

NEW_YEAR = """
Datum;Mitarbeiter;Projekt;Dauer
28.12.;Ida Sample;Docht;1:00
30.12.;Ida Sample;Docht;1:00
02.01.;Ida Sample;Docht;1:00
"""

DOLLARS = """
Date,Employee,Category,Amount
2026-03-02,Ada Sample,Oil,$12.50
2026-03-03,Ada Sample,Oil,$7.50
"""

KRONER = """
Date;Employee;Category;Amount
2026-03-02;Ada Sample;Oil;112,50 kr
2026-03-03;Ada Sample;Oil;7,50 kr
"""

BARE_MONEY = """
Date,Employee,Project,Hours,Rate
2026-03-02,Ada Sample,Lamp,1.5,40.00
2026-03-03,Ada Sample,Lamp,0.25,40.00
"""

PAY = """
Date,Employee,Project,Hours,Pay (EUR)
2026-03-02,Ada Sample,Lamp,2.00,40.00
2026-03-03,Ada Sample,Lamp,1.50,40.00
"""

LOHN = """
Datum;Mitarbeiter;Projekt;Stunden;Lohn (EUR)
02.03.2026;Ida Sample;Docht;2,00;40,00
16.03.2026;Ida Sample;Docht;2,00;50,00
"""

NOBODY = """
Date,Project,Duration
2026-03-02,Lamp,1:30
2026-03-20,Lamp,0:15
"""

FOUR = """
Date;Project;Minutes;Amount
03/04/2026;Lamp;60;1.500
07/04/2026;Lamp;120;3.000
"""

BREAKS = """
Date,Employee,Project,Duration,Break
2026-03-02,Ada Sample,Lamp,8:00,0:30
2026-03-03,Ada Sample,Lamp,7:30,0:30
"""

TWO_CLIENTS = """
Date,Employee,Client,Customer,Duration
2026-03-02,Ada Sample,Beacon,Quayside,8:00
2026-03-03,Ada Sample,Beacon,Harbour,7:30
"""

HALF_CLOCK = """
Date,Employee,Project,Start,End
2026-03-02,Ada Sample,Lamp,9:00,5:00
2026-03-03,Ada Sample,Lamp,8:30,4:30
"""

LETTERS = """
Date,Employee,Project,Duration
2026-03-02,Ana Nuñez Sample,Lamp,8:00
2026-03-03,Ana Nuñez Sample,Lamp,7:30
"""

YEN_OR_YUAN = """
日付,氏名,カテゴリ,金額
2026/03/02,見本 花子,備品,"¥1,234,500"
2026/03/21,見本 花子,備品,"¥500"
"""

SHORT_YEARS = """
Date,Employee,Project,Duration
05/06/07,Ada Sample,Lamp,1:00
06/06/07,Ada Sample,Lamp,2:00
"""

ADA = ("Ada Sample",)
CASES = [
    Case(
        name="no day above 12",
        kind="csv",
        language="en",
        rows="time",
        unusual="3 April or 4 March",
        data=text(ORDER),
        asks={"date_order": "D-M-Y"},
        figures=Figures(entries=2, seconds=12_600, first="2026-04-03", last="2026-04-05", people=ADA),
    ),
    Case(
        name="three digits after every comma",
        kind="csv",
        language="en",
        rows="expense",
        unusual="1.5 dinars or 1,500",
        data=text(MARK),
        asks={"decimal": ","},
        figures=Figures(entries=2, first="2026-03-02", last="2026-03-03", people=ADA, money={"KWD": "3.750"}),
    ),
    Case(
        name="durations without a unit",
        kind="csv",
        language="en",
        rows="time",
        unusual="90 may be minutes, hours or seconds",
        data=text(UNIT),
        asks={"unit": "min"},
        figures=Figures(entries=3, seconds=8_580, first="2026-03-02", last="2026-03-04", people=ADA),
    ),
    Case(
        name="dates without a year",
        kind="csv",
        language="de",
        rows="time",
        unusual="no title says which year",
        data=text(YEAR),
        asks={"year": "2026"},
        figures=Figures(entries=2, seconds=7_200, first="2026-03-05", last="2026-03-16", people=("Ida Sample",)),
    ),
    Case(
        name="over New Year without a year",
        kind="csv",
        language="de",
        rows="time",
        unusual="one year or two: the answer may be the first day",
        data=text(NEW_YEAR),
        asks={"year": "2025-12-28"},
        figures=Figures(entries=3, seconds=10_800, first="2025-12-28", last="2026-01-02", people=("Ida Sample",)),
    ),
    Case(
        name="a sheet for each month, nobody named",
        kind="ods",
        language="en",
        rows="time",
        unusual="one answer holds for all sheets, and the question says so",
        data=write.ods(
            {
                "March": [["Date", "Hours"], [date(2026, 3, 2), Decimal("1.5")]],
                "April": [["Date", "Hours"], [date(2026, 4, 2), Decimal("2.5")]],
            }
        ),
        asks={"person": "Ada Sample"},
        figures=Figures(entries=2, seconds=14_400, first="2026-03-02", last="2026-04-02", people=ADA),
    ),
    Case(
        name="dollars of some country",
        kind="csv",
        language="en",
        rows="expense",
        unusual="`$` names several currencies",
        data=text(DOLLARS),
        asks={"currency": "AUD"},
        figures=Figures(entries=2, first="2026-03-02", last="2026-03-03", people=ADA, money={"AUD": "20.00"}),
    ),
    Case(
        name="crowns of some country",
        kind="csv",
        language="en",
        rows="expense",
        unusual="`kr` names several currencies",
        data=text(KRONER),
        asks={"currency": "NOK"},
        figures=Figures(entries=2, first="2026-03-02", last="2026-03-03", people=ADA, money={"NOK": "120.00"}),
    ),
    Case(
        name="yen or yuan",
        kind="csv",
        language="ja",
        rows="expense",
        unusual="`¥` names two, whatever the language",
        data=text(YEN_OR_YUAN),
        asks={"currency": "JPY"},
        figures=Figures(
            entries=2,
            first="2026-03-02",
            last="2026-03-21",
            people=("見本 花子",),
            money={"JPY": "1235000"},
        ),
    ),
    Case(
        name="rates in no currency",
        kind="csv",
        language="en",
        rows="time",
        unusual="money without a sign or a code",
        data=text(BARE_MONEY),
        asks={"currency": "GBP"},
        figures=Figures(
            entries=2,
            seconds=6_300,
            first="2026-03-02",
            last="2026-03-03",
            people=ADA,
            money={"GBP": "70.00"},
        ),
    ),
    Case(
        name="pay of an hour or of the entry",
        kind="csv",
        language="en",
        rows="time",
        unusual="the same for any length",
        data=text(PAY),
        asks={"column": "rate"},
        figures=Figures(
            entries=2,
            seconds=12_600,
            first="2026-03-02",
            last="2026-03-03",
            people=ADA,
            money={"EUR": "140.00"},
        ),
    ),
    Case(
        name="pay that is not billed",
        kind="csv",
        language="de",
        rows="time",
        unusual="`Lohn`: what the worker gets, or what the client pays",
        data=text(LOHN),
        asks={"column": "none"},
        figures=Figures(entries=2, seconds=14_400, first="2026-03-02", last="2026-03-16", people=("Ida Sample",)),
    ),
    Case(
        name="nobody named",
        kind="csv",
        language="en",
        rows="time",
        unusual="no column and no title says whose work it is",
        data=text(NOBODY),
        asks={"person": "Ada Sample"},
        figures=Figures(entries=2, seconds=6_300, first="2026-03-02", last="2026-03-20", people=ADA),
    ),
    Case(
        name="four things open at once",
        kind="csv",
        language="en",
        rows="time",
        unusual="order, mark, currency and person together",
        data=text(FOUR),
        asks={"date_order": "M-D-Y", "decimal": ".", "currency": "KWD", "person": "Ada Sample"},
        figures=Figures(
            entries=2,
            seconds=10_800,
            first="2026-03-04",
            last="2026-07-04",
            people=ADA,
            money={"KWD": "4.500"},
        ),
    ),
    Case(
        name="breaks inside or outside",
        kind="csv",
        language="en",
        rows="time",
        unusual="no start or end to tell by",
        data=text(BREAKS),
        asks={"break": "excluded"},
        figures=Figures(entries=2, seconds=55_800, first="2026-03-02", last="2026-03-03", people=ADA),
    ),
    Case(
        name="two columns for one meaning",
        kind="csv",
        language="en",
        rows="time",
        unusual="client and customer differ",
        data=text(TWO_CLIENTS),
        asks={"column": "Client"},
        figures=Figures(entries=2, seconds=55_800, first="2026-03-02", last="2026-03-03", people=ADA),
    ),
    Case(
        name="nine to five",
        kind="csv",
        language="en",
        rows="time",
        unusual="an 8-hour day or a 20-hour night",
        data=text(HALF_CLOCK),
        asks={"clock": "12"},
        figures=Figures(entries=2, seconds=57_600, first="2026-03-02", last="2026-03-03", people=ADA),
    ),
    Case(
        name="a letter that depends on the encoding",
        kind="csv",
        language="en",
        rows="time",
        unusual="ñ or ń by the code page",
        data=text(LETTERS, encoding="cp1252"),
        asks={"encoding": "cp1252"},
        figures=Figures(entries=2, seconds=55_800, first="2026-03-02", last="2026-03-03", people=("Ana Nuñez Sample",)),
    ),
    Case(
        name="a formula without a result",
        kind="xlsx",
        language="en",
        rows="time",
        unusual="no cached value, and no start or end",
        data=workbook(
            [["Date", "Employee", "Hours"], ["2026-03-02", "Ada Sample", Formula("1+1", None)]]
            + [["2026-03-03", "Ada Sample", Formula("1+2", Decimal(3))]]
        ),
        asks={"formula": "leave_out"},
        figures=Figures(entries=1, seconds=10_800, first="2026-03-03", last="2026-03-03", people=ADA),
    ),
    Case(
        name="two sheets of entries",
        kind="ods",
        language="en",
        rows="time",
        unusual="the same days twice, with other hours",
        data=write.ods(
            {
                "Draft": [["Date", "Employee", "Hours"], ["2026-03-02", "Ada Sample", Decimal("1.5")]],
                "Final": [["Date", "Employee", "Hours"], ["2026-03-02", "Ada Sample", Decimal("2.5")]],
            }
        ),
        asks={"table": "Final"},
        figures=Figures(entries=1, seconds=9_000, first="2026-03-02", last="2026-03-02", people=ADA),
    ),
    Case(
        name="two digits for everything",
        kind="csv",
        language="en",
        rows="time",
        unusual="05/06/07 in any order",
        data=text(SHORT_YEARS),
        asks={"date_order": "D-M-Y"},
        figures=Figures(entries=2, seconds=10_800, first="2007-06-05", last="2007-06-06", people=ADA),
    ),
]
