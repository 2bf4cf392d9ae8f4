"""Every write of status."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import sqlalchemy as sa

from services.ingest.status.models import connection_state, invoice_status, problem, status_history
from services.ingest.tables import within
from shared.contract.messages import INVOICE_STATUS_CHANGED, ConnectionMessage, InvoiceStatusMessage, ProblemMessage
from shared.contract.statuses import ConnectionState, InvoiceStatus
from shared.platform import clock, feed
from shared.platform.session import Session, dialect, insert, insert_in, prepared, put

_TOLD = tuple(field.name for field in fields(InvoiceStatusMessage) if field.name in invoice_status.c)
_SHOWN = ("status", "total", "balance")
"""What a line of the history is written for."""


def keep_status(
    session: Session, organisation: str, service: str, binding: str, message: InvoiceStatusMessage, stored: Any | None
) -> None:
    """The newest word of one connection on one invoice; the history gets a line when the books say something else, and the
    feed a row whose version is that line."""
    values = {name: getattr(message, name) for name in _TOLD}
    values |= {"organisation": organisation, "service": service, "binding": binding, "at": clock.now()}
    put(session, invoice_status, values, *(name for name in values if name not in ("invoice", "connection")))
    same = stored is not None and all(getattr(stored, name) == values[name] for name in _SHOWN)
    if same or message.status == InvoiceStatus.DRAFT:  # a draft is not in the books yet: they say nothing
        return
    names = ("organisation", "invoice", "connection", "version", *_SHOWN, "at")
    adding, _ = _adding(dialect(session))
    number = session.execute(adding, {name: values[name] for name in names}).scalar()
    if number is not None:
        feed.publish(session, organisation, INVOICE_STATUS_CHANGED, message.invoice, number)


@prepared
def _adding(dialect: str, /) -> Any:
    return insert_in(dialect, status_history).on_conflict_do_nothing().returning(status_history.c.id)


def keep_problem(session: Session, row: dict[str, Any], message: ProblemMessage) -> None:
    """A problem as it is now; an older word of it changes nothing. The feed gets a row when it opens or closes."""
    mine = sa.and_(within(problem, row["organisation"]), problem.c.id == message.problem)
    was_open = bool(session.execute(sa.select(problem.c.open).where(mine).with_for_update()).scalar())
    names = ("connection", "code", "subject", "title", "remedy", "blocks", "open", "version")
    values = row | {name: getattr(message, name) for name in names} | {"id": message.problem, "at": clock.now()}
    new = insert(session, problem).values(values)
    changed = {name: new.excluded[name] for name in values if name not in ("id", "organisation")}
    newer = sa.and_(within(problem, row["organisation"]), problem.c.version < new.excluded.version)
    kept = new.on_conflict_do_update(index_elements=["id"], set_=changed, where=newer).returning(problem.c.id)
    if session.execute(kept).first() is not None and was_open != message.open:
        kind = "problem.opened" if message.open else "problem.closed"
        feed.publish(session, row["organisation"], kind, message.problem, message.version)


def keep_connection(session: Session, organisation: str, service: str, message: ConnectionMessage) -> None:
    """How a connection stands; the feed gets a row, of a kind that says it, when that is another way than before."""
    t = connection_state.c
    mine = sa.select(t.state, t.changes).where(within(connection_state, organisation), t.connection == message.connection)
    row = session.execute(mine.with_for_update()).first()
    if row is not None and row.state == message.state:
        return
    changes = row.changes + 1 if row else 1
    kept = {"connection": message.connection, "organisation": organisation, "service": service, "at": clock.now()}
    put(session, connection_state, kept | {"state": message.state, "changes": changes}, "state", "changes", "at")
    word = "connected" if message.state == ConnectionState.LIVE else message.state
    feed.publish(session, organisation, f"connection.{word}", message.connection, changes)
