"""Short ways to open content as a book and to say what its tables hold."""

from __future__ import annotations

import io

import pytest

from services.ingest.sources.files.book import Book
from services.ingest.sources.files.cells import LIMITS, Cell, Limits
from services.ingest.sources.files.open import open_book
from shared.kernel.errors import Invalid


def opened(content: bytes | str, name: str = "report", *, limits: Limits = LIMITS, **given: str) -> Book:
    data = content.encode() if isinstance(content, str) else content
    return open_book(io.BytesIO(data), name, limits=limits, **given)


def cells(content: bytes | str, table: str | None = None, **given: str) -> list[list[Cell]]:
    return [line.cells for line in opened(content, **given).lines(table)]


def refusal(content: bytes | str, *, limits: Limits = LIMITS, **given: str) -> Invalid:
    """Why the file is refused, at opening or at whatever line."""
    with pytest.raises(Invalid) as caught:
        book = opened(content, limits=limits, **given)
        for table in book.tables:
            list(book.lines(table))
    assert "'report'" in caught.value.cause
    assert caught.value.remedy
    return caught.value
