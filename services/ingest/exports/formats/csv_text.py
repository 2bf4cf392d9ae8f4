"""A table as CSV after RFC 4180: UTF-8, one header row, commas, CRLF."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from services.ingest.exports.columns import Column, Row
from services.ingest.exports.formats.guard import DANGER, guarded

LIST = "; "
"""Between the texts of one cell."""


def write(columns: Sequence[Column], pages: Iterable[Sequence[Row]], title: str = "", foot: Any = None) -> Iterator[bytes]:
    """The file piece by piece."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow([column.name for column in columns])
    texts, lists = ([at for at, column in enumerate(columns) if column.kind == kind] for kind in ("text", "list"))
    for page in pages:
        writer.writerows(_safe(page, texts, lists))
        yield text.getvalue().encode()
        text.seek(0)
        text.truncate()
    if text.tell():
        yield text.getvalue().encode()


def _safe(page: Sequence[Row], texts: Sequence[int], lists: Sequence[int]) -> Iterable[Row]:
    if not page:
        return page
    cells: list[Sequence[Any]] = list(zip(*page, strict=True))
    for at in lists:
        cells[at] = [joined(cell or ()) for cell in cells[at]]
    for at in texts:  # as ``guarded`` has it, without the call
        cells[at] = [f"'{cell}" if cell and cell[0] in DANGER else cell for cell in cells[at]]
    return zip(*cells, strict=True)


def joined(texts: Any) -> str:
    """Several texts as one."""
    return guarded(LIST.join(texts))

