"""Composing invoices: which work may be billed, what its lines are, and what they come to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from typing import TypeVar

from shared.contract.documents import Grouping, InvoiceLine, LineKind
from shared.contract.records import Expense, Mileage, TimeEntry, Work
from shared.domain import grouping, overtime, rates
from shared.domain.allocation import Allocated, Share, allocate, plain, quantity_of
from shared.domain.rates import MileageRate, World
from shared.kernel.errors import Invalid
from shared.kernel.money import exponent, round_money

ZERO, HUNDRED = Decimal(0), Decimal(100)
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tax:
    name: str
    percent: Decimal
    exempt: frozenset[LineKind] = frozenset()  # kinds of lines that bear no tax


@dataclass(frozen=True, slots=True, kw_only=True)
class Deduction:
    """Taken off what the lines come to: a percentage of it, or an amount, never more than is there."""

    description: str
    percent: Decimal | None = None
    amount: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """How a person wants invoices composed."""

    grouping: Grouping = Grouping.JOB
    tax: Tax | None = None
    deductions: tuple[Deduction, ...] = ()
    mileage: MileageRate | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """An entry that might be billed, and what is known of it."""

    work: Work
    approved: bool
    billed: bool = False  # some document holds it already
    left_out: str = ""  # number of an invoice made elsewhere that covers its client and day and does not name it
    covered: str = ""  # number of such an invoice that covers it, as somebody said


@dataclass(frozen=True, slots=True)
class Skipped:
    """An entry that was left out, and why; ``cause`` names no person."""

    entry: str
    why: str
    cause: str
    remedy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """One invoice to be, for one client in one currency."""

    client: str
    currency: str
    lines: tuple[InvoiceLine, ...]
    allocations: tuple[Allocated, ...]
    subtotal: Decimal
    tax: Decimal
    total: Decimal
    waiting: tuple[str, ...] = ()  # entries whose correction would have brought it below zero


@dataclass(frozen=True, slots=True)
class Composition:
    drafts: tuple[Draft, ...]
    skipped: tuple[Skipped, ...]


@dataclass(slots=True)
class _Bill:
    """What goes to one client in one currency."""

    shares: list[Share] = field(default_factory=list)
    corrections: list[list[Share]] = field(default_factory=list)  # per entry


def compose(
    candidates: Iterable[Candidate], world: World, order: Order, corrections: Iterable[Sequence[Share]] = ()
) -> Composition:
    """Invoices for everything that can be billed, one per (client, currency), with the corrections that wait for them."""
    bills: dict[tuple[str, str], _Bill] = {}
    skipped: list[Skipped] = []
    for candidate in candidates:
        try:
            shares = billable(candidate, world, order)
        except Invalid as failure:
            skipped.append(Skipped(candidate.work.id, failure.code, failure.cause, failure.remedy))
            continue
        bills.setdefault((shares[0].client, shares[0].currency), _Bill()).shares.extend(shares)
    for chain in corrections:
        bills.setdefault((chain[0].client, chain[0].currency), _Bill()).corrections.append(list(chain))
    if len(bills) > 1 and any(deduction.amount is not None for deduction in order.deductions):
        raise _ambiguous_deduction(bills)
    drafts = []
    for _, bill in sorted(bills.items()):
        draft = compose_one(bill.shares, bill.corrections, world, order)
        drafts.append(draft) if draft else skipped.extend(_below_zero(bill))
    return Composition(tuple(drafts), tuple(skipped))


def _ambiguous_deduction(bills: Iterable[tuple[str, str]]) -> Invalid:
    cause = f"A deduction of an amount was asked for, but {len(list(bills))} invoices would be composed."
    return Invalid("deduction_needs_client", cause, "compose for one client and currency, or deduct a percentage")


def _below_zero(bill: _Bill) -> list[Skipped]:
    cause = "What would be billed to this client in this currency comes to less than zero."
    entries = dict.fromkeys(share.work.id for share in bill.shares)
    return [Skipped(entry, "below_zero", cause, "compose it together with more work") for entry in entries]


def billable(candidate: Candidate, world: World, order: Order) -> tuple[Share, ...]:
    """The shares of an entry that is to be billed afresh; Invalid says why it isn't."""
    check_billable(candidate)
    found = price(candidate.work, world, order)
    if not found:
        raise Invalid("nothing_to_bill", "The entry has no time, distance or amount.", "")
    return found


def check_billable(candidate: Candidate) -> None:
    """Whether an entry may be billed at all, at whatever price; Invalid says why not."""
    work, beside, covering = candidate.work, candidate.left_out, candidate.covered
    left_out = f"Invoice {beside}, made elsewhere for this client and these days, does not name the entry."
    reasons = (
        (work.deleted, "deleted", "The entry was deleted at its source.", ""),
        (not work.billable, "not_billable", "The entry is not billable.", "mark it billable at its source"),
        (candidate.billed, "already_billed", "A live invoice holds the entry.", "void that invoice first"),
        (covering, "covered", f"Invoice {covering} covers the entry, as somebody said.", "void that invoice first"),
        (beside, "not_on_the_invoice", left_out, "say whether it is to be billed beside it, or is covered by it"),
        (not candidate.approved, "not_approved", "The entry is not approved.", "approve it"),
    )
    for applies, why, cause, remedy in reasons:
        if applies:
            raise Invalid(why, cause, remedy)


def price(work: Work, world: World, order: Order) -> tuple[Share, ...]:
    """What an entry comes to at today's rates; Invalid when it can't be said."""
    share = partial(Share, work=work, client=rates.known_client(work, world), currency=rates.currency_of(work, world))
    if isinstance(work, TimeEntry):
        split = overtime.parts(work, rates.hourly(work, world))
        return tuple(share(kind=kind, unit="hour", unit_price=rate, seconds=part) for kind, part, rate in split)
    if isinstance(work, Mileage):
        rate = rates.per_distance(work, world, order.mileage)
        trip = share(kind=LineKind.MILEAGE, unit=work.unit, unit_price=rate, quantity=work.distance)
        return (trip,) if work.distance else ()
    assert isinstance(work, Expense)
    amount = round_money(work.amount, rates.currency_of(work, world))
    spent = share(kind=LineKind.EXPENSE, unit="each", unit_price=amount, quantity=Decimal(1))
    return (spent,) if amount else ()


def compose_one(shares: Sequence[Share], corrections: Sequence[Sequence[Share]], world: World, order: Order) -> Draft | None:
    """One invoice; corrections that would bring it below zero wait. None when it would be empty or below zero."""
    chosen = list(shares)
    room = _gross(_lines(chosen, world, order))
    waiting = []
    for chain in sorted(corrections, key=lambda chain: (-min(_gross(_lines(chain, world, order))), chain[0].work.id)):
        after = [there + more for there, more in zip(room, _gross(_lines(chain, world, order)), strict=True)]
        if min(after) < 0:
            waiting.append(chain[0].work.id)
        else:
            chosen, room = [*chosen, *chain], after
    if not chosen or min(room) < 0:
        return None
    first = chosen[0]
    return draft(_lines(chosen, world, order), first.client, first.currency, order, tuple(waiting))


Line = tuple[InvoiceLine, list[Share]]


def _lines(shares: Sequence[Share], world: World, order: Order) -> list[Line]:
    found = []
    for position, group in enumerate(grouping.lines(shares, order.grouping, world), start=1):
        first, quantity = group[0], quantity_of(group)
        line = InvoiceLine(
            position=position,
            kind=first.kind,
            description=grouping.describe(group, order.grouping, world),
            quantity=quantity,
            unit=first.unit,
            unit_price=plain(first.unit_price),
            amount=round_money(quantity * first.unit_price, first.currency),
            date=only({share.work.date for share in group}),
            job=only({share.work.job for share in group}),
            person=only({share.work.person for share in group}),
            taxable=order.tax is not None and first.kind not in order.tax.exempt,
        )
        found.append((line, group))
    return found


def only(values: set[T]) -> T | None:
    """The one value, if there is one."""
    return next(iter(values)) if len(values) == 1 else None


def _gross(lines: Sequence[Line]) -> list[Decimal]:
    """What the lines come to before deductions: taxed, all. Neither may be below zero, else the tax or the total is."""
    taxed = sum((line.amount for line, _ in lines if line.taxable), ZERO)
    return [taxed, sum((line.amount for line, _ in lines), ZERO)]


def draft(lines: Sequence[Line], client: str, currency: str, order: Order, waiting: tuple[str, ...] = ()) -> Draft:
    """Lines and the shares on each, with deductions, tax and totals."""
    places = exponent(currency)
    made = [line for line, _ in lines]
    made += _deductions(made, order.deductions, currency)
    subtotal = sum((line.amount for line in made), ZERO)
    taxable = sum((line.amount for line in made if line.taxable), ZERO)
    tax = round_money(taxable * order.tax.percent / HUNDRED if order.tax else ZERO, currency)
    parts = (allocate(group, line.position, line.quantity, line.amount, places) for line, group in lines if group)
    return Draft(
        client=client,
        currency=currency,
        lines=tuple(made),
        allocations=tuple(part for line in parts for part in line),
        subtotal=subtotal,
        tax=tax,
        total=subtotal + tax,
        waiting=waiting,
    )


def _deductions(lines: Sequence[InvoiceLine], deductions: Iterable[Deduction], currency: str) -> list[InvoiceLine]:
    """Negative lines; where only some lines are taxed, one for the taxed and one for the others."""
    sides = {side: sum((line.amount for line in lines if line.taxable is side), ZERO) for side in (True, False)}
    left = dict(sides)
    made: list[InvoiceLine] = []
    for deduction in deductions:
        for side, amount in _taken(deduction, sides, left, currency).items():
            left[side] -= amount
            if amount:
                made.append(_deduction(len(lines) + len(made) + 1, deduction.description, -amount, side))
    return made


def _taken(
    deduction: Deduction, sides: Mapping[bool, Decimal], left: Mapping[bool, Decimal], currency: str
) -> dict[bool, Decimal]:
    if deduction.percent is not None:
        asked = {side: round_money(sides[side] * deduction.percent / HUNDRED, currency) for side in sides}
        return {side: min(asked[side], left[side]) if sides[side] > 0 else max(asked[side], left[side]) for side in sides}
    amount = min(round_money(deduction.amount or ZERO, currency), max(left[True] + left[False], ZERO))
    taxed = min(amount, max(left[True], ZERO))
    return {True: taxed, False: amount - taxed}


def _deduction(position: int, description: str, amount: Decimal, taxable: bool) -> InvoiceLine:
    return InvoiceLine(
        position=position,
        kind=LineKind.DEDUCTION,
        description=description,
        quantity=Decimal(1),
        unit="each",
        unit_price=amount,
        amount=amount,
        taxable=taxable,
    )
