"""Creates and changes the company's lists: customers, vendors, employees, items, accounts, terms."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from .books import Books, ref
from .properties import writable
from .schema import clean
from .wire import Body, Refused, business, invalid, missing

_PEOPLE = ("Customer", "Vendor", "Employee")
_NAME_PARTS = ("Title", "GivenName", "MiddleName", "FamilyName", "Suffix")


def create(books: Books, entity: str, sent: Body) -> Body:
    body = {name: value for name, value in writable(entity, clean(entity, sent)).items() if value is not None}
    return books.put(entity, _COMPLETE[entity](books, entity, {"Active": True, **body}, ""), "Create", sent=sent)


def update(books: Books, entity: str, sent: Body) -> Body:
    cleaned = clean(entity, sent)
    before = books.for_change(entity, cleaned)
    kept = writable(entity, before) if cleaned.get("sparse") else {"Active": before.get("Active", True)}
    body = {name: value for name, value in {**kept, **writable(entity, cleaned)}.items() if value is not None}
    own: Body = before.get("CurrencyRef", {})
    if entity in _PEOPLE and (body.get("CurrencyRef") or own)["value"] != own["value"]:
        raise business("The currency of a name cannot be changed.")
    return books.put(entity, _COMPLETE[entity](books, entity, body, before["Id"]), "Update", sent=sent, object_id=before["Id"])


def _person(books: Books, entity: str, body: Body, object_id: str) -> Body:
    name = _display_name(body)
    _unique(books, _PEOPLE, "DisplayName", name, (entity, object_id))
    currency = (body.get("CurrencyRef") or {}).get("value", books.home)
    if currency != books.home and not books.company.multicurrency:
        raise business("Multicurrency is not turned on for this company.")
    done = {
        **body,
        "DisplayName": name,
        "PrintOnCheckName": body.get("PrintOnCheckName", name),
        "CurrencyRef": {"value": currency, "name": currency},
    }
    return _customer(books, done) if entity == "Customer" else done


def _display_name(body: Body) -> str:
    name = body.get("DisplayName") or " ".join(body[part] for part in _NAME_PARTS if part in body)
    if not name:
        raise Refused("6080", "At least one name is required", f"Provide DisplayName or one of {', '.join(_NAME_PARTS)}")
    if set(name) & set(":\t\n"):
        raise invalid("DisplayName cannot hold a colon, a tab or a new line", element="DisplayName")
    return str(name)


def _customer(books: Books, body: Body) -> Body:
    path = [body["DisplayName"]]
    parent = body.get("ParentRef")
    while parent:
        row = books.reference("Customer", parent, "ParentRef")
        path.insert(0, row["DisplayName"])
        parent = row.get("ParentRef")
    if len(path) > 5:
        raise business("Customers can be nested five levels deep at most.")
    return {
        "Taxable": True,
        "Job": len(path) > 1,
        "BillWithParent": False,
        "PreferredDeliveryMethod": "Print",
        **body,
        "FullyQualifiedName": ":".join(path),
        "Level": Decimal(len(path) - 1),
        "IsProject": False,
    }


def _item(books: Books, entity: str, body: Body, object_id: str) -> Body:
    if "Name" not in body:
        raise missing("Name")
    _unique(books, ("Item",), "Name", body["Name"], (entity, object_id))
    kind = body.get("Type", "Service")
    if kind not in ("Service", "NonInventory", "Inventory"):
        raise invalid(f"Invalid item Type : {kind}", element="Type")
    if kind != "NonInventory" or "IncomeAccountRef" in body:
        body = {**body, "IncomeAccountRef": ref(books.reference("Account", body.get("IncomeAccountRef"), "IncomeAccountRef"))}
    if "SalesTaxCodeRef" in body and books.company.country != "US":
        books.reference("TaxCode", body["SalesTaxCodeRef"], "SalesTaxCodeRef")
    return {
        "Taxable": False,
        "UnitPrice": Decimal(0),
        "PurchaseCost": Decimal(0),
        "TrackQtyOnHand": False,
        **body,
        "Type": kind,
        "FullyQualifiedName": body["Name"],
    }


def _named(books: Books, entity: str, body: Body, object_id: str) -> Body:
    if "Name" not in body:
        raise missing("Name")
    _unique(books, (entity,), "Name", body["Name"], (entity, object_id))
    return body


def _unique(books: Books, entities: tuple[str, ...], field: str, name: str, own: tuple[str, str]) -> None:
    """Names differ by more than their case, and inactive ones still hold theirs."""
    wanted = name.strip().casefold()
    taken = ((entity, row) for entity in entities for row in books.all(entity) if row[field].strip().casefold() == wanted)
    if any((entity, row["Id"]) != own for entity, row in taken):
        raise Refused("6240", "Duplicate Name Exists Error", "The name supplied already exists. : null")


_COMPLETE: dict[str, Callable[[Books, str, Body, str], Body]] = {
    "Customer": _person,
    "Vendor": _person,
    "Employee": _person,
    "Item": _item,
    "Account": _named,
    "Term": _named,
}
WRITABLE = tuple(_COMPLETE)
