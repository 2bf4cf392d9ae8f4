"""Whose work a table is, when no column says so: the titles', else asked."""

from __future__ import annotations

from services.ingest.sources.detect import titles
from services.ingest.sources.detect.findings import Inquiry, Question
from services.ingest.sources.detect.roles import Assigned
from services.ingest.sources.detect.scan import Table


def person(table: Table, assigned: Assigned, inquiry: Inquiry) -> str | None:
    """The person of rows that name none; "" when a column names it."""
    column = assigned.one("person")
    if column and column.filled and not column.empty:
        return ""
    if told := titles.constant(table, "person"):
        inquiry.note("person", told[1], f"row {told[0]} says so")
        return told[1]
    what = f"Row {column.empty} names no person" if column and column.filled else "No column says whose work it is"
    answer = inquiry.ask(Question("person", "person", f"{what}. Who is it?", free=True))
    return answer.strip() if answer else None
