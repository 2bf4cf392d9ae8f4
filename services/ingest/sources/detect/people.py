"""Whose work a table is, when no column says so: the titles', else asked."""

from __future__ import annotations

from services.ingest.sources.detect import titles
from services.ingest.sources.detect.findings import Inquiry, Question, listed
from services.ingest.sources.detect.roles import Assigned
from services.ingest.sources.detect.scan import Table


def person(table: Table, assigned: Assigned, every: list[tuple[Table, Assigned]], inquiry: Inquiry) -> str | None:
    """The person of rows that name none; "" when a column names it."""
    column = assigned.one("person")
    if column and column.filled and not column.empty:
        return ""
    if told := titles.constant(table, "person"):
        inquiry.note("person", told[1], f"row {told[0]} says so")
        return told[1]
    what = f"Row {column.empty} names no person" if column and column.filled else "No column says whose work it is"
    nameless = [each.name for each, found in every if not found.one("person") and not titles.constant(each, "person")]
    number = "person"
    if len(nameless) > 1:  # one answer holds for all of them, and one that was given before they were known does not
        inquiry.asked.add(number)
        number = "person:all"
        what = f"Nothing says whose work it is in {listed(nameless)}, which have to be of one person"
    answer = inquiry.ask(Question(number, "person", f"{what}. Who is it?", free=True))
    return answer.strip() if answer else None
