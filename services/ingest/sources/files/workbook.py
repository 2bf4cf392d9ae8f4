"""Reads the sheets of an Excel workbook, old or new: values only, formulas by the results that the file keeps of them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, BinaryIO

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook

from services.ingest.sources.files.book import Book, Line, Look, short
from services.ingest.sources.files.cells import Cell, Limits
from services.ingest.sources.files.faults import Faults
from services.ingest.sources.files.looks import looks
from services.ingest.sources.files.oldbook import measured
from services.ingest.sources.files.unpack import damaged, measure


def open_workbook(stream: BinaryIO, name: str, limits: Limits) -> Book:
    """The workbook (.xlsx), which was measured as an archive, with its sheets as tables."""
    return _book("xlsx", stream, measure(stream, name, limits), name, limits)


def open_old_workbook(stream: BinaryIO, size: int, name: str, limits: Limits) -> Book:
    """The workbook of the format before 2007 (.xls) with its sheets as tables."""
    return _book("xls", *measured(stream, size, name, limits), name, limits)


class _Reading:
    """Says of whatever the reader stumbles over that the file is damaged.

    Where the reader's own code goes astray it raises what no ``except`` but one for everything catches.
    """

    def __init__(self, name: str) -> None:
        self._name = name

    def __enter__(self) -> None:
        """Nothing is set up."""

    def __exit__(self, kind: type[BaseException] | None, problem: BaseException | None, _: object) -> None:
        expected = (CalamineError, OSError, OverflowError, ValueError)  # a date that Python can't hold is one of them
        if kind and (issubclass(kind, expected) or kind.__name__ == "PanicException"):
            raise damaged(self._name) from problem


def _book(kind: str, stream: BinaryIO, faults: list[Faults], name: str, limits: Limits) -> Book:
    """``faults`` are those of the sheets in their order."""
    stream.seek(0)
    with _Reading(name):
        book = CalamineWorkbook.from_filelike(stream)
    titles = book.sheet_names
    if not titles or len(titles) != len(faults):
        raise damaged(name)
    of = dict(zip(titles, faults, strict=True))

    def looked(title: str, places: Collection[int]) -> Iterator[Look]:
        return looks(stream, name, titles.index(title), lambda: _left(_sheet(book, title, name), of[title]), places)

    found = looked if kind == "xlsx" else None
    return Book(kind, name, tuple(titles), lambda sheet: _lines(book, sheet, of[sheet], name, limits), looks=found)


def _sheet(book: CalamineWorkbook, title: str, name: str) -> CalamineSheet:
    with _Reading(name):
        return book.get_sheet_by_name(title)


def _left(sheet: CalamineSheet, faults: Faults) -> int:
    """The first column of the lines: the reader leaves out blank columns on the left."""
    return min([(sheet.start or (0, 0))[1] + 1, *(column for _, column in faults)])


def _lines(book: CalamineWorkbook, title: str, faults: Faults, name: str, limits: Limits) -> Iterator[Line]:
    sheet = _sheet(book, title, name)
    first, left = (sheet.start or (0, 0))[1] + 1, _left(sheet, faults)
    by_row: dict[int, dict[int, str]] = {}
    for (row, column), fault in faults.items():
        by_row.setdefault(row, {})[column - left] = fault
    last = 0
    for last, values in _numbered(sheet, name):
        cells = [*[""] * (first - left), *map(_cell, values)]
        yield short(_faulty(last, cells, by_row[last]) if last in by_row else Line(last, cells), name, limits)
    for row in sorted(row for row in by_row if row > last):  # of a row with nothing else the reader knows nothing
        yield _faulty(row, [], by_row[row])


def _faulty(number: int, cells: list[Cell], faults: Mapping[int, str]) -> Line:
    cells += [""] * (max(faults) + 1 - len(cells))
    return Line(number, ["" if at in faults else cell for at, cell in enumerate(cells)], None, faults)


def _numbered(sheet: CalamineSheet, name: str) -> Iterator[tuple[int, list[Any]]]:
    """Rows as the spreadsheet numbers them; the reader gives the blank ones above the first filled one as well."""
    with _Reading(name):
        yield from enumerate(sheet.iter_rows(), 1)


def _cell(value: Any) -> Cell:
    """Numbers as Excel shows them, to 15 digits; a duration to the second, since Excel keeps fractions of a day."""
    if isinstance(value, bool | str | datetime | date | time | timedelta):
        return value
    if value is None:
        return ""
    number = Decimal(f"{value:.15g}")
    return number if number.is_finite() else str(number)
