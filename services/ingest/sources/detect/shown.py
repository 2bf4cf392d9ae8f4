"""The currency in which a workbook's cells are formatted, where nothing but their look names it."""

from __future__ import annotations

from collections.abc import Sequence

from services.ingest.sources.detect.columns import Column
from services.ingest.sources.detect.forms import currencies_of, telling
from services.ingest.sources.detect.scan import Table
from services.ingest.sources.files.book import Book, Look
from shared.kernel.errors import Invalid


def shown_in(book: Book, table: Table, columns: Sequence[Column]) -> str | None:
    """The one currency in which all money of a table is shown; None: in none, or some of it in another."""
    places = _typed(columns)
    if book.looks is None or not places:
        return None
    rows = {*range(table.first, table.last + 1)}.difference(number for number, _ in table.odd)
    try:
        found = {_currency(one) for one in book.looks(table.sheet or book.tables[0], places) if one.row in rows}
    except Invalid:  # what can be read of the cells may be sound all the same
        return None
    return found.pop() if len(found) == 1 else None


def _typed(columns: Sequence[Column]) -> set[int]:
    """The places of those that hold numbers, not texts."""
    return {column.place for column in columns if "number" in column.typed}


def _currency(look: Look) -> str | None:
    words = [text for text in look.texts if not (text.isascii() and text.isalpha()) or text.isupper()]  # "all" is no lek
    named = set(filter(None, (telling(currencies_of(word)) for word in words)))
    return named.pop() if len(named) == 1 else None
