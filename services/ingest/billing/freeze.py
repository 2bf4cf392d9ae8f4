"""Freezing: a draft becomes a version of an invoice with its lines, its claims on the entries, and its feed row."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from services.ingest.billing import query, store
from services.ingest.billing.models import BILL
from shared.contract.documents import Invoice, InvoiceLine
from shared.contract.messages import INVOICE_CHANGED
from shared.domain.allocation import Allocated, Claim
from shared.domain.invoicing import Draft
from shared.platform import clock, feed
from shared.platform.faultpoint import faultpoint
from shared.platform.session import Session
from shared.platform.vault import Keyring, Vault

MOST_NAME = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Freeze:
    """A version to be written: ``cause`` is why, ``content_of`` the earlier version that said the same, if any."""

    invoice: Invoice
    cause: str  # composed | given | changed | withdrawn | restored
    wish: str | None = None
    reason: str = ""
    content_of: int | None = None


def with_draft(invoice: Invoice, draft: Draft) -> Invoice:
    """The invoice with the lines and totals of a draft."""
    people = {part.share.work.person for part in draft.allocations} | {draft.client}
    made = replace(invoice, lines=draft.lines, people=tuple(sorted(people)))
    return replace(made, subtotal=draft.subtotal, tax=draft.tax, total=draft.total)


def write(session: Session, vault: Vault, frozen: Freeze) -> None:
    """Write a version and tell the feed; the invoice's own row is the caller's."""
    invoice = frozen.invoice
    keyring = vault.keyring(session, invoice.organisation, set(invoice.people) | {invoice.client})
    place = f"{invoice.id}.{invoice.version}"
    client = _living(keyring, invoice.client)
    names = ("period_from", "period_to", "subtotal", "tax_name", "tax_percent", "tax", "total", "withdrawn")
    row = {name: getattr(invoice, name) for name in names} | {
        "organisation": invoice.organisation,
        "invoice": invoice.id,
        "version": invoice.version,
        "content_of": frozen.content_of or invoice.version,
        "cause": frozen.cause,
        "at": clock.now(),
        "grouping": invoice.grouping.value,
        "people": " ".join(invoice.people),
    }
    texts = {"client_name": invoice.client_name, "wish": frozen.wish, "reason": frozen.reason}
    for name, text in texts.items():
        row[name] = keyring.seal(client, f"invoice_version.{name}", place, text) if client and text else None
    store.add_version(session, row, [_line(keyring, invoice, place, line) for line in invoice.lines])
    feed.publish(session, invoice.organisation, INVOICE_CHANGED, invoice.id, invoice.version)
    faultpoint("compose.written")


def _living(keyring: Keyring, subject: str) -> str | None:
    """The subject, unless it was erased: then nothing of it is kept."""
    return None if keyring.erased(subject) else subject


def _line(keyring: Keyring, invoice: Invoice, place: str, line: InvoiceLine) -> dict[str, Any]:
    """A line's text may name the person whose work it is, or whatever the client was told of a deduction."""
    subject = _living(keyring, line.person or invoice.client)
    text = line.description if subject else query.ERASED
    return {
        "organisation": invoice.organisation,
        "invoice": invoice.id,
        "version": invoice.version,
        "position": line.position,
        "kind": line.kind.value,
        "description": keyring.seal(subject, "invoice_line.description", f"{place}.{line.position}", text),
        "subject": subject,
        "quantity": line.quantity,
        "unit": line.unit,
        "unit_price": line.unit_price,
        "amount": line.amount,
        "date": line.date,
        "job": line.job,
        "person": line.person,
        "taxable": line.taxable,
    }


# ---- claims


Claims = Mapping[str, Sequence[Claim]]


def claim(
    session: Session, invoice: Invoice, parts: Iterable[Allocated], revisions: Mapping[str, int], elsewhere: Claims
) -> None:
    """Claim the entries on a version's lines; whatever other documents hold of an entry stands before it in its chain."""
    rows: list[dict[str, Any]] = []
    counted: dict[str, int] = {}
    for part in parts:
        share, entry = part.share, part.share.work.id
        number = counted[entry] = counted.get(entry, -1) + 1
        values = {
            "revision": revisions[entry],
            "line": part.line,
            "client": share.client,
            "currency": share.currency,
            "kind": share.kind.value,
            "unit": share.unit,
            "unit_price": share.unit_price,
            "seconds": share.seconds,
            "quantity": part.quantity,
            "amount": part.amount,
        }
        rows.append(row_of(invoice, entry, number, elsewhere.get(entry, ()), values))
    store.allocate(session, rows)


def row_of(invoice: Invoice, entry: str, part: int, before: Sequence[Claim], values: Mapping[str, Any]) -> dict[str, Any]:
    """One allocation of a version; ``before`` are the live claims of the entry on other documents."""
    last = max(before, key=lambda one: one.chain, default=None)
    return {
        **values,
        "organisation": invoice.organisation,
        "entry": entry,
        "purpose": BILL,
        "chain": last.chain + 1 if last else 0,
        "part": part,
        "corrects": last.document if last else None,
        "document": invoice.id,
        "document_version": invoice.version,
        "live": True,
    }

