"""The list of invoices, as they stand in the books."""

from __future__ import annotations

from collections.abc import Sequence

from services.ingest.accounts import query as accounts
from services.ingest.billing import query as billing
from services.ingest.lists.listing import Filter, Item, Listing, Part, Reader, Rows, columns
from services.ingest.status import query as status
from shared.kernel.dates import parse_date, zone_of
from shared.platform import clock
from shared.platform.db import reading
from shared.platform.session import Session


def _chosen(session: Session, reader: Reader, asked: Filter, part: Part | None = None) -> status.Chosen:
    zone = accounts.organisation(session, reader.organisation).zone
    issued, _, number = (part.after if part and part.after else "").partition(" ")
    return status.Chosen(
        today=clock.now().astimezone(zone_of(zone)).date(),
        status=asked.status,
        client=asked.client,
        since=asked.since,
        until=asked.until,
        changed_since=asked.changed_since,
        after=(parse_date(issued), number) if issued else None,
    )


def _read(reader: Reader, asked: Filter, part: Part) -> Sequence[Item]:
    with reading(reader.db) as session:
        chosen = _chosen(session, reader, asked, part)
        where = status.filtered(chosen)
        heads = billing.listed(session, reader.organisation, where, limit=part.limit, offset=part.offset)
        found = status.shown(session, reader.vault, reader.organisation, [one.id for one in heads], chosen.today)
    return [found[one.id] for one in heads]


def _count(reader: Reader, asked: Filter) -> int:
    with reading(reader.db) as session:
        return billing.count(session, reader.organisation, status.filtered(_chosen(session, reader, asked)))


_WHAT = ("number", "invoice_id", "client_id", "client_name:text", "issued:date", "due:date", "status", "currency")
_TAX = ("tax_name:text", "tax_percent:number", "tax:number")
_SUMS = ("subtotal:number", "deductions:number", *_TAX, "total:number", "balance:number")
LISTS = (
    Listing(
        name="invoices",
        columns=columns(*_WHAT, *_SUMS, "external:list"),
        filters=("status", "client", "from", "to", "updated_since"),
        source=Rows(_read, _count, lambda item: f"{item['issued'].isoformat()} {item['number']}"),
        scope="invoices:read",
    ),
)
