"""QuickBooks has no status field: what an invoice is follows from its amounts."""

from __future__ import annotations

from decimal import Decimal

from services.quickbooks_connector.mapping import picture
from shared.connector.provider import Seen, Wire
from shared.contract.statuses import InvoiceStatus

GONE_ORDER = 2**62
"""A deleted object comes without a SyncToken; nothing is newer than that."""


def read_status(remote: Wire) -> Seen:
    """What an invoice from QuickBooks is now. A payment raises the SyncToken too, so it orders all news."""
    deleted = remote.get("status") == "Deleted"
    total, balance = _money(remote, "TotalAmt"), _money(remote, "Balance")
    token = str(remote.get("SyncToken", ""))
    return Seen(
        external_id=str(remote["Id"]),
        remote_version=token,
        order=GONE_ORDER if deleted else int(token or 0),
        status=InvoiceStatus.DELETED if deleted else _status(remote, total, balance),
        number=remote.get("DocNumber"),
        total=total,
        balance=balance,
        picture=picture(remote),
    )


def _status(remote: Wire, total: Decimal | None, balance: Decimal | None) -> InvoiceStatus:
    owed, billed = balance or Decimal(0), total or Decimal(0)
    if billed == 0 and owed == 0 and str(remote.get("PrivateNote", "")).startswith("Voided"):
        return InvoiceStatus.VOID
    if owed == 0:
        return InvoiceStatus.PAID
    return InvoiceStatus.OPEN if owed >= billed else InvoiceStatus.PARTLY_PAID


def _money(remote: Wire, name: str) -> Decimal | None:
    value = remote.get(name)
    return None if value is None else Decimal(str(value))
