"""What may be read of status: invoices with what the books say of them, and open problems."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from services.ingest.billing import left_out
from services.ingest.billing import query as billing
from services.ingest.billing.books import Word
from services.ingest.billing.models import invoice, invoice_version
from services.ingest.status.models import invoice_status, problem, status_history
from services.ingest.tables import within
from services.ingest.timesheets import query as timesheets
from shared.contract.documents import Invoice, InvoiceLine, LineKind
from shared.contract.statuses import InvoiceStatus
from shared.domain import reconcile
from shared.domain.allocation import ZERO
from shared.kernel.errors import Invalid
from shared.kernel.quote import quoted
from shared.platform.session import Session, prepared
from shared.platform.vault import Vault

_PROMISED = {"sent": InvoiceStatus.OPEN}  # the promised API's other word
_SHOWN = {InvoiceStatus.OPEN: "sent", InvoiceStatus.DELETED: "void"}
_WORDS = tuple(dict.fromkeys(_SHOWN.get(one, one.value) for one in InvoiceStatus))
_UNPAID = (InvoiceStatus.OPEN, InvoiceStatus.PARTLY_PAID)


def stored(session: Session, organisation: str, document: str, connection: str) -> Any | None:
    """What a connection last said of an invoice."""
    return session.execute(*_stored(organisation, document, connection)).first()


@prepared
def _stored(organisation: Any, document: Any, connection: Any) -> sa.Select[Any]:
    mine = (invoice_status.c.invoice == document, invoice_status.c.connection == connection)
    return sa.select(invoice_status).where(within(invoice_status, organisation), *mine)


def words(session: Session, organisation: str, document: str) -> list[Word]:
    """What every connection last said of an invoice."""
    return [Word(*row) for row in session.execute(*_words(organisation, document))]


@prepared
def _words(organisation: Any, document: Any) -> sa.Select[Any]:
    names = [invoice_status.c[name] for name in Word.__slots__]
    return sa.select(*names).where(within(invoice_status, organisation), invoice_status.c.invoice == document)


# ---- lists


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """Which invoices are wanted; None means any. ``since`` and ``until`` are of the day of issue, inclusive."""

    today: date
    status: str | None = None
    client: str | None = None
    since: date | None = None
    until: date | None = None
    changed_since: datetime | None = None
    after: tuple[date, str] | None = None  # day of issue and number, from the newest on


def filtered(chosen: Chosen) -> list[sa.ColumnElement[bool]]:
    """The conditions for a choice."""
    found: list[sa.ColumnElement[bool]] = [] if chosen.status is None else _in_status(chosen.status, chosen.today)
    found += [] if chosen.client is None else [invoice.c.client == chosen.client]
    found += [] if chosen.since is None else [invoice.c.issued >= chosen.since]
    found += [] if chosen.until is None else [invoice.c.issued <= chosen.until]
    found += [] if chosen.changed_since is None else [_changed(chosen.changed_since)]
    if chosen.after is not None:
        day, number = chosen.after
        found.append(sa.and_(invoice.c.issued <= day, sa.or_(invoice.c.issued < day, invoice.c.number < number)))
    return found


def _changed(since: datetime) -> sa.ColumnElement[bool]:
    """A version of it was made since, or the books said something of it."""
    there = ((invoice_version, invoice_version.c.invoice), (invoice_status, invoice_status.c.invoice))
    return sa.or_(*(sa.exists().where(of == invoice.c.id, table.c.at >= since) for table, of in there))


def _in_status(status: str, today: date) -> list[sa.ColumnElement[bool]]:
    """The condition for a status as readers see it; ``overdue`` and what it is taken from follow the due date."""
    word = _PROMISED.get(status, status)
    if word not in tuple(InvoiceStatus):
        raise Invalid("bad_argument", f"status is {quoted(status)}.", f"Give one of: {', '.join(_WORDS)}.")
    late = sa.and_(invoice.c.due.is_not(None), invoice.c.due < today)
    if word == InvoiceStatus.OVERDUE:
        return [invoice.c.status.in_(_UNPAID), late]
    if word == InvoiceStatus.VOID:
        return [invoice.c.status.in_((word, InvoiceStatus.DELETED))]
    return [invoice.c.status == word, *([sa.not_(late)] if word in _UNPAID else [])]


def shown(session: Session, vault: Vault, organisation: str, documents: Iterable[str], today: date) -> dict[str, dict[str, Any]]:
    """Invoices as the API shows them."""
    listed = sorted(set(documents))
    heads = billing.heads(session, organisation, listed)
    opened = billing.invoices(session, vault, organisation, listed)
    said: dict[str, list[Any]] = {}
    mine = sa.select(invoice_status).where(within(invoice_status, organisation), invoice_status.c.invoice.in_(listed))
    for row in session.execute(mine.order_by(invoice_status.c.connection)):
        said.setdefault(row.invoice, []).append(row)
    return {
        name: _item(one, said.get(name, []), heads[name].status, reconcile.shown(heads[name].status, one.due, today))
        for name, one in opened.items()
    }


def _item(one: Invoice, said: list[Any], status: str, shown_as: str) -> dict[str, Any]:
    names = ("number", "version", "withdrawn", "client_name", "currency", "issued", "due", "period_from", "period_to",
             "grouping", "subtotal", "tax_name", "tax_percent", "tax", "total")  # fmt: skip
    balance = next((row.balance for row in said if row.status == status), None)
    return {name: getattr(one, name) for name in names} | {
        "invoice_id": one.id,
        "client_id": one.client,
        "status": _SHOWN.get(InvoiceStatus(shown_as), shown_as),
        "status_reason": "deleted in the books" if shown_as == InvoiceStatus.DELETED else None,
        "balance": balance,
        "deductions": -sum((line.amount for line in one.lines if line.kind is LineKind.DEDUCTION), ZERO),
        "lines": [_line(line) for line in one.lines],
        "external": [_external(row) for row in said],
    }


def _line(line: InvoiceLine) -> dict[str, Any]:
    names = ("position", "kind", "quantity", "unit", "amount", "date", "taxable")
    return {name: getattr(line, name) for name in names} | {
        "desc": line.description,
        "hours": line.quantity if line.unit == "hour" else None,
        "rate": line.unit_price,
        "job_id": line.job,
        "person_id": line.person,
    }


_EXTERNAL = ("connection", "status", "binding_state", "wanted_version", "pushed_version", "external_id", "external_number",
             "deep_link", "total", "balance", "problem", "at")  # fmt: skip


def _external(row: Any) -> dict[str, Any]:
    return {"provider": row.service} | {name: getattr(row, name) for name in _EXTERNAL}


def history(session: Session, organisation: str, document: str) -> list[dict[str, Any]]:
    """What the books said of an invoice, the first first."""
    names = ("connection", "status", "total", "balance", "at")
    mine = sa.select(*(status_history.c[name] for name in names)).where(within(status_history, organisation))
    rows = session.execute(mine.where(status_history.c.invoice == document).order_by(status_history.c.id))
    return [dict(row._mapping) for row in rows]


def problems(session: Session, vault: Vault, organisation: str) -> list[dict[str, Any]]:
    """What is open and a person can mend, the oldest first, with the invoice or timesheet it is about, if any: what was
    told of, then what waits beside invoices made elsewhere, which is looked up."""
    told = (problem.c.open.is_(sa.true()), problem.c.code != left_out.CODE)
    mine = sa.select(problem).where(within(problem, organisation), *told)
    rows = session.execute(mine.order_by(problem.c.at, problem.c.id)).all()
    keyring = vault.keyring(session, organisation, {row.about for row in rows})
    subjects = {row.subject for row in rows}
    bound = sa.select(invoice_status.c.binding, invoice_status.c.invoice).where(within(invoice_status, organisation))
    invoices = {row.binding: row.invoice for row in session.execute(bound.where(invoice_status.c.binding.in_(subjects)))}
    sheets = timesheets.by_binding(session, organisation, subjects)
    names = ("id", "service", "connection", "code", "subject", "title", "remedy", "blocks", "at")
    return [
        {name: getattr(row, name) for name in names}
        | {
            "cause": keyring.open(row.about, "problem.cause", row.id, row.cause) or billing.ERASED,
            "invoice_id": invoices.get(row.subject),
            "timesheet_id": sheets.get(row.subject),
        }
        for row in rows
    ] + left_out.problems(session, organisation)
