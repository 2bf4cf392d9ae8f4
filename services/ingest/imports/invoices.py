"""A file that lists invoices: each is given as one that was made elsewhere, or its rows say why it can't be.

A page of them is looked up at once; giving one takes seven statements of its own, so a file has a limit of them.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from itertools import compress, islice
from operator import not_
from typing import Any

from services.ingest.billing import give, left_out, query, store
from services.ingest.billing.query import Head
from services.ingest.imports.checks import SHOWN, Remark
from services.ingest.imports.difference import Change, Difference
from services.ingest.imports.held import Place
from services.ingest.imports.proof import Amounts, Compared
from services.ingest.imports.resolve import Names
from services.ingest.imports.shown import MOST
from services.ingest.imports.take import Taken, Upload, sums_told
from services.ingest.records import intake
from services.ingest.records.intake import Outcome
from services.ingest.records.publish import Announcements
from services.ingest.records.store import lock
from services.ingest.sources.invoices.adding import Refused, Written, invoices
from services.ingest.sources.invoices.rows import told
from services.ingest.sources.worklog.normalize import client_named
from shared.contract.document_schemas import dump_invoice
from shared.contract.documents import Invoice, InvoiceLine
from shared.domain.given import Given
from shared.kernel import canonical
from shared.kernel.errors import Conflict, Failure, Invalid
from shared.platform.session import Session
from shared.platform.vault import Keyring, Vault

PAGE = 200
_REACH = timedelta(days=365)
"""How far back an invoice stands for its client's work, where the file does not say and no invoice came before it."""
_SHOWN_FIELDS = ("total", "subtotal", "tax", "tax_name", "tax_percent", "period_from", "period_to")


@dataclass(slots=True)
class _Outcomes:
    """What became of each invoice, to be told in the order of the file's rows."""

    rows: list[tuple[Place, Invoice | Failure, Outcome]] = field(default_factory=list)
    made: list[Invoice] = field(default_factory=list)

    def add(self, one: Written | Refused, what: Invoice | Failure, outcome: Outcome) -> None:
        self.rows += [(Place(*place), what, outcome) for place in one.places]


def read(upload: Upload, most: int) -> list[Written | Refused]:
    """The invoices of the file, checked in themselves. Raises Invalid for more than ``most``."""
    found = invoices(told(upload.chosen.book, upload.chosen.layout), most)
    return sorted(found, key=lambda one: one.places)


def take(
    session: Session, vault: Vault, organisation: str, upload: Upload, *, found: Sequence[Written | Refused], actor: str
) -> tuple[Taken, dict[str, Any]]:
    """Give every invoice that can be, and tell what came of it; whether that stays is for who opened the transaction to say."""
    lock(session, organisation)
    store.turn(session, organisation)
    taken, outcomes = Taken(), _Outcomes()
    left, meant = _parted(upload, found)
    clients = _clients(session, vault, organisation, upload, meant)
    giver = _Giver.of(session, organisation, meant, clients, actor)
    waiting = iter(meant)
    while page := list(islice(waiting, PAGE)):
        _take_page(session, vault, organisation, page, giver, taken=taken, outcomes=outcomes)
    _list(outcomes, taken)
    taken.difference.fingerprint = _fingerprint(vault.keyring(session, organisation), taken.difference)
    sure = not taken.listing.refused and not any(isinstance(one, Refused) for one in found)
    compared = _compared(upload, found) if sure else Compared()
    taken.unproven = compared.faults
    taken.warnings = [*_paid(left, meant), *_beside(session, organisation, outcomes.made), *sums_told(compared)]
    return taken, _report(taken)


def _parted(upload: Upload, found: Sequence[Written | Refused]) -> tuple[list[Written | Refused], list[Written | Refused]]:
    """Those that are left out, since the file says that they are paid, and the others."""
    left = [upload.chosen.leave_paid and one.paid for one in found]
    return list(compress(found, left)), list(compress(found, map(not_, left)))


def _list(outcomes: _Outcomes, taken: Taken) -> None:
    for place, what, outcome in sorted(outcomes.rows, key=lambda row: row[0]):
        if isinstance(what, Invoice):
            taken.listing.add_invoice(place, what, outcome)
            taken.subjects.add(what.client)
        else:
            taken.listing.refuse(place, what)


def _clients(
    session: Session, vault: Vault, organisation: str, upload: Upload, found: Sequence[Written | Refused]
) -> dict[str, str | Failure]:
    """Name -> id of the client, who is made where nobody heard of them; or why there is none."""
    names, announcements = Names(vault, vault.keyring(session, organisation)), Announcements()
    written = {one.given.client: one.places[0] for one in reversed(found) if isinstance(one, Written)}
    records = {
        name: client_named(name, organisation, upload.chosen.source, file=upload.ref, row=row)
        for name, (_, row) in sorted(written.items())
    }
    new = names.learn(session, records.values())
    results = intake.accept(session, vault, organisation, new, announce=announcements)
    announcements.finish(session, organisation)
    refused = {result.id: result.problem for result in results if result.problem}
    return {name: _meant(names, record, refused) for name, record in records.items()}


def _meant(names: Names, record: Any, refused: Mapping[str, Failure]) -> str | Failure:
    try:
        meant = names.meant(record)
    except Invalid as problem:
        return problem
    return refused.get(meant, meant)


# ---- giving


def _take_page(
    session: Session,
    vault: Vault,
    organisation: str,
    page: Sequence[Written | Refused],
    giver: _Giver,
    *,
    taken: Taken,
    outcomes: _Outcomes,
) -> None:
    there = _There.of(session, vault, organisation, [one.given.number for one in page if isinstance(one, Written)])
    for one in page:
        try:
            made, outcome = giver.give(session, vault, organisation, one, there)
        except (Invalid, Conflict) as problem:
            outcomes.add(one, problem, Outcome.REFUSED)
            continue
        outcomes.add(one, made, outcome)
        if outcome is Outcome.CHANGED:
            taken.difference.changed.append(Change(Place(*one.places[0]), new=made, old=there.invoices[made.id]))
        if outcome is not Outcome.UNCHANGED:
            outcomes.made.append(made)


@dataclass(frozen=True, slots=True)
class _There:
    """What is stored of the numbers of a page."""

    heads: dict[str, Head]  # by number
    invoices: dict[str, Invoice]
    holding: set[str]  # of the ids, those that name entries

    @classmethod
    def of(cls, session: Session, vault: Vault, organisation: str, numbers: Sequence[str]) -> _There:
        heads = query.numbered(session, organisation, numbers)
        ids = [head.id for head in heads.values()]
        return cls(heads, query.invoices(session, vault, organisation, ids), query.holding(session, organisation, ids))


@dataclass(frozen=True, slots=True)
class _Giver:
    """Who gives the invoices, to which clients, and until when the work of these is billed."""

    actor: str
    clients: Mapping[str, str | Failure]
    until: Mapping[tuple[str, str], list[date]]  # (client, currency) -> last days of invoices, in order

    @classmethod
    def of(
        cls,
        session: Session,
        organisation: str,
        found: Sequence[Written | Refused],
        clients: Mapping[str, str | Failure],
        actor: str,
    ) -> _Giver:
        until = query.given_until(session, organisation, {client for client in clients.values() if isinstance(client, str)})
        for one in found:
            if isinstance(one, Written) and isinstance(client := clients[one.given.client], str):
                until.setdefault((client, one.given.currency), []).append(one.given.until or one.given.issued)
        return cls(actor, clients, {of: sorted(days) for of, days in until.items()})

    def give(
        self, session: Session, vault: Vault, organisation: str, one: Written | Refused, there: _There
    ) -> tuple[Invoice, Outcome]:
        """Raises Invalid or Conflict for one that can't be given."""
        if isinstance(one, Refused):
            raise one.problem
        client = self.clients[one.given.client]
        if isinstance(client, Failure):
            raise client
        given = replace(one.given, client=client)
        head = there.heads.get(given.number)
        if head is None:
            given = _with_days(given, self.until.get((client, given.currency), []))
            return give.give(session, vault, organisation, given, self.actor), Outcome.NEW
        return self._again(session, vault, organisation, given, head, there)

    def _again(
        self, session: Session, vault: Vault, organisation: str, given: Given, head: Head, there: _There
    ) -> tuple[Invoice, Outcome]:
        before = there.invoices[head.id]
        if head.given_from is None or head.id in there.holding:
            _check_same(before, given)
            return before, Outcome.UNCHANGED
        given = replace(given, since=given.since or head.given_from, until=given.until or head.given_to)
        if replace(give.as_given(before, given), withdrawn=before.withdrawn) == before:  # what was voided here stays so
            return before, Outcome.UNCHANGED
        made = give.give_again(session, vault, organisation, head, given, self.actor)
        return (made, Outcome.CHANGED) if made else (before, Outcome.UNCHANGED)


def _check_same(before: Invoice, given: Given) -> None:
    """Refuse a list to change an invoice that says which entries it bills: they would be let go."""
    names = ("client", "currency", "issued", "total")
    if any(getattr(before, name) != getattr(given, name) for name in names):
        comes_to = f"comes to {before.total} {before.currency}"
        cause = f"invoice {given.number} is here already, with the entries that it bills, and {comes_to}"
        raise Conflict("names_entries", cause, "leave it out of the file; PUT it for its next version", invoice_id=before.id)


def _with_days(given: Given, before: Sequence[date]) -> Given:
    """With the days whose work it stands for, where the file says none: those since the client's invoice before it.

    Too many are safe: stored work of these days waits until a person decides, while of too few it would be billed twice.
    """
    if given.since or given.until:
        return given
    at = bisect_left(before, given.issued)
    since = before[at - 1] + timedelta(days=1) if at else given.issued - _REACH
    return replace(given, since=max(since, given.issued - _REACH), until=given.issued)


# ---- what is told


def _compared(upload: Upload, found: Sequence[Written | Refused]) -> Compared:
    """The file's sums against ours: of each invoice once, or of all rows as they stand, whichever the file adds up."""
    written = [one for one in found if isinstance(one, Written)]
    once = [(one.places[0], Amounts(one.given.currency, one.sums)) for one in written]
    rows = [(row.place, Amounts(one.given.currency, row.amounts)) for one in written for row in one.rows]
    compared, other = (_proven(upload, sorted(some, key=lambda each: each[0])) for some in (once, rows))
    both = {fault.total for fault in other.faults}
    return replace(compared, faults=[fault for fault in compared.faults if fault.total in both])


def _proven(upload: Upload, amounts: Sequence[tuple[tuple[str, int], Amounts]]) -> Compared:
    proof = upload.chosen.proof()
    for place, each in amounts:
        proof.add(Place(*place), each)
    return proof.compare()


def _paid(left: Sequence[Written | Refused], meant: Sequence[Written | Refused]) -> Iterator[Remark]:
    said = (
        ("paid_left_out", left, "left out as paid; work stored here that they bill is not held back"),
        ("said_paid", [one for one in meant if one.paid], "paid, says the file; that is not stored, since the books tell it"),
    )
    for code, some, text in said:
        rows = [Place(*one.places[0]).label for one in some]
        if rows:
            counted = "1 invoice is" if len(rows) == 1 else f"{len(rows)} invoices are"
            yield Remark(code, len(rows), tuple(rows[:SHOWN]), f"{counted} {text}.")


def _beside(session: Session, organisation: str, made: Sequence[Invoice]) -> Iterator[Remark]:
    """Stored work of the same clients and days, which waits lest it be billed twice."""
    waiting = left_out.waiting(session, organisation) if made else {}
    beside = [one for one in made if one.id in waiting]
    if entries := {entry.entry for one in beside for entry in waiting[one.id]}:
        named = ", ".join(one.number for one in beside[:SHOWN])
        told = "1 stored entry" if len(entries) == 1 else f"{len(entries)} stored entries"
        text = f"{told} of the same clients and days wait unbilled until somebody says whether these invoices bill them: {named}."
        yield Remark("waiting_beside", len(entries), (), text)


def _fingerprint(keyring: Keyring, found: Difference) -> str:
    """The same for the same difference: what is stored now, and what it becomes."""
    edits = [[one.old.id, one.old.version, keyring.mac(canonical.dumps(dump_invoice(one.new)))] for one in found.changed]
    return hashlib.sha256(canonical.dumps(sorted(edits))).hexdigest()[:32] if edits else ""


def _report(taken: Taken) -> dict[str, Any]:
    """The difference and the warnings, as those of entries are told."""
    changed = taken.difference.changed
    return {
        "difference": {
            "fingerprint": taken.difference.fingerprint,
            "counts": {"changed": len(changed), "vanished": 0, "absent": 0, "doubtful": 0},
            "changed": [_changed(one) for one in changed[:MOST]],
            "vanished": [],
            "deleted": 0,
        },
        "warnings": [{"code": one.code, "count": one.count, "rows": one.rows, "text": one.text} for one in taken.warnings],
    }


def _changed(one: Any) -> dict[str, Any]:
    was, now = ({name: getattr(each, name) for name in _SHOWN_FIELDS} for each in (one.old, one.new))
    was["lines"], now["lines"] = (list(map(_line, each.lines)) for each in (one.old, one.new))
    fields = [{"field": name, "was": was[name], "now": now[name]} for name in now if was[name] != now[name]]
    named = {"id": one.old.id, "kind": "invoice", "number": one.old.number, "date": one.old.issued}
    return {**one.place.told(), **named, "person": None, "client": one.old.client_name, "job": None, "fields": fields}


def _line(line: InvoiceLine) -> str:
    return f"{line.description}: {line.quantity.normalize():f} x {line.unit_price.normalize():f} = {line.amount}"
