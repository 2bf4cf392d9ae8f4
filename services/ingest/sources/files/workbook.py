"""Reads the sheets of an Excel workbook: values only, formulas by the results that the file keeps of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, BinaryIO

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook

from services.ingest.sources.files.book import Book, Line, refuse
from services.ingest.sources.files.cells import Cell, Limits, longest
from services.ingest.sources.files.unpack import damaged, measure

Places = set[tuple[int, int]]
"""(row, column) of cells, from 1."""


def open_workbook(stream: BinaryIO, name: str, limits: Limits) -> Book:
    """The workbook, which was measured as an archive, with its sheets as tables."""
    errors = measure(stream, name, limits)
    stream.seek(0)
    try:
        book = CalamineWorkbook.from_filelike(stream)
    except (CalamineError, OSError, ValueError) as error:
        raise damaged(name) from error
    if not book.sheet_names:
        raise damaged(name)
    return Book("xlsx", name, tuple(book.sheet_names), lambda sheet: _lines(book, sheet, errors, name, limits))


def _lines(book: CalamineWorkbook, title: str, errors: Places, name: str, limits: Limits) -> Iterator[Line]:
    try:
        sheet = book.get_sheet_by_name(title)
    except (CalamineError, OSError, ValueError) as error:
        raise damaged(name) from error
    first = (sheet.start or (0, 0))[1] + 1  # the reader leaves out blank columns on the left
    faulty = {row for row, _ in errors}
    for number, values in _numbered(sheet, name):
        cells = [_cell(value) for value in values]
        length = longest(cells)
        if length > limits.cell:
            cause = f"a cell has {length} characters, more than {limits.cell}"
            yield Line(number, [], refuse("cell_too_long", name, cause, f"shorten it to {limits.cell}", number))
        elif number in faulty:
            faults = {at: "error_value" for at in range(len(cells)) if (number, first + at) in errors}
            yield Line(number, cells, None, faults)
        else:
            yield Line(number, cells)


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
