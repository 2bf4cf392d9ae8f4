"""An export's bytes: lines become rows of texts, and those become a file or the promised answer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from services.ingest.exports.asked import Asked
from services.ingest.exports.columns import Row, columns, rows
from services.ingest.exports.formats import json_text
from services.ingest.exports.formats.registry import FORMATS
from services.ingest.exports.lines import Driven, Line
from services.ingest.exports.totals import Totals
from shared.kernel import canonical


def _same(*names: str) -> tuple[tuple[str, str], ...]:
    return tuple((name, name) for name in names)


_HEAD = _same("id", "kind", "date", "job_id", "client_id", "user_id")
_TAIL = _same("tags", "notes", "billable", "approval", "user", "client", "job")
_TIME = _same("start", "end", "break_min", "hours", "overtime_h", "rate", "overtime_rate")
_DRIVEN = ("distance", "unit", "rate", "amount", "currency")
SHAPES = {
    "time": (*_HEAD, *_TIME, ("earnings", "amount"), ("currency", "currency"), *_TAIL),
    "expense": (*_HEAD, *((f"expense.{name}", name) for name in ("amount", "currency", "category")), *_TAIL),
    "mileage": (*_HEAD, *((f"mileage.{name}", name) for name in (*_DRIVEN, *Driven._fields)), *_TAIL),
}
"""The members of an entry of each kind, in their order."""


def written(asked: Asked, pages: Iterable[list[Line]], totals: Totals, told: Any = None) -> Iterator[bytes]:
    """The export piece by piece; ``totals`` are what came through. ``told``: further members of a JSON answer, when it ends."""
    shown, make = columns(asked.shown), rows(asked.shown)

    def tables() -> Iterator[list[Row]]:
        for page in pages:
            totals.add(page)
            yield make(page)

    if asked.format != "json":
        title = f"Work from {asked.wanted.since} to {asked.wanted.until}"
        yield from FORMATS[asked.format].write(shown, tables(), title[:31] if asked.format == "xlsx" else title, totals.table)
        return
    yield b'{"entries":'
    yield from json_text.rows(shown, tables(), SHAPES)
    rest = {"summary": totals.summary()} if told is None else told()
    yield b"," + canonical.dumps(rest)[1:]
