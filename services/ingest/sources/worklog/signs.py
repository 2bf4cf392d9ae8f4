"""The currency that the signs at a row's amounts name."""

from __future__ import annotations

from collections.abc import Iterable

from services.ingest.sources.worklog import cells
from services.ingest.sources.worklog.layout import Layout
from services.ingest.sources.worklog.rows import Row, cells_of
from shared.kernel.errors import Invalid


def currency_of(row: Row, layout: Layout, columns: Iterable[str], stated: str | None) -> str | None:
    """The currency by the signs at some columns of ours; ``stated`` is what a column of its own says.

    Raises Invalid, naming the ``column``, where one sign names another currency than the rest of the row.
    """
    named, by_sign = stated if "currency" in layout.columns else None, None
    for column in columns:
        _, sign = cells.amount(cells.joined(cells_of(row, layout, column)), layout)
        if sign is None:
            continue
        if sign != (named or sign):
            cause = f"the {column} is in {sign}, the row in {named}"
            raise Invalid("two_currencies", cause, "mend one of the two", column=column)
        named = by_sign = sign
    return by_sign
