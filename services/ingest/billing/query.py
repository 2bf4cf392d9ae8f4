"""What other rooms and the pages may read of billing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from services.ingest.billing.models import allocation, correction, invoice, invoice_line, invoice_version
from services.ingest.billing.store import chunks
from services.ingest.tables import within
from shared.contract.document_schemas import dump_invoice
from shared.contract.documents import Grouping, Invoice, InvoiceLine, LineKind
from shared.domain.allocation import Claim
from shared.kernel.errors import Missing
from shared.platform.session import Session, prepared
from shared.platform.vault import Keyring, Vault

ERASED = "(erased)"
"""What stands where somebody's name or text was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """An invoice as it is listed, without its lines."""

    id: str
    number: str
    client: str
    currency: str
    version: int
    withdrawn: bool
    status: str
    untouched: bool
    issued: date
    due: date | None
    total: Decimal
    composed_at: datetime
    given_from: date | None  # made elsewhere: the days that it covers; None: composed here
    given_to: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """A difference that waits for the next invoice of its client and currency."""

    entry: str
    client: str
    currency: str
    unit: str
    unit_price: Decimal
    seconds: int
    quantity: Decimal
    about: str


_HEAD = [invoice.c[name] for name in Head.__slots__]
_CLAIM = [allocation.c[name] for name in Claim.__slots__]
_CORRECTION = [correction.c[name] for name in Correction.__slots__]


def head(session: Session, organisation: str, document: str) -> Head:
    """Raises Missing when the organisation has no such invoice."""
    found = heads(session, organisation, [document])
    if document not in found:
        raise Missing("no_such_invoice", "There is no invoice of this id.", "List the invoices to see their ids.")
    return found[document]


def heads(session: Session, organisation: str, documents: Iterable[str]) -> dict[str, Head]:
    """Those of the invoices that are there."""
    found: dict[str, Head] = {}
    for some in chunks(documents):
        rows = session.execute(*_heads(organisation, some))
        found |= {row.id: Head(**row._mapping) for row in rows}
    return found


@prepared
def _heads(organisation: Any, some: Any) -> sa.Select[Any]:
    return sa.select(*_HEAD).where(within(invoice, organisation), invoice.c.id.in_(some))


def numbered(session: Session, organisation: str, numbers: Iterable[str]) -> dict[str, Head]:
    """The invoices of these numbers, by number."""
    found: dict[str, Head] = {}
    for some in chunks(numbers):
        rows = session.execute(sa.select(*_HEAD).where(within(invoice, organisation), invoice.c.number.in_(some)))
        found |= {row.number: Head(**row._mapping) for row in rows}
    return found


def given_until(session: Session, organisation: str, clients: Iterable[str]) -> dict[tuple[str, str], list[date]]:
    """(client, currency) -> the last days that invoices made elsewhere cover."""
    found: dict[tuple[str, str], list[date]] = {}
    for some in chunks(clients):
        mine = (within(invoice, organisation), invoice.c.client.in_(some))
        made = (invoice.c.given_to.is_not(None), sa.not_(invoice.c.withdrawn))
        for row in session.execute(sa.select(invoice.c.client, invoice.c.currency, invoice.c.given_to).where(*mine, *made)):
            found.setdefault((row.client, row.currency), []).append(row.given_to)
    return found


def listed(
    session: Session, organisation: str, where: Sequence[sa.ColumnElement[bool]], *, limit: int, offset: int
) -> list[Head]:
    """A page of invoices, the newest first."""
    newest = (invoice.c.issued.desc(), invoice.c.number.desc())
    page = sa.select(*_HEAD).where(within(invoice, organisation), *where).order_by(*newest).limit(limit).offset(offset)
    return [Head(**row._mapping) for row in session.execute(page)]


def count(session: Session, organisation: str, where: Sequence[sa.ColumnElement[bool]]) -> int:
    """How many invoices there are."""
    counted = sa.select(sa.func.count()).select_from(invoice).where(within(invoice, organisation), *where)
    return int(session.execute(counted).scalar_one())


def claims(session: Session, organisation: str, entries: Iterable[str]) -> dict[str, list[Claim]]:
    """The live allocations of these entries; an entry that no document holds is left out."""
    found: dict[str, list[Claim]] = {}
    for some in chunks(entries):
        for claim in _claims(session, *_by_entry(organisation, some)):
            found.setdefault(claim.entry, []).append(claim)
    return found


def claims_of(session: Session, organisation: str, document: str) -> list[Claim]:
    """The live allocations that a document holds."""
    return _claims(session, *_by_document(organisation, document))


def _claims(session: Session, wanted: sa.Select[Any], values: Mapping[str, Any]) -> list[Claim]:
    return [Claim(**{**row._mapping, "kind": LineKind(row.kind)}) for row in session.execute(wanted, values)]


def holding(session: Session, organisation: str, documents: Iterable[str]) -> set[str]:
    """Those of the documents that hold an entry."""
    found: set[str] = set()
    for some in chunks(documents):
        mine = (within(allocation, organisation), allocation.c.live.is_(sa.true()), allocation.c.document.in_(some))
        found |= set(session.execute(sa.select(allocation.c.document).where(*mine).distinct()).scalars())
    return found


@prepared
def _by_entry(organisation: Any, some: Any) -> sa.Select[Any]:
    return _live(organisation, allocation.c.entry.in_(some))


@prepared
def _by_document(organisation: Any, document: Any) -> sa.Select[Any]:
    return _live(organisation, allocation.c.document == document)


def _live(organisation: Any, which: sa.ColumnElement[bool]) -> sa.Select[Any]:
    mine = sa.select(*_CLAIM).where(within(allocation, organisation), allocation.c.live.is_(sa.true()), which)
    return mine.order_by(allocation.c.chain, allocation.c.part)


def allocations(session: Session, organisation: str, document: str, version: int) -> list[dict[str, Any]]:
    """What one version of a document billed, entry by entry."""
    names = ("entry", "revision", "chain", "part", "line", "client", "currency", "kind", "unit", "unit_price",
             "seconds", "quantity", "amount", "live")  # fmt: skip
    here = (allocation.c.document == document, allocation.c.document_version == version)
    mine = sa.select(*(allocation.c[name] for name in names)).where(within(allocation, organisation), *here)
    return [dict(row._mapping) for row in session.execute(mine.order_by(allocation.c.line, allocation.c.id))]


def corrections(session: Session, organisation: str, client: str | None = None) -> list[Correction]:
    """What waits for the next invoices."""
    return [Correction(**row._mapping) for row in session.execute(*_corrections(client is None, organisation, client))]


@prepared
def _corrections(every: bool, /, organisation: Any, client: Any) -> sa.Select[Any]:
    mine = sa.select(*_CORRECTION).where(within(correction, organisation), sa.true() if every else correction.c.client == client)
    return mine.order_by(correction.c.since, correction.c.id)


def waiting(session: Session, organisation: str, entries: Iterable[str]) -> set[str]:
    """Those of the entries of which something waits to be corrected."""
    pages = (session.execute(*_waiting(organisation, some)) for some in chunks(entries))
    return {entry for page in pages for entry in page.scalars()}


@prepared
def _waiting(organisation: Any, some: Any) -> sa.Select[Any]:
    return sa.select(correction.c.entry).where(within(correction, organisation), correction.c.entry.in_(some))


# ---- frozen documents


def invoices(session: Session, vault: Vault, organisation: str, documents: Iterable[str]) -> dict[str, Invoice]:
    """The present versions of invoices, opened."""
    found: dict[str, Invoice] = {}
    for some in chunks(documents):
        known = heads(session, organisation, some)
        found |= _opened(session, vault, organisation, known, [(one.id, one.version) for one in known.values()])
    return found


def frozen(session: Session, vault: Vault, organisation: str, document: str, version: int) -> Invoice:
    """One version of an invoice, as it was."""
    known = head(session, organisation, document)
    return _opened(session, vault, organisation, {document: known}, [(document, version)])[document]


def _opened(
    session: Session, vault: Vault, organisation: str, known: Mapping[str, Head], which: Sequence[tuple[str, int]]
) -> dict[str, Invoice]:
    """Versions of invoices; ``which``: (invoice, version)."""
    lines: dict[str, list[Any]] = {}
    for line in session.execute(*_which(invoice_line, organisation, which)):
        lines.setdefault(line.invoice, []).append(line)
    rows = session.execute(*_which(invoice_version, organisation, which)).all()
    subjects = {line.subject for some in lines.values() for line in some} | {one.client for one in known.values()}
    keyring = vault.keyring(session, organisation, subjects)
    return {row.invoice: _invoice(keyring, known[row.invoice], row, lines.get(row.invoice, [])) for row in rows}


@prepared
def _which(table: sa.Table, /, organisation: Any, which: Any) -> sa.Select[Any]:
    here = sa.tuple_(table.c.invoice, table.c.version).in_(which)
    return sa.select(table).where(within(table, organisation), here).order_by(*table.primary_key.columns)


def content_of(session: Session, organisation: str, document: str, version: int) -> int:
    """The first version that said what this one says."""
    return int(_version(session, organisation, document, version).content_of)


def wish_of(session: Session, vault: Vault, organisation: str, known: Head) -> str | None:
    """How the invoice was asked for; None when its client was erased."""
    row = _version(session, organisation, known.id, known.version)
    keyring = vault.keyring(session, organisation, {known.client})
    return keyring.open(known.client, "invoice_version.wish", f"{known.id}.{known.version}", row.wish)


def _version(session: Session, organisation: str, document: str, version: int) -> Any:
    return session.execute(*_which(invoice_version, organisation, [(document, version)])).one()


def versions(session: Session, vault: Vault, organisation: str, known: Head) -> list[dict[str, Any]]:
    """Every version of an invoice in a line: why it was made, and when."""
    keyring = vault.keyring(session, organisation, {known.client})
    mine = sa.select(invoice_version).where(within(invoice_version, organisation), invoice_version.c.invoice == known.id)
    names = ("version", "cause", "at", "total", "withdrawn")
    return [
        {name: getattr(row, name) for name in names}
        | {"reason": keyring.open(known.client, "invoice_version.reason", f"{known.id}.{row.version}", row.reason)}
        for row in session.execute(mine.order_by(invoice_version.c.version))
    ]


def invoice_bodies(session: Session, vault: Vault, rows: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """The body of each invoice in some feed rows, as it is now."""
    wanted: dict[str, set[str]] = {}
    for row in rows:
        wanted.setdefault(row["organisation"], set()).add(row["subject"])
    return {
        name: dump_invoice(one)
        for organisation, documents in wanted.items()
        for name, one in invoices(session, vault, organisation, documents).items()
    }


def _invoice(keyring: Keyring, known: Head, row: Any, lines: Sequence[Any]) -> Invoice:
    place = f"{row.invoice}.{row.version}"
    name = keyring.open(known.client, "invoice_version.client_name", place, row.client_name)
    return Invoice(
        id=known.id,
        organisation=keyring.organisation,
        version=row.version,
        number=known.number,
        client=known.client,
        client_name=name or ERASED,
        currency=known.currency,
        issued=known.issued,
        due=known.due,
        period_from=row.period_from,
        period_to=row.period_to,
        grouping=Grouping(row.grouping),
        lines=tuple(_line(keyring, place, line) for line in lines),
        subtotal=row.subtotal,
        tax_name=row.tax_name,
        tax_percent=row.tax_percent,
        tax=row.tax,
        total=row.total,
        withdrawn=row.withdrawn,
        people=tuple(row.people.split()),
    )


def _line(keyring: Keyring, place: str, row: Any) -> InvoiceLine:
    text = keyring.open(row.subject, "invoice_line.description", f"{place}.{row.position}", row.description)
    return InvoiceLine(
        position=row.position,
        kind=LineKind(row.kind),
        description=ERASED if text is None else text,
        quantity=row.quantity,
        unit=row.unit,
        unit_price=row.unit_price,
        amount=row.amount,
        date=row.date,
        job=row.job,
        person=row.person,
        taxable=row.taxable,
    )
