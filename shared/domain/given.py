"""An invoice that was made elsewhere: whether it adds up, and which part of which entry each of its lines bills."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from shared.contract.documents import InvoiceLine, LineKind
from shared.contract.records import Expense, Mileage, TimeEntry, Work
from shared.domain import invoicing, overtime, rates
from shared.domain.allocation import ZERO, Claim, Share, plain, quantity_of
from shared.domain.invoicing import Deduction, Draft, Order, Tax
from shared.domain.rates import Hourly, World
from shared.kernel.errors import Invalid
from shared.kernel.money import round_money

_CLOCK = (LineKind.TIME, LineKind.OVERTIME)


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenLine:
    """A line as it was written, and the entries that it says it bills. ``as_agreed``: its quantity was agreed, whatever was
    logged."""

    description: str
    kind: LineKind
    unit: str
    quantity: Decimal
    unit_price: Decimal
    amount: Decimal
    taxable: bool
    as_agreed: bool = False
    entries: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """The invoice as it was written; ``subtotal`` and ``tax_amount`` None: not written."""

    number: str
    client: str
    currency: str
    issued: date
    due: date | None
    since: date | None  # None: from the first of its entries
    until: date | None
    lines: tuple[GivenLine, ...]
    tax: Tax | None
    deductions: tuple[Deduction, ...]
    subtotal: Decimal | None
    tax_amount: Decimal | None
    total: Decimal

    def entries(self) -> dict[str, list[int]]:
        """Every entry that it names, with the lines that do, counted from 0."""
        found: dict[str, list[int]] = {}
        for at, line in enumerate(self.lines):
            for entry in line.entries:
                found.setdefault(entry, []).append(at)
        return found

    def days(self, works: Iterable[Work]) -> tuple[date, date]:
        """The days that it covers: as it says, else those of its entries, else the day on which it was issued."""
        dates = [work.date for work in works] or [self.issued]
        return self.since or min(dates), self.until or max(dates)


Problem = tuple[str, Invalid]
"""The field that is wrong, and how."""


def problems(given: Given, works: Mapping[str, Work], world: World) -> Iterator[Problem]:
    """Everything that does not fit between the invoice, its own figures and the entries that it names."""
    for at, line in enumerate(given.lines):
        yield from ((f"lines.{at}.{field}", problem) for field, problem in _line_problems(given, line, works, world))
    for entry, lines in given.entries().items():
        yield from ((f"lines.{lines[0]}.entries", problem) for problem in _entry_problems(given, works[entry], lines, world))


def _line_problems(given: Given, line: GivenLine, works: Mapping[str, Work], world: World) -> Iterator[Problem]:
    amount = round_money(line.quantity * line.unit_price, given.currency)
    if amount != line.amount:
        cause = f"{plain(line.quantity)} x {plain(line.unit_price)} is {amount} {given.currency}, the line says {line.amount}"
        yield "amount", Invalid("line_does_not_add_up", cause, f"give {amount}, or the quantity and rate that make the amount")
    misfit = next((work for work in map(works.__getitem__, line.entries) if not _fits(line, work)), None)
    if misfit is not None:
        cause = f"entry {misfit.id} can't be on a line of {line.kind.value} counted in {line.unit}"
        remedy = "put time on lines with hours, trips on lines in their unit, and each expense on a line of its own"
        yield "entries", Invalid("other_kind", cause, remedy)
    elif line.entries and not line.as_agreed:
        yield from _quantity_problems(given, line, [works[entry] for entry in line.entries])


def _fits(line: GivenLine, work: Work) -> bool:
    if isinstance(work, TimeEntry):
        return line.kind in _CLOCK
    if isinstance(work, Mileage):
        return (line.kind, line.unit) == (LineKind.MILEAGE, work.unit)
    return line.kind == LineKind.EXPENSE and line.quantity == 1 and len(line.entries) == 1


def _quantity_problems(given: Given, line: GivenLine, works: Sequence[Work]) -> Iterator[Problem]:
    """What the entries come to has to be what the line says, to the decimals that it says, or a hundredth at least."""
    if isinstance(works[0], Expense):
        yield from _expense_problems(given, line, works[0])
        return
    logged = quantity_of([_share(given, line, work) for work in works])
    places = max(-int(line.quantity.as_tuple().exponent), 2)
    if abs(logged - line.quantity) * 2 > Decimal(1).scaleb(-places):
        unit = "hours" if line.unit == "hour" else line.unit
        cause = f"its entries come to {plain(logged)} {unit}, the line says {plain(line.quantity)}"
        remedy = "name the entries that it bills; if this was agreed whatever was logged, say as_agreed"
        yield "hours" if line.unit == "hour" else "quantity", Invalid("quantity_differs", cause, remedy)


def _expense_problems(given: Given, line: GivenLine, expense: Expense) -> Iterator[Problem]:
    spent = round_money(expense.amount, given.currency)
    if spent != line.unit_price:
        cause = f"the expense was {spent} {given.currency}, the line bills {plain(line.unit_price)}"
        yield "rate", Invalid("amount_differs", cause, f"give {spent}; if another amount was agreed, say as_agreed")


def _entry_problems(given: Given, work: Work, lines: Sequence[int], world: World) -> Iterator[Invalid]:
    try:
        client, currency = rates.known_client(work, world), rates.currency_of(work, world)
    except Invalid as problem:
        yield problem
        return
    if (client, currency) != (given.client, given.currency):
        wrong = "of another client" if client != given.client else f"in {currency}"
        yield Invalid("other_client", f"entry {work.id} is {wrong}", "leave it out, or mend the entry", entry=work.id)
    kinds = [given.lines[at].kind for at in lines]
    if len(set(kinds)) != len(kinds):
        yield Invalid("named_twice", f"entry {work.id} is named {len(kinds)} times", "name it once", entry=work.id)
    elif isinstance(work, TimeEntry) and sum(_seconds(given, kind, work) for kind in kinds) != work.seconds:
        part = "overtime" if LineKind.TIME in kinds else "ordinary time"
        cause = f"the {part} of entry {work.id} is on no line"
        yield Invalid("part_left_out", cause, "name it on a line with overtime, and on one without", entry=work.id)


def _seconds(given: Given, kind: LineKind, work: TimeEntry) -> int:
    """The seconds of an entry that a line of this kind bills: all, unless its overtime stands on a line of its own."""
    if kind == LineKind.OVERTIME:
        return work.overtime_seconds
    apart = any(line.kind == LineKind.OVERTIME and work.id in line.entries for line in given.lines)
    return work.seconds - (work.overtime_seconds if apart else 0)


def _share(given: Given, line: GivenLine, work: Work) -> Share:
    time, trip = isinstance(work, TimeEntry), isinstance(work, Mileage)
    return Share(
        work=work,
        kind=line.kind,
        client=given.client,
        currency=given.currency,
        unit=line.unit,
        unit_price=line.unit_price,
        seconds=_seconds(given, line.kind, work) if time else 0,  # type: ignore[arg-type]
        quantity=ZERO if time else work.distance if trip else Decimal(1),  # type: ignore[attr-defined]
    )


def draft(given: Given, works: Mapping[str, Work]) -> Draft:
    """The invoice with what each line bills of each entry. Raises Invalid when a total is not what the lines come to."""
    lines = [_line(given, at, line, [works[entry] for entry in line.entries]) for at, line in enumerate(given.lines)]
    made = invoicing.draft(lines, given.client, given.currency, Order(tax=given.tax, deductions=given.deductions))
    sums = (("subtotal", given.subtotal, made.subtotal), ("tax", given.tax_amount, made.tax), ("total", given.total, made.total))
    for name, said, computed in sums:
        if said not in (None, computed):
            cause = f"the lines, deductions and tax make a {name} of {computed} {given.currency}, the invoice says {said}"
            raise Invalid("does_not_add_up", cause, f"give {computed}, or mend the lines", field=name)
    if made.total < 0:
        raise Invalid("below_zero", f"the invoice comes to {made.total} {given.currency}", "deduct less", field="total")
    return made


def _line(given: Given, at: int, line: GivenLine, works: Sequence[Work]) -> tuple[InvoiceLine, list[Share]]:
    written = InvoiceLine(
        position=at + 1,
        kind=line.kind,
        description=line.description,
        quantity=line.quantity,
        unit=line.unit,
        unit_price=plain(line.unit_price),
        amount=line.amount,
        date=invoicing.only({work.date for work in works}),
        job=invoicing.only({work.job for work in works}),
        person=invoicing.only({work.person for work in works}),
        taxable=line.taxable,
    )
    return written, [_share(given, line, work) for work in works]


def as_billed(work: Work, world: World, claims: Sequence[Claim]) -> tuple[Share, ...] | None:
    """What an entry is worth now at the prices of an invoice made elsewhere, whose ``claims`` on it these are: such an invoice
    is right about prices. None where they say nothing any more: the entry is another client's by now, or an expense."""
    first = claims[0]
    here = (rates.known_client(work, world), rates.currency_of(work, world)) == (first.client, first.currency)
    if not here or isinstance(work, Expense) or (isinstance(work, Mileage) and work.unit != first.unit):
        return None
    prices = {claim.kind: claim.unit_price for claim in claims}
    if isinstance(work, Mileage):
        parts = [(LineKind.MILEAGE, 0, first.unit_price)] if work.distance else []
    else:
        assert isinstance(work, TimeEntry)
        ordinary = prices.get(LineKind.TIME, first.unit_price)
        parts = list(overtime.parts(work, Hourly(ordinary=ordinary, overtime=prices.get(LineKind.OVERTIME, ordinary))))
    return tuple(
        Share(
            work=work,
            kind=kind,
            client=first.client,
            currency=first.currency,
            unit=first.unit,
            unit_price=price,
            seconds=seconds,
            quantity=work.distance if isinstance(work, Mileage) else ZERO,
        )
        for kind, seconds, price in parts
    )
