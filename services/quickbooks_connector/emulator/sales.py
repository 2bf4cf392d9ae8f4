"""Turns the sent lines of an invoice, credit memo or refund into the lines and totals the service answers with."""

from __future__ import annotations

from decimal import Decimal

from . import tax
from .books import Books, ref
from .wire import Body, Refused, business, cents, exponent, invalid, missing, plain

_KINDS = ("SalesItemLineDetail", "DiscountLineDetail", "SubTotalLineDetail", "DescriptionOnly")


def settle(books: Books, body: Body, before: Body | None) -> Body:
    """The whole transaction: customer and currency checked, lines numbered, discount, tax and totals computed."""
    customer = books.reference("Customer", body.get("CustomerRef"), "CustomerRef")
    if not body.get("Line"):
        raise missing("Line")
    currency = _currency(books, body, customer)
    lines = _lines(books, body, currency, before)
    subtotal = sum((line["Amount"] for line in lines if line["DetailType"] == "SalesItemLineDetail"), Decimal(0))
    closing = [{"Amount": cents(subtotal, currency), "DetailType": "SubTotalLineDetail", "SubTotalLineDetail": {}}]
    discounts = _discounts(books, body, subtotal, currency)
    discount = sum((line["Amount"] for line in discounts), Decimal(0))
    detail = tax.of(books, body, lines, discount, currency)
    total = cents(subtotal - discount + detail["TotalTax"], currency)
    if total < 0:
        raise business("Transaction amount must be 0 or greater.")
    settled = {
        **body,
        "CustomerRef": ref(customer, "DisplayName"),
        "CurrencyRef": {"value": currency, "name": currency},
        "Line": lines + closing + discounts,
        "TxnTaxDetail": detail,
        "TotalAmt": total,
    }
    return settled if currency == books.home else _foreign(books, settled, currency)


def _currency(books: Books, body: Body, customer: Body) -> str:
    sent = (body.get("CurrencyRef") or {}).get("value")
    own = customer.get("CurrencyRef", {}).get("value", books.home)
    if books.company.multicurrency and sent is None:
        raise missing("CurrencyRef")
    if not books.company.multicurrency and sent not in (None, books.home):
        raise business("Multicurrency is not turned on for this company.")
    if sent not in (None, own):
        raise business(f"The currency of the transaction is {sent}, but this customer's currency is {own}.")
    return str(own)


def _foreign(books: Books, body: Body, currency: str) -> Body:
    rate = plain(body.get("ExchangeRate") or books.exchange_rate(currency))
    return {**body, "ExchangeRate": rate, "HomeTotalAmt": cents(body["TotalAmt"] * rate, books.home)}


def _lines(books: Books, body: Body, currency: str, before: Body | None) -> list[Body]:
    """Sales and description lines; an Id that was not on the transaction before makes a new line."""
    known = {line["Id"] for line in (before or {}).get("Line", []) if "Id" in line}
    fresh = max((int(each) for each in known), default=0)
    done: list[Body] = []
    for sent in body["Line"]:
        kind = _kind(sent)
        if kind in ("SubTotalLineDetail", "DiscountLineDetail"):
            continue
        fresh += sent.get("Id") not in known
        number = sent["Id"] if sent.get("Id") in known else str(fresh)
        done.append({"Id": number, "LineNum": len(done) + 1, **_line(books, body, sent, currency)})
    return done


def _kind(line: Body) -> str:
    kind = line.get("DetailType")
    if kind is None:
        raise missing("Line.DetailType")
    if kind not in _KINDS:
        raise invalid(f"Invalid DetailType : {kind}", element="DetailType")
    return str(kind)


def _line(books: Books, body: Body, sent: Body, currency: str) -> Body:
    words = {"Description": sent["Description"]} if "Description" in sent else {}
    detail = sent.get("SalesItemLineDetail", {})
    if sent["DetailType"] == "DescriptionOnly" or "ItemRef" not in detail:
        # Without an item the line is a note and its amount is ignored.
        note = sent.get("DescriptionLineDetail", {})
        return {
            **words,
            "DetailType": "DescriptionOnly",
            "DescriptionLineDetail": note,
            "Amount": Decimal(0),
            "CustomExtensions": [],
        }
    if "Amount" not in sent:
        raise missing("Line.Amount")
    amount, shown = _service(books, body, detail, _amount(sent["Amount"], detail, currency), currency)
    return {**words, "Amount": amount, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": shown, "CustomExtensions": []}


def _service(books: Books, body: Body, detail: Body, amount: Decimal, currency: str) -> tuple[Decimal, Body]:
    """Amount without tax, and the line's detail with its item and tax code."""
    item = books.reference("Item", detail["ItemRef"], "ItemRef")
    method = body.get("GlobalTaxCalculation")
    shown: Body = {
        **detail,
        "ItemRef": ref(item),
        **{name: plain(detail[name]) for name in ("Qty", "UnitPrice") if name in detail},
    }
    if "IncomeAccountRef" in item:
        shown["ItemAccountRef"] = item["IncomeAccountRef"]
    code = tax.code_for(books, detail, item, method)
    if code:
        shown["TaxCodeRef"] = code
    if code and method == "TaxInclusive" and "TaxInclusiveAmt" not in detail:
        shown["TaxInclusiveAmt"] = amount
        amount = tax.net_of_inclusive(books, amount, code["value"], currency)
    return amount, shown


def _amount(amount: Decimal, detail: Body, currency: str) -> Decimal:
    """The line's amount, refused unless it is quantity times price, give or take the rounding to the smallest coin."""
    if "Qty" in detail and "UnitPrice" in detail:
        half_coin = Decimal(5).scaleb(-exponent(currency) - 1)
        product = detail["Qty"] * detail["UnitPrice"]
        if min(abs(figure - product) for figure in (amount, detail.get("TaxInclusiveAmt", amount))) > half_coin:
            raise Refused(
                "6070",
                "Amount calculation incorrect in the request",
                f"Amount calculation incorrect in the request: Amount is not equal to UnitPrice * Qty. Supplied value:{amount}",
                element="Line.Amount",
            )
    return cents(amount, currency)


def _discounts(books: Books, body: Body, subtotal: Decimal, currency: str) -> list[Body]:
    sent = [line for line in body["Line"] if line["DetailType"] == "DiscountLineDetail"]
    if sent and not books.company.allow_discount:
        raise business("Discounts are not turned on for this company.")
    if len(sent) > 1:
        raise business("Only one discount line is allowed.")
    return [_discount(line, subtotal, currency) for line in sent]


def _discount(line: Body, subtotal: Decimal, currency: str) -> Body:
    detail = line.get("DiscountLineDetail", {})
    if detail.get("PercentBased"):
        value = subtotal * detail["DiscountPercent"] / 100 if "DiscountPercent" in detail else None
    else:
        value = line.get("Amount")
    if value is None:
        raise Refused(
            "6090", "Discount without a value", "A discount line needs DiscountPercent or an Amount", element="DiscountLineDetail"
        )
    if value < 0:
        raise business("A discount must be a positive amount.")
    shown = {name: plain(item) if isinstance(item, Decimal) else item for name, item in detail.items()}
    return {"Amount": cents(value, currency), "DetailType": "DiscountLineDetail", "DiscountLineDetail": shown}
