"""The one list of formats."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from services.ingest.exports.formats import csv_text, page, workbook


@dataclass(frozen=True, slots=True)
class Format:
    """A format that tables are written in; ``write(columns, pages, title, foot)`` gives the file piece by piece."""

    name: str
    media: str
    write: Callable[..., Iterator[bytes]]


FORMATS = {
    one.name: one
    for one in (
        Format("csv", "text/csv; charset=utf-8; header=present", csv_text.write),
        Format("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", workbook.write),
        Format("html", "text/html; charset=utf-8", page.write),
    )
}
"""Of tables; JSON, which an answer is a part of, is written where the answer is."""
