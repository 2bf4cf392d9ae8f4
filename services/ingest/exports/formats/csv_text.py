"""A table as CSV after RFC 4180: UTF-8, one header row, commas, CRLF."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from services.ingest.exports.columns import Cell, Column, Row
from services.ingest.exports.formats.guard import guarded

LIST = "; "
"""Between the texts of one cell."""


def write(columns: Sequence[Column], pages: Iterable[Sequence[Row]], title: str = "", foot: Any = None) -> Iterator[bytes]:
    """The file piece by piece."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow([column.name for column in columns])
    safe = [(at, _SAFE[column.kind]) for at, column in enumerate(columns) if column.kind in _SAFE]
    for page in pages:
        for row in page:
            for at, make in safe:
                if row[at]:
                    row[at] = make(row[at])  # type: ignore[index]
        writer.writerows(page)
        yield text.getvalue().encode()
        text.seek(0)
        text.truncate()
    if text.tell():
        yield text.getvalue().encode()


def joined(texts: Any) -> str:
    """Several texts as one."""
    return guarded(LIST.join(texts))


_SAFE: dict[str, Callable[[Any], Cell]] = {"text": guarded, "list": joined}
