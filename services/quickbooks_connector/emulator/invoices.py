"""Creates, changes, voids and deletes invoices (and the credit memos and refunds built like them) by the service's rules."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal

from . import balance, sales
from .books import Books
from .properties import writable
from .schema import clean
from .wire import PACIFIC, Body, Refused, business, missing

_ZERO = Decimal(0)
_DEFAULTS: Body = {"PrintStatus": "NeedToPrint", "EmailStatus": "NotSet", "ApplyTaxAfterDiscount": False, "FreeFormAddress": True}


def create(books: Books, entity: str, sent: Body, include: Iterable[str] = ()) -> Body:
    body = {name: value for name, value in writable(entity, clean(entity, sent)).items() if value is not None}
    settled = _settled(books, entity, body, None)
    balance.check_open(books, settled["TxnDate"])
    numbered = _numbered(books, entity, settled, include)
    return books.put(entity, numbered, "Create", sent=sent)


def update(books: Books, entity: str, sent: Body, include: Iterable[str] = ()) -> Body:
    cleaned = clean(entity, sent)
    before = books.for_change(entity, cleaned)
    body = _changed(entity, cleaned, before)
    if is_void(before) and "Line" in cleaned:
        raise business("A voided transaction cannot get new lines.")
    settled = {**before, **body} if is_void(before) else _settled(books, entity, body, before)
    balance.check_open(books, before["TxnDate"])
    balance.check_open(books, settled["TxnDate"])
    if settled.get("DocNumber") != before.get("DocNumber"):
        _check_number(books, entity, settled, include)
    balance.cut_to(books, entity, before["Id"], settled["TotalAmt"])
    return books.put(entity, balance.of(books, entity, settled, before["Id"]), "Update", sent=sent, object_id=before["Id"])


def void(books: Books, entity: str, sent: Body) -> Body:
    """Amounts to nothing, links undone, the number kept; there is no way back."""
    before = books.for_change(entity, clean(entity, sent))
    balance.check_open(books, before["TxnDate"])
    _free_of_payments(books, entity, before["Id"], books.company.void_linked)
    note = before.get("PrivateNote", "")
    words = note if is_void(before) else f"Voided - {note}"[:4000] if note else "Voided"
    emptied = {
        **before,
        "Line": [_emptied(line) for line in before["Line"]],
        "TxnTaxDetail": {"TotalTax": _ZERO},
        "TotalAmt": _ZERO,
        "Balance": _ZERO,
        "LinkedTxn": [],
        "PrivateNote": words,
    }
    for name in ("HomeTotalAmt", "HomeBalance", "RemainingCredit"):
        if name in emptied:
            emptied[name] = _ZERO
    return books.put(entity, emptied, "Void", sent=sent, object_id=before["Id"])


def delete(books: Books, entity: str, sent: Body) -> Body:
    before = books.for_change(entity, clean(entity, sent))
    balance.check_open(books, before["TxnDate"])
    _free_of_payments(books, entity, before["Id"], books.company.delete_linked)
    return books.remove(entity, before["Id"], sent=sent)


def email(books: Books, object_id: str, sent_to: str | None, moment: str) -> Body:
    """Notes the mail as sent; no mail goes anywhere."""
    before = books.read("Invoice", object_id)
    address = {"Address": sent_to} if sent_to else before.get("BillEmail")
    if not address:
        raise missing("BillEmail")
    mailed = {
        **before,
        "BillEmail": address,
        "EmailStatus": "EmailSent",
        "DeliveryInfo": {"DeliveryType": "Email", "DeliveryTime": moment},
    }
    return books.put("Invoice", mailed, "Emailed", sent={"sendTo": address["Address"]}, object_id=object_id)


def is_void(invoice: Body) -> bool:
    return not invoice["TotalAmt"] and str(invoice.get("PrivateNote", "")).startswith("Voided")


def _changed(entity: str, cleaned: Body, before: Body) -> Body:
    """Sparse: only what was sent changes. Full: what was left out is cleared. Line is a whole either way."""
    sent = writable(entity, cleaned)
    kept = writable(entity, before)
    if not cleaned.get("sparse"):
        kept = {}
        if not sent.get("Line"):
            raise missing("Line")
    if "Line" in sent and "TxnTaxDetail" not in sent:
        kept.pop("TxnTaxDetail", None)
    merged = {**kept, **sent}
    return {name: value for name, value in merged.items() if value is not None}


def _settled(books: Books, entity: str, body: Body, before: Body | None) -> Body:
    today = books.now().astimezone(PACIFIC).date().isoformat()
    body = {**_DEFAULTS, "CustomField": [], "TxnDate": today, **body}
    if entity == "Invoice":
        body.setdefault("DueDate", _due(books, body))
    if body["EmailStatus"] == "NeedToSend" and not body.get("BillEmail"):
        raise missing("BillEmail")
    settled = sales.settle(books, body, before)
    return settled if before else balance.of(books, entity, settled, "")


def _due(books: Books, body: Body) -> str:
    days = books.company.term_days
    if "SalesTermRef" in body:
        days = int(books.reference("Term", body["SalesTermRef"], "SalesTermRef")["DueDays"])
    return (date.fromisoformat(body["TxnDate"]) + timedelta(days=days)).isoformat()


def _numbered(books: Books, entity: str, body: Body, include: Iterable[str]) -> Body:
    """The company's own numbering, or the number that was sent. Numbering by hand and sending none leaves it without one."""
    if books.company.custom_numbers:
        _check_number(books, entity, body, include)
        return body
    if "DocNumber" in body and books.company.keep_sent_numbers:
        return body
    return {**body, "DocNumber": books.next_number()}


def _check_number(books: Books, entity: str, body: Body, include: Iterable[str]) -> None:
    other = same_number(books, entity, body)
    if (
        other is None
        or books.company.duplicates != "refuse"
        or not books.company.custom_numbers
        or "allowduplicatedocnum" in include
    ):
        return
    raise duplicate(entity, other)


def same_number(books: Books, entity: str, body: Body) -> Body | None:
    """Another transaction of the same type with the same number; a voided one still holds its number."""
    number = body.get("DocNumber", "")
    once = (books.find(entity, each) for each in books.numbers.get((entity, number.casefold()), ()) if each != body.get("Id"))
    return next((each for each in once if each is not None and each.get("DocNumber") == number), None)


def duplicate(entity: str, other: Body) -> Refused:
    return Refused(
        "6140",
        "Duplicate Document Number Error",
        "Duplicate Document Number Error : You must specify a different number. This number has already been used. "
        f"DocNumber={other['DocNumber']} is assigned to TxnType={entity} with TxnId={other['Id']}",
    )


def _emptied(line: Body) -> Body:
    detail = line.get("SalesItemLineDetail")
    kept = {**line, "Amount": _ZERO}
    if detail is not None:
        dropped = ("Qty", "UnitPrice", "TaxInclusiveAmt")
        kept["SalesItemLineDetail"] = {name: value for name, value in detail.items() if name not in dropped}
    return kept


def _free_of_payments(books: Books, entity: str, object_id: str, policy: str) -> None:
    if not books.applied.get((entity, object_id)):
        return
    if policy == "refuse":
        raise Refused(
            "6540",
            "Deposited or linked transaction cannot be changed",
            "Business Validation Error: The transaction is linked to a payment and cannot be changed. Unlink it first.",
        )
    balance.cut_to(books, entity, object_id, _ZERO)
