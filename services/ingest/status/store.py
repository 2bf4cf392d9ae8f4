"""Every write of status."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import sqlalchemy as sa

from services.ingest.status.models import invoice_status, problem, status_history
from services.ingest.tables import within
from shared.contract.messages import InvoiceStatusMessage, ProblemMessage
from shared.contract.statuses import InvoiceStatus
from shared.platform import clock
from shared.platform.session import Session, add_new, insert, put

_TOLD = tuple(field.name for field in fields(InvoiceStatusMessage) if field.name in invoice_status.c)
_SHOWN = ("status", "total", "balance")
"""What a line of the history is written for."""


def keep_status(
    session: Session, organisation: str, service: str, binding: str, message: InvoiceStatusMessage, stored: Any | None
) -> None:
    """The newest word of one connection on one invoice; the history gets a line when the books say something else."""
    values = {name: getattr(message, name) for name in _TOLD}
    values |= {"organisation": organisation, "service": service, "binding": binding, "at": clock.now()}
    put(session, invoice_status, values, *(name for name in values if name not in ("invoice", "connection")))
    same = stored is not None and all(getattr(stored, name) == values[name] for name in _SHOWN)
    if same or message.status == InvoiceStatus.DRAFT:  # a draft is not in the books yet: they say nothing
        return
    names = ("organisation", "invoice", "connection", "version", *_SHOWN, "at")
    add_new(session, status_history, {name: values[name] for name in names})


def keep_problem(session: Session, row: dict[str, Any], message: ProblemMessage) -> None:
    """A problem as it is now; an older word of it changes nothing."""
    names = ("connection", "code", "subject", "title", "remedy", "blocks", "open", "version")
    values = row | {name: getattr(message, name) for name in names} | {"id": message.problem, "at": clock.now()}
    new = insert(session, problem).values(values)
    changed = {name: new.excluded[name] for name in values if name not in ("id", "organisation")}
    newer = sa.and_(within(problem, row["organisation"]), problem.c.version < new.excluded.version)
    session.execute(new.on_conflict_do_update(index_elements=["id"], set_=changed, where=newer))
