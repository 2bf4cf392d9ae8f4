"""The answer to an import: a result for every row, kept outside of memory however many there are, and the totals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date
from functools import lru_cache
from typing import Any

from services.ingest.imports.held import Place, new_file
from services.ingest.records.intake import Outcome, Result
from shared.contract.documents import Invoice
from shared.contract.records import AnyRecord, TimeEntry
from shared.kernel import canonical
from shared.kernel.errors import Invalid

_PIECE = 64 * 1024


@lru_cache(maxsize=64)
def _text(table: str) -> str:
    return canonical.dumps(table).decode()


class Listing:
    """Collects row results in order."""

    def __init__(self) -> None:
        self._rows = new_file()
        self._outcomes: Counter[str] = Counter()
        self._people: set[str] = set()
        self._days: set[date] = set()
        self._seconds = 0
        self._invoices: set[str] = set()

    def refuse(self, place: Place, problem: Invalid) -> None:
        told = {**place.told(), "outcome": "refused", "kind": None, "id": None, "problem": _shown(problem, place.row)}
        self._write(Outcome.REFUSED, canonical.dumps(told))

    def add(self, place: Place, entry: AnyRecord, result: Result) -> None:
        if isinstance(result.problem, Invalid):
            self.refuse(place, result.problem)
            return
        where = f'"row":{place.row},"table":{_text(place.table)}' if place.table else f'"row":{place.row}'
        what = f'"id":"{result.id}","kind":"{result.kind}","outcome":"{result.outcome}"'
        self._write(result.outcome, f'{{{what},"problem":null,{where}}}'.encode())
        self._people.add(entry.person)  # type: ignore[union-attr]
        self._days.add(entry.date)  # type: ignore[union-attr]
        self._seconds += entry.seconds if isinstance(entry, TimeEntry) else 0

    def add_invoice(self, place: Place, invoice: Invoice, outcome: Outcome) -> None:
        """A row of an invoice."""
        told = {**place.told(), "outcome": outcome.value, "kind": "invoice", "id": invoice.id, "problem": None}
        self._write(outcome, canonical.dumps(told))
        self._invoices.add(invoice.id)
        self._days.add(invoice.issued)

    def _write(self, outcome: Outcome, told: bytes) -> None:
        self._rows.write(b"," + told if self._outcomes else told)
        self._outcomes[outcome] += 1

    def counts(self) -> dict[str, int]:
        """How many rows came to what."""
        return {outcome.value: self._outcomes[outcome] for outcome in Outcome}

    @property
    def refused(self) -> int:
        return self._outcomes[Outcome.REFUSED]

    def totals(self) -> dict[str, Any]:
        """What the rows that were not refused come to."""
        first, last = (min(self._days), max(self._days)) if self._days else (None, None)
        told = {"seconds": self._seconds, "people": len(self._people), "invoices": len(self._invoices), "from": first, "to": last}
        return self.counts() | {"rows": self._outcomes.total(), **told}

    def pieces(self, **more: Any) -> Iterator[bytes]:
        """The whole as the bytes of a JSON object; ``more`` are further members."""
        with self._rows as rows:
            rows.seek(0)
            yield canonical.dumps({**more, "totals": self.totals()})[:-1] + b',"rows":['
            while piece := rows.read(_PIECE):
                yield piece
            yield b"]}"


def _shown(problem: Invalid, row: int) -> dict[str, Any]:
    """The problem with the column and value of its first error beside it, all errors below."""
    errors = problem.facts.get("errors") or [{"column": problem.facts.get("field"), "value": None}]
    first = errors[0] if isinstance(errors, list) else {}
    told = {"code": problem.code, "cause": problem.cause, "remedy": problem.remedy, "row": row}
    return told | {"column": first.get("column"), "value": first.get("value"), "errors": problem.facts.get("errors", [])}
