"""The tables of billing: invoices and their frozen versions, who was billed for what, and what waits to be put right."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from services.ingest.tables import ID, metadata
from shared.platform.db import Exact, Instant

BILL = "bill"
"""The purpose of an allocation; a timesheet's would be to pay."""


def _organisation() -> sa.Column[Any]:
    return sa.Column("organisation", ID, nullable=False)


invoice = sa.Table(
    "invoice",
    metadata,
    sa.Column("id", ID, primary_key=True),
    _organisation(),
    sa.Column("number", sa.String(21), nullable=False),
    sa.Column("client", ID, nullable=False),
    sa.Column("currency", sa.String(3), nullable=False),
    sa.Column("version", sa.Integer, nullable=False),  # the present one
    sa.Column("withdrawn", sa.Boolean, nullable=False),
    sa.Column("status", sa.String(12), nullable=False),  # InvoiceStatus but overdue, as the books have it
    sa.Column("untouched", sa.Boolean, nullable=False),  # nobody has edited it in the books
    sa.Column("issued", sa.Date, nullable=False),
    sa.Column("due", sa.Date),
    sa.Column("total", Exact, nullable=False),
    sa.Column("composed_at", Instant, nullable=False),
    sa.Column("given_from", sa.Date),  # made elsewhere and given to us: the days that it covers; null: composed here
    sa.Column("given_to", sa.Date),
    sa.UniqueConstraint("organisation", "number", name="invoice_number"),
)
sa.Index("invoice_recent", invoice.c.organisation, invoice.c.issued)
_given = invoice.c.given_from.is_not(None)
sa.Index("invoice_given", invoice.c.organisation, invoice.c.client, sqlite_where=_given, postgresql_where=_given)

invoice_version = sa.Table(
    "invoice_version",
    metadata,
    sa.Column("invoice", ID, primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True),
    _organisation(),
    sa.Column("content_of", sa.Integer, nullable=False),  # the first version that said the same
    sa.Column("cause", sa.String(12), nullable=False),  # composed | given | changed | withdrawn | restored
    sa.Column("at", Instant, nullable=False),
    sa.Column("reason", sa.LargeBinary),  # sealed, the client's key: why a person voided it
    sa.Column("client_name", sa.LargeBinary),  # sealed, the client's key
    sa.Column("wish", sa.LargeBinary),  # sealed, the client's key: how it was asked for, to make it anew after an edit
    sa.Column("period_from", sa.Date, nullable=False),
    sa.Column("period_to", sa.Date, nullable=False),
    sa.Column("grouping", sa.String(8), nullable=False),
    sa.Column("subtotal", Exact, nullable=False),
    sa.Column("tax_name", sa.String(100)),
    sa.Column("tax_percent", Exact, nullable=False),
    sa.Column("tax", Exact, nullable=False),
    sa.Column("total", Exact, nullable=False),
    sa.Column("withdrawn", sa.Boolean, nullable=False),
    sa.Column("people", sa.Text, nullable=False),  # record ids of everybody named on it, separated by spaces
)

invoice_line = sa.Table(
    "invoice_line",
    metadata,
    sa.Column("invoice", ID, primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True),
    _organisation(),
    sa.Column("kind", sa.String(10), nullable=False),
    sa.Column("description", sa.LargeBinary),  # sealed under ``subject``
    sa.Column("subject", ID),  # whose key; null: the organisation's
    sa.Column("quantity", Exact, nullable=False),
    sa.Column("unit", sa.String(8), nullable=False),
    sa.Column("unit_price", Exact, nullable=False),
    sa.Column("amount", Exact, nullable=False),
    sa.Column("date", sa.Date),
    sa.Column("job", ID),
    sa.Column("person", ID),
    sa.Column("taxable", sa.Boolean, nullable=False),
)

allocation = sa.Table(
    "allocation",
    metadata,
    sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
    _organisation(),
    sa.Column("entry", ID, nullable=False),
    sa.Column("revision", sa.Integer, nullable=False),  # of the entry; 0: it had nothing to bill any more
    sa.Column("purpose", sa.String(4), nullable=False),
    sa.Column("chain", sa.Integer, nullable=False),  # 0: the entry's billing; 1, 2, …: what corrects it
    sa.Column("part", sa.Integer, nullable=False),  # 0, and 1 where an entry stands on two lines
    sa.Column("corrects", ID),  # document that stood before it in the chain
    sa.Column("document", ID, nullable=False),
    sa.Column("document_version", sa.Integer, nullable=False),
    sa.Column("line", sa.Integer, nullable=False),
    sa.Column("client", ID, nullable=False),
    sa.Column("currency", sa.String(3), nullable=False),
    sa.Column("kind", sa.String(10), nullable=False),
    sa.Column("unit", sa.String(8), nullable=False),
    sa.Column("unit_price", Exact, nullable=False),
    sa.Column("seconds", sa.Integer, nullable=False),
    sa.Column("quantity", Exact, nullable=False),
    sa.Column("amount", Exact, nullable=False),
    sa.Column("live", sa.Boolean, nullable=False),
)
_live = sa.text("live")  # the same words on both databases
# Every second is billed once: whoever claims an entry claims part 0 of one place in its chain, and a place has one holder.
# A correction takes the next place, so two that correct the same thing at once meet here as well.
sa.Index(
    "allocation_once",
    allocation.c.organisation,
    allocation.c.entry,
    allocation.c.purpose,
    allocation.c.chain,
    allocation.c.part,
    unique=True,
    sqlite_where=_live,
    postgresql_where=_live,
)
sa.Index("allocation_document", allocation.c.document, allocation.c.document_version)

correction = sa.Table(
    "correction",
    metadata,
    sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
    _organisation(),
    sa.Column("entry", ID, nullable=False),
    sa.Column("client", ID, nullable=False),
    sa.Column("currency", sa.String(3), nullable=False),
    sa.Column("unit", sa.String(8), nullable=False),
    sa.Column("unit_price", Exact, nullable=False),
    sa.Column("seconds", sa.Integer, nullable=False),
    sa.Column("quantity", Exact, nullable=False),
    sa.Column("about", sa.Text, nullable=False),  # numbers of the invoices that it corrects
    sa.Column("since", Instant, nullable=False),
)
sa.Index("correction_entry", correction.c.organisation, correction.c.entry)

left_out = sa.Table(
    "left_out",
    metadata,
    sa.Column("document", ID, primary_key=True),  # an invoice made elsewhere
    sa.Column("entry", ID, primary_key=True),  # of its client, currency and days, and not named on it
    _organisation(),
    sa.Column("decision", sa.String(8), nullable=False),  # bill: beside it | covered: by it
    sa.Column("actor", sa.String(80), nullable=False),
    sa.Column("at", Instant, nullable=False),
)
numbering = sa.Table(
    "numbering",
    metadata,
    sa.Column("organisation", ID, primary_key=True),
    sa.Column("prefix", sa.String(12), nullable=False),
    sa.Column("width", sa.Integer, nullable=False),
    sa.Column("next", sa.BigInteger, nullable=False),
)
