"""Reads and writes documents as services hand them to each other; totals that don't add up are refused."""

from __future__ import annotations

from decimal import Decimal
from functools import partial
from typing import Any

from marshmallow import ValidationError, fields, validates_schema

from shared.contract import fields as f
from shared.contract.documents import Grouping, Invoice, InvoiceLine, LineKind
from shared.kernel.errors import Invalid
from shared.kernel.money import round_money

_ID = 100  # characters; ids are uuid texts
_id = partial(f.text, _ID, required=True)
_amount = partial(f.number, 10, 15, negative=True, required=True)


class _LineSchema(f.Tolerant):
    position = f.whole(100_000, lowest=1, required=True)
    kind = f.choice(LineKind, LineKind, required=True)
    description = f.text(4000, multiline=True, empty=True, required=True)
    quantity = _amount()
    unit = f.choice(("hour", "mi", "km", "each"), required=True)
    unit_price = _amount()
    amount = _amount()
    date = f.civil_date(allow_none=True)
    job = f.text(_ID, allow_none=True)
    person = f.text(_ID, allow_none=True)
    taxable = f.flag()


class _InvoiceSchema(f.Tolerant):
    id = _id()
    organisation = _id()
    version = f.whole(10**9, lowest=1, required=True)
    number = f.text(21, required=True)
    client = _id()
    client_name = f.text(500, required=True)
    currency = f.currency(required=True)
    issued = f.civil_date(required=True)
    due = f.civil_date(allow_none=True, load_default=None)
    period_from = f.civil_date(required=True)
    period_to = f.civil_date(required=True)
    grouping = f.choice(Grouping, Grouping, required=True)
    lines = fields.List(fields.Nested(_LineSchema), required=True)
    subtotal = _amount()
    tax_name = f.text(100, allow_none=True, load_default=None)
    tax_percent = f.number(7, 3, required=True)
    tax = _amount()
    total = _amount()
    withdrawn = f.flag()
    people = fields.List(_id())

    @validates_schema
    def _adds_up(self, values: dict[str, Any], **_: Any) -> None:
        wrong = [name for name, given, computed in _sums(values) if given != computed]
        if wrong:
            problem = Invalid("does_not_add_up", "it is not what the rest of the invoice gives", "compose the invoice again")
            raise ValidationError({name: [problem] for name in wrong})


def _sums(values: dict[str, Any]) -> list[tuple[str, Decimal, Decimal]]:
    """(name, as given, as computed) of every figure that follows from others."""
    lines, currency = values["lines"], values["currency"]
    taxable = sum((line["amount"] for line in lines if line.get("taxable")), Decimal(0))
    return [
        *((f"lines.{at}.amount", line["amount"], _line_amount(line, currency)) for at, line in enumerate(lines)),
        ("subtotal", values["subtotal"], sum((line["amount"] for line in lines), Decimal(0))),
        ("tax", values["tax"], round_money(taxable * values["tax_percent"] / 100, currency)),
        ("total", values["total"], values["subtotal"] + values["tax"]),
    ]


def _line_amount(line: dict[str, Any], currency: str) -> Decimal:
    return round_money(line["quantity"] * line["unit_price"], currency)


_INVOICE = _InvoiceSchema()


def load_invoice(data: dict[str, Any]) -> Invoice:
    """An invoice from a message's body; fields of a later minor version are passed over."""
    values = f.load(_INVOICE, data, "the invoice")
    lines = tuple(InvoiceLine(**line) for line in values.pop("lines"))
    return Invoice(**values | {"lines": lines, "people": tuple(values.get("people", ()))})


def dump_invoice(invoice: Invoice) -> dict[str, Any]:
    """The invoice as a plain object: dates as text, Decimals as they are."""
    dumped: dict[str, Any] = _INVOICE.dump(invoice)
    return dumped
