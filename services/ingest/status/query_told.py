"""What the books said, line by line, for whoever tells of each change by itself."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import sqlalchemy as sa

from services.ingest.billing.models import invoice, invoice_version
from services.ingest.billing.store import chunks
from services.ingest.status.models import connection_state, problem, status_history
from services.ingest.tables import within
from shared.platform.session import Session

_INVOICE = [invoice.c[name].label(label) for name, label in {
    "id": "invoice_id", "number": "number", "client": "client_id", "currency": "currency", "issued": "issued", "due": "due",
}.items()]  # fmt: skip
_LINE = ("id", "connection", "status", "total", "balance", "at")


def versions(session: Session, organisation: str, wanted: Collection[tuple[str, int]]) -> dict[tuple[str, int], dict[str, Any]]:
    """(invoice, version) -> what that version said."""
    found: dict[tuple[str, int], dict[str, Any]] = {}
    t = invoice_version.c
    for some in chunks(sorted({document for document, _ in wanted})):
        shown = sa.select(*_INVOICE, t.version, t.withdrawn, t.total)
        joined = shown.join_from(invoice, invoice_version, t.invoice == invoice.c.id)
        mine = joined.where(within(invoice, organisation), invoice.c.id.in_(some))
        rows = (dict(row) for row in session.execute(mine).mappings())
        found |= {(row["invoice_id"], row["version"]): row for row in rows if (row["invoice_id"], row["version"]) in wanted}
    return found


def invoice_lines(session: Session, organisation: str, lines: Collection[int]) -> dict[int, dict[str, Any]]:
    """Line of the history -> what it said, of which invoice, and as ``before`` the line before it of the same books."""
    before = status_history.alias("before")
    same = (before.c.invoice == status_history.c.invoice, before.c.connection == status_history.c.connection)
    earlier = sa.select(sa.func.max(before.c.id)).where(*same, before.c.id < status_history.c.id).scalar_subquery()
    line = [status_history.c[name] for name in _LINE]
    joined = sa.select(*_INVOICE, invoice.c.total.label("invoice_total"), *line, earlier.label("earlier")).join_from(
        status_history, invoice, status_history.c.invoice == invoice.c.id
    )
    mine = joined.where(within(status_history, organisation), status_history.c.id.in_(sorted(lines)))
    found = {row["id"]: dict(row) for row in session.execute(mine).mappings()}
    numbers = [row["earlier"] for row in found.values() if row["earlier"] is not None]
    past = sa.select(status_history).where(within(status_history, organisation), status_history.c.id.in_(numbers))
    said = {row["id"]: dict(row) for row in session.execute(past).mappings()}
    return {number: row | {"before": said.get(row["earlier"])} for number, row in found.items()}


def problem_facts(session: Session, organisation: str, problems: Collection[str]) -> dict[str, dict[str, Any]]:
    """Problem -> what of it names nobody."""
    names = ("id", "service", "connection", "code", "subject", "title", "blocks")
    shown = sa.select(*(problem.c[name] for name in names))
    mine = shown.where(within(problem, organisation), problem.c.id.in_(sorted(problems)))
    return {row["id"]: dict(row) for row in session.execute(mine).mappings()}


def connection_services(session: Session, organisation: str, connections: Collection[str]) -> dict[str, str]:
    """Connection -> the service that it is a connection of."""
    t = connection_state.c
    mine = sa.select(t.connection, t.service).where(within(connection_state, organisation), t.connection.in_(sorted(connections)))
    return {row.connection: row.service for row in session.execute(mine)}
