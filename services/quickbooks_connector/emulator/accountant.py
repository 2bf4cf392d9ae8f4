"""What the person in the books does: pays, edits, voids, merges, renames, without asking the API."""

from __future__ import annotations

import copy
from decimal import Decimal
from typing import Any

from . import invoices, objects
from .books import Books
from .wire import Body, cents, dumps, parse
from .world import World

_WHO = "accountant"


def pay(world: World, realm: str, invoice_id: str, amount: Any = None) -> Body:
    """Receives money for an invoice: all that is open, or a part."""
    with world.acting(realm, _WHO) as books:
        invoice = books.read("Invoice", invoice_id)
        money = invoice["Balance"] if amount is None else Decimal(str(amount))
        return _copied(
            objects.write(books, "Payment", "create", _payment(invoice, money, [_applied("Invoice", invoice_id, money)]))
        )


def credit(world: World, realm: str, invoice_id: str, amount: Any = None) -> Body:
    """Closes an invoice, or a part of it, by a credit memo: a Payment of 0 with two lines."""
    with world.acting(realm, _WHO) as books:
        invoice = books.read("Invoice", invoice_id)
        money = invoice["Balance"] if amount is None else Decimal(str(amount))
        memo = _document(books, "CreditMemo", invoice, money)
        lines = [_applied("Invoice", invoice_id, money), _applied("CreditMemo", memo["Id"], money)]
        objects.write(books, "Payment", "create", _payment(invoice, Decimal(0), lines))
        return _copied(books.read("CreditMemo", memo["Id"]))


def refund(world: World, realm: str, invoice_id: str, amount: Any = None) -> Body:
    """Gives money back by a refund receipt: a document of its own that leaves the invoice's balance alone."""
    with world.acting(realm, _WHO) as books:
        invoice = books.read("Invoice", invoice_id)
        return _copied(
            _document(books, "RefundReceipt", invoice, invoice["TotalAmt"] if amount is None else Decimal(str(amount)))
        )


def void(world: World, realm: str, invoice_id: str) -> Body:
    return _write(world, realm, "Invoice", invoice_id, "void")


def delete(world: World, realm: str, invoice_id: str) -> Body:
    return _write(world, realm, "Invoice", invoice_id, "delete")


def edit(world: World, realm: str, invoice_id: str, **changes: Any) -> Body:
    """A sparse change of any property of an invoice, by its own name: edit(realm, id, PrivateNote="...", Line=[...])."""
    return _write(world, realm, "Invoice", invoice_id, "update", **changes)


def delete_payment(world: World, realm: str, payment_id: str) -> Body:
    return _write(world, realm, "Payment", payment_id, "delete")


def void_payment(world: World, realm: str, payment_id: str) -> Body:
    return _write(world, realm, "Payment", payment_id, "void")


def rename_customer(world: World, realm: str, customer_id: str, name: str) -> Body:
    return _write(world, realm, "Customer", customer_id, "update", DisplayName=name)


def deactivate_customer(world: World, realm: str, customer_id: str) -> Body:
    return _write(world, realm, "Customer", customer_id, "update", Active=False)


def deactivate_item(world: World, realm: str, item_id: str) -> Body:
    return _write(world, realm, "Item", item_id, "update", Active=False)


def add(world: World, realm: str, entity: str, body: Body) -> Body:
    """Enters any object the API could create: a vendor of the same name, an invoice that is not ours."""
    with world.acting(realm, _WHO) as books:
        return _copied(objects.write(books, entity, "create", _exact(body)))


def merge_customers(world: World, realm: str, keep: str, gone: str) -> Body:
    """Folds one customer into another: its transactions move, its id is no more."""
    with world.acting(realm, _WHO) as books:
        kept, _ = books.read("Customer", keep), books.read("Customer", gone)
        named = {"value": keep, "name": kept["DisplayName"]}
        moved = [
            (entity, row)
            for entity in ("Invoice", "Payment", "CreditMemo", "RefundReceipt")
            for row in books.all(entity)
            if row["CustomerRef"]["value"] == gone
        ]
        for entity, row in moved:
            books.put(entity, {**row, "CustomerRef": named}, "Update", object_id=row["Id"])
        books.remove("Customer", gone, operation="Merge", other=keep, sent={"keep": keep, "gone": gone})
        return _copied(kept)


def _write(world: World, realm: str, entity: str, object_id: str, operation: str, **changes: Any) -> Body:
    with world.acting(realm, _WHO) as books:
        token = books.read(entity, object_id)["SyncToken"]
        return _copied(
            objects.write(books, entity, operation, {"Id": object_id, "SyncToken": token, "sparse": True, **_exact(changes)})
        )


def _payment(invoice: Body, money: Decimal, lines: list[Body]) -> Body:
    return {
        "CustomerRef": {"value": invoice["CustomerRef"]["value"]},
        "TotalAmt": money,
        "Line": lines,
        "CurrencyRef": {"value": invoice["CurrencyRef"]["value"]},
    }


def _applied(kind: str, object_id: str, money: Decimal) -> Body:
    return {"Amount": money, "LinkedTxn": [{"TxnId": object_id, "TxnType": kind}]}


def _document(books: Books, entity: str, invoice: Body, money: Decimal) -> Body:
    """A credit or refund of one line over the whole sum, tax and all."""
    item = next(line["SalesItemLineDetail"]["ItemRef"]["value"] for line in invoice["Line"] if "SalesItemLineDetail" in line)
    line = {
        "DetailType": "SalesItemLineDetail",
        "Amount": cents(money, invoice["CurrencyRef"]["value"]),
        "SalesItemLineDetail": {"ItemRef": {"value": item}},
    }
    return invoices.create(
        books,
        entity,
        {
            "CustomerRef": {"value": invoice["CustomerRef"]["value"]},
            "Line": [line],
            "CurrencyRef": {"value": invoice["CurrencyRef"]["value"]},
            "GlobalTaxCalculation": "NotApplicable",
        },
    )


def _exact(body: Body) -> Body:
    """A caller's body as it would have come over the wire: exact numbers, nothing shared."""
    exact: Body = parse(dumps(body).encode())
    return exact


def _copied(body: Body) -> Body:
    return copy.deepcopy(body)
