"""Refuses what a layout can't say: read as if it were something else it would be wrong without a sign of it."""

from __future__ import annotations

import re

from services.ingest.sources.detect.columns import Column
from services.ingest.sources.detect.roles import Assigned
from services.ingest.sources.detect.scan import Table
from services.ingest.sources.files.cells import text_of
from shared.kernel.errors import Invalid
from shared.kernel.quote import quoted

_SMALL = re.compile(r"(?<![^\W_])(?:cents?|pence|centimes?|centavos?|céntimos?|centesimi)(?![^\W_])", re.IGNORECASE)


def check_sayable(file: str, table: Table, assigned: Assigned) -> None:
    """Refuse money in cents, and a duration of which one column has the hours and another the minutes."""
    for column in (each for role in ("rate", "amount") for each in assigned.roles.get(role, ())):
        if column.filled and _SMALL.search(column.head.text):
            cause = f"{quoted(file)}: the column {quoted(column.head.text)} counts cents"
            raise Invalid("small_coins", cause, "export amounts in whole units of the currency", file=file)
    for one, other in assigned.twins:
        if _is_split(table, one, other):
            cause = f"{quoted(file)}: {quoted(one.head.text)} and {quoted(other.head.text)} are parts of one duration"
            raise Invalid("split_duration", cause, "join them in one column, such as 1:30", file=file)


def _is_split(table: Table, one: Column, other: Column) -> bool:
    """Whether the minutes are those beyond the whole hours, not the same duration once more."""
    by_unit = {column.head.unit: column for column in (one, other)}
    if by_unit.keys() != {"h", "min"}:
        return False
    rows = [(text_of(cells[by_unit["h"].place]), text_of(cells[by_unit["min"].place])) for _, cells in table.sample]
    told = [(int(hours), int(minutes)) for hours, minutes in rows if hours.isdecimal() and minutes.isdecimal()]
    return any(minutes != hours * 60 for hours, minutes in told) and all(minutes < 60 for _, minutes in told)
