"""What the sender of a file agreed to beforehand, and what stops an import for want of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from services.ingest.imports.proof import Fault
from services.ingest.imports.take import Taken
from services.ingest.sources.invoices.headers import MONEY

_PREVIEW = 200, None
_SHOWN = 20
"""Sums of a file that an answer shows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """How far an import may go by itself."""

    preview: bool = False  # store nothing, show all
    partial: bool = False  # keep the good rows although others are refused
    changes: bool = False  # take edited rows unseen; what the file lacks stays
    accept: str | None = None  # the fingerprint of the difference that was seen
    delete: bool = False  # what that difference shows as vanished goes

    def stops(self, taken: Taken) -> tuple[int, dict[str, Any] | None] | None:
        """Status and problem of an import that must not stay; None: it may."""
        if self.preview:
            return _PREVIEW
        if taken.listing.refused and not self.partial:
            cause = f"{taken.listing.refused} of the rows were refused, so nothing was stored."
            return 422, _problem("rows_refused", cause, "Mend the rows, or send partial=true to keep the good ones.")
        if taken.unproven:
            return 422, _unproven(taken.unproven)
        if self.accept and self.accept != taken.difference.fingerprint:
            cause = "What the file would change is not what was accepted: something changed in between."
            return 409, _problem("difference_moved", cause, "Look at the difference again and accept that.")
        if taken.difference and not self.accept and not self.changes:
            remedy = "Look at the difference and send its fingerprint as accept."
            return 409, _problem("changes_to_accept", _summary(taken), remedy)
        return None


def _summary(taken: Taken) -> str:
    changed, vanished = len(taken.difference.changed), len(taken.difference.vanished)
    doubtful = len(taken.difference.doubtful)
    said = [f"would change {changed} of the stored entries"] if changed else []
    said += [f"lacks {vanished} that such a report had before"] if vanished else []
    said += [f"has {doubtful} rows that may be work which another sort of report brought already"] if doubtful else []
    return f"The file {' and '.join(said)}; nothing was stored yet."


def _unproven(faults: Sequence[Fault]) -> dict[str, Any]:
    first, number = faults[0], len(faults)
    total = first.total
    rows = f"rows {total.first} to {total.last}" + (f" of {total.table}" if total.table else "")
    more = f" {number - 1} more of its sums differ." if number > 1 else ""
    cause = f"Row {total.row} says {total.value} ({total.scope or total.column}), but {rows} come to {first.ours}.{more}"
    listed = total.column in MONEY  # of a list of invoices, for which no layout can be sent
    way = "mend the sum or take its row out" if listed else "a layout that skips the sum takes them as they are"
    remedy = f"Nothing was stored. Compare these rows with the report; {way}."
    return _problem("totals_differ", cause, remedy) | {"totals": [one.told() for one in faults[:_SHOWN]]}


def _problem(code: str, message: str, remedy: str) -> dict[str, Any]:
    return {"code": code, "message": message, "remedy": remedy}
