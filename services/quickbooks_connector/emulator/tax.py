"""Works out the tax of a sales transaction, the American way and the other way."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from .books import Books
from .wire import Body, Refused, business, cents, missing


def code_for(books: Books, detail: Body, item: Body, method: str | None) -> Body | None:
    """The tax code a line ends up with, or the refusal it earns."""
    sent = detail.get("TaxCodeRef")
    if books.company.country == "US":
        return _american_code(sent, item)
    if method == "NotApplicable":
        return sent
    if sent is None:
        raise business("Make sure all your transactions have a tax code before you save.")
    return {"value": books.reference("TaxCode", sent, "TaxCodeRef")["Id"]}


def _american_code(sent: Body | None, item: Body) -> Body:
    value = sent["value"] if sent else ("TAX" if item.get("Taxable") else "NON")
    if value not in ("TAX", "NON"):
        raise Refused("6100", "Invalid Tax Code", f"Tax code {value} is not valid : use TAX or NON", element="TaxCodeRef")
    return {"value": value}


def of(books: Books, body: Body, lines: list[Body], discount: Decimal, currency: str) -> Body:
    """The TxnTaxDetail of a transaction from its lines."""
    bases = _bases(lines)
    if books.company.country == "US":
        return _american(books, body, bases, discount, currency)
    if body.get("GlobalTaxCalculation") == "NotApplicable":
        return {"TotalTax": Decimal(0)}
    sent = (body.get("TxnTaxDetail") or {}).get("TaxLine")
    return _own_figures(books, sent, currency) if sent else _from_rates(books, bases, discount, currency)


def _bases(lines: list[Body]) -> dict[str, Decimal]:
    """Net amounts by tax code."""
    found: dict[str, Decimal] = {}
    for line in lines:
        detail = line.get("SalesItemLineDetail", {})
        if "TaxCodeRef" in detail:
            code = detail["TaxCodeRef"]["value"]
            found[code] = found.get(code, Decimal(0)) + line["Amount"]
    return found


def _american(books: Books, body: Body, bases: dict[str, Decimal], discount: Decimal, currency: str) -> Body:
    """A total that was sent is honoured; with sales tax switched off whatever was sent is dropped."""
    if not books.company.using_sales_tax:
        return {"TotalTax": Decimal(0)}
    base = bases.get("TAX", Decimal(0))
    if body.get("ApplyTaxAfterDiscount"):
        base -= _share(discount, base, sum(bases.values(), Decimal(0)))
    sent = (body.get("TxnTaxDetail") or {}).get("TotalTax")
    total = cents(base * books.company.tax_percent / 100 if sent is None else sent, currency)
    if not total:
        return {"TotalTax": Decimal(0)}
    line = _line(total, "3", books.company.tax_percent, cents(base, currency))
    return {"TxnTaxCodeRef": {"value": "3"}, "TotalTax": total, "TaxLine": [line]}


def _own_figures(books: Books, sent: list[Body], currency: str) -> Body:
    """Tax lines that the sender worked out; the service takes them when they say what they are."""
    lines: list[Body] = []
    for line in sent:
        if line.get("DetailType") != "TaxLineDetail":
            raise missing("TaxLine.DetailType")
        detail: Body = line.get("TaxLineDetail", {})
        rate = books.reference("TaxRate", detail.get("TaxRateRef"), "TaxRateRef")
        net = cents(detail.get("NetAmountTaxable", Decimal(0)), currency)
        lines.append(_line(cents(line.get("Amount", Decimal(0)), currency), rate["Id"], rate["RateValue"], net))
    return {"TotalTax": cents(sum((line["Amount"] for line in lines), Decimal(0)), currency), "TaxLine": lines}


def _from_rates(books: Books, bases: dict[str, Decimal], discount: Decimal, currency: str) -> Body:
    whole = sum(bases.values(), Decimal(0))
    lines: list[Body] = []
    for code, base in bases.items():
        rate = _rate(books, code)
        net = base - _share(discount, base, whole)
        lines.append(_line(cents(net * rate["RateValue"] / 100, currency), rate["Id"], rate["RateValue"], cents(net, currency)))
    return {"TotalTax": cents(sum((line["Amount"] for line in lines), Decimal(0)), currency), "TaxLine": lines}


def net_of_inclusive(books: Books, gross: Decimal, code: str, currency: str) -> Decimal:
    return cents(gross * 100 / (100 + _rate(books, code)["RateValue"]), currency)


def _rate(books: Books, code: str) -> Body:
    details = books.read("TaxCode", code)["SalesTaxRateList"]["TaxRateDetail"]
    return books.read("TaxRate", details[0]["TaxRateRef"]["value"])


def _share(discount: Decimal, base: Decimal, whole: Decimal) -> Decimal:
    return discount * base / whole if whole else Decimal(0)


def _line(amount: Decimal, rate_id: str, percent: Decimal, net: Decimal) -> dict[str, Any]:
    return {
        "Amount": amount,
        "DetailType": "TaxLineDetail",
        "TaxLineDetail": {"TaxRateRef": {"value": rate_id}, "PercentBased": True, "TaxPercent": percent, "NetAmountTaxable": net},
    }
