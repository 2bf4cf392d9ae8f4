"""Approving, composing and voiding over HTTP."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from marshmallow import fields, validate

from services.ingest.accounts import query as accounts
from services.ingest.billing import answers, approval, compose, query, store, void
from services.ingest.billing import wish as wishes
from shared.contract import answers as a
from shared.contract import fields as f
from shared.contract.document_schemas import dump_invoice
from shared.contract.documents import Invoice
from shared.contract.statuses import InvoiceStatus
from shared.kernel.errors import Invalid
from shared.platform import audit
from shared.platform.db import Database, reading, transaction
from shared.platform.vault import Vault
from shared.platform.web import Room, Said, argument, body, counts, principal, raw_body, sent
from shared.platform.web_idempotency import once

_id = f.text(36)


class _Approval(f.Strict):
    since = f.civil_date(data_key="from")
    until = f.civil_date(data_key="to")
    client, job, person = f.text(36), f.text(36), f.text(36)
    ids = fields.List(f.text(36), validate=validate.Length(min=1, max=10_000))
    confirm = f.flag(load_default=False)


class _Ids(f.Strict):
    ids = fields.List(f.text(36), required=True, validate=validate.Length(min=1, max=10_000))


class _Void(f.Strict):
    reason = f.text(500)


class _Numbering(f.Strict):
    prefix = f.text(12, empty=True, required=True)
    width = f.whole(9, lowest=1, load_default=5)
    next = f.whole(10**9, lowest=1)


_APPROVAL, _IDS, _VOID, _NUMBERING = _Approval(), _Ids(), _Void(), _Numbering()


_APPROVE = Said(takes=_APPROVAL, example={"from": "2026-03-01", "to": "2026-03-31", "confirm": True}, gives=answers.Approved)
_WITHDRAW = Said(takes=_IDS, example={"ids": [a.example_id("entry")]}, gives=answers.Withdrawn)


def approvals(db: Database, vault: Vault) -> Room:
    room = Room("approvals")

    @room.post("/approvals", scope="approvals:write", **_APPROVE)
    def approve() -> Any:
        """Approve work, so that it can be billed and paid.

        By ids, or by the other fields together; without any field all work is meant. What looks wrong is held until it
        is approved with `confirm`.
        """
        caller, asked = principal(), sent()
        confirm = asked.pop("confirm")
        if "ids" in asked and len(asked) > 1:
            raise Invalid("bad_choice", "Entries are named by id and chosen by other fields as well.", "give one or the other")
        with transaction(db) as session:
            done = approval.approve(session, vault, caller.organisation, asked, caller.subject, confirm=confirm)
        held = [{"id": one.entry, "warning": one.warning} for one in done.held]
        return {"approved": done.approved, "unchanged": done.unchanged, "held": held}

    @room.post("/approvals/withdraw", scope="approvals:write", **_WITHDRAW)
    def withdraw() -> Any:
        """Take approvals back. What is billed already stays approved."""
        caller, ids = principal(), sent()["ids"]
        with transaction(db) as session:
            return {"withdrawn": approval.withdraw(session, vault, caller.organisation, ids, caller.subject)}

    return room


_COMPOSE_INVOICES = Said(
    takes=wishes.WISH,
    example={"from": "2026-03-01", "to": "2026-03-31", "grouping": "job"},
    gives=answers.Composed,
    once=True,
)
_VOID_INVOICE = Said(
    says="Void an invoice, here and in the books; its work can be billed again.",
    takes=_VOID,
    example={"reason": "Billed to the wrong client"},
    gives=answers.Voided,
    once=True,
)
_SET_NUMBERING = Said(takes=_NUMBERING, example={"prefix": "INV-", "width": 5}, gives=answers.Numbering)


def invoices(db: Database, vault: Vault) -> Room:
    room = Room("billing")

    @room.post("/invoices/compose", scope="invoices:write", **_COMPOSE_INVOICES)
    def compose_invoices() -> Any:
        """Compose invoices of approved work that is not billed yet, one for each client and currency."""
        caller, asked = principal(), body()
        with once(db, vault, caller, "POST /invoices/compose", raw_body()) as claim:
            if claim.replay:
                return claim.replay
            with transaction(db) as session:
                wish = wishes.read(asked, accounts.organisation(session, caller.organisation).currency)
                done = compose.compose(session, vault, caller.organisation, wish, caller.subject)
                counts().documents += len(done.invoices)
                return claim.done(session, _composed(done))

    @room.post("/invoices/<document>/void", scope="invoices:write", **_VOID_INVOICE)
    def void_invoice(document: str) -> Any:
        caller, reason = principal(), sent().get("reason", "")
        with once(db, vault, caller, f"POST /invoices/{document}/void", raw_body()) as claim:
            if claim.replay:
                return claim.replay
            with transaction(db) as session:
                version = void.void(session, vault, caller.organisation, document, caller.subject, reason=reason)
                status = query.head(session, caller.organisation, document).status
                told = {"invoice_id": document, "version": version, "withdrawn": True, "status": status}
                return claim.done(session, told)

    @room.get("/corrections", scope="invoices:read", asks=answers.Corrections, gives=answers.CORRECTIONS)
    def list_corrections() -> Any:
        """List the differences that wait for the next invoices: work that was edited after it was paid."""
        with reading(db) as session:
            found = query.corrections(session, principal().organisation, argument("client"))
        return {"items": [asdict(one) for one in found]}

    @room.put("/numbering", scope="invoices:write", **_SET_NUMBERING)
    def set_numbering() -> Any:
        """Say how invoices are numbered from now on."""
        caller, asked = principal(), sent()
        with transaction(db) as session:
            store.set_numbering(session, caller.organisation, asked["prefix"], asked["width"], asked.get("next"))
            audit.record(session, caller.organisation, caller.subject, "numbering.set", caller.organisation)
        return asked

    return room


def _composed(done: compose.Composed) -> dict[str, Any]:
    return {
        "invoices": [_shown(one) for one in done.invoices],
        "skipped": [asdict(one) for one in done.skipped],
        "waiting": list(done.waiting),
    }


def _shown(one: Invoice) -> dict[str, Any]:
    return dump_invoice(one) | {"invoice_id": one.id, "client_id": one.client, "status": InvoiceStatus.DRAFT, "external": []}
