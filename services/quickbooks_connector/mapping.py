"""An invoice of ours as the object that QuickBooks takes, and the other way round as a picture to compare. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from shared.connector.provider import Known, Need, Operation, Refs, Tenant, Wire
from shared.contract.documents import Invoice, InvoiceLine, LineKind
from shared.kernel.errors import Unsupported
from shared.kernel.money import exponent

MOST_LINES = 750  # taxable transactions with more fail
LONGEST_DESCRIPTION = 4000
LONGEST_NUMBER = 21
ITEM_NAMES = {
    LineKind.TIME: "Hours",
    LineKind.OVERTIME: "Overtime hours",
    LineKind.EXPENSE: "Expenses",
    LineKind.MILEAGE: "Mileage",
    LineKind.DEDUCTION: "Deductions",
    LineKind.CORRECTION: "Corrections",
}


def needs(invoice: Invoice, tenant: Tenant) -> Sequence[Need]:
    """Everything that the invoice names and QuickBooks must know by id."""
    items = {_item(line).locals: _item(line) for line in invoice.lines}
    codes = {} if _american(tenant) else {_tax_code(invoice, line).locals: _tax_code(invoice, line) for line in invoice.lines}
    return [_customer(invoice), *items.values(), *codes.values()]


def _customer(invoice: Invoice) -> Need:
    """A customer's currency can't change once it is set, so each currency has its own customer."""
    name = invoice.client_name
    return Need(kind="customer", locals=(invoice.client,), currency=invoice.currency, name=name, subject=invoice.client)


def _item(line: InvoiceLine) -> Need:
    by_kind = (line.kind.value,)
    return Need(kind="item", locals=(line.job, *by_kind) if line.job else by_kind, currency="", name=ITEM_NAMES[line.kind])


def _tax_code(invoice: Invoice, line: InvoiceLine) -> Need:
    percent = _plain(invoice.tax_percent) if line.taxable and invoice.tax_name else "0"
    return Need(kind="tax_code", locals=(percent,), currency="", name=tax_name(Decimal(percent)))


def tax_name(percent: Decimal) -> str:
    """What a tax code is called here: by its percent, the one thing that both sides know of it."""
    return f"{_plain(percent)} % tax"


def _american(tenant: Tenant) -> bool:
    """US companies have the other kind of sales tax; there a tax code is only TAX or NON."""
    return tenant.country in ("US", "USA")


def to_payload(invoice: Invoice, refs: Refs, tenant: Tenant, known: Known | None, marker: str) -> Wire:
    """The invoice to create, or with ``known`` the sparse update; all lines go, since Line is all or nothing."""
    _check_sayable(invoice, tenant)
    wire: Wire = {
        "CustomerRef": {"value": refs.remote(_customer(invoice))},
        "TxnDate": invoice.issued.isoformat(),
        "PrivateNote": marker,
        "Line": [_line(invoice, line, refs, tenant) for line in invoice.lines],
    }
    if invoice.due is not None:
        wire["DueDate"] = invoice.due.isoformat()
    if tenant.facts.get("custom_numbers"):  # without the setting a sent number makes silent duplicates
        wire["DocNumber"] = invoice.number
    if tenant.facts.get("multicurrency"):
        wire["CurrencyRef"] = {"value": invoice.currency}
    if not _american(tenant):
        wire["GlobalTaxCalculation"] = "TaxExcluded"
    elif invoice.tax_name is not None:
        wire["TxnTaxDetail"] = {"TotalTax": invoice.tax}
    return wire | (_target(known) | {"sparse": True} if known else {})


def to_retire(known: Known) -> Wire:
    """What voiding needs."""
    return _target(known)


def _target(known: Known) -> Wire:
    return {"Id": known.external_id, "SyncToken": known.remote_version}


def _line(invoice: Invoice, line: InvoiceLine, refs: Refs, tenant: Tenant) -> Wire:
    detail: Wire = {
        "ItemRef": {"value": refs.remote(_item(line))},
        "Qty": line.quantity,
        "UnitPrice": line.unit_price,
        "TaxCodeRef": {"value": _code(invoice, line, refs, tenant)},
    }
    if line.date is not None:
        detail["ServiceDate"] = line.date.isoformat()
    return {
        "DetailType": "SalesItemLineDetail",
        "Amount": line.amount,
        "Description": line.description,
        "SalesItemLineDetail": detail,
    }


def _code(invoice: Invoice, line: InvoiceLine, refs: Refs, tenant: Tenant) -> str:
    if _american(tenant):
        return "TAX" if line.taxable and invoice.tax_name else "NON"
    return refs.remote(_tax_code(invoice, line))


def _check_sayable(invoice: Invoice, tenant: Tenant) -> None:
    """Refuse what QuickBooks could only hold differently from how it is meant."""
    home, currency = tenant.currency, invoice.currency
    reasons = (
        (
            currency != home and not tenant.facts.get("multicurrency"),
            "other_currency",
            f"it is in {currency}, and the company keeps only {home}",
            "Turn multicurrency on in QuickBooks.",
        ),
        (exponent(currency) > 2, "too_fine", f"{currency} has three decimals, QuickBooks keeps two", "Bill it by hand."),
        (
            len(invoice.lines) > MOST_LINES,
            "too_many_lines",
            f"it has {len(invoice.lines)} lines, at most {MOST_LINES} are taken",
            "Group it by job or person, or bill a shorter period.",
        ),
        (
            len(invoice.number) > LONGEST_NUMBER,
            "number_too_long",
            f"its number is longer than {LONGEST_NUMBER}",
            "Use a shorter number format.",
        ),
        (
            any(len(line.description) > LONGEST_DESCRIPTION for line in invoice.lines),
            "text_too_long",
            f"a line's text is over {LONGEST_DESCRIPTION} characters",
            "Shorten the notes.",
        ),
        (invoice.total < 0, "negative_total", f"its total is {invoice.total}", "Deduct less, or bill more on it."),
    )
    for wrong, code, why, remedy in reasons:
        if wrong:
            raise Unsupported(code, f"{invoice.number} can't be put into QuickBooks: {why}.", remedy)


# ---- several in one call

_VERBS = {Operation.CREATE: "create", Operation.UPDATE: "update", Operation.RETIRE: "update"}


def assemble(items: Sequence[tuple[Operation, Wire]]) -> Wire:
    """One invoice as itself; several as a batch, whose item ids must be short beside a requestid."""
    if len(items) == 1:
        return items[0][1]
    return {"BatchItemRequest": [_batched(number, *item) for number, item in enumerate(items, 1)]}


def _batched(number: int, operation: Operation, payload: Wire) -> Wire:
    item: Wire = {"bId": str(number), "operation": _VERBS[operation], "Invoice": payload}
    return item | ({"optionsData": "void"} if operation is Operation.RETIRE else {})


def take_apart(body: Wire) -> Sequence[Wire]:
    """The payloads of a call, in their order."""
    return [item["Invoice"] for item in body["BatchItemRequest"]] if "BatchItemRequest" in body else [body]


# ---- comparing


def picture(wire: Mapping[str, Any]) -> dict[str, str]:
    """The fields that are ours, as text, of a payload or of an object from QuickBooks alike."""
    shown = {
        "customer": wire.get("CustomerRef", {}).get("value"),
        "date": wire.get("TxnDate"),
        "due": wire.get("DueDate"),
        "tax": _amount(wire.get("TxnTaxDetail", {}).get("TotalTax")),
    }
    lines = [line for line in wire.get("Line", ()) if line.get("DetailType") == "SalesItemLineDetail"]
    for number, line in enumerate(lines, 1):
        shown |= _line_picture(number, line)
    return {name: str(value) for name, value in shown.items() if value not in (None, "")}


def _line_picture(number: int, line: Mapping[str, Any]) -> dict[str, str | None]:
    detail = line.get("SalesItemLineDetail", {})
    return {
        f"line {number:03} text": line.get("Description"),
        f"line {number:03} quantity": _amount(detail.get("Qty")),
        f"line {number:03} price": _amount(detail.get("UnitPrice")),
        f"line {number:03} amount": _amount(line.get("Amount")),
        f"line {number:03} item": detail.get("ItemRef", {}).get("value"),
    }


def _amount(value: Any) -> str | None:
    """A number's plain text without trailing zeros; None for none or zero, which QuickBooks leaves out or adds freely."""
    return _plain(Decimal(str(value))) if value not in (None, "") and Decimal(str(value)) != 0 else None


def _plain(value: Decimal) -> str:
    return format(value.normalize(), "f")
