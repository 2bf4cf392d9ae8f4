"""Creates, changes, voids and deletes payments, and keeps the balances of what they are applied to."""

from __future__ import annotations

from decimal import Decimal

from . import balance
from .books import Books, ref
from .properties import writable
from .schema import clean
from .wire import PACIFIC, Body, business, cents, missing

_ZERO = Decimal(0)
APPLIES_TO = ("Invoice", "CreditMemo")


def create(books: Books, sent: Body) -> Body:
    body = {name: value for name, value in writable("Payment", clean("Payment", sent)).items() if value is not None}
    settled = _settled(books, body, "")
    balance.check_open(books, settled["TxnDate"])
    stored = books.put("Payment", settled, "Create", sent=sent)
    balance.apply(books, stored["Id"], _links(stored))
    return stored


def update(books: Books, sent: Body) -> Body:
    cleaned = clean("Payment", sent)
    before = books.for_change("Payment", cleaned)
    kept = writable("Payment", before) if cleaned.get("sparse") else {}
    body = {name: value for name, value in {**kept, **writable("Payment", cleaned)}.items() if value is not None}
    settled = _settled(books, body, before["Id"])
    balance.check_open(books, before["TxnDate"])
    stored = books.put("Payment", settled, "Update", sent=sent, object_id=before["Id"])
    balance.apply(books, stored["Id"], _links(stored))
    return stored


def void(books: Books, sent: Body) -> Body:
    before = books.for_change("Payment", clean("Payment", sent))
    balance.check_open(books, before["TxnDate"])
    note = before.get("PrivateNote", "")
    emptied = {
        **before,
        "Line": [],
        "TotalAmt": _ZERO,
        "UnappliedAmt": _ZERO,
        "PrivateNote": f"Voided - {note}" if note else "Voided",
    }
    stored = books.put("Payment", emptied, "Void", sent=sent, object_id=before["Id"])
    balance.apply(books, stored["Id"], {})
    return stored


def delete(books: Books, sent: Body) -> Body:
    before = books.for_change("Payment", clean("Payment", sent))
    balance.check_open(books, before["TxnDate"])
    result = books.remove("Payment", before["Id"], sent=sent)
    balance.apply(books, before["Id"], {})
    return result


def _settled(books: Books, body: Body, object_id: str) -> Body:
    customer = books.reference("Customer", body.get("CustomerRef"), "CustomerRef")
    if "TotalAmt" not in body:
        raise missing("TotalAmt")
    currency = customer.get("CurrencyRef", {}).get("value", books.home)
    if (body.get("CurrencyRef") or {}).get("value", currency) != currency:
        raise business(f"This customer's currency is {currency}.")
    lines = [_line(books, line, customer, object_id, currency) for line in body.get("Line", [])]
    total = cents(body["TotalAmt"], currency)
    used = sum((line["Amount"] * _sign(line) for line in lines), _ZERO)
    if used > total:
        raise business("The amount applied is more than the amount received.")
    today = books.now().astimezone(PACIFIC).date().isoformat()
    return {
        "TxnDate": today,
        **body,
        "CustomerRef": ref(customer, "DisplayName"),
        "CurrencyRef": {"value": currency, "name": currency},
        "DepositToAccountRef": body.get("DepositToAccountRef", {"value": "4"}),
        "Line": lines,
        "TotalAmt": total,
        "UnappliedAmt": cents(total - used, currency),
        "ProcessPayment": False,
    }


def _sign(line: Body) -> int:
    """A credit memo adds to the money at hand, an invoice takes from it."""
    return -1 if line["LinkedTxn"][0]["TxnType"] == "CreditMemo" else 1


def _line(books: Books, sent: Body, customer: Body, payment_id: str, currency: str) -> Body:
    if "Amount" not in sent or not sent.get("LinkedTxn"):
        raise missing("Line.Amount" if "Amount" not in sent else "Line.LinkedTxn")
    link = sent["LinkedTxn"][0]
    if link.get("TxnType") not in APPLIES_TO:
        raise business(f"A payment cannot be linked to {link.get('TxnType')}.")
    target = books.reference(link["TxnType"], {"value": link.get("TxnId", "")}, "LinkedTxn")
    if target["CustomerRef"]["value"] != customer["Id"]:
        raise business("The linked transaction belongs to another customer.")
    already = books.applied.get((link["TxnType"], target["Id"]), {}).get(payment_id, _ZERO)
    amount = cents(sent["Amount"], currency)
    if amount > target["Balance"] + already:
        raise business("The amount applied is more than the open balance of the transaction.")
    return {"Amount": amount, "LinkedTxn": [{"TxnId": target["Id"], "TxnType": link["TxnType"]}]}


def _links(payment: Body) -> dict[tuple[str, str], Decimal]:
    found: dict[tuple[str, str], Decimal] = {}
    for line in payment["Line"]:
        key = (line["LinkedTxn"][0]["TxnType"], line["LinkedTxn"][0]["TxnId"])
        found[key] = found.get(key, _ZERO) + line["Amount"]
    return found
