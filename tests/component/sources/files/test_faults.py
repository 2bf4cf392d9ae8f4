"""Cells of an Excel workbook that hold an error, or a formula without a result, are told for their own sheet."""

from datetime import date

import pytest

from tests.component.sources.files.opening import opened
from tests.component.sources.spreadsheet import cell, packed

MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
LINKS = 'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
PACKAGE = 'xmlns="http://schemas.openxmlformats.org/package/2006/relationships"'
TYPE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet"


def faults(data: bytes, table: str | None = None) -> dict[int, dict[int, str]]:
    return {line.number: dict(line.faults) for line in opened(data).lines(table) if line.faults}


def sheet(*cells: str, after: str = "") -> bytes:
    """A workbook whose second row holds these cells, from the second column on, below a row of texts."""
    row = "".join(text.format(place=f"{'BCDEFG'[at]}2") for at, text in enumerate(cells))
    return packed(f'<sheetData><row r="1">{cell("a") * 6}</row><row r="2">{row}</row></sheetData>{after}')


CELLS = {
    "an error": ('<c r="{place}" t="e"><v>#REF!</v></c>', "error_value"),
    "a formula that gives an error": ('<c r="{place}" t="e"><f>1/0</f><v>#DIV/0!</v></c>', "error_value"),
    "a formula without a result": ('<c r="{place}"><f>A1</f></c>', "formula_without_value"),
    "a formula with a blank result": ('<c r="{place}"><f>A1</f><v/></c>', "formula_without_value"),
    "a formula with an empty result": ("<c r='{place}'><f>A1</f><v></v></c>", "formula_without_value"),
    "a shared formula": ('<c r="{place}"><f t="shared" si="0"/></c>', "formula_without_value"),
    "a formula that gives no text": ('<c r="{place}" t="str"><f>""</f><v></v></c>', None),
    "a formula that gives a number": ('<c r="{place}"><f>1+1</f><v>2</v></c>', None),
    "a formula that gives zero": ('<c r="{place}"><f>1-1</f><v>0</v></c>', None),
    "a text that looks like one": ('<c r="{place}" t="inlineStr"><is><t>#REF!</t></is></c>', None),
    "nothing": ('<c r="{place}"/>', None),
}


@pytest.mark.parametrize(("text", "fault"), CELLS.values(), ids=CELLS)
def test_what_a_cell_can_not_tell_is_told(text, fault):
    text_cell = '<c r="{place}" t="inlineStr"><is><t>x</t></is></c>'
    assert faults(sheet(text_cell, text, text_cell)) == ({2: {2: fault}} if fault else {})
    assert faults(sheet(text.replace('r="{place}"', "").replace("r='{place}'", ""), text_cell)) == (
        {2: {0: fault}} if fault else {}
    )


def test_the_place_is_right_whatever_the_sheet_leaves_blank_on_its_left():
    right = '<c r="C4"><f>A1</f></c><c r="D4" t="inlineStr"><is><t>y</t></is></c>'
    for left in ("", cell("x")):
        data = packed(f'<sheetData><row r="1">{left}</row><row r="4">{right}</row></sheetData>')
        (line,) = [line for line in opened(data).lines() if line.number == 4]
        (place,) = line.faults
        assert line.cells[place:] == ["", "y"]


def test_a_faulty_cell_below_or_right_of_all_others_is_there():
    rows = f'<row r="1">{cell("x")}<c r="B1"><f>A1</f></c></row><row r="3"><c r="A3"><f>A1</f></c></row>'
    first, *_, last = opened(packed(f"<sheetData>{rows}</sheetData>")).lines()
    assert (first.number, first.cells, dict(first.faults)) == (1, ["x", ""], {1: "formula_without_value"})
    assert (last.number, last.cells[0], dict(last.faults)) == (3, "", {0: "formula_without_value"})


def book(sheets: str, *, before: str = "", after: str = "") -> dict[str, str]:
    return {"xl/workbook.xml": f"<workbook {MAIN} {LINKS}>{before}<sheets>{sheets}</sheets>{after}</workbook>"}


def test_results_that_are_left_to_be_computed_on_opening_are_none():
    cells = "<c><f>1+1</f><v>0</v></c><c><f>1+1</f><v>2</v></c><c><v>0</v></c>"
    rows = f"<sheetData><row>{cells}</row></sheetData>"
    assert faults(packed(rows)) == {}
    more = book('<sheet name="R" sheetId="1" r:id="rId1"/>', after='<calcPr fullCalcOnLoad="1"/>')
    assert faults(packed(rows, more=more)) == {1: {0: "formula_without_value"}}


def test_rules_of_a_sheet_are_no_formulas_of_its_last_cell():
    rule = '<cfRule type="expression" priority="1"><formula>A1</formula></cfRule>'
    after = f'<conditionalFormatting sqref="A1">{rule}</conditionalFormatting>'
    assert faults(sheet('<c r="{place}"><v>1</v></c>', after=after)) == {}


def test_each_sheet_has_its_own():
    more = book('<sheet name="One" sheetId="1" r:id="b"/><sheet name="Two" sheetId="2" r:id="a"/>')
    links = f'<Relationship Id="a" Type="{TYPE}" Target="worksheets/sheet1.xml"/>'
    links += f'<Relationship Id="b" Type="{TYPE}" Target="/xl/worksheets/other.xml"/>'
    more["xl/_rels/workbook.xml.rels"] = f"<Relationships {PACKAGE}>{links}</Relationships>"
    rows = '<sheetData><row r="1"><c r="A1"{}</c><c r="B1"><v>2</v></c></row></sheetData>'
    more["xl/worksheets/other.xml"] = f"<worksheet {MAIN}>{rows.format('><v>1</v>')}</worksheet>"
    data = packed(rows.format(' t="e"><v>#N/A</v>'), more=more)
    assert opened(data).tables == ("One", "Two")
    assert (faults(data, "One"), faults(data, "Two")) == ({}, {1: {0: "error_value"}})


def test_dates_of_the_calendar_that_begins_in_1904_are_those_that_are_shown():
    for start, days in (("", 46_083), (' date1904="1"', 44_621)):
        more = book('<sheet name="R" sheetId="1" r:id="rId1"/>', before=f"<workbookPr{start}/>")
        data = packed(f'<sheetData><row r="1"><c r="A1" s="1"><v>{days}</v></c></row></sheetData>', more=more)
        assert [line.cells for line in opened(data).lines()] == [[date(2026, 3, 2)]]
