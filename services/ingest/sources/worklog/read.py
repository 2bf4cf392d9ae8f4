"""Reads the rows of a file, of whatever kind, as a layout declares them."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from os import PathLike
from typing import BinaryIO

from services.ingest.sources.files.book import Book, refuse
from services.ingest.sources.files.cells import LIMITS, Limits
from services.ingest.sources.files.open import open_book
from services.ingest.sources.worklog.layout import Layout
from services.ingest.sources.worklog.rows import Row, cut, places
from shared.kernel.quote import quoted

Data = bytes | PathLike[str] | BinaryIO | Book
"""The content, a path, a stream that can seek, or what was opened already."""


def rows(data: Data, name: str, layout: Layout, *, limits: Limits = LIMITS) -> Iterator[Row]:
    """The rows below the header, blank ones left out.

    A file that can't be read as a whole raises Invalid, at whatever row that shows; a row that can't be taken apart
    comes with its ``problem``.
    """
    with _opened(data, name, layout, limits) as book:
        where: dict[str, int] | None = None
        width = 0
        for line in book.lines(layout.sheet if book.tables != ("",) else None):
            if line.number < layout.header:
                continue
            if where is None:
                where, width = places(line.cells, layout, name), len(line.cells)
            elif row := cut(line, where, width, name):
                yield row
        if where is None:
            raise _headless(book, name, layout)


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
