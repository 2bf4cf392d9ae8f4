"""Layouts in European languages: their words, dates, clocks, numbers and encodings."""

from __future__ import annotations

from tests.component.reports.case import Case, Figures, text

FRENCH = """
Date;Salarié;Client;Tâche;Début;Fin;Durée;Taux horaire;Montant
02/03/2026;Zoé Sample;Phare;Lampe;08:00;11:30;3h30;15,00 €;52,50 €
19/03/2026;Zoé Sample;Phare;Lampe;09:00;19:00;10h00;105,00 €;1 050,00 €
"""

FRENCH_EXPENSES = """
Date\tCollaborateur\tClient\tCatégorie\tMontant TTC\tDevise\tRemboursable
03/02/2026\tZoé Sample\tPhare\tRepas\t12,50\tEUR\toui
28/02/2026\tZoé Sample\tPhare\tTrain\t1\u202f234,00\tEUR\toui
"""

SPANISH = """
Fecha,Empleado,Cliente,Proyecto,Hora de inicio,Hora de fin,Horas,Importe (EUR)
02/03/2026,Íñigo Sample,Faro,Lámpara,9:00 a. m.,1:30 p. m.,"4,50","90,00"
30/03/2026,Íñigo Sample,Faro,Lámpara,12:15 p. m.,2:15 p. m.,"2,00","40,00"
"""

PORTUGUESE = """
Data;Funcionário;Projeto;Horas trabalhadas;Valor;Observações
02/03/2026;Inês Sample;Farol;8,00;R$ 1.234,50;manhã e tarde
27/03/2026;Inês Sample;Farol;0,50;R$ 77,15;
Total;;;8,50;R$ 1.311,65;
"""

ITALIAN = """
Data;Dipendente;Cliente;Categoria;Importo;Valuta;Descrizione;Fatturabile
02/03/2026;Ida Sample;Faro;Pasti;18,40;EUR;pranzo;sì
05/03/2026;Ida Sample;Faro;Pasti;-3,40;EUR;rimborso;sì
29/03/2026;Ida Sample;Faro;Carburante;50,00;EUR;;no
"""

DUTCH = """
Datum;Medewerker;Klant;Omschrijving;Kilometers;Tarief per km;Bedrag
02-03-2026;Ids Sample;Vuurtoren;heen en terug;120,5;€ 0,23;€ 27,72
31-03-2026;Ids Sample;Vuurtoren;heen;10,0;€ 0,23;€ 2,30
Totaal;;;;130,5;;€ 30,02
"""

GERMAN_WORDS = """
Datum;Tag;Von;Bis;Pause (Min.);Arbeitszeit;Name;Projekt;Abrechenbar
2. März 2026;Mo;08:00;12:30;30;4:00;Jürgen Sample;Leuchtturm;ja
3. März 2026;Di;08:00;09:00;0;1:00;Jürgen Sample;Leuchtturm;nein
15. Mai 2026;Fr;22:00;00:30;0;2:30;Jürgen Sample;Leuchtturm;ja
"""

GERMAN_EXPENSES = """
Datum;Mitarbeiter;Kunde;Kategorie;Betrag;Währung
04.03.2026;Jürgen Sample;Leuchtturm;Material;1.250,00;EUR
09.03.2026;Jürgen Sample;Leuchtturm;Parken;3,50;EUR
22.03.2026;Jürgen Sample;Leuchtturm;Material;(250,00);EUR
"""

SWISS = """
Datum;Mitarbeiter;Projekt;Stunden;Ansatz CHF;Betrag CHF
02.03.2026;Urs Sample;Leuchtfeuer;12.50;100.00;1'250.00
16.03.2026;Urs Sample;Leuchtfeuer;0.25;100.00;25.00
"""

WEEKDAYS = """
Employee,Day,Date,Project,Duration
Ada Sample,Monday,02/03/2026,Lamp,1:00
Ada Sample,Tuesday,03/03/2026,Lamp,2:00
Ada Sample,Wednesday,04/03/2026,Lamp,0:30
"""

NEDERLANDS = """
Datum;Medewerker;Project;Begintijd;Eindtijd;Pauze;Uren
02-03-2026;Ids Sample;Kade;08:00;16:30;0:30;8:00
13-03-2026;Ids Sample;Kade;08:00;12:00;0:00;4:00
"""

CASES = [
    Case(
        name="durations written 3h30",
        kind="csv",
        language="fr",
        rows="time",
        unusual="cp1252, euro sign behind the amount, a blank between thousands",
        data=text(FRENCH, encoding="cp1252"),
        figures=Figures(
            entries=2,
            seconds=48_600,
            first="2026-03-02",
            last="2026-03-19",
            people=("Zoé Sample",),
            money={"EUR": "1102.50"},
        ),
    ),
    Case(
        name="narrow blanks between thousands",
        kind="csv",
        language="fr",
        rows="expense",
        unusual="tabs, a byte order mark, U+202F",
        data=text(FRENCH_EXPENSES, encoding="utf-8-sig"),
        figures=Figures(
            entries=2,
            first="2026-02-03",
            last="2026-02-28",
            people=("Zoé Sample",),
            money={"EUR": "1246.50"},
        ),
    ),
    Case(
        name="a. m. and p. m.",
        kind="csv",
        language="es",
        rows="time",
        unusual="12-hour clock in Spanish, decimal commas in quotes between commas",
        data=text(SPANISH),
        figures=Figures(
            entries=2,
            seconds=23_400,
            first="2026-03-02",
            last="2026-03-30",
            people=("Íñigo Sample",),
            money={"EUR": "130.00"},
        ),
    ),
    Case(
        name="amounts in reais",
        kind="csv",
        language="pt",
        rows="time",
        unusual="R$ names one currency; both signs in one number",
        data=text(PORTUGUESE),
        figures=Figures(
            entries=2,
            seconds=30_600,
            first="2026-03-02",
            last="2026-03-27",
            people=("Inês Sample",),
            money={"BRL": "1311.65"},
        ),
    ),
    Case(
        name="expenses with a refund",
        kind="csv",
        language="it",
        rows="expense",
        unusual="a negative amount, sì and no",
        data=text(ITALIAN, encoding="cp1252"),
        figures=Figures(
            entries=3,
            first="2026-03-02",
            last="2026-03-29",
            people=("Ida Sample",),
            money={"EUR": "65.00"},
        ),
    ),
    Case(
        name="kilometres",
        kind="csv",
        language="nl",
        rows="mileage",
        unusual="the unit in the header, distance x rate = amount, a total row",
        data=text(DUTCH),
        figures=Figures(
            entries=2,
            first="2026-03-02",
            last="2026-03-31",
            people=("Ids Sample",),
            money={"EUR": "30.02"},
            distance={"km": "130.5"},
        ),
    ),
    Case(
        name="names of months",
        kind="csv",
        language="de",
        rows="time",
        unusual="weekdays beside dates, breaks in minutes beside work in h:mm, past midnight",
        data=text(GERMAN_WORDS),
        figures=Figures(entries=3, seconds=27_000, first="2026-03-02", last="2026-05-15", people=("Jürgen Sample",)),
    ),
    Case(
        name="brackets for less",
        kind="csv",
        language="de",
        rows="expense",
        unusual="(250,00) is negative, cp1252",
        data=text(GERMAN_EXPENSES, encoding="cp1252"),
        figures=Figures(
            entries=3,
            first="2026-03-04",
            last="2026-03-22",
            people=("Jürgen Sample",),
            money={"EUR": "1003.50"},
        ),
    ),
    Case(
        name="apostrophes between thousands",
        kind="csv",
        language="de",
        rows="time",
        unusual="dotted dates beside decimal points, the currency's code in the header",
        data=text(SWISS),
        figures=Figures(
            entries=2,
            seconds=45_900,
            first="2026-03-02",
            last="2026-03-16",
            people=("Urs Sample",),
            money={"CHF": "1275.00"},
        ),
    ),
    Case(
        name="weekdays settle the order of dates",
        kind="csv",
        language="en",
        rows="time",
        unusual="no day above 12, but 2 March is a Monday and 3 February is not",
        data=text(WEEKDAYS),
        figures=Figures(entries=3, seconds=12_600, first="2026-03-02", last="2026-03-04", people=("Ada Sample",)),
    ),
    Case(
        name="break beside hours",
        kind="csv",
        language="nl",
        rows="time",
        unusual="start and end show that the hours leave the break out",
        data=text(NEDERLANDS),
        figures=Figures(entries=2, seconds=43_200, first="2026-03-02", last="2026-03-13", people=("Ids Sample",)),
    ),
]
