"""Keeps one company's objects with all their versions: ids, SyncTokens, times, references, and what an index may see yet."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from .options import Company
from .properties import TRANSACTIONS
from .wire import Body, Refused, gone, missing, stamp

# The list names the service uses in its "invalid reference" texts.
_SPOKEN = {
    "Account": "Accounts",
    "Customer": "Names",
    "Vendor": "Names",
    "Employee": "Names",
    "Item": "Items",
    "TaxCode": "TaxCodes",
    "Term": "Terms",
    "Invoice": "Transactions",
    "CreditMemo": "Transactions",
    "TaxRate": "TaxRates",
}


@dataclass(frozen=True)
class Change:
    """One object changed; `sent` is there when somebody asked for just this, and absent on a side effect."""

    entity: str
    operation: str  # Create | Update | Void | Delete | Emailed | Merge
    id: str
    result: Body
    sent: Body | None = None
    other: str = ""  # the id merged away


@dataclass
class Row:
    """One object and its past: (when, how it stood), None once deleted."""

    versions: list[tuple[datetime, Body | None]] = field(default_factory=list)

    @property
    def body(self) -> Body | None:
        return self.versions[-1][1]

    def seen_at(self, moment: datetime) -> tuple[datetime, Body | None] | None:
        for version in reversed(self.versions):
            if version[0] <= moment:
                return version
        return None


class Books:
    """The company's objects by entity and id. Bodies are replaced, never changed in place."""

    def __init__(self, company: Company, now: Callable[[], datetime]) -> None:
        self.company, self.now = company, now
        self.rows: dict[str, dict[str, Row]] = {}
        self.applied: dict[tuple[str, str], dict[str, Decimal]] = {}  # (transaction type, id) -> payment id -> amount
        self.numbers: dict[tuple[str, str], dict[str, None]] = {}  # (entity, DocNumber) -> ids that ever had it
        self.changes: list[Change] = []
        self._last_transaction = 100
        self._next_number = company.next_number

    def __getstate__(self) -> Body:
        """Without the clock, which belongs to the process."""
        return {name: value for name, value in vars(self).items() if name not in ("now",)}

    @property
    def home(self) -> str:
        return self.company.currency

    def exchange_rate(self, currency: str) -> Decimal:
        return self.company.rates.get(currency, Decimal(1))

    def new_id(self, entity: str) -> str:
        if entity not in TRANSACTIONS:
            return str(len(self.rows.get(entity, {})) + 1)
        self._last_transaction += 1
        return str(self._last_transaction)

    def next_number(self) -> str:
        """The number the company gives by itself when it does not number by hand."""
        self._next_number += 1
        return str(self._next_number - 1)

    def put(
        self, entity: str, body: Body, operation: str, *, sent: Body | None = None, object_id: str = "", bump: bool = True
    ) -> Body:
        """Stores the next version of an object and notes the change."""
        old = self.rows.get(entity, {}).get(object_id)
        before = old.body if old else None
        key = object_id or self.new_id(entity)
        moment = self.now()
        stored = {
            **body,
            "domain": "QBO",
            "sparse": False,
            "Id": key,
            "SyncToken": _token(before, bump),
            "MetaData": {
                "CreateTime": before["MetaData"]["CreateTime"] if before else stamp(moment),
                "LastModifiedByRef": {"value": "9130000000000001"},
                "LastUpdatedTime": stamp(moment),
            },
        }
        row = self.rows.setdefault(entity, {}).setdefault(key, Row())
        row.versions.append((moment, stored))
        if "DocNumber" in stored:
            self.numbers.setdefault((entity, stored["DocNumber"].casefold()), {})[key] = None
        self.changes.append(Change(entity, operation, key, stored, sent))
        return stored

    def remove(
        self, entity: str, object_id: str, *, sent: Body | None = None, operation: str = "Delete", other: str = ""
    ) -> Body:
        result = {"domain": "QBO", "status": "Deleted", "Id": object_id}
        self.rows[entity][object_id].versions.append((self.now(), None))
        self.changes.append(Change(entity, operation, other or object_id, result, sent, object_id if other else ""))
        return result

    def drain(self) -> list[Change]:
        changes, self.changes = self.changes, []
        return changes

    def find(self, entity: str, object_id: str | None) -> Body | None:
        row = self.rows.get(entity, {}).get(object_id or "")
        return row.body if row else None

    def read(self, entity: str, object_id: str | None) -> Body:
        found = self.find(entity, object_id)
        if found is None:
            raise gone()
        return found

    def all(self, entity: str) -> Iterator[Body]:
        """Every object that is there now, deleted ones left out."""
        return (row.body for row in self.rows.get(entity, {}).values() if row.body is not None)

    def seen(
        self, entity: str, moment: datetime, among: Iterable[str] | None = None
    ) -> Iterator[tuple[str, datetime, Body | None]]:
        """What an index that is current up to `moment` holds: (id, changed at, object or None when deleted)."""
        rows = self.rows.get(entity, {})
        for object_id in list(rows) if among is None else among:
            version = rows[object_id].seen_at(moment) if object_id in rows else None
            if version is not None:
                yield object_id, *version

    def reference(self, entity: str, ref: Body | None, name: str) -> Body:
        """The object a reference names, which must exist (2500) and be active (610)."""
        if not ref:
            raise missing(name)
        spoken = _SPOKEN.get(entity, entity)
        found = self.find(entity, ref["value"])
        if found is None:
            raise Refused(
                "2500",
                "Invalid Reference Id",
                f"Invalid Reference Id : {spoken} element id {ref['value']} not found",
                element=name,
            )
        if found.get("Active") is False:
            raise gone()
        return found

    def for_change(self, entity: str, sent: Body) -> Body:
        """The object a request means to change, if the request knows its latest SyncToken (else 5010)."""
        found = self.read(entity, sent.get("Id"))
        if sent.get("SyncToken") is None:
            raise missing("SyncToken")
        if str(sent["SyncToken"]) != found["SyncToken"]:
            raise Refused(
                "5010",
                "Stale Object Error",
                "Stale Object Error : You and Sample Clerk were working on this at the same time. "
                "Sample Clerk finished before you did, so your work was not saved.",
            )
        return found


def _token(before: Body | None, bump: bool) -> str:
    return "0" if before is None else str(int(before["SyncToken"]) + bump)


def ref(row: Body, name: str = "Name") -> dict[str, Any]:
    return {"value": row["Id"], "name": row.get(name) or row.get("DisplayName", "")}
