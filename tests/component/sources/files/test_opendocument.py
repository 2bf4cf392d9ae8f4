"""An OpenDocument spreadsheet gives the same cells as its report in Excel, and no bomb goes off."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal

import pytest

from services.ingest.sources.files.cells import Limits
from services.ingest.sources.worklog.layout import OWN
from tests.component.sources.files.opendocuments import around, cell, opendocument, sheet
from tests.component.sources.files.opening import cells, opened, refusal
from tests.component.sources.reading import entries
from tests.component.sources.spreadsheet import workbook

ROW = [date(2026, 3, 2), datetime.fromisoformat("2026-03-02T09:15:30"), time(9, 15), Decimal("1.5"), True, "x & y", "", "z"]
ROWS = [["Day", "From", "At", "Hours", "Paid", "Notes", "", "More"], ROW]


def test_the_cells_are_those_of_the_same_sheet_in_excel():
    book = opened(opendocument({"March": ROWS, "April": [["x"]]}))
    assert (book.kind, book.tables, book.facts) == ("ods", ("March", "April"), ())
    assert [line.cells for line in book.lines()] == ROWS == cells(workbook(ROWS))
    assert [line.cells for line in book.lines("April")] == [["x"]]


def test_durations_of_more_than_a_day_and_corrections_are_durations():
    row = [timedelta(hours=210, minutes=30), timedelta(hours=23, minutes=59)]
    assert cells(opendocument({"A": [row]})) == [[timedelta(hours=210, minutes=30), time(23, 59)]]
    negative = ('office:value-type="time" office:time-value="-PT01H30M00.5S"', "<text:p>-1:30</text:p>")
    assert cells(opendocument({"A": [[negative]]})) == [[-timedelta(hours=1, minutes=30, seconds=0.5)]]


def test_money_and_percentages_are_numbers_and_binary_traces_are_cut():
    money = ('office:value-type="currency" office:currency="EUR" office:value="80.1"', "<text:p>80,10 €</text:p>")
    share = ('office:value-type="percentage" office:value="0.2"', "<text:p>20%</text:p>")
    assert cells(opendocument({"A": [[money, share, Decimal("0.30000000000000004")]]})) == [
        [Decimal("80.1"), Decimal("0.2"), Decimal("0.3")]
    ]


def test_a_value_that_can_not_be_is_read_as_its_text():
    strange = [
        ('office:value-type="date" office:date-value="2026-02-30"', "<text:p>30.02.2026</text:p>"),
        ('office:value-type="float" office:value="NaN"', "<text:p>NaN</text:p>"),
        ('office:value-type="time" office:time-value="soon"', "<text:p>soon</text:p>"),
        ('office:value-type="boolean" office:boolean-value="perhaps"', "<text:p>perhaps</text:p>"),
        ('office:value-type="void" office:value="1"', "<text:p>1</text:p>"),
    ]
    assert cells(opendocument({"A": [strange]})) == [["30.02.2026", "NaN", "soon", "perhaps", "1"]]


def test_texts_keep_lines_and_blanks_and_lose_remarks():
    inside = "<office:annotation><text:p>remark</text:p></office:annotation><text:p>a<text:s text:c='2'/>b<text:line-break/>c"
    inside += "<text:tab/><text:span>d</text:span></text:p><text:p>e</text:p><draw:frame><text:p>box</text:p></draw:frame>"
    assert cells(opendocument({"A": [[('office:value-type="string"', inside)]]})) == [["a  b\nc\td\ne"]]


def test_repeated_cells_and_rows_are_as_many_and_the_blank_rest_is_none():
    seven = '<table:table-cell office:value-type="float" office:value="7" table:number-columns-repeated="2"/>'
    blank = '<table:table-cell table:number-columns-repeated="16384"/>'
    rows = f'<table:table-row table:number-rows-repeated="2">{seven}{blank}</table:table-row>'
    rows += (
        f'<table:table-row table:number-rows-repeated="3">{blank}</table:table-row><table:table-row>{cell("x")}</table:table-row>'
    )
    rows += f'<table:table-row table:number-rows-repeated="1048570">{blank}</table:table-row>'
    found = list(opened(around(sheet("A", rows))).lines())
    assert [line.cells for line in found] == [[7, 7], [7, 7], [], [], [], ["x"]]
    assert [line.number for line in found] == [1, 2, 3, 4, 5, 6]


def test_a_cell_over_several_columns_stands_in_the_first():
    rows = '<table:table-row><table:table-cell table:number-columns-spanned="2" office:value-type="string"><text:p>a</text:p>'
    rows += f"</table:table-cell><table:covered-table-cell/>{cell('b')}</table:table-row>"
    assert cells(around(sheet("A", rows))) == [["a", "", "b"]]


def test_errors_and_formulas_without_a_result_are_told():
    row = [
        ('table:formula="of:=1/0" office:value-type="string" calcext:value-type="error"', "<text:p>#DIV/0!</text:p>"),
        ('table:formula="of:=X()" office:value-type="string"', "<text:p>Err:508</text:p>"),
        ('table:formula="of:=[.A1]"', ""),
        ('table:formula="of:=1+1" office:value-type="float" office:value="2"', "<text:p>2</text:p>"),
        "#REF!",
    ]
    (line,) = opened(opendocument({"A": [row]})).lines()
    assert line.cells == ["", "", "", 2, "#REF!"]
    assert line.faults == {0: "error_value", 1: "error_value", 2: "formula_without_value"}


def test_our_own_layout_is_read_from_it():
    rows = [["date", "person", "duration", "rate"], [date(2026, 3, 2), "Ada Sample", timedelta(hours=30), Decimal("85.5")]]
    (entry,) = entries(opendocument({"Report": rows}), OWN)
    assert (entry.seconds, entry.rate) == (108_000, Decimal("85.5"))


def test_a_cell_beyond_the_limit_is_told_with_its_row():
    first, second = opened(opendocument({"A": [["x" * 101], ["y"]]}), limits=Limits(cell=100)).lines()
    assert (first.problem.code, first.problem.facts["row"], second.cells) == ("cell_too_long", 1, ["y"])


ENTITIES = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;"><!ENTITY c SYSTEM "file:///etc/passwd">]>'
MANY = 'table:number-rows-repeated="90000"'
BLOCK = ('office:value-type="float" office:value="7" table:number-columns-repeated="9000"', "")


def row(*values: object, attributes: str = "") -> str:
    return f"<table:table-row {attributes}>{''.join(map(cell, values))}</table:table-row>"


REFUSED = {
    "rows far below": (sheet("A", row(attributes=MANY.replace("90000", "9000000")) + row("x", "y")), "file_too_large"),
    "columns far right": (sheet("A", row(("table:number-columns-repeated='16384'", ""), "x")), "file_too_large"),
    "a filled block": (sheet("A", row(BLOCK, attributes=MANY)), "file_too_large"),
    "no number of rows": (sheet("A", row(attributes=MANY.replace("90000", "-1"))), "damaged_workbook"),
    "a table in a cell": (sheet("A", row(("", sheet("B", "")))), "damaged_workbook"),
    "deep": (sheet("A", row(("", "<table:x>" * 100))), "damaged_workbook"),
    "broken": ("<table:table>", "damaged_workbook"),
    "no sheet": ("", "damaged_workbook"),
    "two sheets of one name": (sheet("A", "") * 2, "damaged_workbook"),
}


@pytest.mark.parametrize(("body", "code"), REFUSED.values(), ids=REFUSED)
def test_a_bomb_or_a_damaged_file_is_refused(body, code):
    assert refusal(around(body)).code == code


def test_entities_are_refused_before_they_grow():
    body = sheet("A", row(("", "<text:p>&b;&c;</text:p>")))
    assert refusal(around(body, prolog=ENTITIES)).code == "damaged_workbook"


def test_limits_are_named():
    data = opendocument({"A": [["x" * 5_000]]})
    for limits in (Limits(packed=100), Limits(unpacked=1_000), Limits(texts=4_999)):
        assert refusal(data, limits=limits).code == "file_too_large"
    assert refusal(around(" " * 2_000_000)).code == "file_too_large"


def test_a_protected_file_is_refused_as_such():
    data = around("", more={"META-INF/manifest.xml": "<manifest:encryption-data/>"})
    assert refusal(data).code == "encrypted_file"


def test_an_archive_that_is_no_spreadsheet_or_two_is_none():
    assert refusal(around("", more={"xl/workbook.xml": "x"})).code == "damaged_workbook"
    assert refusal(around(sheet("A", "<x"))).code == "damaged_workbook"
