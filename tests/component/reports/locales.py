"""Writes one table as twelve countries would, in texts: their words, dates, clocks, numbers and digits."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, time, timedelta
from decimal import Decimal

from tests.component.reports import write
from tests.component.sources.spreadsheet import workbook

TABLE: tuple[tuple[object, ...], ...] = (
    # date, person, client, job, start, end, break, worked, rate, amount, billable
    (date(2026, 3, 2), "Ada Sample", "Beacon", "Lamp", time(8), time(12, 30), 30, 240, Decimal("40.50"), Decimal("162.00"), True),
    (date(2026, 3, 3), "Kim Sample", "Beacon", "Rope", time(13), time(15, 15), 0, 135, Decimal("40.50"), Decimal("91.13"), True),
    (
        date(2026, 3, 17),
        "Kim Sample",
        "Quayside",
        "Nets",
        time(9, 5),
        time(21, 5),
        0,
        720,
        Decimal("102.90"),
        Decimal("1234.80"),
        True,
    ),
    (date(2026, 4, 30), "Ada Sample", "Quayside", "Nets", time(0, 15), time(1), 0, 45, Decimal("40.50"), Decimal("30.38"), False),
)


@dataclass(frozen=True, slots=True)
class Locale:
    """How a country writes."""

    name: str
    headers: str  # of the table's columns, split by bars
    date: str  # as strftime takes it
    decimal: str
    thousands: str
    code_page: str  # the encoding before Unicode
    yes_no: tuple[str, str]
    noon: tuple[str, str] | None = None  # before and after it, of a 12-hour clock
    digits: str = "0123456789"


_EN = "Date|Employee|Client|Project|Start|End|Break|Hours|Hourly rate (EUR)|Amount (EUR)|Billable"
_DE = "Datum|Mitarbeiter|Kunde|Projekt|Beginn|Ende|Pause|Stunden|Stundensatz (EUR)|Betrag (EUR)|Abrechenbar"
LOCALES = (
    Locale("en-US", _EN, "%m/%d/%Y", ".", ",", "cp1252", ("Yes", "No"), ("AM", "PM")),
    Locale("en-GB", _EN, "%d/%m/%Y", ".", ",", "cp1252", ("Yes", "No")),
    Locale("de-DE", _DE, "%d.%m.%Y", ",", ".", "cp1252", ("Ja", "Nein")),
    Locale("de-CH", _DE, "%d.%m.%Y", ".", "'", "cp1252", ("Ja", "Nein")),
    Locale(
        "fr-FR",
        "Date|Salarié|Client|Projet|Début|Fin|Pause|Heures|Taux horaire (EUR)|Montant (EUR)|Facturable",
        "%d/%m/%Y",
        ",",
        "\u202f",
        "cp1252",
        ("Oui", "Non"),
    ),
    Locale(
        "es-ES",
        "Fecha|Empleado|Cliente|Proyecto|Inicio|Fin|Descanso|Horas|Tarifa por hora (EUR)|Importe (EUR)|Facturable",
        "%d/%m/%Y",
        ",",
        ".",
        "cp1252",
        ("Sí", "No"),
    ),
    Locale(
        "pt-BR",
        "Data|Funcionário|Cliente|Projeto|Início|Fim|Intervalo|Horas|Valor por hora (EUR)|Valor (EUR)|Faturável",
        "%d/%m/%Y",
        ",",
        ".",
        "cp1252",
        ("Sim", "Não"),
    ),
    Locale(
        "it-IT",
        "Data|Dipendente|Cliente|Progetto|Inizio|Fine|Pausa|Ore|Tariffa oraria (EUR)|Importo (EUR)|Fatturabile",
        "%d/%m/%Y",
        ",",
        ".",
        "cp1252",
        ("Sì", "No"),
    ),
    Locale(
        "nl-NL",
        "Datum|Medewerker|Klant|Project|Begintijd|Eindtijd|Pauze|Uren|Uurtarief (EUR)|Bedrag (EUR)|Factureerbaar",
        "%d-%m-%Y",
        ",",
        ".",
        "cp1252",
        ("Ja", "Nee"),
    ),
    Locale(
        "ru-RU",
        "Дата|Сотрудник|Клиент|Проект|Начало|Окончание|Перерыв|Часы|Ставка (EUR)|Сумма (EUR)|Оплачиваемый",
        "%d.%m.%Y",
        ",",
        "\u00a0",
        "cp1251",
        ("Да", "Нет"),
    ),
    Locale(
        "ar-EG",
        "التاريخ|الموظف|العميل|المشروع|وقت البدء|وقت الانتهاء|استراحة|ساعات|سعر الساعة (EUR)|المبلغ (EUR)|قابل للفوترة",
        "%d/%m/%Y",
        "٫",
        "٬",
        "cp1256",
        ("نعم", "لا"),
        ("ص", "م"),
        "٠١٢٣٤٥٦٧٨٩",
    ),
    Locale(
        "ja-JP",
        "日付|氏名|顧客|案件|開始|終了|休憩|時間|時給 (EUR)|金額 (EUR)|請求可能",
        "%Y/%m/%d",
        ".",
        ",",
        "shift_jis",
        ("はい", "いいえ"),
    ),
)


def written(locale: Locale) -> list[list[object]]:
    """The table in texts, its header first."""
    return [list(locale.headers.split("|")), *([_cell(locale, value) for value in _shown(row)] for row in TABLE)]


def typed(locale: Locale) -> list[list[object]]:
    """The table in cells of their own types, under the same headers."""
    return [list(locale.headers.split("|")), *([_typed(locale, value) for value in _shown(row)] for row in TABLE)]


def _shown(row: tuple[object, ...]) -> list[object]:
    """The break as a duration, the worked minutes as decimal hours."""
    *left, pause, worked, rate, amount, billable = row
    assert isinstance(pause, int)
    assert isinstance(worked, int)
    return [*left, timedelta(minutes=pause), Decimal(worked) / 60, rate, amount, billable]


_TEXTS: dict[type, Callable[[Locale, object], str]] = {
    date: lambda locale, value: value.strftime(locale.date),
    time: lambda locale, value: _clock(locale, value),
    timedelta: lambda locale, value: f"{value.seconds // 3600}:{value.seconds // 60 % 60:02}",
    Decimal: lambda locale, value: _number(locale, value),
    bool: lambda locale, value: locale.yes_no[not value],
}


def _cell(locale: Locale, value: object) -> str:
    if isinstance(value, str):
        return value
    return _TEXTS[type(value)](locale, value).translate(dict(zip(map(ord, "0123456789"), locale.digits, strict=True)))


def _clock(locale: Locale, value: time) -> str:
    if locale.noon is None:
        return f"{value:%H:%M}"
    return f"{value.hour % 12 or 12}:{value.minute:02} {locale.noon[value.hour >= 12]}"


def _number(locale: Locale, value: Decimal) -> str:
    signs = {ord(","): locale.thousands, ord("."): locale.decimal}
    return f"{value:,.2f}".translate(signs)


def _typed(locale: Locale, value: object) -> object:
    return locale.yes_no[not value] if isinstance(value, bool) else value


ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le")
DELIMITERS = (",", ";", "\t", "|")


def files(locale: Locale) -> Iterator[tuple[str, str, bytes | None]]:
    """(what it is, the file's name, its bytes) of the table in every way to write it; None: the encoding can't hold it."""
    rows = written(locale)
    for encoding in (*ENCODINGS, locale.code_page):
        for delimiter in DELIMITERS:
            data = _held(write.delimited, rows, delimiter=delimiter, encoding=encoding)
            yield f"{locale.name} {delimiter!r} {encoding}", "report.csv", data
        yield f"{locale.name} page {encoding}", "report.html", _held(write.page, rows, encoding=encoding)
    yield f"{locale.name} workbook of texts", "report.xlsx", workbook(rows)
    yield f"{locale.name} workbook", "report.xlsx", workbook(typed(locale))
    yield f"{locale.name} spreadsheet", "report.ods", write.ods({"1": typed(locale)})


def _held(make: Callable[..., bytes], rows: write.Rows, **how: str) -> bytes | None:
    try:
        return make(rows, **how)
    except UnicodeEncodeError:
        return None
