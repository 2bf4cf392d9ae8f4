"""Reckoning: what documents hold of an entry is made equal to what is wanted of it, whatever has happened to either."""


from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from services.ingest.billing import freeze, query, store, world
from services.ingest.billing import wish as wishes
from services.ingest.billing.freeze import Freeze
from services.ingest.billing.query import Head
from services.ingest.billing.retire import withdraw
from services.ingest.records.query import Logged
from shared.contract.documents import LineKind
from shared.contract.records import Mileage
from shared.contract.statuses import InvoiceStatus
from shared.domain import allocation, given, invoicing
from shared.domain.allocation import Claim, Share
from shared.domain.invoicing import Draft, Order
from shared.domain.rates import MileageRate, World
from shared.kernel.errors import Invalid
from shared.platform import audit
from shared.platform.session import Session
from shared.platform.vault import Vault


def reckon(
    session: Session, vault: Vault, organisation: str, entries: Collection[str], actor: str, *, anew: Collection[str] = ()
) -> None:
    """Make what is billed of these entries equal to what is wanted of them: in a new version where the books are open and
    untouched, else as a correction that waits for the next invoice. Nothing happens to entries that are as billed; those
    in ``anew`` are looked at although they may seem so."""
    claims = query.claims(session, organisation, entries)
    late = query.waiting(session, organisation, entries)
    known = world.logged(session, vault, organisation, claims)
    late |= set(anew)
    dirty = {entry for entry in claims if entry in late or not _is_settled(known[entry], claims[entry])}
    documents = query.heads(session, organisation, {claim.document for entry in dirty for claim in claims[entry]})
    touched = set(dirty)
    for document in sorted(documents):
        if can_change(documents[document]):
            touched |= _remake(session, vault, organisation, documents[document], dirty, actor)
    _await(session, vault, organisation, touched | late, anew)


def can_change(one: Head) -> bool:
    """Whether an edit of an entry may still become a new version of this invoice; one made elsewhere is made anew elsewhere."""
    return one.given_from is None and is_open(one)


def is_open(one: Head) -> bool:
    """Whether this invoice may still have a new version."""
    return one.status in (InvoiceStatus.DRAFT, InvoiceStatus.OPEN) and one.untouched and not one.withdrawn


def _is_settled(one: Logged, claims: Iterable[Claim]) -> bool:
    return allocation.is_settled(world.wanted_revision(one), claims)


# ---- a new version


@dataclass(slots=True)
class _Bench:
    """Everything that making an invoice anew needs."""

    head: Head
    dirty: set[str]
    known: dict[str, Logged]
    here: dict[str, list[Claim]]  # entry -> its claims on this invoice
    elsewhere: dict[str, list[Claim]]
    around: World
    order: Order
    heads: dict[str, Head]  # of all invoices that hold the entries


def _remake(session: Session, vault: Vault, organisation: str, head: Head, dirty: set[str], actor: str) -> set[str]:
    """Make an invoice anew with its changed entries as they are now; gives the entries whose claims may have changed."""
    kept = query.wish_of(session, vault, organisation, head)
    if kept is None:  # its client was erased
        return set()
    bench = _bench(session, vault, organisation, head, dirty, kept)
    draft = _draft(bench)
    if draft is None:
        withdraw(session, vault, organisation, head, actor)
        return set(bench.here)
    invoice = query.frozen(session, vault, organisation, head.id, head.version)
    changed = freeze.with_draft(replace(invoice, version=head.version + 1), draft)
    if replace(changed, version=head.version) == invoice:
        for entry in dirty & bench.here.keys():
            store.confirm(session, organisation, head.id, entry, _revision(bench, entry))
        return set()
    store.release(session, organisation, head.id)
    store.set_invoice(session, organisation, head.id, version=changed.version, total=changed.total)
    revisions = {entry: _revision(bench, entry) for entry in bench.here}
    freeze.claim(session, changed, draft.allocations, revisions, bench.elsewhere)
    freeze.write(session, vault, Freeze(invoice=changed, cause="changed", wish=kept))
    audit.record(session, organisation, actor, "invoice.changed", head.id, version=changed.version)
    return set(bench.here)


def _draft(bench: _Bench) -> Draft | None:
    fresh: list[Share] = []
    chains: list[list[Share]] = []
    for entry in bench.here:
        shares = _shares(bench, entry)
        if not bench.elsewhere[entry]:
            fresh += shares
        elif shares:
            chains.append(shares)
    return invoicing.compose_one(fresh, chains, bench.around, bench.order)


def _bench(session: Session, vault: Vault, organisation: str, head: Head, dirty: set[str], kept: str) -> _Bench:
    here = _by_entry(query.claims_of(session, organisation, head.id))
    every = query.claims(session, organisation, here)
    elsewhere = {entry: [one for one in claims if one.document != head.id] for entry, claims in every.items()}
    known = world.logged(session, vault, organisation, here)
    around = world.around(session, vault, organisation, [one.record for one in known.values()])
    order = wishes.load(kept, around.home)
    return _Bench(head, dirty, known, here, elsewhere, around, order, _heads(session, organisation, every))


def _by_entry(claims: Iterable[Claim]) -> dict[str, list[Claim]]:
    found: dict[str, list[Claim]] = {}
    for claim in claims:
        found.setdefault(claim.entry, []).append(claim)
    return found


def _heads(session: Session, organisation: str, claims: dict[str, list[Claim]]) -> dict[str, Head]:
    return query.heads(session, organisation, {claim.document for some in claims.values() for claim in some})


def _revision(bench: _Bench, entry: str) -> int:
    one = bench.known[entry]
    return world.wanted_revision(one) if entry in bench.dirty else bench.here[entry][0].revision


def _shares(bench: _Bench, entry: str) -> list[Share]:
    """What this invoice shall hold of an entry: unchanged ones keep the prices at which they were composed."""
    one, head = bench.known[entry], bench.head
    if entry not in bench.dirty:
        return [_again(one, claim, _about(bench, entry)) for claim in bench.here[entry]]
    try:
        shares = _wanted(one, bench.around, bench.order, bench.elsewhere[entry], bench.heads)
    except Invalid:  # it can't be priced any more: it leaves the invoice, and the next composing says why
        shares = []
    if bench.elsewhere[entry]:
        shares = allocation.difference(one.record, shares, bench.elsewhere[entry], _about(bench, entry))
    return [share for share in shares if (share.client, share.currency) == (head.client, head.currency)]


def _about(bench: _Bench, entry: str) -> str:
    return _numbers(bench.elsewhere[entry], bench.heads)


def _numbers(claims: Iterable[Claim], heads: Mapping[str, Head]) -> str:
    return ", ".join(sorted({heads[claim.document].number for claim in claims}))


def _again(one: Logged, claim: Claim, about: str) -> Share:
    time = claim.unit == "hour"
    return Share(
        work=one.record,
        kind=claim.kind,
        client=claim.client,
        currency=claim.currency,
        unit=claim.unit,
        unit_price=claim.unit_price,
        seconds=claim.seconds if time else 0,
        quantity=allocation.ZERO if time else claim.quantity,
        about=about if claim.kind == LineKind.CORRECTION else "",
    )


def _wanted(one: Logged, around: World, order: Order, claims: Iterable[Claim], heads: Mapping[str, Head]) -> list[Share]:
    """What an entry is worth now: at today's rates, or at those of an invoice made elsewhere that holds it."""
    if not world.wanted_revision(one):
        return []
    given_there = [claim for claim in claims if heads[claim.document].given_from]
    shares = given.as_billed(one.record, around, given_there) if given_there else None
    return list(invoicing.price(one.record, around, order) if shares is None else shares)


# ---- what waits


def _await(session: Session, vault: Vault, organisation: str, entries: Collection[str], anew: Collection[str]) -> None:
    """Note what no document can take now: the difference between what is wanted and what live documents hold."""
    claims = query.claims(session, organisation, entries)
    late = query.waiting(session, organisation, entries) | set(anew)
    known = world.logged(session, vault, organisation, claims)
    around = world.around(session, vault, organisation, [one.record for one in known.values()])
    heads = _heads(session, organisation, claims)
    rows = []
    for entry, one in known.items():
        if entry in late or not _is_settled(one, claims[entry]):
            rows += [_row(share) for share in _difference(one, claims[entry], around, heads)]
    store.set_corrections(session, organisation, entries, rows)


def _difference(one: Logged, claims: Sequence[Claim], around: World, heads: Mapping[str, Head]) -> list[Share]:
    try:
        wanted = _wanted(one, around, Order(mileage=_billed_rate(one, claims)), claims, heads)
    except Invalid:  # it can't be priced: what was billed stands, until it can
        return []
    return allocation.difference(one.record, wanted, claims, _numbers(claims, heads))


def _billed_rate(one: Logged, claims: Sequence[Claim]) -> MileageRate | None:
    """A trip without a rate of its own keeps the one at which it was billed."""
    if not isinstance(one.record, Mileage):
        return None
    rates = (claim for claim in claims if claim.unit == one.record.unit)
    return next((MileageRate(rate=claim.unit_price, currency=claim.currency, unit=claim.unit) for claim in rates), None)


def _row(share: Share) -> dict[str, object]:
    names = ("client", "currency", "unit", "unit_price", "seconds", "quantity", "about")
    return {"entry": share.work.id} | {name: getattr(share, name) for name in names}
