"""An invoice leaves: a last version says that the books shall hold it void, and its entries can be billed again."""

from __future__ import annotations

from dataclasses import replace

from services.ingest.billing import freeze, query, store
from services.ingest.billing.freeze import Freeze
from services.ingest.billing.query import Head
from shared.contract.statuses import InvoiceStatus
from shared.platform import audit
from shared.platform.session import Session
from shared.platform.vault import Vault


def withdraw(session: Session, vault: Vault, organisation: str, head: Head, actor: str, *, reason: str = "") -> None:
    """A new version that says: the books shall hold this void. Its entries can be billed again."""
    invoice = query.frozen(session, vault, organisation, head.id, head.version)
    gone = replace(invoice, version=head.version + 1, withdrawn=True)
    kept = query.wish_of(session, vault, organisation, head)
    status = InvoiceStatus.VOID if head.status == InvoiceStatus.DRAFT else head.status
    store.release(session, organisation, head.id)
    store.set_invoice(session, organisation, head.id, version=gone.version, withdrawn=True, status=status)
    freeze.write(session, vault, Freeze(invoice=gone, cause="withdrawn", wish=kept, reason=reason))
    audit.record(session, organisation, actor, "invoice.withdrawn", head.id, version=gone.version)
