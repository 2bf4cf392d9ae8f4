"""Messages: the present state of one subject, as services tell each other through the feed."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

SCHEMA = "1"
"""Version of the shared schema. Within it only additions; a reader that meets another major version stops and waits."""

INVOICE_CHANGED = "invoice.changed"  # ingest: body is documents.Invoice
INVOICE_STATUS_CHANGED = "invoice.status_changed"  # connectors: body is InvoiceStatusMessage
PERSON_ERASED = "person.erased"  # ingest: subject is the person's or client's record id; body is {}
PROBLEM_CHANGED = "problem.changed"  # connectors: body is ProblemMessage


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceStatusMessage:
    """What the books say of one invoice, as one connection sees it. ``version`` counts this subject's changes up from 1."""

    invoice: str
    version: int
    connection: str
    generation: int
    status: str  # statuses.InvoiceStatus
    binding_state: str  # statuses.BindingState
    wanted_version: int  # version of the invoice that the books shall have
    pushed_version: int  # version they have; 0: none
    external_id: str | None
    external_number: str | None
    deep_link: str | None
    total: Decimal | None  # as the books computed it
    balance: Decimal | None
    currency: str
    problem: str | None  # code of the open problem


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemMessage:
    """Something a person can mend. ``open`` false closes it."""

    problem: str
    version: int
    connection: str | None
    code: str
    subject: str
    about: str | None  # record id of the person or client whom the cause may name: seal it under their key
    title: str
    cause: str
    remedy: str
    blocks: int  # how many things wait for it
    open: bool
