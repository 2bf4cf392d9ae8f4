"""Every write of billing."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from services.ingest.billing.models import (
    allocation,
    correction,
    invoice,
    invoice_line,
    invoice_version,
    left_out,
    numbering,
)
from services.ingest.tables import within
from shared.kernel.errors import Conflict, Invalid
from shared.platform import clock
from shared.platform.faultpoint import works
from shared.platform.session import Session, add_new, insert, prepared, put

AT_ONCE = 500
_TURN = 0xB111  # first half of a PostgreSQL advisory lock; the second is the organisation's hash
LONGEST_NUMBER = 21
Row = Mapping[str, Any]


def turn(session: Session, organisation: str) -> None:
    """Let one thing at a time happen to an organisation's bills: edits, composing, what the books say. Ends with the transaction.

    Without it an entry edited while it is being composed would be billed as it was, and nobody would notice.
    """
    if session.dialect.name != "sqlite":
        session.execute(_TAKE_TURN, {"of": organisation})


_TAKE_TURN = sa.select(sa.func.pg_advisory_xact_lock(_TURN, sa.func.hashtext(sa.bindparam("of", type_=sa.String))))


def chunks(ids: Iterable[str]) -> list[list[str]]:
    """The ids in portions that one statement takes."""
    listed = sorted(set(ids))
    return [listed[start : start + AT_ONCE] for start in range(0, len(listed), AT_ONCE)]


# ---- numbers


def take_number(session: Session, organisation: str) -> str:
    """The next invoice number. Its row stays locked until the commit and goes back with it, so that no number is missing."""
    start = {"organisation": organisation, "prefix": "INV-", "width": 5, "next": 1}
    add_new(session, numbering, start)
    while True:
        row = session.execute(*_stepping(organisation)).one()
        number = f"{row.prefix}{row.next - 1:0{row.width}d}"
        if len(number) > LONGEST_NUMBER:
            raise Invalid("number_too_long", f"The invoice number {number} is too long.", "set a shorter prefix or width")
        if holder_of(session, organisation, number) is None:  # an invoice made elsewhere may have it
            return number


def holder_of(session: Session, organisation: str, number: str) -> str | None:
    """The invoice that has this number."""
    return session.execute(*_numbered(organisation, number)).scalar()


@prepared
def _numbered(organisation: Any, number: Any) -> sa.Select[Any]:
    return sa.select(invoice.c.id).where(within(invoice, organisation), invoice.c.number == number)


@prepared
def _stepping(of_organisation: Any) -> Any:
    step = sa.update(numbering).where(within(numbering, of_organisation)).values(next=numbering.c.next + 1)
    return step.returning(numbering.c.prefix, numbering.c.width, numbering.c.next)


def set_numbering(session: Session, organisation: str, prefix: str, width: int, following: int | None) -> None:
    """Say how numbers look; the counter may be moved forward, never back."""
    new = insert(session, numbering).values(organisation=organisation, prefix=prefix, width=width, next=following or 1)
    least = sa.case((numbering.c.next > new.excluded.next, numbering.c.next), else_=new.excluded.next)
    session.execute(
        new.on_conflict_do_update(index_elements=["organisation"], set_={"prefix": prefix, "width": width, "next": least})
    )


# ---- invoices


def add_invoice(session: Session, row: Row) -> None:
    session.execute(insert(session, invoice), row)


def add_version(session: Session, version: Row, lines: Sequence[Row]) -> None:
    """A version is written once and stays as it is."""
    session.execute(insert(session, invoice_version), version)
    if lines:
        session.execute(insert(session, invoice_line), list(lines))


def set_invoice(session: Session, organisation: str, document: str, **values: Any) -> None:
    change, which = _set_invoice(organisation, document)
    session.execute(change, values | which)


@prepared
def _set_invoice(of_organisation: Any, document: Any) -> sa.Update:
    return sa.update(invoice).where(within(invoice, of_organisation), invoice.c.id == document)


# ---- allocations


def allocate(session: Session, rows: Sequence[Row]) -> None:
    """Claim entries for a document. Conflict when somebody else's live document holds one of them."""
    if not rows:
        return
    if not works("unique_allocation"):
        rows = _out_of_each_others_way(session, rows)
    try:
        session.execute(insert(session, allocation), list(rows))
    except IntegrityError as error:
        cause = "Another invoice has just taken one of these entries."
        raise Conflict("already_allocated", cause, "compose again: what is left will be billed") from error


def _out_of_each_others_way(session: Session, rows: Sequence[Row]) -> list[Row]:
    """Parts that no other claim has, so that the unique index lets everything pass; only a test gets here."""
    last = session.execute(sa.select(sa.func.coalesce(sa.func.max(allocation.c.id), 0))).scalar_one()
    return [{**row, "part": row["part"] + 2 * last} for row in rows]


def release(session: Session, organisation: str, document: str) -> list[str]:
    """End a document's live claims; gives the entries that it held."""
    return sorted(set(session.execute(*_releasing(organisation, document)).scalars()))


@prepared
def _releasing(of_organisation: Any, of_document: Any) -> Any:
    return sa.update(allocation).where(_held(of_organisation, of_document)).values(live=False).returning(allocation.c.entry)


def _held(organisation: Any, document: Any) -> sa.ColumnElement[bool]:
    return sa.and_(within(allocation, organisation), allocation.c.document == document, allocation.c.live.is_(sa.true()))


def confirm(session: Session, organisation: str, document: str, entry: str, revision: int) -> None:
    """Note that a document still says what this revision of the entry comes to."""
    session.execute(*_confirming(organisation, document, entry, revision))


@prepared
def _confirming(of_organisation: Any, of_document: Any, of_entry: Any, now: Any) -> sa.Update:
    mine = (_held(of_organisation, of_document), allocation.c.entry == of_entry)
    return sa.update(allocation).where(*mine).values(revision=now)


# ---- what waits to be corrected


def set_corrections(session: Session, organisation: str, entries: Collection[str], rows: Sequence[Row]) -> None:
    """Replace what waits for these entries."""
    for some in chunks(entries):
        session.execute(*_dropping(organisation, some))
    if rows:
        stamped = [{**row, "organisation": organisation, "since": clock.now()} for row in rows]
        session.execute(insert(session, correction), stamped)


@prepared
def _dropping(organisation: Any, some: Any) -> sa.Delete:
    return sa.delete(correction).where(within(correction, organisation), correction.c.entry.in_(some))


def drop_corrections(session: Session, organisation: str, entries: Collection[str], client: str, currency: str) -> None:
    """What was waiting for this client and currency now stands on a document."""
    here = sa.and_(within(correction, organisation), correction.c.client == client, correction.c.currency == currency)
    for some in chunks(entries):
        session.execute(sa.delete(correction).where(here, correction.c.entry.in_(some)))


# ---- what an invoice made elsewhere does not name


def decide(session: Session, organisation: str, document: str, entries: Iterable[str], decision: str, actor: str) -> None:
    """Note what somebody said of entries that an invoice leaves out."""
    stamp = {"organisation": organisation, "document": document, "decision": decision, "actor": actor, "at": clock.now()}
    rows = [{**stamp, "entry": entry} for entry in entries]
    if rows:
        put(session, left_out, rows, "decision", "actor", "at")
