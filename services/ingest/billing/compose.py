"""Composing: approved work that nobody has billed yet becomes frozen invoices, in one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from services.ingest.billing import freeze, left_out, query, store, world
from services.ingest.billing import wish as wishes
from services.ingest.billing.freeze import Freeze
from services.ingest.billing.query import Correction
from services.ingest.billing.wish import Wish
from services.ingest.records import query as records
from services.ingest.records.query import Logged
from shared.contract.documents import Invoice, LineKind
from shared.contract.records import Approval
from shared.contract.statuses import InvoiceStatus
from shared.domain import invoicing
from shared.domain.allocation import Share
from shared.domain.invoicing import Candidate, Composition, Draft, Skipped
from shared.kernel.ids import document_id
from shared.platform import audit, clock
from shared.platform.session import Session
from shared.platform.vault import Vault


@dataclass(frozen=True, slots=True)
class Composed:
    """The invoices made, what was left out and why, and the entries whose correction still waits."""

    invoices: tuple[Invoice, ...]
    skipped: tuple[Skipped, ...]
    waiting: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Prepared:
    """What would be composed, and the entries it stands on."""

    composition: Composition
    entries: dict[str, Logged]
    names: dict[str, str]  # client -> name

    def reading_order(self, draft: Draft) -> tuple[str, str, str]:
        """Invoices are numbered as a person would list them: by client, then by currency."""
        return self.names[draft.client].casefold(), draft.currency, draft.client


def compose(session: Session, vault: Vault, organisation: str, wish: Wish, actor: str) -> Composed:
    """One invoice per client and currency, numbered, frozen, with its claims and its feed row."""
    store.turn(session, organisation)
    prepared = prepare(session, vault, organisation, wish)
    return write(session, vault, organisation, wish, prepared, actor)


def prepare(session: Session, vault: Vault, organisation: str, wish: Wish) -> Prepared:
    """Decide what would be composed; writes nothing."""
    found = records.entries(session, vault, organisation, since=wish.since, until=wish.until, approval=None)
    late = query.corrections(session, organisation, wish.client)
    entries = {one.record.id: one for one in found}
    entries |= world.logged(session, vault, organisation, {one.entry for one in late} - entries.keys())
    around = world.around(session, vault, organisation, [one.record for one in entries.values()])
    if wish.client is not None:
        found = [one for one in found if world.client_of(one, around) == wish.client]
    candidates = _candidates(session, organisation, found, wish)
    composition = invoicing.compose(candidates, around, wish.order, _chains(late, entries))
    clients = records.clients(session, vault, organisation, {draft.client for draft in composition.drafts})
    return Prepared(composition, entries, {name: client.name for name, client in clients.items()})


def _candidates(session: Session, organisation: str, found: Sequence[Logged], wish: Wish) -> list[Candidate]:
    claimed = query.claims(session, organisation, [one.record.id for one in found])
    beside = left_out.find(session, organisation, wish.since, wish.until)
    return [
        Candidate(
            work=one.record,
            approved=_is_approved(one),
            billed=one.record.id in claimed,
            left_out=beside.waiting.get(one.record.id, ""),
            covered=beside.covered.get(one.record.id, ""),
        )
        for one in found
    ]


def _is_approved(one: Logged) -> bool:
    return one.approval is Approval.APPROVED


def _chains(late: Iterable[Correction], known: dict[str, Logged]) -> list[list[Share]]:
    """What waits, as shares: together what is of one entry, client and currency."""
    chains: dict[tuple[str, str, str], list[Share]] = {}
    for one in late:
        share = Share(
            work=known[one.entry].record,
            kind=LineKind.CORRECTION,
            client=one.client,
            currency=one.currency,
            unit=one.unit,
            unit_price=one.unit_price,
            seconds=one.seconds,
            quantity=one.quantity,
            about=one.about,
        )
        chains.setdefault((one.entry, one.client, one.currency), []).append(share)
    return list(chains.values())


def write(session: Session, vault: Vault, organisation: str, wish: Wish, prepared: Prepared, actor: str) -> Composed:
    """Write what was prepared. Conflict when another invoice has claimed one of the entries since."""
    issued = wish.issued or world.today(session, organisation)
    due = issued + timedelta(days=wish.due_days) if wish.due_days is not None else None
    made = []
    for draft in sorted(prepared.composition.drafts, key=prepared.reading_order):
        wishes.check_deductions(wish.order, _before_deductions(draft), draft.currency)
        invoice = _invoice(session, organisation, wish, draft, prepared, (issued, due))
        _keep(session, vault, invoice, draft, prepared, wish)
        audit.record(session, organisation, actor, "invoice.composed", invoice.id, version=1)
        made.append(invoice)
    waiting = [entry for draft in prepared.composition.drafts for entry in draft.waiting]
    return Composed(tuple(made), prepared.composition.skipped, tuple(waiting))


def _before_deductions(draft: Draft) -> Decimal:
    return sum((line.amount for line in draft.lines if line.kind != LineKind.DEDUCTION), Decimal(0))


def _invoice(
    session: Session, organisation: str, wish: Wish, draft: Draft, prepared: Prepared, dates: tuple[date, date | None]
) -> Invoice:
    number, tax = store.take_number(session, organisation), wish.order.tax
    empty = Invoice(
        id=document_id(organisation, "invoice", number),
        organisation=organisation,
        version=1,
        number=number,
        client=draft.client,
        client_name=prepared.names[draft.client][: freeze.MOST_NAME],
        currency=draft.currency,
        issued=dates[0],
        due=dates[1],
        period_from=wish.since,
        period_to=wish.until,
        grouping=wish.order.grouping,
        lines=(),
        subtotal=draft.subtotal,
        tax_name=tax.name if tax else None,
        tax_percent=tax.percent if tax else Decimal(0),
        tax=draft.tax,
        total=draft.total,
    )
    return freeze.with_draft(empty, draft)


def _keep(session: Session, vault: Vault, invoice: Invoice, draft: Draft, prepared: Prepared, wish: Wish) -> None:
    names = ("id", "organisation", "number", "client", "currency", "version", "withdrawn", "issued", "due", "total")
    row = {name: getattr(invoice, name) for name in names}
    store.add_invoice(session, row | {"status": InvoiceStatus.DRAFT.value, "untouched": True, "composed_at": clock.now()})
    entries = {part.share.work.id for part in draft.allocations}
    elsewhere = query.claims(session, invoice.organisation, entries)
    fresh = {part.share.work.id for part in draft.allocations if part.share.kind != LineKind.CORRECTION}
    for entry in fresh:  # as prepared, nobody held it; if somebody does now, both claim the first place and meet there
        elsewhere.pop(entry, None)
    revisions = {entry: world.wanted_revision(prepared.entries[entry]) for entry in entries}
    freeze.claim(session, invoice, draft.allocations, revisions, elsewhere)
    store.drop_corrections(session, invoice.organisation, entries - fresh, invoice.client, invoice.currency)
    freeze.write(session, vault, Freeze(invoice=invoice, cause="composed", wish=wishes.dump(wish.order)))
