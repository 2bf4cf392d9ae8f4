"""QuickBooks as the shared algorithm sees it: the pure part, put together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.quickbooks_connector import callbacks, mapping, statuses
from shared.connector.provider import Info, Known, Need, Operation, Poke, Refs, Seen, Tenant, Wire
from shared.contract.document_schemas import load_invoice
from shared.contract.documents import Invoice
from shared.contract.messages import InvoiceStatusMessage

MAX_BATCH = 30
APP_URL = "https://app.qbo.intuit.com/app/invoice?txnId="


@dataclass(frozen=True, slots=True)
class QuickBooksProvider:
    """``connector.provider.Provider`` for invoices in QuickBooks Online."""

    info: Info
    verifier: str

    def max_batch(self, tenant: Tenant) -> int:
        return MAX_BATCH

    def check_change(self, row: Mapping[str, Any], tenant: Tenant, *, automatic: bool) -> None:
        statuses.check_change(row["status"], row["number"])

    def status_message(self, row: Mapping[str, Any], details: Mapping[str, Any]) -> InvoiceStatusMessage:
        link = self.deep_link(row["external_id"]) if row["external_id"] else None
        return statuses.message(row, link)

    def needs(self, document: Invoice, tenant: Tenant) -> Sequence[Need]:
        return mapping.needs(document, tenant)

    def to_payload(self, document: Invoice, refs: Refs, tenant: Tenant, known: Known | None, marker: str) -> Wire:
        return mapping.to_payload(document, refs, tenant, known, marker)

    def to_retire(self, document: Invoice | None, known: Known, marker: str) -> Wire:
        return mapping.to_retire(known)

    def assemble(self, items: Sequence[tuple[Operation, Wire]]) -> Wire:
        return mapping.assemble(items)

    def take_apart(self, body: Wire) -> Sequence[Wire]:
        return mapping.take_apart(body)

    def read_status(self, remote: Wire) -> Seen:
        return statuses.read_status(remote)

    def picture(self, payload: Wire) -> Mapping[str, str]:
        return mapping.picture(payload)

    def deep_link(self, external_id: str) -> str:
        return f"{APP_URL}{external_id}"

    def load(self, body: Any) -> Invoice:
        return load_invoice(body)

    def verify(self, raw: bytes, headers: Mapping[str, str]) -> bool:
        return callbacks.verify(raw, headers, self.verifier)

    def parse(self, raw: bytes) -> Sequence[Poke]:
        return callbacks.parse(raw)
