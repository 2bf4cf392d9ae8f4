"""Reads the rows of a file, of whatever kind, as a layout declares them."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from os import PathLike
from typing import BinaryIO

from services.ingest.sources.files.book import Book, Line, refuse
from services.ingest.sources.files.cells import LIMITS, Limits
from services.ingest.sources.files.open import open_book
from services.ingest.sources.worklog.headings import Headings
from services.ingest.sources.worklog.layout import Layout
from services.ingest.sources.worklog.leaving import dated
from services.ingest.sources.worklog.rows import Row, cut, holds, places
from shared.kernel.quote import quoted

Data = bytes | PathLike[str] | BinaryIO | Book
"""The content, a path, a stream that can seek, or what was opened already."""


def rows(data: Data, name: str, layout: Layout, *, limits: Limits = LIMITS, until: Sequence[Layout] = ()) -> Iterator[Row]:
    """The rows below the header, blank ones left out, up to the header of one of the tables ``until``.

    A file that can't be read as a whole raises Invalid, at whatever row that shows; a row that can't be taken apart
    comes with its ``problem``.
    """
    with _opened(data, name, layout, limits) as book:
        yield from _below(book.lines(layout.sheet if book.tables != ("",) else None), book, name, layout, until)


def _below(lines: Iterator[Line], book: Book, name: str, layout: Layout, until: Sequence[Layout]) -> Iterator[Row]:
    headings = Headings(layout)
    header = _header(lines, layout, headings)
    if header is None:
        raise _headless(book, name, layout)
    where, width = places(header.cells, layout, name), len(header.cells)
    for line in lines:
        if any(holds(line, other) for other in until):
            return
        if row := cut(line, where, width, name, layout.ragged):
            yield _told(row, line, headings) if headings else row


def _header(lines: Iterator[Line], layout: Layout, headings: Headings) -> Line | None:
    for line in lines:
        if _is_header(line, layout):
            return line
        if headings:
            headings.hears(line.cells, above=True)
    return None


def _told(row: Row, line: Line, headings: Headings) -> Row:
    """The row with the person whom the last heading names."""
    heading = not dated(row, headings.layout) and headings.hears(line.cells)
    return row._replace(person=headings.person, heading=heading, problem=None if heading else row.problem)


def _is_header(line: Line, layout: Layout) -> bool:
    return line.number >= layout.header and (not layout.find or holds(line, layout))


def parts(book: Book, layout: Layout) -> Iterator[tuple[Layout, Iterator[Row]]]:
    """Each table that the layout describes, with its rows; a table ends where another of its sheet begins."""
    every = layout.parts()
    for part in every:
        until = [other for other in every if other is not part and other.sheet == part.sheet and other.columns != part.columns]
        yield part, rows(book, book.name, part, until=until)


def _headless(book: Book, name: str, layout: Layout) -> Exception:
    it = f"sheet {quoted(layout.sheet or book.tables[0])}" if book.tables != ("",) else "it"
    remedy = "name the sheet and the header row in a layout"
    return refuse("bad_header", name, f"{it} ends before its header row {layout.header}", remedy)


@contextmanager
def _opened(data: Data, name: str, layout: Layout, limits: Limits) -> Iterator[Book]:
    how = {"encoding": layout.encoding, "delimiter": layout.delimiter, "quoting": layout.quoting}
    if isinstance(data, Book):
        yield data
    elif isinstance(data, PathLike):
        with open(data, "rb") as stream:
            yield open_book(stream, name, limits=limits, **how)
    else:
        stream = io.BytesIO(data) if isinstance(data, bytes | bytearray) else data
        yield open_book(stream, name, limits=limits, **how)
