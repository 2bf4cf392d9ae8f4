"""Projecting: what a connector's feed says of a document becomes its status here, and what follows from it is done."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.ingest.billing import books
from services.ingest.billing import query as billing
from services.ingest.billing.query import ERASED
from services.ingest.status import query, store
from services.ingest.timesheets import project as timesheets
from shared.contract.message_schemas import load_connection, load_problem, load_status, load_timesheet_status
from shared.contract.messages import (
    CONNECTION_CHANGED,
    INVOICE_STATUS_CHANGED,
    PROBLEM_CHANGED,
    TIMESHEET_STATUS_CHANGED,
    InvoiceStatusMessage,
)
from shared.domain import reconcile
from shared.platform.faultpoint import works
from shared.platform.logs import log
from shared.platform.session import Session
from shared.platform.vault import Vault

Row = Mapping[str, Any]
KINDS = (INVOICE_STATUS_CHANGED, TIMESHEET_STATUS_CHANGED, PROBLEM_CHANGED, CONNECTION_CHANGED)


def apply(session: Session, vault: Vault, service: str, row: Row) -> None:
    """One feed row; a subject that is gone over there has no body and says nothing."""
    if row["body"] is None:
        return
    if row["kind"] == INVOICE_STATUS_CHANGED:
        status(session, vault, row["organisation"], service, row["subject"], load_status(row["body"]))
    elif row["kind"] == TIMESHEET_STATUS_CHANGED:
        timesheets.status(session, row["organisation"], service, row["subject"], load_timesheet_status(row["body"]))
    elif row["kind"] == PROBLEM_CHANGED:
        _problem(session, vault, service, row)
    elif row["kind"] == CONNECTION_CHANGED:
        store.keep_connection(session, row["organisation"], service, load_connection(row["body"]))


def status(session: Session, vault: Vault, organisation: str, service: str, binding: str, message: InvoiceStatusMessage) -> None:
    """Take one word of one connection on one invoice, unless it is old, or says what can't be."""
    books.turn(session, organisation)
    head = billing.heads(session, organisation, [message.invoice]).get(message.invoice)
    if head is None:
        log("status.unknown_invoice", service=service)
        return
    stored = query.stored(session, organisation, message.invoice, message.connection)
    if stored is not None and works("version_not_older") and not reconcile.is_newer(stored.version, message.version):
        return
    if stored is not None and works("absorbing_states") and not reconcile.may_follow(stored.status, message.status):
        log("status.refused", service=service, code=message.status)
        return
    store.keep_status(session, organisation, service, binding, message, stored)
    books.say(session, vault, organisation, head, query.words(session, organisation, message.invoice), f"service:{service}")


def _problem(session: Session, vault: Vault, service: str, row: Row) -> None:
    organisation, message = row["organisation"], load_problem(row["body"])
    keyring = vault.keyring(session, organisation, {message.about})
    erased = message.about is not None and keyring.erased(message.about)
    about, text = (None, ERASED) if erased else (message.about, message.cause)
    kept = {"organisation": organisation, "service": service, "about": about}
    kept["cause"] = keyring.seal(about, "problem.cause", message.problem, text)
    store.keep_problem(session, kept, message)
