"""The one vocabulary of states: documents, bindings, connections."""

from __future__ import annotations

from enum import StrEnum


class InvoiceStatus(StrEnum):
    """What an invoice is, seen from here. ``overdue`` is derived when read, in the books' zone, and never stored."""

    DRAFT = "draft"  # composed, not in the books yet
    OPEN = "open"
    PARTLY_PAID = "partly_paid"
    PAID = "paid"
    OVERDUE = "overdue"
    VOID = "void"
    DELETED = "deleted"
    REFUNDED = "refunded"


class TimesheetStatus(StrEnum):
    """What a timesheet is in the books; ``planned`` is ours."""

    PLANNED = "planned"  # composed, not in the books yet
    DRAFT = "draft"
    REQUESTED = "requested"  # handed in there, waits for approval
    APPROVED = "approved"
    REJECTED = "rejected"
    PROCESSED = "processed"  # a posted pay run holds it
    DELETED = "deleted"


ABSORBING = frozenset({"paid", "void", "deleted", "refunded", "processed"})
"""States of the books onto which nothing wanted is pushed; ``paid`` may still go back to open or partly paid there."""


class BindingState(StrEnum):
    RESERVED = "reserved"  # wanted, nothing sent
    SENT = "sent"  # a call is committed and may be on its way
    CONFIRMED = "confirmed"  # the books have the version we know
    SETTLED = "settled"  # paid or processed over there
    VOID = "void"  # void or deleted over there; final for this generation
    DIVERGED = "diverged"  # both sides changed; a person decides
    PARKED = "parked"  # a problem has to be mended first
    UNKNOWN = "unknown"  # no answer was heard: look first


class ConnectionState(StrEnum):
    LIVE = "live"
    NEEDS_RECONNECT = "needs_reconnect"
    DISCONNECTED = "disconnected"
