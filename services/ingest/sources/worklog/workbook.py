"""Reads the rows of an Excel workbook: values only, formulas by the results that the file keeps of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, BinaryIO

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook

from services.ingest.sources.worklog.layout import Layout
from services.ingest.sources.worklog.rows import Cell, Limits, Row, cut, places
from services.ingest.sources.worklog.unpack import damaged, measure
from shared.kernel.errors import Invalid
from shared.kernel.quote import quoted


def workbook_rows(stream: BinaryIO, size: int, name: str, layout: Layout, limits: Limits) -> Iterator[Row]:
    """The rows below the header of the layout's sheet, blank ones left out."""
    errors = measure(stream, size, name, limits)
    sheet = _sheet(stream, name, layout)
    first = (sheet.start or (0, 0))[1] + 1  # the reader leaves out blank columns on the left
    where: dict[str, int] = {}
    for number, values in _numbered(sheet, name):
        cells = [_cell(value) for value in values]
        if number == layout.header:
            where = places(cells, layout, name)
        elif number > layout.header:
            row = _error(number, where, first, errors, name) or cut(number, cells, where, len(cells), name, limits)
            if row:
                yield row
    if not where:
        cause = f"{quoted(name)}: sheet {quoted(sheet.name)} ends before its header row {layout.header}"
        raise Invalid("bad_header", cause, "name the sheet and the header row in a layout", file=name)


def _sheet(stream: BinaryIO, name: str, layout: Layout) -> CalamineSheet:
    stream.seek(0)
    try:
        book = CalamineWorkbook.from_filelike(stream)
        if layout.sheet is not None and layout.sheet not in book.sheet_names:
            sheets = ", ".join(quoted(each) for each in book.sheet_names[:20])
            cause = f"{quoted(name)} has no sheet {quoted(layout.sheet)}; it has {sheets}"
            raise Invalid("no_sheet", cause, "name one of its sheets in the layout", file=name)
        return book.get_sheet_by_index(0) if layout.sheet is None else book.get_sheet_by_name(layout.sheet)
    except (CalamineError, OSError, ValueError) as error:
        raise damaged(name) from error


def _numbered(sheet: CalamineSheet, name: str) -> Iterator[tuple[int, list[Any]]]:
    """Rows as the spreadsheet numbers them; the reader gives the blank ones above the first filled one as well."""
    try:
        yield from enumerate(sheet.iter_rows(), 1)
    except (CalamineError, OverflowError, ValueError) as error:  # a date or duration that Python can't hold
        raise damaged(name) from error


def _cell(value: Any) -> Cell:
    """Numbers as Excel shows them, to 15 digits; a duration to the second, since Excel keeps fractions of a day."""
    if isinstance(value, bool | str | datetime | date | time | timedelta):
        return value
    if value is None:
        return ""
    number = Decimal(f"{value:.15g}")
    return number if number.is_finite() else str(number)


def _error(number: int, where: dict[str, int], first: int, errors: set[tuple[int, int]], name: str) -> Row | None:
    """The row as refused, when one of its named cells holds an Excel error: the reader would give it as empty."""
    wrong = next((header for header, at in where.items() if (number, first + at) in errors), None)
    if wrong is None:
        return None
    cause = f"{quoted(name)}, row {number}, column {quoted(wrong)}: the cell holds an Excel error such as #REF!"
    return Row(number, {}, name, Invalid("error_value", cause, "mend or clear the cell", file=name, row=number))
