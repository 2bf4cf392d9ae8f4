"""Formulas without a stored result, in a column that is needed: asked, since nobody here computes them."""

from __future__ import annotations

from services.ingest.sources.detect.findings import Inquiry, Option, Question
from services.ingest.sources.detect.roles import Assigned
from services.ingest.sources.detect.scan import Table

_NEEDED = ("date", "start", "end", "duration", "break", "rate", "amount", "distance")


def uncomputed(table: Table, assigned: Assigned, inquiry: Inquiry) -> tuple[dict[str, str], ...] | None:
    """What to skip so that rows without a needed result are left out; None while that is asked."""
    names = _needed(assigned)
    lacking = [(row, place) for row, place, fault in table.faults if fault == "formula_without_value" and place in names]
    if not lacking:
        return ()
    if inquiry.ask(_question(lacking[0][0], names[lacking[0][1]], len(lacking))) is None:
        return None
    return tuple({names[place]: ""} for place in sorted({place for _, place in lacking}))


def _needed(assigned: Assigned) -> dict[int, str]:
    """Place -> header of the columns that an entry can't do without; start and end say how long it was."""
    spans = assigned.one("start") and assigned.one("end")
    roles = [role for role in _NEEDED if role != "duration" or not spans]
    return {column.place: column.head.text for role in roles for column in assigned.roles.get(role, [])}


def _question(row: int, name: str, count: int) -> Question:
    text = f"Row {row} has a formula without a result in the column {name}, as have {count} cells in all."
    remedy = " Open the file in a spreadsheet program, save it and send it again, or leave these rows out."
    choices = (Option("leave_out", "leave these rows out", f"row {row} is not taken in"),)
    return Question("formula", "formula", text + remedy, choices)
