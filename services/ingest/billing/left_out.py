"""Work that an invoice made elsewhere does not name although it is of its client, currency and days: it waits for a person.

Perhaps it was forgotten there, perhaps that invoice's lines cover it: billing it beside would be guessing. Whether something
waits is looked up whenever it is asked, so it holds for work that comes later as well.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import sqlalchemy as sa

from services.ingest.accounts import query as accounts
from services.ingest.billing import query, store
from services.ingest.billing.models import BILL, allocation, invoice, left_out
from services.ingest.billing.query import Head
from services.ingest.records.models import TABLES, WORK
from services.ingest.tables import within
from shared.contract.records import Kind
from shared.domain.reconcile import GONE
from shared.kernel.errors import Conflict
from shared.kernel.ids import document_id
from shared.platform import audit
from shared.platform.session import Session, prepared

CODE = "not_on_the_invoice"
BESIDE, COVERED = "bill", "covered"
"""What a person may decide: it is billed beside the invoice, or the invoice covers it."""
_JOB, _CLIENT = TABLES[Kind.JOB].present, TABLES[Kind.CLIENT].present
_EVER = date(1900, 1, 1), date(2199, 12, 31)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A piece of work beside an invoice; ``decision`` None: it waits."""

    document: str
    number: str
    entry: str
    kind: str
    date: date
    decision: str | None


@dataclass(frozen=True, slots=True)
class Beside:
    """Entry -> number of the invoice that it waits beside, or that covers it."""

    waiting: dict[str, str] = field(default_factory=dict)
    covered: dict[str, str] = field(default_factory=dict)


def find(session: Session, organisation: str, since: date, until: date) -> Beside:
    """What composing work of these days has to leave alone."""
    found = _found(session, organisation, since, until)
    covered = {one.entry: one.number for one in found if one.decision == COVERED}
    return Beside({one.entry: one.number for one in found if one.decision is None and one.entry not in covered}, covered)


def waiting(session: Session, organisation: str, *, document: str | None = None) -> dict[str, list[LeftOut]]:
    """What waits beside each invoice, or beside one of them."""
    found = _found(session, organisation, *_days_of(session, organisation, document))
    covered = {one.entry for one in found if one.decision == COVERED}
    by_document: dict[str, list[LeftOut]] = {}
    for one in sorted(found, key=lambda one: (one.date, one.entry)):
        if one.decision is None and one.entry not in covered and document in (None, one.document):
            by_document.setdefault(one.document, []).append(one)
    return by_document


def decide(
    session: Session, organisation: str, document: str, decision: str, actor: str, *, entries: Collection[str] | None = None
) -> list[str]:
    """Say of entries that wait beside an invoice (None: all that do) what becomes of them; gives which."""
    store.turn(session, organisation)
    head = query.head(session, organisation, document)
    there = [one.entry for one in waiting(session, organisation, document=document).get(document, ())]
    strange = sorted(set(entries or ()) - set(there))
    if strange:
        cause = f"{len(strange)} of the entries do not wait beside invoice {head.number}."
        raise Conflict("not_left_out", cause, "Read what waits beside it; something else may hold them by now.", ids=strange[:20])
    decided = there if entries is None else sorted(set(entries))
    store.decide(session, organisation, document, decided, decision, actor)
    if decided:
        audit.record(session, organisation, actor, f"left_out.{decision}", document, entries=len(decided))
    return decided


def problems(session: Session, organisation: str) -> list[dict[str, Any]]:
    """One for each invoice beside which something waits, as the list of problems shows them; the database counts."""
    found = _looked(session, organisation, *_EVER, _counted)
    heads = query.heads(session, organisation, {row.document for row in found})
    return [_problem(organisation, heads[row.document], row.entries) for row in found]


def _problem(organisation: str, head: Head, entries: int) -> dict[str, Any]:
    number, named = head.number, "1 entry" if entries == 1 else f"{entries} entries"
    cause = f"{named} of its client and days are not named on invoice {number}, which was made elsewhere, and wait unbilled."
    return {
        "id": document_id(organisation, "problem", head.id),
        "service": "ingest",
        "connection": None,
        "code": CODE,
        "subject": head.id,
        "title": f"Invoice {number} leaves {named} out",
        "cause": cause,
        "remedy": f"See `timebooks left-out {number}`, and say whether to bill it beside the invoice, or that this covers it.",
        "blocks": entries,
        "at": head.composed_at,
        "invoice_id": head.id,
        "timesheet_id": None,
    }


# ---- looking


def _days_of(session: Session, organisation: str, document: str | None) -> tuple[date, date]:
    """The days that an invoice covers; of one that was composed here, none."""
    if document is None:
        return _EVER
    head = query.head(session, organisation, document)
    return head.given_from or date.max, head.given_to or date.min


def _found(session: Session, organisation: str, since: date, until: date) -> list[LeftOut]:
    return [LeftOut(*row) for row in _looked(session, organisation, since, until, _beside)]


def _looked(session: Session, organisation: str, since: date, until: date, asked: Callable[..., Any]) -> Sequence[Any]:
    first, last = session.execute(*_days(organisation)).one()
    if first is None or max(first, since) > min(last, until):
        return []
    home = accounts.organisation(session, organisation).currency
    return session.execute(*asked(organisation, home, max(first, since), min(last, until))).all()


@prepared
def _days(organisation: Any) -> sa.Select[Any]:
    """The days that invoices made elsewhere cover, if there are any: mostly there are none."""
    days = sa.select(sa.func.min(invoice.c.given_from), sa.func.max(invoice.c.given_to))
    return days.where(within(invoice, organisation), invoice.c.given_from.is_not(None), sa.not_(invoice.c.withdrawn))


@prepared
def _beside(organisation: Any, home: Any, since: Any, until: Any) -> Any:
    return _all_beside(organisation, home, since, until)


@prepared
def _counted(organisation: Any, home: Any, since: Any, until: Any) -> Any:
    """How much waits beside each invoice, as ``waiting`` lists it."""
    found = _all_beside(organisation, home, since, until).cte("found")
    covered = sa.select(found.c.entry).where(found.c.decision == COVERED)
    waits = (found.c.decision.is_(None), found.c.entry.not_in(covered))
    counted = sa.select(found.c.document, sa.func.count().label("entries")).where(*waits)
    return counted.group_by(found.c.document).order_by(sa.func.min(found.c.date), found.c.document)


def _all_beside(organisation: Any, home: Any, since: Any, until: Any) -> Any:
    return sa.union_all(*(_beside_of(kind, organisation, home, since, until) for kind in WORK))


def _beside_of(kind: Kind, organisation: Any, home: Any, since: Any, until: Any) -> sa.Select[Any]:
    work = TABLES[kind].present
    client = sa.func.coalesce(work.c.client, _JOB.c.client)
    currency = sa.func.coalesce(work.c.currency, _JOB.c.currency, _CLIENT.c.currency, home)
    live = sa.text("allocation.live")  # in the words of the partial index
    mine = (within(allocation, organisation), allocation.c.entry == work.c.id, allocation.c.purpose == BILL, live)
    held = sa.select(allocation.c.id).where(*mine)
    covers = sa.and_(invoice.c.client == client, invoice.c.currency == currency,
                     work.c.date.between(invoice.c.given_from, invoice.c.given_to))  # fmt: skip
    decided = sa.and_(left_out.c.document == invoice.c.id, left_out.c.entry == work.c.id)
    return (
        sa.select(
            invoice.c.id.label("document"), invoice.c.number, work.c.id.label("entry"), sa.literal(kind.value).label("kind"),
            work.c.date, left_out.c.decision,
        )
        .select_from(work)
        .join(_JOB, _JOB.c.id == work.c.job, isouter=True)
        .join(_CLIENT, _CLIENT.c.id == client, isouter=True)
        .join(invoice, covers)
        .join(left_out, decided, isouter=True)
        .where(
            within(work, organisation), within(invoice, organisation), work.c.billable, sa.not_(work.c.deleted),
            work.c.date.between(since, until), invoice.c.given_from.is_not(None), sa.not_(invoice.c.withdrawn),
            invoice.c.status.not_in([status.value for status in GONE]), ~held.exists(),
            sa.func.coalesce(left_out.c.decision, "") != BESIDE,
        )
    )  # fmt: skip
