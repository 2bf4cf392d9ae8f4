"""Voiding an invoice from here."""

from __future__ import annotations

from services.ingest.billing import query, store
from services.ingest.billing.reckon import reckon
from services.ingest.billing.retire import withdraw
from shared.contract.statuses import InvoiceStatus
from shared.domain import reconcile
from shared.kernel.errors import Conflict
from shared.platform.session import Session
from shared.platform.vault import Vault


def void(session: Session, vault: Vault, organisation: str, document: str, actor: str, *, reason: str = "") -> int:
    """Withdraw an invoice: the books shall hold it void, its entries can be billed again. Gives its version.

    Once withdrawn, or gone in the books, it stays so and nothing is written. Conflict when money moved.
    """
    store.turn(session, organisation)
    head = query.head(session, organisation, document)
    if head.withdrawn or head.status in reconcile.GONE:
        return head.version
    if not reconcile.can_withdraw(InvoiceStatus(head.status)):
        cause = f"Invoice {head.number} is {head.status.replace('_', ' ')} in the books."
        raise Conflict("money_moved", cause, "undo the payment in the books first, or correct the entries", status=head.status)
    entries = {claim.entry for claim in query.claims_of(session, organisation, document)}
    withdraw(session, vault, organisation, head, actor, reason=reason)
    reckon(session, vault, organisation, entries, actor)
    return head.version + 1


def gone_in_the_books(session: Session, vault: Vault, organisation: str, document: str, actor: str) -> None:
    """The books voided or deleted an invoice: its entries can be billed again, and no other books shall hold it."""
    head = query.head(session, organisation, document)
    if head.withdrawn:
        return
    entries = {claim.entry for claim in query.claims_of(session, organisation, document)}
    withdraw(session, vault, organisation, head, actor)
    reckon(session, vault, organisation, entries, actor)
