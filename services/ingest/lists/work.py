"""The lists of what was logged: time entries, expenses, and every trip."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from functools import partial

from services.ingest.exports.asked import whose
from services.ingest.exports.columns import hours_text, minutes_text
from services.ingest.exports.lines import Line, lines
from services.ingest.lists.listing import Filter, Item, Listing, Part, Reader, Rows, columns
from services.ingest.receipts import query as receipts
from services.ingest.records import query as records
from services.ingest.records import query_pages
from services.ingest.records.query_pages import Place, Wanted
from shared.contract.records import Kind
from shared.kernel.dates import parse_date
from shared.platform.db import reading
from shared.platform.session import Session

_FILTERS = ("from", "to", "client", "job", "person", "tag", "approved", "updated_since")
_WHO = ("id", "date:date", "user_id", "user:text", "client_id", "client:text", "job_id", "job:text")
_REST = ("tags:list", "billable:flag", "approval", "notes:text", "revision:number", "deleted:flag", "updated_at:moment")


def wanted(session: Session, reader: Reader, asked: Filter) -> Wanted:
    """The work that a filter means. Raises Denied where it is not the caller's to see."""
    tags = None if asked.tag is None else records.named_tags(session, reader.organisation, [asked.tag])
    return Wanted(
        since=asked.since,
        until=asked.until,
        person=whose(reader.caller, asked.person),
        client=asked.client,
        jobs=None if asked.job is None else [asked.job],
        tags=tags,
        approved=asked.approved,
        changed_since=asked.changed_since,
    )


def _read(kind: Kind, reader: Reader, asked: Filter, part: Part) -> Sequence[Item]:
    with reading(reader.db) as session:
        chosen = wanted(session, reader, asked)
        after = _after(part) or query_pages.place_before(session, reader.organisation, [kind], chosen, part.offset)
        page = {"after": after, "limit": part.limit}
        found = query_pages.page(session, reader.vault, reader.organisation, kind, chosen, **page)
        shown = lines(session, reader.vault, reader.organisation, kind, found)
        expenses = [line.id for line in shown if kind is Kind.EXPENSE]
        proofs = receipts.ids_of(session, reader.organisation, expenses) if expenses else {}
    items = [_item(line, one.revision, one.at, deleted=one.deleted) for line, one in zip(shown, found, strict=True)]
    return [item | {"receipts": proofs.get(item["id"], [])} for item in items] if kind is Kind.EXPENSE else items


def _count(kind: Kind, reader: Reader, asked: Filter) -> int:
    with reading(reader.db) as session:
        return query_pages.count(session, reader.organisation, [kind], wanted(session, reader, asked))


def _after(part: Part) -> Place | None:
    if not part.after:
        return None
    day, _, number = part.after.partition(" ")
    return parse_date(day), number


def _item(line: Line, revision: int, at: datetime, *, deleted: bool) -> Item:
    who = {"id": line.id, "date": line.date, "user_id": line.person, "user": line.person_name}
    what = {"client_id": line.client, "client": line.client_name or None, "job_id": line.job, "job": line.job_name or None}
    rest = {"tags": list(line.tags), "billable": line.billable, "approval": line.approval, "notes": line.notes}
    changed = {"revision": revision, "deleted": deleted, "updated_at": at}
    return who | what | _SIZES[line.kind](line) | rest | changed


def _time(line: Line) -> Item:
    session = {"start": line.start, "end": line.end, "break_min": int(minutes_text(line.break_seconds))}
    worked = {"hours": Decimal(hours_text(line.seconds)), "overtime_h": Decimal(hours_text(line.overtime_seconds))}
    paid = {"rate": line.rate, "overtime_rate": line.overtime_rate, "earnings": line.amount, "currency": line.currency}
    return session | worked | paid


def _expense(line: Line) -> Item:
    return {"amount": line.amount, "currency": line.currency, "category": line.category}


def _trip(line: Line) -> Item:
    driven = {"distance": line.distance, "unit": line.unit, "rate": line.rate}
    return driven | {"amount": line.amount, "currency": line.currency, **driven_by(line)}


def driven_by(line: Line) -> Item:
    """From where to where a trip went, in which vehicle; what is not known is null."""
    return {name: value if value != "" else None for name, value in line.driven._asdict().items()} if line.driven else {}


DRIVEN = ("from_place:text", "to_place:text", "vehicle:text", "odometer_start:number", "odometer_end:number")
"""The columns of ``driven_by``."""
_SIZES = {Kind.TIME: _time, Kind.EXPENSE: _expense, Kind.MILEAGE: _trip}


def _listing(kind: Kind, name: str, *own: str) -> Listing:
    return Listing(
        name=name,
        columns=columns(*_WHO, *own, *_REST),
        filters=_FILTERS,
        own=True,
        source=Rows(partial(_read, kind), partial(_count, kind), lambda item: f"{item['date'].isoformat()} {item['id']}"),
    )


_WORKED = ("start:moment", "end:moment", "break_min:number", "hours:number", "overtime_h:number")
_PAID = ("rate:number", "overtime_rate:number", "earnings:number", "currency")
LISTS = (
    _listing(Kind.TIME, "time-entries", *_WORKED, *_PAID),
    _listing(Kind.EXPENSE, "expenses", "amount:number", "currency", "category:text", "receipts:list"),
    _listing(Kind.MILEAGE, "mileage", "distance:number", "unit", "rate:number", "amount:number", "currency", *DRIVEN),
)
