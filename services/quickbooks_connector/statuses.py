"""QuickBooks has no status field: what an invoice is follows from its amounts."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from services.quickbooks_connector.mapping import picture
from shared.connector.provider import Lifecycle, Seen, Wire
from shared.contract.messages import InvoiceStatusMessage
from shared.contract.statuses import BindingState, InvoiceStatus
from shared.kernel.errors import Conflict

GONE_ORDER = 2**62
"""A deleted object comes without a SyncToken; nothing is newer than that."""
CLOSED = frozenset({"partly_paid", "paid", "void", "deleted", "refunded"})
"""Under these, lines and amounts are no longer ours to change."""
LIFECYCLE = Lifecycle(
    unsent=InvoiceStatus.DRAFT,
    dropped=InvoiceStatus.VOID,
    deleted=InvoiceStatus.DELETED,
    final={
        InvoiceStatus.VOID: BindingState.VOID,
        InvoiceStatus.DELETED: BindingState.VOID,
        InvoiceStatus.PAID: BindingState.SETTLED,
    },
    gone={InvoiceStatus.VOID: (InvoiceStatus.DELETED,), InvoiceStatus.DELETED: ()},
)


def check_change(status: str, number: str) -> None:
    """Nothing wanted is written onto what is paid, void or deleted."""
    if status in CLOSED:
        raise Conflict(
            "closed_there",
            f"{number} is {status.replace('_', ' ')} in QuickBooks Online, and was changed here.",
            "Leave it so, or undo the payment in QuickBooks Online first.",
        )


def message(row: Mapping[str, Any], deep_link: str | None) -> InvoiceStatusMessage:
    """What the feed says of an invoice's binding."""
    same = ("connection", "generation", "status", "wanted_version", "pushed_version", "external_id", "external_number")
    return InvoiceStatusMessage(
        invoice=row["local"],
        version=row["status_version"],
        binding_state=row["state"],
        deep_link=deep_link,
        **{name: row[name] for name in (*same, "total", "balance", "currency", "problem")},
    )


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
