"""Layouts of reports as time-tracking apps on phones send them: titles, wage lines, totals, tax blocks, several sections."""

from __future__ import annotations

from tests.component.reports.case import Case, Figures, text

GERMAN = """
sep=;
Arbeitszeitbericht 01.03.2026 - 31.03.2026

Datum;Beginn;Ende;Pause;Dauer (Std.);Mitarbeiter;Kunde;Auftrag;Stundensatz (EUR);Betrag (EUR);Notiz
02.03.2026;08:00;12:30;0:30;4,00;Ida Sample;Hafenlicht Süd;Docht;45,00;180,00;
17.03.2026;22:00;06:00;0:00;8,00;Ida Sample;Hafenlicht Süd;Wache;50,00;400,00;"Nacht; windig"
Summe;;;;12,00;;;;;580,00;
"""

WAGES = """
sep=,
Job: Beacon upkeep
Wage: $25.00 per hour
Employee: Ida Sample
Period: 3/1/26 - 3/31/26

Date,In,Out,Break,Hours,h:mm,Amount
3/2/26,9:00 AM,12:30 PM,0:15,3.25,3:15,$81.25
3/13/26,1:00 PM,5:45 PM,0:00,4.75,4:45,$118.75
Total,,,,8.00,8:00,$200.00
Subtotal,,,,,,$200.00
VAT 20%,,,,,,$40.00
Grand total,,,,,,$240.00
"""

ARROWS = """
Worker,Date,Client,Task,Start,Finish,Hours,Pay
Kim Sample,02/03/2026,Quay Ltd Sample,Nets,08:00,10:00,2.00,£30.00
Kim Sample,03/03/2026,Quay Ltd Sample,Nets,08:00,11:30,3.50,£52.50
>>>>>>,>>>>>>,>>>>>>,Week 10,>>>>>>,>>>>>>,5.50,£82.50
Kim Sample,16/03/2026,Quay Ltd Sample,Ropes,09:00,10:00,1.00,£15.00
>>>>>>,>>>>>>,>>>>>>,Week 12,>>>>>>,>>>>>>,1.00,£15.00
>>>>>>,>>>>>>,>>>>>>,Total,>>>>>>,>>>>>>,6.50,£97.50
"""

SECTIONS = """
Monthly report,March 2026

Time
Date,Employee,Client,Start,End,Duration
2026-03-02,Ada Sample,Beacon,08:00,12:00,4:00
2026-03-03,Kim Sample,Beacon,08:00,09:30,1:30

Expenses
Date,Employee,Client,Category,Amount,Currency
2026-03-03,Kim Sample,Beacon,Parking,4.50,EUR
2026-03-31,Kim Sample,Beacon,Paint,12.25,EUR
"""

SUMMARISED = """
Date,Employee,Project,Duration
2026-03-02,Ada Sample,Lamp,4:00
2026-03-02,Ada Sample,Quay,0:30
2026-03-20,Ada Sample,Lamp,1:15

Summary
Project,Duration
Lamp,5:15
Quay,0:30
Total,5:45
"""

PAGES = """
Date,Employee,Project,Duration
2026-03-02,Ada Sample,Lamp,4:00
2026-03-03,Ada Sample,Lamp,3:00
Date,Employee,Project,Duration
2026-03-04,Ada Sample,Lamp,2:00
Page 2 of 2
"""

PEOPLE = """
Mitarbeiter: Ada Sample
Datum;Projekt;Stunden
02.03.2026;Docht;1,50
13.03.2026;Docht;2,00
Summe Ada Sample;;3,50

Mitarbeiter: Kim Sample
Datum;Projekt;Stunden
02.03.2026;Wache;0,75
Summe Kim Sample;;0,75
Gesamt;;4,25
"""

HOUR_TWINS = """
Fecha;Empleado;Proyecto;Horas (h:mm);Horas (decimal)
02/03/2026;Ida Sample;Faro;1:20;1,33
30/03/2026;Ida Sample;Faro;0:40;0,67
Total;;;2:00;2,00
"""

ITALIAN_TAX = """
Rapporto ore;;;;;
Periodo: 01/03/2026 - 31/03/2026;;;;;
Data;Dipendente;Cliente;Ore;Tariffa oraria;Importo
03/03/2026;Ida Sample;Faro S.r.l. Sample;2,00;€ 40,00;€ 80,00
31/03/2026;Ida Sample;Faro S.r.l. Sample;1,50;€ 40,00;€ 60,00
;;;;Imponibile;€ 140,00
;;;;IVA 22%;€ 30,80
;;;;Totale;€ 170,80
"""

RUNNING = """
Date;Employee;Client;Start;End;Duration
2026-03-02;Ada Sample;Beacon;08:00;12:00;4:00
2026-03-02;Ada Sample;Beacon;13:00;13:00;0:00
2026-03-03;Ada Sample;Beacon;08:00;;
"""

BREAK_ROWS = """
Date,Employee,Type,Start,End,Duration
2026-03-02,Ada Sample,Work,08:00,12:00,4:00
2026-03-02,Ada Sample,Break,12:00,12:45,0:45
2026-03-02,Ada Sample,Work,12:45,17:00,4:15
"""

CASES = [
    Case(
        name="phone report with a sep line",
        kind="csv",
        language="de",
        rows="time",
        unusual="`sep=;`, a title with the period, decimal commas, an overnight shift without dates, a total row",
        data=text(GERMAN, encoding="cp1252"),
        figures=Figures(
            entries=2,
            seconds=43_200,
            first="2026-03-02",
            last="2026-03-17",
            people=("Ida Sample",),
            money={"EUR": "580.00"},
        ),
    ),
    Case(
        name="job and wage above the header",
        kind="csv",
        language="en",
        rows="time",
        unusual="M/D/YY, 12-hour clock, h:mm beside decimal hours, the person in a title line, a tax block, `$` of some country",
        data=text(WAGES),
        asks={"currency": "CAD"},
        figures=Figures(
            entries=2,
            seconds=28_800,
            first="2026-03-02",
            last="2026-03-13",
            people=("Ida Sample",),
            money={"CAD": "200.00"},
        ),
    ),
    Case(
        name="subtotal rows full of arrows",
        kind="csv",
        language="en",
        rows="time",
        unusual="weekly subtotals, pounds by their sign, dd/mm/yyyy settled in the last entry",
        data=text(ARROWS),
        figures=Figures(
            entries=3,
            seconds=23_400,
            first="2026-03-02",
            last="2026-03-16",
            people=("Kim Sample",),
            money={"GBP": "97.50"},
        ),
    ),
    Case(
        name="time and expenses in one file",
        kind="csv",
        language="en",
        rows="time, expense",
        unusual="two sections, each with its own header",
        data=text(SECTIONS),
        figures=Figures(
            entries=4,
            seconds=19_800,
            first="2026-03-02",
            last="2026-03-31",
            people=("Ada Sample", "Kim Sample"),
            money={"EUR": "16.75"},
        ),
    ),
    Case(
        name="entries and a summary",
        kind="csv",
        language="en",
        rows="time",
        unusual="a second table sums the first",
        data=text(SUMMARISED),
        figures=Figures(entries=3, seconds=20_700, first="2026-03-02", last="2026-03-20", people=("Ada Sample",)),
    ),
    Case(
        name="printed in pages",
        kind="csv",
        language="en",
        rows="time",
        unusual="the header again on each page, a page number",
        data=text(PAGES),
        figures=Figures(entries=3, seconds=32_400, first="2026-03-02", last="2026-03-04", people=("Ada Sample",)),
    ),
    Case(
        name="a table for each person",
        kind="csv",
        language="de",
        rows="time",
        unusual="the person stands above each table, totals per person and in all",
        data=text(PEOPLE),
        figures=Figures(
            entries=3,
            seconds=15_300,
            first="2026-03-02",
            last="2026-03-13",
            people=("Ada Sample", "Kim Sample"),
        ),
    ),
    Case(
        name="hours twice",
        kind="csv",
        language="es",
        rows="time",
        unusual="h:mm beside decimal hours that are rounded",
        data=text(HOUR_TWINS),
        figures=Figures(entries=2, seconds=7_200, first="2026-03-02", last="2026-03-30", people=("Ida Sample",)),
    ),
    Case(
        name="tax block under the rows",
        kind="csv",
        language="it",
        rows="time",
        unusual="euro signs in front, hours x rate = amount, tax and total without a word in front",
        data=text(ITALIAN_TAX),
        figures=Figures(
            entries=2,
            seconds=12_600,
            first="2026-03-03",
            last="2026-03-31",
            people=("Ida Sample",),
            money={"EUR": "140.00"},
        ),
    ),
    Case(
        name="a timer still running",
        kind="csv",
        language="en",
        rows="time",
        unusual="an entry without an end is left out, one of no length is kept",
        data=text(RUNNING),
        figures=Figures(entries=2, seconds=14_400, first="2026-03-02", last="2026-03-02", people=("Ada Sample",)),
    ),
    Case(
        name="breaks as rows",
        kind="csv",
        language="en",
        rows="time",
        unusual="a column says work or break",
        data=text(BREAK_ROWS),
        figures=Figures(entries=2, seconds=29_700, first="2026-03-02", last="2026-03-02", people=("Ada Sample",)),
    ),
]
