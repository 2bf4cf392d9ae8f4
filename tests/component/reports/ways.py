"""The ways in which a report settles each point or leaves it open, and which of them can stand in one file."""

from __future__ import annotations

import random

OPEN: dict[str, tuple[str, ...]] = {
    "date_order": ("open", "open", "open period"),  # a stated period that may be read in two ways as well
    "year": ("open",),
    "person": ("open",),
    "unit": ("open",),
    "decimal": ("open",),
    "currency": ("open sign", "open bare"),
}
SETTLED: dict[str, tuple[str, ...]] = {
    # a day above 12; names of months; the year first; weekdays; a stated period; typed cells; another column of dates
    "date_order": ("day", "named", "year first", "weekday", "period", "typed", "twin"),
    "year": ("written", "period"),
    "person": ("column", "title"),
    # words of the header; start and end; a column in h:mm; hours x rate = amount; h:mm itself
    "unit": ("header", "clock", "twin", "price", "colon"),
    # two digits behind it in one row; both marks in one number; one mark twice; another column; hours x rate; the clock
    "decimal": ("cents", "both", "twice", "column", "price", "clock"),
    "currency": ("code", "header", "sign", "title"),
}
_LABELS = (
    *("date", "person", "job", "duration", "h", "min", "s", "start", "end"),
    *("category", "amount", "rate", "currency", "weekday", "twin", "tax", "period", "notes", "months", "days"),
)
_LINES = {
    "en": "Date|Employee|Project|Duration|Hours|Minutes|Seconds|Start|End|"
    "Category|Amount|Rate|Currency|Weekday|Approved on|Tax|Period|Notes|"
    "January February March April May June July August September October November December|"
    "Monday Tuesday Wednesday Thursday Friday Saturday Sunday",
    "de": "Datum|Mitarbeiter|Projekt|Dauer|Stunden|Minuten|Sekunden|Beginn|Ende|"
    "Kategorie|Betrag|Stundensatz|Währung|Wochentag|Genehmigt am|Steuer|Zeitraum|Bemerkung|"
    "Januar Februar März April Mai Juni Juli August September Oktober November Dezember|"
    "Montag Dienstag Mittwoch Donnerstag Freitag Samstag Sonntag",
    "fr": "Date|Salarié|Projet|Durée|Heures|Minutes|Secondes|Début|Fin|"
    "Catégorie|Montant|Taux horaire|Devise|Jour|Approuvé le|Taxe|Période|Remarques|"
    "janvier février mars avril mai juin juillet août septembre octobre novembre décembre|"
    "lundi mardi mercredi jeudi vendredi samedi dimanche",
    "es": "Fecha|Empleado|Proyecto|Duración|Horas|Minutos|Segundos|Inicio|Fin|"
    "Categoría|Importe|Tarifa|Moneda|Día|Aprobado el|Impuesto|Periodo|Notas|"
    "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre|"
    "lunes martes miércoles jueves viernes sábado domingo",
}
WORDS = {language: dict(zip(_LABELS, line.split("|"), strict=True)) for language, line in _LINES.items()}
"""Language -> what its reports call each column; months and days of the week with blanks between."""


def ways(pick: random.Random, kind: str, *, money: bool, leave_open: bool) -> dict[str, str]:
    """A way for each point that a file of this kind has, such that none settles or opens another point."""
    points = ["date_order", "year", "person"] + ["unit"] * (kind == "time") + ["decimal", "currency"] * money
    while True:
        opened = {point for point in points if leave_open and pick.random() < 0.4}
        way = {point: pick.choice((OPEN if point in opened else SETTLED)[point]) for point in points}
        if bool(opened) == leave_open and all(fits(way, kind) for fits in (_dates_fit, _numbers_fit)):
            return way


def _dates_fit(way: dict[str, str], kind: str) -> bool:
    if way["year"] == "open":
        return way["date_order"] in ("open", "day", "named")
    return way["year"] != "period" or way["date_order"] == "period"


def _numbers_fit(way: dict[str, str], kind: str) -> bool:
    mark, unit = way.get("decimal"), way.get("unit")
    if kind == "expense":
        return mark not in ("price", "clock")
    if mark in ("column", "price", "clock"):  # they need decimal hours
        return unit == "header"
    return unit != "price" or mark == "cents"  # hours x rate settles the mark as well
