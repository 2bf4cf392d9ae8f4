"""Every write of billing."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from services.ingest.billing.models import allocation, correction, invoice, invoice_line, invoice_version, numbering
from services.ingest.tables import within
from shared.kernel.errors import Conflict, Invalid
from shared.platform import clock
from shared.platform.faultpoint import works
from shared.platform.session import Session, insert

AT_ONCE = 500
_TURN = 0xB111  # first half of a PostgreSQL advisory lock; the second is the organisation's hash
LONGEST_NUMBER = 21
Row = Mapping[str, Any]


def turn(session: Session, organisation: str) -> None:
    """Let one thing at a time happen to an organisation's bills: edits, composing, what the books say. Ends with the transaction.

    Without it an entry edited while it is being composed would be billed as it was, and nobody would notice.
    """
    if session.dialect.name != "sqlite":
        session.execute(sa.select(sa.func.pg_advisory_xact_lock(_TURN, sa.func.hashtext(organisation))))


def chunks(ids: Iterable[str]) -> list[list[str]]:
    """The ids in portions that one statement takes."""
    listed = sorted(set(ids))
    return [listed[start : start + AT_ONCE] for start in range(0, len(listed), AT_ONCE)]


# ---- numbers


def take_number(session: Session, organisation: str) -> str:
    """The next invoice number. Its row stays locked until the commit and goes back with it, so that no number is missing."""
    start = {"organisation": organisation, "prefix": "INV-", "width": 5, "next": 1}
    session.execute(insert(session, numbering).values(start).on_conflict_do_nothing())
    step = sa.update(numbering).where(within(numbering, organisation)).values(next=numbering.c.next + 1)
    row = session.execute(step.returning(numbering.c.prefix, numbering.c.width, numbering.c.next)).one()
    number = f"{row.prefix}{row.next - 1:0{row.width}d}"
    if len(number) > LONGEST_NUMBER:
        raise Invalid("number_too_long", f"The invoice number {number} is too long.", "set a shorter prefix or width")
    return number


def set_numbering(session: Session, organisation: str, prefix: str, width: int, following: int | None) -> None:
    """Say how numbers look; the counter may be moved forward, never back."""
    new = insert(session, numbering).values(organisation=organisation, prefix=prefix, width=width, next=following or 1)
    least = sa.case((numbering.c.next > new.excluded.next, numbering.c.next), else_=new.excluded.next)
    session.execute(
        new.on_conflict_do_update(index_elements=["organisation"], set_={"prefix": prefix, "width": width, "next": least})
    )


# ---- invoices


def add_invoice(session: Session, row: Row) -> None:
    session.execute(sa.insert(invoice).values(row))


def add_version(session: Session, version: Row, lines: Sequence[Row]) -> None:
    """A version is written once and stays as it is."""
    session.execute(sa.insert(invoice_version).values(version))
    if lines:
        session.execute(sa.insert(invoice_line), list(lines))


def set_invoice(session: Session, organisation: str, document: str, **values: Any) -> None:
    session.execute(sa.update(invoice).where(within(invoice, organisation), invoice.c.id == document).values(values))


# ---- allocations


def allocate(session: Session, rows: Sequence[Row]) -> None:
    """Claim entries for a document. Conflict when somebody else's live document holds one of them."""
    if not rows:
        return
    if not works("unique_allocation"):
        rows = _out_of_each_others_way(session, rows)
    try:
        session.execute(sa.insert(allocation), list(rows))
    except IntegrityError as error:
        cause = "Another invoice has just taken one of these entries."
        raise Conflict("already_allocated", cause, "compose again: what is left will be billed") from error


def _out_of_each_others_way(session: Session, rows: Sequence[Row]) -> list[Row]:
    """Parts that no other claim has, so that the unique index lets everything pass; only a test gets here."""
    last = session.execute(sa.select(sa.func.coalesce(sa.func.max(allocation.c.id), 0))).scalar_one()
    return [{**row, "part": row["part"] + 2 * last} for row in rows]


def release(session: Session, organisation: str, document: str) -> list[str]:
    """End a document's live claims; gives the entries that it held."""
    mine = sa.and_(within(allocation, organisation), allocation.c.document == document, allocation.c.live.is_(sa.true()))
    freed = session.execute(sa.update(allocation).where(mine).values(live=False).returning(allocation.c.entry))
    return sorted(set(freed.scalars()))


def confirm(session: Session, organisation: str, document: str, entry: str, revision: int) -> None:
    """Note that a document still says what this revision of the entry comes to."""
    mine = sa.and_(within(allocation, organisation), allocation.c.document == document, allocation.c.live.is_(sa.true()))
    session.execute(sa.update(allocation).where(mine, allocation.c.entry == entry).values(revision=revision))


# ---- what waits to be corrected


def set_corrections(session: Session, organisation: str, entries: Collection[str], rows: Sequence[Row]) -> None:
    """Replace what waits for these entries."""
    for some in chunks(entries):
        session.execute(sa.delete(correction).where(within(correction, organisation), correction.c.entry.in_(some)))
    if rows:
        stamped = [{**row, "organisation": organisation, "since": clock.now()} for row in rows]
        session.execute(sa.insert(correction), stamped)


def drop_corrections(session: Session, organisation: str, entries: Collection[str], client: str, currency: str) -> None:
    """What was waiting for this client and currency now stands on a document."""
    here = sa.and_(within(correction, organisation), correction.c.client == client, correction.c.currency == currency)
    for some in chunks(entries):
        session.execute(sa.delete(correction).where(here, correction.c.entry.in_(some)))
