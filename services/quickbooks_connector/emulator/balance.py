"""Keeps what is owed in step with what was paid: balances, links, money taken back, and the closed period."""

from __future__ import annotations

from decimal import Decimal

from .books import Books
from .wire import Body, business, cents

_ZERO = Decimal(0)


def check_open(books: Books, day: str) -> None:
    closed = books.company.closing_date
    if closed and day <= closed:
        raise business(
            f"The account period has closed and the account books cannot be updated through {closed}.", books.company.closed_code
        )


def of(books: Books, entity: str, settled: Body, object_id: str) -> Body:
    if entity == "RefundReceipt":
        return {**settled, "Balance": _ZERO}
    currency = settled["CurrencyRef"]["value"]
    links = books.applied.get((entity, object_id), {})
    balance = cents(settled["TotalAmt"] - settled.get("Deposit", _ZERO) - sum(links.values(), _ZERO), currency)
    body = {**settled, "Balance": balance, "LinkedTxn": [{"TxnId": each, "TxnType": "Payment"} for each in links]}
    if "ExchangeRate" in body and currency != books.home:
        body["HomeBalance"] = cents(balance * body["ExchangeRate"], books.home)
    return {**body, "RemainingCredit": balance} if entity == "CreditMemo" else body


def _rebalance(books: Books, entity: str, object_id: str) -> None:
    """Brings an invoice in step with its payments; the company's options say how loudly."""
    before = books.read(entity, object_id)
    books.put(entity, of(books, entity, before, object_id), "Update", object_id=object_id, bump=books.company.payment_bumps_token)
    if not books.company.payment_updates_invoice:
        books.changes.pop()


def apply(books: Books, payment_id: str, links: dict[tuple[str, str], Decimal]) -> None:
    """Makes the balances say what the payment now holds, and no more."""
    before = [key for key, held in books.applied.items() if payment_id in held]
    for key in dict.fromkeys([*before, *links]):
        held = books.applied.setdefault(key, {})
        held.pop(payment_id, None)
        if links.get(key):
            held[payment_id] = links[key]
        if books.find(*key) is not None:
            _rebalance(books, *key)


def cut_to(books: Books, entity: str, object_id: str, total: Decimal) -> None:
    """Takes money back from payments until they hold no more of this transaction than its total; it stays on them unapplied."""
    links = books.applied.get((entity, object_id), {})
    excess = sum(links.values(), _ZERO) - total
    for payment_id in reversed(list(links)):
        taken = min(links[payment_id], max(excess, _ZERO))
        excess -= taken
        if taken:
            _reduce(books, payment_id, (entity, object_id), taken)


def _reduce(books: Books, payment_id: str, target: tuple[str, str], taken: Decimal) -> None:
    payment = books.read("Payment", payment_id)
    currency = payment["CurrencyRef"]["value"]
    lines = [_smaller(line, target, taken, currency) for line in payment["Line"]]
    body = {
        **payment,
        "Line": [line for line in lines if line["Amount"]],
        "UnappliedAmt": cents(payment["UnappliedAmt"] + taken, currency),
    }
    books.put("Payment", body, "Update", object_id=payment_id)
    left = books.applied[target]
    left[payment_id] -= taken
    if not left[payment_id]:
        del left[payment_id]


def _smaller(line: Body, target: tuple[str, str], taken: Decimal, currency: str) -> Body:
    link = line["LinkedTxn"][0]
    if (link["TxnType"], link["TxnId"]) != target:
        return line
    return {**line, "Amount": cents(line["Amount"] - taken, currency)}
