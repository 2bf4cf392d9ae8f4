"""A currency that stands only in the number formats of a workbook's cells is found there, where all money has the same."""

from __future__ import annotations

import io
from datetime import date

import pytest

from services.ingest.sources.detect.detect import detect
from services.ingest.sources.detect.findings import Finding
from services.ingest.sources.files.open import open_book
from tests.component.reports.outcome import Asked, Imported, bring, figures
from tests.component.sources.spreadsheet import Shown, cell, packed, styles, workbook

HEAD = ["Date", "Employee", "Project", "Hours", "Rate"]
BOMB = '<!DOCTYPE styleSheet [<!ENTITY a "EUR"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'


def _report(*rates: object, formats: tuple[str, ...] = (), head: str = "Rate", title: str = "") -> bytes:
    rows = [[date(2026, 3, day), "Ada Sample", "Lamp", Shown("2.0", len(formats)), rate] for day, rate in enumerate(rates, 2)]
    return workbook([*([[title]] if title else []), [*HEAD[:-1], head], *rows], formats=(*formats, "0.0"))


def _currency(data: bytes) -> str | None:
    """The currency that is found; None: it is asked."""
    found = bring(data, "report.xlsx")
    if isinstance(found, Asked):
        assert found.topics == {"currency"}
        return None
    assert isinstance(found, Imported), found
    [currency] = figures(found.results).money
    return currency


@pytest.mark.parametrize(
    "code, currency",
    [
        ("[$KYD] #,##0.00", "KYD"),
        ("[$€-407] #,##0.00", "EUR"),
        ('#,##0.00\\ "€"', "EUR"),
        ("€#,##0.00", "EUR"),
        ("[$£-809]#,##0.00;[Red]-[$£-809]#,##0.00", "GBP"),
        ('_("CHF"* #,##0.00_);_("CHF"* "-"??_);_(@_)', "CHF"),
        ("[$US$-409]#,##0.00", "USD"),
        ("[$$-409]#,##0.00", None),
        ('"$"#,##0.00', None),
        ("[$kr-414] #,##0.00", None),
        ("[$USD] #,##0.00;[$EUR] -#,##0.00", None),
        ('#,##0.00 "all"', None),  # no Albanian lek
        ("#,##0.00", None),
    ],
)
def test_a_currency_in_the_format_of_all_money(code: str, currency: str | None) -> None:
    assert _currency(_report(Shown("40.00"), Shown("50.00"), formats=(code,))) == currency


def test_money_of_which_some_is_shown_otherwise_is_asked_about() -> None:
    formats = ("[$KYD] #,##0.00", "[$EUR] #,##0.00", "#,##0.00")
    for other in (1, 2):
        assert _currency(_report(Shown("40.00"), Shown("50.00", other), formats=formats)) is None
        assert _currency(_report(Shown("40.00"), Shown("0.00", other), formats=formats)) == "KYD"


@pytest.mark.parametrize("words", [{"head": "Rate (USD)"}, {"title": "Currency: USD"}])
def test_looks_that_contradict_the_words_settle_nothing(words: dict[str, str]) -> None:
    assert _currency(_report(Shown("40.00"), formats=("[$EUR] 0.00",), **words)) is None
    assert _currency(_report(Shown("40.00"), formats=("[$USD] 0.00",), **words)) == "USD"
    [question] = bring(_report(Shown("40.00"), formats=("[$EUR] 0.00",), **words), "report.xlsx").questions
    assert question.free  # either may be meant


def test_the_evidence_names_the_columns() -> None:
    data = _report(Shown("40.00"), formats=("[$KYD] 0.00",))
    findings = detect(open_book(io.BytesIO(data), "report.xlsx")).findings
    assert Finding("currency", "KYD", "the cells of Rate are formatted in KYD") in findings


def test_cells_that_say_where_they_stand_are_looked_at_there() -> None:
    """The table begins in the second column; a cell of another column has another currency."""
    head = "".join(f'<c r="{at}3" t="inlineStr"><is><t>{text}</t></is></c>' for at, text in zip("BCDEF", HEAD, strict=True))
    texts = "".join(
        f'<c r="{at}5" t="inlineStr"><is><t>{text}</t></is></c>' for at, text in zip("CD", ("Ada", "Lamp"), strict=True)
    )
    row = f'<c r="B5" s="1"><v>46083</v></c>{texts}<c r="E5" s="6"><v>2</v></c><c r="F5" s="5"><v>40</v></c>'
    sheet = f'<sheetData><row r="3">{head}</row><row r="5">{row}</row></sheetData>'
    assert _currency(packed(sheet, more={"xl/styles.xml": styles("[$KYD] 0.00", "[$EUR] 0.00")})) == "KYD"


@pytest.mark.parametrize(
    "part",
    [
        styles("[$&b;] 0.00", before=BOMB).replace("&amp;", "&"),
        styles("[$KYD] 0.00").replace("</cellXfs>", ""),
        styles("[$KYD] 0.00").replace('numFmtId="168"', 'numFmtId="x"', 1),
    ],
    ids=["entities", "damaged", "no such format"],
)
def test_styles_that_cannot_be_read_are_no_evidence(part: str) -> None:
    rows = [HEAD, [date(2026, 3, 2), "Ada Sample", "Lamp", "2:00", Shown("40.00")]]
    body = "".join(f"<row>{''.join(map(cell, row))}</row>" for row in rows)
    found = bring(packed(f"<sheetData>{body}</sheetData>", more={"xl/styles.xml": part}), "report.xlsx")
    assert not isinstance(found, Imported)
