"""Whatever is in a table, every format says the same, and no cell is a formula."""

from __future__ import annotations

import csv
import io
import re
from datetime import date, timedelta
from decimal import Decimal
from html import unescape
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from services.ingest.exports.columns import Column, hours_text, number
from services.ingest.exports.formats import csv_text, json_text, page, workbook
from services.ingest.exports.formats.guard import DANGER
from shared.kernel import canonical
from shared.kernel.duration import hours, seconds_of
from tests.journeys.api.exporting import cells, formulas
from tests.sizes import size

KINDS = {"id": "word", "note": "text", "amount": "number", "day": "date", "tags": "list"}
COLUMNS = tuple(Column(name, kind) for name, kind in KINDS.items())
# What intake lets in: no controls but tabs and line ends, no half surrogates, no non-characters.
LETTERS = st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cn"), include_characters="\t\n")
TEXTS = st.one_of(st.text(LETTERS, max_size=20), st.text("=+-@\t＝&<>'\"_x0041_,;\n ", min_size=1, max_size=12))
AMOUNTS = st.decimals(-10**6, 10**6, places=2)
ROWS = st.lists(
    st.tuples(
        st.integers(0, 9).map(str),
        TEXTS,
        st.one_of(st.none(), AMOUNTS.map(number)),
        st.integers(0, 90_000).map(lambda days: (date(1950, 1, 1) + timedelta(days=days)).isoformat()),
        st.lists(TEXTS.filter(bool), max_size=3).map(tuple),
    ),
    max_size=6,
)


def written(write: Any, rows: list[tuple[Any, ...]]) -> bytes:
    return b"".join(write(COLUMNS, [[list(row) for row in rows[:2]], [list(row) for row in rows[2:]]]))


def bare(text: str) -> str:
    return text[1:] if text[:1] == "'" and text[1:2] in DANGER and len(text) > 1 else text


def of_page(text: str) -> list[list[str]]:
    rows = re.findall(r"<tr>(.*?)</tr>", text, re.DOTALL)[1:]
    found = [re.findall(r"<td[^>]*>(.*?)</td>", row, re.DOTALL) for row in rows]
    return [[unescape(re.sub(r"</?bdi>", "", cell)) for cell in row] for row in found]


@settings(max_examples=size("export_tables"))
@given(rows=ROWS)
def test_a_table_says_the_same_in_every_format(rows):
    told = canonical.loads(b"".join(json_text.rows(COLUMNS, [[list(row) for row in rows]])))
    table = list(csv.reader(io.StringIO(written(csv_text.write, rows).decode(), newline="")))[1:]
    shown = of_page(written(page.write, rows).decode())
    book = written(workbook.write, rows)
    sheet = cells(book)[1:]
    assert formulas(book) == []
    assert len(told) == len(table) == len(shown) == len(rows)
    for row, one, line, cell, read in zip(rows, told, table, shown, sheet, strict=False):
        assert (one["note"], one["tags"], one["day"]) == (row[1], list(row[4]), row[3])
        assert bare(line[1]) == bare(cell[1]) == row[1]
        assert bare(line[4]) == bare(cell[4]) == csv_text.LIST.join(row[4])
        assert not {text[0] for text in (line[1], cell[1], line[4], cell[4]) if text} & DANGER
        assert line[2] == cell[2] == (row[2] or "")
        assert one["amount"] == (None if row[2] is None else Decimal(row[2]))
        assert read[2] == "" if row[2] is None else Decimal(str(read[2])) == Decimal(row[2])
        assert (line[3], cell[3], read[3]) == (row[3], row[3], date.fromisoformat(row[3]))
        assert read[1] == row[1]


@given(seconds=st.integers(0, 31 * 86_400))
def test_hours_as_written_give_the_seconds_back(seconds):
    assert seconds_of(Decimal(hours_text(seconds))) == seconds


def test_characters_that_xml_cannot_hold_come_back_from_a_workbook():
    rows = [("1", "bell\x07, _x0041_ and \ufffe", None, "2026-03-02", ())]
    assert workbook.escaped(rows[0][1]) == "bell_x0007_, _x005F_x0041_ and _xFFFE_"
    assert len(cells(written(workbook.write, rows))) == 2


def test_more_rows_than_a_sheet_holds_go_onto_the_next(monkeypatch):
    monkeypatch.setattr(workbook, "MOST_ROWS", 2)
    book = written(workbook.write, [(str(at), "x", None, "2026-03-02", ()) for at in range(5)])
    assert [len(cells(book, sheet)) for sheet in range(3)] == [3, 3, 2]


@settings(max_examples=size("export_tables"))
@given(seconds=st.integers(0, 10**8))
def test_hours_are_written_as_an_invoice_counts_them(seconds):
    assert hours_text(seconds) == number(hours(seconds))
