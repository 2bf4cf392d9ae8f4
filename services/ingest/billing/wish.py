"""How somebody asks for invoices: read from a request, kept with the invoice, and read again when it is made anew."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from marshmallow import fields, validate

from shared.contract import fields as f
from shared.contract.documents import Grouping, LineKind
from shared.domain.invoicing import Deduction, Order, Tax
from shared.domain.rates import MileageRate
from shared.kernel import canonical
from shared.kernel.errors import Invalid
from shared.kernel.money import round_money

_EXEMPT = (LineKind.TIME, LineKind.OVERTIME, LineKind.EXPENSE, LineKind.MILEAGE, LineKind.CORRECTION)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """Which work to bill (dates inclusive; ``client`` None: every one), and how. ``issued`` None: today."""

    since: date
    until: date
    client: str | None = None
    issued: date | None = None
    due_days: int | None = None
    order: Order = field(default_factory=Order)


class _Tax(f.Strict):
    name = f.text(100, required=True)
    percent = f.number(3, 3, required=True)
    exempt = fields.List(f.choice([kind.value for kind in _EXEMPT], LineKind))


class DeductionSchema(f.Strict):
    description = f.text(1_000, required=True)
    percent = f.number(3, 3)
    amount = f.number(4, 12)


class _Order(f.Strict):
    grouping = f.choice([one.value for one in Grouping], Grouping, load_default=Grouping.JOB)
    tax = fields.Nested(_Tax)
    deductions = fields.List(fields.Nested(DeductionSchema), load_default=list, validate=validate.Length(max=20))
    mileage_rate = f.number(7, 9)
    mileage_unit = f.choice(("mi", "km"), load_default="mi")
    mileage_currency = f.currency()


class _Wish(_Order):
    since = f.civil_date(required=True, data_key="from")
    until = f.civil_date(required=True, data_key="to")
    client = f.text(36)
    issued = f.civil_date()
    due_days = f.whole(3_650)


WISH, _ORDER = _Wish(), _Order()


def read(body: dict[str, Any], home: str) -> Wish:
    """What a request asks for; ``home`` is the organisation's currency, which a mileage rate is in unless it says otherwise."""
    values = f.load(WISH, body, "the request")
    if values["since"] > values["until"]:
        cause = f"The period ends on {values['until']}, before it begins on {values['since']}."
        raise Invalid("bad_period", cause, "give from and to in their order")
    chosen = {name: values[name] for name in ("client", "issued", "due_days") if name in values}
    return Wish(since=values["since"], until=values["until"], order=_order(values, home), **chosen)


def _order(values: dict[str, Any], home: str) -> Order:
    tax, mileage = values.get("tax"), values.get("mileage_rate")
    if tax is not None:
        tax = Tax(name=tax["name"], percent=tax["percent"], exempt=frozenset(tax.get("exempt", ())))
    if mileage is not None:
        currency = values.get("mileage_currency", home)
        mileage = MileageRate(rate=mileage, currency=currency, unit=values["mileage_unit"])
    return Order(
        grouping=values["grouping"],
        tax=tax,
        deductions=tuple(deduction(item) for item in values["deductions"]),
        mileage=mileage,
    )


def deduction(item: dict[str, Any]) -> Deduction:
    percent, amount = item.get("percent"), item.get("amount")
    if (percent is None) == (amount is None):
        raise Invalid("bad_deduction", "A deduction needs a percentage or an amount, and not both.", "give one of the two")
    if percent is not None and percent > 100:
        raise Invalid("bad_deduction", f"A deduction of {percent} % is more than everything.", "give at most 100 %")
    return Deduction(description=item["description"], percent=percent, amount=amount)


def dump(order: Order) -> str:
    """The order as text, to be sealed with the invoice: a deduction may name somebody."""
    kept: dict[str, Any] = {"grouping": order.grouping.value, "deductions": [_plain(one) for one in order.deductions]}
    if order.tax is not None:
        kept["tax"] = {"name": order.tax.name, "percent": order.tax.percent, "exempt": sorted(order.tax.exempt)}
    if order.mileage is not None:
        rate = order.mileage
        kept |= {"mileage_rate": rate.rate, "mileage_unit": rate.unit, "mileage_currency": rate.currency}
    return canonical.dumps(kept).decode()


def _plain(deduction: Deduction) -> dict[str, str | Decimal]:
    size = {"percent": deduction.percent, "amount": deduction.amount}
    return {"description": deduction.description} | {name: value for name, value in size.items() if value is not None}


def load(text: str, home: str) -> Order:
    """The order that was kept."""
    return _order(f.load(_ORDER, canonical.loads(text), "the kept order"), home)


def check_deductions(order: Order, subtotal: Decimal, currency: str) -> None:
    """Refuse a deduction of more than there is; what an edit leaves later on is capped instead."""
    for one in order.deductions:
        if one.amount is not None and round_money(one.amount, currency) > subtotal:
            cause = f"A deduction of {one.amount} is more than the {subtotal} {currency} that there is to bill."
            raise Invalid("deduction_too_large", cause, "deduct less")
