"""Taking an invoice that was made elsewhere: checked, frozen as it is written, and its entries claimed like a composed one's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from services.ingest.billing import freeze, left_out, query, store, world
from services.ingest.billing import wish as wishes
from services.ingest.billing.freeze import Freeze
from services.ingest.billing.query import Head
from services.ingest.billing.reckon import is_open
from services.ingest.records import query as records
from services.ingest.records.query import Logged
from shared.contract import fields as f
from shared.contract.documents import Grouping, Invoice
from shared.contract.statuses import InvoiceStatus
from shared.domain import given as rules
from shared.domain import invoicing
from shared.domain.given import Given
from shared.domain.invoicing import Candidate, Draft, Order
from shared.domain.rates import World
from shared.kernel.errors import Conflict, Invalid
from shared.kernel.ids import document_id
from shared.platform import audit, clock
from shared.platform.session import Session
from shared.platform.vault import Vault

_FIXED = ("number", "client", "currency", "issued", "due")


@dataclass(frozen=True, slots=True)
class _Checked:
    """What an invoice comes to, and the entries it stands on."""

    draft: Draft
    entries: Mapping[str, Logged]
    client_name: str


def give(session: Session, vault: Vault, organisation: str, given: Given, actor: str) -> Invoice:
    """Take an invoice. Conflict when its number or one of its entries is taken; Invalid names every line that can't be."""
    store.turn(session, organisation)
    holder = store.holder_of(session, organisation, given.number)
    if holder is not None:
        cause = f"There is an invoice {given.number} already."
        raise Conflict("number_taken", cause, "PUT it for its next version, or give another number.", invoice_id=holder)
    checked = _check(session, vault, organisation, given, "")
    invoice = _invoice(organisation, given, checked, version=1)
    names = ("id", "organisation", "number", "client", "currency", "version", "withdrawn", "issued", "due", "total")
    row = {name: getattr(invoice, name) for name in names} | _days(invoice)
    store.add_invoice(session, row | {"status": InvoiceStatus.DRAFT.value, "untouched": True, "composed_at": clock.now()})
    _claim(session, vault, invoice, checked, "given")
    audit.record(session, organisation, actor, "invoice.given", invoice.id, version=1)
    return invoice


def give_again(session: Session, vault: Vault, organisation: str, head: Head, given: Given, actor: str) -> Invoice | None:
    """Take an invoice's next version; None when it says the same of the same entries. Within the turn of ``give``."""
    _check_changeable(head)
    _check_fixed(head, given)
    checked = _check(session, vault, organisation, given, head.id)
    before = query.frozen(session, vault, organisation, head.id, head.version)
    invoice = _invoice(organisation, given, checked, version=head.version + 1)
    if replace(invoice, version=head.version) == before and _claims(session, organisation, head.id) == _wanted(checked):
        return None
    held = store.release(session, organisation, head.id)
    values = {"version": invoice.version, "total": invoice.total, **_days(invoice)}
    store.set_invoice(session, organisation, head.id, **values)
    _claim(session, vault, invoice, checked, "changed")
    store.set_corrections(session, organisation, {*held, *checked.entries}, [])  # it is the last word on its entries
    audit.record(session, organisation, actor, "invoice.changed", head.id, version=invoice.version)
    return invoice


def as_given(before: Invoice, given: Given) -> Invoice:
    """What an invoice that holds no entries would be by ``given``, under the version that it has."""
    checked = _Checked(rules.draft(given, {}), {}, before.client_name)
    return _invoice(before.organisation, given, checked, version=before.version)


def _check_changeable(head: Head) -> None:
    if head.given_from is None:
        raise Conflict("composed_here", f"Invoice {head.number} was composed here.", "Edit its entries: it follows them.")
    if not is_open(head):
        said = "withdrawn" if head.withdrawn else head.status.replace("_", " ") if head.untouched else "changed in the books"
        cause = f"Invoice {head.number} is {said}, so it stays as it is."
        raise Conflict("not_open", cause, "Give a further invoice for what is still to be billed.", status=head.status)


def _check_fixed(head: Head, given: Given) -> None:
    moved = [name for name in _FIXED if getattr(given, name) != getattr(head, name)]
    if moved:
        cause = f"{', '.join(moved)}: an invoice keeps its number, client, currency and dates"
        raise Invalid("fixed", cause, "void it and give another with a number of its own", field=moved[0])


def _invoice(organisation: str, given: Given, checked: _Checked, *, version: int) -> Invoice:
    since, until = given.days([one.record for one in checked.entries.values()])
    empty = Invoice(
        id=document_id(organisation, "invoice", given.number),
        organisation=organisation,
        version=version,
        number=given.number,
        client=given.client,
        client_name=checked.client_name[: freeze.MOST_NAME],
        currency=given.currency,
        issued=given.issued,
        due=given.due,
        period_from=since,
        period_to=until,
        grouping=Grouping.DETAILED,
        lines=(),
        subtotal=Decimal(0),
        tax_name=given.tax.name if given.tax else None,
        tax_percent=given.tax.percent if given.tax else Decimal(0),
        tax=Decimal(0),
        total=Decimal(0),
    )
    return freeze.with_draft(empty, checked.draft)


def _days(invoice: Invoice) -> dict[str, Any]:
    return {"given_from": invoice.period_from, "given_to": invoice.period_to}


def _claim(session: Session, vault: Vault, invoice: Invoice, checked: _Checked, cause: str) -> None:
    revisions = {entry: one.record.revision for entry, one in checked.entries.items()}
    freeze.claim(session, invoice, checked.draft.allocations, revisions, {})
    freeze.write(session, vault, Freeze(invoice=invoice, cause=cause))


def _wanted(checked: _Checked) -> set[tuple[Any, ...]]:
    parts = checked.draft.allocations
    return {(part.share.work.id, part.share.work.revision, part.line, part.share.seconds, part.quantity) for part in parts}


def _claims(session: Session, organisation: str, document: str) -> set[tuple[Any, ...]]:
    version = query.head(session, organisation, document).version
    rows = query.allocations(session, organisation, document, version)
    return {(row["entry"], row["revision"], row["line"], row["seconds"], row["quantity"]) for row in rows}


# ---- checking


def _check(session: Session, vault: Vault, organisation: str, given: Given, document: str) -> _Checked:
    """``document``: the invoice that this is a version of, whose own claims stand in nobody's way."""
    named = given.entries()
    entries = world.logged(session, vault, organisation, named)
    unknown = [entry for entry in named if entry not in entries]
    if unknown:
        cause = f"there is no time entry, expense or trip of the id {unknown[0]}"
        _refuse([(f"lines.{named[unknown[0]][0]}.entries", Invalid("no_such_entry", cause, "list the records to see their ids"))])
    around = _around(session, vault, organisation, given, entries)
    works = {entry: one.record for entry, one in entries.items()}
    _check_free(session, organisation, named, document)
    _refuse([*_unbillable(session, organisation, given, entries), *rules.problems(given, works, around)])
    order = Order(tax=given.tax, deductions=given.deductions)
    wishes.check_deductions(order, sum((line.amount for line in given.lines), Decimal(0)), given.currency)
    return _Checked(rules.draft(given, works), entries, around.clients[given.client].name)


def _around(
    session: Session, vault: Vault, organisation: str, given: Given, entries: Mapping[str, Logged]
) -> World:
    around = world.around(session, vault, organisation, [one.record for one in entries.values()])
    clients = {**around.clients, **records.clients(session, vault, organisation, [given.client])}
    if given.client not in clients or not clients[given.client].name:
        cause = "client_id: no such client is stored, or it was erased"
        raise Invalid("unknown_client", cause, "send the client first, and give its id", field="client_id")
    return replace(around, clients=clients)


def _check_free(session: Session, organisation: str, named: Mapping[str, list[int]], document: str) -> None:
    """Nobody else may hold an entry."""
    for entry, claims in query.claims(session, organisation, named).items():
        others = {claim.document for claim in claims} - {document}
        if others:
            [head, *_] = query.heads(session, organisation, others).values()
            cause = f"lines.{named[entry][0]}.entries: entry {entry} is on invoice {head.number} already"
            remedy = "leave it out, or void that invoice first"
            raise Conflict("already_billed", cause, remedy, entry=entry, invoice_id=head.id, line=named[entry][0])


def _unbillable(session: Session, organisation: str, given: Given, entries: Mapping[str, Logged]) -> Iterator[rules.Problem]:
    named = given.entries()
    dates = [one.record.date for one in entries.values()]
    covered = left_out.find(session, organisation, min(dates), max(dates)).covered if dates else {}
    for entry, one in entries.items():
        try:
            approved = world.wanted_revision(one) > 0 or not one.record.billable or one.record.deleted
            invoicing.check_billable(Candidate(work=one.record, approved=approved, covered=covered.get(entry, "")))
        except Invalid as problem:
            yield f"lines.{named[entry][0]}.entries", Invalid(problem.code, f"{entry}: {problem.cause}", problem.remedy)


def _refuse(problems: list[rules.Problem]) -> None:
    if problems:
        raise f.refusal([f.problem_of(field, problem) for field, problem in problems])
