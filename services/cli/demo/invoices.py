"""The demonstration's first half: invoices go to the emulated books, and what the accountant does there comes back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from services.catalog import entry
from services.cli.demo import stage
from services.cli.door import Door
from services.cli.show import count, money, table
from shared.kernel.errors import Conflict

BOOKS, COMPANY = "quickbooks", "9341450000000001"
"""The emulated company whose books these are."""
ENDINGS: tuple[tuple[str, dict[str, Any], str], ...] = (
    ("pay", {}, "paid"),
    ("pay", {"amount": "100.00"}, "partly_paid"),
    ("void", {}, "void"),
)
"""What the accountant does with each invoice, by number: action, its arguments, the status that has to come back."""
_SHORT = ("number", "external_id", "total", "currency", "status")


class Invoices:
    """The steps, in order."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._connection: dict[str, Any] = {}

    def bill(self, period: dict[str, str]) -> None:
        made = self._door.ingest("POST", "/invoices/compose", {**period, "grouping": "job", "due_days": 30})
        if len(made["invoices"]) != len(ENDINGS):
            raise Conflict("sample_refused", f"{count(len(made['invoices']), 'invoice')} came out of the sample.")

    def deliver(self) -> None:
        """Connect the books, link customers and items, and write."""
        self._connection = stage.connect(self._door, BOOKS, COMPANY)
        stage.link(self._door, self._connection, entry(BOOKS).reference_kinds, create=True)
        self.push()

    def push(self) -> int:
        planned = stage.push(self._door, self._connection)
        self._wait(lambda invoices: all(one["external_id"] for one in invoices))
        return planned

    def settle(self) -> list[dict[str, Any]]:
        """The accountant pays one, pays a part of one, voids one; their callbacks bring it back."""
        for invoice, (action, more, _) in zip(self._listed(), ENDINGS, strict=True):
            stage.press(self._door, BOOKS, action, realm=COMPANY, invoice_id=invoice["external_id"], **more)
        wanted = [status for _, _, status in ENDINGS]
        found = self._wait(lambda invoices: [one["status"] for one in invoices] == wanted)
        return [{name: one[name] for name in _SHORT} for one in found]

    def writes(self) -> int:
        """How many writes of ours the books have accepted so far."""
        return len(stage.press(self._door, BOOKS, "writes", realm=COMPANY, actor="api"))

    def _wait(self, done: Callable[[list[dict[str, Any]]], bool]) -> list[dict[str, Any]]:
        def look() -> list[dict[str, Any]] | None:
            invoices = self._listed()
            return invoices if done(invoices) else None

        return list(self._door.wait(look, "The demonstration"))

    def _listed(self) -> list[dict[str, Any]]:
        found = self._door.ingest("GET", "/invoices", page_size=100)["items"]
        return [_with_external(one) for one in sorted(found, key=lambda one: one["number"])]


def _with_external(invoice: dict[str, Any]) -> dict[str, Any]:
    there = next((one["external_id"] for one in invoice.get("external", ()) if one["external_id"]), None)
    return {**invoice, "external_id": there}


def shown(invoices: list[dict[str, Any]]) -> str:
    """As a person reads them."""
    rows = [[*list(one.values())[:2], money(one["total"], one["currency"]), one["currency"], one["status"]] for one in invoices]
    return table(["invoice", "in the books", "total", "currency", "status"], rows, right={"in the books", "total"})
