"""In which unit distances are: as the headers say, a column beside, or each cell itself; else asked."""

from __future__ import annotations

from collections.abc import Iterable

from services.ingest.sources.detect.columns import Column, Seen
from services.ingest.sources.detect.findings import Inquiry, Option, Question
from services.ingest.sources.detect.roles import Assigned
from services.ingest.sources.worklog.cells import unit_beside

_UNITS = {"mi": "miles", "km": "kilometres"}


def distance_unit(assigned: Assigned, kinds: Iterable[str], inquiry: Inquiry) -> str | None:
    """The unit of rows that name none, "" when there are none; None while it is asked."""
    column = assigned.one("distance")
    if column is None or "mileage" not in kinds or assigned.one("unit"):
        return ""
    heads = [each.head for role in ("distance", "rate") for each in assigned.roles.get(role, ())]
    if said := next((head for head in heads if head.unit in _UNITS), None):
        inquiry.note("unit", said.unit, f"the column is called {said.text}")
        return said.unit
    seen = _bare(column)
    return _asked(column, seen, inquiry) if seen else ""


def beside_hours(assigned: Assigned, kinds: Iterable[str], inquiry: Inquiry) -> bool:
    """Whether it is plain what becomes of distances in rows of hours, which are one entry each."""
    column = assigned.one("distance")
    first = _driven(column) if column and "mileage" not in kinds else None
    if column is None or first is None:
        return True
    choices = (
        Option("leave_out", "take the hours in and leave the distances out", f"{first[1]} in row {first[0]} is not taken in"),
    )
    asked = (
        f"Row {first[0]} has {first[1]} as {column.head.text} beside its hours, and a row becomes one entry. To have the trips "
        "as well, send them in a file or table of their own."
    )
    return inquiry.ask(Question("distance", "distance", asked, choices)) is not None


def _driven(column: Column) -> Seen | None:
    """The first distance that is not zero."""
    texts = [seen for shape, (_, seen) in column.numbers.items() if "9" in shape]
    return min(texts + [seen for name, seen in column.typed.items() if name == "number"], default=None)


def _bare(column: Column) -> Seen | None:
    """The first distance without a unit of its own."""
    texts = [*(seen for _, seen in column.numbers.values()), *column.words.values()]
    return min([seen for seen in texts if not unit_beside(seen[1])] + list(column.typed.values()), default=None)


def _asked(column: Column, seen: Seen, inquiry: Inquiry) -> str | None:
    row, text = seen
    choices = tuple(Option(unit, name, f"{text} is {text} {name}") for unit, name in _UNITS.items())
    asked = f"{column.head.text} has {text} in row {row}, without a unit. Are they miles or kilometres?"
    return inquiry.ask(Question("unit:distance", "unit", asked, choices))
