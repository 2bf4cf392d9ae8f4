"""Does one operation on one entity: the same table of rules for single requests, batch items and the accountant."""

from __future__ import annotations

from collections.abc import Iterable

from . import company, invoices, lists, payments
from .books import Books
from .properties import SHAPES
from .wire import Body, Refused, invalid

_SALES = ("Invoice", "CreditMemo", "RefundReceipt")
NAMES = {entity.lower(): entity for entity in SHAPES}


def named(resource: str) -> str:
    """The entity of a path; paths are lower case and case sensitive."""
    if resource not in NAMES:
        raise unsupported(resource)
    return NAMES[resource]


def unsupported(what: str) -> Refused:
    return Refused("500", "Unsupported Operation", f"Operation {what} is not supported.", kind="ValidationFault")


def read(books: Books, entity: str, object_id: str) -> Body:
    if entity == "CompanyInfo":
        return company.info(books)
    if entity == "Preferences":
        return company.preferences(books)
    return books.read(entity, object_id)


def write(books: Books, entity: str, operation: str, sent: Body, include: Iterable[str] = ()) -> Body:
    """Create, update, void or delete; the refusals of the company's state come first."""
    if not isinstance(sent, dict):
        raise invalid("The request body must be an object")
    if books.company.suspended:
        raise Refused(
            "6190",
            "Invalid Company Status",
            "Subscription period has ended or canceled or there was a billing problem : "
            "You can't add data to QuickBooks Online Company because your trial or subscription period ended.",
        )
    if entity in _SALES:
        return _write_sales(books, entity, operation, sent, include)
    if entity == "Payment":
        return _PAYMENTS[operation](books, sent)
    if entity in lists.WRITABLE and operation in ("create", "update"):
        return lists.create(books, entity, sent) if operation == "create" else lists.update(books, entity, sent)
    raise unsupported(f"{operation} {entity}")


def _write_sales(books: Books, entity: str, operation: str, sent: Body, include: Iterable[str]) -> Body:
    if operation in ("create", "update"):
        work = invoices.create if operation == "create" else invoices.update
        return work(books, entity, sent, include)
    return invoices.void(books, entity, sent) if operation == "void" else invoices.delete(books, entity, sent)


_PAYMENTS = {"create": payments.create, "update": payments.update, "void": payments.void, "delete": payments.delete}


def warnings(books: Books, entity: str, stored: Body) -> Body:
    """What a company that only warns says about a number used twice."""
    if entity not in _SALES or books.company.duplicates != "warn" or not books.company.custom_numbers:
        return {}
    other = invoices.same_number(books, entity, stored)
    return {"Warnings": {"Warning": invoices.duplicate(entity, other).fault()["Error"]}} if other else {}
