"""Instants with an offset stay as written; where a day in UTC may be another one for the worker, the zone is asked."""

from __future__ import annotations

from dataclasses import dataclass

from services.ingest.sources.detect.clocks import clock_columns
from services.ingest.sources.detect.columns import Column, Seen
from services.ingest.sources.detect.findings import Inquiry, Option, Question
from services.ingest.sources.detect.roles import Assigned
from services.ingest.sources.detect.scan import Table
from shared.kernel.dates import zone_of
from shared.kernel.errors import Invalid
from shared.kernel.quote import quoted

AS_WRITTEN = "as written"


@dataclass(frozen=True, slots=True)
class Zoned:
    """Into which zone the file's instants are brought; None: they stay as written."""

    zone: str | None = None
    done: bool = True


def zoned(tables: list[tuple[Table, Assigned]], inquiry: Inquiry) -> Zoned:
    """One zone for the file."""
    columns = clock_columns(tables)
    seen = min((seen for column in columns for seen in column.offsets.values()), default=None)
    if seen is None:
        return Zoned()
    instants = list(filter(None, map(_utc, _of_days(tables))))
    if not instants:
        inquiry.note("zone", AS_WRITTEN, f"{seen[1]} in row {seen[0]} has an offset: day and time are taken as they stand")
        return Zoned()
    row, text = min(instants)
    asked = (
        f"Row {row} has {text}, which is in UTC: where the work was done it may have been another day. In which zone was it? "
        "Answer with its name, such as Europe/Madrid or America/Denver."
    )
    kept = Option(AS_WRITTEN, "days and times stay as they are written", text)
    answer = inquiry.ask(Question("zone", "zone", asked, (kept,), free=True))
    return Zoned(None if answer in (None, AS_WRITTEN) else _zone(answer.strip()), answer is not None)


def _of_days(tables: list[tuple[Table, Assigned]]) -> list[Column]:
    """The columns that tell on which day the work was."""
    return [column for _, assigned in tables for column in assigned.roles.get("date", assigned.roles.get("start", []))]


def _utc(column: Column) -> Seen | None:
    """The first instant in UTC; +00:00 beside other offsets is a zone's winter."""
    zero = None if "local" in column.offsets else column.offsets.get("zero")
    return column.offsets.get("utc") or zero


def _zone(answer: str) -> str:
    try:
        return str(zone_of(answer).key)
    except Invalid as problem:
        remedy = f"answer with a name such as Europe/Madrid, or {quoted(AS_WRITTEN)}"
        raise Invalid("bad_answer", f"{quoted(answer)} is no time zone", remedy) from problem
